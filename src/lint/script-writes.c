/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lint/script-writes.h"

#include "basic/array.h"
#include "basic/memstream.h"

#include <stdio.h>
#include <syslog.h>

/* Directories of data: all others are read-only to begin with, or private. Group 2 is the path. */
#define PATH "(^|[ \t=])(/(etc|var/lib|var/cache|var/log|var/spool|var/www|srv|opt|home|usr/local)/[^ \t)<>]+)"

#define SETS "^[ \t]*(export |local |readonly )?([A-Za-z_][A-Za-z0-9_]*)="
/* The expansion of a parameter, with a default value or without. */
#define PARAMETER "^[$]([{]?)([A-Za-z_][A-Za-z0-9_]*)"

/* Takes the place of what can't be known. */
#define UNKNOWN '*'

/* Longer than any path is what doubles a variable from line to line; the rest of such a line isn't looked into. */
#define EXPANDED_MAX 8192

static const struct {
        const char *pattern;
        bool first, last; /* of its arguments, it writes to that one alone */
} writers[] = {
        { "(^|[ \t({])(rm|mv|mkdir|rmdir|chown|chmod|chgrp|touch|tee|truncate)[ \t]", false, false },
        { "(^|[ \t({])sed[ \t]([^ \t]*[ \t]+)*-[a-zE]*i", false, false },
        { "(^|[ \t({])(cp|install|ln)[ \t]", false, true },
        { "(^|[ \t({])(edit|json_edit|key_set|key_rename|key_remove)[ \t]", true, false },
        { ">[ \t]*/", true, false },
};

struct variable {
        char *name, *value;
};

struct reader {
        struct linter *linter;
        const struct migration *migration;
        struct variable *variables;
        size_t n;
        struct strv told;
};

static void reader_done(struct reader *reader)
{
        for (size_t i = 0; i < reader->n; i++) {
                free(reader->variables[i].name);
                free(reader->variables[i].value);
        }
        free(reader->variables);
        strv_done(&reader->told);
}

/* ---- Variables ---- */

/* Takes both. */
static int reader_set(struct reader *reader, char *name, char *value)
{
        struct variable *grown = array_grow(reader->variables, reader->n, sizeof(*grown));

        if (grown)
                reader->variables = grown;
        if (!grown || !name || !value) {
                free(name);
                free(value);
                return -ENOMEM;
        }
        grown[reader->n++] = (struct variable){ name, value };
        return 0;
}

/* Returns: the value that was set last, or NULL. */
static const char *reader_get(const struct reader *reader, const char *name, size_t n)
{
        for (size_t i = reader->n; i-- > 0;)
                if (strncmp(reader->variables[i].name, name, n) == 0 && !reader->variables[i].name[n])
                        return reader->variables[i].value;
        return NULL;
}

/* Writes what the parameter at @text stands for. Returns: what follows it. */
static const char *reader_expand_parameter(const struct reader *reader, const char *text, FILE *stream)
{
        regmatch_t m[SCRIPT_GROUPS];
        const char *value, *end;

        if (!linter_match(reader->linter, PARAMETER, text, m)) {
                fputc(UNKNOWN, stream);
                return text + 1;
        }
        value = reader_get(reader, text + m[2].rm_so, (size_t)(m[2].rm_eo - m[2].rm_so));
        if (value)
                fputs(value, stream);
        else
                fputc(UNKNOWN, stream);
        end = text + m[0].rm_eo;
        return m[1].rm_eo > m[1].rm_so ? end + strcspn(end, "}") + (strchr(end, '}') != NULL) : end;
}

/* Returns: the line with its variables filled in and without quotes, to be freed, or NULL if memory ran out. */
static char *reader_expand(const struct reader *reader, const char *line)
{
        char *expanded = NULL;
        size_t size;
        FILE *stream = open_memstream(&expanded, &size);

        if (!stream)
                return NULL;
        while (*line && ftell(stream) < EXPANDED_MAX)
                if (*line == '$')
                        line = reader_expand_parameter(reader, line, stream);
                else if (*line == '"' || *line == '\'')
                        line++;
                else
                        fputc(*line++, stream);
        return memstream_close(stream, &expanded) < 0 ? NULL : expanded;
}

