#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Random migrations of random trees: see generate.

exec "${0%/*}/generate"
