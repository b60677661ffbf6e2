/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stage/overlay.h"
#include "basic/root.h"
#include "fs/beneath.h"
#include "fs/overlay-attribute.h"
#include "sandbox/mount-calls.h"
#include "sandbox/overlay-probe.h"
#include "stage/mount-namespace.h"

#include <linux/magic.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <time.h>

#define VALUE_MAX 255 /* longest string that fsconfig(2) takes */
#define FD_DIR    "/proc/self/fd"

static int overlay_set_string(int context, const char *key, const char *value)
{
        return fsconfig(context, FSCONFIG_SET_STRING, key, value, 0) < 0 ? -errno : 0;
}

static int overlay_set_layer(int context, const char *key, int fd)
{
        return overlay_set_string(context, key, FD_PATH(fd));
}

/*
 * Joins the lower layers to one value, each with the path of its file descriptor, or with no more than its name in FD_DIR. Returns: whether
 * it holds all of them.
 */
static bool overlay_join_lower(const struct overlay *overlay, bool by_name, char joined[static VALUE_MAX + 1])
{
        char *end = joined;

        for (size_t i = 0; i < overlay->n_lower; i++) {
                const char *layer = FD_PATH(overlay->lower[i]);

                if (by_name)
                        layer += strlen(FD_DIR "/");
                if ((size_t)(end - joined) + 1 + strlen(layer) > VALUE_MAX)
                        return false;
                if (i > 0)
                        *end++ = ':';
                end = stpcpy(end, layer);
        }
        return true;
}

/* Before Linux 6.8 there is no "lowerdir+". */
static int overlay_set_lower(int context, const struct overlay *overlay, bool by_name)
{
        char joined[VALUE_MAX + 1];
        int r = 0;

        if (overlay_join_lower(overlay, by_name, joined))
                return overlay_set_string(context, "lowerdir", joined);
        for (size_t i = 0; r >= 0 && i < overlay->n_lower; i++)
                r = overlay_set_layer(context, "lowerdir+", overlay->lower[i]);
        return r;
}

static int overlay_set_upper(int context, const struct overlay *overlay)
{
        int r;

        if (overlay->upper < 0)
                return 0;
        r = overlay_set_layer(context, "upperdir", overlay->upper);
        if (r >= 0)
                r = overlay_set_layer(context, "workdir", overlay->work);
        if (r >= 0 && fsconfig(context, FSCONFIG_SET_FLAG, "volatile", NULL, 0) < 0)
                r = -errno;
        return r;
}

