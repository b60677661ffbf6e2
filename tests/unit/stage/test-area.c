/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which directories get overlays, for paths that are declared in real trees. */

#include "../support/suite.h"
#include "../support/tree.h"
#include "basic/path.h"
#include "stage/area.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>

#define TIMEOUT_SEC 60
#define WRITES_MAX  6

/* The tests' mounts are visible only to them. */
static void leave_mounts(void)
{
        ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
        ck_assert_int_eq(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL), 0);
}

static void mount_at(const struct root *root, const char *path, const char *type, unsigned long flags)
{
        ck_assert_msg(mount("test", tree_path(root, path), type, flags, NULL) == 0, "can't mount %s: %m", path);
}

static void add_strings(FILE *stream, const char *prefix, const struct strv *strings)
{
        for (size_t i = 0; i < strings->n; i++)
                fprintf(stream, "%s%s", i > 0 ? "," : prefix, *strings->list[i] ? strings->list[i] : ".");
}

/* "/etc{foo,bar}", without the root's path; "." is the whole area; its mounts follow a "!". */
static char *describe(const struct root *root, const struct areas *areas)
{
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        ck_assert_ptr_nonnull(stream);
        for (size_t i = 0; i < areas->n; i++) {
                const struct area *area = &areas->areas[i];
                _cleanup_free_ char *path = NULL;

                ck_assert_int_eq(fd_get_path(area->fd, &path), 0);
                ck_assert_str_eq(path, area->path);
                ck_assert_ptr_nonnull(str_startswith(area->path, root->path));
                fprintf(stream, "%s%s{", i > 0 ? " " : "", area->path + strlen(root->path));
                add_strings(stream, "", &area->declared);
                add_strings(stream, "!", &area->mounts);
                fputs("}", stream);
        }
        fclose(stream);
        return text;
}

static void expect(const struct root *root, const char *const *writes, const char *description)
{
        _cleanup_(areas_freep) struct areas *areas = NULL;
        _cleanup_error_ struct error error = { 0 };
        _cleanup_free_ char *got = NULL;
        int r = areas_new(root, (char *const *)(uintptr_t)writes, &areas, &error);

        ck_assert_msg(r == 0, "%s", error_text(&error));
        got = describe(root, areas);
        ck_assert_str_eq(got, description);
}

/* The message is one line that has all of @words, separated by "|". */
static void expect_refusal(const struct root *root, const char *const *writes, int code, const char *words)
{
        _cleanup_error_ struct error error = { 0 };
        _cleanup_free_ char *list = strdup(words);
        struct areas *areas = NULL;
        char *rest = list, *word;

        ck_assert_int_eq(areas_new(root, (char *const *)(uintptr_t)writes, &areas, &error), code);
        ck_assert_ptr_null(areas);
        ck_assert_ptr_null(strchr(error_text(&error), '\n'));
        while ((word = strsep(&rest, "|")))
                ck_assert_msg(strstr(error_text(&error), word) != NULL, "%s: not in: %s", word, error_text(&error));
}

/* ---- Without mounts -------------------------------------------------------------------------- */

