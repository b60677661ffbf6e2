/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "dpkg/dpkg-status.h"

#include <stdio.h>

/* As dpkg-query prints them: "package architecture version config-version state eflag multi-arch". */
#define QUERY_FORMAT                                                                   \
        "${Package} ${Architecture} ${Version} ${Config-Version} ${db:Status-Status} " \
        "${db:Status-Eflag} ${Multi-Arch}\\n"

#define REST     "Maintainer: x\nDescription: x\n"
#define FOO_HEAD "Package: foo\nStatus: install ok installed\nArchitecture: all\n"
#define FOO      FOO_HEAD "Version: 1.0\n" REST
#define FOO_LINE "foo all 1.0  installed ok no\n"

/* Texts that dpkg accepts, and what it makes of them. */
static const struct {
        const char *text;
        const char *expected;
} texts[] = {
        { "", "" },
        { "\n\n\n", "" },
        { FOO, FOO_LINE },
        { FOO "\n", FOO_LINE },
        { "\n\n" FOO "\n\n\n", FOO_LINE },
        { "Package: bar\nStatus: hold ok unpacked\nArchitecture: all\nVersion: 1:2-3\nConfig-Version: 1:2-2\n" REST
          "\n" FOO "\n\nPackage: gee\nStatus: install ok installed\nArchitecture: all\nVersion: 9\n" REST,
          "bar all 1:2-3 1:2-2 unpacked ok no\n" FOO_LINE "gee all 9  installed ok no\n" },
        /* All states. */
        { "Package: foo\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1.0\nConfig-Version: "
          "1.0\n" REST,
          "foo all 1.0 1.0 config-files ok no\n" },
        { "Package: foo\nStatus: install reinstreq half-installed\nArchitecture: all\n" REST,
          "foo all   half-installed reinstreq no\n" },
        { "Package: foo\nStatus: install reinstreq half-installed\nArchitecture: all\nVersion: 1.0\nConfig-Version: "
          "1.0\n" REST,
          "foo all 1.0 1.0 half-installed reinstreq no\n" },
        { "Package: foo\nStatus: install ok unpacked\nArchitecture: all\nVersion: 2.0\nConfig-Version: 1.0\n" REST,
          "foo all 2.0 1.0 unpacked ok no\n" },
        { "Package: foo\nStatus: install ok half-configured\nArchitecture: all\nVersion: 2.0\nConfig-Version: "
          "1.0\n" REST,
          "foo all 2.0 1.0 half-configured ok no\n" },
        { "Package: foo\nStatus: install reinstreq half-configured\nArchitecture: all\nVersion: 2.0\n" REST,
          "foo all 2.0  half-configured reinstreq no\n" },
        { "Package: foo\nStatus: install ok triggers-awaited\nArchitecture: all\nVersion: 2.0\nTriggers-Awaited: "
          "bar\n" REST "\nPackage: gee\nStatus: install ok triggers-pending\nArchitecture: all\nVersion: "
          "2.0\nTriggers-Pending: t\n" REST,
          "foo all 2.0  triggers-awaited ok no\ngee all 2.0  triggers-pending ok no\n" },
        /* The order of the fields, and how they may be written. */
        { "Version: 1.0\nMaintainer: x\nArchitecture: all\nStatus: install ok installed\nDescription: x\nPackage: "
          "foo\n",
          FOO_LINE },
        { "PACKAGE : foo\nsTATUS:INSTALL OK INSTALLED\narchitecture:\tall \t\nVERSION:1.0\n" REST, FOO_LINE },
        { "Package: foo\nStatus: install\n ok\tinstalled\nArchitecture: all\nVersion: 1.0\n" REST, FOO_LINE },
        { "Description: begins\n Package: bar\n\tVersion: 2.0\n :\n .\n" FOO_HEAD "Version: 1.0\nMaintainer: x\n",
          FOO_LINE },
        { FOO "Conffiles:\n /etc/foo 0123\n /etc/bar 4567 obsolete\n", FOO_LINE },
        /* Blanks alone don't make an empty line. */
        { "Package: foo\nDescription: x\n \n\t\nStatus: install ok installed\nArchitecture: all\nVersion: "
          "1.0\nMaintainer: x\n",
          FOO_LINE },
        { FOO "\t\n\n", FOO_LINE },
        { "Package: foo\r\nStatus: install ok installed\r\nArchitecture: all\r\nVersion: 1.0\r\n" REST, FOO_LINE },
        /* Fields that may be missing. */
        { "Package: foo\nStatus: install ok installed\nVersion: 1.0\n" REST, "foo  1.0  installed ok no\n" },
        { "Package: foo\nStatus: install ok installed\nArchitecture:\nVersion: 1.0\n" REST,
          "foo  1.0  installed ok no\n" },
        /* Instances. */
        { "Package: foo\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: same\nVersion: 1.0\n" REST
          "\nPackage: foo\nStatus: install ok unpacked\nArchitecture: i386\nMulti-Arch: SAME\nVersion: 1.1\n" REST,
          "foo amd64 1.0  installed ok same\nfoo i386 1.1  unpacked ok same\n" },
};

