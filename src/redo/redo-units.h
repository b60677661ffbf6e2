/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether systemd has to hear of a transaction. In: its redo log. Out: whether it changes files of system units. Pure. */

#include "redo/redo.h"

bool redo_changes_units(const struct redo *redo);
