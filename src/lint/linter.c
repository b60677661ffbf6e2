/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lint/linter.h"

#include "basic/array.h"
#include "basic/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

struct pattern {
        const char *text; /* one of ours, so that where it is says which it is */
        regex_t regex;
};

void linter_done(struct linter *linter)
{
        assert(linter);

        for (size_t i = 0; i < linter->n_patterns; i++)
                regfree(&linter->patterns[i].regex);
        free(linter->patterns);
        version_range_done(&linter->range);
        debian_source_done(&linter->source);
}

/* Returns: NULL if memory ran out. */
static const regex_t *linter_compile(struct linter *linter, const char *text)
{
        struct pattern *grown, *pattern;

        for (size_t i = 0; i < linter->n_patterns; i++)
                if (linter->patterns[i].text == text)
                        return &linter->patterns[i].regex;
        grown = array_grow(linter->patterns, linter->n_patterns, sizeof(*grown));
        if (!grown)
                return NULL;
        linter->patterns = grown;
        pattern = &grown[linter->n_patterns];
        if (regcomp(&pattern->regex, text, REG_EXTENDED) != 0)
                return NULL;
        pattern->text = text;
        linter->n_patterns++;
        return &pattern->regex;
}

bool linter_match(struct linter *linter, const char *pattern, const char *text, regmatch_t ret[SCRIPT_GROUPS])
{
        const regex_t *regex;

        assert(linter && pattern && text);

        regex = linter_compile(linter, pattern);
        return regex && regexec(regex, text, ret ? SCRIPT_GROUPS : 0, ret, 0) == 0;
}

char *linter_format_place(const char *path, size_t number)
{
        char *place;

        assert(path);

        return asprintf(&place, "%s:%zu", path, number) < 0 ? NULL : place;
}

void linter_tell(struct linter *linter, int priority, const char *path, const char *text)
{
        assert(linter && path && text);

        linter->n_errors += priority == LOG_ERR;
        linter->fn(linter->ctx, priority, path, text, linter->userdata);
}

int linter_tellf(struct linter *linter, int priority, const char *path, const char *format, ...)
{
        _cleanup_free_ char *text = NULL, *clean = NULL;
        va_list args;
        int n;

        va_start(args, format);
        n = vasprintf(&text, format, args);
        va_end(args);
        if (n < 0) {
                text = NULL;
                return -ENOMEM;
        }
        clean = utf8_sanitize(text, strlen(text));
        if (!clean)
                return -ENOMEM;
        linter_tell(linter, priority, path, clean);
        return 0;
}
