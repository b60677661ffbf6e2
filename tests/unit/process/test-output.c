/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "process/output.h"

#include <stdio.h>

struct heard {
        FILE *out;
        char *text; /* the lines, each in brackets */
        size_t size;
        size_t n_lines;
        size_t n_bytes;
        char last[128];
};

static void hear(const char *line, void *userdata)
{
        struct heard *heard = userdata;

        ck_assert_uint_le(strlen(line), 4 * OUTPUT_LINE_MAX);
        fprintf(heard->out, "[%s]", line);
        heard->n_lines++;
        heard->n_bytes += strlen(line);
        snprintf(heard->last, sizeof(heard->last), "%s", line);
}

static void listen(struct heard *heard, struct output *output)
{
        *heard = (struct heard){ 0 };
        heard->out = open_memstream(&heard->text, &heard->size);
        ck_assert_ptr_nonnull(heard->out);
        ck_assert_int_eq(output_init(output, hear, heard), 0);
}

static void heard_done(struct heard *heard)
{
        fclose(heard->out);
        free(heard->text);
}

static const char *heard_text(struct heard *heard)
{
        fflush(heard->out);
        return heard->text;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

static const struct {
        const char *data;
        size_t size; /* 0: up to the NUL */
        const char *lines;
        const char *tail;
} cases[] = {
        { "", 0, "", "" },
        { "one\n", 0, "[one]", "one" },
        { "one\ntwo\n", 0, "[one][two]", "one | two" },
        { "no newline at its end", 0, "[no newline at its end]", "no newline at its end" },
        { "one\nand half", 0, "[one][and half]", "one | and half" },
        { "\n\n", 0, "[][]", "" },
        { "one\n\n \t \ntwo\n", 0, "[one][][ \t ][two]", "one | two" },
        { "1\n2\n3\n4\n5\n", 0, "[1][2][3][4][5]", "1 | 2 | 3 | 4 | 5" },
        { "1\n2\n3\n4\n5\n6", 0, "[1][2][3][4][5][6]", "2 | 3 | 4 | 5 | 6" },
        { "1\n2\n3\n4\n5\n6\n\n7\n\n8\n\n", 0, "[1][2][3][4][5][6][][7][][8][]", "4 | 5 | 6 | 7 | 8" },
        { "a\0b\n", 4, "[a\\x00b]", "a\\x00b" },
        { "\xff\xfe\n", 0, "[\\xff\\xfe]", "\\xff\\xfe" },
        { "\033[31mred\033[0m\r\n", 0, "[\\x1b[31mred\\x1b[0m\\x0d]", "\\x1b[31mred\\x1b[0m\\x0d" },
        { "gr\xc3\xbc\xc3\x9f\n", 0, "[gr\xc3\xbc\xc3\x9f]", "gr\xc3\xbc\xc3\x9f" },
};

/* In pieces of every size: a piece may end anywhere. */
START_TEST(test_lines)
{
        size_t size = cases[_i].size ?: strlen(cases[_i].data);

        for (size_t piece = 1; piece <= size + 1; piece++) {
                _cleanup_(output_done) struct output output = { 0 };
                _cleanup_(heard_done) struct heard heard;
                _cleanup_free_ char *tail = NULL;

                listen(&heard, &output);
                for (size_t at = 0; at < size; at += piece)
                        ck_assert_int_eq(
                                output_feed(&output, cases[_i].data + at, size - at < piece ? size - at : piece), 0);
                ck_assert_int_eq(output_finish(&output), 0);
                ck_assert_str_eq(heard_text(&heard), cases[_i].lines);
                ck_assert_int_eq(output_get_tail(&output, &tail), 0);
                ck_assert_str_eq(tail, cases[_i].tail);
        }
}
END_TEST

START_TEST(test_nobody_listens)
{
        _cleanup_(output_done) struct output output = { 0 };
        _cleanup_free_ char *tail = NULL;

        ck_assert_int_eq(output_init(&output, NULL, NULL), 0);
        for (unsigned i = 0; i < OUTPUT_LINES_MAX + 10; i++)
                ck_assert_int_eq(output_feed(&output, "line\n", 5), 0);
        ck_assert_int_eq(output_finish(&output), 0);
        ck_assert_int_eq(output_get_tail(&output, &tail), 0);
        ck_assert_str_eq(tail, "line | line | line | line | line");
}
END_TEST

/* ---- Caps ------------------------------------------------------------------------------------ */

static void feed_line(struct output *output, char c, size_t size)
{
        _cleanup_free_ char *line = malloc(size + 1);

        ck_assert_ptr_nonnull(line);
        memset(line, c, size);
        line[size] = '\n';
        ck_assert_int_eq(output_feed(output, line, size + 1), 0);
}

static void expect_caps(const struct heard *heard)
{
        /* And the note, and the end. */
        ck_assert_uint_le(heard->n_lines, OUTPUT_LINES_MAX + 1 + OUTPUT_TAIL);
        ck_assert_uint_le(heard->n_bytes, OUTPUT_BYTES_MAX + 4 * OUTPUT_LINE_MAX * (1 + OUTPUT_TAIL));
}

START_TEST(test_many_lines)
{
        _cleanup_(output_done) struct output output = { 0 };
        _cleanup_(heard_done) struct heard heard;
        _cleanup_free_ char *tail = NULL;
        const size_t n = suite_repeats(100000);
        char text[128];

        listen(&heard, &output);
        for (size_t i = 0; i < n; i++) {
                int size = snprintf(text, sizeof(text), "line %zu\n", i);

                ck_assert_int_eq(output_feed(&output, text, (size_t)size), 0);
        }
        ck_assert_int_eq(output_finish(&output), 0);

        expect_caps(&heard);
        ck_assert_uint_eq(heard.n_lines, OUTPUT_LINES_MAX + 1 + OUTPUT_TAIL);
        snprintf(text, sizeof(text), "[line 1999][(%zu lines were dropped here)][line %zu]", n - 2010, n - 10);
        ck_assert_ptr_nonnull(strstr(heard_text(&heard), text));
        snprintf(text, sizeof(text), "line %zu | line %zu | line %zu | line %zu | line %zu", n - 5, n - 4, n - 3, n - 2,
                 n - 1);
        ck_assert_str_eq(heard.last, strrchr(text, '|') + 2);
        ck_assert_int_eq(output_get_tail(&output, &tail), 0);
        ck_assert_str_eq(tail, text);
}
END_TEST

START_TEST(test_lines_up_to_the_cap)
{
        _cleanup_(output_done) struct output output = { 0 };
        _cleanup_(heard_done) struct heard heard;

        listen(&heard, &output);
        for (unsigned i = 0; i < OUTPUT_LINES_MAX; i++)
                feed_line(&output, 'x', 10);
        ck_assert_int_eq(output_finish(&output), 0);
        ck_assert_uint_eq(heard.n_lines, OUTPUT_LINES_MAX);
        ck_assert_str_eq(heard.last, "xxxxxxxxxx");
}
END_TEST

/* Printable bytes, and bytes that take four in the sanitised text. */
START_TEST(test_long_line)
{
        static const char bytes[] = { 'x', '\xff' };
        _cleanup_(output_done) struct output output = { 0 };
        _cleanup_(heard_done) struct heard heard;

        listen(&heard, &output);
        feed_line(&output, bytes[_i], 1024U * 1024U);
        feed_line(&output, 'y', 3);
        ck_assert_int_eq(output_finish(&output), 0);

        expect_caps(&heard);
        ck_assert_uint_ge(heard.n_bytes, OUTPUT_BYTES_MAX - 4 * OUTPUT_LINE_MAX);
        ck_assert_str_eq(heard.last, "yyy");
}
END_TEST

START_TEST(test_line_of_exactly_the_limit)
{
        _cleanup_(output_done) struct output output = { 0 };
        _cleanup_(heard_done) struct heard heard;

        listen(&heard, &output);
        for (size_t size = OUTPUT_LINE_MAX - 1; size <= OUTPUT_LINE_MAX + 1; size++)
                feed_line(&output, 'x', size);
        ck_assert_int_eq(output_finish(&output), 0);
        ck_assert_uint_eq(heard.n_bytes, 3 * OUTPUT_LINE_MAX);
        ck_assert_ptr_null(strstr(heard_text(&heard), "[]")); /* no empty line after a full one */
        ck_assert_uint_eq(heard.n_lines, 4);
}
END_TEST

/* A character across the limit of a line isn't cut. */
START_TEST(test_limit_within_a_character)
{
        static const char character[] = "\xe2\x82\xac";
        _cleanup_(output_done) struct output output = { 0 };
        _cleanup_(heard_done) struct heard heard;

        listen(&heard, &output);
        for (unsigned i = 0; i < OUTPUT_LINE_MAX; i++)
                ck_assert_int_eq(output_feed(&output, character, 3), 0);
        ck_assert_int_eq(output_finish(&output), 0);
        ck_assert_ptr_null(strchr(heard_text(&heard), '\\'));
        ck_assert_uint_eq(heard.n_bytes, 3 * OUTPUT_LINE_MAX);
}
END_TEST

static Suite *suite(void)
{
        TCase *lines = tcase_create("lines"), *caps = tcase_create("caps");
        Suite *s = suite_create("output");

        tcase_add_loop_test(lines, test_lines, 0, ELEMENTSOF(cases));
        tcase_add_test(lines, test_nobody_listens);
        suite_add_tcase(s, lines);

        tcase_set_timeout(caps, 60);
        tcase_add_test(caps, test_many_lines);
        tcase_add_test(caps, test_lines_up_to_the_cap);
        tcase_add_loop_test(caps, test_long_line, 0, 2);
        tcase_add_test(caps, test_line_of_exactly_the_limit);
        tcase_add_test(caps, test_limit_within_a_character);
        suite_add_tcase(s, caps);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
