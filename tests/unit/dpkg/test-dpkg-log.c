/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "dpkg/dpkg-log.h"

#include <stdio.h>

#define T "2024-01-01 10:00:00 "

/* Logs and the version of foo that they give, NULL for none. A file whose name ends with .gz is compressed. */
static const struct {
        struct {
                const char *name;
                const char *text;
        } logs[4];
        const char *expected;
} cases[] = {
        /* One log. */
        { { { NULL, NULL } }, NULL },
        { { { "dpkg.log", "" } }, NULL },
        { { { "dpkg.log", T "install foo:all <none> 1.0\n" } }, "1.0" },
        { { { "dpkg.log", T "upgrade foo:all 1.0 2.0\n" T "upgrade foo:all 2.0 3.0\n" } }, "1.0" },
        { { { "dpkg.log", T "install foo:all <none> 1:1.0-1\n" T "upgrade foo:all 1:1.0-1 2.0\n" } }, "1:1.0-1" },
        { { { "dpkg.log", T "startup archives unpack\n" T "install foo:all <none> 1.0\n" T
                            "status half-installed foo:all 1.0\n" T "status unpacked foo:all 1.0\n" T
                            "configure foo:all 1.0 <none>\n" T "status installed foo:all 1.0\n" } },
          "1.0" },
        /* Other packages, other actions. */
        { { { "dpkg.log", T "upgrade foo2:all 1.0 2.0\n" T "upgrade fo:all 1.0 2.0\n" T "upgrade xfoo:all 1.0 2.0\n" T
                            "install libfoo:all <none> 1.0\n" } },
          NULL },
        { { { "dpkg.log",
              T "configure foo:all 1.0 <none>\n" T "remove foo:all 1.0 <none>\n" T "purge foo:all 1.0 <none>\n" T
                "status installed foo:all 1.0\n" T "trigproc foo:all 1.0 <none>\n" T "upgrade bar:all foo 2.0\n" } },
          NULL },
        /* Installed anew. */
        { { { "dpkg.log", T "install foo:all <none> 1.0\n" T "purge foo:all 1.0 <none>\n" T
                            "install foo:all <none> 3.0\n" T "upgrade foo:all 3.0 4.0\n" } },
          "3.0" },
        { { { "dpkg.log",
              T "upgrade foo:all 1.0 2.0\n" T "purge foo:all 1.0 <none>\n" T "install foo:all <none> 3.0\n" } },
          "3.0" },
        { { { "dpkg.log",
              T "install foo:all <none> 1.0\n" T "remove foo:all 1.0 <none>\n" T "install foo:all 1.0 3.0\n" } },
          "1.0" },
        { { { "dpkg.log", T "install foo:all 1.0 3.0\n" } }, "1.0" },
        { { { "dpkg.log", T "upgrade foo:all <none> 3.0\n" } }, "3.0" },
        { { { "dpkg.log", T "install foo:all <keine> 1.0\n" } }, "1.0" },
        /* For another architecture it isn't new; but no other instance can be installed beside one for all architectures. */
        { { { "dpkg.log",
              T "install foo:amd64 <none> 1.0\n" T "upgrade foo:amd64 1.0 2.0\n" T "install foo:i386 <none> 2.0\n" } },
          "1.0" },
        { { { "dpkg.log",
              T "upgrade foo:amd64 1.0 2.0\n" T "install foo:i386 <none> 2.0\n" T "install foo:amd64 <none> 3.0\n" } },
          "3.0" },
        { { { "dpkg.log", T "upgrade foo:all 1.0 2.0\n" T "install foo:amd64 <none> 3.0\n" } }, "3.0" },
        { { { "dpkg.log", T "install foo <none> 1.0\n" T "upgrade foo 1.0 2.0\n" } }, "1.0" },
        /* Rotations, oldest first. */
        { { { "dpkg.log", T "upgrade foo:all 3.0 4.0\n" },
            { "dpkg.log.1", T "upgrade foo:all 2.0 3.0\n" },
            { "dpkg.log.2.gz", T "upgrade foo:all 1.0 2.0\n" } },
          "1.0" },
        { { { "dpkg.log.9.gz", T "upgrade foo:all 2.0 3.0\n" },
            { "dpkg.log.10.gz", T "upgrade foo:all 1.0 2.0\n" },
            { "dpkg.log.2", T "upgrade foo:all 3.0 4.0\n" } },
          "1.0" },
        { { { "dpkg.log", T "install foo:all <none> 2.0\n" }, { "dpkg.log.1", T "install foo:all <none> 1.0\n" } },
          "2.0" },
        { { { "dpkg.log", "" }, { "dpkg.log.12.gz", T "install foo:all <none> 1.0\n" } }, "1.0" },
        { { { "dpkg.log-20240101.gz", T "upgrade foo:all 1.0 2.0\n" },
            { "dpkg.log-20240201", T "upgrade foo:all 2.0 3.0\n" },
            { "dpkg.log", T "upgrade foo:all 3.0 4.0\n" } },
          "1.0" },
        /* Not compressed, whatever its name. */
        { { { "dpkg.log.2", T "upgrade foo:all 1.0 2.0\n" } }, "1.0" },
        /* Not rotations. */
        { { { "dpkg.log.bak", T "upgrade foo:all 1.0 2.0\n" },
            { "dpkg.log.1~", T "upgrade foo:all 1.0 2.0\n" },
            { "dpkg.log.", T "upgrade foo:all 1.0 2.0\n" },
            { "mydpkg.log", T "upgrade foo:all 1.0 2.0\n" } },
          NULL },
        { { { "dpkg.log.1.xz", T "upgrade foo:all 1.0 2.0\n" },
            { "dpkg.logs", T "upgrade foo:all 1.0 2.0\n" },
            { "dpkg.log1", T "upgrade foo:all 1.0 2.0\n" } },
          NULL },
        /* Lines of other kinds, and of other packages. */
        { { { "dpkg.log", T "\n\n" T "upgrade bar\n" T "conffile /etc/foo install\n" T "upgrade foo:all 1.0 2.0\n" } },
          "1.0" },
};

