/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "phase/progress-line.h"

#define NUMBER_MAX (INT64_MAX / 100) /* a hundred times as much must not overflow */

void progress_line_done(struct progress_line *line)
{
        free(TAKE_PTR(line->text));
}

/* Returns: what follows the number at @p, or NULL if there is none, or it is too large. */
static const char *number_parse(const char *p, int64_t *ret)
{
        int64_t value = 0;

        if (*p < '0' || *p > '9')
                return NULL;
        for (; *p >= '0' && *p <= '9'; p++) {
                value = value * 10 + (*p - '0');
                if (value > NUMBER_MAX / 10)
                        return NULL;
        }
        *ret = value;
        return p;
}

/* Returns: what follows, or NULL. */
static const char *progress_line_parse_numbers(const char *p, struct progress_line *line)
{
        p = number_parse(p, &line->percent);
        if (p && *p == '%') {
                line->done = line->total = -1;
                return line->percent <= 100 ? p + 1 : NULL;
        }
        if (!p || *p != '/')
                return NULL;
        line->done = line->percent;
        p = number_parse(p + 1, &line->total);
        if (!p || line->total == 0 || line->done > line->total)
                return NULL;
        line->percent = line->done * 100 / line->total;
        return p;
}

int progress_line_parse(const char *text, struct progress_line *ret)
{
        struct progress_line line = { 0 };
        const char *rest;

        assert(text);
        assert(ret);

        rest = progress_line_parse_numbers(text + strspn(text, " \t"), &line);
        if (!rest || (*rest && *rest != ' ' && *rest != '\t'))
                return -EINVAL;
        line.text = strdup(rest + strspn(rest, " \t"));
        if (!line.text)
                return -ENOMEM;
        *ret = line;
        return 0;
}
