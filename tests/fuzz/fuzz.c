/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "basic/io.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>

_Noreturn void law_broken(const char *law, const char *file, int line)
{
        fprintf(stderr, "%s:%d: it doesn't hold that %s\n", file, line, law);
        abort();
}

void *fuzz_allocate(size_t size)
{
        void *block = malloc(size);

        if (!block)
                abort();
        return block;
}

char *fuzz_text(const uint8_t *data, size_t size)
{
        size_t length = strnlen((const char *)data, size);
        char *text = fuzz_allocate(length + 1), *end = mempcpy(text, data, length);

        *end = '\0';
        return text;
}

void fuzz_split(const uint8_t *data, size_t size, char separator, size_t n, char **ret)
{
        for (size_t i = 0; i < n; i++) {
                const uint8_t *found = i + 1 < n && size > 0 ? memchr(data, separator, size) : NULL;
                size_t length = found ? (size_t)(found - data) : size;

                ret[i] = fuzz_text(data, length);
                data += found ? length + 1 : length;
                size -= found ? length + 1 : length;
        }
}

void fuzz_free(char **texts, size_t n)
{
        for (size_t i = 0; i < n; i++)
                free(texts[i]);
}

void fuzz_check_order(int ab, int bc, int ac)
{
        law(ab >= -1 && ab <= 1);
        if (ab <= 0 && bc <= 0)
                law(ac == (ab < 0 || bc < 0 ? -1 : 0));
        if (ab >= 0 && bc >= 0)
                law(ac == (ab > 0 || bc > 0 ? 1 : 0));
}

/* ---- Files ---- */

#define IN_MEMORY "/dev/shm"

static struct root root = { .fd = -EBADF };

static int file_remove(const char *path, const struct stat *st, int type, struct FTW *place)
{
        (void)st;
        (void)type;
        (void)place;
        return remove(path);
}

static void root_remove(void)
{
        (void)nftw(root.path, file_remove, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
        root_done(&root);
}

static void root_make(void)
{
        const char *parent = getenv("TMPDIR");
        char *path;

        if (!parent)
                parent = access(IN_MEMORY, W_OK) == 0 ? IN_MEMORY : "/tmp";
        path = fuzz_allocate(strlen(parent) + sizeof("/fuzz.XXXXXX"));
        sprintf(path, "%s/fuzz.XXXXXX", parent);
        if (!mkdtemp(path) || root_init(&root, path) < 0 || atexit(root_remove) != 0)
                abort();
        free(path);
}

const struct root *fuzz_root(const char *const *paths)
{
        if (root.fd >= 0)
                return &root;
        umask(022);
        root_make();
        for (; *paths; paths++) {
                int fd = root_open_mkdirs(&root, *paths);

                if (fd < 0)
                        abort();
                close(fd);
        }
        return &root;
}

void fuzz_put(const char *path, const void *data, size_t size)
{
        int fd;

        if (!data) {
                if (unlinkat(root.fd, path + 1, 0) < 0 && errno != ENOENT)
                        abort();
                return;
        }
        fd = openat(root.fd, path + 1, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (fd < 0 || io_write_all(fd, data, size) < 0 || close(fd) < 0)
                abort();
}
