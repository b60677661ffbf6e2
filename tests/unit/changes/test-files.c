/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Turns changes into the list of files that is reported, and inverts that list. */

#include "../support/suite.h"
#include "basic/macro.h"
#include "changes/files.h"

static const struct stat none = { 0 };

static struct stat make_stat(mode_t mode, off_t size)
{
        return (struct stat){ .st_mode = mode, .st_size = size };
}

/* Adds @change of the area whose root is @root. Returns: the file in the list. */
static const struct dmig_file *add(struct dmig_files *files, const char *root, const struct change *change)
{
        ck_assert_int_eq(files_add_change(files, root, change), 1);
        return dmig_files_get(files, dmig_files_count(files) - 1);
}

static void expect_file(const struct dmig_file *file, const char *kind, const char *path, const char *from)
{
        ck_assert_str_eq(dmig_file_get_kind(file), kind);
        ck_assert_str_eq(dmig_file_get_path(file), path);
        ck_assert_pstr_eq(dmig_file_get_from(file), from);
        ck_assert_ptr_null(dmig_file_get_diff(file));
}

static void expect_sizes(const struct dmig_file *file, int64_t before, int64_t after)
{
        ck_assert_int_eq(dmig_file_get_size_before(file), before);
        ck_assert_int_eq(dmig_file_get_size_after(file), after);
}

static void expect_modes(const struct dmig_file *file, unsigned before, unsigned after)
{
        ck_assert_uint_eq(dmig_file_get_mode_before(file), before);
        ck_assert_uint_eq(dmig_file_get_mode_after(file), after);
}

static struct dmig_files *files_make(void)
{
        struct dmig_files *files = NULL;

        ck_assert_int_eq(files_new(&files), 0);
        ck_assert_uint_eq(dmig_files_count(files), 0);
        ck_assert_ptr_null(dmig_files_get(files, 0));
        return files;
}

static const struct {
        enum change_kind kind;
        char path[16], from[16];
        mode_t mode_before, mode_after;
        const char *name, *file, *file_from;
        int64_t size_before, size_after;
} cases[] = {
        { CHANGE_CREATE, "a", "", 0, S_IFREG | 0644, "create", "/etc/a", NULL, -1, 7 },
        { CHANGE_REPLACE, "a/b", "", S_IFREG | 0600, S_IFREG | 0644, "replace", "/etc/a/b", NULL, 5, 7 },
        { CHANGE_REPLACE, "a", "", S_IFLNK | 0777, S_IFREG | 0644, "replace", "/etc/a", NULL, -1, 7 },
        { CHANGE_REMOVE, "a", "", S_IFREG | 0644, 0, "remove", "/etc/a", NULL, 5, -1 },
        { CHANGE_MOVE, "new", "old", S_IFDIR | 0755, S_IFDIR | 0755, "move", "/etc/new", "/etc/old", -1, -1 },
        { CHANGE_METADATA, "", "", S_IFDIR | 0755, S_IFDIR | 0700, "metadata", "/etc", NULL, -1, -1 },
        /* If a directory above it was moved, the old path isn't reported. */
        { CHANGE_REPLACE, "new/a", "old/a", S_IFREG | 0644, S_IFREG | 0644, "replace", "/etc/new/a", NULL, 5, 7 },
};

START_TEST(test_change)
{
        _cleanup_(files_freep) struct dmig_files *files = files_make();
        char path[16], from[16];
        const struct change change = {
                .kind = cases[_i].kind,
                .path = strcpy(path, cases[_i].path),
                .from = *cases[_i].from ? strcpy(from, cases[_i].from) : NULL,
                .before = cases[_i].mode_before ? make_stat(cases[_i].mode_before, 5) : none,
                .after = cases[_i].mode_after ? make_stat(cases[_i].mode_after, 7) : none,
        };
        const struct dmig_file *file = add(files, "/etc", &change);

        expect_file(file, cases[_i].name, cases[_i].file, cases[_i].file_from);
        expect_sizes(file, cases[_i].size_before, cases[_i].size_after);
        expect_modes(file, cases[_i].mode_before, cases[_i].mode_after);
}
END_TEST

