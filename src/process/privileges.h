/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Drops all capabilities but those for work on files, and the session's keyring. Nor can the caller be traced afterwards, or its descriptors
 * be reached, which are on mounts outside of the sandbox; what it executes can. Async-signal-safe. Returns: 0, or a negative errno.
 */
int privileges_drop(void);