static const struct tree_entry entries[] = {
        { "/etc/foo/file", 0644, NULL },
        { "/etc/foo.conf", 0644, NULL },
        { "/etc/bar/baz/file", 0644, NULL },
        { "/srv/a/b/c", S_IFDIR | 0755, NULL },
        { "/srv/with blank, \xc3\xbc", S_IFDIR | 0755, NULL },
        { "/var/lib/foo", S_IFDIR | 0755, NULL },
        { "/var/cache", S_IFDIR | 0755, NULL },
        { "/data/real/deep", S_IFDIR | 0755, NULL },
        { "/data/real.conf", 0644, NULL },
        /* Links. */
        { "/etc/relative", S_IFLNK, "../data/real" },
        { "/etc/dots", S_IFLNK, ".././etc//../data/real/deep/.." },
        { "/etc/slash", S_IFLNK, "../data/real/" },
        { "/etc/dot", S_IFLNK, "." },
        { "/etc/relative.conf", S_IFLNK, "../data/real.conf" },
        { "/etc/chain", S_IFLNK, "chain2" },
        { "/etc/chain2", S_IFLNK, "relative" },
        { "/etc/dangling", S_IFLNK, "../data/new" },
        { "/etc/dangling-deep", S_IFLNK, "../data/none/new" },
        { "/etc/dangling-dots", S_IFLNK, "../data/none/../new" },
        { "/etc/inside", S_IFLNK, "foo/file" },
        { "/lib", S_IFLNK, "data" },
        { "/etc/absolute", S_IFLNK, "/data/real" },
        { "/etc/out", S_IFLNK, "../../../../../../../../../../tmp" },
        { "/etc/loop", S_IFLNK, "loop2" },
        { "/etc/loop2", S_IFLNK, "loop" },
        { "/etc/top", S_IFLNK, ".." },
        { "/etc/state", S_IFLNK, "../var/lib/deploy-migrate" },
        { "/etc/state-below", S_IFLNK, "../var/lib/deploy-migrate/foo" },
        { "/etc/var", S_IFLNK, "../var" },
        { "/etc/through", S_IFLNK, "foo.conf/x" },
};

static struct root tree_with_entries(void)
{
        struct root root = tree_new();

        for (size_t i = 0; i < ELEMENTSOF(entries); i++)
                tree_add(&root, &entries[i]);
        return root;
}

static const struct {
        const char *writes[WRITES_MAX];
        const char *areas;
} cases[] = {
        { { NULL }, "" },
        { { "/etc/foo" }, "{etc/foo}" },
        { { "/etc/foo.conf" }, "{etc/foo.conf}" },
        { { "/etc/foo", "/etc/foo.conf", "/etc/foo" }, "{etc/foo,etc/foo.conf}" },
        { { "/srv/with blank, \xc3\xbc" }, "{srv/with blank, \xc3\xbc}" },
        /* The root of a tree can be changed like another directory. */
        { { "/etc" }, "{etc}" },
        { { "/new" }, "{new}" },
        { { "/srv", "/etc/foo" }, "{etc/foo,srv}" },
        /* A missing path in a missing directory. */
        { { "/etc/new" }, "{etc/new}" },
        { { "/etc/new/er/file" }, "{etc/new/er/file}" },
        { { "/new/x", "/etc/foo" }, "{etc/foo,new/x}" },
        { { "/etc/new", "/etc/new/er" }, "{etc/new}" },
        /* The defaults, some missing, beside the state directory. */
        { { "/etc/foo", "/var/lib/foo", "/var/cache/foo", "/var/log/foo" },
          "{etc/foo,var/cache/foo,var/lib/foo,var/log/foo}" },
        /* Nested paths, in both orders. */
        { { "/srv/a", "/srv/a/b/c" }, "{srv/a}" },
        { { "/srv/a/b/c", "/srv/a/b/new/x", "/srv/a" }, "{srv/a}" },
        { { "/srv/a/b/c", "/srv/a/b" }, "{srv/a/b}" },
        { { "/srv/a/b/c", "/etc/foo/file", "/srv/a/x" }, "{etc/foo/file,srv/a/b/c,srv/a/x}" },
        { { "/etc/foo", "/etc/foo/file" }, "{etc/foo}" },
        { { "/etc/foo", "/etc/foobar" }, "{etc/foo,etc/foobar}" },
        { { "/etc/foo", "/etc/foo.conf", "/etc/foo/file" }, "{etc/foo,etc/foo.conf}" },
        /* An outer one that declares other names. */
        { { "/etc/foo", "/etc/bar/baz" }, "{etc/bar/baz,etc/foo}" },
        /* Links mean themselves and their targets. */
        { { "/etc/relative" }, "{data/real,etc/relative}" },
        { { "/etc/dots" }, "{data/real,etc/dots}" },
        { { "/etc/slash" }, "{data/real,etc/slash}" },
        { { "/etc/dot" }, "{etc}" },
        { { "/etc/relative.conf" }, "{data/real.conf,etc/relative.conf}" },
        { { "/etc/chain" }, "{data/real,etc/chain,etc/chain2,etc/relative}" },
        { { "/etc/dangling" }, "{data/new,etc/dangling}" },
        { { "/etc/dangling-deep" }, "{data/none/new,etc/dangling-deep}" },
        { { "/etc/inside" }, "{etc/foo/file,etc/inside}" },
        { { "/etc/inside", "/etc/foo" }, "{etc/foo,etc/inside}" },
        { { "/lib" }, "{data,lib}" },
        /* On the way. */
        { { "/lib/real" }, "{data/real}" },
        { { "/lib/new/x", "/data/new" }, "{data/new}" },
        { { "/etc/relative/deep" }, "{data/real/deep}" },
};

