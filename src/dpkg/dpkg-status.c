/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dpkg/dpkg-status.h"

/* Far above what dpkg writes (the longest stanzas have some thousand conffiles), far below what would exhaust memory. */
#define STANZA_SIZE_MAX (16U * 1024 * 1024)

struct dpkg_status_parser {
        const char *name;
        char *const *wanted;
        size_t n_wanted;
        dpkg_record_fn found;
        void *userdata;
        char *held; /* the start of a stanza whose end is still to come */
        size_t held_size;
        size_t held_allocated;
        size_t line;    /* at which the stanza begins */
        size_t n_lines; /* of it so far */
};

int dpkg_status_parser_new(const struct dpkg_status_request *request, struct dpkg_status_parser **ret)
{
        struct dpkg_status_parser *parser;

        assert(request && request->name && request->found);
        assert(ret);

        parser = malloc(sizeof(*parser));
        if (!parser)
                return -ENOMEM;

        *parser = (struct dpkg_status_parser){
                .name = request->name,
                .wanted = request->wanted,
                .found = request->found,
                .userdata = request->userdata,
                .line = 1,
        };
        while (parser->wanted && parser->wanted[parser->n_wanted])
                parser->n_wanted++;
        *ret = parser;
        return 0;
}

struct dpkg_status_parser *dpkg_status_parser_free(struct dpkg_status_parser *parser)
{
        if (!parser)
                return NULL;
        free(parser->held);
        free(parser);
        return NULL;
}

static int dpkg_name_cmp(const char *name, size_t size, const char *wanted)
{
        size_t wanted_size = strlen(wanted);
        int r = memcmp(name, wanted, size < wanted_size ? size : wanted_size);

        return r != 0 ? r : (size > wanted_size) - (size < wanted_size);
}

static bool dpkg_status_parser_wants(const struct dpkg_status_parser *parser, const char *name, size_t size)
{
        size_t low = 0, high = parser->n_wanted;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int r = dpkg_name_cmp(name, size, parser->wanted[middle]);

                if (r == 0)
                        return true;
                if (r > 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return !parser->wanted;
}

static int dpkg_status_parser_read_stanza(const struct dpkg_status_parser *parser, const struct dpkg_stanza *stanza,
                                          struct error *error)
{
        _cleanup_(dpkg_record_done) struct dpkg_record record = { 0 };
        const char *name;
        size_t size;
        int r;

        r = dpkg_record_find_package(stanza, &name, &size, error);
        if (r < 0 || !dpkg_status_parser_wants(parser, name, size))
                return r;
        r = dpkg_record_parse(stanza, &record, error);
        if (r < 0)
                return r;

        r = parser->found(&record, parser->userdata);
        if (r >= 0)
                record = (struct dpkg_record){ 0 };
        return r;
}

static int dpkg_status_parser_end_stanza(struct dpkg_status_parser *parser, const char *text, const char *end,
                                         struct error *error)
{
        struct dpkg_stanza stanza = { parser->name, parser->line, text, end };

        parser->line += parser->n_lines;
        parser->n_lines = 0;
        parser->held_size = 0;
        return dpkg_status_parser_read_stanza(parser, &stanza, error);
}

static int dpkg_status_parser_hold(struct dpkg_status_parser *parser, const char *data, size_t size,
                                   struct error *error)
{
        size_t needed = parser->held_size + size;

        if (needed > STANZA_SIZE_MAX)
                return error_setf(error, -EBADMSG,
                                  "%s:%zu: stanza is larger than %u bytes; restore the file from /var/backups",
                                  parser->name, parser->line, STANZA_SIZE_MAX);
        if (needed > parser->held_allocated) {
                size_t allocated = needed * 2;
                char *held = realloc(parser->held, allocated);

                if (!held)
                        return -ENOMEM;
                parser->held = held;
                parser->held_allocated = allocated;
        }
        memcpy(parser->held + parser->held_size, data, size);
        parser->held_size = needed;
        return 0;
}

static bool dpkg_status_parser_holds_whole_line(const struct dpkg_status_parser *parser)
{
        return parser->held_size > 0 && parser->held[parser->held_size - 1] == '\n';
}

/*
 * Returns: what follows the empty line that ends the stanza, or NULL if that line is still to come. Going from line to line with memchr()
 * is faster than memmem() here, and counts the lines on the way.
 */
static const char *dpkg_status_parser_find_end(struct dpkg_status_parser *parser, const char *p, const char *end)
{
        for (bool whole = dpkg_status_parser_holds_whole_line(parser); p < end; whole = true) {
                if (whole && *p == '\n') {
                        parser->n_lines++;
                        return p + 1;
                }
                p = memchr(p, '\n', (size_t)(end - p));
                if (!p)
                        return NULL;
                parser->n_lines++;
                p++;
        }
        return NULL;
}

int dpkg_status_parser_feed(struct dpkg_status_parser *parser, const char *data, size_t size, struct error *error)
{
        const char *end = data + size, *next;
        int r = 0;

        assert(parser);
        assert(data);

        for (; data < end && r >= 0; data = next) {
                if (parser->held_size == 0 && *data == '\n') {
                        parser->line++;
                        next = data + 1;
                        continue;
                }

                next = dpkg_status_parser_find_end(parser, data, end);
                if (next && parser->held_size == 0) {
                        r = dpkg_status_parser_end_stanza(parser, data, next, error);
                        continue;
                }

                r = dpkg_status_parser_hold(parser, data, (size_t)((next ? next : end) - data), error);
                if (r < 0 || !next)
                        break;
                r = dpkg_status_parser_end_stanza(parser, parser->held, parser->held + parser->held_size, error);
        }
        return r;
}

int dpkg_status_parser_finish(struct dpkg_status_parser *parser, struct error *error)
{
        assert(parser);

        if (parser->held_size == 0)
                return 0;
        if (!dpkg_status_parser_holds_whole_line(parser))
                return error_setf(error, -EBADMSG,
                                  "%s:%zu: ends in the middle of a line; restore the file from /var/backups",
                                  parser->name, parser->line + parser->n_lines);
        return dpkg_status_parser_end_stanza(parser, parser->held, parser->held + parser->held_size, error);
}
