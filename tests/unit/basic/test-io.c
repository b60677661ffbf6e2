/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/io.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static int file_of(const void *data, size_t size)
{
        int fd = memfd_create("test", MFD_CLOEXEC);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(io_write_all(fd, data, size), 0);
        ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
        return fd;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static const size_t sizes[] = { 0, 1, 4094, 4095, 4096, 4097, 8191, 8192, 100000, 3000000 };

START_TEST(test_read_all)
{
        size_t size = sizes[_i], got;
        _cleanup_free_ char *wanted = malloc(size + 1), *data = NULL;
        _cleanup_close_ int fd = -EBADF;

        for (size_t i = 0; i < size; i++)
                wanted[i] = (char)(i * 7 + i / 251);
        fd = file_of(wanted, size);

        ck_assert_int_eq(io_read_all(fd, size, &data, &got), 0);
        ck_assert_uint_eq(got, size);
        ck_assert_mem_eq(data, wanted, size);
        ck_assert_int_eq(data[size], '\0');
}
END_TEST

START_TEST(test_read_too_much)
{
        _cleanup_close_ int fd = file_of("12345", 5);
        char untouched[] = "untouched", *data = untouched;
        size_t size = 99;

        ck_assert_int_eq(io_read_all(fd, 4, &data, &size), -EFBIG);
        ck_assert_ptr_eq(data, untouched);
        ck_assert_uint_eq(size, 99);
}
END_TEST

START_TEST(test_read_the_rest)
{
        _cleanup_close_ int fd = file_of("12345", 5);
        _cleanup_free_ char *data = NULL;
        size_t size;

        ck_assert_int_eq(lseek(fd, 3, SEEK_SET), 3);
        ck_assert_int_eq(io_read_all(fd, 2, &data, &size), 0);
        ck_assert_str_eq(data, "45");
}
END_TEST

START_TEST(test_read_failure)
{
        _cleanup_close_ int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        char *data = NULL;
        size_t size;

        ck_assert_int_eq(io_read_all(directory, 100, &data, &size), -EISDIR);
        ck_assert_int_eq(io_read_all(-1, 100, &data, &size), -EBADF);
        ck_assert_ptr_null(data);
}
END_TEST

static void nothing(int number)
{
        (void)number;
}

/* A slow writer interrupts the reader with signals between its small pieces. */
START_TEST(test_interrupted)
{
        struct sigaction action = { .sa_handler = nothing };
        _cleanup_free_ char *data = NULL;
        int fds[2], status;
        size_t size;
        pid_t writer;

        ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        writer = fork();
        ck_assert_int_ge(writer, 0);
        if (writer == 0) {
                for (unsigned i = 0; i < 20; i++) {
                        (void)usleep(5000);
                        (void)kill(getppid(), SIGUSR1);
                        if (io_write_all(fds[1], "piece ", 6) < 0)
                                _exit(EXIT_FAILURE);
                }
                _exit(EXIT_SUCCESS);
        }
        close(fds[1]);
        ck_assert_int_eq(io_read_all(fds[0], 1000, &data, &size), 0);
        ck_assert_uint_eq(size, 120);
        close(fds[0]);
        ck_assert_int_eq(waitpid(writer, &status, 0), writer);
        ck_assert_int_eq(status, 0);
}
END_TEST

/* ---- Writing --------------------------------------------------------------------------------- */

START_TEST(test_write_failure)
{
        _cleanup_close_ int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
        int fds[2];

        ck_assert_int_ge(full, 0);
        ck_assert_int_eq(io_write_all(full, "x", 1), -ENOSPC);
        ck_assert_int_eq(io_write_all(-1, "x", 1), -EBADF);
        ck_assert_int_eq(io_write_all(-1, "", 0), 0);

        ck_assert_ptr_ne(signal(SIGPIPE, SIG_IGN), SIG_ERR);
        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        close(fds[0]);
        ck_assert_int_eq(io_write_all(fds[1], "x", 1), -EPIPE);
        close(fds[1]);
}
END_TEST

/* More than a pipe can hold. */
START_TEST(test_write_in_pieces)
{
        static char data[1000000];
        _cleanup_free_ char *got = NULL;
        int fds[2], status;
        size_t size;
        pid_t writer;

        memset(data, 'x', sizeof(data));
        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        writer = fork();
        ck_assert_int_ge(writer, 0);
        if (writer == 0)
                _exit(io_write_all(fds[1], data, sizeof(data)) < 0);
        close(fds[1]);
        ck_assert_int_eq(io_read_all(fds[0], sizeof(data), &got, &size), 0);
        ck_assert_uint_eq(size, sizeof(data));
        ck_assert_mem_eq(got, data, size);
        close(fds[0]);
        ck_assert_int_eq(waitpid(writer, &status, 0), writer);
        ck_assert_int_eq(status, 0);
}
END_TEST

/* ---- Hashes ---------------------------------------------------------------------------------- */

#define TEN(s) s s s s s s s s s s

static const struct {
        const char *data;
        size_t times;
        const char *digest;
} hashes[] = {
        { "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
        { TEN(TEN(TEN("a"))), 1000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
};

START_TEST(test_sha256)
{
        _cleanup_close_ int fd = file_of("", 0);
        char digest[65];

        for (size_t i = 0; i < hashes[_i].times; i++)
                ck_assert_int_eq(io_write_all(fd, hashes[_i].data, strlen(hashes[_i].data)), 0);

        /* The whole file, whatever its offset is, which stays. */
        ck_assert_int_eq(lseek(fd, 1, SEEK_SET), 1);
        ck_assert_int_eq(io_sha256(fd, digest), 0);
        ck_assert_str_eq(digest, hashes[_i].digest);
        ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 1);
}
END_TEST

START_TEST(test_sha256_failure)
{
        _cleanup_close_ int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        char digest[65];

        ck_assert_int_eq(io_sha256(directory, digest), -EISDIR);
        ck_assert_int_eq(io_sha256(-1, digest), -EBADF);
}
END_TEST

/* ---- Trust ----------------------------------------------------------------------------------- */

static const struct {
        struct stat st;
        const char *reason; /* NULL: trusted */
} trusts[] = {
        { { .st_uid = 0, .st_gid = 0, .st_mode = S_IFREG | 0755 }, NULL },
        { { .st_uid = 0, .st_gid = 0, .st_mode = S_IFREG | 0600 }, NULL },
        { { .st_uid = 0, .st_gid = 0, .st_mode = S_IFREG | 0775 }, NULL },
        { { .st_uid = 0, .st_gid = 4, .st_mode = S_IFREG | 0755 }, NULL },
        { { .st_uid = 0, .st_gid = 4, .st_mode = S_IFREG | 0775 }, "group" },
        { { .st_uid = 0, .st_gid = 0, .st_mode = S_IFREG | 0757 }, "everyone" },
        { { .st_uid = 0, .st_gid = 0, .st_mode = S_IFDIR | S_ISVTX | 0777 }, "everyone" },
        { { .st_uid = 1000, .st_gid = 0, .st_mode = S_IFREG | 0755 }, "owned" },
        { { .st_uid = 1000, .st_gid = 1000, .st_mode = S_IFREG | 0777 }, "owned" },
};

START_TEST(test_trust)
{
        const char *untouched = "untouched", *reason = untouched;
        int r = io_check_trusted(&trusts[_i].st, &reason);

        if (!trusts[_i].reason) {
                ck_assert_int_eq(r, 0);
                ck_assert_ptr_eq(reason, untouched);
                return;
        }
        ck_assert_int_eq(r, -EPERM);
        ck_assert_ptr_nonnull(strstr(reason, trusts[_i].reason));
}
END_TEST

/* A user who isn't root may trust any file. */
START_TEST(test_trust_of_others)
{
        ck_assert_int_eq(seteuid(65534), 0);
        for (size_t i = 0; i < ELEMENTSOF(trusts); i++) {
                const char *reason;

                ck_assert_int_eq(io_check_trusted(&trusts[i].st, &reason), 0);
        }
        ck_assert_int_eq(seteuid(0), 0);
        ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0); /* for the leak detector */
}
END_TEST

static Suite *suite(void)
{
        TCase *files = tcase_create("files"), *trust = tcase_create("trust");
        Suite *s = suite_create("io");

        tcase_set_timeout(files, 60);
        tcase_add_loop_test(files, test_read_all, 0, ELEMENTSOF(sizes));
        tcase_add_test(files, test_read_too_much);
        tcase_add_test(files, test_read_the_rest);
        tcase_add_test(files, test_read_failure);
        tcase_add_test(files, test_interrupted);
        tcase_add_test(files, test_write_failure);
        tcase_add_test(files, test_write_in_pieces);
        tcase_add_loop_test(files, test_sha256, 0, ELEMENTSOF(hashes));
        tcase_add_test(files, test_sha256_failure);
        suite_add_tcase(s, files);

        tcase_add_loop_test(trust, test_trust, 0, ELEMENTSOF(trusts));
        tcase_add_test(trust, test_trust_of_others);
        suite_add_tcase(s, trust);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
