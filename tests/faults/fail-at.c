/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * fail-at FILE KIND CALL ERRNO PROGRAM [ARGUMENT...]: the system call of PROGRAM that is number CALL of those of this KIND isn't made, but fails
 * with ERRNO. KIND is what the kernel calls its number; -1 stands for all of them, and then none fails, but FILE gets the kind of each. Else it
 * gets whether one has failed. Calls of all threads count, and those of the processes that it starts until they execute another program. Calls that can't fail in practice, or whose failure nobody could do anything about, don't count. Exits as PROGRAM
 * did, or with 128 and the number of the signal that ended it.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS      SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define LISTENER 100 /* the descriptor, in the program and here */
#define PIDS_MAX 65536

struct target {
        FILE *file;
        int kind; /* or -1 */
        unsigned long call;
        int error;
        unsigned long count;
        bool begun;            /* the program is being executed */
        bool others[PIDS_MAX]; /* processes that execute another program */
        bool known[PIDS_MAX];  /* those of which we know whether they do */
};

static void die(const char *what)
{
        perror(what);
        exit(99);
}

/* ---- The program ---- */

static const int ignored[] = {
        SYS_brk,
        SYS_close,
        SYS_exit,
        SYS_exit_group,
        SYS_futex,
        SYS_madvise,
        SYS_mmap,
        SYS_mprotect,
        SYS_munmap,
        SYS_getpid,
        SYS_geteuid,
        SYS_getuid,
        SYS_getppid,
        SYS_umask,
        SYS_gettid,
        SYS_rt_sigaction,
        SYS_rt_sigreturn,
        SYS_rt_sigprocmask,
        SYS_set_robust_list,

        SYS_rseq,
        SYS_wait4,
        SYS_waitid,
        SYS_kill,
        SYS_pidfd_send_signal,
#ifdef SYS_arch_prctl
        SYS_arch_prctl,
#endif
};

/* By these we know the processes. */
static const int watched[] = {
        SYS_clone,  SYS_clone3,
#ifdef SYS_fork
        SYS_fork,   SYS_vfork,
#endif
        SYS_execve, SYS_execveat, SYS_set_tid_address,
};

#define N_IGNORED (sizeof(ignored) / sizeof(*ignored))
#define N_WATCHED (sizeof(watched) / sizeof(*watched))
#define N_MAX     (N_IGNORED > N_WATCHED + 1 ? N_IGNORED : N_WATCHED + 1)

/* A call that we don't hear of costs nothing. */
static int install_filter(int kind)
{
        struct sock_filter filter[N_MAX + 3] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        };
        const int *listed = kind < 0 ? ignored : watched;
        unsigned n = kind < 0 ? N_IGNORED : N_WATCHED, at = 1;
        struct sock_fprog program = { .len = (unsigned short)(n + 3 + (kind >= 0)), .filter = filter };

        if (kind >= 0)
                filter[at++] =
                        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)kind, (uint8_t)(n + 1), 0);
        for (unsigned i = 0; i < n; i++)
                filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)listed[i],
                                                            (uint8_t)(n - i), 0);
        filter[at++] =
                (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, kind < 0 ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW);
        filter[at++] =
                (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, kind < 0 ? SECCOMP_RET_ALLOW : SECCOMP_RET_USER_NOTIF);
        return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                            SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
}

