/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A fuzz target as a plain test. In: files, or directories of them. Out: one line of TAP after the target has run with each; a law that doesn't hold
 * ends the process. With clang, libFuzzer's main() takes the place of this one.
 */

#include "basic/io.h"
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>

#define INPUT_MAX (1024U * 1024U)

/* Returns: 1, the number of inputs, or a negative errno. */
static int input_run(int directory, const char *name)
{
        _cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
        _cleanup_free_ char *data = NULL;
        _cleanup_free_ uint8_t *exact = NULL;
        size_t size;
        int r;

        r = fd < 0 ? -errno : io_read_all(fd, INPUT_MAX, &data, &size);
        if (r < 0)
                return r;
        exact = fuzz_allocate(size ?: 1);
        memcpy(exact, data, size);
        (void)LLVMFuzzerTestOneInput(exact, size);
        return 1;
}

/* Returns: how many inputs were run, or a negative errno. */
static int corpus_run(const char *path)
{
        _cleanup_(closedirp) DIR *directory = opendir(path);
        const struct dirent *entry;
        int n = 0, r;

        if (!directory)
                return -errno;
        while ((errno = 0, entry = readdir(directory))) {
                if (entry->d_name[0] == '.')
                        continue;
                fprintf(stderr, "# %s/%s\n", path, entry->d_name);
                r = input_run(dirfd(directory), entry->d_name);
                if (r < 0)
                        return r;
                n += r;
        }
        return errno ? -errno : n;
}

int main(int argc, char **argv)
{
        int n = 0;

        for (int i = 1; i < argc; i++) {
                int r = corpus_run(argv[i]);

                if (r == -ENOTDIR)
                        r = input_run(AT_FDCWD, argv[i]);
                if (r < 0) {
                        fprintf(stderr, "%s: %s\n", argv[i], strerror(-r));
                        return EXIT_FAILURE;
                }
                n += r;
        }
        printf("%d inputs\n", n);
        return EXIT_SUCCESS;
}
