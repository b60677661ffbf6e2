/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lint/script.h"

#include "basic/io.h"
#include "basic/path.h"

#include <fcntl.h>

#define SCRIPT_SIZE_MAX (1024U * 1024U)

bool script_match(const char *pattern, const char *text, regmatch_t ret[SCRIPT_GROUPS])
{
        regex_t regex;
        bool found;

        if (regcomp(&regex, pattern, REG_EXTENDED | (ret ? 0 : REG_NOSUB)) != 0)
                return false; /* memory ran out */
        found = regexec(&regex, text, ret ? SCRIPT_GROUPS : 0, ret, 0) == 0;
        regfree(&regex);
        return found;
}

/* "#!/usr/bin/env python3 -I" gives python3. Returns: 0 or -ENOMEM. */
static int script_find_interpreter(struct script *script, const char *line)
{
        regmatch_t m[SCRIPT_GROUPS];

        if (!script_match("^#![ \t]*(/[^ \t]*/env[ \t]+(-S[ \t]*)?)?", line, m))
                return 0;
        line += m[0].rm_eo;
        script->interpreter = strndup(line, strcspn(line, " \t"));
        return script->interpreter ? 0 : -ENOMEM;
}

static enum script_language script_find_language(const struct script *script)
{
        if (script->module || (script->interpreter && script_match("^python3?", path_name(script->interpreter), NULL)))
                return SCRIPT_PYTHON;
        if (script->interpreter && script_match("^(ba|da|k|z)?sh$", path_name(script->interpreter), NULL))
                return SCRIPT_SH;
        return SCRIPT_OTHER;
}

static int script_split(struct script *script, char *text)
{
        char *line;
        int r = 0;

        while (r >= 0 && (line = strsep(&text, "\n")))
                r = strv_add(&script->lines, line[strspn(line, " \t")] == '#' ? "" : line);
        return r;
}

int script_read(const char *path, bool module, struct script *ret, struct error *error)
{
        _cleanup_script_ struct script script = { .module = module };
        _cleanup_close_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        _cleanup_free_ char *text = NULL, *first = NULL;
        size_t size = 0;
        int r;

        assert(path);
        assert(ret);

        /* If it can't be opened, that is a finding of its own. */
        r = fd < 0 ? 0 : io_read_all(fd, SCRIPT_SIZE_MAX, &text, &size);
        if (r < 0 && r != -EFBIG && r != -EISDIR)
                return error_errnof(error, r, "can't read %s", path);
        if (text && memchr(text, '\0', size))
                text[0] = '\0';
        first = text ? strndup(text, strcspn(text, "\n")) : NULL;
        if (first)
                r = script_find_interpreter(&script, first);
        if (r < 0)
                return r;
        script.language = script_find_language(&script);
        script.kit = text && (strstr(text, "migration-kit.sh") || strstr(text, "migration_kit"));
        if (text && script.language != SCRIPT_OTHER)
                r = script_split(&script, text);
        if (r < 0)
                return r;
        *ret = script;
        script = (struct script){ 0 };
        return 0;
}

void script_done(struct script *script)
{
        assert(script);

        free(script->interpreter);
        strv_done(&script->lines);
        *script = (struct script){ 0 };
}
