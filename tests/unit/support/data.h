/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The files of tests/data: one entry a line, '#' begins a comment. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Opens tests/data/@name, or fails the test. */
FILE *data_open(const char *name);
/* Reads the next entry, without the line's end. Returns: false at the end of the file. */
bool data_next(FILE *file, char *line, size_t size);
