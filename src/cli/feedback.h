/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the library tells while it works, on standard error. The userdata is a struct cli. */

#include "deploy-migrate.h"

void feedback_on_log(struct dmig *ctx, int priority, const char *package, const char *id, const char *text,
                     void *userdata);
void feedback_on_event(struct dmig *ctx, const struct dmig_event *event, void *userdata);
