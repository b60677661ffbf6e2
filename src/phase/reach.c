/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "phase/reach.h"

#include "basic/memstream.h"

#include <stdio.h>

int reach_describe(const struct manifest *manifest, char **ret)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *stream;
        int r;

        assert(manifest);
        assert(ret);

        if (!manifest_reaches_out(manifest)) {
                *ret = NULL;
                return 0;
        }
        stream = open_memstream(&text, &size);
        if (!stream)
                return -ENOMEM;
        if (manifest->network)
                fputs("network", stream);
        for (size_t i = 0; i < manifest->connect.n; i++)
                fprintf(stream, "%s%s", i > 0 || manifest->network ? ", " : "", manifest->connect.list[i]);
        r = memstream_close(stream, &text);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(text);
        return 0;
}