/* What isn't as dpkg writes it, and the line that it is in. */
static const struct {
        const char *name;
        const char *text;
        const char *where;
        int code;
} damages[] = {
        /* Cut off. */
        { "dpkg.log", T "upgrade foo:all 1.0 2.0", "dpkg.log:1: the file ends", -EAGAIN },
        { "dpkg.log", "2024", "dpkg.log:1: the file ends", -EAGAIN },
        { "dpkg.log.1", T "startup\n" T "install foo:all <none> 1.", "dpkg.log.1:2: the file ends", -EAGAIN },
        { "dpkg.log.2.gz", T "install foo:all <none> 1.", "dpkg.log.2.gz:1: the file ends", -EAGAIN },
        /* Cut off, and then written to again. */
        { "dpkg.log", T "upgr" T "startup archives unpack\n", "dpkg.log:1: this isn't a line", -EBADMSG },
        { "dpkg.log", T "upgrade foo:al" T "upgrade bar:all 1 2\n", "dpkg.log:1: this isn't a line", -EBADMSG },
        /* Of our package, and not whole. */
        { "dpkg.log", T "startup\n" T "upgrade foo:all 1.0\n", "dpkg.log:2: this isn't a line", -EBADMSG },
        { "dpkg.log", T "install foo\n", "dpkg.log:1: this isn't a line", -EBADMSG },
        { "dpkg.log", T "install foo:all <none> \n", "dpkg.log:1: this isn't a line", -EBADMSG },
        { "dpkg.log", T "upgrade foo:all 1.0 2.0 3.0\n", "dpkg.log:1: this isn't a line", -EBADMSG },
        { "dpkg.log", T "upgrade foo:all 1: 2.0\n", "dpkg.log:1: this isn't a line", -EBADMSG },
        /* Something else. */
        { "dpkg.log", "nonsense\n", "dpkg.log:1: this isn't a line", -EBADMSG },
        { "dpkg.log",
          T "startup\n\x7f"
            "ELF\x02\x01\n",
          "dpkg.log:2: this isn't a line", -EBADMSG },
        { "dpkg.log.1", "2024-01-01T10:00:00 upgrade foo:all 1.0 2.0\n", "dpkg.log.1:1: this isn't a line", -EBADMSG },
};

