/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The directories of the contract; each stands below the root. */

#define VENDOR_DIR "/usr/lib/deploy-migrate"
#define ADMIN_DIR  "/etc/deploy-migrate"
#define STATE_DIR  "/var/lib/deploy-migrate"
#define LOCK_DIR   "/run/deploy-migrate"
