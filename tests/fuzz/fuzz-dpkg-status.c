/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * dpkg-status: a status file. It says the same in whatever pieces it comes, and of one package what it says of all.
 *
 * Covers: dpkg/dpkg-status.c dpkg/dpkg-record.c dpkg/dpkg-packages.c
 */

#include "basic/array.h"
#include "dpkg/dpkg-packages.h"
#include "dpkg/dpkg-status.h"
#include "fuzz.h"

static int take_record(struct dpkg_record *record, void *packages)
{
        law(record->package && *record->package);
        law(record->stated || record->state == DPKG_NOT_INSTALLED);
        law(record->version || record->state == DPKG_NOT_INSTALLED || record->state == DPKG_HALF_INSTALLED);
        law(dpkg_state_to_string(record->state));
        return dpkg_packages_add(packages, record, false);
}

struct reading {
        const uint8_t *data;
        size_t size;
        size_t piece;
        char *const *wanted;
};

/* Returns: as dpkg_status_parser_feed(). */
static int read_packages(const struct reading *reading, struct dpkg_packages *ret, struct error *error)
{
        const struct dpkg_status_request request = {
                .name = "status", .wanted = reading->wanted, .found = take_record, .userdata = ret
        };
        _cleanup_(dpkg_status_parser_freep) struct dpkg_status_parser *parser = NULL;
        int r;

        r = dpkg_status_parser_new(&request, &parser);
        for (size_t done = 0, n; r >= 0 && done < reading->size; done += n) {
                n = reading->size - done < reading->piece ? reading->size - done : reading->piece;
                r = dpkg_status_parser_feed(parser, (const char *)reading->data + done, n, error);
        }
        if (r >= 0)
                r = dpkg_status_parser_finish(parser, error);
        return r < 0 ? r : dpkg_packages_merge(ret);
}

static bool text_is_same(const char *a, const char *b)
{
        return a && b ? streq(a, b) : a == b;
}

static bool package_is_same(const struct dpkg_package *a, const struct dpkg_package *b)
{
        return streq(a->name, b->name) && text_is_same(a->version, b->version) &&
               text_is_same(a->config_version, b->config_version) && a->state == b->state && a->stated == b->stated &&
               a->reinstreq == b->reinstreq;
}

static void check_pieces(const struct dpkg_packages *packages, struct reading reading, int expected,
                         const struct error *whole)
{
        _cleanup_(dpkg_packages_done) struct dpkg_packages others = { 0 };
        _cleanup_error_ struct error error = { 0 };

        law(read_packages(&reading, &others, &error) == expected);
        law(streq(error_text(&error), error_text(whole)));
        if (expected < 0)
                return;
        law(others.n_packages == packages->n_packages);
        for (size_t i = 0; i < others.n_packages; i++)
                law(package_is_same(&others.packages[i], &packages->packages[i]));
}

static void check_wanted(const struct dpkg_packages *packages, struct reading reading)
{
        for (size_t i = 0; i < packages->n_packages && i < 3; i++) {
                _cleanup_free_ char *name = strdup(packages->packages[i].name);
                _cleanup_(dpkg_packages_done) struct dpkg_packages one = { 0 };

                reading.wanted = (char *[]){ name, NULL };
                law(name && read_packages(&reading, &one, NULL) == 0);
                law(one.n_packages == 1 && package_is_same(one.packages, &packages->packages[i]));
                law(dpkg_packages_find(packages, name) == &packages->packages[i]);
                if (i > 0)
                        law(strcmp(packages->packages[i - 1].name, name) < 0);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(dpkg_packages_done) struct dpkg_packages packages = { 0 };
        _cleanup_error_ struct error error = { 0 };
        struct reading reading = { .data = data, .size = size, .piece = size ?: 1 };
        int r = read_packages(&reading, &packages, &error);

        law(r == 0 || (r == -EBADMSG && error.message));
        if (r == 0)
                check_wanted(&packages, reading);
        reading.piece = 1;
        check_pieces(&packages, reading, r, &error);
        reading.piece = 7;
        check_pieces(&packages, reading, r, &error);
        return 0;
}
