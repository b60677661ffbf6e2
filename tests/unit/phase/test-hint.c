/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "phase/hint.h"

static const struct {
        const char *output;
        bool migrate;
        const char *expected; /* a part of it */
} hints[] = {
        { "", true, NULL },
        { "no space left | something else", true, NULL },
        { "touch: cannot touch '/etc/x': Read-only file system", true, "add the path to \"writes\"" },
        { "OSError: [Errno 30] Read-only file system: '/etc/x' | the end", true, "add the path to \"writes\"" },
        { "touch: cannot touch '/etc/x': Read-only file system", false, "\"check_scratch\": true" },
        { "Error: attempt to write a readonly database", false, "\"check_scratch\": true" },
        { "mv: cannot move 'a' to 'b': Invalid cross-device link", true, "a directory that contains both paths" },
        { "mv: cannot move 'a' to 'b': Invalid cross-device link", false, NULL },
        { "rm: cannot remove '/srv/x': Device or resource busy", true, "the directory that contains it" },
        { "rm: cannot remove '/srv/x': Device or resource busy", false, NULL },
};

START_TEST(test_find)
{
        const char *hint = hint_find(hints[_i].output, hints[_i].migrate);

        if (!hints[_i].expected)
                ck_assert_ptr_null(hint);
        else
                ck_assert_msg(hint && strstr(hint, hints[_i].expected), "%s: %s", hints[_i].output, hint);
}
END_TEST

/* The texts are those of the library that programs get them from. */
START_TEST(test_texts)
{
        static const int errors[] = { EROFS, EXDEV, EBUSY };

        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                ck_assert_ptr_nonnull(hint_find(strerror(errors[i]), true));
}
END_TEST

static const struct {
        int code;
        const char *output, *cause;
} causes[] = {
        { 0, NULL, NULL },
        { 0, "exit 1", NULL },
        { 0, "cp: error writing 'x': No space left on device | giving up", "no-space" },
        { 0, "Error: database or disk is full", "no-space" },
        { 0, "[ERROR] mariadbd: Disk full (/var/lib/mysql)", "no-space" },
        { 0, "dd: error reading 'x': Input/output error", "disk-error" },
        { 0, "touch: cannot touch '/etc/x': Read-only file system", NULL }, /* it wasn't declared */
        { -ENOSPC, NULL, "no-space" },
        { -EDQUOT, NULL, "no-space" },
        { -EIO, NULL, "disk-error" },
        { -EROFS, NULL, "disk-error" },
        { -ENODEV, NULL, "system" },
        { -EMFILE, NULL, "system" },
        { -EPERM, NULL, NULL },
        { -EXDEV, NULL, NULL },
};

START_TEST(test_cause)
{
        ck_assert_pstr_eq(hint_find_cause(causes[_i].code, causes[_i].output), causes[_i].cause);
}
END_TEST

static Suite *hint_suite(void)
{
        Suite *suite = suite_create("hint");
        TCase *tcase = tcase_create("hint");

        tcase_add_loop_test(tcase, test_find, 0, ELEMENTSOF(hints));
        tcase_add_test(tcase, test_texts);
        tcase_add_loop_test(tcase, test_cause, 0, ELEMENTSOF(causes));
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(hint_suite());
}
