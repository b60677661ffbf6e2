/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A migration as text. In: its file. Out: its lines without comments, and the language that they are in. */

#include "basic/error.h"
#include "basic/strv.h"

#include <regex.h>

enum script_language {
        SCRIPT_OTHER, /* a program, or in a language that isn't looked into */
        SCRIPT_SH,
        SCRIPT_PYTHON,
};

struct script {
        enum script_language language;
        char *interpreter; /* after "#!", or what env(1) is to find; NULL: none */
        bool module;       /* of Python, which the runner calls */
        bool kit;          /* it uses the kit of its language */
        struct strv lines; /* from the first one on; comments are empty */
};

/* A file that is too long for a script, or can't be opened, has no lines. @module: it is Python whatever its first line says. Returns: 0, or a negative errno with @error set. */
_must_check_ int script_read(const char *path, bool module, struct script *ret, struct error *error);
void script_done(struct script *script);
#define _cleanup_script_ _cleanup_(script_done)

/* Whether the extended regular expression @pattern, one of ours, matches a part of @text. @ret: the match and the first groups; NULL: none are wanted. */
#define SCRIPT_GROUPS 3U
bool script_match(const char *pattern, const char *text, regmatch_t ret[SCRIPT_GROUPS]);
