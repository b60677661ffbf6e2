/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* SIGTERM, SIGINT and SIGHUP become dmig_stop(). */

#include "deploy-migrate.h"

/* From now on they stop the run that uses @ctx; NULL: none. */
void signals_watch(struct dmig *ctx);
/* Whether one of them was caught. */
bool signals_caught(void);
