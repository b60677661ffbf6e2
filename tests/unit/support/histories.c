/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "histories.h"
#include "basic/io.h"
#include "tree.h"

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#define SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

struct dmig_event *histories_event(size_t i)
{
        static const char *const names[] = { "started", "applied" };
        struct dmig_event *event = NULL;
        char id[32];

        snprintf(id, sizeof(id), "1.0.0/%03zu_m", (i + 1) / 2);
        ck_assert_int_eq(
                event_new("foo", "00112233445566778899aabbccddeeff", i > 0 ? names[(i - 1) % 2] : "baseline", &event),
                0);
        if (i == 0) {
                ck_assert_int_eq(event_set_string(event, "version", "1.0-1"), 0);
                ck_assert_int_eq(event_set_string(event, "source", "installed"), 0);
                return event;
        }
        ck_assert_int_eq(event_set_string(event, "id", id), 0);
        ck_assert_int_eq(event_set_string(event, "sha256", SHA256), 0);
        ck_assert_int_eq(event_set_int(event, i % 2 ? "attempt" : "duration_ms", 1), 0);
        return event;
}

struct history *histories_open(const struct root *root, enum history_mode mode)
{
        struct history *history = NULL;
        _cleanup_error_ struct error error = { 0 };

        ck_assert_msg(history_open(&(struct history_request){ root, "foo", mode, .keep_events = true }, &history,
                                   &error) == 0,
                      "%s", error_text(&error));
        return history;
}

void histories_append(struct history *history, size_t begin, size_t end)
{
        for (size_t i = begin; i < end; i++) {
                _cleanup_(event_freep) struct dmig_event *event = histories_event(i);
                _cleanup_error_ struct error error = { 0 };

                ck_assert_msg(history_append(history, event, &error) == 0, "%s", error_text(&error));
        }
}

char *histories_make(const struct root *root, size_t n)
{
        _cleanup_(history_freep) struct history *history = histories_open(root, HISTORY_APPEND);
        size_t size;

        histories_append(history, 0, n);
        return histories_read(root, HISTORY_FILE, &size);
}

void histories_expect(const struct history *history, size_t n)
{
        const struct history_state *state = &history->state;

        ck_assert_uint_eq(state->n_records, n / 2);
        ck_assert_int_eq(state->from != NULL, n > 0);
        for (size_t i = 0; i < state->n_records; i++)
                ck_assert_int_eq(state->records[i]->state, 2 * i + 2 < n ? RECORD_APPLIED : RECORD_RUNNING);
}

void histories_expect_refused(struct history *history, size_t i, int code)
{
        _cleanup_(event_freep) struct dmig_event *event = histories_event(i);
        _cleanup_error_ struct error error = { 0 };

        ck_assert_int_eq(history_append(history, event, &error), code);
        ck_assert_ptr_nonnull(strstr(error_text(&error), history->path));
        ck_assert_ptr_nonnull(strstr(error_text(&error), strerror(-code)));
}

void histories_expect_text(const struct root *root, const char *data)
{
        _cleanup_free_ char *now = NULL;
        size_t size;

        now = histories_read(root, HISTORY_FILE, &size);
        ck_assert_uint_eq(size, strlen(data));
        ck_assert_str_eq(now, data);
}

void histories_limit_size(rlim_t size)
{
        struct rlimit limit;

        ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
        limit.rlim_cur = size;
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

char *histories_read(const struct root *root, const char *path, size_t *ret_size)
{
        _cleanup_close_ int fd = root_open(root, path, O_RDONLY);
        char *data;

        ck_assert_msg(fd >= 0, "can't open %s: %s", path, strerror(-fd));
        ck_assert_int_eq(io_read_all(fd, INT_MAX, &data, ret_size), 0);
        return data;
}

void histories_write(const struct root *root, const char *path, const char *data, size_t size)
{
        _cleanup_close_ int fd = open(tree_path(root, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

        ck_assert_msg(fd >= 0, "can't write %s: %m", path);
        ck_assert_int_eq(io_write_all(fd, data, size), 0);
}
