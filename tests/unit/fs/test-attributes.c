/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/filesystem.h"
#include "../support/suite.h"
#include "basic/json.h"
#include "fs/attributes.h"
#include "fs/beneath.h"

#include <endian.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>

/* ---- Files that have it all ------------------------------------------------------------------ */

struct acl {
        struct posix_acl_xattr_header header;
        struct posix_acl_xattr_entry entries[5];
};

/* The permissions of owner, user 1000, group, mask and others, an octal digit each. */
static struct acl acl_of(unsigned digits)
{
        static const uint16_t tags[] = { ACL_USER_OBJ, ACL_USER, ACL_GROUP_OBJ, ACL_MASK, ACL_OTHER };
        struct acl acl = { .header.a_version = htole32(POSIX_ACL_XATTR_VERSION) };

        for (size_t i = 0; i < ELEMENTSOF(tags); i++)
                acl.entries[i] = (struct posix_acl_xattr_entry){
                        .e_tag = htole16(tags[i]),
                        .e_perm = htole16((uint16_t)(digits >> (12 - 3 * i) & 7)),
                        .e_id = htole32(tags[i] == ACL_USER ? 1000 : (uint32_t)ACL_UNDEFINED_ID),
                };
        return acl;
}

struct state {
        mode_t mode;
        uid_t uid;
        gid_t gid;
        unsigned acl; /* five octal digits, 0: none */
        bool capability;
        const char *xattrs[3]; /* name, '=', value */
        struct timespec mtime;
};

static const struct state states[] = {
        { .mode = 0644 },
        { .mode = 0000, .mtime = { -1, 999999999 } },
        { .mode = 04755, .mtime = { 1, 1 } },
        { .mode = 06711, .uid = 1000, .gid = 1000 },
        { .mode = 02750, .uid = 65534, .gid = 4 },
        { .mode = 01777, .uid = 7, .mtime = { 1700000000, 0 } },
        { .mode = 0640, .acl = 067440 },
        { .mode = 0660, .acl = 067460 },
        { .mode = 0674, .acl = 061574, .uid = 1000 },
        { .mode = 02770, .acl = 077570, .gid = 1000, .mtime = { 1700000000, 123456789 } },
        { .mode = 0755, .capability = true },
        { .mode = 0755, .capability = true, .uid = 1000, .gid = 1000 },
        { .mode = 06750, .capability = true, .acl = 075450, .uid = 1000, .gid = 4 },
        { .mode = 0644, .xattrs = { "trusted.a=1", "trusted.b=", "security.deploy-migrate=x y" } },
        { .mode = 0644, .xattrs = { "trusted.a=2", "trusted.b=not empty" } },
        { .mode = 0600, .acl = 067400, .capability = true, .xattrs = { "trusted.c=1" }, .uid = 1000 },
};

static void set_acl(const char *path, const char *name, unsigned digits)
{
        struct acl acl = acl_of(digits);

        ck_assert_msg(setxattr(path, name, &acl, sizeof(acl), 0) == 0, "can't set %s: %m", name);
}

static void set_capability(const char *path)
{
        const struct vfs_cap_data data = {
                .magic_etc = htole32(VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE),
                .data[0].permitted = htole32(1U << CAP_NET_BIND_SERVICE),
        };

        ck_assert_msg(setxattr(path, "security.capability", &data, XATTR_CAPS_SZ_2, 0) == 0, "can't set it: %m");
}