START_TEST(test_areas)
{
        _cleanup_(root_done) struct root root = tree_with_entries();

        expect(&root, cases[_i].writes, cases[_i].areas);
}
END_TEST

/* On the system's own root, with the tree on a mount point. */
START_TEST(test_areas_on_the_system)
{
        _cleanup_(root_done) struct root tree = tree_new(), slash = { .fd = -EBADF };
        const char *writes[WRITES_MAX] = { NULL };
        _cleanup_(areas_freep) struct areas *areas = NULL;
        _cleanup_error_ struct error error = { 0 };
        _cleanup_free_ char *got = NULL, *path = NULL;

        mount_at(&tree, "/", "tmpfs", 0);
        path = strdup(tree.path);
        root_done(&tree);
        ck_assert_int_eq(root_init(&tree, path), 0); /* the root of the new mount */
        for (size_t i = 0; i < ELEMENTSOF(entries); i++)
                tree_add(&tree, &entries[i]);
        ck_assert_int_eq(root_init(&slash, "/"), 0);
        for (size_t i = 0; cases[_i].writes[i]; i++) {
                writes[i] = strdup(tree_path(&tree, cases[_i].writes[i]));
                ck_assert_ptr_nonnull(writes[i]);
        }
        ck_assert_msg(areas_new(&slash, (char *const *)(uintptr_t)writes, &areas, &error) == 0, "%s",
                      error_text(&error));
        got = describe(&tree, areas);
        ck_assert_str_eq(got, cases[_i].areas);
        for (size_t i = 0; writes[i]; i++)
                free((void *)(uintptr_t)writes[i]);
}
END_TEST

/* ---- What can't be declared ------------------------------------------------------------------ */

static const struct {
        const char *writes[WRITES_MAX];
        int code;
        const char *words;
} refusals[] = {
        { { "/" }, -EPERM, "whole system" },
        { { "/etc/top" }, -EPERM, "/etc/top|whole system" },
        { { "/var" }, -EPERM, "/var |" STATE_DIR "|beside it" },
        { { "/etc/foo", "/var/lib" }, -EPERM, "/var/lib |" STATE_DIR },
        { { STATE_DIR }, -EPERM, STATE_DIR },
        { { STATE_DIR "/foo/x" }, -EPERM, STATE_DIR },
        { { "/etc/state" }, -EPERM, "/etc/state |leads to " STATE_DIR },
        { { "/etc/state-below" }, -EPERM, "/etc/state-below |leads to " STATE_DIR },
        { { "/etc/var" }, -EPERM, "/etc/var |leads to " STATE_DIR },
        { { "/etc/absolute" }, -EXDEV, "/etc/absolute |leads out|relative" },
        { { "/etc/absolute/x" }, -EXDEV, "/etc/absolute/x |leads out" },
        { { "/etc/out" }, -EXDEV, "/etc/out |leads out" },
        { { "/etc/loop" }, -ELOOP, "/etc/loop |symbolic links" },
        { { "/etc/loop/x" }, -ELOOP, "/etc/loop/x |symbolic links" },
        { { "/etc/dangling-dots" }, -ENOENT, "/etc/dangling-dots |doesn't exist" },
        { { "/etc/foo.conf/x" }, -ENOTDIR, "/etc/foo.conf/x" },
        { { "/etc/through" }, -ENOTDIR, "/etc/through" },
};

