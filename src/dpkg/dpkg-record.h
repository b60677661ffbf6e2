/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One stanza of dpkg's status file. In: its text. Out: the few fields that matter here. Pure. */

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

/* Owns its strings, which are NULL if the field is missing or empty. */
struct dpkg_record {
        char *package;
        char *architecture;
        char *version; /* not NULL in every state but not-installed and half-installed */
        char *config_version;
        enum dpkg_state state;
        bool stated; /* dpkg wrote the state; if not, it counts as not installed, but the rest of the stanza may be gone */
        bool reinstreq;
        bool multi_arch_same;
};

void dpkg_record_done(struct dpkg_record *record);
const char *dpkg_state_to_string(enum dpkg_state state);

/* Text that ends with a newline; an empty line ends the stanza. */
struct dpkg_stanza {
        const char *file; /* for messages */
        size_t line;      /* likewise */
        const char *text;
        const char *end;
};

/* Looks only for the name; @ret points into the text. Returns: 0, or -EBADMSG with @error, which names file and line. */
_must_check_ int dpkg_record_find_package(const struct dpkg_stanza *stanza, const char **ret, size_t *ret_size,
                                          struct error *error);
/* Returns: 0, -EBADMSG with @error as above, or -ENOMEM. */
_must_check_ int dpkg_record_parse(const struct dpkg_stanza *stanza, struct dpkg_record *ret, struct error *error);
