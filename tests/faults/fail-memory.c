/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * To be preloaded. Allocation number $FAIL_NUMBER fails, of those that the program itself makes, not what it forks; and all after it where
 * $FAIL_ON is set. Where $FAIL_LIBRARY is set, only reallocations by a library count whose path has it: those of a text that grows. Writes to
 * $FAIL_COUNT how many there were; and to $FAIL_STACKS, if that is set, a line for each, which is the same for those that are made on the same way.
 */

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

#define DEPTH_MAX 64

static unsigned long number, count;
static FILE *stacks;
static const char *library;
static bool goes_on;
static pid_t self;

__attribute__((constructor)) static void begin(void)
{
        const char *wanted = getenv("FAIL_NUMBER");

        number = wanted ? strtoul(wanted, NULL, 10) : 0;
        goes_on = getenv("FAIL_ON");
        library = getenv("FAIL_LIBRARY");
        if (getenv("FAIL_STACKS")) {
                stacks = fopen(getenv("FAIL_STACKS"), "we");
                (void)backtrace((void *[1]){ 0 }, 1); /* the first one allocates */
        }
        self = getpid();
}

__attribute__((destructor)) static void end(void)
{
        const char *path = getenv("FAIL_COUNT");
        FILE *file;

        if (getpid() != self)
                return;
        self = 0; /* ours don't fail */
        file = path ? fopen(path, "we") : NULL;
        if (file && (fprintf(file, "%lu\n", count) < 0 || fclose(file) != 0))
                abort();
        if (stacks && fclose(stacks) != 0)
                abort();
}

static void note_stack(void)
{
        void *frames[DEPTH_MAX];
        uintptr_t hash = 5381;
        int n;

        self = 0; /* what this allocates doesn't count */
        n = backtrace(frames, DEPTH_MAX);
        for (int i = 0; i < n; i++)
                hash = hash * 33 ^ (uintptr_t)frames[i];
        fprintf(stacks, "%lx\n", (unsigned long)hash);
        self = getpid();
}

static bool fails(void)
{
        if (self == 0 || getpid() != self)
                return false;
        count++;
        if (stacks)
                note_stack();
        if (number == 0 || count < number || (count > number && !goes_on))
                return false;
        errno = ENOMEM;
        return true;
}

static bool is_by_library(const void *caller)
{
        Dl_info info;

        return dladdr(caller, &info) && info.dli_fname && strstr(info.dli_fname, library);
}

void *malloc(size_t size)
{
        return !library && fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
        return !library && fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
        if (library ? old && is_by_library(__builtin_return_address(0)) && fails() : fails())
                return NULL;
        return __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t n, size_t size)
{
        size_t all;

        if (!__builtin_mul_overflow(n, size, &all))
                return realloc(old, all);
        errno = ENOMEM;
        return NULL;
}
