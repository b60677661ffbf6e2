/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The name of a systemd instance, as systemd-escape(1) makes it. Pure. */

/* Undoes each \xNN. Returns: 0, -EINVAL where an escape is malformed, or -ENOMEM. */
int instance_decode(const char *instance, char **ret);
