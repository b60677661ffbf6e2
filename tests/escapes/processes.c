/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The keeper, which is PID 1 of the name space, processes of the system, and capabilities. */

#include "escape.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int result(long r)
{
        return r < 0 ? errno : 0;
}

int keeper_trace(const char *unused)
{
        (void)unused;
        return result(ptrace(PTRACE_SEIZE, 1, NULL, NULL));
}

int keeper_get_fd(const char *unused)
{
        int fd = (int)syscall(SYS_pidfd_open, 1, 0), r = ENOENT;

        (void)unused;
        if (fd < 0)
                return errno;
        for (int number = 0; r && number < 64; number++)
                r = syscall(SYS_pidfd_getfd, fd, number, 0) < 0 ? errno : 0;
        return r;
}

int keeper_read_memory(const char *unused)
{
        char byte;
        struct iovec to = { &byte, 1 }, from = { (void *)0x400000, 1 };

        (void)unused;
        return result(process_vm_readv(1, &to, 1, &from, 1, 0));
}

int keeper_enter(const char *unused)
{
        int fd = (int)syscall(SYS_pidfd_open, 1, 0);

        (void)unused;
        return fd < 0 ? errno : result(setns(fd, CLONE_NEWNS));
}

/* By /proc: the lock is one of them. */
int keeper_open_fd(const char *unused)
{
        char path[LENGTH_MAX], target[LENGTH_MAX];

        (void)unused;
        for (int fd = 0; fd < 64; fd++) {
                snprintf(path, sizeof(path), "/proc/1/fd/%d", fd);
                if (readlink(path, target, sizeof(target)) >= 0 || open(path, O_PATH | O_CLOEXEC) >= 0)
                        return 0;
                if (errno != EACCES && errno != ENOENT)
                        return errno;
        }
        return EACCES;
}

/* Returns: EBUSY in the system's PID name space: there, these attempts would do harm. */
static int process_check_name_space(void)
{
        const char *outside = outside_get("pid-namespace", 0);
        char own[LENGTH_MAX] = "";

        return outside && readlink("/proc/self/ns/pid", own, sizeof(own) - 1) > 0 && strcmp(own, outside) != 0 ? 0
                                                                                                               : EBUSY;
}

/* It is not for the processes of its name space to kill it. */
int keeper_kill(const char *unused)
{
        int r = process_check_name_space();

        (void)unused;
        if (r || kill(1, SIGKILL) < 0 || kill(1, SIGTERM) < 0)
                return r ? r : errno;
        usleep(10000);
        return result(kill(1, 0));
}

/* ---- Processes of the system ---- */

static pid_t process_outside(void)
{
        const char *pid = outside_get("pid", 0);

        return pid ? atoi(pid) : getpid();
}

int process_kill(const char *unused)
{
        (void)unused;
        return result(kill(process_outside(), SIGKILL));
}

int process_open(const char *unused)
{
        (void)unused;
        return result(syscall(SYS_pidfd_open, process_outside(), 0));
}

int process_limit(const char *unused)
{
        struct rlimit limit = { 1, 1 };

        (void)unused;
        return result(prlimit(process_outside(), RLIMIT_NOFILE, &limit, NULL));
}

/* Returns: EEXIST if /proc has more than the keeper, the program and this attempt. */
int process_see(const char *unused)
{
        DIR *dir = opendir("/proc");
        const struct dirent *entry;
        unsigned n = 0;

        (void)unused;
        while (dir && (entry = readdir(dir)))
                n += isdigit((unsigned char)entry->d_name[0]) != 0;
        return !dir ? errno : n > 3 ? EEXIST : n == 3 ? 0 : ESRCH;
}

int process_nice(const char *unused)
{
        (void)unused;
        return result(setpriority(PRIO_PROCESS, 0, -5));
}

/* All processes of root: those of the name space. */
int process_nice_all(const char *unused)
{
        int r = process_check_name_space();

        (void)unused;
        return r ? r : result(setpriority(PRIO_USER, 0, 7));
}

int process_ioprio_all(const char *unused)
{
        int r = process_check_name_space();

        (void)unused;
        return r ? r : result(syscall(SYS_ioprio_set, 3 /* IOPRIO_WHO_USER */, 0, 3 << 13 /* IOPRIO_CLASS_IDLE */));
}

/* A daemon. */
int process_leave(const char *unused)
{
        (void)unused;
        if (fork() || setsid() < 0 || fork())
                return 0;
        (void)close_range(0, ~0U, 0);
        execl("/bin/sleep", "escape-left-behind", "987", NULL);
        _exit(EXIT_FAILURE);
}

/* ---- Capabilities ---- */

int capability_raise(const char *unused)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

        (void)unused;
        if (syscall(SYS_capget, &header, data) < 0)
                return errno;
        data[0].effective |= 1U << CAP_SYS_ADMIN;
        data[0].permitted |= 1U << CAP_SYS_ADMIN;
        return result(syscall(SYS_capset, &header, data));
}

int capability_ambient(const char *unused)
{
        (void)unused;
        return result(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0));
}

/* Those of DESIGN 4, as far as the system has them. */
static const unsigned char kept[] = {
        CAP_CHOWN,        CAP_DAC_OVERRIDE,     CAP_FOWNER,      CAP_FSETID,   CAP_KILL,       CAP_SETGID,
        CAP_SETUID,       CAP_SETPCAP,          CAP_SETFCAP,     CAP_IPC_LOCK, CAP_SYS_CHROOT, CAP_SYS_NICE,
        CAP_SYS_RESOURCE, CAP_NET_BIND_SERVICE, CAP_AUDIT_WRITE, CAP_LEASE,
};

/* Of the set @key in /proc/self/status. Returns: EPERM if one is missing, EEXIST if there is one too many. */
int capability_set(const char *key)
{
        const char *outside = outside_get("caps", 0);
        uint64_t expected = 0, got = 0;
        char line[LENGTH_MAX];
        FILE *file = fopen("/proc/self/status", "re");

        for (size_t i = 0; i < sizeof(kept); i++)
                expected |= UINT64_C(1) << kept[i];
        expected &= outside ? strtoull(outside, NULL, 16) : 0;
        while (file && fgets(line, sizeof(line), file))
                if (!strncmp(line, key, strlen(key)))
                        got = strtoull(line + strlen(key), NULL, 16);
        return got & ~expected ? EEXIST : got != expected ? EPERM : 0;
}

int terminal_push(const char *path)
{
        int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

        return fd < 0 ? errno : result(ioctl(fd, TIOCSTI, "x"));
}
