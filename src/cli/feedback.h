/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The callbacks of the library: its log lines and events, shown as it works. The userdata is a struct cli. */

#include "deploy-migrate.h"

/* A dmig_log_fn, hence its number of parameters. */
void feedback_on_log(struct dmig *ctx, int priority, const char *package, const char *id, const char *text,
                     void *userdata);
void feedback_on_event(struct dmig *ctx, const struct dmig_event *event, void *userdata);