struct output {
        char text[1024];
        int result; /* what the callback returns */
};

static const char *or_nothing(const char *text)
{
        return text ? text : "";
}

static int print_record(struct dpkg_record *record, void *userdata)
{
        struct output *output = userdata;
        size_t n = strlen(output->text);

        if (output->result < 0)
                return output->result;

        snprintf(output->text + n, sizeof(output->text) - n, "%s %s %s %s %s %s %s\n", or_nothing(record->package),
                 or_nothing(record->architecture), or_nothing(record->version), or_nothing(record->config_version),
                 dpkg_state_to_string(record->state), record->reinstreq ? "reinstreq" : "ok",
                 record->multi_arch_same ? "same" : "no");
        dpkg_record_done(record);
        return 0;
}

/* Each piece is copied to memory of its own size, so that a sanitizer sees a read past its end. */
static int feed(struct dpkg_status_parser *parser, const char *data, size_t size, struct error *error)
{
        char *piece = malloc(size ? size : 1);
        int r;

        ck_assert(piece != NULL);
        memcpy(piece, data, size);
        r = dpkg_status_parser_feed(parser, piece, size, error);
        free(piece);
        return r;
}

struct input {
        const char *text;
        size_t size;
        char *const *wanted;
};

static struct dpkg_status_parser *parser_new(char *const *wanted, struct output *output)
{
        const struct dpkg_status_request request = {
                .name = "status",
                .wanted = wanted,
                .found = print_record,
                .userdata = output,
        };
        struct dpkg_status_parser *parser;

        ck_assert_int_eq(dpkg_status_parser_new(&request, &parser), 0);
        return parser;
}

/* Parses the text in two pieces, the first of @split bytes. */
static int parse(const struct input *input, size_t split, struct output *output, struct error *error)
{
        _cleanup_(dpkg_status_parser_freep) struct dpkg_status_parser *parser = NULL;
        int r;

        output->text[0] = '\0';
        parser = parser_new(input->wanted, output);
        r = feed(parser, input->text, split, error);
        if (r >= 0)
                r = feed(parser, input->text + split, input->size - split, error);
        if (r >= 0)
                r = dpkg_status_parser_finish(parser, error);
        return r;
}

static int parse_bytes(const struct input *input, struct output *output, struct error *error)
{
        _cleanup_(dpkg_status_parser_freep) struct dpkg_status_parser *parser = NULL;
        int r = 0;

        output->text[0] = '\0';
        parser = parser_new(input->wanted, output);
        for (size_t i = 0; i < input->size && r >= 0; i++)
                r = feed(parser, input->text + i, 1, error);
        return r < 0 ? r : dpkg_status_parser_finish(parser, error);
}

