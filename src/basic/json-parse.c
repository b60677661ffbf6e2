/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The reader of JSON. In: a text. Out: the object in it, or where and why it isn't one. json-c's own parser isn't used: if memory runs out, it
 * crashes or leaves out fields and parts of strings, and its versions differ in what they take for UTF-8.
 */

#include "basic/json.h"
#include "basic/utf8.h"

#include <limits.h>

/* Deeper than any file that is read here, and far from exhausting the stack. */
#define DEPTH_MAX 10

struct json_parser {
        const char *p;
        const char *end;
        char *free; /* where decoded strings go: none is longer than its text */
        unsigned depth;
        const char *reason;
};

static int json_parser_read_value(struct json_parser *parser, json_object **ret);

static int json_parser_refuse(struct json_parser *parser, const char *reason)
{
        parser->reason = parser->p == parser->end ? "ends in the middle of an object" : reason;
        return -EBADMSG;
}

static void json_parser_skip_blanks(struct json_parser *parser)
{
        while (parser->p < parser->end && memchr(" \t\n\r", *parser->p, 4))
                parser->p++;
}

/* Returns: whether the next character is @c; then it is passed over. */
static bool json_parser_take(struct json_parser *parser, char c)
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
        uint32_t c, low;
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

/* @ret ends with a NUL, and may have others before. */
static int json_parser_read_string(struct json_parser *parser, const char **ret, size_t *ret_size)
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

/* ---- Values ---- */

/* Returns: 0 if @made is there, else -ENOMEM. */
static int json_parser_give(json_object *made, json_object **ret)
{
        *ret = made;
        return made ? 0 : -ENOMEM;
}

static int json_parser_read_text(struct json_parser *parser, json_object **ret)
{
        const char *text;
        size_t size;
        int r;

        r = json_parser_read_string(parser, &text, &size);
        if (r < 0)
                return r;
        if (size > INT_MAX)
                return json_parser_refuse(parser, "is too long");
        return json_parser_give(json_object_new_string_len(text, (int)size), ret);
}

static size_t json_parser_skip_digits(struct json_parser *parser)
{
        const char *begin = parser->p;

        while (parser->p < parser->end && *parser->p >= '0' && *parser->p <= '9')
                parser->p++;
        return (size_t)(parser->p - begin);
}

/* Passes over a number. Returns: 1 if it is a whole one, 0 if it isn't, or -EBADMSG. */
static int json_parser_skip_number(struct json_parser *parser)
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

/* Larger than a signed number can be: as inode numbers of some file systems are. */
static int json_parser_read_large(struct json_parser *parser, const char *text, json_object **ret)
{
        unsigned long long number;

        errno = 0;
        number = strtoull(text, NULL, 10);
        if (errno != 0 || *text == '-')
                return json_parser_refuse(parser, "has a number that is too large");
        return json_parser_give(json_object_new_uint64(number), ret);
}

static int json_parser_read_number(struct json_parser *parser, json_object **ret)
{
        const char *begin = parser->p;
        char *text = parser->free, *end;
        long long number;
        int whole = json_parser_skip_number(parser);

        if (whole < 0)
                return whole;
        end = mempcpy(text, begin, (size_t)(parser->p - begin));
        *end = '\0';
        if (!whole)
                return json_parser_give(json_object_new_double_s(strtod(text, NULL), text), ret);
        errno = 0;
        number = strtoll(text, NULL, 10);
        return errno != 0 ? json_parser_read_large(parser, text, ret)
                          : json_parser_give(json_object_new_int64(number), ret);
}

static bool json_parser_take_word(struct json_parser *parser, const char *word)
{
        size_t n = strlen(word);

        if ((size_t)(parser->end - parser->p) < n || memcmp(parser->p, word, n) != 0)
                return false;
        parser->p += n;
        return true;
}

