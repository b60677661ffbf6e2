/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/terminal/tail.h"

#include "basic/macro.h"

void tail_add(struct tail *tail, const char *line)
{
        char **slot;

        assert(tail);
        assert(line);

        slot = &tail->lines[tail->n % TAIL_LINES];
        free(*slot);
        *slot = strdup(line);
        tail->n++;
}

const char *tail_get(const struct tail *tail, size_t i)
{
        size_t first;

        assert(tail);

        first = tail->n > TAIL_LINES ? tail->n - TAIL_LINES : 0;
        return first + i < tail->n && i < TAIL_LINES ? tail->lines[(first + i) % TAIL_LINES] : NULL;
}

void tail_clear(struct tail *tail)
{
        assert(tail);

        for (size_t i = 0; i < TAIL_LINES; i++)
                free(tail->lines[i]);
        *tail = (struct tail){ 0 };
}