static void set_state(const char *path, const struct state *state)
{
        const struct timespec times[] = { { .tv_nsec = UTIME_OMIT }, state->mtime };

        ck_assert_int_eq(chown(path, state->uid, state->gid), 0);
        if (state->acl)
                set_acl(path, "system.posix_acl_access", state->acl);
        if (state->capability)
                set_capability(path);
        for (size_t i = 0; i < ELEMENTSOF(state->xattrs) && state->xattrs[i]; i++) {
                _cleanup_free_ char *name = strdup(state->xattrs[i]);
                char *value = strchr(name, '=');

                *value++ = '\0';
                ck_assert_msg(setxattr(path, name, value, strlen(value), 0) == 0, "can't set %s: %m", name);
        }
        ck_assert_int_eq(chmod(path, state->mode), 0);
        ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Opens it with O_PATH. */
static int open_path(const struct root *root, const char *path)
{
        int fd = open(tree_path(root, path), O_PATH | O_NOFOLLOW | O_CLOEXEC);

        ck_assert_msg(fd >= 0, "can't open %s: %m", path);
        return fd;
}

/* Makes a file, or a directory with a default ACL, too, in this state. */
static int new_file(const struct root *root, const char *path, mode_t type, const struct state *state)
{
        const char *full;

        tree_add(root, &(struct tree_entry){ path, type | 0600, NULL });
        full = tree_path(root, path);
        if (S_ISDIR(type) && state->acl)
                set_acl(full, "system.posix_acl_default", state->acl);
        set_state(full, state);
        return open_path(root, path);
}

static struct attributes read_attributes(int fd)
{
        struct attributes attributes;

        ck_assert_int_eq(attributes_read(fd, &attributes), 0);
        return attributes;
}

static void check_time(const struct timespec *a, const struct timespec *b)
{
        ck_assert_int_eq(a->tv_sec, b->tv_sec);
        ck_assert_int_eq(a->tv_nsec, b->tv_nsec);
}

/* ---- Reading --------------------------------------------------------------------------------- */

START_TEST(test_read)
{
        _cleanup_(root_done) struct root root = filesystem_new((enum filesystem)_i);
        const struct state state = {
                .mode = 02640,
                .uid = 3,
                .gid = 4,
                .acl = 064440,
                .capability = true,
                .xattrs = { "trusted.overlay.opaque=y", "trusted.overlayed=1", "trusted.a=" },
                .mtime = { 5, 6 },
        };
        static const char *const names[] = { "security.capability", "system.posix_acl_access", "trusted.a",
                                             "trusted.overlayed" };
        _cleanup_close_ int fd = new_file(&root, "/file", S_IFREG, &state);
        _cleanup_attributes_ struct attributes attributes = read_attributes(fd);
        struct acl acl = acl_of(064440);

        ck_assert_int_eq(attributes.st.st_mode, S_IFREG | 02640);
        ck_assert_uint_eq(attributes.st.st_uid, 3);
        ck_assert_uint_eq(attributes.st.st_gid, 4);
        check_time(&attributes.st.st_mtim, &state.mtime);
        ck_assert_uint_eq(attributes.n_xattrs, ELEMENTSOF(names));
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                ck_assert_str_eq(attributes.xattrs[i].name, names[i]);
        ck_assert_uint_eq(attributes.xattrs[0].size, XATTR_CAPS_SZ_2);
        ck_assert_uint_eq(attributes.xattrs[1].size, sizeof(acl));
        ck_assert_mem_eq(attributes.xattrs[1].value, &acl, sizeof(acl));
        ck_assert_uint_eq(attributes.xattrs[2].size, 0);
}
END_TEST

START_TEST(test_read_failure)
{
        struct attributes attributes = { .n_xattrs = 77 };

        ck_assert_int_eq(attributes_read(-1, &attributes), -EBADF);
        ck_assert_uint_eq(attributes.n_xattrs, 77);
}
END_TEST

/* procfs has no extended attributes. */
START_TEST(test_read_without_xattrs)
{
        _cleanup_close_ int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
        _cleanup_attributes_ struct attributes attributes = read_attributes(fd);

        ck_assert_uint_eq(attributes.n_xattrs, 0);
}
END_TEST

/* ---- Comparing ------------------------------------------------------------------------------- */

START_TEST(test_equal)
{
        _cleanup_(root_done) struct root root = tree_new();

        for (size_t i = 0; i < ELEMENTSOF(states); i++) {
                _cleanup_close_ int a = new_file(&root, "/a", S_IFREG, &states[i]);
                _cleanup_attributes_ struct attributes x = read_attributes(a);

                for (size_t j = 0; j < ELEMENTSOF(states); j++) {
                        _cleanup_close_ int b = new_file(&root, "/b", S_IFREG, &states[j]);
                        _cleanup_attributes_ struct attributes y = read_attributes(b);

                        ck_assert_msg(attributes_equal(&x, &y) == (i == j), "%zu and %zu", i, j);
                        ck_assert_int_eq(unlinkat(root.fd, "b", 0), 0);
                }
                ck_assert_int_eq(unlinkat(root.fd, "a", 0), 0);
        }
}
END_TEST

START_TEST(test_equal_types)
{
        struct attributes a = { .st = { .st_mode = S_IFREG | 0644, .st_size = 1 } }, b = a;

        b.st.st_size = 2;
        b.st.st_mtim.tv_sec = 2;
        b.st.st_ino = 2;
        ck_assert(attributes_equal(&a, &b));
        b.st.st_mode = S_IFIFO | 0644;
        ck_assert(!attributes_equal(&a, &b));
        a.st.st_mode = b.st.st_mode = S_IFCHR | 0644;
        ck_assert(attributes_equal(&a, &b));
        b.st.st_rdev = makedev(1, 3);
        ck_assert(!attributes_equal(&a, &b));
}
END_TEST

/* ---- Applying -------------------------------------------------------------------------------- */

static void check_applied(int fd, const struct attributes *wanted)
{
        _cleanup_attributes_ struct attributes got = { 0 };
        struct stat before;

        ck_assert_int_eq(fstat(fd, &before), 0);
        ck_assert_int_eq(attributes_apply(fd, wanted), 0);
        got = read_attributes(fd);
        ck_assert_int_eq(got.st.st_mode, wanted->st.st_mode);
        ck_assert_uint_eq(got.st.st_uid, wanted->st.st_uid);
        ck_assert_uint_eq(got.st.st_gid, wanted->st.st_gid);
        ck_assert(attributes_equal(&got, wanted));
        check_time(&got.st.st_mtim, &wanted->st.st_mtim);
        check_time(&got.st.st_atim, &before.st_atim);
}

static const mode_t types[] = { S_IFREG, S_IFDIR };

/* From each state to each other one. */
START_TEST(test_apply)
{
        _cleanup_(root_done) struct root root = filesystem_new((enum filesystem)(_i % N_FILESYSTEMS));
        mode_t type = types[_i / N_FILESYSTEMS];

        for (size_t i = 0; i < ELEMENTSOF(states); i++) {
                _cleanup_close_ int a = new_file(&root, "/a", type, &states[i]);
                _cleanup_attributes_ struct attributes wanted = read_attributes(a);

                for (size_t j = 0; j < ELEMENTSOF(states); j++) {
                        _cleanup_close_ int b = new_file(&root, "/b", type, &states[j]);

                        check_applied(b, &wanted);
                        ck_assert_int_eq(beneath_remove(root.fd, "b"), 0);
                }
                ck_assert_int_eq(beneath_remove(root.fd, "a"), 0);
        }
}
END_TEST

/* What doesn't differ isn't changed. */
START_TEST(test_apply_nothing)
{
        _cleanup_(root_done) struct root root = tree_new();

        for (size_t i = 0; i < ELEMENTSOF(states); i++) {
                _cleanup_close_ int fd = new_file(&root, "/a", S_IFREG, &states[i]);
                _cleanup_attributes_ struct attributes wanted = read_attributes(fd);
                struct stat st;

                (void)usleep(10000); /* longer than a tick of the file system's clock */
                ck_assert_int_eq(attributes_apply(fd, &wanted), 0);
                ck_assert_int_eq(fstat(fd, &st), 0);
                check_time(&st.st_ctim, &wanted.st.st_ctim);
                ck_assert_int_eq(unlinkat(root.fd, "a", 0), 0);
        }
}
END_TEST

static const struct {
        mode_t type;
        unsigned number; /* of a memory device */
} others[] = {
        { S_IFLNK, 0 }, { S_IFIFO, 0 }, { S_IFSOCK, 0 }, { S_IFCHR, 3 }, { S_IFBLK, 200 },
};

static int new_other(const struct root *root, const char *name, mode_t type, unsigned number)
{
        char path[32];

        if (S_ISLNK(type))
                ck_assert_int_eq(symlinkat("nowhere", root->fd, name), 0);
        else
                ck_assert_int_eq(mknodat(root->fd, name, type | 0600, makedev(1, number)), 0);
        snprintf(path, sizeof(path), "/%s", name);
        return open_path(root, path);
}

/* By an O_PATH descriptor. */
START_TEST(test_apply_others)
{
        _cleanup_(root_done) struct root root = filesystem_new((enum filesystem)(_i % N_FILESYSTEMS));
        mode_t type = others[_i / N_FILESYSTEMS].type;
        _cleanup_close_ int a = new_other(&root, "a", type, others[_i / N_FILESYSTEMS].number);
        _cleanup_close_ int b = new_other(&root, "b", type, others[_i / N_FILESYSTEMS].number);
        _cleanup_attributes_ struct attributes wanted = { 0 };
        const struct timespec times[] = { { .tv_nsec = UTIME_OMIT }, { 7, 8 } };

        ck_assert_int_eq(fchownat(a, "", 11, 12, AT_EMPTY_PATH), 0);
        ck_assert_int_eq(setxattr(FD_PATH(a), "trusted.a", "1", 1, 0), 0);
        ck_assert_int_eq(setxattr(FD_PATH(b), "trusted.b", "2", 1, 0), 0);
        if (!S_ISLNK(type))
                ck_assert_int_eq(chmod(FD_PATH(a), 04640), 0);
        ck_assert_int_eq(utimensat(a, "", times, AT_EMPTY_PATH), 0);

        wanted = read_attributes(a);
        ck_assert_uint_eq(wanted.n_xattrs, 1);
        ck_assert_int_eq(wanted.st.st_mtim.tv_nsec, 8);
        check_applied(b, &wanted);
}
END_TEST

START_TEST(test_apply_failure)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_close_ int fd = new_file(&root, "/a", S_IFREG, &states[0]);
        struct attributes wanted = read_attributes(fd);

        ck_assert_int_eq(attributes_apply(-1, &wanted), -EBADF);
        ck_assert_int_eq(attributes_add(&wanted, (struct xattr){ strdup("unknown.name"), strdup(""), 0 }), 0);
        ck_assert_int_eq(attributes_apply(fd, &wanted), -EOPNOTSUPP);
        attributes_done(&wanted);
}
END_TEST