START_TEST(test_text)
{
        struct input input = { .text = texts[_i].text, .size = strlen(texts[_i].text) };
        struct output output = { 0 };
        struct error error = { 0 };

        for (size_t split = 0; split <= input.size; split++) {
                ck_assert_msg(parse(&input, split, &output, &error) == 0, "%s", error_text(&error));
                ck_assert_str_eq(output.text, texts[_i].expected);
        }
        ck_assert_int_eq(parse_bytes(&input, &output, &error), 0);
        ck_assert_str_eq(output.text, texts[_i].expected);
}
END_TEST

static struct root make_database(const char *text)
{
        struct root root = tree_new();

        tree_add(&root, &(struct tree_entry){ "/status", 0644, text });
        return root;
}

START_TEST(test_text_as_dpkg)
{
        _cleanup_(root_done) struct root root = make_database(texts[_i].text);
        _cleanup_free_ char *output = NULL;

        output = shell_output("dpkg-query --admindir=%s -W -f '" QUERY_FORMAT "' 2>/dev/null", root.path);
        ck_assert_str_eq(output, texts[_i].expected);
}
END_TEST

/* dpkg-query doesn't list these. */
START_TEST(test_not_installed)
{
        static const char *const not_installed[] = {
                "Package: foo\nStatus: purge ok not-installed\n",
                "Package: foo\nStatus: install ok not-installed\nConfig-Version:\n",
                "Package: foo\nPriority: optional\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(not_installed); i++) {
                struct input input = { .text = not_installed[i], .size = strlen(not_installed[i]) };
                struct output output = { 0 };

                ck_assert_int_eq(parse(&input, 0, &output, NULL), 0);
                ck_assert_str_eq(output.text, "foo    not-installed ok no\n");
        }
}
END_TEST

#define BAR "Package: bar\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0\n" REST "\n"

static const struct {
        const char *text;
        const char *expected; /* the start of the message */
} malformed[] = {
        { "Package: foo\nStatus: install ok wurst\nArchitecture: all\nVersion: 1.0\n" REST,
          "status:2: unknown state: 'wurst';" },
        { BAR "\n\nPackage: foo\nVersion: 1.0\nStatus: install ok postinst-failed\n" REST,
          "status:12: unknown state: 'postinst-failed';" },
        { "Package: foo\nVersion: 1.0\nStatus: install hold installed\n" REST,
          "status:3: unknown error flag: 'hold';" },
        { "Package: foo\nVersion: 1.0\nStatus: install ok\n" REST,
          "status:3: status isn't three words: 'install ok';" },
        { "Package: foo\nVersion: 1.0\nStatus:\n" REST, "status:3: status isn't three words: '';" },
        { "Package: foo\nVersion: 1.0\nStatus: install ok installed foo\n" REST,
          "status:3: status isn't three words: 'install ok installed foo';" },
        { BAR FOO_HEAD "Description: a\n b\n c\nVersion: 1.0 2\n", "status:14: expected one word: '1.0 2';" },
        { FOO_HEAD "Version:\n" REST, "status:1: package has no version: 'foo';" },
        { BAR FOO_HEAD REST, "status:8: package has no version: 'foo';" },
        { "Package: foo\nStatus: deinstall ok config-files\n" REST, "status:1: package has no version: 'foo';" },
        { FOO "VERSION: 1.0\n", "status:7: duplicate field in a stanza: '1.0';" },
        { FOO "Package: foo\n", "status:7: duplicate field in a stanza: 'foo';" },
        { BAR "Status: install ok installed\nVersion: 1\n",
          "status:8: stanza has no package name: 'Status: install ok installed';" },
        { "Package:\nStatus: install ok installed\nVersion: 1\n", "status:1: stanza has no package name: 'Package:';" },
        { FOO "nonsense\n", "status:7: not a field of the form 'Name: value': 'nonsense';" },
        { FOO "more nonsense:\n", "status:7: not a field of the form 'Name: value': 'more nonsense:';" },
        { FOO ":x\n", "status:7: not a field of the form 'Name: value': ':x';" },
        { BAR " \n" FOO, "status:8: not a field of the form 'Name: value': '';" },
        { FOO "\n#comment\n", "status:8: not a field of the form 'Name: value': '#comment';" },
        { BAR "Package: foo", "status:8: ends in the middle of a line;" },
        { BAR FOO "Section: u", "status:14: ends in the middle of a line;" },
        { FOO "Section:", "status:7: ends in the middle of a line;" },
};

