/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What --help and --version print, from the tables of verbs and options. */

#include "cli/verbs/verbs.h"

void help_print(FILE *stream);
void help_print_verb(FILE *stream, const struct verb *verb);
void help_print_version(FILE *stream);
