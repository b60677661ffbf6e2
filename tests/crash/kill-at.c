/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * kill-at FILE CHILDREN CALL PROGRAM [ARGUMENT...]: kills PROGRAM before its system call number CALL since it reaped
 * CHILDREN children, or never, where CALL is 0. What it started isn't killed. System calls that change nothing outside
 * of the process don't count: who is killed before such a one leaves the same behind as who is killed before the next.
 * Where CALL is 0, writes to FILE how many system calls it made before each child that it reaped, and after the last.
 * Exits as PROGRAM did, or with 137 when it was killed. PROGRAM has one child at a time.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLED (128 + SIGKILL)

struct progress {
        FILE *file;
        unsigned long children;
        unsigned long calls; /* since the last of them */
        uint64_t call;       /* the one that is being made */
        bool changing;       /* it can change something */
        bool changed;        /* something was, since the last one that counts */
        bool reaping;        /* a child has ended */
};

static void die(const char *what)
{
        perror(what);
        exit(99);
}

static pid_t start(char **argv)
{
        pid_t pid = fork();

        if (pid < 0)
                die("fork");
        if (pid == 0) {
                if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
                        execvp(argv[0], argv);
                die(argv[0]);
        }
        return pid;
}

static uint64_t read_word(pid_t pid, uint64_t address)
{
        errno = 0;
        uint64_t word = (uint64_t)ptrace(PTRACE_PEEKDATA, pid, address, NULL);

        if (errno != 0)
                die("PTRACE_PEEKDATA");
        return word;
}

/* Only what a run makes many of. Syncs are among them, since the page cache outlives who is killed: they are power-cut.py's. */
static bool changes_nothing(pid_t pid, const struct __ptrace_syscall_info *info)
{
        switch (info->entry.nr) {
        case SYS_brk:
        case SYS_close:
        case SYS_faccessat2:
        case SYS_fcntl:
        case SYS_fdatasync:
        case SYS_fgetxattr:
        case SYS_flistxattr:
        case SYS_flock:
        case SYS_fsconfig:
        case SYS_fsmount:
        case SYS_fsopen:
        case SYS_fstatfs:
        case SYS_fsync:
        case SYS_futex:
        case SYS_getdents64:
        case SYS_geteuid:
        case SYS_getpid:
        case SYS_getrandom:
        case SYS_getxattr:
        case SYS_listxattr:
        case SYS_lseek:
        case SYS_mmap:
        case SYS_mprotect:
        case SYS_munmap:
        case SYS_newfstatat:
        case SYS_pipe2:
        case SYS_pread64:
        case SYS_read:
        case SYS_readlinkat:
        case SYS_recvfrom:
        case SYS_rt_sigaction:
        case SYS_rt_sigprocmask:
        case SYS_socketpair:
        case SYS_statx:
        case SYS_syncfs:
        case SYS_sysinfo:
#ifdef SYS_access
        case SYS_access:
        case SYS_poll:
        case SYS_readlink:
#endif
                return true;
        case SYS_openat:
                return !(info->entry.args[2] & O_CREAT);
        case SYS_openat2:
                return !(read_word(pid, info->entry.args[2] + offsetof(struct open_how, flags)) & O_CREAT);
        default:
                return false;
        }
}

static void count_child(struct progress *progress)
{
        fprintf(progress->file, "%lu ", progress->calls);
        progress->children++;
        progress->calls = 0;
        progress->changing = false;
        progress->changed = true;
        progress->reaping = false;
}

static void begin_call(pid_t pid, const struct __ptrace_syscall_info *info, struct progress *progress)
{
        progress->call = info->entry.nr;
        progress->changing = !changes_nothing(pid, info);
        if (!progress->changing || !progress->changed)
                return;
        progress->calls++;
        progress->changed = false;
}

static void end_call(const struct __ptrace_syscall_info *info, struct progress *progress)
{
        if (progress->call == SYS_wait4 && info->exit.rval > 0)
                count_child(progress);
        else if (progress->changing && !info->exit.is_error)
                progress->changed = true;
}

/* Takes note of a system call that begins or ends. */
static void follow(pid_t pid, struct progress *progress)
{
        struct __ptrace_syscall_info info;

        if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
                die("PTRACE_GET_SYSCALL_INFO");
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
                begin_call(pid, &info, progress);
        else
                end_call(&info, progress);
}

/* A SIGCHLD arrives: after the wait4 that has reaped the child, if that was waiting for it. */
static void see_end(pid_t pid, struct progress *progress)
{
        siginfo_t info;

        if (ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) < 0)
                die("PTRACE_GETSIGINFO");
        if (kill(info.si_pid, 0) == 0)
                progress->reaping = true;
        else
                count_child(progress);
}

/* To stop at each system call costs more than all else here, so that isn't done in what comes before @end. */
static bool is_near(const struct progress *end, const struct progress *progress)
{
        return end->calls == 0 || progress->children >= end->children || progress->reaping;
}

static int finish(pid_t pid)
{
        int status;

        kill(pid, SIGKILL);
        if (waitpid(pid, &status, 0) < 0)
                die("waitpid");
        return KILLED;
}

static int trace(pid_t pid, const struct progress *end, struct progress *progress)
{
        int status, signal = 0;
        bool near;

        if (waitpid(pid, &status, 0) < 0) /* stopped at its first instruction */
                die("waitpid");
        if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) < 0)
                die("PTRACE_SETOPTIONS");
        for (;;) {
                near = is_near(end, progress);
                if (ptrace(near ? PTRACE_SYSCALL : PTRACE_CONT, pid, NULL, signal) < 0 || waitpid(pid, &status, 0) < 0)
                        die("ptrace");
                if (WIFEXITED(status))
                        return WEXITSTATUS(status);
                if (WIFSIGNALED(status))
                        return 128 + WTERMSIG(status);
                signal = WSTOPSIG(status);
                if (signal == SIGCHLD && !near)
                        see_end(pid, progress);
                if (signal != (SIGTRAP | 0x80))
                        continue;
                signal = 0;
                follow(pid, progress);
                if (end->calls > 0 && progress->children == end->children && progress->calls == end->calls)
                        return finish(pid);
        }
}

int main(int argc, char **argv)
{
        struct progress end = { 0 }, progress = { .changed = true };
        int status;

        if (argc < 5) {
                fprintf(stderr, "usage: kill-at FILE CHILDREN CALL PROGRAM [ARGUMENT...]\n");
                return 2;
        }
        end.children = strtoul(argv[2], NULL, 10);
        end.calls = strtoul(argv[3], NULL, 10);
        progress.file = fopen(argv[1], "we");
        if (!progress.file)
                die(argv[1]);
        status = trace(start(argv + 4), &end, &progress);
        if (fprintf(progress.file, "%lu\n", progress.calls) < 0 || fclose(progress.file) != 0)
                die(argv[1]);
        return status;
}
