/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a program needs, and the device files that it must not have. */

#include "escape.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const devices[] = { "null", "zero", "full",  "random", "urandom", "tty", "ptmx",
                                       "pts",  "fd",   "stdin", "stdout", "stderr",  "shm", NULL };

static bool is_ours(const char *name)
{
        for (const char *const *device = devices; *device; device++)
                if (!strcmp(*device, name))
                        return true;
        return name[0] == '.';
}

/* Returns: EEXIST if /dev has anything else. */
int world_devices(const char *unused)
{
        DIR *dir = opendir("/dev");
        const struct dirent *entry;

        (void)unused;
        while (dir && (entry = readdir(dir)))
                if (!is_ours(entry->d_name)) {
                        printf("/dev/%s is there\n", entry->d_name);
                        return EEXIST;
                }
        return dir ? 0 : errno;
}

/* Each node of the system's /dev: neither can it be opened, nor another made. */
int world_nodes(const char *unused)
{
        const char *path;

        (void)unused;
        if (!outside_get("node", 0))
                return ENOTUNIQ; /* nothing was tried */
        for (unsigned n = 0; (path = outside_get("node", n)); n++)
                if (open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) >= 0 || errno != ENOENT) {
                        printf("%s: %s\n", path, strerror(errno));
                        return EEXIST;
                }
        return ENOENT;
}

int world_write(const char *path)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);

        return fd < 0 || write(fd, "x", 1) != 1 ? errno : 0;
}

int world_full(const char *path)
{
        return world_write(path);
}

int world_read(const char *path)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        char byte;

        return fd < 0 || read(fd, &byte, 1) != 1 ? errno : 0;
}

int world_terminal(const char *unused)
{
        int fd = posix_openpt(O_RDWR | O_NOCTTY);

        (void)unused;
        if (fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0)
                return errno;
        return open(ptsname(fd), O_RDWR | O_NOCTTY | O_CLOEXEC) < 0 ? errno : 0;
}

int world_links(const char *unused)
{
        static const char *const links[] = { "/dev/fd/0", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/fd/3" };
        struct stat st;

        (void)unused;
        for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
                if (stat(links[i], &st) < 0)
                        return errno;
        return 0;
}

/* Returns: ENOTEMPTY if it has an entry. */
int world_empty(const char *path)
{
        DIR *dir = opendir(path);
        const struct dirent *entry;

        while (dir && (entry = readdir(dir)))
                if (entry->d_name[0] != '.')
                        return ENOTEMPTY;
        return dir ? 0 : errno;
}

/* If it is there outside. */
int world_systemd(const char *path)
{
        return !outside_get("booted", 0) || opendir(path) ? 0 : errno;
}

/* The mode and owner of tests/escapes/outside. */
int world_owner(const char *path)
{
        struct stat st;

        if (stat(path, &st) < 0)
                return errno;
        return st.st_mode == (S_IFDIR | 02750) && st.st_uid == 12 && st.st_gid == 34 ? 0 : EINVAL;
}

/* Returns: EEXIST if there is any above 3, EBADF if one of 0 to 3 is missing. */
int world_descriptors(const char *unused)
{
        (void)unused;
        for (int fd = 0; fd < 1024; fd++)
                if ((fcntl(fd, F_GETFD) >= 0) != (fd <= 3))
                        return fd <= 3 ? EBADF : EEXIST;
        return 0;
}

int world_progress(const char *unused)
{
        const char *number = getenv("DEPLOY_MIGRATE_PROGRESS_FD");

        (void)unused;
        if (!number || strcmp(number, "3") != 0)
                return ENOENT;
        return write(3, "50% escaping\n", 13) == 13 ? 0 : errno;
}

/* The working directory, the umask, the session, the standard input. */
int world_state(const char *unused)
{
        char cwd[LENGTH_MAX], byte;
        mode_t mask = umask(022);

        (void)unused;
        if (!getcwd(cwd, sizeof(cwd)) || strcmp(cwd, "/") != 0 || mask != 022)
                return EINVAL;
        return getsid(0) != getppid() || read(STDIN_FILENO, &byte, 1) != 0 ? EBUSY : 0;
}