START_TEST(test_malformed)
{
        struct input input = { .text = malformed[_i].text, .size = strlen(malformed[_i].text) };
        struct output output = { 0 };
        _cleanup_error_ struct error error = { 0 };

        for (size_t split = 0; split <= input.size; split++) {
                ck_assert_int_eq(parse(&input, split, &output, &error), -EBADMSG);
                ck_assert_int_eq(error.code, -EBADMSG);
                ck_assert_msg(str_startswith(error_text(&error), malformed[_i].expected), "%s", error_text(&error));
        }
        ck_assert_int_eq(parse_bytes(&input, &output, &error), -EBADMSG);
        ck_assert_msg(str_startswith(error_text(&error), malformed[_i].expected), "%s", error_text(&error));
        ck_assert_int_eq(parse(&input, 0, &output, NULL), -EBADMSG);
}
END_TEST

START_TEST(test_malformed_as_dpkg)
{
        _cleanup_(root_done) struct root root = make_database(malformed[_i].text);

        ck_assert_int_ne(shell("dpkg-query --admindir=%s -W >/dev/null 2>&1", root.path), 0);
}
END_TEST

/* Files that a power cut can leave. */
START_TEST(test_zeroes)
{
        static const char value[] = FOO_HEAD "Version: 1.0\0\n" REST;
        static const char name[] = FOO "\nPack\0\0\0\0\0\0\nVersion: 1.0\n";
        static const char package[] = "Package: foo\0bar\nStatus: install ok installed\nVersion: 1.0\n";
        static const char tail[] = FOO "\n\0\0\0\0\0\0\0\0";
        static const struct input inputs[] = {
                { .text = value, .size = sizeof(value) - 1 },
                { .text = name, .size = sizeof(name) - 1 },
                { .text = package, .size = sizeof(package) - 1 },
                { .text = tail, .size = sizeof(tail) - 1 },
        };

        for (size_t i = 0; i < ELEMENTSOF(inputs); i++) {
                struct output output = { 0 };
                _cleanup_error_ struct error error = { 0 };

                for (size_t split = 0; split <= inputs[i].size; split++)
                        ck_assert_int_eq(parse(&inputs[i], split, &output, &error), -EBADMSG);
        }
}
END_TEST

static const struct {
        const char *wanted[5];
        const char *expected; /* the first letters of the names */
} selections[] = {
        { { NULL }, "" },
        { { "a" }, "" },
        { { "aa" }, "a" },
        { { "aaa" }, "" },
        { { "aa", "ab", "b", "zz" }, "az" },
        { { "dd", "mm", "zz" }, "dmz" },
        { { "0", "dd", "ddd", "e" }, "d" },
        { { "mm\n" }, "" },
};

START_TEST(test_wanted)
{
        static const char text[] =
                "Package: aa\n\nPriority: x\nPackage: dd\n\nPackage: mm\n\nPackage: zz\n\nPackage: zzz\n";
        struct input input = { text, sizeof(text) - 1, (char *const *)(uintptr_t)selections[_i].wanted };
        struct output output = { 0 };
        char initials[8] = "";

        ck_assert_int_eq(parse(&input, 0, &output, NULL), 0);
        for (char *line = strtok(output.text, "\n"); line; line = strtok(NULL, "\n"))
                initials[strlen(initials)] = *line;
        ck_assert_str_eq(initials, selections[_i].expected);
}
END_TEST

