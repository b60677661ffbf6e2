/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tells systemd by sd_notify(3) what a run does, for systemctl status, and asks for more time if the unit's start is limited. */

#include "deploy-migrate.h"

void notify_event(const struct dmig_event *event);
