/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "process/privileges.h"

#include "basic/macro.h"

#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/*
 * For work on files and on users of it. Any other could undo the sandbox, or change the system by other ways than its files: even
 * CAP_LINUX_IMMUTABLE, since a file that is made immutable in an overlay isn't immutable below it.
 */
static const unsigned char kept_capabilities[] = {
        CAP_CHOWN,        CAP_DAC_OVERRIDE,     CAP_FOWNER,      CAP_FSETID,   CAP_KILL,       CAP_SETGID,
        CAP_SETUID,       CAP_SETPCAP,          CAP_SETFCAP,     CAP_IPC_LOCK, CAP_SYS_CHROOT, CAP_SYS_NICE,
        CAP_SYS_RESOURCE, CAP_NET_BIND_SERVICE, CAP_AUDIT_WRITE, CAP_LEASE,
};

static bool capability_is_kept(int capability)
{
        for (size_t i = 0; i < ELEMENTSOF(kept_capabilities); i++)
                if (kept_capabilities[i] == capability)
                        return true;
        return false;
}

/* Ends at the first number that the kernel doesn't know. */
int privileges_bound(void)
{
        for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
                if (!capability_is_kept(capability) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
                        return -errno;
        return 0;
}

static int capabilities_drop(void)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
        __u32 kept[_LINUX_CAPABILITY_U32S_3] = { 0 };

        if (syscall(SYS_capget, &header, data) < 0)
                return -errno;
        for (size_t i = 0; i < ELEMENTSOF(kept_capabilities); i++)
                kept[CAP_TO_INDEX(kept_capabilities[i])] |= CAP_TO_MASK(kept_capabilities[i]);
        for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
                data[i].effective &= kept[i];
                data[i].permitted &= kept[i];
                data[i].inheritable &= kept[i];
        }
        return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int privileges_drop(void)
{
        int r;

        r = capabilities_drop();
        if (r < 0)
                return r;
        (void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING,
                      NULL); /* a kernel without keyrings has none to protect */
        return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}
