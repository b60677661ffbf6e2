/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "phase/running.h"

#include "basic/clock.h"
#include "basic/io.h"
#include "basic/json-text.h"
#include "basic/json.h"
#include "basic/path.h"
#include "history/history.h"
#include "package/emit.h"

#include <fcntl.h>
#include <json-c/linkhash.h>
#include <stdio.h>
#include <sys/file.h>

#define RUNNING_SIZE_MAX 65536U
#define RUNNING_ROOM     1024U
#define READS_MAX        100 /* of a file that is replaced again and again */

#define FIELD_CLOCK "clock" /* when it was written, of a clock that isn't set */

static int running_format_name(const char *package, const char *suffix, char **ret)
{
        if (asprintf(ret, "%s.progress%s", package, suffix) < 0) {
                *ret = NULL;
                return -ENOMEM;
        }
        return 0;
}

/* ---- The writer ---- */

static int running_begin_migration(struct running *running, const struct dmig_event *event)
{
        const char *id = dmig_event_get_string(event, "id");
        int r;

        assert(id);
        if (running->id && streq(running->id, id))
                return 0;
        r = str_replace(&running->since, dmig_event_get_string(event, "time"));
        return r < 0 ? r : str_replace(&running->id, id);
}

static void running_format_field(struct json_text *text, const char *key, json_object *value)
{
        if (json_object_is_type(value, json_type_string))
                json_text_add_string(text, key, json_object_get_string(value));
        else if (json_object_is_type(value, json_type_int))
                json_text_add_int(text, key, json_object_get_int64(value));
}

/* Of strings and numbers: an event of this kind has no other fields. Returns: 0 or -ENOMEM. */
static int running_format(const struct running *running, const struct dmig_event *event, struct json_text *text)
{
        json_text_open(text, NULL, '{');
        json_object_object_foreach(event->object, key, value)
        {
                running_format_field(text, key, value);
        }
        json_text_add_string(text, "command", running->command ?: "run");
        if (running->since)
                json_text_add_string(text, "since", running->since);
        json_text_add_int(text, FIELD_CLOCK, (int64_t)now_usec(CLOCK_BOOTTIME));
        json_text_close(text, '}');
        return text->failed ? -ENOMEM : 0;
}

/* With room for the texts after this one, most of which are as long. */
static int running_write_text(int fd, const struct json_text *text)
{
        char padded[RUNNING_ROOM];

        if (text->size > sizeof(padded))
                return io_write_all(fd, text->data, text->size);
        memset(padded, ' ', sizeof(padded));
        memcpy(padded, text->data, text->size);
        return io_write_all(fd, padded, sizeof(padded));
}

/* A new file, since one that is already there could be locked by another process. */
static int running_make_file(int dir, const char *name, const struct json_text *text)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
                return -errno;
        fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
                return -errno;
        r = history_restrict(fd, 0640);
        if (r >= 0)
                r = running_write_text(fd, text);
        return r < 0 ? r : TAKE_FD(fd);
}

static int running_replace_file(struct running *running, const struct json_text *text)
{
        _cleanup_free_ char *name = NULL, *temporary = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (running->dir < 0)
                running->dir = root_open_mkdirs(&running->ctx->root, LOCK_DIR);
        r = running->dir < 0 ? running->dir : running_format_name(running->package, "", &name);
        if (r >= 0)
                r = running_format_name(running->package, ".new", &temporary);
        if (r >= 0)
                r = fd = running_make_file(running->dir, temporary, text);
        if (r < 0)
                return r;
        if (renameat(running->dir, temporary, running->dir, name) < 0)
                return -errno;
        fd_closep(&running->file);
        running->file = TAKE_FD(fd);
        free(running->name);
        running->name = TAKE_PTR(name);
        running->roomy = text->size <= RUNNING_ROOM;
        return 0;
}

/* The bytes of the file, and not its flock(2), which is held all the time. */
static int running_lock_bytes(int fd, int command, short type)
{
        struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

        return fcntl(fd, command, &lock) < 0 ? -errno : 0;
}

/*
 * Writes over the text in the file that is there, since making a new file takes longer than the rest of a short phase. If another process is
 * reading the file, or the text doesn't fit, the caller makes a new file. Returns: 1 if it was written, 0 if a new file is needed, or a
 * negative errno.
 */
static int running_overwrite_file(const struct running *running, const struct json_text *text)
{
        int r;

        if (running->file < 0 || !running->roomy || text->size > RUNNING_ROOM)
                return 0;
        if (running_lock_bytes(running->file, F_OFD_SETLK, F_WRLCK) < 0)
                return 0;
        r = lseek(running->file, 0, SEEK_SET) < 0 ? -errno : running_write_text(running->file, text);
        if (running_lock_bytes(running->file, F_OFD_SETLK, F_UNLCK) < 0 || r < 0)
                return r < 0 ? r : -EIO;
        return 1;
}

