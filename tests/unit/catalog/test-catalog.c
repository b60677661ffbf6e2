/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "../support/tree.h"
#include "catalog/catalog-load.h"
#include "catalog/catalog.h"
#include "catalog/migration-name.h"

#include <stdio.h>

#define V      VENDOR_DIR "/foo"
#define A      ADMIN_DIR "/foo"
#define PROG   0755
#define DATA   0644
#define DIR    (S_IFDIR | 0755)
#define LINK   (S_IFLNK)
#define SCRIPT "#!/bin/sh\n"

static void add_all(const struct root *root, const struct tree_entry *entries)
{
        for (; entries->path; entries++)
                tree_add(root, entries);
}

static struct catalog *load(const struct root *root)
{
        _cleanup_error_ struct error error = { 0 };
        struct catalog *catalog = NULL;
        int r;

        r = catalog_load(root, "foo", &catalog, &error);
        ck_assert_msg(r == 0, "catalog_load: %s", error_text(&error));
        ck_assert_ptr_nonnull(catalog);
        return catalog;
}

static void assert_refused(const struct root *root, int code, const char *path, const char *reason)
{
        _cleanup_error_ struct error error = { 0 };
        struct catalog *catalog = NULL;
        int r;

        r = catalog_load(root, "foo", &catalog, &error);
        ck_assert_msg(r == code, "%s: %s instead of %s", path, strerror(-r), strerror(-code));
        ck_assert_ptr_null(catalog);
        ck_assert_msg(str_startswith(error_text(&error), tree_path(root, path)), "'%s' doesn't begin with %s",
                      error_text(&error), tree_path(root, path));
        ck_assert_msg(strstr(error_text(&error), reason), "'%s' doesn't say '%s'", error_text(&error), reason);
}

/* ---- What is there ------------------------------------------------------------------------- */

START_TEST(test_nothing)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(catalog_freep) struct catalog *none = NULL, *no_package = NULL, *no_version = NULL;

        none = load(&root);
        ck_assert_uint_eq(none->n_migrations, 0);
        ck_assert_ptr_null(catalog_find(none, "1.0.0/001_a"));

        tree_add(&root, &(struct tree_entry){ VENDOR_DIR "/bar/v1.0.0/001_a", PROG, SCRIPT });
        no_package = load(&root);
        ck_assert_uint_eq(no_package->n_migrations, 0);

        tree_add(&root, &(struct tree_entry){ V "/README", DATA, "none yet" });
        no_version = load(&root);
        ck_assert_uint_eq(no_version->n_versions, 0);
        ck_assert_uint_eq(no_version->notices.n, 0);
}
END_TEST