START_TEST(test_strip)
{
        _cleanup_(root_done) struct root root = filesystem_new((enum filesystem)_i);
        const struct state state = {
                .mode = 0755,
                .xattrs = { "trusted.overlay.opaque=y", "trusted.overlay.redirect=/a", "trusted.a=1" },
        };
        _cleanup_close_ int fd = new_file(&root, "/d", S_IFDIR, &state);
        char names[100] = "";

        ck_assert_int_eq(attributes_strip(fd), 0);
        ck_assert_int_eq(listxattr(FD_PATH(fd), names, sizeof(names)), sizeof("trusted.a"));
        ck_assert_str_eq(names, "trusted.a");
        ck_assert_int_eq(attributes_strip(fd), 0);
}
END_TEST

/* ---- JSON ------------------------------------------------------------------------------------ */

/* Writes the attributes as text and reads them back. */
static void check_round_trip(const struct attributes *attributes)
{
        _cleanup_json_text_ struct json_text text = { 0 }, second = { 0 };
        _cleanup_(json_object_putp) json_object *parsed = NULL;
        _cleanup_attributes_ struct attributes got = { 0 };
        struct json_fault fault;

        attributes_to_json(attributes, NULL, &text);
        ck_assert(!text.failed);
        ck_assert_msg(json_parse_object(text.data, text.size, &parsed, &fault) == 0, "%.*s: %s", (int)text.size,
                      text.data, fault.reason);
        ck_assert_int_eq(attributes_from_json(parsed, &got), 0);

        ck_assert(attributes_equal(&got, attributes));
        ck_assert_uint_eq(got.st.st_rdev, attributes->st.st_rdev);
        ck_assert_int_eq(got.st.st_size, attributes->st.st_size);
        ck_assert_uint_eq(got.st.st_ino, attributes->st.st_ino);
        check_time(&got.st.st_mtim, &attributes->st.st_mtim);

        attributes_to_json(&got, NULL, &second);
        ck_assert_uint_eq(second.size, text.size);
        ck_assert_mem_eq(second.data, text.data, text.size);
}