static void test_refusal_with(const struct root *root, size_t i)
{
        expect_refusal(root, refusals[i].writes, refusals[i].code, refusals[i].words);
}

START_TEST(test_refusals)
{
        _cleanup_(root_done) struct root root = tree_with_entries();

        test_refusal_with(&root, (size_t)_i);
}
END_TEST

START_TEST(test_refusals_with_state)
{
        _cleanup_(root_done) struct root root = tree_with_entries();

        tree_add(&root, &(struct tree_entry){ STATE_DIR "/foo/history.jsonl", 0640, NULL });
        test_refusal_with(&root, (size_t)_i);
}
END_TEST

/* Neither the link nor its target may be changed, by any name. */
START_TEST(test_state_behind_a_link)
{
        static const char *const refused[][2] = {
                { STATE_DIR }, { "/var/lib" }, { "/data/state" }, { "/data/state/foo" }, { "/data" }, { "/lib/state" },
        };
        _cleanup_(root_done) struct root root = tree_with_entries();

        tree_add(&root, &(struct tree_entry){ "/data/state/foo/history.jsonl", 0640, NULL });
        tree_add(&root, &(struct tree_entry){ STATE_DIR, S_IFLNK, "../../data/state" });
        for (size_t i = 0; i < ELEMENTSOF(refused); i++)
                expect_refusal(&root, refused[i], -EPERM, STATE_DIR);
        expect(&root, (const char *const[]){ "/data/real", "/var/lib/foo", NULL }, "{data/real,var/lib/foo}");
}
END_TEST

/* ---- Directly in "/" ------------------------------------------------------------------------- */

START_TEST(test_in_slash)
{
        _cleanup_(root_done) struct root root = { .fd = -EBADF };
        _cleanup_(areas_freep) struct areas *areas = NULL;
        _cleanup_error_ struct error error = { 0 };

        ck_assert_int_eq(root_init(&root, "/"), 0);
        ck_assert_msg(areas_new(&root, (char *[]){ (char[]){ "/etc" }, NULL }, &areas, &error) == 0, "%s",
                      error_text(&error));
        ck_assert_uint_eq(areas->n, 1);
        ck_assert_str_eq(areas->areas[0].path, "/etc");
        ck_assert_uint_eq(areas->areas[0].declared.n, 1);
        ck_assert_str_eq(areas->areas[0].declared.list[0], "");

        expect_refusal(&root, (const char *const[]){ "/deploy-migrate-test", NULL }, -EOPNOTSUPP,
                       "/deploy-migrate-test |directly in /|make the directory");
        expect_refusal(&root, (const char *const[]){ "/deploy-migrate-test/x/y", NULL }, -EOPNOTSUPP,
                       "/deploy-migrate-test/x/y |directly in /");
        expect_refusal(&root, (const char *const[]){ "/", NULL }, -EPERM, "whole system");
        expect_refusal(&root, (const char *const[]){ "/var", NULL }, -EPERM, STATE_DIR);
}
END_TEST

/* A link there can't be changed, but its target can. */
START_TEST(test_link_in_slash)
{
        _cleanup_(root_done) struct root tree = tree_new(), root = { .fd = -EBADF };
        _cleanup_close_ int system = -EBADF;

        tree_add(&tree, &(struct tree_entry){ "/data/srv", S_IFDIR | 0755, NULL });
        tree_add(&tree, &(struct tree_entry){ "/proc", S_IFDIR | 0755, NULL });
        tree_add(&tree, &(struct tree_entry){ "/srv", S_IFLNK, "/data/srv" });
        tree_add(&tree, &(struct tree_entry){ "/file", 0644, NULL });
        ck_assert_int_eq(mount("/proc", tree_path(&tree, "/proc"), "none", MS_BIND | MS_REC, NULL), 0);
        system = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(system, 0);
        ck_assert_int_eq(chroot(tree.path), 0);
        ck_assert_int_eq(chdir("/"), 0);
        ck_assert_int_eq(root_init(&root, "/"), 0);

        expect(&root, (const char *const[]){ "/srv", NULL }, "/data{srv}");
        expect(&root, (const char *const[]){ "/srv/x", NULL }, "/data{srv/x}");
        expect_refusal(&root, (const char *const[]){ "/file", NULL }, -EOPNOTSUPP, "/file |directly in /");

        ck_assert_int_eq(fchdir(system), 0);
        ck_assert_int_eq(chroot("."), 0);
}
END_TEST

