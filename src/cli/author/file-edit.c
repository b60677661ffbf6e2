/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/author/file-edit.h"

#include "basic/io.h"
#include "basic/path.h"
#include "cli/author/command.h"
#include "cli/author/template.h"

#include <fcntl.h>

#define TEXT_SIZE_MAX (1024U * 1024U)

int file_edit_open(const char *directory, const char *name, struct file_edit *ret, struct error *error)
{
        _cleanup_file_edit_ struct file_edit edit = { 0 };
        _cleanup_close_ int fd = -EBADF;
        size_t size;
        int r;

        assert(directory);
        assert(ret);

        if (path_join(directory, name, &edit.path) < 0)
                return -ENOMEM;
        fd = open(edit.path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0 && errno != ENOENT)
                return error_errnof(error, -errno, "can't open %s", edit.path);
        r = fd < 0 ? 0 : io_read_all(fd, TEXT_SIZE_MAX, &edit.old, &size);
        if (r < 0)
                return error_errnof(error, r, "can't read %s", edit.path);
        if (edit.old && (strlen(edit.old) != size || strchr(edit.old, '\r')))
                return error_setf(error, -EINVAL, "%s: isn't text with Unix line ends; convert it first", edit.path);
        *ret = edit;
        edit = (struct file_edit){ 0 };
        return 0;
}

/* @new: the path of a file with the new text. */
static int file_edit_diff(const struct file_edit *edit, const char *new, char **ret, struct error *error)
{
        const char *old = edit->old ? edit->path : "/dev/null";
        int r;

        r = command_run((const char *const[]){ "diff", "-u", "--label", old, "--label", edit->path, old, new, NULL },
                        ret, error);
        return r == 2 ? error_setf(error, -EIO, "diff can't compare %s with %s", old, new) : r < 0 ? r : 0;
}

/* The new file keeps the mode of the old one. */
static int file_edit_replace(const struct file_edit *edit, const char *new, struct error *error)
{
        struct stat st;

        if (edit->old && (stat(edit->path, &st) < 0 || chmod(new, st.st_mode & 07777) < 0))
                return error_errnof(error, -errno, "can't give %s its mode", edit->path);
        return rename(new, edit->path) < 0 ? error_errnof(error, -errno, "can't replace %s", edit->path) : 0;
}

int file_edit_commit(const struct file_edit *edit, char **ret, struct error *error)
{
        _cleanup_free_ char *new = NULL, *diff = NULL;
        int r;

        assert(edit);
        assert(ret);

        if (!edit->text)
                return 0;
        if (asprintf(&new, "%s.deploy-migrate-new", edit->path) < 0) {
                new = NULL;
                return -ENOMEM;
        }
        r = template_write(new, edit->text, 0666, error);
        if (r < 0)
                return r;
        r = file_edit_diff(edit, new, &diff, error);
        if (r >= 0)
                r = file_edit_replace(edit, new, error);
        if (r < 0) {
                (void)unlink(new);
                return r;
        }
        *ret = TAKE_PTR(diff);
        return 0;
}

void file_edit_done(struct file_edit *edit)
{
        assert(edit);

        free(edit->path);
        free(edit->old);
        free(edit->text);
        *edit = (struct file_edit){ 0 };
}
