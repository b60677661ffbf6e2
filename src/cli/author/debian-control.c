/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/author/debian-control.h"

#include <stdio.h>
#include <strings.h>

/* A field of a stanza: from its name to the end of its last line, without the newline. */
struct field {
        const char *begin, *end;
        unsigned number;  /* of its first line */
        const char *last; /* its last line that isn't a comment, which ends at @end */
};

static const char *line_end(const char *line)
{
        return line + strcspn(line, "\n");
}

static bool line_has_field(const char *line, const char *name)
{
        size_t n = strlen(name);

        return strncasecmp(line, name, n) == 0 && line[n] == ':';
}

/* Such a line ends a stanza. */
static bool line_is_blank(const char *line)
{
        return line + strspn(line, " \t") == line_end(line);
}

/* Looks for the field in the first stanza. */
static bool control_find_field(const char *text, const char *name, struct field *ret)
{
        unsigned number = 1;
        bool inside = false;

        for (const char *line = text; *line && (!line_is_blank(line) || number == 1); number++) {
                const char *end = line_end(line);
                bool continues = *line == ' ' || *line == '\t', comment = *line == '#';

                if (inside && !continues && !comment)
                        break;
                if (!inside && line_has_field(line, name)) {
                        *ret = (struct field){ .begin = line, .number = number };
                        inside = true;
                }
                if (inside && !comment) {
                        ret->last = line;
                        ret->end = end;
                }
                line = *end ? end + 1 : end;
        }
        return inside;
}

int debian_control_list_packages(const char *text, struct strv *ret)
{
        static const char key[] = "Package";
        int r = 0;

        assert(text);
        assert(ret);

        for (const char *line = text; r >= 0 && *line;) {
                const char *end = line_end(line);

                if (line_has_field(line, key)) {
                        const char *name = line + strlen(key) + 1;

                        name += strspn(name, " \t");
                        r = strv_addf(ret, "%.*s", (int)strcspn(name, " \t\n"), name);
                }
                line = *end ? end + 1 : end;
        }
        return r;
}

/* ---- One more dependency ---- */

static bool text_has_word(const char *begin, const char *end, const char *word)
{
        size_t n = strlen(word);

        for (const char *p = begin; (p = strstr(p, word)) && p < end; p++)
                if (strchr(" \t\n,:", p[-1]) && strchr(" \t\n,:(", p[n]))
                        return true;
        return false;
}

static bool control_depends(const char *text, const char *name)
{
        static const char *const fields[] = { "Build-Depends", "Build-Depends-Indep", "Build-Depends-Arch" };
        struct field field;

        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                if (control_find_field(text, fields[i], &field) && text_has_word(field.begin, field.end, name))
                        return true;
        return false;
}

static bool field_is_empty(const struct field *field)
{
        const char *value = strchr(field->begin, ':') + 1;

        return value + strspn(value, " \t\n") >= field->end;
}

/* Returns: the new text, to be freed, or NULL if memory ran out. */
static char *field_append(const char *text, const struct field *field, const char *name)
{
        size_t blanks = strspn(field->last, " \t");
        bool single = field->last == field->begin, leading = field->last[blanks] == ',', trailing;
        const char *end = field->end;
        char *new;

        while (strchr(" \t", end[-1]))
                end--;
        trailing = end[-1] == ',';
        if (asprintf(&new, "%.*s%s%s%.*s%s%s%s%s", (int)(end - text), text, trailing || (leading && !single) ? "" : ",",
                     single ? " " : "\n", single ? 0 : (int)blanks, field->last, leading && !single ? ", " : "", name,
                     trailing ? "," : "", field->end) < 0)
                return NULL;
        return new;
}

int debian_control_add_dependency(const struct debian_control *control, const char *name, char **ret,
                                  struct error *error)
{
        struct field field;

        assert(control);
        assert(name);
        assert(ret);

        if (control_depends(control->text, name))
                return 0;
        if (!control_find_field(control->text, "Build-Depends", &field))
                return error_setf(
                        error, -EINVAL,
                        "%s:1: has no Build-Depends for the source; add one, with debhelper-compat (= 13) and %s",
                        control->path, name);
        if (field_is_empty(&field))
                return error_setf(error, -EINVAL,
                                  "%s:%u: Build-Depends is empty; add debhelper-compat (= 13) and %s to it",
                                  control->path, field.number, name);
        *ret = field_append(control->text, &field, name);
        return *ret ? 1 : -ENOMEM;
}
