/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/changes-match.h"

#include "basic/clock.h"
#include "basic/path.h"
#include "changes/changes-links.h"
#include "fs/content.h"

#include <zlib.h>

#define SAMPLE_SIZE 4096

struct candidate {
        struct change *change; /* CHANGE_CREATE or CHANGE_REMOVE; NULL once it is matched */
        const struct stat *st;
        const char *name;
        unsigned long sample; /* checksum of the first bytes, so that few different files are compared as a whole */
        bool is_removed;
};

struct candidates {
        struct candidate *list;
        size_t n;
};

static int candidate_compare_stats(const void *a, const void *b)
{
        const struct candidate *x = a, *y = b;

        if (x->st->st_size != y->st->st_size)
                return x->st->st_size < y->st->st_size ? -1 : 1;
        return time_is_later(y->st->st_mtim, x->st->st_mtim) ? -1 : time_is_later(x->st->st_mtim, y->st->st_mtim);
}

static int candidate_compare_samples(const void *a, const void *b)
{
        const struct candidate *x = a, *y = b;

        return x->sample != y->sample ? (x->sample < y->sample ? -1 : 1) : 0;
}

/* By sample, then by name, since a moved file often keeps its name, then by path, for a stable order. */
static int candidate_compare_names(const void *a, const void *b)
{
        const struct candidate *x = a, *y = b;
        int c = candidate_compare_samples(a, b);

        if (c == 0)
                c = strcmp(x->name, y->name);
        return c ? c : strcmp(x->change->path, y->change->path);
}

/* Also in a directory that came or went as a whole. A removed file may have other names, which stay names of the one that is moved. */
static bool change_is_candidate(const struct changes_walk *walk, const struct change *change)
{
        if (change->kind == CHANGE_REMOVE)
                return S_ISREG(change->before.st_mode);
        return change->kind == CHANGE_CREATE && S_ISREG(change->after.st_mode) &&
               !(change->after.st_nlink > 1 && changes_links_find(walk, change->after.st_ino));
}

static int candidate_compare_inodes(const void *a, const void *b)
{
        const struct candidate *x = a, *y = b;

        if (x->is_removed != y->is_removed)
                return x->is_removed - y->is_removed;
        return x->st->st_ino != y->st->st_ino ? (x->st->st_ino < y->st->st_ino ? -1 : 1)
                                              : strcmp(x->change->path, y->change->path);
}

/* Leaves one name of each new file: changes_match_links() adds the others. */
static void candidates_drop_names(struct candidates *all)
{
        size_t n = 0;

        qsort(all->list, all->n, sizeof(*all->list), candidate_compare_inodes);
        for (size_t i = 0; i < all->n; i++) {
                const struct candidate *candidate = &all->list[i], *last = n > 0 ? &all->list[n - 1] : NULL;

                if (!last || candidate->is_removed || candidate->st->st_ino != last->st->st_ino)
                        all->list[n++] = *candidate;
        }
        all->n = n;
}

static int candidates_init(struct changes_walk *walk, struct candidates *ret)
{
        struct changes *changes = &walk->changes;
        struct candidates all = { .list = calloc(changes->n + 1, sizeof(*all.list)) };

        if (!all.list)
                return -ENOMEM;
        for (size_t i = 0; i < changes->n; i++) {
                struct change *change = &changes->changes[i];
                bool is_removed = change->kind == CHANGE_REMOVE;

                if (change_is_candidate(walk, change))
                        all.list[all.n++] = (struct candidate){
                                .change = change,
                                .st = is_removed ? &change->before : &change->after,
                                .name = path_name(change->path),
                                .is_removed = is_removed,
                        };
        }
        candidates_drop_names(&all);
        qsort(all.list, all.n, sizeof(*all.list), candidate_compare_stats);
        *ret = all;
        return 0;
}

static int candidate_open(const struct changes_request *request, const struct candidate *candidate)
{
        return changes_open_content(candidate->is_removed ? request->lower : request->upper, candidate->change->path);
}

static int candidate_read_sample(const struct changes_request *request, struct candidate *candidate)
{
        _cleanup_close_ int fd = candidate_open(request, candidate);
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

static int candidates_read_samples(const struct changes_request *request, struct candidates run)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < run.n; i++)
                r = candidate_read_sample(request, &run.list[i]);
        if (r >= 0)
                qsort(run.list, run.n, sizeof(*run.list), candidate_compare_names);
        return r;
}

/* Makes one change of the two if their contents are the same. */
static int candidate_match(const struct changes_request *request, struct candidate *removed, struct candidate *made)
{
        _cleanup_close_ int lower = candidate_open(request, removed), upper = -EBADF;
        int r;

        if (lower < 0)
                return lower;
        upper = candidate_open(request, made);
        if (upper < 0)
                return upper;
        r = content_equal(lower, upper);
        if (r <= 0)
                return r;
        made->change->kind = CHANGE_MOVE;
        made->change->inner = false;
        made->change->before = removed->change->before;
        made->change->from = TAKE_PTR(removed->change->path);
        removed->change = made->change = NULL;
        return 0;
}

/* Matches pairs among candidates with one sample: only those of the same name, or any. */
static int candidates_match_pairs(const struct changes_request *request, struct candidates group, bool by_name)
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
                        r = candidate_match(request, &group.list[i++], &group.list[j++]);
        }
        return r;
}

static int candidates_match_sampled(const struct changes_request *request, struct candidates group)
{
        int r = candidates_match_pairs(request, group, true);

        return r < 0 ? r : candidates_match_pairs(request, group, false);
}

/* Calls @match for each run of candidates that @compare finds equal. */
static int candidates_match_runs(const struct changes_request *request, struct candidates all,
                                 int (*compare)(const void *a, const void *b),
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

static bool candidates_have_both(struct candidates run)
{
        size_t n_removed = 0;

        for (size_t i = 0; i < run.n; i++)
                n_removed += run.list[i].is_removed;
        return n_removed > 0 && n_removed < run.n;
}

static int candidates_match_alike(const struct changes_request *request, struct candidates run)
{
        int r;

        if (!candidates_have_both(run))
                return 0;
        r = candidates_read_samples(request, run);
        return r < 0 ? r : candidates_match_runs(request, run, candidate_compare_samples, candidates_match_sampled);
}

int changes_match_moves(struct changes_walk *walk, struct error *error)
{
        _cleanup_free_ struct candidate *list = NULL;
        struct candidates all;
        int r;

        assert(walk && walk->request);
        r = candidates_init(walk, &all);
        if (r < 0)
                return r;
        list = all.list;
        r = candidates_match_runs(walk->request, all, candidate_compare_stats, candidates_match_alike);
        return r < 0 ? changes_explain(walk->request, "", r, error) : 0;
}
