/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "redo/redo.h"

#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "basic/io.h"
#include "redo/redo-file.h"

#include <fcntl.h>
#include <stdio.h>
#include <zlib.h>

#define ODD "a \n\\\xff/b"

static struct redo *make(void)
{
        struct redo *redo = calloc(1, sizeof(*redo));
        struct redo_area area = { .path = strdup("/srv/" ODD), .hold = strdup(".hold") };
        struct change change = { .kind = CHANGE_MOVE, .path = strdup(ODD), .from = strdup("from"), .inner = true };
        struct redo_rename rename = { .kind = REDO_EXCHANGE,
                                      .path = strdup(ODD),
                                      .slot = 7,
                                      .ino = UINT64_MAX,
                                      .replaced = 1ULL << 63,
                                      .image = true };
        struct redo_meta meta = { .path = strdup(""), .from = strdup(ODD) };
        struct xattr xattr = { .name = strdup("user.x"), .value = strdup("\x01\xff"), .size = 2 };
        struct attributes details = { 0 };

        redo->id = strdup("1.1.0/001_x");
        redo->sha256 = strdup("abc");
        redo->run = strdup("def");
        redo->from = strdup("1.0");
        redo->upgrade = 3;
        redo->position = 1LL << 40;
        redo->duration_ms = 12;
        change.after = (struct stat){ .st_mode = S_IFREG | 04755, .st_size = 1LL << 40, .st_mtim = { -1, 999999999 } };
        ck_assert_int_eq(attributes_add(&details, (struct xattr){ strdup("user.y"), strdup("z"), 1 }), 0);
        change.details_after = (struct change_details){ strdup("to " ODD), details.xattrs, details.n_xattrs };
        meta.before.st.st_mode = S_IFDIR | 0700;
        meta.born = -1;
        meta.after.st = (struct stat){ .st_mode = S_IFDIR | 01777, .st_uid = 4294967294U, .st_gid = 5 };
        ck_assert_int_eq(attributes_add(&meta.after, xattr), 0);
        ck_assert_int_eq(redo_add_area(redo, &area), 0);
        ck_assert_int_eq(changes_add(&redo->changes, &change), 0);
        ck_assert_int_eq(redo_add_rename(redo, &rename), 0);
        ck_assert_int_eq(redo_add_meta(redo, &meta), 0);
        return redo;
}

