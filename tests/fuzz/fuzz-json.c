/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * json: a text. What is read and printed by json-c is read as the same again; and json-c itself reads the same, but for what it is lax with.
 *
 * Covers: basic/json.c basic/json-parse.c basic/json-scan.c
 */

#include "basic/json.h"
#include "fuzz.h"

#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>

static void check_printed(json_object *object, int flags)
{
        _cleanup_(json_object_putp) json_object *again = NULL;
        struct json_fault fault;
        size_t size;
        const char *text = json_object_to_json_string_length(object, flags, &size);

        law(text);
        law(json_parse_object(text, size, &again, &fault) == 0);
        law(json_object_equal(object, again));
}

static bool text_has_surrogates(const char *text, size_t size)
{
        return memmem(text, size, "\\ud", 3) || memmem(text, size, "\\uD", 3);
}

/* What is accepted here is accepted by json-c's strict parser, with the same meaning. */
static void check_other_parser(json_object *object, const char *text, size_t size)
{
        struct json_tokener *tokener;
        _cleanup_(json_object_putp) json_object *other = NULL;

        if (text_has_surrogates(text, size)) /* it takes some of them for none */
                return;
        tokener = json_tokener_new();
        if (!tokener)
                abort();
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
        other = json_tokener_parse_ex(tokener, text, (int)size);
        law(json_tokener_get_error(tokener) == json_tokener_success);
        law(json_object_equal(object, other));
        json_tokener_free(tokener);
}

static void check_fields(json_object *object)
{
        int64_t number;

        json_object_object_foreach(object, key, value)
        {
                const char *text = json_get_string(object, key);

                law(!text || streq(text, json_object_get_string(value)));
                law((json_get_int(object, key, &number) == 0) == json_object_is_type(value, json_type_int));
        }
}

/* A text in an object of ours comes back. */
static void check_built(const char *text, size_t n_fields)
{
        _cleanup_(json_object_putp) json_object *object = json_object_new_object(), *again = NULL;
        struct json_fault fault;
        const char *printed;
        int64_t number;
        size_t size;

        law(object && json_add_string(object, "text", text) == 0 && json_add_null(object, "null") == 0);
        law(json_add_int(object, "number", (int64_t)n_fields) == 0 && json_add(object, "none", NULL) == -ENOMEM);
        printed = json_format(object, &size);
        law(printed && json_parse_object(printed, size, &again, &fault) == 0);
        law(streq(json_get_string(again, "text"), text));
        law(json_get_int(again, "number", &number) == 0 && number == (int64_t)n_fields && !json_format(NULL, &size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(json_object_putp) json_object *object = NULL;
        struct json_fault fault = { 0 };
        const char *printed;
        size_t printed_size;
        int r;

        r = json_parse_object((const char *)data, size, &object, &fault);
        if (r < 0) {
                law(r == -EBADMSG && fault.reason && fault.line >= 1 && fault.line <= size + 1 && !object);
                return 0;
        }
        law(json_object_is_type(object, json_type_object));
        check_printed(object, JSON_C_TO_STRING_PLAIN);
        check_printed(object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
        printed = json_format(object, &printed_size);
        law(printed && strlen(printed) == printed_size && !strchr(printed, '\n'));
        check_fields(object);
        check_built(printed, (size_t)json_object_object_length(object));
        check_other_parser(object, (const char *)data, size);
        return 0;
}
