/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A directory for what a test program writes. main() makes it before any test runs, and removes it after all of them, so
 * that a test that fails leaves nothing behind either.
 */

#include <stddef.h>

void scratch_init(void);
void scratch_done(void);

/* A new, empty directory in it. Returns: its absolute path, valid until the program ends. */
const char *scratch_new(void);

/* What follows fails the test that calls it. Paths are formatted as printf(3) has it. */
void write_file(const void *data, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
void write_text(const char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void make_directory(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Runs a command of the shell. Returns: its exit status. */
int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, which must succeed. Returns: its output, to be freed. */
char *shell_output(const char *format, ...) __attribute__((format(printf, 1, 2)));