/* Returns: an open directory, with a log if @filled. */
static int new_directory(bool filled)
{
        _cleanup_(redo_freep) struct redo *redo = make();
        struct root root = tree_new();
        int dir = openat(root.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        ck_assert_int_ge(dir, 0);
        root_done(&root);
        if (filled)
                ck_assert_int_eq(redo_write(redo, dir, REDO_FILE), 0);
        return dir;
}

static int read_log(int dir, const char *name, struct redo **ret, struct error *error)
{
        return redo_read(&(const struct redo_file){ .dir = dir, .name = name, .path = "here" }, ret, error);
}

START_TEST(test_what_is_written_is_read)
{
        _cleanup_(redo_freep) struct redo *redo = NULL;
        _cleanup_close_ int dir = new_directory(true);

        ck_assert_int_eq(read_log(dir, REDO_FILE, &redo, NULL), 0);
        ck_assert_str_eq(redo->id, "1.1.0/001_x");
        ck_assert_str_eq(redo->sha256, "abc");
        ck_assert_str_eq(redo->run, "def");
        ck_assert_int_eq(redo->upgrade, 3);
        ck_assert_int_eq(redo->position, 1LL << 40);
        ck_assert_int_eq(redo->duration_ms, 12);

        ck_assert_uint_eq(redo->n_areas, 1);
        ck_assert_str_eq(redo->areas[0].path, "/srv/" ODD);
        ck_assert_str_eq(redo->areas[0].hold, ".hold");

        ck_assert_uint_eq(redo->changes.n, 1);
        ck_assert_int_eq(redo->changes.changes[0].kind, CHANGE_MOVE);
        ck_assert_str_eq(redo->changes.changes[0].path, ODD);
        ck_assert_str_eq(redo->changes.changes[0].from, "from");
        ck_assert(redo->changes.changes[0].inner);
        ck_assert_uint_eq(redo->changes.changes[0].before.st_mode, 0);
        ck_assert_uint_eq(redo->changes.changes[0].after.st_mode, S_IFREG | 04755);
        ck_assert_int_eq(redo->changes.changes[0].after.st_size, 1LL << 40);
        ck_assert_int_eq(redo->changes.changes[0].after.st_mtim.tv_sec, -1);
        ck_assert_int_eq(redo->changes.changes[0].after.st_mtim.tv_nsec, 999999999);

        ck_assert_ptr_null(redo->changes.changes[0].details_before.target);
        ck_assert_str_eq(redo->changes.changes[0].details_after.target, "to " ODD);
        ck_assert_uint_eq(redo->changes.changes[0].details_after.n_xattrs, 1);
        ck_assert_str_eq(redo->changes.changes[0].details_after.xattrs[0].name, "user.y");

        ck_assert_uint_eq(redo->n_renames, 1);
        ck_assert_int_eq(redo->renames[0].kind, REDO_EXCHANGE);
        ck_assert_str_eq(redo->renames[0].path, ODD);
        ck_assert_uint_eq(redo->renames[0].slot, 7);
        ck_assert_uint_eq(redo->renames[0].ino, UINT64_MAX);
        ck_assert_uint_eq(redo->renames[0].replaced, 1ULL << 63);
        ck_assert(redo->renames[0].image);

        ck_assert_uint_eq(redo->n_metas, 1);
        ck_assert_str_eq(redo->metas[0].path, "");
        ck_assert_str_eq(redo->metas[0].from, ODD);
        ck_assert_int_eq(redo->metas[0].born, -1);
        ck_assert_uint_eq(redo->metas[0].after.st.st_uid, 4294967294U);
        ck_assert_uint_eq(redo->metas[0].after.n_xattrs, 1);
        ck_assert_mem_eq(redo->metas[0].after.xattrs[0].value, "\x01\xff", 2);
}
END_TEST

static void refuse(int dir, const char *data, size_t size)
{
        _cleanup_(redo_freep) struct redo *redo = NULL;
        _cleanup_error_ struct error error = { 0 };
        _cleanup_close_ int fd = openat(dir, "damaged", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        ck_assert_int_eq(io_write_all(fd, data, size), 0);
        ck_assert_int_eq(read_log(dir, "damaged", &redo, &error), -EBADMSG);
        ck_assert_msg(str_startswith(error_text(&error), "here/damaged:") != NULL, "%s", error_text(&error));
        ck_assert_ptr_null(redo);
}

/* Each byte is changed, and the file is cut off at each. */
START_TEST(test_what_is_damaged_is_refused)
{
        _cleanup_close_ int dir = new_directory(true), fd = -EBADF;
        _cleanup_free_ char *data = NULL;
        size_t size;

        fd = openat(dir, REDO_FILE, O_RDONLY | O_CLOEXEC);
        ck_assert_int_eq(io_read_all(fd, 1 << 20, &data, &size), 0);
        for (size_t i = 0; i + 1 < size; i++) {
                refuse(dir, data, i);
                data[i] ^= 1;
                refuse(dir, data, size);
                data[i] ^= 1;
        }
}
END_TEST

/* A log as it was before paths could refer to the line above. */
START_TEST(test_the_first_format_is_read)
{
        static const char lines[] = "{\"transaction\":1,\"id\":\"1.1.0/001_x\",\"sha256\":\"a\",\"run\":\"b\","
                                    "\"from\":\"1.0\",\"upgrade\":0,\"position\":1,\"duration_ms\":2}\n"
                                    "{\"root\":\"/srv\",\"slots\":5}\n"
                                    "{\"change\":\"remove\",\"area\":0,\"path\":\"a/b\"}\n"
                                    "{\"rename\":\"detach\",\"area\":0,\"path\":\"a/b\",\"slot\":0,\"ino\":9}\n"
                                    "{\"end\":4,\"crc\":\"%08lx\"}\n";
        _cleanup_close_ int dir = new_directory(false), fd = -EBADF;
        _cleanup_(redo_freep) struct redo *redo = NULL;
        unsigned long crc = 0;
        const char *line = lines;

        for (size_t i = 0; i < 4; i++) {
                size_t length = strcspn(line, "\n");

                crc = crc32_z(crc, (const unsigned char *)line, length);
                line += length + 1;
        }
        fd = openat(dir, REDO_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        ck_assert_int_gt(dprintf(fd, lines, crc), 0);
        ck_assert_int_eq(read_log(dir, REDO_FILE, &redo, NULL), 0);
        ck_assert_str_eq(redo->changes.changes[0].path, "a/b");
        ck_assert_str_eq(redo->renames[0].path, "a/b");
}
END_TEST

/* An incomplete file never appears, and an old one stays until it is replaced. */
START_TEST(test_it_appears_whole)
{
        _cleanup_close_ int empty = new_directory(false), dir = new_directory(true);
        _cleanup_(redo_freep) struct redo *redo = make(), *read = NULL;
        char *left;

        ck_assert_int_eq(read_log(empty, REDO_FILE, &read, NULL), -ENOENT);
        ck_assert_int_eq(redo_write(redo, dir, REDO_FILE), 0);
        left = shell_output("ls -A /proc/%d/fd/%d/", getpid(), dir);
        ck_assert_str_eq(left, REDO_FILE "\n");
        free(left);
}
END_TEST

static Suite *suite(void)
{
        Suite *s = suite_create("redo");
        TCase *tc = tcase_create("redo");

        tcase_add_unchecked_fixture(tc, trees_setup, trees_teardown);
        tcase_add_test(tc, test_what_is_written_is_read);
        tcase_add_test(tc, test_what_is_damaged_is_refused);
        tcase_add_test(tc, test_the_first_format_is_read);
        tcase_add_test(tc, test_it_appears_whole);
        suite_add_tcase(s, tc);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