START_TEST(test_order)
{
        static const struct tree_entry entries[] = {
                { V "/v1.10.0/001_late.sh", PROG, SCRIPT },
                { V "/v1.9.0/010_ten", PROG, SCRIPT },
                { V "/v1.9.0/009_nine.py", DATA, "def check(): return True\n" },
                { V "/v1.9.0/008_eight.py", PROG, SCRIPT },
                { V "/v1.10.0-rc.1/000_zero", 0500, SCRIPT },
                { V "/v1.10.0+build.5/.hidden", DATA, NULL },
                { V "/v99999999999999999999.0.0/999_last", PROG, SCRIPT },
                { V "/v0.0.1/README.md", DATA, NULL },
                { V "/helpers.py", DATA, NULL },
                { V "/w1", DIR, NULL },
                { 0 },
        };
        static const struct {
                const char *id;
                unsigned number;
                bool python_module;
        } expected[] = {
                { "1.9.0/008_eight.py", 8, false }, { "1.9.0/009_nine.py", 9, true },
                { "1.9.0/010_ten", 10, false },     { "1.10.0-rc.1/000_zero", 0, false },
                { "1.10.0/001_late.sh", 1, false }, { "99999999999999999999.0.0/999_last", 999, false },
        };
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;

        add_all(&root, entries);
        ck_assert_int_eq(remove(tree_path(&root, V "/v1.10.0+build.5/.hidden")), 0);
        ck_assert_int_eq(remove(tree_path(&root, V "/v1.10.0+build.5")), 0);

        catalog = load(&root);
        ck_assert_str_eq(catalog->package, "foo");
        ck_assert_uint_eq(catalog->n_versions, 5);
        ck_assert_uint_eq(catalog->n_migrations, ELEMENTSOF(expected));
        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                const struct migration *migration = &catalog->migrations[i];
                char path[256];

                ck_assert_str_eq(migration->id, expected[i].id);
                ck_assert_uint_eq(migration->number, expected[i].number);
                ck_assert_int_eq(migration->python_module, expected[i].python_module);
                ck_assert(!migration->masked);
                snprintf(path, sizeof(path), V "/v%s", expected[i].id);
                ck_assert_str_eq(migration->path, path);
                ck_assert_ptr_eq(catalog_find(catalog, expected[i].id), migration);
                ck_assert_ptr_eq(migration->manifest, &catalog->defaults);
        }
        ck_assert_ptr_null(catalog_find(catalog, "1.9.0/011_none"));
        ck_assert_ptr_null(catalog_find(catalog, "v1.9.0/010_ten"));
}
END_TEST

START_TEST(test_manifests)
{
        static const struct tree_entry entries[] = {
                { V "/package.json", DATA, "{\"timeout_sec\": 5, \"network\": true}" },
                { V "/v1.0.0/001_a.sh", PROG, SCRIPT },
                { V "/v1.0.0/001_a.json", DATA, "{\"description\": \"first\", \"network\": false}" },
                { V "/v1.0.0/002_b", PROG, SCRIPT },
                { V "/v1.0.0/003_c.ksh", PROG, SCRIPT },
                { V "/v1.0.0/003_c.json", DATA, "{\"timeout_sec\": 0, \"since\": \"1:2.0-1\"}" },
                { 0 },
        };
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;
        const struct migration *m;

        add_all(&root, entries);
        catalog = load(&root);
        ck_assert_uint_eq(catalog->n_migrations, 3);
        m = catalog->migrations;

        ck_assert_str_eq(m[0].manifest->description, "first");
        ck_assert_uint_eq(m[0].manifest->timeout_sec, 5);
        ck_assert(!m[0].manifest->network);
        ck_assert_str_eq(m[0].manifest->writes.list[0], "/etc/foo");

        ck_assert_ptr_eq(m[1].manifest, &catalog->defaults);
        ck_assert_ptr_null(m[1].manifest->description);
        ck_assert_uint_eq(m[1].manifest->timeout_sec, 5);
        ck_assert(m[1].manifest->network);

        ck_assert_uint_eq(m[2].manifest->timeout_sec, 0);
        ck_assert_str_eq(m[2].manifest->since, "1:2.0-1");
        ck_assert_ptr_null(m[0].manifest->since);
}
END_TEST

/* ---- What the administrator changes -------------------------------------------------------- */

