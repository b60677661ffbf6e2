/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "phase/running.h"

#include "basic/io.h"
#include "basic/json.h"
#include "basic/path.h"
#include "history/history.h"

#include <fcntl.h>
#include <stdio.h>

#define RUNNING_SIZE_MAX 65536U

/* The process that wrote the file: its number, which is used again in time, and when it began. */
#define FIELD_PID   "pid"
#define FIELD_START "start"

/* Returns: when the process @pid began, in clock ticks since the boot, or 0 if it isn't known. */
static int64_t process_get_start(int64_t pid)
{
        char path[64], text[1024], *p;
        _cleanup_close_ int fd = -EBADF;
        ssize_t n;

        snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
        if (n <= 0)
                return 0;
        text[n] = '\0';
        /* The second field, the name in parentheses, may contain anything; the start is the 22nd. */
        p = strrchr(text, ')');
        for (int field = 2; p && field < 22; field++)
                p = strchr(p + 1, ' ');
        return p ? strtoll(p, NULL, 10) : 0;
}

static int running_format_name(const char *package, const char *suffix, char **ret)
{
        if (asprintf(ret, "%s.progress%s", package, suffix) < 0) {
                *ret = NULL;
                return -ENOMEM;
        }
        return 0;
}

static int running_write_file(int dir, const char *name, const char *text)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        r = fd < 0 ? -errno : history_restrict(fd, 0640);
        return r < 0 ? r : io_write_all(fd, text, strlen(text));
}

int running_write(const struct dmig *ctx, const struct dmig_event *event)
{
        const char *package = dmig_event_get_package(event), *text;
        _cleanup_free_ char *name = NULL, *temporary = NULL;
        _cleanup_(event_freep) struct dmig_event *copy = NULL;
        _cleanup_close_ int dir = -EBADF;
        json_object *object = NULL;
        int r;

        assert(ctx);
        assert(package);

        r = running_format_name(package, "", &name);
        if (r >= 0)
                r = running_format_name(package, ".new", &temporary);
        if (r >= 0 && json_object_deep_copy(event->object, &object, NULL) < 0)
                r = -ENOMEM;
        if (r >= 0)
                r = event_from_json(package, object, &copy);
        if (r >= 0)
                r = event_set_int(copy, FIELD_PID, getpid());
        if (r >= 0)
                r = event_set_int(copy, FIELD_START, process_get_start(getpid()));
        text = r < 0 ? NULL : dmig_event_get_json(copy);
        if (r >= 0)
                r = dir = text ? root_open_mkdirs(&ctx->root, LOCK_DIR) : -ENOMEM;
        if (r >= 0)
                r = running_write_file(dir, temporary, text);
        if (r >= 0 && renameat(dir, temporary, dir, name) < 0)
                r = -errno;
        return r < 0 ? r : 0;
}

void running_remove(const struct dmig *ctx, const char *package)
{
        _cleanup_close_ int dir = root_open(&ctx->root, LOCK_DIR, O_RDONLY | O_DIRECTORY);
        _cleanup_free_ char *name = NULL;

        if (dir >= 0 && running_format_name(package, "", &name) >= 0)
                (void)unlinkat(dir, name, 0);
}

/* Whether the process that wrote @event still lives. */
static bool running_is_alive(const struct dmig_event *event)
{
        int64_t pid, start;

        return dmig_event_get_int(event, FIELD_PID, &pid) >= 0 && dmig_event_get_int(event, FIELD_START, &start) >= 0 &&
               start > 0 && process_get_start(pid) == start;
}

/* A file that others could have written says nothing. */
static int running_read_file(const struct dmig *ctx, const char *package, char **ret, size_t *ret_size)
{
        _cleanup_close_ int dir = root_open(&ctx->root, LOCK_DIR, O_RDONLY | O_DIRECTORY), fd = -EBADF;
        _cleanup_free_ char *name = NULL;
        const char *reason;
        struct stat st;
        int r;

        r = dir < 0 ? dir : running_format_name(package, "", &name);
        if (r < 0)
                return r;
        fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        r = S_ISREG(st.st_mode) ? io_check_trusted(&st, &reason) : -EINVAL;
        return r < 0 ? r : io_read_all(fd, RUNNING_SIZE_MAX, ret, ret_size);
}

int running_read(const struct dmig *ctx, const char *package, struct dmig_event **ret)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;
        _cleanup_free_ char *text = NULL;
        json_object *object = NULL;
        struct json_fault fault;
        size_t size;
        int r;

        assert(ctx);
        assert(package);
        assert(ret);

        r = running_read_file(ctx, package, &text, &size);
        if (r >= 0)
                r = json_parse_object(text, size, &object, &fault);
        if (r >= 0)
                r = event_from_json(package, object, &event);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        if (!dmig_event_get_string(event, "id") || !running_is_alive(event))
                return 0;
        *ret = TAKE_PTR(event);
        return 1;
}
