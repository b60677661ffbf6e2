/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * history-file: the file of a history. What is after its last newline is set aside, and then it is a history without that, to which a line can be
 * added; a reader leaves it as it is. The last line alone says the same as all of them.
 *
 * Covers: history/history.c history/history-append.c history/event.c
 */

#include "basic/io.h"
#include "fuzz.h"
#include "history/history.h"

#include <fcntl.h>

#define NAME      "sample"
#define DIRECTORY STATE_DIR "/" NAME
#define FILE_NAME DIRECTORY "/history.jsonl"

static const struct root *root;

/* In place of libc's: what is durable is no matter here. */
int fsync(int fd)
{
        (void)fd;
        return 0;
}

int fdatasync(int fd)
{
        (void)fd;
        return 0;
}

static int read_history(enum history_mode mode, struct history **ret, struct error *error)
{
        const struct history_request request = { .root = root, .package = NAME, .mode = mode, .keep_events = true };

        return history_open(&request, ret, error);
}

static size_t file_size(void)
{
        struct stat st;

        law(fstatat(root->fd, &FILE_NAME[1], &st, 0) == 0);
        return (size_t)st.st_size;
}

static void check_peek(const struct history *history)
{
        _cleanup_(event_freep) struct dmig_event *last = NULL;

        if (history_peek(root, NAME, &last) <= 0)
                return;
        law(history->n_events > 0 && !history->cut);
        law(json_object_equal(last->object, history->events[history->n_events - 1]->object));
}

static void check_append(size_t whole)
{
        _cleanup_(history_freep) struct history *history = NULL, *again = NULL;
        _cleanup_(event_freep) struct dmig_event *event = NULL;
        _cleanup_error_ struct error error = { 0 };
        char run[33];
        size_t n;

        law(read_history(HISTORY_APPEND, &history, &error) == 0);
        law((history->fd < 0 || file_size() == whole) && !history->cut == !history->torn);
        if (history->torn)
                law(unlinkat(history->dir, history->torn, 0) == 0);
        n = history->n_events;
        law(event_make_run_id(run) == 0 && event_new(NAME, run, "retry", &event) == 0);
        law(streq(dmig_event_get_package(event), NAME) && dmig_event_get_json(event));
        law(history_append(history, event, &error) == 0);
        law(event_set_int(event, "number", 1) == 0 && event_set_null(event, "unknown") == 0);
        law(history_append_later(history, &event, &error) == 0 && history_settle(history, &error) == 0);
        law(read_history(HISTORY_READ, &again, &error) == 0);
        law(again->n_events == n + 2 && !again->cut);
        law(again->state.n_records == history->state.n_records);
        check_peek(again);
}

/* A history that lost all its lines is none, and one that isn't there is made. */
static void check_beginning(void)
{
        static const char stage[] = DIRECTORY "/" STAGE_DIR;
        _cleanup_(history_freep) struct history *history = NULL;
        _cleanup_error_ struct error error = { 0 };

        law(mkdirat(root->fd, &stage[1], 0755) == 0);
        law(read_history(HISTORY_READ, &history, &error) == -EBADMSG && strstr(error.message, FILE_NAME));
        law(unlinkat(root->fd, &stage[1], AT_REMOVEDIR) == 0);
        fuzz_put(FILE_NAME, NULL, 0);
        law(unlinkat(root->fd, &DIRECTORY[1], AT_REMOVEDIR) == 0);
        check_append(0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(history_freep) struct history *history = NULL;
        _cleanup_error_ struct error error = { 0 };
        const uint8_t *last = size > 0 ? memrchr(data, '\n', size) : NULL;
        size_t whole = last ? (size_t)(last + 1 - data) : 0;
        int r;

        root = fuzz_root((const char *const[]){ DIRECTORY, NULL });
        fuzz_put(FILE_NAME, data, size);
        r = read_history(HISTORY_READ, &history, &error);
        law(r == 0 || (r == -EBADMSG && strstr(error.message, FILE_NAME ":")));
        law(file_size() == size);
        if (r < 0)
                return 0;
        law(history->cut == (whole < size) && (size_t)history->size == whole);
        check_peek(history);
        if (size == 0)
                check_beginning();
        else
                check_append(whole);
        return 0;
}
