/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The history on disk: events that were appended are read back, and damage is noticed, wherever it is. */

#include "../support/histories.h"
#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"

#include <stdio.h>

#define TIMEOUT_SEC 300
#define N_EVENTS    5U

static void expect_file(const struct root *root, const char *path, const char *data, size_t size)
{
        _cleanup_free_ char *got = NULL;
        size_t got_size;

        got = histories_read(root, path, &got_size);
        ck_assert_uint_eq(got_size, size);
        ck_assert_mem_eq(got, data, size);
}

/* ---- Back and forth -------------------------------------------------------------------------- */

START_TEST(test_round_trip)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(history_freep) struct history *written = histories_open(&root, HISTORY_APPEND), *read = NULL;
        struct dmig_event *events[200];

        for (size_t i = 0; i < ELEMENTSOF(events); i++) {
                events[i] = histories_event(i);
                ck_assert_int_eq(history_append(written, events[i], NULL), 0);
        }
        read = histories_open(&root, HISTORY_READ);
        ck_assert_uint_eq(read->n_events, ELEMENTSOF(events));
        histories_expect(read, ELEMENTSOF(events));
        histories_expect(written, ELEMENTSOF(events));
        for (size_t i = 0; i < ELEMENTSOF(events); i++) {
                ck_assert_str_eq(dmig_event_get_package(read->events[i]), "foo");
                ck_assert_str_eq(dmig_event_get_name(read->events[i]), dmig_event_get_name(events[i]));
                ck_assert_uint_eq(dmig_event_get_time(read->events[i]), dmig_event_get_time(events[i]));
                ck_assert_pstr_eq(dmig_event_get_string(read->events[i], "id"), dmig_event_get_string(events[i], "id"));
                event_free(events[i]);
        }
}
END_TEST

/* Opened anew for each event, with characters that quoted output can have. */
START_TEST(test_texts)
{
        static const char *const texts[] = {
                "plain",
                "",
                "\"quoted\" \\ and /",
                "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80",
                "tab\t",
                "\",\"crc\":\"00000000\"}",
                "}",
                "{\"event\":\"purged\"}",
        };
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(history_freep) struct history *read = NULL;

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_(history_freep) struct history *history = histories_open(&root, HISTORY_APPEND);
                _cleanup_(event_freep) struct dmig_event *event = histories_event(0);

                ck_assert_int_eq(event_set_string(event, "note", texts[i]), 0);
                ck_assert_int_eq(history_append(history, event, NULL), 0);
        }
        read = histories_open(&root, HISTORY_READ);
        ck_assert_uint_eq(read->n_events, ELEMENTSOF(texts));
        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                ck_assert_str_eq(dmig_event_get_string(read->events[i], "note"), texts[i]);
}
END_TEST

START_TEST(test_none)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(history_freep) struct history *reader = histories_open(&root, HISTORY_READ),
                                                *writer = histories_open(&root, HISTORY_APPEND);

        ck_assert_int_lt(reader->fd, 0);
        ck_assert_uint_eq(reader->n_events, 0);
        histories_expect(writer, 0);
        ck_assert_int_eq(access(tree_path(&root, "/var"), F_OK), -1); /* the first event creates the file */
}
END_TEST

/* Events are kept only on request. */
START_TEST(test_without_events)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(history_freep) struct history *history = NULL;

        free(histories_make(&root, N_EVENTS));
        ck_assert_int_eq(history_open(&(struct history_request){ &root, "foo", .mode = HISTORY_READ }, &history, NULL),
                         0);
        ck_assert_ptr_null(history->events);
        histories_expect(history, N_EVENTS);
}
END_TEST

START_TEST(test_modes)
{
        static const mode_t masks[] = { 0, 022, 077, 0777 };
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_free_ char *data = NULL, *modes = NULL;

        umask(022);
        tree_add(&root, &(struct tree_entry){ "/var/lib", S_IFDIR | 0755, NULL });
        umask(masks[_i]);
        data = histories_make(&root, N_EVENTS);
        umask(022);
        modes = shell_output("cd %s/var/lib && stat -c '%%a %%u:%%G %%n' . deploy-migrate deploy-migrate/foo "
                             "deploy-migrate/foo/*",
                             root.path);
        ck_assert_str_eq(modes, "755 0:root .\n"
                                "750 0:adm deploy-migrate\n"
                                "750 0:adm deploy-migrate/foo\n"
                                "640 0:adm deploy-migrate/foo/history.jsonl\n");
}
END_TEST

