/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/macro.h"
#include "cli/report/attribute-text.h"

#define ACCESS  "system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"

/* Version 2; then entries of tag, permissions, id. */
#define HEADER "\2\0\0\0"
#define NONE   "\377\377\377\377"

static const struct {
        const char *name, *value;
        size_t size;
        const char *text;
} cases[] = {
#define VALUE(name, value, text)                     \
        {                                            \
                name, value, sizeof(value) - 1, text \
        }
        VALUE("user.comment", "text", "text"),
        VALUE("user.comment", "", ""),
        VALUE("user.comment", "\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9"),
        VALUE("user.comment", "a\nb", "0x610a62"),
        VALUE("user.comment", "a\0b", "0x610062"),
        VALUE("user.comment", "\xff", "0xff"),
        VALUE("user.comment", "\xc2\x9b", "0xc29b"), /* a control character that terminals obey */
        VALUE("security.capability", "\1\0\0\2", "0x01000002"),
        VALUE(ACCESS,
              HEADER "\1\0\6\0" NONE "\2\0\6\0\0\0\0\0"
                     "\4\0\4\0" NONE "\20\0\7\0" NONE "\40\0\0\0" NONE,
              "user::rw-,user:root:rw-,group::r--,mask::rwx,other::---"),
        VALUE(DEFAULT, HEADER "\10\0\1\0\0\0\0\0", "group:root:--x"),
        VALUE(ACCESS, HEADER "\1\0\6", ""), /* cut */
        VALUE(ACCESS, "", ""),
#undef VALUE
};

START_TEST(test_text)
{
        char *text = attribute_text(cases[_i].name, cases[_i].value, cases[_i].size);

        ck_assert_pstr_eq(text, cases[_i].text);
        free(text);
}
END_TEST

START_TEST(test_kind)
{
        ck_assert_int_eq(attribute_acl_kind(ACCESS), 'a');
        ck_assert_int_eq(attribute_acl_kind(DEFAULT), 'd');
        ck_assert_int_eq(attribute_acl_kind("user.posix_acl_access"), 0);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("attribute-text");
        TCase *tcase = tcase_create("attribute-text");

        tcase_add_loop_test(tcase, test_text, 0, ELEMENTSOF(cases));
        tcase_add_test(tcase, test_kind);
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
