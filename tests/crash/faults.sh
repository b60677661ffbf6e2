#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A sample of all that can fail: see ../faults/run.

export DEPLOY_MIGRATE_FAULTS=2
exec "${0%/*}/../faults/run"
