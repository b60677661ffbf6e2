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

static unsigned long checksum(const char *data, size_t size)
{
        return crc32_z(0, (const unsigned char *)data, size);
}

/* Whether a text of that form stands where the checksum would; no other field of ours looks like it. */
static bool looks_like_crc(const char *field)
{
        const char *digits = field + sizeof(CRC_BEGIN) - 1;

        for (size_t i = 0; i < CRC_DIGITS; i++)
                if (!isxdigit((unsigned char)digits[i]))
                        return false;
        return memcmp(field, CRC_BEGIN, 2) == 0 && memcmp(digits + CRC_DIGITS, CRC_END, sizeof(CRC_END) - 1) == 0;
}

static int check_crc(const char *line, size_t size, struct error *error)
{
        char digits[CRC_DIGITS + 1];
        const char *field;

        if (size < CRC_SIZE)
                return 0;
        field = line + size - CRC_SIZE;
        if (memcmp(field, CRC_BEGIN, sizeof(CRC_BEGIN) - 1) != 0)
                return looks_like_crc(field) ? error_setf(error, -EBADMSG, "the name of its checksum is damaged") : 0;

        snprintf(digits, sizeof(digits), "%08lx", checksum(line, size - CRC_SIZE));
        if (memcmp(field + sizeof(CRC_BEGIN) - 1, digits, CRC_DIGITS) != 0)
                return error_setf(error, -EBADMSG, "the line's checksum is wrong, it should be %s", digits);
        return 0;
}

int history_line_parse(const char *package, const char *line, size_t size, struct dmig_event **ret, struct error *error)
{
        struct json_fault fault;
        json_object *object;
        int r;

        r = check_crc(line, size, error);
        if (r < 0)
                return r;
        r = json_parse_object(line, size, &object, &fault);
        if (r == -EBADMSG)
                return error_setf(error, r, "%s", fault.reason);
        if (r < 0)
                return r;
        return event_from_json(package, object, ret);
}

int history_line_format(const struct dmig_event *event, char **ret, size_t *ret_size)
{
        const char *json = dmig_event_get_json(event);
        size_t size = strlen(json) - 1; /* without the brace at its end */
        char *line;
        int n;

        n = asprintf(&line, "%.*s" CRC_BEGIN "%08lx" CRC_END "\n", (int)size, json, checksum(json, size));
        if (n < 0)
                return -ENOMEM;
        *ret = line;
        *ret_size = (size_t)n;
        return 0;
}
