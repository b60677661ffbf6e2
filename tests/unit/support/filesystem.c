/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "filesystem.h"
#include "shell.h"

#include <check.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>

void filesystem_leave_mounts(struct root *root)
{
        _cleanup_free_ char *path = strdup(root->path);

        ck_assert_ptr_nonnull(path);
        ck_assert_msg(unshare(CLONE_NEWNS) == 0, "can't make a mount namespace: %m");
        ck_assert_int_eq(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL), 0);
        root_done(root);
        ck_assert_int_eq(root_init(root, path), 0);
}

/* Mounts a tmpfs over the tree. */
static void mount_tmpfs(struct root *root, const char *options)
{
        _cleanup_free_ char *path = strdup(root->path);

        ck_assert_ptr_nonnull(path);
        filesystem_leave_mounts(root);
        ck_assert_msg(mount("tmpfs", path, "tmpfs", 0, options) == 0, "can't mount a tmpfs: %m");
        root_done(root);
        ck_assert_int_eq(root_init(root, path), 0);
}

struct root filesystem_new(enum filesystem filesystem)
{
        struct root root = tree_new();

        if (filesystem == FILESYSTEM_TMPFS)
                mount_tmpfs(&root, "mode=0755");
        return root;
}

struct root filesystem_new_limited(size_t size)
{
        struct root root = tree_new();
        char options[64];

        snprintf(options, sizeof(options), "mode=0755,size=%zu", size);
        mount_tmpfs(&root, options);
        return root;
}

void allow_few_files(void)
{
        struct rlimit limit;

        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        limit.rlim_cur = 32;
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

bool filesystem_mount_casefold(const struct root *root, const char *path)
{
        tree_add(root, &(struct tree_entry){ path, S_IFDIR | 0755, NULL });
        ck_assert_int_eq(shell("cd %s && truncate -s 8M image && mke2fs -q -F -t ext4 -O casefold image", root->path),
                         0);
        if (access("/sys/fs/ext4/features/casefold", F_OK) < 0)
                return false;
        ck_assert_int_eq(shell("cd %s && mount -o loop image .%s", root->path, path), 0);
        ck_assert_int_eq(shell("cd %s%s && rmdir lost+found && echo x >file", root->path, path), 0);
        return true;
}
