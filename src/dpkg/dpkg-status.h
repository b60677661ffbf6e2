/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The format of dpkg's status file: deb822 stanzas, bytes in, records out. Knows nothing of files.
 */

#include "dpkg/dpkg-record.h"

/*
 * Takes status text in pieces of any size and hands each stanza whose package is wanted to @found. All other
 * stanzas are only skipped, which is what makes a database of thousands of packages cheap to read.
 */
struct dpkg_status_parser;

/* Takes over what is in @record. Returns: 0, or a negative errno that ends the parsing. */
typedef int (*dpkg_record_fn)(struct dpkg_record *record, void *userdata);

/* @wanted: sorted names, ended by NULL; NULL wants all. @name stands in messages. Both must outlive the parser. */
int dpkg_status_parser_new(const char *name, char *const *wanted, dpkg_record_fn found, void *userdata,
                           struct dpkg_status_parser **ret);
struct dpkg_status_parser *dpkg_status_parser_free(struct dpkg_status_parser *parser);
DEFINE_CLEANUP(struct dpkg_status_parser *, dpkg_status_parser_free);

/* Returns: 0, or -EBADMSG with @error naming file and line, -ENOMEM, or what @found returned. */
int dpkg_status_parser_feed(struct dpkg_status_parser *parser, const char *data, size_t size, struct error *error);
/* The text has ended: the last stanza needs no blank line behind it, but its last line must be whole. */
int dpkg_status_parser_finish(struct dpkg_status_parser *parser, struct error *error);
