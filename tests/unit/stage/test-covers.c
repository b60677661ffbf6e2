/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/covers.h"

#include "../support/filesystem.h"
#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"

#include <stdio.h>
#include <sys/mount.h>

/* What of the root is covered: "<path below the root>=<type> " for each. */
static char *list_below(const struct root *root, const struct stage_mounts *mounts)
{
        static const char *const types[] = {
                [SANDBOX_COVER_OVERLAY] = "overlay",
                [SANDBOX_COVER_ENTRY] = "entry",
                [SANDBOX_COVER_AS_IS] = "as-is",
                [SANDBOX_COVER_PROC] = "proc",
        };
        _cleanup_(covers_done) struct covers covers = { 0 };
        _cleanup_error_ struct error error = { 0 };
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        ck_assert_ptr_nonnull(stream);
        ck_assert_msg(covers_list(root, mounts, &covers, &error) == 0, "%s", error_text(&error));
        for (size_t i = 0; i < covers.n; i++) {
                const char *below = str_startswith(covers.covers[i].path, root->path);

                if (below)
                        fprintf(stream, "%s=%s ", below, types[covers.covers[i].type]);
        }
        fclose(stream);
        return text;
}

static void mount_below(const struct root *root, const char *type, const char *path)
{
        tree_add(root, &(struct tree_entry){ path, S_IFDIR | 0755, NULL });
        ck_assert_int_eq(mount("none", tree_path(root, path), type, 0, NULL), 0);
}

static void bind_below(const struct root *root, const char *path, mode_t mode)
{
        char source[16];

        snprintf(source, sizeof(source), "%s.source", path);
        tree_add(root, &(struct tree_entry){ source, mode, NULL });
        tree_add(root, &(struct tree_entry){ path, 0644, NULL });
        ck_assert_int_eq(shell("mount --bind %s/%s %s/%s", root->path, source, root->path, path), 0);
}

/* Where nothing else covers the root; here that is a mount of its own, /tmp being private. */
static struct root root_new(void)
{
        struct root root = tree_new();

        filesystem_leave_mounts(&root);
        return root;
}

START_TEST(test_root)
{
        _cleanup_(root_done) struct root root = root_new();
        _cleanup_free_ char *got = list_below(&root, &(struct stage_mounts){ 0 });

        ck_assert_str_eq(got, "=overlay ");
}
END_TEST

START_TEST(test_mounts)
{
        _cleanup_(root_done) struct root root = root_new();
        _cleanup_free_ char *got = NULL;

        mount_below(&root, "tmpfs", "/disk");
        mount_below(&root, "tmpfs", "/disk/inner");
        mount_below(&root, "proc", "/proc");
        mount_below(&root, "sysfs", "/sys");
        bind_below(&root, "/file", 0644);
        bind_below(&root, "/fifo", S_IFIFO | 0644);
        got = list_below(&root, &(struct stage_mounts){ 0 });
        ck_assert_str_eq(got, "=overlay /disk=overlay /disk/inner=overlay /file=overlay /proc=proc /sys=as-is ");
}
END_TEST

/* What has an overlay needs no other; the mounts in it do, since it hides them. */
START_TEST(test_areas)
{
        _cleanup_(root_done) struct root root = root_new();
        _cleanup_free_ char *disk = strdup(tree_path(&root, "/disk")), *got = NULL;
        struct sandbox_mount overlays[] = { { .path = root.path }, { .path = disk } };

        mount_below(&root, "tmpfs", "/disk");
        mount_below(&root, "tmpfs", "/disk/inner");
        got = list_below(&root, &(struct stage_mounts){ .mounts = overlays, .n = 2 });
        ck_assert_str_eq(got, "/disk/inner=overlay ");
}
END_TEST

/* On "/", the directories in it are covered that aren't empty and may have sockets in them. */
START_TEST(test_slash)
{
        _cleanup_(root_done) struct root slash = { .fd = -EBADF };
        _cleanup_free_ char *got = NULL, *around = NULL;

        ck_assert_int_eq(root_init(&slash, "/"), 0);
        got = list_below(&slash, &(struct stage_mounts){ 0 });
        ck_assert_int_ge(asprintf(&around, " %s", got), 0);
        ck_assert_msg(strstr(around, " /var=entry ") && !strstr(around, " /usr=") && !strstr(around, " /=") &&
                              !strstr(around, " /tmp"),
                      "%s", got);
}
END_TEST

static Suite *suite(void)
{
        Suite *s = suite_create("covers");
        TCase *list = trees_case(s, "list", 60);

        tcase_add_test(list, test_root);
        tcase_add_test(list, test_mounts);
        tcase_add_test(list, test_areas);
        tcase_add_test(list, test_slash);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
