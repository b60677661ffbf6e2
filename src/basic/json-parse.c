/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The reader of JSON. In: a text. Out: the object in it, or where and why it isn't one. json-c's own parser isn't used: if memory runs out, it
 * crashes or leaves out fields and parts of strings, and its versions differ in what they take for UTF-8.
 */

#include "basic/json-scan.h"
#include "basic/json.h"

#include <limits.h>

/* Deeper than any file that is read here, and far from exhausting the stack. */
#define DEPTH_MAX 10

static int json_parser_read_value(struct json_parser *parser, json_object **ret);

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