START_TEST(test_administrator)
{
        static const struct tree_entry entries[] = {
                { V "/v1.0.0/001_replaced.sh", DATA, "not even executable" },
                { A "/v1.0.0/001_replaced.sh", PROG, SCRIPT },
                { V "/v1.0.0/002_masked.sh", PROG, SCRIPT },
                { V "/v1.0.0/002_masked.json", DATA, "broken" },
                { A "/v1.0.0/002_masked.sh", LINK, "/dev/null" },
                { V "/v1.0.0/003_module.py", PROG, SCRIPT },
                { V "/v1.0.0/003_module.json", DATA, "broken" },
                { A "/v1.0.0/003_module.py", DATA, NULL },
                { A "/v1.0.0/003_module.json", DATA, "{\"network\": true}" },
                { V "/v1.0.0/004_kept", PROG, SCRIPT },
                { A "/v1.0.0/README", DATA, "why" },
                { A "/v1.0.0/.004_kept.swp", DATA, NULL },
                { 0 },
        };
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;
        const struct migration *m;

        add_all(&root, entries);
        catalog = load(&root);
        ck_assert_uint_eq(catalog->notices.n, 0);
        ck_assert_uint_eq(catalog->n_migrations, 4);
        m = catalog->migrations;

        ck_assert_str_eq(m[0].id, "1.0.0/001_replaced.sh");
        ck_assert_str_eq(m[0].path, A "/v1.0.0/001_replaced.sh");
        ck_assert(!m[0].masked && !m[0].python_module);
        ck_assert_str_eq(m[1].id, "1.0.0/002_masked.sh");
        ck_assert_str_eq(m[1].path, A "/v1.0.0/002_masked.sh");
        ck_assert(m[1].masked);
        ck_assert_ptr_eq(m[1].manifest, &catalog->defaults);
        ck_assert(m[2].python_module);
        ck_assert(m[2].manifest->network);
        ck_assert_str_eq(m[3].path, V "/v1.0.0/004_kept");
}
END_TEST

START_TEST(test_strays)
{
        static const struct tree_entry entries[] = {
                { V "/v1.0.0/001_a.sh", PROG, SCRIPT },
                { V "/v1.0.0/002_b.sh", PROG, SCRIPT },
                { A "/package.json", DATA, "{}" },
                { A "/v1.0.0/001_a.py", PROG, SCRIPT },
                { A "/v1.0.0/002_c.json", DATA, "broken" },
                { A "/v1.0.0/003_gone", LINK, "/dev/null" },
                { A "/v1.0.0+build/001_a.sh", PROG, SCRIPT },
                { A "/v2.0.0/001_dropped", PROG, SCRIPT },
                { 0 },
        };
        static const char *const expected[] = {
                A "/v1.0.0/001_a.py", A "/v1.0.0/002_c.json",     A "/v1.0.0/003_gone",
                A "/package.json",    A "/v1.0.0+build/001_a.sh", A "/v2.0.0/001_dropped",
        };
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;

        add_all(&root, entries);
        catalog = load(&root);
        ck_assert_uint_eq(catalog->n_migrations, 2);
        ck_assert_str_eq(catalog->migrations[0].path, V "/v1.0.0/001_a.sh");
        ck_assert_uint_eq(catalog->notices.n, ELEMENTSOF(expected));
        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                const char *rest = str_startswith(catalog->notices.list[i], tree_path(&root, expected[i]));

                ck_assert_msg(rest && str_startswith(rest, ": has no effect"), "%s", catalog->notices.list[i]);
        }
}
END_TEST

START_TEST(test_strays_without_package)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;

        tree_add(&root, &(struct tree_entry){ A "/v1.0.0/001_a.sh", LINK, "/dev/null" });
        catalog = load(&root);
        ck_assert_uint_eq(catalog->n_migrations, 0);
        ck_assert_uint_eq(catalog->notices.n, 1);
}
END_TEST

/* ---- What is wrong ------------------------------------------------------------------------- */