/* ---- Paths ---- */

/* A path may lead to what is declared if the rest of it isn't known. */
static bool reader_is_declared(const struct reader *reader, const char *path)
{
        char *const *writes = reader->migration->manifest->writes.list;
        size_t n = strcspn(path, "*?[`");

        for (; writes && *writes; writes++)
                if (path_is_within(path, *writes) || (path[n] && strncmp(path, *writes, n) == 0))
                        return true;
        return false;
}

static int reader_check_path(struct reader *reader, const char *text, const regmatch_t *match, size_t number)
{
        _cleanup_free_ char *path = strndup(text + match->rm_so, (size_t)(match->rm_eo - match->rm_so)), *place = NULL;

        if (!path)
                return -ENOMEM;
        if (reader_is_declared(reader, path) || strv_has(&reader->told, path))
                return 0;
        if (strv_add(&reader->told, path) < 0)
                return -ENOMEM;
        strv_sort(&reader->told);
        place = linter_format_place(reader->migration->path, number);
        if (!place)
                return -ENOMEM;
        return linter_tellf(reader->linter, LOG_WARNING, place,
                            "seems to write to %s, which isn't declared, so it can't; add it to \"writes\"", path);
}

/* @i: the writer that was found. @text: begins with it. */
static int reader_check_arguments(struct reader *reader, size_t i, const char *text, size_t number)
{
        regmatch_t m[SCRIPT_GROUPS];
        int r = 0;

        while (r >= 0 && linter_match(reader->linter, PATH, text, m)) {
                bool last = !linter_match(reader->linter, "[^ \t]", text + m[2].rm_eo, NULL);

                if (!writers[i].last || last)
                        r = reader_check_path(reader, text, &m[2], number);
                if (writers[i].first)
                        break;
                text += m[2].rm_eo;
        }
        return r;
}

/* @command: without pipes, lists and what follows it in the line. */
static int reader_check_command(struct reader *reader, const char *command, size_t number)
{
        regmatch_t m[SCRIPT_GROUPS];
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(writers); i++)
                if (linter_match(reader->linter, writers[i].pattern, command, m))
                        r = reader_check_arguments(reader, i, command + m[0].rm_eo - 1, number);
        return r;
}

static int reader_check_line(struct reader *reader, const char *line, size_t number)
{
        _cleanup_free_ char *expanded = reader_expand(reader, line);
        char *rest = expanded, *command;
        regmatch_t m[SCRIPT_GROUPS];
        int r = 0;

        if (!expanded)
                return -ENOMEM;
        if (linter_match(reader->linter, SETS, expanded, m))
                r = reader_set(reader, strndup(expanded + m[2].rm_so, (size_t)(m[2].rm_eo - m[2].rm_so)),
                               strndup(expanded + m[0].rm_eo, strcspn(expanded + m[0].rm_eo, " \t;)&|")));
        while (r >= 0 && (command = strsep(&rest, ";&|")))
                r = reader_check_command(reader, command, number);
        return r;
}

int script_check_writes(struct linter *linter, const struct migration *migration, const struct script *script)
{
        static const char *const roots[] = { "DPKG_ROOT", "root" }, *const packages[] = { "DEPLOY_MIGRATE_PACKAGE",
                                                                                          "package" };
        const char *package = linter->source.package;
        _cleanup_(reader_done) struct reader reader = { .linter = linter, .migration = migration };
        int r = 0;

        if (script->language != SCRIPT_SH || migration->manifest->unrestricted || !package)
                return 0;
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(roots); i++)
                r = reader_set(&reader, strdup(roots[i]), strdup(""));
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(packages); i++)
                r = reader_set(&reader, strdup(packages[i]), strdup(package));
        for (size_t i = 0; r >= 0 && i < script->lines.n; i++)
                r = reader_check_line(&reader, script->lines.list[i], i + 1);
        return r;
}