void running_write(struct running *running, const struct dmig_event *event)
{
        _cleanup_json_text_ struct json_text text = { 0 };
        int r;

        assert(running && running->ctx && running->package);
        assert(event);

        r = running_begin_migration(running, event);
        if (r >= 0)
                r = running_format(running, event, &text);
        if (r >= 0 && running_overwrite_file(running, &text) <= 0)
                (void)running_replace_file(running, &text);
}

void running_tell(struct running *running, const char *id, const char *phase)
{
        const struct emission emission = {
                "progress", { { "id", .text = id }, { "phase", .text = phase }, { "elapsed_ms", .number = 0 } }
        };
        _cleanup_(event_freep) struct dmig_event *event = NULL;

        assert(running && id && phase);

        if (emission_make_event(&emission, running->ctx, running->package, &event) >= 0)
                running_write(running, event);
}

void running_done(struct running *running)
{
        assert(running);

        if (running->name)
                (void)unlinkat(running->dir, running->name, 0);
        fd_closep(&running->file);
        fd_closep(&running->dir);
        free(running->name);
        free(running->id);
        free(running->since);
        *running = (struct running)RUNNING_NONE;
}

/* ---- The reader ---- */

/* Returns: 1 if its writer lives, 0 if it doesn't, -EAGAIN if the file was replaced meanwhile, or another negative errno. */
static int running_is_held(int fd)
{
        struct stat st;

        if (flock(fd, LOCK_SH | LOCK_NB) < 0)
                return errno == EWOULDBLOCK ? 1 : -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        return st.st_nlink == 0 ? -EAGAIN : 0;
}

/* A file that others could have written says nothing. Returns: 1, 0 if nothing runs, -EAGAIN to be asked again, or another negative errno. */
static int running_read_file(int dir, const char *name, char **ret, size_t *ret_size)
{
        _cleanup_close_ int fd = -EBADF;
        const char *reason;
        struct stat st;
        int r;

        fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        r = S_ISREG(st.st_mode) ? io_check_trusted(&st, &reason) : -EINVAL;
        if (r >= 0)
                r = running_is_held(fd);
        if (r <= 0)
                return r;
        r = running_lock_bytes(fd, F_OFD_SETLKW, F_RDLCK); /* until it is closed */
        if (r >= 0)
                r = io_read_all(fd, RUNNING_SIZE_MAX, ret, ret_size);
        return r < 0 ? r : 1;
}

static int running_read_text(const struct dmig *ctx, const char *package, char **ret, size_t *ret_size)
{
        _cleanup_close_ int dir = root_open(&ctx->root, LOCK_DIR, O_RDONLY | O_DIRECTORY);
        _cleanup_free_ char *name = NULL;
        int r;

        r = dir < 0 ? dir : running_format_name(package, "", &name);
        if (r < 0)
                return r;
        r = -EAGAIN;
        for (size_t i = 0; r == -EAGAIN && i < READS_MAX; i++)
                r = running_read_file(dir, name, ret, ret_size);
        return r;
}

/* What has passed since it was written. */
static int running_let_pass(struct dmig_event *event)
{
        int64_t now = (int64_t)now_usec(CLOCK_BOOTTIME), clock, elapsed_ms;

        if (dmig_event_get_int(event, FIELD_CLOCK, &clock) < 0 || clock < 0 || clock > now ||
            dmig_event_get_int(event, "elapsed_ms", &elapsed_ms) < 0 || elapsed_ms > INT64_MAX - now)
                return 0;
        return event_set_int(event, "elapsed_ms", elapsed_ms + (now - clock) / (int64_t)USEC_PER_MSEC);
}

int running_read(const struct dmig *ctx, const char *package, struct dmig_event **ret)
{
        _cleanup_(event_freep) struct dmig_event *event = NULL;
        _cleanup_free_ char *text = NULL;
        json_object *object = NULL;
        struct json_fault fault;
        size_t size = 0;
        int r;

        assert(ctx);
        assert(package);
        assert(ret);

        r = running_read_text(ctx, package, &text, &size);
        if (r > 0)
                r = json_parse_object(text, size, &object, &fault);
        else if (r == 0)
                return 0;
        if (r >= 0)
                r = event_from_json(package, object, &event);
        if (r >= 0)
                r = running_let_pass(event);
        if (r >= 0 && !dmig_event_get_string(event, "command")) /* an older version of us */
                r = event_set_string(event, "command", "run");
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        if (!dmig_event_get_string(event, "id"))
                return 0;
        *ret = TAKE_PTR(event);
        return 1;
}