static void add_log(const struct root *root, const char *name, const char *text)
{
        char path[64];

        snprintf(path, sizeof(path), "/var/log/%s", name);
        tree_add(root, &(struct tree_entry){ path, 0644, text });
        if (strstr(name, ".gz"))
                ck_assert_int_eq(shell("gzip <%s/%s >%s/tmp && mv %s/tmp %s/%s", root->path, path, root->path,
                                       root->path, root->path, path),
                                 0);
}

static void assert_version(const struct root *root, const char *expected)
{
        _cleanup_free_ char *version = NULL;
        _cleanup_error_ struct error error = { 0 };
        int r;

        r = dpkg_log_find_version(root, "foo", &version, &error);
        ck_assert_msg(r >= 0, "%s", error_text(&error));
        ck_assert_int_eq(r, expected ? 1 : 0);
        if (expected)
                ck_assert_str_eq(version, expected);
        else
                ck_assert_ptr_null(version);
}

START_TEST(test_logs)
{
        _cleanup_(root_done) struct root root = tree_new();

        for (size_t i = 0; i < ELEMENTSOF(cases[_i].logs) && cases[_i].logs[i].name; i++)
                add_log(&root, cases[_i].logs[i].name, cases[_i].logs[i].text);
        assert_version(&root, cases[_i].expected);
}
END_TEST

/* A long line is one line, wherever the buffer ends in it, and has no entry in its middle. */
START_TEST(test_long_lines)
{
        static const char entry[] = T "upgrade foo:all 1.0 2.0\n";

        for (size_t n = 4096 - sizeof(entry) - 3; n < 4096 + 3; n++) {
                _cleanup_(root_done) struct root root = tree_new();
                char text[3 * 4096];

                memset(text, 'x', n);
                memcpy(text, T, strlen(T));
                text[n - 1] = ' ';
                snprintf(text + n, sizeof(text) - n, "%s", entry);
                text[n + strlen(T) - 3] = 'x'; /* not a second time */
                add_log(&root, "dpkg.log", text);
                assert_version(&root, NULL);

                snprintf(text + n, sizeof(text) - n, "%s", entry);
                text[n - 1] = '\n';
                add_log(&root, "dpkg.log", text);
                assert_version(&root, "1.0");
        }
}
END_TEST

static void assert_error(const struct root *root, int expected, const char *path)
{
        _cleanup_free_ char *version = NULL;
        _cleanup_error_ struct error error = { 0 };

        ck_assert_int_eq(dpkg_log_find_version(root, "foo", &version, &error), expected);
        ck_assert_msg(strstr(error_text(&error), tree_path(root, path)) != NULL, "%s", error_text(&error));
        ck_assert_int_eq(error.code, expected);
        ck_assert_ptr_null(version);
}

START_TEST(test_damaged_lines)
{
        _cleanup_(root_done) struct root root = tree_new();
        char where[64];

        add_log(&root, damages[_i].name, damages[_i].text);
        snprintf(where, sizeof(where), "/var/log/%s", damages[_i].where);
        assert_error(&root, damages[_i].code, where);
}
END_TEST

/* Bytes that a power cut leaves may be in the place of what matters. */
START_TEST(test_zeroes)
{
        static const char text[] =
                T "upgrade bar:all 1.0 2.0\n\0\0\0\0\0\0" T "upgrade foo:all 1.0 2.0\n" T "upgrade foo:all 3.0 4.0\n";
        _cleanup_(root_done) struct root root = tree_new();
        FILE *file;

        add_log(&root, "dpkg.log", "");
        file = fopen(tree_path(&root, "/var/log/dpkg.log"), "we");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(text, 1, sizeof(text) - 1, file), sizeof(text) - 1);
        ck_assert_int_eq(fclose(file), 0);
        assert_error(&root, -EBADMSG, "/var/log/dpkg.log:2:");
}
END_TEST

