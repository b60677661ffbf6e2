/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which mounts are missing for declared paths, in real trees with real mounts. */

#include "stage/missing-mounts.h"

#include "../support/suite.h"
#include "../support/tree.h"
#include "basic/clock.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>

#define TIMEOUT_SEC 60
#define PATHS_MAX   4

static const struct tree_entry entries[] = {
        { "/srv/db/data", 0644, NULL },
        { "/srv/with blank", S_IFDIR | 0755, NULL },
        { "/var/lib/app/file", 0644, NULL },
        { "/var/lib/app/data", S_IFDIR | 0755, NULL },
        { "/var/lib/link", S_IFLNK, "../../srv/db" },
        { "/data", S_IFLNK, "srv" },
        { "/var/lib/dangling", S_IFLNK, "../../srv/none/app" },
};

/* The tests' mounts are visible only to them. */
static struct root new_root(void)
{
        struct root root;

        ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
        ck_assert_int_eq(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL), 0);
        root = tree_new();
        for (size_t i = 0; i < ELEMENTSOF(entries); i++)
                tree_add(&root, &entries[i]);
        return root;
}

static void mount_at(const struct root *root, const char *path)
{
        ck_assert_msg(mount("test", tree_path(root, path), "tmpfs", 0, NULL) == 0, "can't mount %s: %m", path);
}

/* The missing ones without the root's path, each with a blank after it. */
static char *describe(const struct root *root, const struct strv *missing)
{
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        ck_assert_ptr_nonnull(stream);
        for (size_t i = 0; i < missing->n; i++) {
                ck_assert_ptr_nonnull(str_startswith(missing->list[i], root->path));
                fprintf(stream, "%s ", missing->list[i] + strlen(root->path));
        }
        fclose(stream);
        return text;
}

static void expect(const struct mount_search *search, const char *description)
{
        _cleanup_strv_ struct strv missing = { 0 };
        _cleanup_error_ struct error error = { 0 };
        _cleanup_free_ char *got = NULL;
        int r = missing_mounts_find(search, &missing, &error);

        ck_assert_msg(r == 0, "%s", error_text(&error));
        got = describe(search->root, &missing);
        ck_assert_str_eq(got, description);
}

#define SRV    "/dev/sda1 /srv ext4\n"
#define SRV_DB "UUID=1 /srv/db ext4 nofail\n"
#define DATA   "nas:/x /var/lib/app/data nfs _netdev,noauto\n"

static const struct {
        const char *fstab;
        const char *mounted[PATHS_MAX];
        const char *writes[PATHS_MAX];
        const char *configured[PATHS_MAX];
        const char *missing;
} cases[] = {
        { "", { NULL }, { "/srv/db" }, { NULL }, "" },
        { SRV, { NULL }, { NULL }, { NULL }, "" },
        { SRV SRV_DB DATA, { NULL }, { "/etc/app", "/srvdb" }, { NULL }, "" },
        /* Above, at and below what is declared. */
        { SRV, { NULL }, { "/srv/db/data" }, { NULL }, "/srv " },
        { SRV, { NULL }, { "/srv" }, { NULL }, "/srv " },
        { SRV, { NULL }, { "/srv/not/yet" }, { NULL }, "/srv " },
        { DATA, { NULL }, { "/var/lib/app" }, { NULL }, "/var/lib/app/data " },
        { SRV, { "/srv" }, { "/srv/db/data" }, { NULL }, "" },
        { SRV, { "/srv" }, { "/srv" }, { NULL }, "" },
        { DATA, { "/var/lib/app/data" }, { "/var/lib/app" }, { NULL }, "" },
        /* One in the other; nearer ones count. */
        { SRV SRV_DB, { NULL }, { "/srv/db" }, { NULL }, "/srv /srv/db " },
        { SRV SRV_DB, { "/srv/db" }, { "/srv/db" }, { NULL }, "" },
        { SRV SRV_DB, { "/srv/db" }, { "/srv" }, { NULL }, "/srv " },
        /* What is mounted above hides the directory. */
        { SRV SRV_DB, { "/srv" }, { "/srv/db" }, { NULL }, "/srv/db " },
        { SRV SRV_DB, { "/srv/db", "/srv" }, { "/srv/db" }, { NULL }, "/srv/db " },
        /* Links, in what is declared and in what is configured. */
        { SRV_DB, { NULL }, { "/var/lib/link" }, { NULL }, "/srv/db " },
        { SRV_DB, { "/srv/db" }, { "/var/lib/link" }, { NULL }, "" },
        { SRV, { NULL }, { "/var/lib/dangling" }, { NULL }, "/srv " },
        { "a /data/db ext4\n", { NULL }, { "/srv/db" }, { NULL }, "/srv/db " },
        { "a /data/db ext4\n", { "/srv/db" }, { "/srv/db" }, { NULL }, "" },
        { "a /data/db ext4\n", { "/srv/db" }, { "/data/db" }, { NULL }, "" },
        { "a /srv/with\\040blank ext4\n", { NULL }, { "/srv" }, { NULL }, "/srv/with blank " },
        /* Of units; and each once. */
        { "", { NULL }, { "/srv/db" }, { "/srv", "/var" }, "/srv " },
        { "", { "/srv" }, { "/srv/db" }, { "/srv", "/var" }, "" },
        { SRV SRV, { NULL }, { "/srv/db", "/srv/db/data" }, { "/srv" }, "/srv " },
        /* What can't be declared will fail; that isn't known here. */
        { SRV, { NULL }, { "/var/lib/deploy-migrate", "/srv" }, { NULL }, "/srv " },
};

