/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tree.h"
#include "basic/io.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mount.h>

static char top[PATH_MAX / 2];

void trees_setup(void)
{
        const char *tmpdir = getenv("TMPDIR");

        snprintf(top, sizeof(top), "%s/deploy-migrate-test-XXXXXX", tmpdir ? tmpdir : "/tmp");
        ck_assert_msg(mkdtemp(top) != NULL, "can't make %s: %m", top);
        ck_assert_int_eq(chmod(top, 0755), 0);
        umask(0);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

/* As the kernel writes it: a blank is "\040". */
static void unescape(char *path)
{
        char *to = path;
        unsigned char byte;

        for (const char *from = path; *from; to++)
                if (sscanf(from, "\\%3hho", &byte) == 1) {
                        *to = (char)byte;
                        from += strlen("\\040");
                } else {
                        *to = *from++;
                }
        *to = '\0';
}

void trees_detach_mounts(void)
{
        FILE *mounts = fopen("/proc/self/mountinfo", "re");
        char line[2 * PATH_MAX], path[PATH_MAX];

        ck_assert_ptr_nonnull(mounts);
        while (fgets(line, sizeof(line), mounts))
                if (sscanf(line, "%*s %*s %*s %*s %4095s", path) == 1 && str_startswith(path, top)) {
                        unescape(path);
                        (void)umount2(path, MNT_DETACH); /* it may have gone with the one that it is in */
                }
        fclose(mounts);
}

void trees_teardown(void)
{
        trees_detach_mounts();
        ck_assert_msg(nftw(top, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0, "can't remove %s: %m", top);
}

TCase *trees_case(Suite *suite, const char *name, double timeout_sec)
{
        TCase *tcase = tcase_create(name);

        tcase_set_timeout(tcase, timeout_sec);
        tcase_add_unchecked_fixture(tcase, trees_setup, trees_teardown);
        suite_add_tcase(suite, tcase);
        return tcase;
}

struct root tree_new(void)
{
        char path[PATH_MAX];
        struct root root;

        snprintf(path, sizeof(path), "%s/XXXXXX", top);
        ck_assert_msg(mkdtemp(path) != NULL, "can't make %s: %m", path);
        ck_assert_int_eq(chmod(path, 0755), 0);
        ck_assert_int_eq(root_init(&root, path), 0);
        return root;
}

const char *tree_path(const struct root *root, const char *path)
{
        static char full[PATH_MAX];

        snprintf(full, sizeof(full), "%s%s", root->path, path);
        return full;
}

static void add_parents(const struct root *root, const char *path)
{
        char parent[PATH_MAX];
        int fd;

        snprintf(parent, sizeof(parent), "%s", path);
        *strrchr(parent, '/') = '\0';
        fd = root_open_mkdirs(root, parent[0] ? parent : "/");
        ck_assert_msg(fd >= 0, "can't make %s: %s", tree_path(root, parent), strerror(-fd));
        close(fd);
}

static void add_file(const char *path, mode_t mode, const char *text)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        ck_assert_msg(fd >= 0, "can't write %s: %m", path);
        ck_assert_int_eq(io_write_all(fd, text ? text : "", text ? strlen(text) : 0), 0);
        ck_assert_int_eq(fchmod(fd, mode), 0);
        close(fd);
}

void tree_add(const struct root *root, const struct tree_entry *entry)
{
        const char *path;

        add_parents(root, entry->path);
        path = tree_path(root, entry->path);
        if (S_ISLNK(entry->mode))
                ck_assert_msg(symlink(entry->text, path) == 0, "can't link %s: %m", path);
        else if (S_ISFIFO(entry->mode))
                ck_assert_msg(mkfifo(path, entry->mode & 07777) == 0, "can't make %s: %m", path);
        else if (!S_ISDIR(entry->mode))
                add_file(path, entry->mode & 07777, entry->text);
        else
                ck_assert_msg(mkdir(path, entry->mode & 07777) == 0 || chmod(path, entry->mode & 07777) == 0,
                              "can't make %s: %m", path);
}
