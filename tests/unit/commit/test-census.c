/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The census of a change in a tree. What an undo makes of it is in tests/transaction/undo.sh. */

#include "../support/suite.h"
#include "../support/tree.h"
#include "basic/io.h"
#include "basic/memstream.h"
#include "commit/census.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

static const struct {
        const char *name, *beside;
        bool belongs;
} names[] = {
        { "a.db-wal", "a.db", true },  { "a.db.bak", "a.db", true }, { "a.db_old", "a.db", true },
        { "a.db~", "a.db", true },     { "a.db", "a.db", false },    { "a.db2", "a.db", false },
        { "b.db-wal", "a.db", false }, { "a", "a.db", false },
};

START_TEST(test_names)
{
        ck_assert_int_eq(name_belongs_to(names[_i].name, names[_i].beside), names[_i].belongs);
}
END_TEST

START_TEST(test_paths)
{
        ck_assert(path_is_configuration("/etc/p/file"));
        ck_assert(path_is_configuration("/usr/local/etc/file"));
        ck_assert(!path_is_configuration("/etcetera/file"));
        ck_assert(!path_is_configuration("/var/lib/p"));
        ck_assert(path_is_hold("", ".deploy-migrate.p.0123456789abcdef"));
        ck_assert(!path_is_hold("p", ".deploy-migrate.p.0123456789abcdef"));
        ck_assert(!path_is_hold("", "deploy-migrate"));
}
END_TEST

START_TEST(test_subvolume)
{
        _cleanup_(root_done) struct root root = tree_new();
        struct stat st, other;

        ck_assert_int_eq(fstat(root.fd, &st), 0);
        ck_assert_int_eq(stat_is_of_subvolume(&st, root.fd), 0);
        ck_assert_int_eq(stat("/proc", &other), 0);
        ck_assert_int_eq(stat_is_of_subvolume(&other, root.fd), 1);
        ck_assert_int_eq(stat("/proc/version", &other), 0);
        ck_assert_int_eq(stat_is_of_subvolume(&other, root.fd), 0); /* no directory */
        close(root.fd);
        ck_assert_int_eq(stat_is_of_subvolume(&st, root.fd), -EBADF);
        root.fd = -EBADF;
}
END_TEST

/* ---- A whole census ---- */

static const struct tree_entry entries[] = {
        { "/srv/data/db/table", 0644, "old" }, { "/srv/data/db/index", 0644, "index" },
        { "/srv/data/log", 0644, "log" },      { "/srv/data/queue", S_IFIFO | 0600, NULL },
        { "/srv/other", 0644, "other" },
};

static void census_make(const struct root *root, const char *changed, struct redo *census)
{
        static char *const writes[] = { (char *)(uintptr_t) "/srv/data", NULL };
        _cleanup_(areas_freep) struct areas *areas = NULL;
        _cleanup_error_ struct error error = { 0 };
        _cleanup_close_ int dir = open(tree_path(root, "/state"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct redo redo = { 0 };
        struct change change = { .kind = CHANGE_REPLACE, .before.st_mode = S_IFREG, .after.st_mode = S_IFREG };
        struct stage stage = { .dir = -EBADF };
        const struct commit_place place = { .root = root, .package = "sample", .path = "state", .dir = dir };
        const struct preparation p = { .place = &place, .stage = &stage, .redo = &redo };
        struct redo_area area = { 0 };

        ck_assert_msg(areas_new(root, writes, &areas, &error) == 0, "%s", error_text(&error));
        stage.areas = areas;
        ck_assert_uint_eq(areas->n, 1);
        area.path = strdup(areas->areas[0].path + strlen(root->path));
        ck_assert_int_eq(redo_add_area(&redo, &area), 0);
        change.path = strdup(changed);
        ck_assert_int_eq(changes_add(&redo.changes, &change), 0);
        ck_assert_msg(census_take(&p, census, &error) == 0, "%s", error_text(&error));
        changes_done(&redo.changes);
        for (size_t i = 0; i < redo.n_areas; i++)
                redo_area_done(&redo.areas[i]);
        free(redo.areas);
}

/* The changed file isn't in it, nor is what has no data or isn't declared. */
START_TEST(test_take)
{
        static const char *const expected[] = { "data tree", "data/db listed", "data/db/index listed",
                                                "data/log listed" };
        static const char *const kinds[] = { [CENSUS_TREE] = "tree", [CENSUS_LISTED] = "listed" };
        _cleanup_(root_done) struct root root = tree_new();
        struct redo census = { 0 };
        const char *base;

        for (size_t i = 0; i < ELEMENTSOF(entries); i++)
                tree_add(&root, &entries[i]);
        tree_add(&root, &(struct tree_entry){ "/state", S_IFDIR | 0700, NULL });
        census_make(&root, "srv/data/db/table", &census);
        ck_assert_uint_eq(census.n_census, ELEMENTSOF(expected));
        for (size_t i = 0; i < census.n_census; i++) {
                char text[128];

                base = str_startswith(census.census[i].path, "srv/");
                snprintf(text, sizeof(text), "%s %s", base ?: census.census[i].path, kinds[census.census[i].kind]);
                ck_assert_str_eq(text, expected[i]);
                redo_census_done(&census.census[i]);
        }
        free(census.census);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("census");
        TCase *tcase = trees_case(suite, "census", 20);

        tcase_add_loop_test(tcase, test_names, 0, ELEMENTSOF(names));
        tcase_add_test(tcase, test_paths);
        tcase_add_test(tcase, test_subvolume);
        tcase_add_test(tcase, test_take);
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
