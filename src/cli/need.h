/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The end of the program if a result can't be printed whole. In: what is needed to print it. Out: nothing, since what was printed up to then
 * isn't all.
 */

/* Says that @what can't be had because of @error, an errno, and ends the program. @what may be NULL. */
_Noreturn void need_fail(const char *what, int error);
/* Ends the program if memory ran out, and @pointer is NULL. Returns: @pointer. */
void *need_memory(void *pointer);