/* ---- Mounts ---------------------------------------------------------------------------------- */

struct mounted {
        const char *path;
        const char *type; /* NULL: the file /etc/foo.conf of the tree is bound there */
        unsigned long flags;
};

static const struct {
        struct mounted mounts[4];
        const char *writes[WRITES_MAX];
        const char *areas;
} mount_cases[] = {
        /* Declared itself, or below a declared path. */
        { { { "/srv/a", "tmpfs", 0 } }, { "/srv/a" }, "/srv/a{.}" },
        { { { "/srv/a", "tmpfs", 0 } }, { "/srv/a/x" }, "/srv/a{x}" },
        { { { "/srv/a/b", "tmpfs", 0 } }, { "/srv/a" }, "{srv/a} /srv/a/b{.}" },
        { { { "/srv/a", "tmpfs", 0 } }, { "/srv/a", "/srv/x" }, "{srv/x} /srv/a{.}" },
        { { { "/srv/a/b/c", "tmpfs", 0 }, { "/srv/a/b", "tmpfs", 0 } }, { "/srv/a" }, "{srv/a} /srv/a/b{.}" },
        { { { "/srv/a/b", "tmpfs", 0 }, { "/data/real", "tmpfs", 0 } }, { "/srv/a" }, "{srv/a!data/real} /srv/a/b{.}" },
        /* One on top of the other. */
        { { { "/srv/a/b", "proc", 0 }, { "/srv/a/b", "tmpfs", 0 } }, { "/srv/a" }, "{srv/a} /srv/a/b{.}" },
        { { { "/srv/a", "tmpfs", 0 }, { "/srv/a", "tmpfs", MS_RDONLY } }, { "/srv/a" }, "" },
        /* Declared both itself and by the directory that contains it. */
        { { { "/srv/a/b", "tmpfs", 0 } }, { "/srv/a/b/x", "/srv/a" }, "{srv/a} /srv/a/b{.}" },
        { { { "/srv/a/b", "tmpfs", 0 } }, { "/srv/a/b", "/srv/a" }, "{srv/a} /srv/a/b{.}" },
        /* Elsewhere below the root of an area. */
        { { { "/srv/a", "tmpfs", 0 } }, { "/srv/x" }, "{srv/x!srv/a}" },
        { { { "/srv/a/b", "tmpfs", 0 }, { "/srv/a/b", "tmpfs", 0 } }, { "/srv/x" }, "{srv/x!srv/a/b}" },
        { { { "/srv/a", "tmpfs", 0 }, { "/srv/with blank, \xc3\xbc", "proc", 0 } },
          { "/srv/x", "/srv/y" },
          "{srv/x,srv/y!srv/a,srv/with blank, \xc3\xbc}" },
        { { { "/etc/bar", "tmpfs", 0 } }, { "/etc/foo", "/etc/bar/x" }, "{etc/foo} /etc/bar{x}" },
        { { { "/data", "tmpfs", 0 } }, { "/srv/x" }, "{srv/x!data}" },
        /* A read-only mount stays read-only. */
        { { { "/srv/a/b", "tmpfs", MS_RDONLY } }, { "/srv/a" }, "{srv/a!srv/a/b}" },
        { { { "/srv/a/b", "proc", MS_RDONLY } }, { "/srv/a" }, "{srv/a!srv/a/b}" },
        { { { "/srv/a", "tmpfs", MS_RDONLY } }, { "/srv/a" }, "" },
        { { { "/srv/a", "tmpfs", MS_RDONLY } }, { "/srv/a/x/y", "/etc/foo" }, "{etc/foo!srv/a}" },
        { { { "/srv/a", "tmpfs", MS_RDONLY } }, { "/srv/a/x", "/srv/b" }, "{srv/b!srv/a}" },
        { { { "/etc/bar/baz/file", NULL, MS_RDONLY } }, { "/etc/bar" }, "{etc/bar!etc/bar/baz/file}" },
        /* A file elsewhere. */
        { { { "/etc/bar/baz/file", NULL, 0 } }, { "/etc/foo" }, "{etc/foo!etc/bar/baz/file}" },
        /* A path through a link. */
        { { { "/data/real/deep", "tmpfs", 0 } }, { "/etc/relative" }, "{data/real,etc/relative} /data/real/deep{.}" },
};

