/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/changes-compare.h"

#include "basic/clock.h"
#include "fs/beneath.h"
#include "fs/content.h"

#include <fcntl.h>
#include <limits.h>

#define TICK_NSEC_MAX 10000000L
#define NSEC_PER_SEC  1000000000L

void window_init(struct window *window, struct timespec begin)
{
        /* The clock of file systems is as old as the last tick of the kernel. */
        begin.tv_nsec -= TICK_NSEC_MAX;
        if (begin.tv_nsec < 0) {
                begin.tv_nsec += NSEC_PER_SEC;
                begin.tv_sec--;
        }
        window->begin = begin;
        (void)clock_gettime(CLOCK_REALTIME, &window->end);
}

static bool was_set(const struct window *window, struct timespec before, struct timespec after)
{
        return !time_is_same(before, after) &&
               (time_is_later(window->begin, after) || time_is_later(after, window->end));
}

int changes_compare_attributes(int lower, int upper, const struct window *window)
{
        _cleanup_attributes_ struct attributes before = { 0 }, after = { 0 };
        int r;

        r = attributes_read(lower, &before);
        if (r >= 0)
                r = attributes_read(upper, &after);
        if (r < 0)
                return r;
        return !attributes_equal(&before, &after) || (window && was_set(window, before.st.st_mtim, after.st.st_mtim));
}

int changes_compare_open(int dir, const char *path)
{
        return beneath_open(dir, path, O_RDONLY | O_NOATIME | O_NONBLOCK, 0);
}

static int open_file(int dir, const char *name, const struct stat *st)
{
        return S_ISREG(st->st_mode) ? changes_compare_open(dir, name) : beneath_open(dir, name, O_PATH, 0);
}

static int links_equal(int a, int b)
{
        char x[PATH_MAX], y[PATH_MAX];
        ssize_t n = readlinkat(a, "", x, sizeof(x));
        ssize_t m = n < 0 ? n : readlinkat(b, "", y, sizeof(y));

        return m < 0 ? -errno : n == m && memcmp(x, y, (size_t)n) == 0;
}

/* What can be told without opening them. */
static bool differ_plainly(const struct stat *a, const struct stat *b)
{
        if ((a->st_mode ^ b->st_mode) & S_IFMT)
                return true;
        if (S_ISCHR(a->st_mode) || S_ISBLK(a->st_mode))
                return a->st_rdev != b->st_rdev;
        return S_ISREG(a->st_mode) && a->st_size != b->st_size;
}

static int contents_equal(int lower, int upper, const struct stat *st)
{
        if (S_ISREG(st->st_mode))
                return content_equal(lower, upper);
        return S_ISLNK(st->st_mode) ? links_equal(lower, upper) : 1;
}

int changes_compare_files(const struct comparison *comparison, const struct window *window, enum change_kind *ret)
{
        _cleanup_close_ int lower = -EBADF, upper = -EBADF;
        int r = 0;

        if (!differ_plainly(&comparison->before, &comparison->after)) {
                lower = open_file(comparison->lower, comparison->name, &comparison->before);
                if (lower < 0)
                        return lower;
                upper = open_file(comparison->upper, comparison->name, &comparison->after);
                if (upper < 0)
                        return upper;
                r = contents_equal(lower, upper, &comparison->after);
        }
        if (r < 0)
                return r;
        *ret = r > 0 ? CHANGE_METADATA : CHANGE_REPLACE;
        return r > 0 ? changes_compare_attributes(lower, upper, window) : 1;
}
