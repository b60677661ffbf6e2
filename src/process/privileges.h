/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "basic/macro.h"

/*
 * What is executed from now on never has other capabilities than those for work on files; the caller keeps its own. Async-signal-safe. Returns: 0,
 * or a negative errno.
 */
_must_check_ int privileges_bound(void);
/*
 * After that: drops all capabilities but those for work on files, and the session's keyring. Nor can the caller be traced afterwards, or its descriptors
 * be reached, which are on mounts outside of the sandbox; what it executes can. Returns: as privileges_bound().
 */
_must_check_ int privileges_drop(void);
