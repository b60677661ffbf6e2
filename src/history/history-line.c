/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "history/history-line.h"

#include "basic/json.h"

#include <ctype.h>
#include <stdio.h>
#include <zlib.h>

#define CRC_BEGIN  ",\"crc\":\""
#define CRC_END    "\"}"
#define CRC_DIGITS 8U
#define CRC_SIZE   (sizeof(CRC_BEGIN) - 1 + CRC_DIGITS + sizeof(CRC_END) - 1)

static unsigned long history_line_checksum(const char *data, size_t size)
{
        return crc32_z(0, (const unsigned char *)data, size);
}

/* Whether @field has the form of the checksum's field, whatever its name; no other field of ours ends a line like that. */
static bool history_line_field_is_crc_like(const char *field)
{
        const char *digits = field + sizeof(CRC_BEGIN) - 1;

        for (size_t i = 0; i < CRC_DIGITS; i++)
                if (!isxdigit((unsigned char)digits[i]))
                        return false;
        return memcmp(field, CRC_BEGIN, 2) == 0 && memcmp(digits + CRC_DIGITS, CRC_END, sizeof(CRC_END) - 1) == 0;
}

static int history_line_check_crc(const struct history_line *line, struct error *error)
{
        char digits[CRC_DIGITS + 1];
        const char *field;

        if (line->size < CRC_SIZE)
                return 0;
        field = line->data + line->size - CRC_SIZE;
        if (memcmp(field, CRC_BEGIN, sizeof(CRC_BEGIN) - 1) != 0) {
                if (!history_line_field_is_crc_like(field))
                        return 0;
                return error_setf(error, -EBADMSG, "the name of its checksum's field is damaged");
        }
        snprintf(digits, sizeof(digits), "%08lx", history_line_checksum(line->data, line->size - CRC_SIZE));
        if (memcmp(field + sizeof(CRC_BEGIN) - 1, digits, CRC_DIGITS) != 0)
                return error_setf(error, -EBADMSG, "the line's checksum is wrong: it should be %s", digits);
        return 0;
}

int history_line_parse(const struct history_line *line, struct dmig_event **ret, struct error *error)
{
        struct json_fault fault;
        json_object *object;
        int r;

        assert(line && line->package && line->data);
        assert(ret);

        r = history_line_check_crc(line, error);
        if (r < 0)
                return r;
        r = json_parse_object(line->data, line->size, &object, &fault);
        if (r == -EBADMSG)
                return error_setf(error, r, "%s", fault.reason);
        if (r < 0)
                return r;
        return event_from_json(line->package, object, ret);
}

int history_line_format(const struct dmig_event *event, char **ret, size_t *ret_size)
{
        const char *json;
        size_t size;
        char *line;
        int n;

        assert(event);
        assert(ret);
        assert(ret_size);

        json = json_format(event->object, &size);
        if (!json)
                return -ENOMEM;
        size--; /* without the brace at its end */
        n = asprintf(&line, "%.*s" CRC_BEGIN "%08lx" CRC_END "\n", (int)size, json, history_line_checksum(json, size));
        if (n < 0)
                return -ENOMEM;
        *ret = line;
        *ret_size = (size_t)n;
        return 0;
}
