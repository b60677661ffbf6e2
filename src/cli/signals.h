/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Signals that ask us to stop become dmig_stop(). */

#include "deploy-migrate.h"

/* From now on they stop what runs in @ctx, until it is NULL. */
void signals_watch(struct dmig *ctx);
/* Whether one came. */
bool signals_caught(void);
