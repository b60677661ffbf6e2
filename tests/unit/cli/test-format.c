/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/macro.h"
#include "cli/terminal/format.h"

static const struct {
        int64_t value;
        const char *text;
} duration_cases[] = {
        { 0, "0 ms" },       { 12, "12 ms" },     { 999, "999 ms" },    { 1000, "1.0 s" },      { 1299, "1.2 s" },
        { 59999, "59.9 s" }, { 60000, "1min" },   { 125000, "2min 5s" }, { 3600000, "1h" },
}, span_cases[] = {
        { 0, "0s" },     { 12, "12s" },   { 60, "1min" },           { 900, "15min" },
        { 3605, "1h 5s" }, { 3661, "1h 1min 1s" }, { 360000, "100h" },
};

START_TEST(test_duration)
{
        char text[DURATION_MAX];

        format_duration(duration_cases[_i].value, text);
        ck_assert_str_eq(text, duration_cases[_i].text);
}
END_TEST

START_TEST(test_span)
{
        char text[DURATION_MAX];

        format_span(span_cases[_i].value, text);
        ck_assert_str_eq(text, span_cases[_i].text);
}
END_TEST

static const struct {
        uint64_t bytes;
        const char *text;
} bytes_cases[] = {
        { 0, "0 B" },
        { 1023, "1023 B" },
        { 1024, "1.0 KiB" },
        { 1536, "1.5 KiB" },
        { 10239, "9.9 KiB" },
        { 10240, "10 KiB" },
        { 1024 * 1024 - 1, "1023 KiB" },
        { 1024 * 1024, "1.0 MiB" },
        { UINT64_C(5) << 40, "5.0 TiB" },
        { UINT64_MAX, "15 EiB" },
};

START_TEST(test_bytes)
{
        char text[BYTES_MAX];

        format_bytes(bytes_cases[_i].bytes, text);
        ck_assert_str_eq(text, bytes_cases[_i].text);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("format");
        TCase *tcase = tcase_create("format");

        tcase_add_loop_test(tcase, test_duration, 0, ELEMENTSOF(duration_cases));
        tcase_add_loop_test(tcase, test_span, 0, ELEMENTSOF(span_cases));
        tcase_add_loop_test(tcase, test_bytes, 0, ELEMENTSOF(bytes_cases));
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
