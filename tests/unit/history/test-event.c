/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/clock.h"
#include "basic/json.h"
#include "history/event.h"

#include <stdio.h>
#include <time.h>

static struct dmig_event *from_text(const char *text)
{
        struct dmig_event *event = NULL;
        json_object *object = NULL;
        struct json_fault fault;

        ck_assert_msg(json_parse_object(text, strlen(text), &object, &fault) == 0, "%s", text);
        ck_assert_int_eq(event_from_json("foo", object, &event), 0);
        return event;
}

START_TEST(test_new)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL, *again = NULL;
        uint64_t before = now_usec(CLOCK_REALTIME);
        char run[33], form[256], boot[37], *p = boot;
        FILE *file;

        ck_assert_int_eq(event_make_run_id(run), 0);
        ck_assert_uint_eq(strspn(run, "0123456789abcdef"), 32);
        ck_assert_int_eq(event_new("foo", run, "applied", &event), 0);
        ck_assert_int_eq(event_set_string(event, "id", "1.0.0/001_a"), 0);
        ck_assert_int_eq(event_set_string(event, "nothing", NULL), 0);
        ck_assert_int_eq(event_set_int(event, "changes", 3), 0);
        ck_assert_int_eq(event_set_int(event, "big", INT64_MAX), 0);
        ck_assert_int_eq(event_set_null(event, "unknown"), 0);

        ck_assert_str_eq(dmig_event_get_package(event), "foo");
        ck_assert_str_eq(dmig_event_get_name(event), "applied");
        ck_assert_uint_ge(dmig_event_get_time(event), before);
        ck_assert_uint_le(dmig_event_get_time(event), before + 60 * 1000000U);

        file = fopen("/proc/sys/kernel/random/boot_id", "re");
        ck_assert_ptr_nonnull(file);
        ck_assert_int_eq(fscanf(file, "%36s", boot), 1);
        fclose(file);
        for (const char *q = boot; *q; q++)
                if (*q != '-')
                        *p++ = *q;
        *p = '\0';

        snprintf(form, sizeof(form),
                 "{\"time\":\"%s\",\"boot\":\"%s\",\"run\":\"%s\",\"event\":\"applied\",\"id\":\"1.0.0/"
                 "001_a\",\"changes\":3,"
                 "\"big\":9223372036854775807,\"unknown\":null}",
                 dmig_event_get_string(event, "time"), boot, run);
        ck_assert_str_eq(dmig_event_get_json(event), form);

        again = from_text(form);
        ck_assert_str_eq(dmig_event_get_json(again), form);
        ck_assert_uint_eq(dmig_event_get_time(again), dmig_event_get_time(event));
}
END_TEST

START_TEST(test_run_ids_differ)
{
        char a[33], b[33];

        ck_assert_int_eq(event_make_run_id(a), 0);
        ck_assert_int_eq(event_make_run_id(b), 0);
        ck_assert_str_ne(a, b);
}
END_TEST

static const struct {
        const char *text;
        uint64_t usec; /* 0: not a time */
} times[] = {
        { "2026-01-02T03:04:05.000006Z", 1767323045000006 },
        { "2024-02-29T23:59:59.999999Z", 1709251199999999 },
        { "1970-01-01T00:00:00.000001Z", 1 },
        { "9999-12-31T23:59:59.999999Z", 253402300799999999 },
        { "2023-02-29T00:00:00.000000Z", 0 },
        { "2026-13-02T03:04:05.000006Z", 0 },
        { "2026-00-02T03:04:05.000006Z", 0 },
        { "2026-01-00T03:04:05.000006Z", 0 },
        { "2026-01-02T24:04:05.000006Z", 0 },
        { "2026-01-02T03:60:05.000006Z", 0 },
        { "2026-01-02T03:04:61.000006Z", 0 },
        { "1969-12-31T23:59:59.000000Z", 0 },
        { "2026-01-02T03:04:05Z", UINT64_C(1767323045000000) },
        { "2026-01-02T03:04:05.006Z", UINT64_C(1767323045006000) },
        { "2026-01-02T03:04:05.0000069Z", UINT64_C(1767323045000006) },
        { "2026-01-02T03:04:05+00:00", UINT64_C(1767323045000000) },
        { "2026-01-02T03:04:05.Z", 0 },
        { "2026-01-02T03:04:05+01:00", 0 },
        { "2026-01-02T03:04:05.000006+", 0 },
        { "2026-01-02T03:04:05.000006Zx", 0 },
        { "2026-01-02 03:04:05.000006Z", 0 },
        { " 026-01-02T03:04:05.000006Z", 0 },
        { "2026-01-02T03:04:05.00000", 0 },
        { "", 0 },
};

