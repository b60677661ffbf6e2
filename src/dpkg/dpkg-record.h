/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One stanza of dpkg's status file. In: its text. Out: the few fields that matter here.
 */

#include "basic/error.h"

#include <stddef.h>

/* In the order in which a package becomes complete. */
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

/* Strings are its own; NULL where the field is missing or empty. */
struct dpkg_record {
        char *package;
        char *architecture;
        char *version; /* there in every state but not-installed and half-installed */
        char *config_version;
        enum dpkg_state state;
        bool reinstreq;
        bool multi_arch_same;
};

void dpkg_record_done(struct dpkg_record *record);
const char *dpkg_state_to_string(enum dpkg_state state);

/* Text that ends with a newline, and at the first empty line. @file and @line stand in messages. */
struct dpkg_stanza {
        const char *file;
        size_t line;
        const char *text;
        const char *end;
};

/* Only looks for the name, which points into the text. Returns: 0, or -EBADMSG with @error naming file and line. */
int dpkg_record_find_package(const struct dpkg_stanza *stanza, const char **ret, size_t *ret_size, struct error *error);
/* Returns: 0, -EBADMSG as above, or -ENOMEM. */
int dpkg_record_parse(const struct dpkg_stanza *stanza, struct dpkg_record *ret, struct error *error);