static const struct {
        struct tree_entry entries[2]; /* besides a good v1.0.0/001_a */
        int code;
        const char *path; /* with which the message begins */
        const char *reason;
} malformed[] = {
        /* Names in the package's directory. */
        { { { V "/v1.0", DIR, NULL } }, -EBADMSG, V "/v1.0: ", "semantic version" },
        { { { V "/v1.0.0.0", DIR, NULL } }, -EBADMSG, V "/v1.0.0.0: ", "semantic version" },
        { { { V "/v01.0.0", DIR, NULL } }, -EBADMSG, V "/v01.0.0: ", "semantic version" },
        { { { V "/v 1.0.1", DIR, NULL } }, -EBADMSG, V "/v 1.0.1: ", "semantic version" },
        { { { V "/v1.0.1 ", DIR, NULL } }, -EBADMSG, V "/v1.0.1 : ", "semantic version" },
        { { { V "/vv1.0.1", DIR, NULL } }, -EBADMSG, V "/vv1.0.1: ", "semantic version" },
        { { { V "/v", DIR, NULL } }, -EBADMSG, V "/v: ", "semantic version" },
        { { { V "/vendor.py", DATA, NULL } }, -EBADMSG, V "/vendor.py: ", "rename or remove" },
        { { { V "/v1.0.1", DATA, NULL } }, -ENOTDIR, V "/v1.0.1: ", "must be a directory" },
        { { { V "/v1.0.1", LINK, "v1.0.0" } }, -ENOTDIR, V "/v1.0.1: ", "must be a directory" },
        { { { V "/v1.0.1", LINK, "/dev/null" } }, -ENOTDIR, V "/v1.0.1: ", "must be a directory" },
        { { { V "/v1.0.0+a", DIR, NULL } }, -EBADMSG, V ": ", "v1.0.0 and v1.0.0+a are the same version" },
        { { { V "/v2.0.0+a", DIR, NULL }, { V "/v2.0.0+b", DIR, NULL } }, -EBADMSG, V ": ", "the same version" },
        /* Names in a version's directory. */
        { { { V "/v1.0.0/01_a", PROG, NULL } }, -EBADMSG, V "/v1.0.0/01_a: ", "neither a migration" },
        { { { V "/v1.0.0/0002_a", PROG, NULL } }, -EBADMSG, V "/v1.0.0/0002_a: ", "neither a migration" },
        { { { V "/v1.0.0/002-a", PROG, NULL } }, -EBADMSG, V "/v1.0.0/002-a: ", "neither a migration" },
        { { { V "/v1.0.0/002_", PROG, NULL } }, -EBADMSG, V "/v1.0.0/002_: ", "neither a migration" },
        { { { V "/v1.0.0/002_.sh", PROG, NULL } }, -EBADMSG, V "/v1.0.0/002_.sh: ", "neither a migration" },
        { { { V "/v1.0.0/002_a.", PROG, NULL } }, -EBADMSG, V "/v1.0.0/002_a.: ", "neither a migration" },
        { { { V "/v1.0.0/002_a.tar.gz", PROG, NULL } }, -EBADMSG, V "/v1.0.0/002_a.tar.gz: ", "neither a migration" },
        { { { V "/v1.0.0/002_a-b", PROG, NULL } }, -EBADMSG, V "/v1.0.0/002_a-b: ", "neither a migration" },
        { { { V "/v1.0.0/002_\xc3\xa4", PROG, NULL } }, -EBADMSG, V "/v1.0.0/002_", "neither a migration" },
        { { { V "/v1.0.0/002_a.sh~", PROG, NULL } }, -EBADMSG, V "/v1.0.0/002_a.sh~: ", "rename or remove" },
        { { { V "/v1.0.0/002_a b", PROG, NULL } }, -EBADMSG, V "/v1.0.0/002_a b: ", "neither a migration" },
        { { { V "/v1.0.0/002_a\n", PROG, NULL } }, -EBADMSG, V "/v1.0.0/002_a", "neither a migration" },
        { { { V "/v1.0.0/lib", DIR, NULL } }, -EBADMSG, V "/v1.0.0/lib: ", "neither a migration" },
        { { { V "/v1.0.0/001_b", PROG, NULL } }, -EBADMSG, V "/v1.0.0: ", "001_a and 001_b have the same number" },
        { { { V "/v1.0.0/001_a.py", PROG, NULL } },
          -EBADMSG,
          V "/v1.0.0: ",
          "001_a and 001_a.py have the same number" },
        { { { V "/v1.0.0/002_b.json", DATA, "{}" } }, -EBADMSG, V "/v1.0.0/002_b.json: ", "no migration" },
        { { { V "/v1.0.0/001_b.json", DATA, "{}" } }, -EBADMSG, V "/v1.0.0/001_b.json: ", "no migration" },
        /* Files that can't be executed. */
        { { { V "/v1.0.0/002_b.sh", DATA, NULL } }, -EBADMSG, V "/v1.0.0/002_b.sh: ", "chmod 755" },
        { { { V "/v1.0.0/002_b.pyc", DATA, NULL } }, -EBADMSG, V "/v1.0.0/002_b.pyc: ", "chmod 755" },
        { { { V "/v1.0.0/002_b", DIR, NULL } }, -EBADMSG, V "/v1.0.0/002_b: ", "must be a regular file" },
        { { { V "/v1.0.0/002_b", S_IFIFO | 0700, NULL } }, -EBADMSG, V "/v1.0.0/002_b: ", "must be a regular file" },
        { { { V "/v1.0.0/002_b", LINK, "001_a" } }, -EBADMSG, V "/v1.0.0/002_b: ", "must be a regular file" },
        { { { V "/v1.0.0/002_b", LINK, "/dev/null" } }, -EBADMSG, V "/v1.0.0/002_b: ", "must be a regular file" },
        /* Manifests. */
        { { { V "/v1.0.0/001_a.json", DATA, "{\"colour\": 1}" } }, -EBADMSG, V "/v1.0.0/001_a.json: ", "\"colour\"" },
        { { { V "/v1.0.0/001_a.json", DATA, "{\n}\nx" } }, -EBADMSG, V "/v1.0.0/001_a.json:3: ", "" },
        { { { V "/v1.0.0/001_a.json", DATA, NULL } }, -EBADMSG, V "/v1.0.0/001_a.json:1: ", "ends" },
        { { { V "/v1.0.0/001_a.json", DIR, NULL } }, -EBADMSG, V "/v1.0.0/001_a.json: ", "must be a regular file" },
        { { { V "/v1.0.0/001_a.json", S_IFIFO | 0600, NULL } },
          -EBADMSG,
          V "/v1.0.0/001_a.json: ",
          "must be a regular file" },
        { { { V "/v1.0.0/001_a.json", LINK, "/etc/passwd" } }, -ELOOP, V "/v1.0.0/001_a.json: ", "symbolic link" },
        { { { V "/package.json", DATA, "{\"since\": \"1\"}" } }, -EBADMSG, V "/package.json: ", "\"since\"" },
        { { { V "/package.json", LINK, "v1.0.0/x" } }, -ELOOP, V "/package.json: ", "symbolic link" },
        /* The same in the administrator's directory. */
        { { { A "/v1", DIR, NULL } }, -EBADMSG, A "/v1: ", "semantic version" },
        { { { A "/v1.0.0", LINK, "/dev/null" } }, -ENOTDIR, A "/v1.0.0: ", "must be a directory" },
        { { { A, LINK, "/dev/null" } }, -ENOTDIR, A ": ", "must be a directory" },
        { { { A "/v1.0.0/001_a.sh.bak", PROG, NULL } }, -EBADMSG, A "/v1.0.0/001_a.sh.bak: ", "neither a migration" },
        { { { A "/v2.0.0/bak", PROG, NULL } }, -EBADMSG, A "/v2.0.0/bak: ", "neither a migration" },
        { { { A "/v1.0.0/001_a", DATA, NULL } }, -EBADMSG, A "/v1.0.0/001_a: ", "chmod 755" },
        { { { A "/v1.0.0/001_a", LINK, "/bin/true" } }, -EBADMSG, A "/v1.0.0/001_a: ", "must be a regular file" },
        { { { A "/v1.0.0/001_a", LINK, "/dev/nulls" } }, -EBADMSG, A "/v1.0.0/001_a: ", "must be a regular file" },
        { { { A "/v1.0.0/001_a", LINK, "//dev/null" } }, -EBADMSG, A "/v1.0.0/001_a: ", "must be a regular file" },
        { { { A "/v1.0.0/001_a", LINK, "/dev/nul" } }, -EBADMSG, A "/v1.0.0/001_a: ", "must be a regular file" },
        { { { A "/v1.0.0/001_a.json", LINK, "/dev/null" } }, -ELOOP, A "/v1.0.0/001_a.json: ", "symbolic link" },
        { { { A "/v1.0.0/001_a.json", DATA, "[]" } }, -EBADMSG, A "/v1.0.0/001_a.json:1: ", "isn't a JSON object" },
};

