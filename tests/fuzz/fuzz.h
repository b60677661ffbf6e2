/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a fuzz target needs: the function that it defines, laws that have to hold for every input, and an input as C strings. How to run and to add
 * one: doc/HACKING.md.
 */

#include "basic/root.h"

#include <stddef.h>
#include <stdint.h>

/* What each fuzz-NAME.c defines: one run with one input. Returns: 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process unless @holds: as a crash, so that libFuzzer keeps the input. */
#define law(holds) ((holds) ? (void)0 : law_broken(#holds, __FILE__, __LINE__))
_Noreturn void law_broken(const char *law, const char *file, int line);

/* Memory for a target itself, which is always there. */
void *fuzz_allocate(size_t size);
/* A copy of @data in a block of exactly that size, so that a sanitizer sees a read past its end; it ends with a NUL, and before the first one in @data. */
char *fuzz_text(const uint8_t *data, size_t size);
/*
 * Fills in @ret with @n such copies: of the parts between the first @n - 1 bytes @separator, and of the rest. Those that are missing are "".
 */
void fuzz_split(const uint8_t *data, size_t size, char separator, size_t n, char **ret);
void fuzz_free(char **texts, size_t n);

/* Whether -1, 0 and 1 as results of comparing a with b, b with c, and a with c, belong to an order. */
void fuzz_check_order(int ab, int bc, int ac);

/*
 * For parsers of files: a directory of this process, in memory if there is such a file system, that is removed at its end. Returns: the directory
 * as a root; its directories @paths, which end with NULL, are made.
 */
const struct root *fuzz_root(const char *const *paths);
/* Makes the file of it at the absolute @path, or changes it, in place, to contain @data. A NULL @data removes it. */
void fuzz_put(const char *path, const void *data, size_t size);
