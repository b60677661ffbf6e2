/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/deb-file.h"

#include "basic/path.h"
#include "cli/author/command.h"

#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

bool deb_file_is(const char *argument)
{
        const char *dot = strrchr(argument, '.');

        return dot && streq(dot, ".deb") && (strchr(argument, '/') || access(argument, F_OK) >= 0 || errno != ENOENT);
}

static int deb_file_refuse(const char *path, struct error *error)
{
        return error_setf(error, -EBADMSG, "%s: can't be read as a Debian package: the reason is above", path);
}

/* ---- What it says of itself ---- */

static int deb_file_read_field(const char *path, const char *field, char **ret, struct error *error)
{
        _cleanup_free_ char *text = NULL;
        int r = command_run((const char *const[]){ "dpkg-deb", "--field", path, field, NULL }, &text, error);

        if (r < 0)
                return r;
        text[strcspn(text, "\n")] = '\0';
        if (r > 0 || !text[0])
                return deb_file_refuse(path, error);
        *ret = TAKE_PTR(text);
        return 0;
}

/* ---- Its migrations ---- */

/* Makes the directory @path and those above it, and notes the first one. */
static int deb_file_make_directories(struct deb_file *file, char *path)
{
        for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
                int r = 0;

                if (slash)
                        *slash = '\0';
                if (mkdir(path, 0755) >= 0)
                        r = file->made ? 0 : str_replace(&file->made, path);
                else if (errno != EEXIST)
                        r = -errno;
                if (slash)
                        *slash = '/';
                if (r < 0 || !slash)
                        return r;
        }
}

static int deb_file_cover(struct deb_file *file, const char *directory, struct error *error)
{
        _cleanup_free_ char *path = strdup(directory);
        int r;

        if (!path)
                return -ENOMEM;
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
                return error_errnof(error, -errno, "can't make a mount name space for the package's migrations");
        r = deb_file_make_directories(file, path);
        if (r >= 0 && mount("deploy-migrate", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0)
                r = -errno;
        if (r < 0)
                return error_errnof(error, r, "can't mount the package's migrations on %s", path);
        file->directory = TAKE_PTR(path);
        return 0;
}

/* dpkg-deb makes the whole tree, with the directories above. */
static int deb_file_extract(const struct deb_file *file, const char *path, struct error *error)
{
        static const char script[] = "cd -- \"$2\"; dpkg-deb --extract \"$1\" .unpacked; "
                                     "for directory in .unpacked" VENDOR_DIR "/*; do "
                                     "[ ! -d \"$directory\" ] || mv -- \"$directory\" .; done; rm -rf .unpacked";
        int r = command_run((const char *const[]){ "sh", "-euc", script, "sh", path, file->directory, NULL }, NULL,
                            error);

        return r > 0 ? deb_file_refuse(path, error) : r;
}

int deb_file_open(const char *path, const char *root, struct deb_file *ret, struct error *error)
{
        _cleanup_(deb_file_done) struct deb_file file = { 0 };
        _cleanup_free_ char *directory = NULL, *absolute = NULL;
        int r;

        assert(path);
        assert(root);
        assert(ret);

        absolute = realpath(path, NULL);
        if (!absolute)
                return error_errnof(error, -errno, "can't find %s", path);
        r = deb_file_read_field(absolute, "Package", &file.package, error);
        if (r >= 0)
                r = deb_file_read_field(absolute, "Version", &file.version, error);
        if (r >= 0 && asprintf(&directory, "%s" VENDOR_DIR, root) < 0) {
                directory = NULL;
                r = -ENOMEM;
        }
        if (r >= 0)
                r = deb_file_cover(&file, directory, error);
        if (r >= 0)
                r = deb_file_extract(&file, absolute, error);
        if (r < 0)
                return r;
        *ret = file;
        file = (struct deb_file){ 0 };
        return 0;
}

/* Removes the directories from @path up to the first one that was made. */
static void deb_file_remove_directories(const struct deb_file *file, char *path)
{
        while (rmdir(path) >= 0 && !streq(path, file->made))
                *strrchr(path, '/') = '\0';
}

void deb_file_done(struct deb_file *file)
{
        assert(file);

        if (file->directory)
                (void)umount2(file->directory, MNT_DETACH);
        if (file->directory && file->made)
                deb_file_remove_directories(file, file->directory);
        free(file->package);
        free(file->version);
        free(file->directory);
        free(file->made);
        *file = (struct deb_file){ 0 };
}
