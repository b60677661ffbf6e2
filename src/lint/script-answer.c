/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lint/script-answer.h"

#include <syslog.h>

#define BEFORE    "(^|[;&({`]|then|do|else|check\\)|[ \t])[ \t]*"
#define CONDITION "(if|elif|while|until|!)[ \t][^;|#]*"

/* Where check is, in the three ways in which it is written. */
static const struct {
        const char *begin, *end;
} regions[] = {
        { "^[ \t]*\\(?[\"']?check[\"']?\\)", ";;" },
        { "^[ \t]*(function[ \t]+)?check[ \t]*\\(\\)", "^[ \t]*}" },
        { "\\[.*=[ \t]*[\"']?check[\"']?[ \t]*\\]", "^[ \t]*(else|elif|fi)" },
};

static const struct {
        const char *pattern, *unless, *text;
} faults[] = {
        /* In a condition, and not of what comes out of a pipe. Alone or after exec it says what check has to say. */
        { "(" CONDITION "[ef]?grep[ \t]|(^|[;&({`]|then|do|else|check\\))[ \t]*[ef]?grep[ \t][^;]*(&&|\\|\\|))",
          "\\$\\?|exit 2|return 2",
          "grep ends with 2 if it can't read, which is taken for \"not found\" here; use the kit, or look at $?" },
        { BEFORE "(exec[ \t]+)?getent[ \t]", CONDITION "getent[ \t]|&&|\\|\\||\\$\\?|\\$\\(",
          "getent ends with 2 if it finds nothing, which is an error of check and not an answer; use the kit, or 'getent ... || exit 1'" },
};

static int script_check_line(struct linter *linter, const char *path, const char *line, size_t number)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(faults); i++) {
                _cleanup_free_ char *place = NULL;

                if (!linter_match(linter, faults[i].pattern, line, NULL) ||
                    linter_match(linter, faults[i].unless, line, NULL))
                        continue;
                place = linter_format_place(path, number);
                if (!place)
                        return -ENOMEM;
                linter_tell(linter, LOG_WARNING, place, faults[i].text);
        }
        return r;
}

/* Python ends with 1 after an exception. */
static void script_check_python(struct linter *linter, const char *path, const struct script *script)
{
        bool checks = false;

        if (script->kit || script->module)
                return;
        for (size_t i = 0; i < script->lines.n; i++) {
                if (linter_match(linter, "exit\\([2-9]|exit\\([A-Z]", script->lines.list[i], NULL))
                        return;
                checks |= strstr(script->lines.list[i], "check") != NULL;
        }
        if (!checks)
                return;
        linter_tell(
                linter, LOG_WARNING, path,
                "Python ends with 1 after an exception, which is \"not there\" in check; use the kit, or make it a module: chmod 644");
}

int script_check_answers(struct linter *linter, const char *path, const struct script *script)
{
        size_t region = ELEMENTSOF(regions);
        int r = 0;

        if (script->language == SCRIPT_PYTHON)
                script_check_python(linter, path, script);
        if (script->language != SCRIPT_SH || script->kit)
                return 0;
        for (size_t i = 0; r >= 0 && i < script->lines.n; i++) {
                const char *line = script->lines.list[i];

                for (size_t j = 0; region == ELEMENTSOF(regions) && j < ELEMENTSOF(regions); j++)
                        if (linter_match(linter, regions[j].begin, line, NULL))
                                region = j;
                if (region < ELEMENTSOF(regions))
                        r = script_check_line(linter, path, line, i + 1);
                if (region < ELEMENTSOF(regions) && linter_match(linter, regions[region].end, line, NULL))
                        region = ELEMENTSOF(regions);
        }
        return r;
}