static int json_parser_read_field(struct json_parser *parser, json_object *object)
{
        json_object *value = NULL;
        const char *key;
        size_t size;
        int r;

        json_parser_skip_blanks(parser);
        if (!json_parser_take(parser, '"'))
                return json_parser_refuse(parser, "has a key that isn't a string");
        r = json_parser_read_string(parser, &key, &size);
        if (r < 0)
                return r;
        if (strlen(key) != size)
                return json_parser_refuse(parser, "has a key with a NUL in it");
        json_parser_skip_blanks(parser);
        if (!json_parser_take(parser, ':'))
                return json_parser_refuse(parser, "has a key without a colon after it");
        r = json_parser_read_value(parser, &value);
        if (r < 0 || json_object_object_add(object, key, value) >= 0)
                return r;
        json_object_put(value);
        return -ENOMEM;
}

static int json_parser_read_element(struct json_parser *parser, json_object *array)
{
        json_object *value = NULL;
        int r;

        r = json_parser_read_value(parser, &value);
        if (r < 0 || json_object_array_add(array, value) >= 0)
                return r;
        json_object_put(value);
        return -ENOMEM;
}

/* Reads up to the bracket @close what @read adds to @made, which is taken over. */
static int json_parser_read_container(struct json_parser *parser, char close, json_object *made, json_object **ret)
{
        int (*read)(struct json_parser *, json_object *) =
                close == '}' ? json_parser_read_field : json_parser_read_element;
        _cleanup_(json_object_putp) json_object *container = made;
        int r;

        if (!container)
                return -ENOMEM;
        if (++parser->depth > DEPTH_MAX)
                return json_parser_refuse(parser, "is nested too deeply");
        json_parser_skip_blanks(parser);
        if (!json_parser_take(parser, close)) {
                do {
                        r = read(parser, container);
                        if (r < 0)
                                return r;
                        json_parser_skip_blanks(parser);
                } while (json_parser_take(parser, ','));
                if (!json_parser_take(parser, close))
                        return json_parser_refuse(parser, "has a value without a comma or a bracket after it");
        }
        parser->depth--;
        *ret = TAKE_PTR(container);
        return 0;
}

/* @ret stays NULL for null. */
static int json_parser_read_value(struct json_parser *parser, json_object **ret)
{
        json_parser_skip_blanks(parser);
        if (json_parser_take(parser, '"'))
                return json_parser_read_text(parser, ret);
        if (json_parser_take(parser, '{'))
                return json_parser_read_container(parser, '}', json_object_new_object(), ret);
        if (json_parser_take(parser, '['))
                return json_parser_read_container(parser, ']', json_object_new_array(), ret);
        if (json_parser_take_word(parser, "true"))
                return json_parser_give(json_object_new_boolean(true), ret);
        if (json_parser_take_word(parser, "false"))
                return json_parser_give(json_object_new_boolean(false), ret);
        if (json_parser_take_word(parser, "null"))
                return 0;
        return json_parser_read_number(parser, ret);
}

/* ---- The whole ---- */

static int json_parser_read_whole(struct json_parser *parser, json_object **ret)
{
        _cleanup_(json_object_putp) json_object *object = NULL;
        int r;

        json_parser_skip_blanks(parser);
        if (!json_parser_take(parser, '{'))
                return json_parser_refuse(parser, "isn't a JSON object");
        r = json_parser_read_container(parser, '}', json_object_new_object(), &object);
        if (r < 0)
                return r;
        json_parser_skip_blanks(parser);
        if (parser->p < parser->end)
                return json_parser_refuse(parser, "has more text after its object");
        *ret = TAKE_PTR(object);
        return 0;
}

static size_t json_count_lines(const char *text, const char *end)
{
        size_t n = 1;

        while ((text = memchr(text, '\n', (size_t)(end - text)))) {
                n++;
                text++;
        }
        return n;
}

int json_parse_object(const char *text, size_t size, json_object **ret, struct json_fault *fault)
{
        _cleanup_free_ char *strings = malloc(size + 1); /* for the NUL after a number */
        struct json_parser parser = { .p = text, .end = text + size, .free = strings };
        int r;

        assert(text);
        assert(ret);
        assert(fault);

        if (!strings)
                return -ENOMEM;
        r = json_parser_read_whole(&parser, ret);
        if (r == -EBADMSG)
                *fault = (struct json_fault){ json_count_lines(text, parser.p), parser.reason };
        return r;
}
