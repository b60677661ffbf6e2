/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * run-files: what is below /run: how far a migration is, and notes, with a form feed between them. Both are hints: what is damaged says nothing.
 *
 * Covers: package/note.c phase/running.c
 */

#include "basic/path.h"
#include "fuzz.h"
#include "package/note.h"
#include "phase/running.h"

#include <fcntl.h>
#include <sys/file.h>

#define PROGRESS LOCK_DIR "/sample.progress"
#define NOTE     LOCK_DIR "/sample.kind"

static struct dmig *ctx;

/* What is written is read, until it is done. */
static void check_written(const struct dmig_event *event)
{
        struct running running = RUNNING_NONE;
        _cleanup_(event_freep) struct dmig_event *again = NULL, *none = NULL;

        running.ctx = ctx;
        running.package = "written";
        running_tell(&running, "first", "check");
        running_write(&running, event);
        law(running_read(ctx, running.package, &again) == 1);
        law(streq(dmig_event_get_string(again, "id"), dmig_event_get_string(event, "id")));
        law(streq(dmig_event_get_string(again, "command"), "run"));
        running_done(&running);
        law(running_read(ctx, "written", &none) == 0);
}

static void check_running(void)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;

        if (running_read(ctx, "sample", &event) <= 0)
                return;
        law(dmig_event_get_string(event, "id") && dmig_event_get_string(event, "command"));
        if (dmig_event_get_string(event, "time")) /* as all of ours have it */
                check_written(event);
}

static void check_note(const char *text)
{
        _cleanup_strv_ struct strv lines = { 0 }, none = { 0 };

        note_add(ctx, "sample", "kind", "last");
        law(note_take(ctx, "sample", "kind", &lines));
        law(lines.n > 0 && streq(lines.list[lines.n - 1] + strlen(lines.list[lines.n - 1]) - strlen("last"), "last"));
        law(!note_take(ctx, "sample", "kind", &none));
        for (size_t i = 0; i < lines.n; i++)
                law(*lines.list[i] && (i + 1 == lines.n || strstr(text, lines.list[i])));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const struct root *root = fuzz_root((const char *const[]){ LOCK_DIR, NULL });
        static int held = -EBADF;
        char *texts[2];

        if (!ctx && (dmig_new(&ctx) < 0 || dmig_set_root(ctx, root->path) < 0))
                abort();
        fuzz_split(data, size, '\f', 2, texts);
        fuzz_put(PROGRESS, texts[0], strlen(texts[0]));
        fuzz_put(NOTE, texts[1], strlen(texts[1]));
        if (held < 0) { /* the one that writes it lives */
                held = openat(root->fd, &PROGRESS[1], O_RDONLY | O_CLOEXEC);
                if (held < 0 || flock(held, LOCK_EX) < 0)
                        abort();
        }
        check_running();
        check_note(texts[1]);
        fuzz_free(texts, 2);
        return 0;
}