static void add_mount(const struct root *root, const struct mounted *mounted)
{
        char *source;

        if (mounted->type) {
                mount_at(root, mounted->path, mounted->type, mounted->flags);
                return;
        }
        source = strdup(tree_path(root, "/etc/foo.conf"));
        ck_assert_ptr_nonnull(source);
        ck_assert_int_eq(mount(source, tree_path(root, mounted->path), "none", MS_BIND, NULL), 0);
        if (mounted->flags)
                ck_assert_int_eq(mount("none", tree_path(root, mounted->path), "none",
                                       MS_BIND | MS_REMOUNT | mounted->flags, NULL),
                                 0);
        free(source);
}

START_TEST(test_mounts)
{
        _cleanup_(root_done) struct root root = tree_with_entries();

        for (size_t i = 0; i < ELEMENTSOF(mount_cases[_i].mounts) && mount_cases[_i].mounts[i].path; i++)
                add_mount(&root, &mount_cases[_i].mounts[i]);
        expect(&root, mount_cases[_i].writes, mount_cases[_i].areas);
}
END_TEST

/* Mounts in mounts, each of which is an area or in one. */
START_TEST(test_nested_mounts)
{
        _cleanup_(root_done) struct root root = tree_with_entries();

        mount_at(&root, "/srv/a", "tmpfs", 0);
        tree_add(&root, &(struct tree_entry){ "/srv/a/locked/open", S_IFDIR | 0755, NULL });
        tree_add(&root, &(struct tree_entry){ "/srv/a/inner/x", S_IFDIR | 0755, NULL });
        mount_at(&root, "/srv/a/inner", "tmpfs", 0);
        mount_at(&root, "/srv/a/locked", "tmpfs", 0);
        tree_add(&root, &(struct tree_entry){ "/srv/a/locked/open", S_IFDIR | 0755, NULL });
        mount_at(&root, "/srv/a/locked/open", "tmpfs", 0);
        mount_at(&root, "/srv/a/locked", "none", MS_REMOUNT | MS_RDONLY);

        expect(&root, (const char *const[]){ "/srv/a", NULL },
               "/srv/a{.!locked} /srv/a/inner{.} /srv/a/locked/open{.}");
        expect(&root, (const char *const[]){ "/srv", NULL },
               "{srv} /srv/a{.!locked} /srv/a/inner{.} /srv/a/locked/open{.}");
        expect(&root, (const char *const[]){ "/srv/x", NULL }, "{srv/x!srv/a}");
        expect(&root, (const char *const[]){ "/srv/a/x", "/srv/y", NULL }, "{srv/y} /srv/a{x!inner,locked}");
}
END_TEST

/* As the kernel does it after an error: the mount table that is left from before doesn't tell. */
static void make_read_only(const char *path)
{
        int fs = fspick(AT_FDCWD, path, FSPICK_CLOEXEC);

        ck_assert_int_ge(fs, 0);
        ck_assert_int_eq(fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0), 0);
        ck_assert_int_eq(fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0), 0);
        close(fs);
}