/* What a rewritten file has lost, and where a link leads to now; the other way round in the inverse. */
START_TEST(test_details)
{
        _cleanup_(files_freep) struct dmig_files *files = files_make(), *inverse = NULL;
        char path[] = "a", old[] = "x", new[] = "/srv", a[] = "user.a", b[] = "user.b", c[] = "user.c";
        char one[] = "1", two[] = "22";
        struct xattr before[] = { { a, one, 1 }, { b, one, 1 } }, after[] = { { b, two, 2 }, { c, two, 2 } };
        const struct change change = {
                .kind = CHANGE_REPLACE,
                .path = path,
                .before = { .st_mode = S_IFLNK | 0777, .st_uid = 1 },
                .after = { .st_mode = S_IFLNK | 0777, .st_gid = 33 },
                .details_before = { old, before, ELEMENTSOF(before) },
                .details_after = { new, after, ELEMENTSOF(after) },
        };
        const struct dmig_file *file = add(files, "/etc", &change);
        size_t size;

        ck_assert_str_eq(dmig_file_get_target_before(file), "x");
        ck_assert_str_eq(dmig_file_get_target_after(file), "/srv");
        ck_assert_int_eq(dmig_file_get_uid_before(file), 1);
        ck_assert_int_eq(dmig_file_get_gid_after(file), 33);
        ck_assert_uint_eq(dmig_file_count_xattrs(file), 3);
        ck_assert_str_eq(dmig_xattr_get_name(dmig_file_get_xattr(file, 0)), "user.a");
        ck_assert_ptr_null(dmig_xattr_get_after(dmig_file_get_xattr(file, 0), &size));
        ck_assert_mem_eq(dmig_xattr_get_before(dmig_file_get_xattr(file, 1), &size), "1", 1);
        ck_assert_uint_eq(size, 1);
        ck_assert_mem_eq(dmig_xattr_get_after(dmig_file_get_xattr(file, 1), &size), "22", 2);
        ck_assert_uint_eq(size, 2);
        ck_assert_ptr_null(dmig_xattr_get_before(dmig_file_get_xattr(file, 2), NULL));
        ck_assert_ptr_null(dmig_file_get_xattr(file, 3));

        ck_assert_int_eq(files_invert(files, &inverse), 0);
        file = dmig_files_get(inverse, 0);
        ck_assert_str_eq(dmig_file_get_target_after(file), "x");
        ck_assert_int_eq(dmig_file_get_uid_after(file), 1);
        ck_assert_ptr_null(dmig_xattr_get_before(dmig_file_get_xattr(file, 0), NULL));
}
END_TEST

/* The times of a directory change with its entries. */
START_TEST(test_entries_are_not_reported)
{
        _cleanup_(files_freep) struct dmig_files *files = files_make();
        char path[] = "a";
        const struct change change = { .kind = CHANGE_ENTRIES, .path = path };

        ck_assert_int_eq(files_add_change(files, "/etc", &change), 0);
        ck_assert_uint_eq(dmig_files_count(files), 0);
}
END_TEST

/* "/" is a mount point, and so may be the root of an area. */
START_TEST(test_root)
{
        _cleanup_(files_freep) struct dmig_files *files = files_make();
        char path[] = "srv/a", top[] = "";

        expect_file(add(files, "/", &(const struct change){ .kind = CHANGE_CREATE, .path = path }), "create", "/srv/a",
                    NULL);
        expect_file(add(files, "/", &(const struct change){ .kind = CHANGE_METADATA, .path = top }), "metadata", "/",
                    NULL);
}
END_TEST

START_TEST(test_invert)
{
        _cleanup_(files_freep) struct dmig_files *files = files_make(), *inverse = NULL;

        for (size_t i = 0; i < 6; i++)
                ck_assert_int_eq(
                        files_add(files,
                                  &(struct dmig_file){
                                          .kind = cases[i].name,
                                          .path = strdup(cases[i].file),
                                          .from = cases[i].file_from ? strdup(cases[i].file_from) : NULL,
                                          .before = { .mode = cases[i].mode_before, .size = cases[i].size_before },
                                          .after = { .mode = cases[i].mode_after, .size = cases[i].size_after },
                                          .diff = strdup("+a\n"),
                                  }),
                        0);
        ck_assert_int_eq(files_invert(files, &inverse), 0);
        ck_assert_uint_eq(dmig_files_count(inverse), 6);
        expect_file(dmig_files_get(inverse, 0), "remove", "/etc/a", NULL);
        expect_sizes(dmig_files_get(inverse, 0), 7, -1);
        expect_modes(dmig_files_get(inverse, 0), S_IFREG | 0644, 0);
        expect_file(dmig_files_get(inverse, 1), "replace", "/etc/a/b", NULL);
        expect_sizes(dmig_files_get(inverse, 1), 7, 5);
        expect_file(dmig_files_get(inverse, 3), "create", "/etc/a", NULL);
        expect_file(dmig_files_get(inverse, 4), "move", "/etc/old", "/etc/new");
        expect_file(dmig_files_get(inverse, 5), "metadata", "/etc", NULL);
        expect_modes(dmig_files_get(inverse, 5), S_IFDIR | 0700, S_IFDIR | 0755);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("files");
        TCase *tcase = tcase_create("files");

        tcase_add_loop_test(tcase, test_change, 0, ELEMENTSOF(cases));
        tcase_add_test(tcase, test_details);
        tcase_add_test(tcase, test_entries_are_not_reported);
        tcase_add_test(tcase, test_root);
        tcase_add_test(tcase, test_invert);
        suite_add_tcase(suite, tcase);
        return suite_run(suite);
}
