/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reports the progress of a run to systemd by sd_notify(3): systemctl status shows it, and a limited start gets more time. */

#include "deploy-migrate.h"

void notify_event(const struct dmig_event *event);
/* At the end of a run: what went wrong isn't always the last thing that happened. */
void notify_summary(size_t n_packages, size_t n_failed);
