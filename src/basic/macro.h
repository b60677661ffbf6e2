/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Attributes, cleanup, ownership and strings: the few macros and functions that every file uses. */

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define _cleanup_(f)       __attribute__((cleanup(f)))
#define _printf_(at, args) __attribute__((format(printf, at, args)))
#define _must_check_       __attribute__((warn_unused_result))

#define ELEMENTSOF(a) (sizeof(a) / sizeof((a)[0]))
#define streq(a, b)   (strcmp(a, b) == 0)

#define TAKE_PTR(p)                     \
        ({                              \
                typeof(p) _taken = (p); \
                (p) = NULL;             \
                _taken;                 \
        })

#define TAKE_FD(fd)                \
        ({                         \
                int _taken = (fd); \
                (fd) = -EBADF;     \
                _taken;            \
        })

/* Defines func##p for _cleanup_(): it takes the variable's address, and does nothing if the variable is NULL. */
#define DEFINE_CLEANUP(type, func)          \
        static inline void func##p(type *p) \
        {                                   \
                if (*p)                     \
                        func(*p);           \
        }                                   \
        struct swallow_semicolon

static inline void ptr_freep(void *p)
{
        free(*(void **)p);
}

static inline void fd_closep(const int *fd)
{
        if (*fd >= 0)
                close(*fd);
}

#define _cleanup_free_  _cleanup_(ptr_freep)
#define _cleanup_close_ _cleanup_(fd_closep)

/* Replaces @text, an allocated string or NULL, by a copy of @value. Returns: 0, or -ENOMEM with @text as it was. */
static inline int str_replace(char **text, const char *value)
{
        char *copy = strdup(value);

        if (!copy)
                return -ENOMEM;
        free(*text);
        *text = copy;
        return 0;
}

/* The same for a @value that may be NULL. */
static inline int str_set(char **text, const char *value)
{
        if (value)
                return str_replace(text, value);
        free(TAKE_PTR(*text));
        return 0;
}

/* Returns: what follows @prefix in @s, or NULL if @s doesn't begin with it. */
static inline const char *str_startswith(const char *s, const char *prefix)
{
        size_t n;

        assert(s && prefix);
        n = strlen(prefix);
        return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}
