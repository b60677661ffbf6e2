/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/json.h"

#include <json-c/printbuf.h>

static int parse(const char *text, size_t size, json_object **ret, struct json_fault *fault)
{
        char *copy = malloc(size ?: 1);
        int r;

        /* In a block of exactly this size, so that a sanitizer sees a read past its end. */
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, text, size);
        r = json_parse_object(copy, size, ret, fault);
        free(copy);
        return r;
}

static const struct {
        const char *text;
        const char *value; /* of "a" */
} read_as[] = {
        { "{\"a\": \"plain\"}", "plain" },
        { "{\"a\": \"gr\xc3\xbc\xc3\x9f\"}", "gr\xc3\xbc\xc3\x9f" },
        { "{\"a\": \"\xc2\x80\xdf\xbf\"}", "\xc2\x80\xdf\xbf" },
        { "{\"a\": \"\xe0\xa0\x80 \xe2\x82\xac \xef\xbf\xbf\"}", "\xe0\xa0\x80 \xe2\x82\xac \xef\xbf\xbf" },
        { "{\"a\": \"\xed\x9f\xbf\xee\x80\x80\"}", "\xed\x9f\xbf\xee\x80\x80" },
        { "{\"a\": \"\xf0\x90\x80\x80 \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf\"}",
          "\xf0\x90\x80\x80 \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf" },
        { "{\"\xc3\xa4\": 1, \"a\": \"behind a key\"}", "behind a key" },
        { "{\"a\": \"\\u00fc\\ud83d\\ude00\xc3\xbc\"}", "\xc3\xbc\xf0\x9f\x98\x80\xc3\xbc" },
        { "{\"a\": \"\\\\\xc3\xbc\\\"\xc3\xbc\\n\"}", "\\\xc3\xbc\"\xc3\xbc\n" },
};

START_TEST(test_read)
{
        _cleanup_(json_object_putp) json_object *object = NULL;
        struct json_fault fault;

        ck_assert_int_eq(parse(read_as[_i].text, strlen(read_as[_i].text), &object, &fault), 0);
        ck_assert_str_eq(json_object_get_string(json_object_object_get(object, "a")), read_as[_i].value);
}
END_TEST

static const struct {
        const char *text;
        size_t line;
} refused[] = {
        { "", 1 },
        { "[]", 1 },
        { "\"\xc3\xbc\"", 1 },
        { "{}\n{}", 2 },
        { "{\"a\": \"\xc3\xbc\"}\nmore", 2 },
        { "{\"a\": \"\xc3\xbc\"", 1 },
        { "{\"a\":\n\"\xc3\xbc\",\n}", 3 },
        { "{\xc3\xbc: 1}", 1 },
        { "\xc3\xbc", 1 },
        { "{\"a\": \"\\\xc3\xbc\"}", 1 },
        { "{\"a\": \"\xff\"}", 1 },
        { "{\"a\":\n\"\xc3\xbc\x80\"}", 2 },
        { "{\"a\": \"\xc3\"}", 1 },
        { "{\"a\": \"\xe2\x82\"}", 1 },
        { "{\"a\": \"\xc3\xbc\xf8\x88\x80\x80\x80\"}", 1 },
};

START_TEST(test_refused)
{
        struct json_fault fault = { 0 };
        json_object *object = NULL;

        ck_assert_int_eq(parse(refused[_i].text, strlen(refused[_i].text), &object, &fault), -EBADMSG);
        ck_assert_uint_eq(fault.line, refused[_i].line);
        ck_assert(*fault.reason);
        ck_assert_ptr_null(object);
}
END_TEST

START_TEST(test_nul)
{
        static const char behind[] = "{\"a\": \"\xc3\xbc\"}\0", within[] = "{\"a\": \"\xc3\xbc\0\"}";
        struct json_fault fault;
        json_object *object = NULL;

        ck_assert_int_eq(parse(behind, sizeof(behind) - 1, &object, &fault), -EBADMSG);
        ck_assert_int_eq(parse(within, sizeof(within) - 1, &object, &fault), -EBADMSG);
}
END_TEST

/* What json-c makes of text if memory runs out while that grows. */
static int print_half(json_object *object, struct printbuf *buffer, int level, int flags)
{
        (void)object, (void)level, (void)flags;
        return printbuf_memappend(buffer, "\"ha\"", 4);
}

START_TEST(test_format)
{
        _cleanup_(json_object_putp) json_object *object = json_object_new_object();
        const char *text;
        size_t size;

        ck_assert_ptr_null(json_format(NULL, &size));
        ck_assert_int_eq(json_add_string(object, "a", "half/\n\xc3\xbc"), 0);
        ck_assert_int_eq(json_add_int(object, "b", INT64_MIN), 0);
        ck_assert_int_eq(json_add_null(object, "c"), 0);
        text = json_format(object, &size);
        ck_assert_str_eq(text, "{\"a\":\"half/\\n\xc3\xbc\",\"b\":-9223372036854775808,\"c\":null}");
        ck_assert_uint_eq(size, strlen(text));

        json_object_set_serializer(json_object_object_get(object, "a"), print_half, NULL, NULL);
        ck_assert_ptr_null(json_format(object, &size));
}
END_TEST

START_TEST(test_format_refuses)
{
        _cleanup_(json_object_putp) json_object *object = json_object_new_object();
        size_t size;

        ck_assert_int_eq(json_add_string(object, "a", "not UTF-8: \xff"), 0);
        ck_assert_ptr_null(json_format(object, &size));
}
END_TEST

static Suite *suite(void)
{
        Suite *s = suite_create("json");
        TCase *tc = tcase_create("json");

        tcase_add_loop_test(tc, test_read, 0, ELEMENTSOF(read_as));
        tcase_add_loop_test(tc, test_refused, 0, ELEMENTSOF(refused));
        tcase_add_test(tc, test_nul);
        tcase_add_test(tc, test_format);
        tcase_add_test(tc, test_format_refuses);
        suite_add_tcase(s, tc);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
