/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * operate FILE... check|migrate: the interpreter of migrations that are lists of operations on files, one a line:
 *
 *     in DIRECTORY    below $DPKG_ROOT, the first line: paths are relative to it
 *     OPERATION ARGUMENT...
 *     end STATUS      the last one; 128 + N: dies of the signal N
 *
 * A byte in an argument can be \xNN. "migrate" does all of them, whatever comes of each, and writes the errors into the file "done"; "check"
 * looks for that.
 */

#include "basic/macro.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#define ARGUMENTS_MAX 5

struct operation {
        const char *name;
        size_t n_arguments;
        int (*run)(char **arguments); /* Returns: 0, or -1 with errno */
};

static uint64_t number(const char *text)
{
        return strtoull(text, NULL, 0);
}

/* ---- Content ---- */

static void fill(char *data, size_t size, uint64_t seed)
{
        uint64_t state = seed * 0x9E3779B97F4A7C15 + 1;

        for (size_t i = 0; i < size; i++) {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                data[i] = (char)(state >> 32);
        }
}

/* Writes what follows from @length and @seed. */
static int put(const char *path, int flags, off_t offset, char **length_and_seed)
{
        size_t size = number(length_and_seed[0]);
        _cleanup_free_ char *data = malloc(size + 1);
        _cleanup_close_ int fd = -EBADF;

        fd = open(path, flags | O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
        if (!data || fd < 0)
                return -1;
        fill(data, size, number(length_and_seed[1]));
        if (flags & O_APPEND)
                return write(fd, data, size) == (ssize_t)size ? 0 : -1;
        return pwrite(fd, data, size, offset) == (ssize_t)size ? 0 : -1;
}

static int op_replace(char **a)
{
        return put(a[0], O_CREAT | O_TRUNC, 0, a + 1);
}

static int op_write(char **a)
{
        return put(a[0], 0, (off_t)number(a[1]), a + 2);
}

static int op_append(char **a)
{
        return put(a[0], O_APPEND, 0, a + 1);
}

/* Opens it for writing, and writes what it begins with. */
static int op_same(char **a)
{
        _cleanup_close_ int fd = open(a[0], O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        char data[512];
        ssize_t n;

        if (fd < 0)
                return -1;
        n = pread(fd, data, sizeof(data), 0);
        return n < 0 || pwrite(fd, data, (size_t)n, 0) != n ? -1 : 0;
}

static int op_truncate(char **a)
{
        _cleanup_close_ int fd = open(a[0], O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

        return fd < 0 ? -1 : ftruncate(fd, (off_t)number(a[1]));
}

static int allocate(char **a, int mode)
{
        _cleanup_close_ int fd = open(a[0], O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

        return fd < 0 ? -1 : fallocate(fd, mode, (off_t)number(a[1]), (off_t)number(a[2]));
}

static int op_allocate(char **a)
{
        return allocate(a, 0);
}

static int op_punch(char **a)
{
        return allocate(a, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);
}

/* ---- Names ---- */

static int op_mkdir(char **a)
{
        return mkdir(a[0], (mode_t)number(a[1]));
}

static int op_mknod(char **a)
{
        return mknod(a[0], (mode_t)number(a[1]), makedev((unsigned)number(a[2]), (unsigned)number(a[3])));
}

static int op_symlink(char **a)
{
        return symlink(a[0], a[1]);
}

static int op_link(char **a)
{
        return link(a[0], a[1]);
}

static int op_rename(char **a)
{
        return rename(a[0], a[1]);
}

static int op_exchange(char **a)
{
        return renameat2(AT_FDCWD, a[0], AT_FDCWD, a[1], RENAME_EXCHANGE);
}

static int op_unlink(char **a)
{
        return unlink(a[0]);
}

static int op_rmdir(char **a)
{
        return rmdir(a[0]);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st, (void)type, (void)ftw;
        return remove(path);
}

static int op_remove(char **a)
{
        return nftw(a[0], remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- Metadata ---- */

static int op_chmod(char **a)
{
        return fchmodat(AT_FDCWD, a[0], (mode_t)number(a[1]), AT_SYMLINK_NOFOLLOW);
}

static int op_chown(char **a)
{
        return lchown(a[0], (uid_t)number(a[1]), (gid_t)number(a[2]));
}

static int op_times(char **a)
{
        const struct timespec time = { .tv_sec = (time_t)strtoll(a[1], NULL, 0), .tv_nsec = (long)number(a[2]) };

        return utimensat(AT_FDCWD, a[0], (const struct timespec[]){ time, time }, AT_SYMLINK_NOFOLLOW);
}

static int op_touch(char **a)
{
        return utimensat(AT_FDCWD, a[0], NULL, AT_SYMLINK_NOFOLLOW);
}

/* The value in hexadecimal digits. */
static int op_setxattr(char **a)
{
        size_t size = strlen(a[2]) / 2;
        _cleanup_free_ unsigned char *value = malloc(size + 1);

        if (!value)
                return -1;
        for (size_t i = 0; i < size; i++)
                value[i] = (unsigned char)strtoul((const char[]){ a[2][2 * i], a[2][2 * i + 1], '\0' }, NULL, 16);
        return lsetxattr(a[0], a[1], value, size, 0);
}

static int op_removexattr(char **a)
{
        return lremovexattr(a[0], a[1]);
}

static const struct operation operations[] = {
        { "allocate", 3, op_allocate },       /* PATH OFFSET LENGTH */
        { "append", 3, op_append },           /* PATH LENGTH SEED */
        { "chmod", 2, op_chmod },             /* PATH MODE */
        { "chown", 3, op_chown },             /* PATH UID GID */
        { "exchange", 2, op_exchange },       /* PATH PATH */
        { "link", 2, op_link },               /* PATH NEW */
        { "mkdir", 2, op_mkdir },             /* NEW MODE */
        { "mknod", 4, op_mknod },             /* NEW MODE MAJOR MINOR */
        { "punch", 3, op_punch },             /* PATH OFFSET LENGTH */
        { "remove", 1, op_remove },           /* PATH */
        { "removexattr", 2, op_removexattr }, /* PATH NAME */
        { "rename", 2, op_rename },           /* PATH NEW */
        { "replace", 3, op_replace },         /* PATH LENGTH SEED */
        { "rmdir", 1, op_rmdir },             /* PATH */
        { "same", 1, op_same },               /* PATH */
        { "setxattr", 3, op_setxattr },       /* PATH NAME VALUE */
        { "symlink", 2, op_symlink },         /* TARGET NEW */
        { "times", 3, op_times },             /* PATH SECONDS NANOSECONDS */
        { "touch", 1, op_touch },             /* PATH */
        { "truncate", 2, op_truncate },       /* PATH SIZE */
        { "unlink", 1, op_unlink },           /* PATH */
        { "write", 4, op_write },             /* PATH OFFSET LENGTH SEED */
};

/* ---- The interpreter ---- */

static void die(const char *what)
{
        perror(what);
        exit(99);
}

static void unescape(char *word)
{
        char *to = word;

        for (const char *from = word; *from; to++)
                if (from[0] == '\\' && from[1] == 'x') {
                        *to = (char)strtoul((const char[]){ from[2], from[3], '\0' }, NULL, 16);
                        from += 4;
                } else
                        *to = *from++;
        *to = '\0';
}

/* Takes @line apart. Returns: the number of words. */
static size_t split(char *line, char *words[static ARGUMENTS_MAX])
{
        size_t n = 0;

        line[strcspn(line, "\n")] = '\0';
        for (char *word = strtok(line, " "); word && n < ARGUMENTS_MAX; word = strtok(NULL, " ")) {
                unescape(word);
                words[n++] = word;
        }
        return n;
}

static int operate(char **words, size_t n)
{
        for (size_t i = 0; i < ELEMENTSOF(operations); i++)
                if (streq(words[0], operations[i].name) && n == operations[i].n_arguments + 1)
                        return operations[i].run(words + 1) < 0 ? errno : 0;
        fprintf(stderr, "%s with %zu arguments is no operation\n", words[0], n - 1);
        exit(99);
}

static void enter(const char *directory)
{
        const char *root = getenv("DPKG_ROOT");

        if (chdir(root ? root : "/") < 0 || chdir(directory) < 0)
                die(directory);
}

static int end(FILE *results, const char *text)
{
        int status = (int)number(text);

        if (fputc('\n', results) < 0 || fflush(results) != 0)
                die("done");
        if (status > 128)
                raise(status - 128);
        return status;
}

static int migrate(FILE *list)
{
        char line[8192], *words[ARGUMENTS_MAX];
        FILE *results = fopen("done", "we");

        if (!results)
                die("done");
        while (fgets(line, sizeof(line), list)) {
                size_t n = split(line, words);

                if (n == 2 && streq(words[0], "end")) {
                        int status = end(results, words[1]);

                        fclose(results);
                        return status;
                }
                fprintf(results, "%d ", n > 0 ? operate(words, n) : 0);
        }
        die("no end");
        return -1;
}

static int run_file(const char *path, const char *phase)
{
        FILE *list = fopen(path, "re");
        char line[8192], *words[ARGUMENTS_MAX];
        int status;

        if (!list)
                die(path);
        do
                if (!fgets(line, sizeof(line), list))
                        die(path);
        while (line[0] == '#');
        if (split(line, words) != 2 || !streq(words[0], "in"))
                die(path);
        enter(words[1]);
        status = streq(phase, "check") ? access("done", F_OK) < 0 : migrate(list);
        fclose(list);
        return status;
}

int main(int argc, char **argv)
{
        int status = 0;

        umask(0);
        for (int i = 1; i < argc - 1 && status == 0; i++)
                status = run_file(argv[i], argv[argc - 1]);
        return status;
}
