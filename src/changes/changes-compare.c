/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/changes-compare.h"

#include "basic/clock.h"
#include "fs/beneath.h"
#include "fs/content.h"
#include "fs/facts.h"

#include <fcntl.h>
#include <limits.h>

#define TICK_NSEC_MAX 10000000L
#define NSEC_PER_SEC  1000000000L

void mtime_window_init(struct mtime_window *window, struct timespec begin)
{
        assert(window);
        /* File systems take their times from the kernel's last tick. */
        begin.tv_nsec -= TICK_NSEC_MAX;
        if (begin.tv_nsec < 0) {
                begin.tv_nsec += NSEC_PER_SEC;
                begin.tv_sec--;
        }
        window->begin = begin;
        (void)clock_gettime(CLOCK_REALTIME, &window->end);
}

static bool mtime_window_was_set(const struct mtime_window *window, struct timespec before, struct timespec after)
{
        return !time_is_same(before, after) &&
               (time_is_later(window->begin, after) || time_is_later(after, window->end));
}

static bool attributes_differ(const struct attributes *before, const struct attributes *after,
                              const struct mtime_window *window)
{
        return !attributes_equal(before, after) ||
               (window && mtime_window_was_set(window, before->st.st_mtim, after->st.st_mtim));
}

int changes_compare_attributes(int lower, int upper, const struct mtime_window *window)
{
        _cleanup_attributes_ struct attributes before = { 0 }, after = { 0 };
        int r;

        assert(lower >= 0 && upper >= 0);
        r = attributes_read(lower, &before);
        if (r >= 0)
                r = attributes_read(upper, &after);
        return r < 0 ? r : attributes_differ(&before, &after, window);
}

int changes_open_content(int dir, const char *path)
{
        assert(path);
        return beneath_open(dir, path, O_RDONLY | O_NOATIME | O_NONBLOCK, 0);
}

static int comparison_open(int dir, const char *name, const struct stat *st)
{
        return S_ISREG(st->st_mode) ? changes_open_content(dir, name) : beneath_open(dir, name, O_PATH, 0);
}

static int symlinks_equal(int a, int b)
{
        char x[PATH_MAX], y[PATH_MAX];
        ssize_t n = readlinkat(a, "", x, sizeof(x));
        ssize_t m = n < 0 ? n : readlinkat(b, "", y, sizeof(y));

        return m < 0 ? -errno : n == m && memcmp(x, y, (size_t)n) == 0;
}

/* Whether type, device number or size differ, which is known without opening the files. */
static bool stats_differ(const struct stat *a, const struct stat *b)
{
        if ((a->st_mode ^ b->st_mode) & S_IFMT)
                return true;
        if (S_ISCHR(a->st_mode) || S_ISBLK(a->st_mode))
                return a->st_rdev != b->st_rdev;
        return S_ISREG(a->st_mode) && a->st_size != b->st_size;
}

static int comparison_equal_contents(int lower, int upper, const struct stat *st)
{
        if (S_ISREG(st->st_mode))
                return content_equal_size(lower, upper, st->st_size);
        return S_ISLNK(st->st_mode) ? symlinks_equal(lower, upper) : 1;
}

static struct change_details attributes_take_details(struct attributes *attributes)
{
        struct change_details details = { .xattrs = TAKE_PTR(attributes->xattrs), .n_xattrs = attributes->n_xattrs };

        attributes->n_xattrs = 0;
        return details;
}

/* Of the two files, which are open. Returns: as changes_compare_attributes(). */
static int comparison_compare_attributes(struct comparison *comparison, int lower, int upper,
                                         const struct mtime_window *window)
{
        _cleanup_attributes_ struct attributes before = { 0 }, after = { 0 };
        int r;

        r = attributes_read_beside(lower, &comparison->before, &before);
        if (r >= 0)
                r = attributes_read_beside(upper, &comparison->after, &after);
        if (r < 0 || !attributes_differ(&before, &after, window))
                return r;
        comparison->original.known = !S_ISLNK(after.st.st_mode);
        if (comparison->original.known) {
                comparison->details_before = attributes_take_details(&before);
                comparison->details_after = attributes_take_details(&after);
        }
        return 1;
}

/* Opens the file that was there, and looks at it once more, since another process may have replaced it. Returns: a file descriptor, or a negative errno. */
static int comparison_open_lower(struct comparison *comparison)
{
        _cleanup_close_ int lower = comparison_open(comparison->lower, comparison->name, &comparison->before);
        struct facts facts;
        int r = lower < 0 ? lower : facts_read(lower, &facts);

        if (r < 0)
                return r;
        comparison->before = facts.st;
        comparison->original = (struct change_original){ .fixed = facts.fixed, .born = facts.born };
        return TAKE_FD(lower);
}

int changes_compare_files(struct comparison *comparison, const struct mtime_window *window, enum change_kind *ret)
{
        _cleanup_close_ int lower = -EBADF, upper = -EBADF;
        int r = 0;

        assert(comparison && comparison->before.st_mode && !S_ISDIR(comparison->after.st_mode) && window && ret);
        if (!stats_differ(&comparison->before, &comparison->after)) {
                lower = comparison_open_lower(comparison);
                if (lower < 0)
                        return lower;
        }
        if (!stats_differ(&comparison->before, &comparison->after)) {
                upper = comparison_open(comparison->upper, comparison->name, &comparison->after);
                if (upper < 0)
                        return upper;
                r = comparison_equal_contents(lower, upper, &comparison->after);
        }
        if (r < 0)
                return r;
        *ret = r > 0 ? CHANGE_METADATA : CHANGE_REPLACE;
        return r > 0 ? comparison_compare_attributes(comparison, lower, upper, window) : 1;
}
