/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The parts of a JSON text that stand for themselves: blanks, strings, numbers, words. In: the text. Out: how far it was read. */

#include "basic/macro.h"

#include <stddef.h>

struct json_parser {
        const char *p;
        const char *end;
        char *free; /* where decoded strings go: none is longer than its text */
        unsigned depth;
        const char *reason;
};

/* Sets the reason. Returns: -EBADMSG. */
int json_parser_refuse(struct json_parser *parser, const char *reason);
void json_parser_skip_blanks(struct json_parser *parser);
/* Returns: whether the next character is @c, or the next ones are @word; then they are passed over. */
bool json_parser_take(struct json_parser *parser, char c);
_must_check_ bool json_parser_take_word(struct json_parser *parser, const char *word);
/* Reads what follows a quotation mark. @ret ends with a NUL, and may have others before. Returns: 0 or -EBADMSG. */
_must_check_ int json_parser_read_string(struct json_parser *parser, const char **ret, size_t *ret_size);
/* Passes over a number. Returns: 1 if it is a whole one, 0 if it isn't, or -EBADMSG. */
_must_check_ int json_parser_skip_number(struct json_parser *parser);