/* A log with a few thousand entries, of which only the last is of foo. */
static void add_large_log(const struct root *root, const char *name)
{
        char text[200000];
        size_t n = 0;

        for (unsigned i = 0; n < sizeof(text) - 100; i++)
                n += (size_t)snprintf(text + n, sizeof(text) - n, T "upgrade bar%u:all 1.%u 2.%u\n", i * 7919 % 1000, i,
                                      i * i);
        snprintf(text + n, sizeof(text) - n, T "upgrade foo:all 1.0 2.0\n");
        add_log(root, name, text);
}

START_TEST(test_damaged)
{
        _cleanup_(root_done) struct root root = tree_new();

        add_log(&root, "dpkg.log", T "upgrade foo:all 2.0 3.0\n");
        add_large_log(&root, "dpkg.log.2.gz");
        assert_version(&root, "1.0");

        ck_assert_int_eq(shell("truncate -s -3000 %s/var/log/dpkg.log.2.gz", root.path), 0);
        assert_error(&root, -EBADMSG, "/var/log/dpkg.log.2.gz");

        add_large_log(&root, "dpkg.log.2.gz");
        ck_assert_int_eq(shell("printf 'xxxxxxxxxxxxxxxx' |"
                               " dd of=%s/var/log/dpkg.log.2.gz bs=1 seek=10000 conv=notrunc 2>/dev/null",
                               root.path),
                         0);
        assert_error(&root, -EBADMSG, "/var/log/dpkg.log.2.gz");

        for (size_t n = 0; n < 40; n += 3) {
                add_log(&root, "dpkg.log.2.gz", T "upgrade foo:all 1.0 2.0\n");
                ck_assert_int_eq(shell("truncate -s %zu %s/var/log/dpkg.log.2.gz", n, root.path), 0);
                assert_error(&root, -EBADMSG, "/var/log/dpkg.log.2.gz");
        }
}
END_TEST

/* In the place of a log. */
static const struct {
        mode_t mode;
        const char *target;
        int code;
} others[] = {
        { S_IFDIR | 0755, NULL, -EISDIR },
        { S_IFIFO | 0644, NULL, -EINVAL },
        { S_IFLNK, "dpkg.log.1", -ELOOP },
        { S_IFLNK, "../../mnt/none", -ENOENT },
};

START_TEST(test_unreadable)
{
        _cleanup_(root_done) struct root root = tree_new();

        tree_add(&root, &(struct tree_entry){ "/var/log/dpkg.log.1", others[_i].mode, others[_i].target });
        assert_error(&root, others[_i].code, "/var/log/dpkg.log.1");
}
END_TEST

/* /var/log may be a link within the root, but not out of it. */
START_TEST(test_links)
{
        _cleanup_(root_done) struct root root = tree_new(), outside = tree_new();

        add_log(&outside, "dpkg.log", T "upgrade foo:all 9.0 10.0\n");
        tree_add(&root, &(struct tree_entry){ "/var/log", S_IFLNK, "../srv/log" });
        tree_add(&root, &(struct tree_entry){ "/srv/log/dpkg.log", 0644, T "upgrade foo:all 1.0 2.0\n" });
        assert_version(&root, "1.0");

        ck_assert_int_eq(shell("ln -sfn %s/var/log %s/var/log", outside.path, root.path), 0);
        assert_error(&root, -EXDEV, "/var/log");
        ck_assert_int_eq(shell("ln -sfn ../mnt/none %s/var/log", root.path), 0);
        assert_error(&root, -ENOLINK, "/var/log");
}
END_TEST

static Suite *suite(void)
{
        TCase *logs = tcase_create("logs");
        Suite *s = suite_create("dpkg-log");

        tcase_set_timeout(logs, 60);
        tcase_add_unchecked_fixture(logs, trees_setup, trees_teardown);
        tcase_add_loop_test(logs, test_logs, 0, ELEMENTSOF(cases));
        tcase_add_test(logs, test_long_lines);
        tcase_add_loop_test(logs, test_damaged_lines, 0, ELEMENTSOF(damages));
        tcase_add_test(logs, test_zeroes);
        tcase_add_test(logs, test_damaged);
        tcase_add_loop_test(logs, test_unreadable, 0, ELEMENTSOF(others));
        tcase_add_test(logs, test_links);
        suite_add_tcase(s, logs);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