/* ---- A last line that was cut short ---------------------------------------------------------- */

/* Returns: the length of the first @n lines of @text. */
static size_t lines_size(const char *data, size_t n)
{
        const char *p = data;

        for (size_t i = 0; i < n; i++)
                p = strchr(p, '\n') + 1;
        return (size_t)(p - data);
}

static void expect_set_aside(const struct root *root, const char *data, size_t whole, size_t size)
{
        _cleanup_(history_freep) struct history *history = histories_open(root, HISTORY_APPEND);
        char path[256];

        histories_expect(history, N_EVENTS - 1);
        expect_file(root, HISTORY_FILE, data, whole);
        if (size == whole) {
                ck_assert_ptr_null(history->torn);
        } else {
                ck_assert_ptr_nonnull(history->torn);
                snprintf(path, sizeof(path), HISTORY_DIR "/%s", history->torn);
                expect_file(root, path, data + whole, size - whole);
        }
        histories_append(history, N_EVENTS - 1, N_EVENTS);
}

START_TEST(test_torn)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_free_ char *data = histories_make(&root, N_EVENTS);
        _cleanup_free_ char *modes = NULL;
        size_t whole = lines_size(data, N_EVENTS - 1);

        for (size_t size = whole; size < strlen(data); size++) {
                _cleanup_(history_freep) struct history *before = NULL, *after = NULL;
                struct dmig_event *last = NULL;

                histories_write(&root, HISTORY_FILE, data, size);
                before = histories_open(&root, HISTORY_READ);
                histories_expect(before, N_EVENTS - 1);
                ck_assert_ptr_null(before->torn);
                expect_file(&root, HISTORY_FILE, data, size);
                ck_assert_int_eq(history_peek(&root, "foo", &last), size == whole);
                event_free(last);

                expect_set_aside(&root, data, whole, size);
                after = histories_open(&root, HISTORY_READ);
                histories_expect(after, N_EVENTS);
        }
        modes = shell_output("cd %s" HISTORY_DIR " && stat -c '%%a %%G' *.torn.* | sort -u", root.path);
        ck_assert_str_eq(modes, "640 adm\n");
}
END_TEST

/* The file is only the first line, cut short. */
START_TEST(test_torn_first_line)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(history_freep) struct history *history = NULL;

        tree_add(&root, &(struct tree_entry){ HISTORY_FILE, 0640, "{\"time\":\"2026-01-0" });
        history = histories_open(&root, HISTORY_APPEND);
        histories_expect(history, 0);
        ck_assert_ptr_nonnull(history->torn);
        expect_file(&root, HISTORY_FILE, "", 0);
        histories_append(history, 0, N_EVENTS);
        histories_expect(history, N_EVENTS);
}
END_TEST

/* ---- Any other damage ------------------------------------------------------------------------ */

static bool is_refused(const struct root *root, enum history_mode mode, size_t line)
{
        _cleanup_(history_freep) struct history *history = NULL;
        _cleanup_error_ struct error error = { 0 };
        char place[256];

        if (history_open(&(struct history_request){ root, "foo", .mode = mode }, &history, &error) == 0)
                return false;
        snprintf(place, sizeof(place), "%s:%zu: ", tree_path(root, HISTORY_FILE), line);
        ck_assert_int_eq(error.code, -EBADMSG);
        ck_assert_msg(str_startswith(error_text(&error), place) != NULL, "%s isn't %s", error_text(&error), place);
        return true;
}

/*
 * Whether the byte @at, in a line that ends at @end, is in the name of the field "crc": a flip makes it another name, and so the line
 * one without a checksum, which is accepted.
 */
static bool is_in_name_of_checksum(size_t at, size_t end)
{
        size_t name = end - strlen("crc\":\"00000000\"}\n");

        return at >= name && at < name + strlen("crc");
}

