/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Overlays that a sandbox gets for some of its programs only, and loses again, since making another sandbox takes longer than all else. In: a
 * sandbox that was made without any (sandbox.h), and the overlays. Out: what its keeper needs to attach them.
 */

#include "sandbox/sandbox.h"

#define EXTENSION_MOUNTS_MAX 16
#define EXTENSION_TEXT_MAX   4096

struct extension {
        size_t n;                      /* number of overlays */
        int fds[EXTENSION_MOUNTS_MAX]; /* of the overlays, borrowed from the request in the parent */
        size_t size;
        char text
                [EXTENSION_TEXT_MAX]; /* the path of each overlay, and after it its shields, relative to it, each with its terminator */
};

/*
 * @request: as for a sandbox of its own, of which the overlays and the declared paths count. Returns: whether @sandbox can be extended by them; else
 * only a sandbox of its own can show all of them.
 */
_must_check_ bool extension_make(const struct sandbox *sandbox, const struct sandbox_request *request,
                                 struct extension *ret);

/* In the child, and async-signal-safe. Returns: 0 or a negative errno; after one the sandbox is of no use. */
_must_check_ int extension_attach(const struct extension *extension);
_must_check_ int extension_seal(const struct extension *extension);
/* Also closes them. */
_must_check_ int extension_detach(struct extension *extension);
/* Whether each overlay is still where it was attached, so that the program hasn't moved it with the directory that it is in. */
bool extension_is_in_place(const struct extension *extension);
