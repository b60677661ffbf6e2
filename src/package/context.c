/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/context.h"

#include "basic/clock.h"
#include "basic/install-paths.h"
#include "history/lock.h"
#include "sandbox/network.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <syslog.h>

#define LOCK_TIMEOUT_SEC 60U

DEFINE_CLEANUP(struct dmig *, dmig_unref);

int dmig_new(struct dmig **ret)
{
        _cleanup_(dmig_unrefp) struct dmig *ctx = NULL;
        int r;

        if (!ret)
                return -EINVAL;
        ctx = malloc(sizeof(*ctx));
        if (!ctx)
                return -ENOMEM;
        *ctx = (struct dmig){
                .refs = 1,
                .root.fd = -EBADF,
                .network = -EBADF,
                .stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                .lock_timeout_usec = LOCK_TIMEOUT_SEC * USEC_PER_SEC,
        };
        if (ctx->stop_fd < 0)
                return -errno;
        ctx->libexecdir = strdup(PKGLIBEXECDIR);
        ctx->datadir = strdup(PKGDATADIR);
        if (!ctx->libexecdir || !ctx->datadir)
                return -ENOMEM;
        r = event_make_run_id(ctx->run_id);
        if (r >= 0)
                r = root_init(&ctx->root, "/");
        if (r < 0)
                return r;

        *ret = TAKE_PTR(ctx);
        return 0;
}

struct dmig *dmig_ref(struct dmig *ctx)
{
        if (ctx)
                ctx->refs++;
        return ctx;
}

struct dmig *dmig_unref(struct dmig *ctx)
{
        if (!ctx || --ctx->refs > 0)
                return NULL;

        dpkg_database_free(ctx->database);
        strv_done(&ctx->names);
        error_clear(&ctx->error);
        if (ctx->making)
                ctx->network = network_end(ctx->making, NULL);
        fd_closep(&ctx->network);
        fd_closep(&ctx->stop_fd);
        root_done(&ctx->root);
        free(ctx->libexecdir);
        free(ctx->datadir);
        free(ctx->admindir);
        free(ctx);
        return NULL;
}

/* The database of another root or directory says nothing about the packages of this one. */
static void context_forget_database(struct dmig *ctx)
{
        dpkg_database_free(ctx->database);
        ctx->database = NULL;
        ctx->changed = false;
        strv_done(&ctx->names);
}

int dmig_set_root(struct dmig *ctx, const char *path)
{
        struct root root;
        int r;

        r = context_begin(ctx, 0, 0);
        if (r >= 0)
                r = context_check_argument(ctx, "path", path);
        if (r < 0)
                return r;
        r = root_init(&root, path);
        if (r == -EXDEV)
                return error_setf(
                        &ctx->error, r,
                        "can't use %s as the root directory: it is in another mount namespace; use its path in this one, or run the program in that one with nsenter(1)",
                        path);
        if (r < 0)
                return error_errnof(&ctx->error, r, "can't use %s as the root directory", path);
        root_done(&ctx->root);
        ctx->root = root;
        free(TAKE_PTR(ctx->admindir));
        context_forget_database(ctx);
        return 0;
}

static int context_set_path(struct dmig *ctx, char **place, const char *path)
{
        int r;

        r = context_check_argument(ctx, "path", path);
        if (r < 0)
                return r;
        return str_replace(place, path);
}

int dmig_set_admindir(struct dmig *ctx, const char *path)
{
        int r;

        r = context_begin(ctx, 0, 0);
        if (r >= 0)
                r = context_set_path(ctx, &ctx->admindir, path);
        if (r >= 0)
                context_forget_database(ctx);
        return context_end(ctx, r);
}

int dmig_set_libexecdir(struct dmig *ctx, const char *path)
{
        int r = context_begin(ctx, 0, 0);

        return context_end(ctx, r < 0 ? r : context_set_path(ctx, &ctx->libexecdir, path));
}

int dmig_set_datadir(struct dmig *ctx, const char *path)
{
        int r = context_begin(ctx, 0, 0);

        return context_end(ctx, r < 0 ? r : context_set_path(ctx, &ctx->datadir, path));
}

void dmig_set_lock_timeout(struct dmig *ctx, uint64_t usec)
{
        if (ctx)
                ctx->lock_timeout_usec = usec;
}

void dmig_set_log_fn(struct dmig *ctx, dmig_log_fn fn, void *userdata)
{
        if (!ctx)
                return;
        ctx->log_fn = fn;
        ctx->log_userdata = userdata;
}

void dmig_set_event_fn(struct dmig *ctx, dmig_event_fn fn, void *userdata)
{
        if (!ctx)
                return;
        ctx->event_fn = fn;
        ctx->event_userdata = userdata;
}

void dmig_stop(struct dmig *ctx)
{
        static const uint64_t one = 1;
        int saved = errno;

        if (!ctx)
                return;
        /* The counter stays above zero, so that the context is stopped for good. */
        if (write(ctx->stop_fd, &one, sizeof(one)) < 0)
                errno = saved;
}

int context_begin(struct dmig *ctx, unsigned flags, unsigned accepted)
{
        if (!ctx)
                return -EINVAL;
        error_clear(&ctx->error);
        if (flags & ~accepted)
                return error_setf(&ctx->error, -EINVAL,
                                  "flags 0x%x: not accepted by this function; see enum dmig_flags", flags & ~accepted);
        return 0;
}

