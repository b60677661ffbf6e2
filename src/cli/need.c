/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/need.h"

#include "cli/report/exit-status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void need_fail(const char *what, int error)
{
        fprintf(stderr, "deploy-migrate: can't print the result: %s%s%s\n", what ? what : "", what ? ": " : "",
                strerror(error));
        exit(EXIT_UNUSABLE);
}

void *need_memory(void *pointer)
{
        if (!pointer)
                need_fail(NULL, ENOMEM);
        return pointer;
}