/* The listener is the lowest free descriptor, and closed when the program is executed. */
static void execute(char **argv, int kind)
{
        for (int fd = open("/dev/null", O_RDONLY | O_CLOEXEC); fd >= 0 && fd < LISTENER - 1; fd = dup(fd))
                (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        if (install_filter(kind) != LISTENER)
                die("seccomp");
        execvp(argv[0], argv);
        die(argv[0]);
}

static pid_t start(char **argv, int kind, int *ret_listener)
{
        pid_t pid = fork();
        int pidfd;

        if (pid < 0)
                die("fork");
        if (pid == 0)
                execute(argv, kind);
        pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (pidfd < 0)
                die("pidfd_open");
        while ((*ret_listener = (int)syscall(SYS_pidfd_getfd, pidfd, LISTENER, 0)) < 0) {
                if (errno != EBADF || waitpid(pid, NULL, WNOHANG) != 0)
                        die("pidfd_getfd");
                sched_yield();
        }
        close(pidfd);
        return pid;
}

/* ---- Its system calls ---- */

/* Returns: the value of @field in the status of a process, or 0 if it has ended. */
static pid_t read_status(pid_t pid, const char *field)
{
        char path[64], line[128];
        pid_t value = 0;
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%d/status", pid);
        file = fopen(path, "re");
        while (file && fgets(line, sizeof(line), file))
                if (strncmp(line, field, strlen(field)) == 0) {
                        value = atoi(line + strlen(field));
                        break;
                }
        if (file)
                fclose(file);
        return value;
}

/* Whether the process executes another program, or was started by one that does. */
static bool is_other(struct target *target, pid_t main, pid_t thread)
{
        pid_t parent;

        if (thread == main || thread >= PIDS_MAX)
                return thread >= PIDS_MAX;
        if (!target->known[thread]) {
                target->known[thread] = true;
                parent = read_status(thread, "Tgid:");
                if (parent == thread)
                        parent = read_status(thread, "PPid:");
                target->others[thread] = parent != main && parent < PIDS_MAX && target->others[parent];
        }
        return target->others[thread];
}

static bool is_exec(int call)
{
        return call == SYS_execve || call == SYS_execveat;
}

/* Returns: the errno that the system call is to fail with, or 0. */
static int judge(struct target *target, pid_t main, const struct seccomp_notif *request)
{
        pid_t pid = (pid_t)request->pid;

        target->begun |= request->data.nr == SYS_set_tid_address;
        if (is_exec(request->data.nr) && pid != main && pid < PIDS_MAX)
                target->others[pid] = target->known[pid] = true;
        if (!target->begun || is_exec(request->data.nr) || is_other(target, main, pid) ||
            (target->kind >= 0 && target->kind != request->data.nr))
                return 0;
        target->count++;
        if (target->kind < 0)
                fprintf(target->file, "%d ", request->data.nr);
        return target->kind >= 0 && target->count == target->call ? target->error : 0;
}

static bool answer(int listener, pid_t main, struct target *target)
{
        struct seccomp_notif request = { 0 };
        struct seccomp_notif_resp response = { 0 };

        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
                return errno == EINTR || errno == ENOENT;
        response.id = request.id;
        response.error = -judge(target, main, &request);
        if (response.error == 0)
                response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response); /* it may have been killed */
        return true;
}

int main(int argc, char **argv)
{
        static struct target target;
        struct pollfd listener = { .events = POLLIN };
        int status;
        pid_t pid;

        if (argc < 6) {
                fprintf(stderr, "usage: fail-at FILE KIND CALL ERRNO PROGRAM [ARGUMENT...]\n");
                return 2;
        }
        target.file = fopen(argv[1], "we");
        if (!target.file)
                die(argv[1]);
        target.kind = atoi(argv[2]);
        target.call = strtoul(argv[3], NULL, 10);
        target.error = atoi(argv[4]);
        pid = start(argv + 5, target.kind, &listener.fd);
        (void)ioctl(listener.fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP); /* is faster */
        while (poll(&listener, 1, -1) >= 0 && (listener.revents & POLLIN))
                if (!answer(listener.fd, pid, &target))
                        break;
        close(listener.fd); /* what still runs now isn't ours to wait for */
        if (waitpid(pid, &status, 0) < 0)
                die("waitpid");
        if (target.kind >= 0)
                fprintf(target.file, "%d", target.count >= target.call);
        if (ferror(target.file) || fclose(target.file) != 0)
                die(argv[1]);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
