/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The child side of an extension, by system calls only. */

#include "sandbox/extension.h"

#include "sandbox/mount-calls.h"
#include "sandbox/sandbox-mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

static const char *extension_next(const struct extension *extension, const char *word)
{
        word += strlen(word) + 1;
        return word < extension->text + extension->size ? word : NULL;
}

static const char *extension_first(const struct extension *extension)
{
        return extension->size > 0 ? extension->text : NULL;
}

static bool word_is_path(const char *word)
{
        return *word == '/';
}

/* Returns: the path of the overlay @i. */
static const char *extension_get_path(const struct extension *extension, size_t i)
{
        for (const char *word = extension_first(extension); word; word = extension_next(extension, word))
                if (word_is_path(word) && i-- == 0)
                        return word;
        return NULL;
}

/* Opens the directories before the first one is covered. Returns: 0 or a negative errno. */
static int extension_open(const struct extension *extension, int *dirs)
{
        size_t n = 0;

        for (const char *word = extension_first(extension); word; word = extension_next(extension, word)) {
                if (!word_is_path(word))
                        continue;
                if (n == extension->n)
                        return -EINVAL;
                dirs[n] = step_open_unlinked(word, O_PATH | O_DIRECTORY);
                if (dirs[n++] < 0)
                        return dirs[n - 1];
        }
        return n == extension->n ? 0 : -EINVAL;
}

static int extension_attach_to(const struct extension *extension, const int *dirs)
{
        size_t n = 0;
        int r = 0;

        for (const char *word = extension_first(extension); r >= 0 && word; word = extension_next(extension, word)) {
                n += word_is_path(word);
                r = word_is_path(word) ? step_attach(extension->fds[n - 1], word)
                                       : step_shield(dirs[n - 1], extension->fds[n - 1], word);
        }
        return r;
}

int extension_attach(const struct extension *extension)
{
        int dirs[EXTENSION_MOUNTS_MAX], r;

        for (size_t i = 0; i < EXTENSION_MOUNTS_MAX; i++)
                dirs[i] = -EBADF;
        r = extension_open(extension, dirs);
        if (r >= 0)
                r = extension_attach_to(extension, dirs);
        for (size_t i = 0; i < EXTENSION_MOUNTS_MAX; i++)
                fd_closep(&dirs[i]);
        return r;
}

int extension_seal(const struct extension *extension)
{
        struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

        for (size_t i = 0; i < extension->n; i++)
                if (mount_setattr(extension->fds[i], "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
                        return -errno;
        return 0;
}

/* The last one first, which may be in another. */
int extension_detach(struct extension *extension)
{
        int r = 0;

        for (size_t i = extension->n; i-- > 0;) {
                if (r >= 0 && umount2(extension_get_path(extension, i), MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
                        r = -errno;
                fd_closep(&extension->fds[i]);
        }
        extension->n = extension->size = 0;
        return r;
}

bool extension_is_in_place(const struct extension *extension)
{
        for (size_t i = 0; i < extension->n; i++) {
                const char *path = extension_get_path(extension, i);
                struct stat st, overlay;

                assert(path);
                if (lstat(path, &st) < 0 || fstat(extension->fds[i], &overlay) < 0)
                        return false;
                if (st.st_dev != overlay.st_dev || st.st_ino != overlay.st_ino)
                        return false;
        }
        return true;
}
