/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "process/traces.h"

#include <limits.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#define DIGEST_FIRST  UINT64_C(0xcbf29ce484222325) /* FNV-1a */
#define DIGEST_FACTOR UINT64_C(0x100000001b3)

#define IOPRIO_WHO_PROCESS 1

/* The kernel's struct sched_attr, which may be longer than that of the headers. */
#define SCHED_ATTR_SIZE 256

static void digest_add(uint64_t *digest, const void *data, size_t size)
{
        const unsigned char *bytes = data;

        for (size_t i = 0; i < size; i++)
                *digest = (*digest ^ bytes[i]) * DIGEST_FACTOR;
}

static void digest_add_number(uint64_t *digest, uint64_t number)
{
        digest_add(digest, &number, sizeof(number));
}

/* ---- The private directories ---- */

static void digest_add_times(uint64_t *digest, const struct stat *st)
{
        digest_add_number(digest, (uint64_t)st->st_mtim.tv_sec);
        digest_add_number(digest, (uint64_t)st->st_mtim.tv_nsec);
        digest_add_number(digest, (uint64_t)st->st_ctim.tv_sec);
        digest_add_number(digest, (uint64_t)st->st_ctim.tv_nsec);
}

/* The times alone don't tell, since within a tick of the kernel's clock they stay the same. */
static void digest_add_file(uint64_t *digest, const char *path, const struct stat *st)
{
        digest_add_number(digest, st->st_ino);
        digest_add_number(digest, st->st_mode);
        digest_add_number(digest, (uint64_t)st->st_uid << 32 | st->st_gid);
        digest_add_number(digest, (uint64_t)llistxattr(path, NULL, 0));
        digest_add_times(digest, st);
}

/* Adds @path if it is in a file system of the sandbox's own: others are read-only. */
static int digest_add_path(uint64_t *digest, const char *path, dev_t device)
{
        struct stat st;

        if (lstat(path, &st) == 0) {
                if (st.st_dev == device)
                        digest_add_file(digest, path, &st);
                return 0;
        }
        digest_add_number(digest, (uint64_t)errno);
        return errno == ENOENT || errno == ENOTDIR ? 0 : -errno; /* a tree that stays visible may hide it */
}

/* A mount point was made with the directories that lead to it. */
static int digest_add_parents(uint64_t *digest, const char *path, dev_t device)
{
        char prefix[PATH_MAX];
        size_t n = strlen(path);
        int r = 0;

        if (n >= sizeof(prefix))
                return -ENAMETOOLONG;
        for (size_t i = 1; r >= 0 && i < n; i++) {
                if (path[i] != '/')
                        continue;
                memcpy(prefix, path, i);
                prefix[i] = '\0';
                r = digest_add_path(digest, prefix, device);
        }
        return r;
}

static int digest_add_terminals(uint64_t *digest, const char *path)
{
        char ptmx[PATH_MAX] = "";
        struct stat st;

        if (lstat(path, &st) < 0)
                return -errno;
        strncat(ptmx, path, sizeof(ptmx) - sizeof("/ptmx"));
        strcat(ptmx, "/ptmx");
        digest_add_file(digest, path, &st);
        return digest_add_path(digest, ptmx, st.st_dev);
}

/* An overlay that the program has moved, with the directory that it is in, isn't where the next one needs it. */
static int digest_add_place(uint64_t *digest, const char *path)
{
        struct stat st;

        if (lstat(path, &st) < 0)
                return -errno;
        digest_add_number(digest, st.st_dev);
        digest_add_number(digest, st.st_ino);
        return 0;
}

static int digest_add_step(uint64_t *digest, const struct sandbox_step *step, dev_t device)
{
        switch (step->type) {
        case STEP_PRIVATE:
        case STEP_DIRECTORY:
                return digest_add_path(digest, step->path, device);
        case STEP_MOUNT_POINT:
                return digest_add_parents(digest, step->path, device);
        case STEP_COVER:
                return digest_add_place(digest, step->path);
        case STEP_PTS:
                return digest_add_terminals(digest, step->path);
        default:
                return 0;
        }
}

/* All private directories are in one file system, so the number of its files tells whether there are more of them, or fewer. */
static int digest_add_store(uint64_t *digest, const struct sandbox *sandbox)
{
        struct statfs space;
        struct stat st;
        int r = 0;

        if (fstatfs(sandbox->fds[sandbox->store], &space) < 0 || fstat(sandbox->fds[sandbox->store], &st) < 0)
                return -errno;
        digest_add_number(digest, space.f_files - space.f_ffree);
        for (size_t i = 0; r >= 0 && i < sandbox->n_steps; i++)
                r = digest_add_step(digest, &sandbox->steps[i], st.st_dev);
        return r;
}

/* ---- What a program may change of another process ---- */

static int digest_add_settings(uint64_t *digest)
{
        unsigned char schedule[SCHED_ATTR_SIZE] = { 0 };
        cpu_set_t cpus;
        long n;

        for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
                struct rlimit limit;

                if (syscall(SYS_prlimit64, 0, i, NULL, &limit) < 0)
                        return -errno;
                digest_add(digest, &limit, sizeof(limit));
        }
        if (syscall(SYS_sched_getattr, 0, schedule, sizeof(schedule), 0) < 0)
                return -errno;
        n = syscall(SYS_sched_getaffinity, 0, sizeof(cpus), &cpus);
        if (n < 0)
                return -errno;
        digest_add(digest, schedule, sizeof(schedule));
        digest_add(digest, &cpus, (size_t)n);
        digest_add_number(digest, (uint64_t)syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0));
        return 0;
}

int traces_read(const struct sandbox *sandbox, uint64_t *ret)
{
        uint64_t digest = DIGEST_FIRST;
        int r;

        r = digest_add_store(&digest, sandbox);
        if (r >= 0)
                r = digest_add_settings(&digest);
        if (r >= 0)
                *ret = digest;
        return r;
}