START_TEST(test_json)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_close_ int fd = new_file(&root, "/a", S_IFREG, &states[_i]);
        _cleanup_attributes_ struct attributes attributes = read_attributes(fd);

        check_round_trip(&attributes);
}
END_TEST

static const struct stat extremes[] = {
        { .st_mode = 0 },
        {
                .st_mode = S_IFMT | 07777,
                .st_uid = UINT32_MAX,
                .st_gid = UINT32_MAX,
                .st_rdev = UINT64_MAX,
                .st_size = INT64_MAX,
                .st_ino = UINT64_MAX,
                .st_mtim = { INT64_MAX, 999999999 },
        },
        { .st_mode = S_IFCHR | 0600, .st_rdev = 0xfffffffff, .st_mtim = { INT64_MIN, 1 } },
};

START_TEST(test_json_extremes)
{
        const struct attributes attributes = { .st = extremes[_i] };

        check_round_trip(&attributes);
}
END_TEST

START_TEST(test_json_text)
{
        struct attributes attributes = {
                .st = { .st_mode = S_IFREG | 0644,
                        .st_uid = 1,
                        .st_gid = 2,
                        .st_size = 3,
                        .st_ino = 4,
                        .st_mtim = { 5, 6 } },
        };
        static const char wanted[] =
                "{\"mode\":33188,\"uid\":1,\"gid\":2,\"rdev\":0,\"size\":3,\"mtime\":[5,6],\"ino\":4,"
                "\"xattrs\":{\"user.a\":\"007fff\",\"user.z\\\"\\\\377\\\\040\\\\134\":\"\"}}";
        static const unsigned char value[] = { 0x00, 0x7f, 0xff };
        _cleanup_json_text_ struct json_text text = { 0 };

        ck_assert_int_eq(attributes_add(&attributes, (struct xattr){ strdup("user.z\"\xff \\"), malloc(1), 0 }), 0);
        ck_assert_int_eq(attributes_add(&attributes, (struct xattr){ strdup("user.a"), calloc(3, 1), 3 }), 0);
        memcpy(attributes.xattrs[0].value, value, 3);
        attributes_to_json(&attributes, NULL, &text);
        ck_assert_uint_eq(text.size, strlen(wanted));
        ck_assert_mem_eq(text.data, wanted, text.size);
        check_round_trip(&attributes);
        attributes_done(&attributes);
}
END_TEST