START_TEST(test_malformed)
{
        _cleanup_(root_done) struct root root = tree_new();

        tree_add(&root, &(struct tree_entry){ V "/v1.0.0/001_a", PROG, SCRIPT });
        for (size_t i = 0; i < 2 && malformed[_i].entries[i].path; i++)
                tree_add(&root, &malformed[_i].entries[i]);
        assert_refused(&root, malformed[_i].code, malformed[_i].path, malformed[_i].reason);
}
END_TEST

START_TEST(test_size)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_free_ char *text = malloc(MANIFEST_SIZE_MAX + 2);

        ck_assert_ptr_nonnull(text);
        memset(text, ' ', MANIFEST_SIZE_MAX + 1);
        text[MANIFEST_SIZE_MAX + 1] = '\0';
        memcpy(text, "{}", 2);
        tree_add(&root, &(struct tree_entry){ V "/v1.0.0/001_a", PROG, SCRIPT });
        tree_add(&root, &(struct tree_entry){ V "/v1.0.0/001_a.json", DATA, text });
        assert_refused(&root, -EFBIG, V "/v1.0.0/001_a.json: ", "too large");

        text[MANIFEST_SIZE_MAX] = '\0';
        tree_add(&root, &(struct tree_entry){ V "/v1.0.0/001_a.json", DATA, text });
        catalog_free(load(&root));
}
END_TEST

