/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "basic/json-scan.h"

#include "basic/utf8.h"

int json_parser_refuse(struct json_parser *parser, const char *reason)
{
        parser->reason = parser->p == parser->end ? "ends in the middle of an object" : reason;
        return -EBADMSG;
}

void json_parser_skip_blanks(struct json_parser *parser)
{
        while (parser->p < parser->end &&
               memchr(" \t\n\r", *parser->p, 4)) /* NOLINT(bugprone-not-null*): a NUL is no blank */
                parser->p++;
}

bool json_parser_take(struct json_parser *parser, char c)
{
        if (parser->p == parser->end || *parser->p != c)
                return false;
        parser->p++;
        return true;
}

/* ---- Strings ---- */

static int json_parser_read_hex(struct json_parser *parser, uint32_t *ret)
{
        uint32_t value = 0;

        for (size_t i = 0; i < 4; i++) {
                static const char digits[] = "0123456789abcdef0123456789ABCDEF";
                const char *digit = parser->p < parser->end ? memchr(digits, *parser->p, sizeof(digits) - 1) : NULL;

                if (!digit)
                        return json_parser_refuse(parser, "has an escape sequence without four hexadecimal digits");
                value = value << 4 | ((uint32_t)(digit - digits) & 0xf);
                parser->p++;
        }
        *ret = value;
        return 0;
}

/* What follows "\u". A character of more than 16 bits is a pair of surrogates of UTF-16. */
static int json_parser_read_character(struct json_parser *parser, uint32_t *ret)
{
        uint32_t c = 0, low;
        int r;

        r = json_parser_read_hex(parser, &c);
        if (r < 0 || c < 0xd800 || c > 0xdfff)
                return *ret = c, r;
        if (c >= 0xdc00 || !json_parser_take(parser, '\\') || !json_parser_take(parser, 'u'))
                return json_parser_refuse(parser, "has half a pair of surrogates");
        r = json_parser_read_hex(parser, &low);
        if (r >= 0 && (low < 0xdc00 || low > 0xdfff))
                r = json_parser_refuse(parser, "has half a pair of surrogates");
        *ret = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        return r;
}

static int json_parser_read_escape(struct json_parser *parser)
{
        static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
        const char *name = parser->p < parser->end ? memchr(names, *parser->p, sizeof(names) - 1) : NULL;
        uint32_t c;
        int r;

        if (name) {
                parser->p++;
                *parser->free++ = meanings[name - names];
                return 0;
        }
        if (!json_parser_take(parser, 'u'))
                return json_parser_refuse(parser, "has an unknown escape sequence");
        r = json_parser_read_character(parser, &c);
        if (r >= 0)
                parser->free += utf8_encode(c, parser->free);
        return r;
}

int json_parser_read_string(struct json_parser *parser, const char **ret, size_t *ret_size)
{
        const char *text = parser->free;
        int r = 0;

        while (r >= 0 && !json_parser_take(parser, '"')) {
                uint32_t c;
                size_t n = parser->p < parser->end ? utf8_decode(parser->p, (size_t)(parser->end - parser->p), &c) : 0;

                if (n == 0)
                        return json_parser_refuse(parser, "has a string that isn't UTF-8");
                if (c < ' ')
                        return json_parser_refuse(parser, "has a control character in a string");
                if (json_parser_take(parser, '\\')) {
                        r = json_parser_read_escape(parser);
                        continue;
                }
                parser->free = mempcpy(parser->free, parser->p, n);
                parser->p += n;
        }
        if (r < 0)
                return r;
        *ret_size = (size_t)(parser->free - text);
        *parser->free++ = '\0';
        *ret = text;
        return 0;
}

/* ---- Numbers and words ---- */

static size_t json_parser_skip_digits(struct json_parser *parser)
{
        const char *begin = parser->p;

        while (parser->p < parser->end && *parser->p >= '0' && *parser->p <= '9')
                parser->p++;
        return (size_t)(parser->p - begin);
}

int json_parser_skip_number(struct json_parser *parser)
{
        bool whole = true, valid;

        (void)json_parser_take(parser, '-');
        valid = json_parser_take(parser, '0') || json_parser_skip_digits(parser) > 0;
        if (valid && json_parser_take(parser, '.')) {
                whole = false;
                valid = json_parser_skip_digits(parser) > 0;
        }
        if (valid && (json_parser_take(parser, 'e') || json_parser_take(parser, 'E'))) {
                whole = false;
                if (!json_parser_take(parser, '+'))
                        (void)json_parser_take(parser, '-');
                valid = json_parser_skip_digits(parser) > 0;
        }
        return valid ? whole : json_parser_refuse(parser, "has a value that isn't JSON");
}

bool json_parser_take_word(struct json_parser *parser, const char *word)
{
        size_t n = strlen(word);

        if ((size_t)(parser->end - parser->p) < n || memcmp(parser->p, word, n) != 0)
                return false;
        parser->p += n;
        return true;
}