/* A stanza that isn't wanted is only skipped; but without a name it could be one that is. */
START_TEST(test_unwanted_is_skipped)
{
        static const char text[] = "Package: bar\nStatus: nonsense\nnot a field\nVersion: 1 2 3\n\n" FOO;
        static const char nameless[] = "Pac: bar\nStatus: nonsense\nnot a field\nVersion: 1 2 3\n\n" FOO;
        static const char *const wanted[] = { "foo", NULL };
        struct input input = { text, sizeof(text) - 1, (char *const *)(uintptr_t)wanted };
        struct output output = { 0 };
        _cleanup_error_ struct error error = { 0 };

        ck_assert_int_eq(parse(&input, 0, &output, &error), 0);
        ck_assert_str_eq(output.text, FOO_LINE);

        input.text = nameless;
        input.size = sizeof(nameless) - 1;
        ck_assert_int_eq(parse(&input, 0, &output, &error), -EBADMSG);
        ck_assert_msg(str_startswith(error_text(&error), "status:3: "), "%s", error_text(&error));
}
END_TEST

START_TEST(test_callback_ends_it)
{
        struct input input = { .text = FOO, .size = sizeof(FOO) - 1 };
        struct output output = { .result = -ECANCELED };

        for (size_t split = 0; split <= input.size; split++)
                ck_assert_int_eq(parse(&input, split, &output, NULL), -ECANCELED);
}
END_TEST

/* Feeds one stanza of @size bytes, and another one after it. */
static int parse_long(size_t size, struct output *output, struct error *error)
{
        static const char head[] = FOO "Conffiles:\n", line[] = " /etc/foo 0123456789abcdef0123456789abcdef\n";
        _cleanup_(dpkg_status_parser_freep) struct dpkg_status_parser *parser = NULL;
        int r;

        parser = parser_new(NULL, output);
        r = dpkg_status_parser_feed(parser, head, sizeof(head) - 1, error);
        for (size_t n = sizeof(head) - 1; r >= 0 && n < size; n += sizeof(line) - 1)
                r = dpkg_status_parser_feed(parser, line, sizeof(line) - 1, error);
        if (r >= 0)
                r = dpkg_status_parser_feed(parser, "\n" BAR, sizeof("\n" BAR) - 1, error);
        return r < 0 ? r : dpkg_status_parser_finish(parser, error);
}

START_TEST(test_long_stanza)
{
        struct output output = { 0 };
        _cleanup_error_ struct error error = { 0 };

        ck_assert_int_eq(parse_long(15 << 20, &output, &error), 0);
        ck_assert_str_eq(output.text, FOO_LINE "bar all 1.0  installed ok no\n");

        ck_assert_int_eq(parse_long(17 << 20, &output, &error), -EBADMSG);
        ck_assert_msg(str_startswith(error_text(&error), "status:1: stanza is larger than 16777216 bytes;"), "%s",
                      error_text(&error));
}
END_TEST

static Suite *suite(void)
{
        TCase *parser = tcase_create("parser"), *as_dpkg = tcase_create("as-dpkg");
        Suite *s = suite_create("dpkg-status");

        tcase_set_timeout(parser, 60);
        tcase_add_loop_test(parser, test_text, 0, ELEMENTSOF(texts));
        tcase_add_test(parser, test_not_installed);
        tcase_add_loop_test(parser, test_malformed, 0, ELEMENTSOF(malformed));
        tcase_add_test(parser, test_zeroes);
        tcase_add_loop_test(parser, test_wanted, 0, ELEMENTSOF(selections));
        tcase_add_test(parser, test_unwanted_is_skipped);
        tcase_add_test(parser, test_callback_ends_it);
        tcase_add_test(parser, test_long_stanza);
        suite_add_tcase(s, parser);

        tcase_set_timeout(as_dpkg, 60);
        tcase_add_unchecked_fixture(as_dpkg, trees_setup, trees_teardown);
        tcase_add_loop_test(as_dpkg, test_text_as_dpkg, 0, ELEMENTSOF(texts));
        tcase_add_loop_test(as_dpkg, test_malformed_as_dpkg, 0, ELEMENTSOF(malformed));
        suite_add_tcase(s, as_dpkg);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