START_TEST(test_package_names)
{
        static const char *const good[] = { "foo", "a1", "0ad", "libstdc++6", "g++-12", "x.y", "a", "Foo", "foo_b" };
        static const char *const bad[] = { "",    ".",   "..",    "../etc", "foo/bar",    "-ab",     "_ab",
                                           "+ab", ".ab", "foo b", "foo\n",  "f\xc3\xb6o", "foo:i386" };
        _cleanup_(root_done) struct root root = tree_new();

        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                ck_assert_msg(package_name_is_valid(good[i]), "%s", good[i]);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                struct catalog *catalog = NULL;

                ck_assert_msg(!package_name_is_valid(bad[i]), "%s", bad[i]);
                ck_assert_int_eq(catalog_load(&root, bad[i], &catalog, NULL), -EINVAL);
        }
}
END_TEST

/* ---- Links and owners ---------------------------------------------------------------------- */

START_TEST(test_links_below_root)
{
        static const char *const bases[] = { VENDOR_DIR, ADMIN_DIR };
        static const char *const targets[] = { "/etc/foo", "../../../../../../../../etc", "/proc/self/root/etc" };

        for (size_t i = 0; i < ELEMENTSOF(bases); i++)
                for (size_t t = 0; t < ELEMENTSOF(targets); t++) {
                        _cleanup_(root_done) struct root root = tree_new();

                        tree_add(&root, &(struct tree_entry){ bases[i], LINK, targets[t] });
                        assert_refused(&root, -EXDEV, bases[i], "leads out of the root");
                }
}
END_TEST

START_TEST(test_link_within_root)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(catalog_freep) struct catalog *catalog = NULL;

        tree_add(&root, &(struct tree_entry){ "/srv/migrations/foo/v1.0.0/001_a", PROG, SCRIPT });
        tree_add(&root, &(struct tree_entry){ VENDOR_DIR, LINK, "../../srv/migrations" });
        catalog = load(&root);
        ck_assert_uint_eq(catalog->n_migrations, 1);
}
END_TEST

