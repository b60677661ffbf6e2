/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "transaction/data-mounts.h"

#include "basic/clock.h"
#include "basic/memstream.h"
#include "basic/path-escape.h"
#include "stage/missing-mounts.h"
#include "units/mount-units.h"

#include <poll.h>
#include <stdio.h>
#include <syslog.h>

/*
 * Both are longer than systemd waits for a device and for a mount, 90 s each, unless it is configured to. A service that is starting would
 * itself wait for its mounts as long as systemd does, perhaps for fsck(8) or for somebody who enters a passphrase.
 */
#define AUTOMOUNT_SEC 100
#define JOB_SEC       300
#define JOB_POLL_MSEC 200

/* What isn't mounted, as of one look. */
struct absence {
        struct mount_units units;
        struct strv missing;
};

static void absence_done(struct absence *absence)
{
        mount_units_done(&absence->units);
        strv_done(&absence->missing);
}

static int package_list_writes(const struct package *pkg, struct strv *ret)
{
        const struct plan *plan = &pkg->plan;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < plan->n_steps; i++)
                if (package_is_due(&plan->steps[i]))
                        r = catalog_list_writes(pkg->catalog, plan->steps[i].migration, ret);
        strv_sort(ret);
        return r;
}

/* Units concern the running system only. */
static int data_look(const struct package *pkg, const struct strv *writes, struct absence *ret, struct error *error)
{
        const struct dmig *ctx = pkg->request.ctx;
        struct mount_search search = {
                .root = &ctx->root,
                .writes = writes->list,
                .automount_usec = AUTOMOUNT_SEC * USEC_PER_SEC,
                .stop_fd = ctx->stop_fd,
        };
        int r;

        r = ctx->root.path[0] ? 0 : mount_units_look(pkg->request.package, &ret->units, error);
        search.configured = ret->units.points.list;
        return r < 0 ? r : missing_mounts_find(&search, &ret->missing, error);
}

/* Whether systemd is about to mount all that is missing. */
static bool absence_is_hopeful(const struct absence *absence)
{
        for (size_t i = 0; i < absence->missing.n; i++)
                if (!strv_has(&absence->units.awaited, absence->missing.list[i]))
                        return false;
        return true;
}

/* "a, b and c" */
static int absence_name_missing(const struct absence *absence, char **ret)
{
        size_t size, n = absence->missing.n;
        FILE *stream = open_memstream(ret, &size);
        int q, r = 0;

        if (!stream)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < n; i++) {
                _cleanup_free_ char *name = NULL;

                r = path_escape(absence->missing.list[i], &name);
                if (r >= 0)
                        fprintf(stream, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " and ", name);
        }
        q = memstream_close(stream, ret);
        return r < 0 ? r : q;
}

static int absence_explain(const struct absence *absence, const char *package, char **ret)
{
        _cleanup_free_ char *names = NULL;
        bool one = absence->missing.n == 1;
        int r;

        r = absence_name_missing(absence, &names);
        if (r < 0)
                return r;
        if (asprintf(
                    ret,
                    "%s %s mounted, and data of %s belongs there; mount %s, then start its service or run 'deploy-migrate run %s'",
                    names, one ? "isn't" : "aren't", package, one ? "it" : "them", package) < 0) {
                *ret = NULL;
                return -ENOMEM;
        }
        return 0;
}

static int absence_tell(const struct absence *absence, const struct package *pkg)
{
        _cleanup_free_ char *names = NULL;
        int r = absence_name_missing(absence, &names);

        if (r >= 0)
                context_log(pkg->request.ctx, LOG_NOTICE, pkg->request.package, "waiting for systemd to mount %s",
                            names);
        return r;
}

int data_await_mounts(const struct package *pkg, char **ret_reason, struct error *error)
{
        const struct dmig *ctx = pkg->request.ctx;
        bool starting = pkg->request.flags & DMIG_STARTING;
        uint64_t end = starting ? USEC_INFINITY : now_usec(CLOCK_MONOTONIC) + JOB_SEC * USEC_PER_SEC;
        struct pollfd stop = { .fd = ctx->stop_fd, .events = POLLIN };
        _cleanup_strv_ struct strv writes = { 0 };
        int r;

        assert(ret_reason);

        r = package_list_writes(pkg, &writes);
        for (bool told = false; r >= 0; told = true) {
                _cleanup_(absence_done) struct absence absence = { 0 };

                r = data_look(pkg, &writes, &absence, error);
                if (r < 0)
                        return r;
                if (absence.missing.n == 0)
                        return 1;
                if (!absence_is_hopeful(&absence) || now_usec(CLOCK_MONOTONIC) >= end)
                        return absence_explain(&absence, pkg->request.package, ret_reason);
                if (!told)
                        r = absence_tell(&absence, pkg);
                if (poll(&stop, 1, JOB_POLL_MSEC) > 0)
                        return error_setf(error, -ECANCELED, "stopped before the data was mounted");
        }
        return r;
}
