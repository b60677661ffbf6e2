/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The format of dpkg's status file: deb822 stanzas, bytes in, values out. Knows nothing of files.
 */

#include "error.h"

#include <stddef.h>

enum dpkg_state {
        DPKG_NOT_INSTALLED,
        DPKG_CONFIG_FILES,
        DPKG_HALF_INSTALLED,
        DPKG_UNPACKED,
        DPKG_HALF_CONFIGURED,
        DPKG_TRIGGERS_AWAITED,
        DPKG_TRIGGERS_PENDING,
        DPKG_INSTALLED,
};

/* One stanza. Strings are its own; NULL where the field is missing. */
struct dpkg_record {
        char *package;
        char *architecture;
        char *version;
        char *config_version;
        enum dpkg_state state;
        bool reinstreq;
        bool multi_arch_same;
};

void dpkg_record_done(struct dpkg_record *record);
const char *dpkg_state_to_string(enum dpkg_state state);

/*
 * Takes status text in pieces of any size and hands each stanza whose package is wanted to @found. All other
 * stanzas are only skipped, which is what makes a database of thousands of packages cheap to read.
 */
struct dpkg_status_parser;

/* Takes over what is in @record. Returns: 0, or a negative errno that ends the parsing. */
typedef int (*dpkg_record_fn)(struct dpkg_record *record, void *userdata);

/* @wanted: sorted names, ended by NULL; NULL wants all. It must outlive the parser. @name stands in messages. */
int dpkg_status_parser_new(const char *name, char *const *wanted, dpkg_record_fn found, void *userdata,
                           struct dpkg_status_parser **ret);
struct dpkg_status_parser *dpkg_status_parser_free(struct dpkg_status_parser *parser);
DEFINE_CLEANUP(struct dpkg_status_parser *, dpkg_status_parser_free);

/* Returns: 0, or -EBADMSG with @error naming file and line, -ENOMEM, or what @found returned. */
int dpkg_status_parser_feed(struct dpkg_status_parser *parser, const char *data, size_t size, struct error *error);
/* The text has ended: the last stanza needs no blank line behind it. */
int dpkg_status_parser_finish(struct dpkg_status_parser *parser, struct error *error);