START_TEST(test_link_to_package)
{
        _cleanup_(root_done) struct root root = tree_new();

        tree_add(&root, &(struct tree_entry){ VENDOR_DIR "/bar/v1.0.0/001_a", PROG, SCRIPT });
        tree_add(&root, &(struct tree_entry){ V, LINK, "bar" });
        assert_refused(&root, -ENOTDIR, V ": ", "must be a directory");
}
END_TEST

static const struct tree_entry trusted[] = {
        { VENDOR_DIR, DIR, NULL },
        { V, DIR, NULL },
        { V "/package.json", DATA, "{}" },
        { V "/v1.0.0", DIR, NULL },
        { V "/v1.0.0/001_a", PROG, SCRIPT },
        { V "/v1.0.0/001_a.json", DATA, "{}" },
        { V "/v1.0.0/002_b", PROG, SCRIPT },
        { ADMIN_DIR, DIR, NULL },
        { A, DIR, NULL },
        { A "/v1.0.0", DIR, NULL },
        { A "/v1.0.0/002_b", PROG, SCRIPT },
        { A "/v1.0.0/002_b.json", DATA, "{}" },
};

START_TEST(test_owner)
{
        for (size_t i = 0; i < ELEMENTSOF(trusted); i++) {
                _cleanup_(root_done) struct root root = tree_new();
                _cleanup_(catalog_freep) struct catalog *catalog = NULL;
                bool replaced = streq(trusted[i].path, V "/v1.0.0/002_b");
                const char *path;

                for (size_t j = 0; j < ELEMENTSOF(trusted); j++)
                        tree_add(&root, &trusted[j]);
                catalog = load(&root);
                ck_assert_uint_eq(catalog->n_migrations, 2);
                if (replaced) /* a replaced file does no harm */
                        continue;

                path = tree_path(&root, trusted[i].path);
                ck_assert_int_eq(chown(path, 1, 0), 0);
                assert_refused(&root, -EPERM, trusted[i].path, "owned by root");
                path = tree_path(&root, trusted[i].path);
                ck_assert_int_eq(chown(path, 0, 1), 0);
                ck_assert_int_eq(chmod(path, 0775), 0);
                assert_refused(&root, -EPERM, trusted[i].path, "group");
                path = tree_path(&root, trusted[i].path);
                ck_assert_int_eq(chown(path, 0, 0), 0);
                ck_assert_int_eq(chmod(path, 0757), 0);
                assert_refused(&root, -EPERM, trusted[i].path, "everyone");

                /* Group root may write. */
                ck_assert_int_eq(chmod(tree_path(&root, trusted[i].path), 0775), 0);
                catalog_free(load(&root));
                /* A user who isn't root may read any file. */
                ck_assert_int_eq(chmod(tree_path(&root, trusted[i].path), 0777), 0);
                ck_assert_int_eq(seteuid(65534), 0);
                catalog_free(load(&root));
                ck_assert_int_eq(seteuid(0), 0);
        }
}
END_TEST

static Suite *catalog_suite(void)
{
        Suite *suite = suite_create("catalog");
        TCase *tcase = tcase_create("catalog");

        tcase_add_unchecked_fixture(tcase, trees_setup, trees_teardown);
        tcase_add_test(tcase, test_nothing);
        tcase_add_test(tcase, test_order);
        tcase_add_test(tcase, test_manifests);
        tcase_add_test(tcase, test_administrator);
        tcase_add_test(tcase, test_strays);
        tcase_add_test(tcase, test_strays_without_package);
        tcase_add_loop_test(tcase, test_malformed, 0, ELEMENTSOF(malformed));
        tcase_add_test(tcase, test_size);
        tcase_add_test(tcase, test_package_names);
        tcase_add_test(tcase, test_links_below_root);
        tcase_add_test(tcase, test_link_within_root);
        tcase_add_test(tcase, test_link_to_package);
        tcase_add_test(tcase, test_owner);
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run_as_root(catalog_suite());
}
