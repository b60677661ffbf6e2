/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/fstab.h"

#include "../support/suite.h"
#include "../support/tree.h"

#include <stdio.h>
#include <sys/stat.h>

/* The mount points, each with a blank after it. */
static char *describe(const struct strv *points)
{
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        ck_assert_ptr_nonnull(stream);
        for (size_t i = 0; i < points->n; i++)
                fprintf(stream, "%s ", points->list[i]);
        fclose(stream);
        return text;
}

static const struct {
        const char *text;
        const char *points;
} texts[] = {
        { "", "" },
        { "# UNCONFIGURED FSTAB FOR BASE SYSTEM\n\n \t\n  # more\n", "" },
        { "UUID=1234 / ext4 errors=remount-ro 0 1\nLABEL=srv\t/srv\text4\tdefaults\t0\t2\n", "/srv " },
        { "nas:/x /srv/nas nfs", "/srv/nas " }, /* neither options nor a newline */
        { "  PARTUUID=1   /a  auto  noauto,nofail,_netdev,x-systemd.automount 0 0\n", "/a " },
        { "/srv/disk /var/lib/foo none bind 0 0\n", "/var/lib/foo " },
        { "UUID=1 none swap sw 0 0\n/swap swap swap defaults 0 0\n/x /y swap sw\nproc none proc defaults\n", "" },
        { "/dev/sda1 /with\\040blank\\011\\134\\303\\274 ext4\n", "/with blank\t\\\xc3\xbc " },
        { "/dev/sda1 /a\\b\\ ext4\n", "/a\\b\\ " }, /* no escapes */
        { "/dev/sda1 //a///b/ ext4\n/dev/sdb1 // ext4\n", "/a/b " },
        { "/dev/sda1 /a ext4 defaults 0 0\r\n", "/a " },
};

START_TEST(test_parse)
{
        _cleanup_free_ char *text = strdup(texts[_i].text), *got = NULL;
        _cleanup_strv_ struct strv points = { 0 };

        ck_assert_int_eq(fstab_parse(text, &points, NULL), 0);
        got = describe(&points);
        ck_assert_str_eq(got, texts[_i].points);
}
END_TEST

/* What may be left of a line that mattered. */
static const struct {
        const char *text;
        const char *line;
} bad_texts[] = {
        { "nas:/x\n", "line 1 " },
        { "\n# x\nnas:/x /srv/nas\n", "line 3 " },
        { "nas:/x /srv/nas \t\n", "line 1 " },
};

START_TEST(test_parse_bad)
{
        _cleanup_free_ char *text = strdup(bad_texts[_i].text);
        _cleanup_error_ struct error error = { 0 };
        _cleanup_strv_ struct strv points = { 0 };

        ck_assert_int_eq(fstab_parse(text, &points, &error), -EBADMSG);
        ck_assert_ptr_nonnull(strstr(error_text(&error), bad_texts[_i].line));
}
END_TEST

/* Only one that isn't there means that there are no mounts. */
static const struct {
        struct tree_entry entry;
        int code;
} files[] = {
        { { "/other", 0644, "" }, 0 },
        { { "/etc/fstab", 0644, "/dev/sda1 /srv ext4\n" }, 0 },
        { { "/etc/fstab", S_IFDIR | 0755, NULL }, -EISDIR },
        { { "/etc/fstab", S_IFLNK, "fstab" }, -ELOOP },
        { { "/etc/fstab", S_IFLNK, "/etc/fstab" }, -EXDEV },
        { { "/etc", 0644, "" }, -ENOTDIR },
        { { "/etc/fstab", 0644, "garbage\n" }, -EBADMSG },
};

START_TEST(test_read)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_error_ struct error error = { 0 };
        _cleanup_strv_ struct strv points = { 0 };

        tree_add(&root, &files[_i].entry);
        ck_assert_int_eq(fstab_read(&root, &points, &error), files[_i].code);
        if (files[_i].code < 0)
                ck_assert_ptr_nonnull(strstr(error_text(&error), tree_path(&root, "/etc/fstab")));
        else
                ck_assert_uint_eq(points.n, files[_i].entry.text[0] ? 1 : 0);
}
END_TEST

/* As a power cut may leave it. */
START_TEST(test_zeros)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_strv_ struct strv points = { 0 };

        tree_add(&root, &(const struct tree_entry){ "/etc/fstab", 0644, NULL });
        ck_assert_int_eq(truncate(tree_path(&root, "/etc/fstab"), 100), 0);
        ck_assert_int_eq(fstab_read(&root, &points, NULL), -EBADMSG);
}
END_TEST

static Suite *suite(void)
{
        Suite *s = suite_create("fstab");
        TCase *pure = tcase_create("text"), *system = trees_case(s, "system", 10);

        tcase_add_loop_test(pure, test_parse, 0, ELEMENTSOF(texts));
        tcase_add_loop_test(pure, test_parse_bad, 0, ELEMENTSOF(bad_texts));
        suite_add_tcase(s, pure);
        tcase_add_loop_test(system, test_read, 0, ELEMENTSOF(files));
        tcase_add_test(system, test_zeros);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