START_TEST(test_times)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;
        char text[128];

        snprintf(text, sizeof(text), "{\"time\":\"%s\"}", times[_i].text);
        event = from_text(text);
        ck_assert_msg(dmig_event_get_time(event) == times[_i].usec, "%s", times[_i].text);
}
END_TEST

START_TEST(test_time_zone)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;

        ck_assert_int_eq(setenv("TZ", "Asia/Kolkata", 1), 0);
        tzset();
        ck_assert_int_eq(event_new("foo", "r", "retry", &event), 0);
        ck_assert_uint_le(dmig_event_get_time(event), now_usec(CLOCK_REALTIME));
        ck_assert_uint_ge(dmig_event_get_time(event), now_usec(CLOCK_REALTIME) - 60 * USEC_PER_SEC);
}
END_TEST

START_TEST(test_accessors)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;
        int64_t number = 7;

        event = from_text(
                "{\"s\":\"text\",\"n\":-5,\"d\":1.5,\"b\":true,\"z\":null,\"nul\":\"a\\u0000b\",\"o\":{},\"time\":5}");
        ck_assert_str_eq(dmig_event_get_string(event, "s"), "text");
        ck_assert_ptr_null(dmig_event_get_string(event, "n"));
        ck_assert_ptr_null(dmig_event_get_string(event, "z"));
        ck_assert_ptr_null(dmig_event_get_string(event, "o"));
        ck_assert_ptr_null(dmig_event_get_string(event, "nul"));
        ck_assert_ptr_null(dmig_event_get_string(event, "missing"));
        ck_assert_ptr_null(dmig_event_get_name(event));
        ck_assert_uint_eq(dmig_event_get_time(event), 0);

        ck_assert_int_eq(dmig_event_get_int(event, "s", &number), -ENODATA);
        ck_assert_int_eq(dmig_event_get_int(event, "d", &number), -ENODATA);
        ck_assert_int_eq(dmig_event_get_int(event, "b", &number), -ENODATA);
        ck_assert_int_eq(dmig_event_get_int(event, "z", &number), -ENODATA);
        ck_assert_int_eq(dmig_event_get_int(event, "missing", &number), -ENODATA);
        ck_assert_int_eq(number, 7);
        ck_assert_int_eq(dmig_event_get_int(event, "n", &number), 0);
        ck_assert_int_eq(number, -5);
}
END_TEST

/* The output of a migration, or an argument, is read back as valid text. */
START_TEST(test_any_bytes)
{
        static const struct {
                const char *given, *expected;
        } texts[] = {
                { "plain / \"quoted\" \\ back", "plain / \"quoted\" \\ back" },
                { "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
                  "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80" },
                { "\xff\xfe", "\\xff\\xfe" },
                { "cut \xe2\x82", "cut \\xe2\\x82" },
                { "two\nlines", "two\\x0alines" },
                { "\x1b[31mred", "\\x1b[31mred" },
                { "", "" },
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_(event_freep) struct dmig_event *event = NULL, *again = NULL;

                ck_assert_int_eq(event_new("foo", "r", "failed", &event), 0);
                ck_assert_int_eq(event_set_string(event, "reason", texts[i].given), 0);
                ck_assert_msg(!strchr(dmig_event_get_json(event), '\n'), "%s", dmig_event_get_json(event));
                again = from_text(dmig_event_get_json(event));
                ck_assert_str_eq(dmig_event_get_string(again, "reason"), texts[i].expected);
        }
}
END_TEST

static Suite *event_suite(void)
{
        Suite *suite = suite_create("event");
        TCase *tcase = tcase_create("event");

        tcase_add_test(tcase, test_new);
        tcase_add_test(tcase, test_run_ids_differ);
        tcase_add_loop_test(tcase, test_times, 0, ELEMENTSOF(times));
        tcase_add_test(tcase, test_time_zone);
        tcase_add_test(tcase, test_accessors);
        tcase_add_test(tcase, test_any_bytes);
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(event_suite());
}
