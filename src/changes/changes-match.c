/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/changes-match.h"

#include "basic/clock.h"
#include "basic/path.h"
#include "fs/content.h"

#include <zlib.h>

/* ---- Moves ----------------------------------------------------------------------------------- */

#define SAMPLE_SIZE 4096

struct candidate {
        struct change *change; /* CHANGE_CREATE or CHANGE_REMOVE; of the latter NULL when it was matched */
        const struct stat *st;
        const char *name;
        unsigned long sample; /* of its content, so that few of those that differ are compared */
        bool is_removed;
};

struct candidates {
        struct candidate *list;
        size_t n;
};

static int compare_stats(const struct candidate *x, const struct candidate *y)
{
        if (x->st->st_size != y->st->st_size)
                return x->st->st_size < y->st->st_size ? -1 : 1;
        return time_is_later(y->st->st_mtim, x->st->st_mtim) ? -1 : time_is_later(x->st->st_mtim, y->st->st_mtim);
}

static int order_by_stat(const void *a, const void *b)
{
        return compare_stats(a, b);
}

static int compare_samples(const struct candidate *x, const struct candidate *y)
{
        return x->sample != y->sample ? (x->sample < y->sample ? -1 : 1) : 0;
}

/* The same name is likeliest; the path makes it always the same order. */
static int order_by_name(const void *a, const void *b)
{
        const struct candidate *x = a, *y = b;
        int c = compare_samples(x, y);

        if (c == 0)
                c = strcmp(x->name, y->name);
        return c ? c : strcmp(x->change->path, y->change->path);
}

static bool is_candidate(const struct change *change)
{
        const struct stat *st = change->kind == CHANGE_REMOVE ? &change->before : &change->after;

        return !change->inner && (change->kind == CHANGE_REMOVE || change->kind == CHANGE_CREATE) &&
               S_ISREG(st->st_mode) && st->st_nlink == 1;
}

static int collect(struct changes *changes, struct candidates *ret)
{
        struct candidate *list = calloc(changes->n + 1, sizeof(*list));
        size_t n = 0;

        if (!list)
                return -ENOMEM;
        for (size_t i = 0; i < changes->n; i++) {
                struct change *change = &changes->changes[i];
                bool is_removed = change->kind == CHANGE_REMOVE;

                if (is_candidate(change))
                        list[n++] = (struct candidate){
                                .change = change,
                                .st = is_removed ? &change->before : &change->after,
                                .name = path_name(change->path),
                                .is_removed = is_removed,
                        };
        }
        qsort(list, n, sizeof(*list), order_by_stat);
        *ret = (struct candidates){ .list = list, .n = n };
        return 0;
}

static int open_candidate(const struct changes_request *request, const struct candidate *candidate)
{
        return changes_compare_open(candidate->is_removed ? request->lower : request->upper, candidate->change->path);
}

static int take_sample(const struct changes_request *request, struct candidate *candidate)
{
        _cleanup_close_ int fd = open_candidate(request, candidate);
        unsigned char data[SAMPLE_SIZE];
        ssize_t n;

        if (fd < 0)
                return fd;
        n = pread(fd, data, sizeof(data), 0);
        if (n < 0)
                return -errno;
        candidate->sample = crc32_z(0, data, (size_t)n);
        return 0;
}

static int take_samples(const struct changes_request *request, struct candidates run)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < run.n; i++)
                r = take_sample(request, &run.list[i]);
        if (r >= 0)
                qsort(run.list, run.n, sizeof(*run.list), order_by_name);
        return r;
}

/* Makes one change of the two, if they are the same file. */
static int try_match(const struct changes_request *request, struct candidate *removed, struct candidate *made)
{
        _cleanup_close_ int lower = open_candidate(request, removed), upper = -EBADF;
        int r;

        if (lower < 0)
                return lower;
        upper = open_candidate(request, made);
        if (upper < 0)
                return upper;
        r = content_equal(lower, upper);
        if (r <= 0)
                return r;
        made->change->kind = CHANGE_MOVE;
        made->change->before = removed->change->before;
        made->change->from = TAKE_PTR(removed->change->path);
        removed->change = made->change = NULL;
        return 0;
}

/* The pairs among those with one sample: of the same name, then any. */
static int match_sampled(const struct changes_request *request, struct candidates group, bool by_name)
{
        int r = 0;

        for (size_t i = 0, j = 0; r >= 0 && i < group.n && j < group.n;) {
                struct candidate *removed = &group.list[i], *made = &group.list[j];
                int c = by_name ? strcmp(removed->name, made->name) : 0;

                if (!removed->change || !removed->is_removed || c < 0)
                        i++;
                else if (!made->change || made->is_removed || c > 0)
                        j++;
                else
                        r = try_match(request, &group.list[i++], &group.list[j++]);
        }
        return r;
}

