/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "basic/json-text.h"

#include <stdio.h>

#define ROOM_MIN 512

void json_text_done(struct json_text *text)
{
        free(text->data);
        *text = (struct json_text){ 0 };
}

void json_text_clear(struct json_text *text)
{
        assert(text);

        text->size = 0;
        text->failed = false;
}

void json_text_fail(struct json_text *text)
{
        assert(text);

        text->failed = true;
}

/* ---- Bytes ---- */

/* Returns: where @n more bytes go, or NULL, noted, if there is no memory for them. */
static char *json_text_grow(struct json_text *text, size_t n)
{
        size_t room = text->room ? text->room : ROOM_MIN;
        char *grown;

        if (text->failed)
                return NULL;
        if (n <= text->room - text->size)
                return text->data + text->size;
        while (room - text->size < n)
                room *= 2;
        grown = realloc(text->data, room);
        if (!grown) {
                text->failed = true;
                return NULL;
        }
        text->data = grown;
        text->room = room;
        return text->data + text->size;
}

static void json_text_add_bytes(struct json_text *text, const char *bytes, size_t n)
{
        char *end = json_text_grow(text, n);

        if (!end)
                return;
        memcpy(end, bytes, n);
        text->size += n;
}

static void json_text_add_byte(struct json_text *text, char byte)
{
        json_text_add_bytes(text, &byte, 1);
}

/* ---- Strings ---- */

static bool json_char_is_plain(char c)
{
        return (unsigned char)c >= ' ' && c != '"' && c != '\\';
}

static void json_text_add_escape(struct json_text *text, char c)
{
        static const char from[] = "\b\t\n\f\r\"\\", to[] = "btnfr\"\\";
        const char *found = strchr(from, c);
        char escape[sizeof("\\u0000")];
        int n;

        n = found ? snprintf(escape, sizeof(escape), "\\%c", to[found - from])
                  : snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)c);
        json_text_add_bytes(text, escape, (size_t)n);
}

static void json_text_quote(struct json_text *text, const char *string)
{
        json_text_add_byte(text, '"');
        while (*string) {
                size_t n = 0;

                while (string[n] && json_char_is_plain(string[n]))
                        n++;
                json_text_add_bytes(text, string, n);
                string += n;
                if (*string)
                        json_text_add_escape(text, *string++);
        }
        json_text_add_byte(text, '"');
}

/* ---- Values ---- */

/* After a value that is complete comes a comma: no other ends with one of these bytes. */
static void json_text_begin(struct json_text *text, const char *key)
{
        if (text->size > 0 && !strchr("{[", text->data[text->size - 1]))
                json_text_add_byte(text, ',');
        if (!key)
                return;
        json_text_quote(text, key);
        json_text_add_byte(text, ':');
}

void json_text_open(struct json_text *text, const char *key, char bracket)
{
        assert(text && (bracket == '{' || bracket == '['));

        json_text_begin(text, key);
        json_text_add_byte(text, bracket);
}

void json_text_close(struct json_text *text, char bracket)
{
        assert(text && (bracket == '}' || bracket == ']'));

        json_text_add_byte(text, bracket);
}

static void json_text_add_number(struct json_text *text, const char *key, bool negative, uint64_t magnitude)
{
        char digits[sizeof("-18446744073709551615")], *begin = digits + sizeof(digits);

        do
                *--begin = (char)('0' + magnitude % 10);
        while (magnitude /= 10);
        if (negative)
                *--begin = '-';
        json_text_begin(text, key);
        json_text_add_bytes(text, begin, (size_t)(digits + sizeof(digits) - begin));
}

void json_text_add_int(struct json_text *text, const char *key, int64_t value)
{
        assert(text);

        json_text_add_number(text, key, value < 0, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_text_add_uint(struct json_text *text, const char *key, uint64_t value)
{
        assert(text);

        json_text_add_number(text, key, false, value);
}

void json_text_add_true(struct json_text *text, const char *key)
{
        assert(text);

        json_text_begin(text, key);
        json_text_add_bytes(text, "true", strlen("true"));
}

void json_text_add_string(struct json_text *text, const char *key, const char *value)
{
        assert(text && value);

        json_text_begin(text, key);
        json_text_quote(text, value);
}
