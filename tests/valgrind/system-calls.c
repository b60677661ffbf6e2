/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * valgrind 3.19 refuses the system calls that it doesn't know. They are made on the real processor instead, by a syscall(2) that comes before
 * libc's, so that all else around them can be looked at. A library to preload.
 */

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <valgrind/valgrind.h>

#define N_ARGUMENTS 6

struct call {
        long number;
        long arguments[N_ARGUMENTS];
};

static long (*real_syscall)(long number, ...);

/* Here and now, since a child of a program with threads must not look for it. */
__attribute__((constructor)) static void find_real(void)
{
        *(void **)&real_syscall = dlsym(RTLD_NEXT, "syscall");
}

/* Outside of valgrind's sight. Nothing of libc can be used here. */
static long call_natively(unsigned long thread, const struct call *call)
{
#ifdef __x86_64__
        register long r10 __asm__("r10") = call->arguments[3];
        register long r8 __asm__("r8") = call->arguments[4];
        register long r9 __asm__("r9") = call->arguments[5];
        long r;

        (void)thread;
        __asm__ volatile("syscall"
                         : "=a"(r)
                         : "a"(call->number), "D"(call->arguments[0]), "S"(call->arguments[1]), "d"(call->arguments[2]),
                           "r"(r10), "r"(r8), "r"(r9)
                         : "rcx", "r11", "memory");
        return r;
#else
#error "not written for this processor"
#endif
}

static long make(const struct call *call)
{
        const long *a = call->arguments;
        long r;

        if (!RUNNING_ON_VALGRIND)
                return real_syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
        r = (long)VALGRIND_NON_SIMD_CALL1(call_natively, call);
        if (r >= 0)
                return r;
        errno = (int)-r;
        return -1;
}

long syscall(long number, ...)
{
        struct call call = { .number = number };
        long *a = call.arguments;
        va_list arguments;

        va_start(arguments, number);
        for (size_t i = 0; i < N_ARGUMENTS; i++)
                a[i] = va_arg(arguments, long);
        va_end(arguments);
        return number == SYS_openat2 ? make(&call) : real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int pidfd_open(pid_t pid, unsigned flags)
{
        return (int)make(&(struct call){ SYS_pidfd_open, { pid, (long)flags } });
}

int fsopen(const char *name, unsigned flags)
{
        return (int)make(&(struct call){ SYS_fsopen, { (long)name, (long)flags } });
}

int fsconfig(int fd, unsigned command, const char *key, const void *value, int aux)
{
        return (int)make(&(struct call){ SYS_fsconfig, { fd, (long)command, (long)key, (long)value, aux } });
}

int fspick(int dir, const char *path, unsigned flags)
{
        return (int)make(&(struct call){ SYS_fspick, { dir, (long)path, (long)flags } });
}

int fsmount(int fd, unsigned flags, unsigned attributes)
{
        return (int)make(&(struct call){ SYS_fsmount, { fd, (long)flags, (long)attributes } });
}

int mount_setattr(int dir, const char *path, unsigned flags, struct mount_attr *attr, size_t size)
{
        return (int)make(&(struct call){ SYS_mount_setattr, { dir, (long)path, (long)flags, (long)attr, (long)size } });
}

int open_tree(int dir, const char *path, unsigned flags)
{
        return (int)make(&(struct call){ SYS_open_tree, { dir, (long)path, (long)flags } });
}

int move_mount(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
        return (int)make(&(struct call){ SYS_move_mount, { from_dir, (long)from, to_dir, (long)to, (long)flags } });
}
