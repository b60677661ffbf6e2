/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What systemctl status shows of a run, and more time where an administrator has limited the start of the unit: sd_notify(3). */

#include "deploy-migrate.h"

void notify_event(const struct dmig_event *event);
