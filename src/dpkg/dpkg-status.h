/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The format of dpkg's status file, deb822 stanzas. In: bytes, in pieces of any size. Out: records. Pure. */

#include "dpkg/dpkg-record.h"

/*
 * Passes each stanza whose package is wanted to the function found. All others are only skipped, which makes a database of thousands of
 * packages cheap to read.
 */
struct dpkg_status_parser;

/* Takes over the strings of @record unless it fails. Returns: 0, or a negative errno that ends the parsing. */
typedef int (*dpkg_record_fn)(struct dpkg_record *record, void *userdata);

struct dpkg_status_request {
        const char *name;    /* for messages; must outlive the parser, as wanted must */
        char *const *wanted; /* sorted names that end with NULL; NULL: all packages */
        dpkg_record_fn found;
        void *userdata;
};

/* Returns: 0 or -ENOMEM. */
_must_check_ int dpkg_status_parser_new(const struct dpkg_status_request *request, struct dpkg_status_parser **ret);
struct dpkg_status_parser *dpkg_status_parser_free(struct dpkg_status_parser *parser);
DEFINE_CLEANUP(struct dpkg_status_parser *, dpkg_status_parser_free);

/* Parses @data. Returns: 0, -EBADMSG with @error, which names file and line, -ENOMEM, or the errno that the function found returned. */
_must_check_ int dpkg_status_parser_feed(struct dpkg_status_parser *parser, const char *data, size_t size,
                                         struct error *error);
/* Ends the text: the last stanza needs no blank line after it, but its last line must be whole. Returns: the same. */
_must_check_ int dpkg_status_parser_finish(struct dpkg_status_parser *parser, struct error *error);