int context_end(struct dmig *ctx, int r)
{
        return ctx && r < 0 ? error_complete(&ctx->error, r) : r;
}

int context_check_argument(struct dmig *ctx, const char *name, const void *argument)
{
        return argument ? 0 : error_setf(&ctx->error, -EINVAL, "argument '%s': must not be NULL", name);
}

bool context_is_stopped(const struct dmig *ctx)
{
        struct pollfd stop = { .fd = ctx->stop_fd, .events = POLLIN };

        return poll(&stop, 1, 0) > 0;
}

int context_lock(const struct dmig *ctx, const char *package, struct error *error)
{
        const struct lock_request request = {
                .package = package,
                .timeout_usec = ctx->lock_timeout_usec,
                .stop_fd = ctx->stop_fd,
        };

        return lock_acquire(&ctx->root, &request, error);
}

int context_lock_commit(const struct dmig *ctx, struct error *error)
{
        const struct lock_request request = {
                .package = ".commit", /* not a package name */
                .timeout_usec = USEC_INFINITY,
                .stop_fd = ctx->stop_fd,
        };

        return lock_acquire(&ctx->root, &request, error);
}

const char *dmig_error_message(struct dmig *ctx)
{
        return ctx ? error_text(&ctx->error) : strerror(EINVAL);
}

struct log_entry {
        int priority;
        const char *package;
        const char *id;
        const char *text;
};

static void context_pass_line(struct dmig *ctx, const struct log_entry *entry)
{
        if (ctx->log_fn)
                ctx->log_fn(ctx, entry->priority, entry->package, entry->id, entry->text, ctx->log_userdata);
}

void context_log(struct dmig *ctx, int priority, const char *package, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list args;

        assert(ctx);

        va_start(args, format);
        if (vasprintf(&text, format, args) < 0)
                text = NULL;
        va_end(args);
        context_pass_line(ctx, &(const struct log_entry){ priority, package, NULL, text ? text : "out of memory" });
}

void context_log_output(struct dmig *ctx, const char *package, const char *id, const char *line)
{
        context_pass_line(ctx, &(const struct log_entry){ LOG_INFO, package, id, line });
}

void context_notify(struct dmig *ctx, const struct dmig_event *event)
{
        if (ctx->event_fn)
                ctx->event_fn(ctx, event, ctx->event_userdata);
}

/* ---- The package database ---- */

/* Reads it for all packages of the last list at once: once for each of them would cost more than all else. */
static int context_read_database(struct dmig *ctx, const char *name, struct error *error)
{
        char *alone[] = { (char *)(uintptr_t)name, NULL };
        const struct dpkg_database_request request = {
                .root = &ctx->root,
                .admindir = ctx->admindir,
                .wanted = strv_has(&ctx->names, name) ? ctx->names.list : alone,
        };

        if (ctx->database && dpkg_database_is_current(ctx->database) <= 0)
                ctx->changed = true; /* for the packages that were looked at before, too */
        dpkg_database_free(ctx->database);
        ctx->database = NULL;
        return dpkg_database_read(&request, &ctx->database, error);
}

int context_find_package(struct dmig *ctx, const char *name, const struct dpkg_package **ret, struct error *error)
{
        int r;

        assert(ctx);
        assert(name);

        if (!ctx->database || !dpkg_database_covers(ctx->database, name) ||
            dpkg_database_is_current(ctx->database) <= 0) {
                r = context_read_database(ctx, name, error);
                if (r < 0)
                        return r;
        }
        *ret = dpkg_database_find(ctx->database, name);
        return 0;
}

int dmig_is_stale(struct dmig *ctx)
{
        int r;

        r = context_begin(ctx, 0, 0);
        if (r < 0)
                return r;
        if (ctx->changed) {
                ctx->changed = false;
                return 1;
        }
        if (!ctx->database)
                return 0;
        r = dpkg_database_is_current(ctx->database);
        return context_end(ctx, r < 0 ? r : !r);
}

/* In a chroot whose root is no mount there is nothing that could be made read-only. */
static int root_mount_check(struct error *error)
{
        struct statx st;

        if (statx(AT_FDCWD, "/", 0, 0, &st) < 0)
                return error_errnof(error, -errno, "can't inspect /");
        if ((st.stx_attributes_mask & ~st.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0)
                return 0;
        return error_setf(
                error, -EOPNOTSUPP,
                "can't make a sandbox: the root directory of this chroot is not a mount point; use --root from outside, or bind-mount it onto itself first");
}

void context_begin_network(struct dmig *ctx)
{
        assert(ctx);

        if (ctx->network < 0 && !ctx->making && root_mount_check(NULL) >= 0 && network_begin(&ctx->making) < 0)
                ctx->making = NULL;
}

int context_need_network(struct dmig *ctx, struct error *error)
{
        int r = root_mount_check(error);

        if (r < 0)
                return r;
        if (ctx->network < 0)
                ctx->network = ctx->making ? network_end(TAKE_PTR(ctx->making), error) : network_new(error);
        return ctx->network < 0 ? ctx->network : 0;
}