/* Each case makes one key bad, or leaves it out. */
static const struct {
        const char *key;
        const char *bad; /* NULL: missing */
} bads[] = {
        { "mode", NULL },
        { "mode", "-1" },
        { "mode", "65536" },
        { "mode", "\"33188\"" },
        { "mode", "1.5" },
        { "uid", NULL },
        { "uid", "4294967296" },
        { "gid", "4294967296" },
        { "gid", "null" },
        { "rdev", NULL },
        { "rdev", "-1" },
        { "size", "9223372036854775808" },
        { "size", "true" },
        { "ino", NULL },
        { "ino", "{}" },
        { "mtime", NULL },
        { "mtime", "5" },
        { "mtime", "[]" },
        { "mtime", "[5]" },
        { "mtime", "[5,6,7]" },
        { "mtime", "[5,-1]" },
        { "mtime", "[5,1000000000]" },
        { "mtime", "[5.0,6]" },
        { "mtime", "[5,\"6\"]" },
        { "xattrs", NULL },
        { "xattrs", "[]" },
        { "xattrs", "{\"user.a\":1}" },
        { "xattrs", "{\"user.a\":\"0\"}" },
        { "xattrs", "{\"user.a\":\"0g\"}" },
        { "xattrs", "{\"user.a\":\"FF\"}" },
        { "xattrs", "{\"user.a\":\"00\\u000000\"}" },
        { "xattrs", "{\"user.\\\\a\":\"00\"}" },
        { "xattrs", "{\"user.a\":\"00\",\"user.b\":null}" },
};

