/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The texts of --help and --version, made from the tables of verbs and options. They fit 80 columns. */

#include "cli/verbs/verbs.h"

void help_print(FILE *stream);
/* Prints only the usage line. */
void help_print_usage(FILE *stream);
void help_print_verb(FILE *stream, const struct verb *verb);
void help_print_version(FILE *stream);