static int overlay_configure(int context, const struct overlay *overlay, bool by_name)
{
        int user = overlay_has_user_attributes();
        /* Each option is given, since their defaults depend on the kernel's configuration. */
        const char *const options[][2] = {
                { "source", "deploy-migrate" },
                { "redirect_dir", user > 0 ? "nofollow" : "on" },
                { "metacopy", "off" },
                { "xino",
                  "auto" }, /* a file's inode number stays the same when it is copied from another file system */
        };
        bool index = overlay->upper >= 0 && (!overlay->read_only || overlay->exported);
        int r = user;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(options); i++)
                r = overlay_set_string(context, options[i][0], options[i][1]);
        if (r >= 0 && user > 0 && fsconfig(context, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0)
                r = -errno;
        if (r >= 0)
                r = overlay_set_string(context, "index", index ? "on" : "off");
        if (r >= 0 && overlay->exported)
                r = overlay_set_string(context, "nfs_export", "on");
        if (r >= 0)
                r = overlay_set_lower(context, overlay, by_name);
        if (r >= 0)
                r = overlay_set_upper(context, overlay);
        if (r >= 0 && fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
                r = -errno;
        return r;
}

struct configuration {
        const struct overlay *overlay;
        int context;
};

static int configuration_set_by_name(void *userdata)
{
        const struct configuration *configuration = userdata;

        return overlay_configure(configuration->context, configuration->overlay, true);
}

/* In the directory of the file descriptors, where their names are short: a preview has a lower layer for each migration. */
static int overlay_configure_by_name(int context, const struct overlay *overlay)
{
        struct configuration configuration = { overlay, context };
        _cleanup_error_ struct error error = { 0 };

        return working_directory_run(FD_DIR, configuration_set_by_name, &configuration, &error);
}

static int overlay_configure_layers(int context, const struct overlay *overlay)
{
        char joined[VALUE_MAX + 1];

        return overlay_join_lower(overlay, false, joined) ? overlay_configure(context, overlay, false)
                                                          : overlay_configure_by_name(context, overlay);
}

static unsigned overlay_mount_attributes(const struct overlay *overlay)
{
        unsigned attributes = MOUNT_ATTR_NODEV;
        struct statvfs st;

        if (overlay->upper < 0 || overlay->read_only)
                attributes |= MOUNT_ATTR_RDONLY;
        if (fstatvfs(overlay->lower[overlay->n_lower - 1], &st) < 0)
                return attributes | MOUNT_ATTR_NOSUID;
        if (st.f_flag & ST_NOSUID)
                attributes |= MOUNT_ATTR_NOSUID;
        if (st.f_flag & ST_NOEXEC)
                attributes |= MOUNT_ATTR_NOEXEC;
        return attributes;
}

/* Reads overlayfs's messages, "e overlay: ..." with a newline, one for each read(2). Returns: the text of the first error, or "". */
static const char *overlay_read_log(int context, char *buffer, size_t size)
{
        ssize_t n;

        while (context >= 0 && (n = read(context, buffer, size - 1)) > 0) {
                buffer[n] = '\0';
                buffer[strcspn(buffer, "\n")] = '\0';
                if (str_startswith(buffer, "e "))
                        return buffer + strlen("e ");
        }
        return "";
}

static bool fd_is_overlayfs(int fd)
{
        struct statfs st;

        return fstatfs(fd, &st) == 0 && (unsigned long)st.f_type == OVERLAYFS_SUPER_MAGIC;
}

/* Replaces the name of a layer in @log, which is that of a file descriptor, by its path. */
static void overlay_name_layer(const char *log, char **ret)
{
        static const char prefix[] = FD_DIR "/";
        const char *begin = strstr(log, prefix);
        _cleanup_free_ char *path = NULL;
        char *end;
        int fd;

        if (!begin)
                return;
        fd = (int)strtol(begin + strlen(prefix), &end, 10);
        if (fd_get_path(fd, &path) < 0 || asprintf(ret, "%.*s%s%s", (int)(begin - log), log, path, end) < 0)
                *ret = NULL;
}

static int overlay_explain_layers(const struct overlay *overlay, int context, int code, struct error *error)
{
        _cleanup_free_ char *upper = NULL, *named = NULL;
        char joined[VALUE_MAX + 1], buffer[1024];
        const char *log = overlay_read_log(context, buffer, sizeof(buffer));

        if (overlay->upper >= 0 && fd_get_path(overlay->upper, &upper) < 0)
                upper = NULL;
        if (overlay->upper >= 0 && fd_is_overlayfs(overlay->upper))
                return error_setf(
                        error, code,
                        "can't mount an overlay over %s: %s is on an overlayfs itself, as the root of a container is, and can't hold changes; mount another file system there",
                        overlay->path, upper ?: "the stage");
        overlay_name_layer(log, &named);
        if (!*log && (code == -EINVAL || code == -ELOOP))
                log = "the reason is in the kernel's log (dmesg)";
        return error_setf(
                error, code, "can't mount an overlay over %s%s%s: %s%s%s%s%s", overlay->path,
                upper ? " with the changes in " : "", upper ?: "", strerror(-code), *log ? ": " : "", named ?: log,
                overlay_join_lower(overlay, true, joined) ? "" : "; so many layers need Linux 6.8 or newer",
                code == -EINVAL
                        ? "; if overlayfs can't be on its file system (vfat, exfat), move the data to another one, or run the migrations directly on the system with deploy-migrate retry --sandbox=off"
                        : "");
}

static int overlay_explain(const struct overlay *overlay, int context, int code, struct error *error)
{
        if (code == -EPERM && mount_is_permitted())
                return overlay_explain_layers(overlay, context, code, error);
        switch (code) {
        case -ENODEV:
        case -ENOSYS:
                return error_setf(
                        error, -ENODEV,
                        "can't mount an overlay over %s: the kernel has no overlayfs; load its module with modprobe overlay, or run the migrations directly on the system with deploy-migrate retry --sandbox=off",
                        overlay->path);
        case -EPERM:
                return error_setf(
                        error, code,
                        "can't mount an overlay over %s: the capability CAP_SYS_ADMIN is missing; run as root, in a container with that capability",
                        overlay->path);
        case -EREMOTE:
                return error_setf(
                        error, code,
                        "can't mount an overlay over %s: this kernel's overlayfs finds no files on a file system that can ignore case; run the migrations directly on the system with deploy-migrate retry --sandbox=off",
                        overlay->path);
        default:
                return overlay_explain_layers(overlay, context, code, error);
        }
}

/*
 * An overlay that was mounted before over one of the layers lives on for a moment after its name space and its file descriptors are gone,
 * and one that keeps names of files together doesn't bear it.
 */
#define BUSY_TRIES     1000
#define BUSY_WAIT_NSEC 2000000

/* Opens a context and configures it in @ret, on failure too. Returns: 0 or a negative errno. */
static int overlay_open_context(const struct overlay *overlay, int *ret)
{
        int r = -EBUSY;

        for (unsigned i = 0; r == -EBUSY && i < BUSY_TRIES; i++) {
                if (i > 0)
                        nanosleep(&(const struct timespec){ .tv_nsec = BUSY_WAIT_NSEC }, NULL);
                if (i > 0 && overlay->work >= 0) /* it has a mark of being used now */
                        r = beneath_remove(overlay->work, "work");
                if (r < 0 && r != -EBUSY && r != -ENOENT)
                        return r;
                fd_closep(ret);
                *ret = fsopen("overlay", FSOPEN_CLOEXEC);
                if (*ret < 0)
                        return -errno;
                r = overlay_configure_layers(*ret, overlay);
        }
        return r;
}

int overlay_mount(const struct overlay *overlay, struct error *error)
{
        _cleanup_close_ int context = -EBADF;
        int fd, r;

        assert(overlay->lower);
        assert(overlay->n_lower > 0);
        assert(overlay->path);

        r = overlay_open_context(overlay, &context);
        if (r < 0)
                return overlay_explain(overlay, context, r, error);
        fd = fsmount(context, FSMOUNT_CLOEXEC, overlay_mount_attributes(overlay));
        if (fd < 0)
                return overlay_explain(overlay, context, -errno, error);
        fd = overlay_check(fd, overlay->lower[overlay->n_lower - 1]);
        return fd < 0 ? overlay_explain(overlay, -EBADF, fd, error) : fd;
}