START_TEST(test_json_bad)
{
        static const char *const good[][2] = {
                { "mode", "33188" }, { "uid", "1" },       { "gid", "2" }, { "rdev", "0" },
                { "size", "3" },     { "mtime", "[5,6]" }, { "ino", "4" }, { "xattrs", "{\"user.a\":\"00\"}" },
        };
        _cleanup_(json_object_putp) json_object *object = NULL;
        struct attributes attributes = { .n_xattrs = 77 };
        struct json_fault fault;
        char text[400] = "{";

        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                const char *value = streq(good[i][0], bads[_i].key) ? bads[_i].bad : good[i][1];
                size_t n = strlen(text);

                if (value)
                        snprintf(text + n, sizeof(text) - n, "%s\"%s\":%s", n > 1 ? "," : "", good[i][0], value);
        }
        strcat(text, "}");
        ck_assert_msg(json_parse_object(text, strlen(text), &object, &fault) == 0, "%s: %s", text, fault.reason);
        ck_assert_int_eq(attributes_from_json(object, &attributes), -EBADMSG);
        ck_assert_uint_eq(attributes.n_xattrs, 77);
}
END_TEST

START_TEST(test_json_no_object)
{
        _cleanup_(json_object_putp) json_object *object = json_object_new_string("mode");
        struct attributes attributes;

        ck_assert_int_eq(attributes_from_json(object, &attributes), -EBADMSG);
        ck_assert_int_eq(attributes_from_json(NULL, &attributes), -EBADMSG);
}
END_TEST

static Suite *suite(void)
{
        TCase *files = tcase_create("files"), *json = tcase_create("json");
        Suite *s = suite_create("attributes");

        tcase_set_timeout(files, 120);
        tcase_add_unchecked_fixture(files, trees_setup, trees_teardown);
        tcase_add_loop_test(files, test_read, 0, N_FILESYSTEMS);
        tcase_add_test(files, test_read_failure);
        tcase_add_test(files, test_read_without_xattrs);
        tcase_add_test(files, test_equal);
        tcase_add_test(files, test_equal_types);
        tcase_add_loop_test(files, test_apply, 0, ELEMENTSOF(types) * N_FILESYSTEMS);
        tcase_add_test(files, test_apply_nothing);
        tcase_add_loop_test(files, test_apply_others, 0, ELEMENTSOF(others) * N_FILESYSTEMS);
        tcase_add_test(files, test_apply_failure);
        tcase_add_loop_test(files, test_strip, 0, N_FILESYSTEMS);
        suite_add_tcase(s, files);

        tcase_add_unchecked_fixture(json, trees_setup, trees_teardown);
        tcase_add_loop_test(json, test_json, 0, ELEMENTSOF(states));
        tcase_add_loop_test(json, test_json_extremes, 0, ELEMENTSOF(extremes));
        tcase_add_test(json, test_json_text);
        tcase_add_loop_test(json, test_json_bad, 0, ELEMENTSOF(bads));
        tcase_add_test(json, test_json_no_object);
        suite_add_tcase(s, json);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