static int match_group(const struct changes_request *request, struct candidates group)
{
        int r = match_sampled(request, group, true);

        return r < 0 ? r : match_sampled(request, group, false);
}

/* Calls @match for each run of those that @compare finds equal. */
static int match_runs(const struct changes_request *request, struct candidates all,
                      int (*compare)(const struct candidate *x, const struct candidate *y),
                      int (*match)(const struct changes_request *request, struct candidates run))
{
        int r = 0;

        for (size_t i = 0, n; r >= 0 && i < all.n; i += n) {
                for (n = 1; i + n < all.n && compare(&all.list[i], &all.list[i + n]) == 0;)
                        n++;
                r = match(request, (struct candidates){ .list = all.list + i, .n = n });
        }
        return r;
}

static bool has_both(struct candidates run)
{
        size_t n_removed = 0;

        for (size_t i = 0; i < run.n; i++)
                n_removed += run.list[i].is_removed;
        return n_removed > 0 && n_removed < run.n;
}

static int match_alike(const struct changes_request *request, struct candidates run)
{
        int r;

        if (!has_both(run))
                return 0;
        r = take_samples(request, run);
        return r < 0 ? r : match_runs(request, run, compare_samples, match_group);
}

int changes_match_moves(struct changes_walk *walk, struct error *error)
{
        _cleanup_free_ struct candidate *list = NULL;
        struct candidates all;
        int r;

        r = collect(&walk->changes, &all);
        if (r < 0)
                return r;
        list = all.list;
        r = match_runs(walk->request, all, compare_stats, match_alike);
        return r < 0 ? changes_failed(walk->request, "", r, error) : 0;
}

/* ---- Links ----------------------------------------------------------------------------------- */

/* In each group of names of one file those first whose directory stays. */
static int order_by_inode(const void *a, const void *b)
{
        const struct changes_walk_name *x = a, *y = b;

        if (x->st_after.st_ino != y->st_after.st_ino)
                return x->st_after.st_ino < y->st_after.st_ino ? -1 : 1;
        return x->inner != y->inner ? x->inner - y->inner : strcmp(x->before, y->before);
}

static int compare_inodes(const void *key, const void *element)
{
        const struct changes_walk_name *name = element;
        ino_t ino = *(const ino_t *)key;

        return ino != name->st_after.st_ino ? (ino < name->st_after.st_ino ? -1 : 1) : 0;
}

/* The name that stays, of the file with that inode number in the upper layer; NULL where none does. */
static const struct changes_walk_name *find_anchor(const struct changes_walk *walk, ino_t ino)
{
        const struct changes_walk_name *found = NULL;

        if (walk->n_names > 0)
                found = bsearch(&ino, walk->names, walk->n_names, sizeof(*walk->names), compare_inodes);
        while (found && found > walk->names && found[-1].st_after.st_ino == ino)
                found--;
        return found && !found->inner ? found : NULL;
}

static int link_made(const struct changes_walk *walk, struct change *change)
{
        bool is_made = change->kind == CHANGE_CREATE || change->kind == CHANGE_REPLACE;
        const struct changes_walk_name *anchor;

        if (!is_made || S_ISDIR(change->after.st_mode) || change->after.st_nlink == 1)
                return 0;
        anchor = find_anchor(walk, change->after.st_ino);
        if (!anchor)
                return 0;
        change->link = strdup(anchor->before);
        return change->link ? 0 : -ENOMEM;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
        return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* Files of one content that were two below, and are one now: the change is that of the name. */
static int replace_by_link(struct changes_walk *walk, const struct changes_walk_name *name)
{
        struct change change = {
                .kind = CHANGE_REPLACE,
                .inner = name->inner,
                .before = name->st_before,
                .after = name->st_after,
        };

        if (name->change != NO_CHANGE) {
                walk->changes.changes[name->change].kind = CHANGE_REPLACE;
                return 0;
        }
        return changes_walk_add(walk, change, name->path, name->before);
}

static int join_name(struct changes_walk *walk, const struct changes_walk_name *name)
{
        const struct changes_walk_name *anchor = find_anchor(walk, name->st_after.st_ino);

        if (!anchor || anchor == name || (!name->inner && is_same_file(&anchor->st_before, &name->st_before)))
                return 0;
        walk->layer.dirs[name->dir].entries = true;
        return replace_by_link(walk, name);
}

int changes_match_links(struct changes_walk *walk)
{
        int r = 0;

        if (walk->n_names > 1)
                qsort(walk->names, walk->n_names, sizeof(*walk->names), order_by_inode);
        for (size_t i = 0; r >= 0 && i < walk->n_names; i++)
                r = join_name(walk, &walk->names[i]);
        for (size_t i = 0; r >= 0 && i < walk->changes.n; i++)
                r = link_made(walk, &walk->changes.changes[i]);
        return r;
}
