/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * dpkg-log: up to three logs with a form feed between them: dpkg.log.2.gz, dpkg.log.1 and dpkg.log. What is known of a package is a version, and the
 * same whether an older log is compressed or not.
 *
 * Covers: dpkg/dpkg-log.c dpkg/dpkg-log-file.c
 */

#include "dpkg/deb-version.h"
#include "dpkg/dpkg-log.h"
#include "fuzz.h"

#define ZLIB_CONST
#include <zlib.h>

#define N_LOGS 3U
#define LOG(n) "/var/log/dpkg.log" n

/* In place of libc's: logs that end in the middle of a line are read again after pauses. */
int usleep(useconds_t usec)
{
        (void)usec;
        return 0;
}

static const struct root *root;

/* Returns: as dpkg_log_find_version(). */
static int find(char **ret)
{
        _cleanup_error_ struct error error = { 0 };
        int r = dpkg_log_find_version(root, "sample", ret, &error);

        law(r >= 0 || (error.message && strstr(error.message, "/var/log")));
        law(r < 0 || !error.message);
        if (r > 0) {
                struct deb_version version;

                law(deb_version_parse(*ret, false, &version, NULL) == 0);
        }
        return r;
}

static size_t compress_log(const char *text, size_t size, void *out, size_t out_size)
{
        z_stream stream = {
                .next_in = (const Bytef *)text, .avail_in = (uInt)size, .next_out = out, .avail_out = (uInt)out_size
        };

        if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
            deflate(&stream, Z_FINISH) != Z_STREAM_END)
                abort();
        deflateEnd(&stream);
        return stream.total_out;
}

static void check_compressed(const char *oldest, int expected, const char *version)
{
        size_t size = strlen(oldest), room = size + 1024, compressed;
        _cleanup_free_ char *out = fuzz_allocate(room), *other = NULL;

        fuzz_put(LOG(".2"), NULL, 0);
        compressed = compress_log(oldest, size, out, room);
        fuzz_put(LOG(".2.gz"), out, compressed);
        law(find(&other) == expected);
        law(expected <= 0 || streq(version, other));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const paths[N_LOGS] = { LOG(".2"), LOG(".1"), LOG("") };
        _cleanup_free_ char *version = NULL, *other = NULL;
        char *texts[N_LOGS];
        int r;

        root = fuzz_root((const char *const[]){ "/var/log", NULL });
        fuzz_split(data, size, '\f', N_LOGS, texts);
        fuzz_put(LOG(".2.gz"), NULL, 0);
        fuzz_put(LOG(".old"), "", 0); /* neither is one of them */
        fuzz_put("/var/log/other", "", 0);
        for (size_t i = 0; i < N_LOGS; i++)
                fuzz_put(paths[i], texts[i], strlen(texts[i]));
        r = find(&version);
        if (*texts[0] && *texts[0] != '\x1f') /* zlib reads what begins like that as compressed, whatever its name */
                check_compressed(texts[0], r, version);

        /* Damaged, in all likelihood. */
        fuzz_put(LOG(".2"), NULL, 0);
        fuzz_put(LOG(".2.gz"), data, size);
        (void)find(&other);
        fuzz_free(texts, N_LOGS);
        return 0;
}
