/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/changes-separated.h"

#include "basic/array.h"
#include "basic/path.h"
#include "fs/beneath.h"
#include "stage/hard-links.h"

#include <fcntl.h>
#include <stdio.h>

/* A file that was written to. */
struct separated {
        const struct change *change; /* of its first name */
        size_t changed;              /* how many of its names changed */
        char *other;                 /* one that didn't */
};

struct separation {
        const struct changes_request *request;
        const struct changes *changes;
        struct separated *files; /* by file */
        size_t n;
        size_t wanted; /* how many of them have no other name yet */
};

static void separation_done(struct separation *separation)
{
        for (size_t i = 0; i < separation->n; i++)
                free(separation->files[i].other);
        free(separation->files);
}

/* In an overlay that keeps names together, one that is another file now was replaced on purpose. Returns: 1, 0 or a negative errno. */
static int change_writes_file(const struct changes_request *request, const struct change *change)
{
        int r;

        if (change->kind != CHANGE_REPLACE || !S_ISREG(change->before.st_mode) || !S_ISREG(change->after.st_mode) ||
            change->before.st_nlink < 2 || change->link)
                return 0;
        r = request->kept ? hard_links_is_other(request->upper, change->path, request->lower, &change->before) : 0;
        return r < 0 ? r : !r;
}

static int stat_compare_inodes(const struct stat *a, const struct stat *b)
{
        if (a->st_dev != b->st_dev)
                return a->st_dev < b->st_dev ? -1 : 1;
        return a->st_ino != b->st_ino ? (a->st_ino < b->st_ino ? -1 : 1) : 0;
}

static int separated_compare(const void *a, const void *b)
{
        const struct separated *x = a, *y = b;

        return stat_compare_inodes(&x->change->before, &y->change->before);
}

static int separated_compare_stat(const void *key, const void *element)
{
        const struct separated *separated = element;

        return stat_compare_inodes(key, &separated->change->before);
}

static struct separated *separation_find(const struct separation *separation, const struct stat *st)
{
        if (separation->n == 0 || st->st_nlink < 2)
                return NULL;
        return bsearch(st, separation->files, separation->n, sizeof(*separation->files), separated_compare_stat);
}

static int separation_collect(struct separation *separation)
{
        for (size_t i = 0; i < separation->changes->n; i++) {
                const struct change *change = &separation->changes->changes[i];
                struct separated *grown;
                int r = change_writes_file(separation->request, change);

                if (r < 0)
                        return r;
                if (r == 0)
                        continue;
                grown = array_grow(separation->files, separation->n, sizeof(*grown));
                if (!grown)
                        return -ENOMEM;
                separation->files = grown;
                grown[separation->n++] = (struct separated){ .change = change };
        }
        if (separation->n > 1)
                qsort(separation->files, separation->n, sizeof(*separation->files), separated_compare);
        return 0;
}

/* Keeps those files of which a name is missing among the changes, each once. */
static void separation_narrow(struct separation *separation)
{
        size_t n = 0;

        for (size_t i = 0; i < separation->changes->n; i++) {
                const struct change *change = &separation->changes->changes[i];
                struct separated *file =
                        change->kind == CHANGE_ENTRIES ? NULL : separation_find(separation, &change->before);

                if (file)
                        file->changed++;
        }
        for (size_t i = 0; i < separation->n; i++) {
                const struct separated *file = &separation->files[i];

                if (file->changed > 0 && file->changed < file->change->before.st_nlink)
                        separation->files[n++] = *file;
        }
        separation->n = separation->wanted = n;
}

/* In an overlay the directories of stages can't be opened. */
static bool separation_is_at_state(const struct separation *separation, const char *path)
{
        const struct changes_request *request = separation->request;
        const char *area = str_startswith(request->area->path, request->undeclared->root->path);
        _cleanup_free_ char *whole = NULL;

        if (!area || asprintf(&whole, "%s/%s", streq(area, "/") ? "" : area, path) < 0) {
                whole = NULL;
                return false;
        }
        return streq(whole, STATE_DIR);
}

static int separation_visit(enum beneath_step step, const struct beneath_entry *entry, void *userdata)
{
        struct separation *separation = userdata;
        struct separated *file;
        struct stat st;

        if (step == BENEATH_ENTER && (separation->wanted == 0 || separation_is_at_state(separation, entry->path)))
                return 1;
        if (step != BENEATH_FILE)
                return 0;
        if (fstatat(entry->parent, entry->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno; /* gone since it was listed */
        file = separation_find(separation, &st);
        if (!file || file->other || changes_find(separation->changes, separation->request->number, entry->path))
                return 0;
        file->other = strdup(entry->path);
        separation->wanted--;
        return file->other ? 0 : -ENOMEM;
}

static int separation_find_others(struct separation *separation, struct error *error)
{
        return beneath_walk(&(struct beneath_walk){ .dir = separation->request->lower,
                                                    .path = "",
                                                    .visit = separation_visit,
                                                    .userdata = separation },
                            error);
}

static int separated_note(const struct changes_request *request, const struct separated *file, struct strv *notices)
{
        _cleanup_free_ char *path = NULL, *other = NULL;
        int r;

        r = changes_format_path(request->area, file->change->path, &path);
        if (r >= 0 && file->other)
                r = changes_format_path(request->area, file->other, &other);
        if (r < 0)
                return r;
        if (!other)
                return strv_addf(notices,
                                 "%s has another name outside of %s (a hard link), which keeps the old content: they "
                                 "become two files",
                                 path, request->area->path);
        return strv_addf(notices,
                         "%s and %s are names of one file (hard links) and become two: %s keeps the old content%s",
                         path, other, other,
                         area_allows(request->area, file->other)
                                 ? ", since the file system can't keep them together in an overlay"
                                 : "; declare both in \"writes\" to keep them one");
}

int changes_note_separated(const struct changes_request *request, struct changes *changes, struct error *error)
{
        _cleanup_(separation_done) struct separation separation = { .request = request, .changes = changes };
        int r;

        assert(request && changes);
        r = separation_collect(&separation);
        if (r < 0)
                return r;
        separation_narrow(&separation);
        if (separation.n > 0)
                r = separation_find_others(&separation, error);
        for (size_t i = 0; r >= 0 && i < separation.n; i++)
                r = separated_note(request, &separation.files[i], &changes->notices);
        return r;
}