START_TEST(test_read_only_since)
{
        _cleanup_(root_done) struct root root = tree_with_entries();
        _cleanup_(mountinfo_freep) struct mountinfo *mounts = NULL;
        _cleanup_free_ char *path = strdup(tree_path(&root, "/srv/a"));
        char srv[] = "/srv/a";
        const struct areas_request request = { .root = &root, .writes = (char *[]){ srv, NULL }, .mounts = &mounts };

        mount_at(&root, "/srv/a", "tmpfs", 0);
        for (size_t i = 0; i < 2; i++) {
                _cleanup_(areas_freep) struct areas *areas = NULL;
                _cleanup_error_ struct error error = { 0 };

                ck_assert_int_eq(areas_find_out(&request, &areas, &error), 0);
                ck_assert_ptr_nonnull(mounts);
                ck_assert_uint_eq(areas->n, 1 - i);
                make_read_only(path);
        }
}
END_TEST

static const struct {
        struct mounted mounts[2];
        const char *writes[WRITES_MAX];
        const char *words;
} mount_refusals[] = {
        { { { "/srv/a/b", "proc", 0 } }, { "/srv/a" }, "/srv/a |/srv/a/b is|(proc)" },
        { { { "/srv/a", "proc", 0 } }, { "/srv/a" }, "/srv/a |(proc)" },
        { { { "/srv/a", "proc", 0 } }, { "/srv/a/sys/kernel" }, "/srv/a/sys/kernel |/srv/a is|(proc)" },
        { { { "/srv/a", "sysfs", 0 } }, { "/srv/a" }, "(sysfs)" },
        { { { "/srv/a", "devpts", 0 } }, { "/srv" }, "/srv |(devpts)" },
        { { { "/srv/a", "mqueue", 0 } }, { "/srv" }, "(mqueue)" },
        { { { "/etc/bar/baz/file", NULL, 0 } }, { "/etc/bar" }, "/etc/bar |/etc/bar/baz/file|single file|unmount" },
        { { { "/etc/bar/baz/file", NULL, 0 } }, { "/etc/bar/baz/file" }, "/etc/bar/baz/file|single file" },
};

START_TEST(test_mount_refusals)
{
        _cleanup_(root_done) struct root root = tree_with_entries();

        for (size_t i = 0; i < ELEMENTSOF(mount_refusals[_i].mounts) && mount_refusals[_i].mounts[i].path; i++)
                add_mount(&root, &mount_refusals[_i].mounts[i]);
        expect_refusal(&root, mount_refusals[_i].writes, -EOPNOTSUPP, mount_refusals[_i].words);
}
END_TEST

/* ---- A part of what was declared ------------------------------------------------------------- */

static const struct {
        const char *all[WRITES_MAX];
        const char *part[WRITES_MAX];
        const char *areas;
} parts[] = {
        { { "/etc/foo" }, { "/etc/foo" }, "{etc/foo!srv/a/b,data/locked}" },
        { { "/etc/foo" }, { NULL }, "{!srv/a/b,data/locked}" },
        { { "/etc/foo", "/srv/a" }, { "/srv/a" }, "{srv/a!data/locked} /srv/a/b{.}" },
        /* Both were one area. */
        { { "/srv/a", "/srv/a/x/y" }, { "/srv/a/x/y" }, "{srv/a/x/y!data/locked} /srv/a/b{}" },
        { { "/srv/a", "/srv/a/b/c" }, { "/srv/a/b/c" }, "{!data/locked} /srv/a/b{c}" },
        { { "/srv/a", "/srv/a/b" }, { "/srv/a/b" }, "{!data/locked} /srv/a/b{.}" },
        { { "/etc/foo", "/etc/bar/baz" }, { "/etc/bar/baz" }, "{etc/bar/baz!srv/a/b,data/locked}" },
        { { "/etc/relative", "/data/real/deep" }, { "/data/real/deep" }, "{data/real/deep!srv/a/b,data/locked}" },
        { { "/data/locked/x", "/data/x" }, { "/data/locked/x" }, "{!srv/a/b,data/locked}" },
};

