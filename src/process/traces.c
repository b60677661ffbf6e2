/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "process/traces.h"

#include "sandbox/mount-calls.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
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

static bool traces_have(const struct traces *traces, const struct stat *st)
{
        for (size_t i = 0; i < traces->n; i++)
                if (traces->inodes[i] == st->st_ino && traces->devices[i] == st->st_dev)
                        return true;
        return false;
}

/* Opens it for good, since that is looked at faster than a path. @flags: for open(2). */
static int traces_add_file(struct traces *traces, const char *path, const struct stat *st, int flags)
{
        int fd;

        if (traces_have(traces, st))
                return 0;
        if (traces->n == TRACES_MAX)
                return -EOVERFLOW;
        fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        traces->fds[traces->n] = fd;
        traces->inodes[traces->n] = st->st_ino;
        traces->devices[traces->n++] = st->st_dev;
        return 0;
}

/* Adds @path if it is a directory of the sandbox's own file system: others are read-only, and a tree that stays visible may hide it. */
static int traces_add_directory(struct traces *traces, const char *path)
{
        struct stat st;

        if (lstat(path, &st) < 0)
                return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
        if (st.st_dev != traces->device || !S_ISDIR(st.st_mode))
                return 0;
        return traces_add_file(traces, path, &st, O_RDONLY | O_DIRECTORY);
}

/* A mount point was made with the directories that lead to it. */
static int traces_add_parents(struct traces *traces, const char *path)
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
                r = traces_add_directory(traces, prefix);
        }
        return r;
}

/* A directory of terminals, and the device that makes them, which would make one if it were opened. */
static int traces_add_terminals(struct traces *traces, const char *path)
{
        char ptmx[PATH_MAX] = "";
        struct stat st;
        int r;

        if (lstat(path, &st) < 0)
                return -errno;
        r = traces_add_file(traces, path, &st, O_RDONLY | O_DIRECTORY);
        if (r < 0)
                return r;
        strncat(ptmx, path, sizeof(ptmx) - sizeof("/ptmx"));
        strcat(ptmx, "/ptmx");
        return lstat(ptmx, &st) < 0 ? -errno : traces_add_file(traces, ptmx, &st, O_PATH);
}

static int traces_add_step(struct traces *traces, const struct sandbox_step *step)
{
        switch (step->type) {
        case STEP_PRIVATE:
        case STEP_DIRECTORY:
                return traces_add_directory(traces, step->path);
        case STEP_MOUNT_POINT:
                return traces_add_parents(traces, step->path);
        case STEP_PTS:
                return traces_add_terminals(traces, step->path);
        default:
                return 0;
        }
}

static void digest_add_times(uint64_t *digest, const struct stat *st)
{
        digest_add_number(digest, (uint64_t)st->st_mtim.tv_sec);
        digest_add_number(digest, (uint64_t)st->st_mtim.tv_nsec);
        digest_add_number(digest, (uint64_t)st->st_ctim.tv_sec);
        digest_add_number(digest, (uint64_t)st->st_ctim.tv_nsec);
}

/* Any change makes a new ctime, but for those within one tick of the kernel's clock. @all: there may be such. */
static int digest_add_file(uint64_t *digest, int fd, bool all)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        digest_add_number(digest, (uint64_t)st.st_mode << 32 | st.st_nlink);
        digest_add_number(digest, (uint64_t)st.st_uid << 32 | st.st_gid);
        digest_add_times(digest, &st);
        if (all)
                digest_add_number(digest, (uint64_t)flistxattr(fd, NULL, 0));
        return 0;
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

/* All private directories are in one file system, so the number of its files tells whether there are more of them, or fewer. */
static int digest_add_directories(uint64_t *digest, const struct traces *traces, bool all)
{
        const struct sandbox *sandbox = traces->sandbox;
        struct statfs space;
        int r = 0;

        if (fstatfs(sandbox->fds[sandbox->store], &space) < 0)
                return -errno;
        digest_add_number(digest, space.f_files - space.f_ffree);
        for (size_t i = 0; r >= 0 && i < traces->n; i++)
                r = digest_add_file(digest, traces->fds[i], all);
        for (size_t i = 0; r >= 0 && i < sandbox->n_steps; i++)
                if (sandbox->steps[i].type == STEP_COVER)
                        r = digest_add_place(digest, sandbox->steps[i].path);
        return r;
}

