/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "basic/memstream.h"

int memstream_close(FILE *stream, char **text)
{
        bool failed;

        assert(stream);
        assert(text);

        failed = ferror(stream);
        if (fclose(stream) == 0 && !failed && *text)
                return 0;
        free(*text);
        *text = NULL;
        return -ENOMEM;
}