START_TEST(test_find)
{
        _cleanup_(root_done) struct root root = new_root();
        const struct mount_search search = {
                .root = &root,
                .writes = (char *const *)(uintptr_t)cases[_i].writes,
                .configured = (char *const *)(uintptr_t)cases[_i].configured,
                .stop_fd = -EBADF,
        };

        tree_add(&root, &(const struct tree_entry){ "/etc/fstab", 0644, cases[_i].fstab });
        for (const char *const *path = cases[_i].mounted; *path; path++)
                mount_at(&root, *path);
        expect(&search, cases[_i].missing);
}
END_TEST

START_TEST(test_bad_fstab)
{
        _cleanup_(root_done) struct root root = new_root();
        _cleanup_strv_ struct strv missing = { 0 };
        char *const writes[] = { (char *)(uintptr_t) "/srv", NULL };

        tree_add(&root, &(const struct tree_entry){ "/etc/fstab", S_IFDIR | 0755, NULL });
        ck_assert_int_eq(
                missing_mounts_find(&(const struct mount_search){ .root = &root, .writes = writes }, &missing, NULL),
                -EISDIR);
}
END_TEST

/* ---- Automounts whose daemon never answers: that it is asked is what ends the wait ---- */

static const struct {
        const char *kind, *path, *declared;
        const char *missing;
} automounts[] = {
        { "direct", "/srv", "/srv/db/data", "/srv " },
        { "direct", "/srv", "/srv", "/srv " },
        { "direct", "/srv", "/var/lib/dangling", "/var/lib/dangling " }, /* what it leads to isn't known */
        { "direct", "/var/lib/app/data", "/var/lib/app", "/var/lib/app/data " },
        { "direct", "/srv", "/var/lib/app", "" },
        { "indirect", "/srv", "/srv/host/data", "/srv " },
        { "indirect", "/var/lib/app/data", "/var/lib/app", "" },
};

START_TEST(test_dead_automount)
{
        _cleanup_(root_done) struct root root = new_root();
        char options[128];
        char *const writes[] = { (char *)(uintptr_t)automounts[_i].declared, NULL };
        int fds[2];

        ck_assert_int_eq(pipe(fds), 0);
        snprintf(options, sizeof(options), "fd=%d,pgrp=1,minproto=5,maxproto=5,%s", fds[1], automounts[_i].kind);
        if (mount("test", tree_path(&root, automounts[_i].path), "autofs", 0, options) < 0) {
                printf("SKIP: no automounts can be made here: %m\n");
                return;
        }
        expect(&(const struct mount_search){ .root = &root,
                                             .writes = writes,
                                             .automount_usec = TIMEOUT_SEC * USEC_PER_SEC,
                                             .stop_fd = fds[0] },
               automounts[_i].missing);
        ck_assert_int_eq(poll(&(struct pollfd){ .fd = fds[0], .events = POLLIN }, 1, 0), *automounts[_i].missing != 0);
}
END_TEST

static Suite *suite(void)
{
        Suite *s = suite_create("missing-mounts");
        TCase *system = trees_case(s, "system", TIMEOUT_SEC);

        tcase_add_loop_test(system, test_find, 0, ELEMENTSOF(cases));
        tcase_add_test(system, test_bad_fstab);
        tcase_add_loop_test(system, test_dead_automount, 0, ELEMENTSOF(automounts));
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
