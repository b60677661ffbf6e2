/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/json-text.h"
#include "basic/json.h"

#include <stdio.h>

/* Strings and what is made of them. */
static const struct {
        const char *string, *json;
} strings[] = {
        { "", "\"\"" },
        { "plain / text", "\"plain / text\"" },
        { "\"\\", "\"\\\"\\\\\"" },
        { "\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\"" },
        { "\x01\x0b\x1f \x7f", "\"\\u0001\\u000b\\u001f \x7f\"" },
        { "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\"" },
        { "a\nb\\c", "\"a\\nb\\\\c\"" },
};

static void check_text(const struct json_text *text, const char *wanted)
{
        ck_assert(!text->failed);
        ck_assert_msg(text->size == strlen(wanted) && memcmp(text->data, wanted, text->size) == 0, "%.*s, not %s",
                      (int)text->size, text->data, wanted);
}

START_TEST(test_strings)
{
        _cleanup_json_text_ struct json_text text = { 0 };

        json_text_add_string(&text, NULL, strings[_i].string);
        check_text(&text, strings[_i].json);
}
END_TEST

/* A key can be any string, too; and json-c makes the same of both. */
START_TEST(test_as_json_format)
{
        _cleanup_(json_object_putp) json_object *object = json_object_new_object();
        _cleanup_json_text_ struct json_text text = { 0 };
        const char *wanted;
        size_t size;

        json_text_open(&text, NULL, '{');
        for (size_t i = 1; i < ELEMENTSOF(strings); i++) {
                const char *key = strings[i].string, *value = strings[ELEMENTSOF(strings) - i].string;

                json_text_add_string(&text, key, value);
                ck_assert_int_eq(json_object_object_add(object, key, json_object_new_string(value)), 0);
        }
        json_text_close(&text, '}');
        wanted = json_format(object, &size);
        ck_assert_ptr_nonnull(wanted);
        check_text(&text, wanted);
}
END_TEST

START_TEST(test_numbers)
{
        _cleanup_json_text_ struct json_text text = { 0 };

        json_text_open(&text, NULL, '[');
        json_text_add_int(&text, NULL, 0);
        json_text_add_int(&text, NULL, -1);
        json_text_add_int(&text, NULL, INT64_MAX);
        json_text_add_int(&text, NULL, INT64_MIN);
        json_text_add_uint(&text, NULL, UINT64_MAX);
        json_text_close(&text, ']');
        check_text(&text, "[0,-1,9223372036854775807,-9223372036854775808,18446744073709551615]");
}
END_TEST

START_TEST(test_nested)
{
        _cleanup_json_text_ struct json_text text = { 0 };

        json_text_open(&text, NULL, '{');
        json_text_open(&text, "none", '{');
        json_text_close(&text, '}');
        json_text_open(&text, "list", '[');
        json_text_open(&text, NULL, '[');
        json_text_close(&text, ']');
        json_text_add_string(&text, NULL, "{[");
        json_text_add_int(&text, NULL, 7);
        json_text_close(&text, ']');
        json_text_add_true(&text, "yes");
        json_text_close(&text, '}');
        check_text(&text, "{\"none\":{},\"list\":[[],\"{[\",7],\"yes\":true}");
}
END_TEST

/* Longer than what it has room for at first, and then from the beginning again. */
START_TEST(test_long)
{
        _cleanup_json_text_ struct json_text text = { 0 };
        static char string[100000], wanted[sizeof(string) + 2];

        memset(string, 'x', sizeof(string) - 1);
        snprintf(wanted, sizeof(wanted), "\"%s\"", string);
        json_text_add_string(&text, NULL, string);
        check_text(&text, wanted);
        json_text_clear(&text);
        json_text_add_int(&text, NULL, 1);
        check_text(&text, "1");
}
END_TEST

START_TEST(test_failed)
{
        _cleanup_json_text_ struct json_text text = { 0 };

        json_text_open(&text, NULL, '{');
        json_text_fail(&text);
        json_text_add_int(&text, "more", 1);
        json_text_close(&text, '}');
        ck_assert(text.failed);
        json_text_clear(&text);
        json_text_add_int(&text, NULL, 1);
        check_text(&text, "1");
}
END_TEST

static Suite *suite(void)
{
        TCase *tcase = tcase_create("json-text");
        Suite *s = suite_create("json-text");

        tcase_add_loop_test(tcase, test_strings, 0, ELEMENTSOF(strings));
        tcase_add_test(tcase, test_as_json_format);
        tcase_add_test(tcase, test_numbers);
        tcase_add_test(tcase, test_nested);
        tcase_add_test(tcase, test_long);
        tcase_add_test(tcase, test_failed);
        suite_add_tcase(s, tcase);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
