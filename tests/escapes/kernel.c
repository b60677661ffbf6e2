/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* System calls that change the whole system or give power over it, in a form that does no harm if they work, and keyrings. */

#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/quota.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/klog.h>
#include <sys/quota.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static long call_hostname(void)
{
        return sethostname("escaped", 7);
}

static long call_domainname(void)
{
        return setdomainname("escaped", 7);
}

static long call_clock(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        return clock_settime(CLOCK_REALTIME, &now);
}

static long call_adjust(void)
{
        struct timex timex = { .modes = ADJ_OFFSET };

        return adjtimex(&timex);
}

/* With wrong numbers: it isn't looked at them before the capability. */
static long call_reboot(void)
{
        return syscall(SYS_reboot, 1, 2, 3, NULL);
}

static long call_kexec(void)
{
        return syscall(SYS_kexec_load, 0, 0, NULL, 0);
}

static long call_init_module(void)
{
        return syscall(SYS_init_module, NULL, 0, "");
}

static long call_delete_module(void)
{
        return syscall(SYS_delete_module, "escape_no_such_module", O_NONBLOCK);
}

static long call_swapon(void)
{
        return swapon("/escape-no-such-file", 0);
}

static long call_quota(void)
{
        int fd = open("/", O_RDONLY | O_CLOEXEC);

        return syscall(SYS_quotactl_fd, fd, QCMD(Q_QUOTAOFF, USRQUOTA), 0, NULL);
}

static long call_console(void)
{
        return klogctl(8, NULL, 7);
}

static long call_clear_log(void)
{
        return klogctl(5, NULL, 0);
}

static long call_bpf(void)
{
        union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_CGROUP_SKB };

        return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static long call_perf(void)
{
        struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
                                        .size = sizeof(attr),
                                        .config = PERF_COUNT_SW_CPU_CLOCK };

        return syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0);
}

static long call_userfaultfd(void)
{
        return syscall(SYS_userfaultfd, O_CLOEXEC);
}

static long call_io_uring(void)
{
        struct io_uring_params params;

        memset(&params, 0, sizeof(params));
        return syscall(SYS_io_uring_setup, 1, &params);
}

static long call_acct(void)
{
        return acct(NULL);
}

static long call_fanotify(void)
{
        return fanotify_init(FAN_CLASS_CONTENT, O_RDONLY);
}

static long call_hangup(void)
{
        return vhangup();
}

static long call_iopl(void)
{
#ifdef SYS_iopl
        return syscall(SYS_iopl, 3);
#else
        errno = ENOSYS;
        return -1;
#endif
}

static const struct call {
        const char *name;
        long (*run)(void);
} calls[] = {
        { "sethostname", call_hostname },
        { "setdomainname", call_domainname },
        { "clock_settime", call_clock },
        { "adjtimex", call_adjust },
        { "reboot", call_reboot },
        { "kexec_load", call_kexec },
        { "init_module", call_init_module },
        { "delete_module", call_delete_module },
        { "swapon", call_swapon },
        { "quotactl", call_quota },
        { "syslog console level", call_console },
        { "syslog clear", call_clear_log },
        { "bpf", call_bpf },
        { "perf_event_open", call_perf },
        { "userfaultfd", call_userfaultfd },
        { "io_uring_setup", call_io_uring },
        { "acct", call_acct },
        { "fanotify_init", call_fanotify },
        { "vhangup", call_hangup },
        { "iopl", call_iopl },
};

int kernel_call(const char *name)
{
        for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
                if (!strcmp(calls[i].name, name))
                        return calls[i].run() < 0 ? errno : 0;
        return EINVAL;
}

/* ---- Keyrings ---- */

/* Returns: EEXIST if a key of another phase is there, else whether one can be made. */
static int key_make(long keyring)
{
        if (syscall(SYS_keyctl, KEYCTL_SEARCH, keyring, "user", "deploy-migrate-escape", 0) >= 0)
                return EEXIST;
        return syscall(SYS_add_key, "user", "deploy-migrate-escape", "x", 1, keyring) < 0 ? errno : 0;
}

int key_session(const char *unused)
{
        (void)unused;
        return key_make(KEY_SPEC_SESSION_KEYRING);
}

/* It is taken away again: it would stay. */
int key_user(const char *unused)
{
        long key = syscall(SYS_add_key, "user", "deploy-migrate-escape", "x", 1, KEY_SPEC_USER_KEYRING);

        (void)unused;
        if (key < 0)
                return errno;
        return syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_USER_KEYRING) < 0 ? errno : 0;
}
