/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * dpkg-database: a status file and up to two entries of the journal, with a form feed between them. The database says what the records say that were
 * written last, whether all packages are asked for or one, and doesn't change on its own.
 *
 * Covers: dpkg/dpkg-database.c dpkg/dpkg-updates.c dpkg/dpkg-info.c
 */

#include "dpkg/dpkg-database.h"
#include "fuzz.h"

#define ADMINDIR "/var/lib/dpkg"
#define N_FILES  3U

static const struct root *root;

/* In place of libc's: nobody writes, so there is nothing to wait for. */
int usleep(useconds_t usec)
{
        (void)usec;
        abort();
}

static int read_database(char *const *wanted, struct dpkg_database **ret, struct error *error)
{
        const struct dpkg_database_request request = { .root = root, .wanted = wanted };

        return dpkg_database_read(&request, ret, error);
}

static bool text_is_same(const char *a, const char *b)
{
        return a && b ? streq(a, b) : a == b;
}

static void check_one(const struct dpkg_database *all, const char *name)
{
        _cleanup_(dpkg_database_freep) struct dpkg_database *one = NULL;
        _cleanup_error_ struct error error = { 0 };
        _cleanup_free_ char *wanted = strdup(name);
        const struct dpkg_package *a = dpkg_database_find(all, name), *b;

        law(wanted && read_database((char *[]){ wanted, NULL }, &one, NULL) == 0);
        b = dpkg_database_find(one, name);
        law(!a == !b && dpkg_database_covers(one, name) && dpkg_database_covers(all, name));
        law(!dpkg_database_covers(one, "other"));
        if (a)
                law(a->state == b->state && a->reinstreq == b->reinstreq && a->stated == b->stated &&
                    text_is_same(a->version, b->version) && text_is_same(a->config_version, b->config_version));
        law(dpkg_database_has_list(all, "sample", &error) == 1 && dpkg_database_has_list(all, "other", &error) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const paths[N_FILES] = { ADMINDIR "/status", ADMINDIR "/updates/0000",
                                                    ADMINDIR "/updates/0001" };
        _cleanup_(dpkg_database_freep) struct dpkg_database *database = NULL;
        _cleanup_error_ struct error error = { 0 };
        char *texts[N_FILES];
        int r;

        root = fuzz_root((const char *const[]){ ADMINDIR "/updates", ADMINDIR "/info", NULL });
        fuzz_put(ADMINDIR "/info/sample.list", "", 0);
        fuzz_split(data, size, '\f', N_FILES, texts);
        for (size_t i = 0; i < N_FILES; i++) /* each may be missing, and an entry of the journal empty */
                fuzz_put(paths[i], *texts[i] ? texts[i] : NULL, streq(texts[i], "\n") ? 0 : strlen(texts[i]));
        r = read_database(NULL, &database, &error);
        law(r == 0 || ((r == -EBADMSG || (r == -ENOENT && !*texts[0])) && strstr(error.message, ADMINDIR)));
        if (r == 0) {
                law(dpkg_database_is_current(database) == 1 && strstr(dpkg_database_directory(database), ADMINDIR));
                check_one(database, "sample");
                check_one(database, "b");
        }
        fuzz_free(texts, N_FILES);
        return 0;
}