/* ---- The IPC name space ---- */

/* It has a file for each of them. */
static int traces_open_queues(struct traces *traces)
{
        static const char *const options[][2] = { { NULL, NULL } };
        int r = step_make_mount(&(struct new_mount){ "mqueue", "", options, MOUNT_ATTR_RDONLY });

        traces->queues = r;
        return r < 0 && r != -ENODEV ? r : 0;
}

/* Whether a call that says how many there are of something has failed, but because the kernel has none of it. */
static bool count_is_unknown(int r)
{
        return r < 0 && errno != ENOSYS;
}

/* The size of a directory of queues is that of its entries. */
static int digest_add_ipc(uint64_t *digest, const struct traces *traces)
{
        struct seminfo semaphores = { 0 };
        struct msginfo messages = { 0 };
        struct shm_info memory = { 0 };
        struct stat queues = { 0 };

        if (traces->queues >= 0 && fstat(traces->queues, &queues) < 0)
                return -errno;
        if (count_is_unknown(shmctl(0, SHM_INFO, (void *)&memory)) ||
            count_is_unknown(msgctl(0, MSG_INFO, (void *)&messages)) ||
            count_is_unknown(semctl(0, 0, SEM_INFO, &semaphores)))
                return -errno;
        digest_add_number(digest, (uint64_t)queues.st_size);
        digest_add_number(digest, (uint64_t)memory.used_ids);
        digest_add_number(digest, (uint64_t)messages.msgpool);
        digest_add_number(digest, (uint64_t)semaphores.semusz);
        return 0;
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

static int traces_digest(const struct traces *traces, bool all, uint64_t *ret)
{
        uint64_t digest = DIGEST_FIRST;
        int r;

        r = digest_add_directories(&digest, traces, all);
        if (r >= 0)
                r = digest_add_ipc(&digest, traces);
        if (r >= 0)
                r = digest_add_settings(&digest);
        if (r >= 0)
                *ret = digest;
        return r;
}

/* ---- From one program to the next ---- */

static struct timespec clock_get_tick(void)
{
        struct timespec now = { 0 };

        (void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
        return now;
}

/* What is open is of no use, and a limit of descriptors may have been reached. */
static void traces_give_up(struct traces *traces)
{
        while (traces->n > 0)
                close(traces->fds[--traces->n]);
        fd_closep(&traces->queues);
}

int traces_init(struct traces *traces, const struct sandbox *sandbox)
{
        struct stat store;
        int r = 0;

        traces->sandbox = sandbox;
        traces->n = 0;
        traces->queues = -EBADF;
        if (fstat(sandbox->fds[sandbox->store], &store) < 0)
                return -errno;
        traces->device = store.st_dev;
        for (size_t i = 0; r >= 0 && i < sandbox->n_steps; i++)
                r = traces_add_step(traces, &sandbox->steps[i]);
        if (r >= 0)
                r = traces_open_queues(traces);
        if (r >= 0)
                r = traces_digest(traces, true, &traces->all);
        if (r >= 0)
                r = traces_digest(traces, false, &traces->most);
        if (r < 0)
                traces_give_up(traces);
        traces->tick = clock_get_tick();
        return r;
}

void traces_begin(struct traces *traces)
{
        struct timespec now = clock_get_tick();

        traces->early = now.tv_sec == traces->tick.tv_sec && now.tv_nsec == traces->tick.tv_nsec;
}

bool traces_are_left(const struct traces *traces)
{
        uint64_t now;

        return traces_digest(traces, traces->early, &now) < 0 || now != (traces->early ? traces->all : traces->most);
}
