/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* dmig_history_load(): a package's history for the caller to read. Out: its events, and on demand the files of its transactions. */

#include "changes/files.h"
#include "package/package.h"
#include "transaction/archive.h"

struct dmig_history {
        struct history *history;
        struct dmig_files **files; /* of each event, NULL until they are asked for */
};

DEFINE_CLEANUP(struct dmig_history *, dmig_history_free);

static int history_load(struct dmig *ctx, const char *package, struct dmig_history **ret)
{
        _cleanup_(dmig_history_freep) struct dmig_history *loaded = NULL;
        int r;

        loaded = calloc(1, sizeof(*loaded));
        if (!loaded)
                return -ENOMEM;
        r = history_open(&(struct history_request){ &ctx->root, package, HISTORY_READ, .keep_events = true },
                         &loaded->history, &ctx->error);
        if (r < 0)
                return r;
        if (loaded->history->fd < 0)
                return error_setf(&ctx->error, -ENOENT, "%s has no history", package);
        loaded->files = calloc(loaded->history->n_events + 1, sizeof(*loaded->files));
        if (!loaded->files)
                return -ENOMEM;
        *ret = TAKE_PTR(loaded);
        return 0;
}

int dmig_history_load(struct dmig *ctx, const char *package, unsigned flags, struct dmig_history **ret)
{
        const struct upgrade_request request = { .ctx = ctx, .package = package, .flags = flags };
        int r;

        r = package_check_request(&request);
        if (r >= 0)
                r = context_check_argument(ctx, "ret", ret);
        if (r >= 0)
                r = history_load(ctx, package, ret);
        return context_end(ctx, r);
}

struct dmig_history *dmig_history_free(struct dmig_history *history)
{
        if (!history)
                return NULL;
        for (size_t i = 0; history->files && i < history->history->n_events; i++)
                files_free(history->files[i]);
        free(history->files);
        history_free(history->history);
        free(history);
        return NULL;
}

size_t dmig_history_count(const struct dmig_history *history)
{
        return history ? history->history->n_events : 0;
}

const struct dmig_event *dmig_history_get(const struct dmig_history *history, size_t i)
{
        return history && i < history->history->n_events ? history->history->events[i] : NULL;
}

static bool event_is(const struct dmig_event *event, const char *name, const char *id)
{
        const char *its_name = dmig_event_get_name(event), *its_id = dmig_event_get_string(event, "id");

        return its_name && its_id && streq(its_name, name) && streq(its_id, id);
}

/* A transaction is named after the run that began to commit it. Returns: that run, or NULL if the event @i doesn't end a commit. */
static const char *history_find_run(const struct history *history, size_t i, const char *id)
{
        if (!id || !event_is(history->events[i], "applied", id))
                return NULL;
        while (i-- > 0)
                if (event_is(history->events[i], "committing", id))
                        return dmig_event_get_string(history->events[i], "run");
                else if (event_is(history->events[i], "started", id))
                        return NULL;
        return NULL;
}

static int history_load_files(const struct history *history, const char *run, const char *id, struct dmig_files **ret)
{
        _cleanup_(files_freep) struct dmig_files *files = NULL;
        _cleanup_(archived_done) struct archived archived = { .dir = -EBADF };
        _cleanup_free_ char *name = NULL;
        int r;

        r = archive_format_name(run, id, &name);
        if (r >= 0)
                r = archived_open(history, name, &archived, NULL);
        if (r >= 0)
                r = files_new(&files);
        if (r >= 0)
                r = archived_list_files(&archived, files);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(files);
        return 0;
}

int dmig_history_get_files(struct dmig_history *history, size_t i, const struct dmig_files **ret)
{
        const struct history *read;
        const char *id, *run;
        int r = 0;

        if (!history || !ret)
                return -EINVAL;
        read = history->history;
        if (i >= read->n_events)
                return -ENODATA;
        id = dmig_event_get_string(read->events[i], "id");
        run = history_find_run(read, i, id);
        if (!run)
                return -ENODATA;
        if (!history->files[i])
                r = history_load_files(read, run, id, &history->files[i]);
        if (r < 0)
                return r == -ENOENT ? -ENODATA : r;
        *ret = history->files[i];
        return 0;
}
