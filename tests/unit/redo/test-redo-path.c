/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "redo/redo-path.h"

#include "../support/suite.h"

#include <json-c/json.h>

#define DIR64 "a-directory-whose-name-has-almost-sixty-four-bytes-and-is-longer/"

static const struct {
        const char *above, *path, *json;
} paths[] = {
        { NULL, "", "\"\"" },
        { NULL, "a/b", "\"a/b\"" },
        { NULL, DIR64 "b", "\"" DIR64 "b\"" },
        { "a/b", "a/c", "\"a/c\"" },
        { DIR64 "b", DIR64 "c", "[1,\"c\"]" },
        { DIR64 "b", DIR64 "b", "[1,\"b\"]" },
        { DIR64 "b", DIR64 "b/c", "[2,\"c\"]" },
        { DIR64 "b/c", DIR64 "b", "[1,\"b\"]" },
        { DIR64 "b", DIR64 "bc/d", "[1,\"bc/d\"]" },
        { DIR64 "bc/d", DIR64 "b/d", "[1,\"b/d\"]" },
        { DIR64 DIR64 "x", DIR64 "y", "[1,\"y\"]" },
        { DIR64 "x", DIR64 "y \\\xff/z", "[1,\"y\\\\040\\\\134\\\\377/z\"]" },
        { "odd \n\\\xff/" DIR64 "x", "odd \n\\\xff/" DIR64 "y", "[2,\"y\"]" },
        { DIR64 "x", "", "\"\"" },
        { "", DIR64 "x", "\"" DIR64 "x\"" },
        { DIR64 "x", "b" DIR64 "x", "\"b" DIR64 "x\"" },
};

static char *write_path(const char *path, const char **above)
{
        _cleanup_json_text_ struct json_text text = { 0 };
        char *written;

        redo_path_to_json(&text, NULL, path, above);
        ck_assert(!text.failed);
        written = strndup(text.data, text.size);
        ck_assert_ptr_nonnull(written);
        return written;
}

START_TEST(test_both_ways)
{
        const char *written = paths[_i].above, *read = paths[_i].above;
        _cleanup_(json_object_putp) json_object *value = json_tokener_parse(paths[_i].json);
        _cleanup_free_ char *text = write_path(paths[_i].path, &written), *path = NULL;

        ck_assert_str_eq(text, paths[_i].json);
        ck_assert_ptr_eq(written, paths[_i].path);

        ck_assert_int_eq(redo_path_from_json(value, &read, &path), 0);
        ck_assert_str_eq(path, paths[_i].path);
        ck_assert_ptr_eq(read, path);
}
END_TEST

/* A path of as many names as it takes to fill a log of megabytes, if each line had it as a whole. */
START_TEST(test_deep)
{
        _cleanup_free_ char *path = calloc(20000, 1);
        const char *written = NULL, *read = NULL;
        size_t size = 0;

        for (size_t n = 0; n < suite_repeats(5000); n++) {
                _cleanup_(json_object_putp) json_object *value = NULL;
                _cleanup_free_ char *above = strdup(path), *text = NULL, *back = NULL;

                strcpy(path + strlen(path), n ? "/dd" : "dd");
                written = n ? above : NULL;
                text = write_path(path, &written);
                size += strlen(text);
                value = json_tokener_parse(text);
                read = n ? above : NULL;
                ck_assert_int_eq(redo_path_from_json(value, &read, &back), 0);
                ck_assert_str_eq(back, path);
        }
        ck_assert_uint_lt(size, 100000);
}
END_TEST

static const struct {
        const char *above, *json;
} malformed[] = {
        { "a/b", "[1]" },
        { "a/b", "[1,\"c\",\"d\"]" },
        { "a/b", "[\"1\",\"c\"]" },
        { "a/b", "[0,\"c\"]" },
        { "a/b", "[-1,\"c\"]" },
        { "a/b", "[3,\"c\"]" },
        { "a/b", "[4294967298,\"c\"]" },
        { "a/b", "[1,2]" },
        { "a/b", "[1,null]" },
        { "a/b", "[1,\"\\\\9\"]" },
        { NULL, "[1,\"c\"]" },
        { "", "[2,\"c\"]" },
        { "a/b", "1" },
        { "a/b", "{}" },
        { "a/b", "\"\\\\777\"" },
};

START_TEST(test_malformed)
{
        _cleanup_(json_object_putp) json_object *value = json_tokener_parse(malformed[_i].json);
        const char *above = malformed[_i].above;
        char *path = NULL;

        ck_assert_ptr_nonnull(value);
        ck_assert_int_eq(redo_path_from_json(value, &above, &path), -EBADMSG);
        ck_assert_ptr_null(path);
        ck_assert_pstr_eq(above, malformed[_i].above);
}
END_TEST

static Suite *suite(void)
{
        TCase *tcase = tcase_create("redo-path");
        Suite *s = suite_create("redo-path");

        tcase_add_loop_test(tcase, test_both_ways, 0, ELEMENTSOF(paths));
        tcase_add_test(tcase, test_deep);
        tcase_add_loop_test(tcase, test_malformed, 0, ELEMENTSOF(malformed));
        suite_add_tcase(s, tcase);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