/* Each bit of each byte of a line that others follow, and of its newline. */
START_TEST(test_flipped_bits)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_free_ char *data = histories_make(&root, N_EVENTS);
        const size_t size = strlen(data), line = (size_t)_i, end = lines_size(data, line);
        const size_t step = 10 / suite_repeats(10);

        for (size_t at = lines_size(data, line - 1); at < end; at += step)
                for (unsigned bit = 0; bit < 8; bit++) {
                        data[at] = (char)(data[at] ^ 1 << bit);
                        histories_write(&root, HISTORY_FILE, data, size);
                        if (!is_refused(&root, HISTORY_APPEND, data[at] == '\n' ? line + 1 : line))
                                ck_assert_msg(is_in_name_of_checksum(at, end), "byte %zu, bit %u", at, bit);
                        expect_file(&root, HISTORY_FILE, data, size);
                        data[at] = (char)(data[at] ^ 1 << bit);
                }
}
END_TEST

START_TEST(test_flipped_bytes_in_reading)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_free_ char *data = histories_make(&root, N_EVENTS);
        const size_t size = strlen(data), whole = lines_size(data, N_EVENTS - 1);

        for (size_t at = 0; at < whole; at += 7) {
                data[at] = (char)(data[at] ^ 0x80);
                histories_write(&root, HISTORY_FILE, data, size);
                for (size_t line = 1; line < N_EVENTS; line++)
                        if (at >= lines_size(data, line - 1) && at < lines_size(data, line))
                                ck_assert(is_refused(&root, HISTORY_READ, line));
                data[at] = (char)(data[at] ^ 0x80);
        }
}
END_TEST

static const struct {
        const char *lines;
        size_t line; /* the one that is refused, 0 for none */
} written_by_hand[] = {
        { "", 0 },
        { "{\"time\":\"2026-01-02T03:04:05.000006Z\",\"boot\":\"b\",\"run\":\"r\",\"event\":\"retry\"}\n", 0 },
        { "\n", 1 },
        { "{}\n", 1 },
        { "[]\n", 1 },
        { "null\n", 1 },
        { "text\n", 1 },
        { "{\"time\":\"2026-01-02T03:04:05.000006Z\",\"boot\":\"b\",\"run\":\"r\",\"event\":\"retry\"}\n\n", 2 },
        { "{\"time\":\"2026-01-02T03:04:05.000006Z\",\"boot\":\"b\",\"run\":\"r\",\"event\":\"unknown\"}\n", 1 },
        { "{\"time\":\"2026-01-02T03:04:05.000006Z\",\"boot\":\"b\",\"run\":\"r\",\"event\":\"retry\",\"crc\":"
          "\"00000000\"}\n",
          1 },
};

START_TEST(test_written_by_hand)
{
        _cleanup_(root_done) struct root root = tree_new();
        const char *lines = written_by_hand[_i].lines;

        tree_add(&root, &(struct tree_entry){ HISTORY_FILE, 0640, lines });
        ck_assert_int_eq(is_refused(&root, HISTORY_APPEND, written_by_hand[_i].line), written_by_hand[_i].line > 0);
        expect_file(&root, HISTORY_FILE, lines, strlen(lines));
}
END_TEST

START_TEST(test_nul_in_a_line)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_free_ char *data = histories_make(&root, N_EVENTS);
        const size_t size = strlen(data);

        data[10] = '\0';
        histories_write(&root, HISTORY_FILE, data, size);
        ck_assert(is_refused(&root, HISTORY_APPEND, 1));
}
END_TEST

static Suite *suite(void)
{
        TCase *files = tcase_create("files"), *damage = tcase_create("damage");
        Suite *s = suite_create("history");

        tcase_set_timeout(files, TIMEOUT_SEC);
        tcase_add_unchecked_fixture(files, trees_setup, trees_teardown);
        tcase_add_test(files, test_round_trip);
        tcase_add_test(files, test_texts);
        tcase_add_test(files, test_none);
        tcase_add_test(files, test_without_events);
        tcase_add_loop_test(files, test_modes, 0, 4);
        suite_add_tcase(s, files);

        tcase_set_timeout(damage, TIMEOUT_SEC);
        tcase_add_unchecked_fixture(damage, trees_setup, trees_teardown);
        tcase_add_test(damage, test_torn);
        tcase_add_test(damage, test_torn_first_line);
        tcase_add_loop_test(damage, test_flipped_bits, 1, N_EVENTS);
        tcase_add_test(damage, test_flipped_bytes_in_reading);
        tcase_add_loop_test(damage, test_written_by_hand, 0, ELEMENTSOF(written_by_hand));
        tcase_add_test(damage, test_nul_in_a_line);
        suite_add_tcase(s, damage);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