START_TEST(test_declare)
{
        _cleanup_(root_done) struct root root = tree_with_entries();
        _cleanup_(areas_freep) struct areas *areas = NULL;
        _cleanup_error_ struct error error = { 0 };
        _cleanup_free_ char *got = NULL;

        mount_at(&root, "/srv/a/b", "tmpfs", 0);
        tree_add(&root, &(struct tree_entry){ "/data/locked", S_IFDIR | 0755, NULL });
        mount_at(&root, "/data/locked", "tmpfs", MS_RDONLY);
        ck_assert_int_eq(areas_new(&root, (char *const *)(uintptr_t)parts[_i].all, &areas, &error), 0);
        ck_assert_int_eq(areas_declare(areas, &root, (char *const *)(uintptr_t)parts[_i].part, &error), 0);
        got = describe(&root, areas);
        ck_assert_str_eq(got, parts[_i].areas);
}
END_TEST

/* ---- Asking an area -------------------------------------------------------------------------- */

static const struct {
        const char *declared[4];
        const char *path;
        bool allowed;
        bool leads;
} questions[] = {
        { { "" }, "", true, false },
        { { "" }, "a/b", true, false },
        { { "a" }, "", false, true },
        { { "a" }, "a", true, false },
        { { "a" }, "a/b/c", true, false },
        { { "a" }, "ab", false, false },
        { { "ab" }, "a", false, false },
        { { "a/b/c" }, "a", false, true },
        { { "a/b/c" }, "a/b", false, true },
        { { "a/b/c" }, "a/b/c", true, false },
        { { "a/b/c" }, "a/b/c/d", true, false },
        { { "a/b/c" }, "a/x", false, false },
        { { "x", "a/b" }, "a", false, true },
        { { "x", "a/b" }, "x/y", true, false },
        { { NULL }, "", false, false },
        { { NULL }, "a", false, false },
};

START_TEST(test_questions)
{
        struct area area = { .declared.list = (char **)(uintptr_t)questions[_i].declared };

        while (area.declared.list[area.declared.n])
                area.declared.n++;
        ck_assert(area_allows(&area, questions[_i].path) == questions[_i].allowed);
        ck_assert(area_leads_to_declared(&area, questions[_i].path) == questions[_i].leads);
}
END_TEST

static TCase *case_with_mounts(Suite *suite, const char *name)
{
        TCase *tcase = tcase_create(name);

        tcase_set_timeout(tcase, TIMEOUT_SEC);
        tcase_add_unchecked_fixture(tcase, leave_mounts, NULL);
        tcase_add_unchecked_fixture(tcase, trees_setup, trees_teardown);
        tcase_add_checked_fixture(tcase, NULL, trees_detach_mounts);
        suite_add_tcase(suite, tcase);
        return tcase;
}

static Suite *suite(void)
{
        Suite *s = suite_create("area");
        TCase *declared = case_with_mounts(s, "declared"), *mounts = case_with_mounts(s, "mounts");
        TCase *pure = tcase_create("questions");

        tcase_add_loop_test(declared, test_areas, 0, ELEMENTSOF(cases));
        tcase_add_loop_test(declared, test_refusals, 0, ELEMENTSOF(refusals));
        tcase_add_loop_test(declared, test_refusals_with_state, 0, ELEMENTSOF(refusals));
        tcase_add_test(declared, test_state_behind_a_link);
        tcase_add_test(declared, test_in_slash);
        tcase_add_test(declared, test_link_in_slash);

        tcase_add_loop_test(mounts, test_areas_on_the_system, 0, ELEMENTSOF(cases));
        tcase_add_loop_test(mounts, test_mounts, 0, ELEMENTSOF(mount_cases));
        tcase_add_test(mounts, test_nested_mounts);
        tcase_add_test(mounts, test_read_only_since);
        tcase_add_loop_test(mounts, test_mount_refusals, 0, ELEMENTSOF(mount_refusals));
        tcase_add_loop_test(mounts, test_declare, 0, ELEMENTSOF(parts));

        tcase_add_loop_test(pure, test_questions, 0, ELEMENTSOF(questions));
        suite_add_tcase(s, pure);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
