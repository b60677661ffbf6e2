/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "process/descendants.h"

#include <fcntl.h>
#include <signal.h>

/* Reads the next number from the text of @fd. Returns: 1, or 0 at the end. */
static int children_next(int fd, pid_t *ret)
{
        pid_t pid = 0;
        char c;

        while (read(fd, &c, 1) == 1) {
                if (c == ' ')
                        break;
                pid = pid * 10 + (c - '0');
        }
        *ret = pid;
        return pid > 0;
}

/* Appends to @path, which has the room for it, without snprintf(3), which isn't async-signal-safe. */
static void path_append_number(char *path, pid_t number)
{
        char digits[16], *end = path + strlen(path);
        size_t n = 0;

        for (; number > 0; number /= 10)
                digits[n++] = (char)('0' + number % 10);
        while (n > 0)
                *end++ = digits[--n];
        *end = '\0';
}

/* Opens "/proc/PID/task/PID/children". */
static int children_open(pid_t pid)
{
        char path[64] = "/proc/";

        path_append_number(path, pid);
        strcat(path, "/task/");
        path_append_number(path, pid);
        strcat(path, "/children");
        return open(path, O_RDONLY | O_CLOEXEC);
}

void descendants_signal(pid_t pid, int number)
{
        int fd = children_open(pid);
        pid_t child;

        while (fd >= 0 && children_next(fd, &child)) {
                descendants_signal(child, number);
                (void)kill(child, number);
        }
        if (fd >= 0)
                close(fd);
}

/* Appends the name of the process to @names, unless that is full. */
static void process_add_name(pid_t pid, char names[static DESCENDANTS_NAMES_MAX])
{
        char path[64] = "/proc/", name[32];
        size_t used = strlen(names);
        ssize_t n;
        int fd;

        path_append_number(path, pid);
        strcat(path, "/comm");
        fd = open(path, O_RDONLY | O_CLOEXEC);
        n = fd < 0 ? 0 : read(fd, name, sizeof(name) - 1);
        if (fd >= 0)
                close(fd);
        if (n <= 1 || used + (size_t)n + sizeof(", ") > DESCENDANTS_NAMES_MAX)
                return;
        name[n - 1] = '\0'; /* a newline */
        if (used > 0)
                strcat(names, ", ");
        strcat(names, name);
}

void descendants_name(char names[static DESCENDANTS_NAMES_MAX])
{
        int fd = children_open(getpid());
        pid_t child;

        names[0] = '\0';
        while (fd >= 0 && children_next(fd, &child))
                process_add_name(child, names);
        if (fd >= 0)
                close(fd);
}
