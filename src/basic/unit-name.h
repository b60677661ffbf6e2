/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Text as part of a systemd unit's name: a byte that a name can't have is \xNN there, see systemd.unit(5). Pure. */

#include "basic/macro.h"

/*
 * Escapes @text as the instance of a unit that is used as %i. That is never unescaped to a path, so '-' stays as it is, which
 * systemd-escape(1) would escape. Returns: 0 or -ENOMEM.
 */
_must_check_ int unit_name_escape(const char *text, char **ret);
/* Replaces each \xNN by its byte. Returns: 0, -EINVAL if an escape is malformed or stands for NUL, or -ENOMEM. */
_must_check_ int unit_name_unescape(const char *name, char **ret);
