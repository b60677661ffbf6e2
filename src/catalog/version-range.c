/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "catalog/version-range.h"

#include <stdio.h>

/* Returns: the length of the dotted numbers at the start of @s, and how many there are. */
static size_t upstream_count_numbers(const char *s, size_t size, size_t *ret_count)
{
        size_t count = 0, length = 0;

        for (size_t i = 0; i < size && char_is_digit(s[i]); i++) {
                while (i < size && char_is_digit(s[i]))
                        i++;
                length = i;
                count++;
                if (i == size || s[i] != '.')
                        break;
        }

        *ret_count = count;
        return length;
}

/* Returns: what makes three of @count numbers. */
static const char *numbers_missing(size_t count)
{
        static const char *const zeros[] = { "", ".0.0", ".0" };

        return count < ELEMENTSOF(zeros) ? zeros[count] : "";
}

/* Returns: the upstream part with three numbers at least, or NULL when memory ran out. */
static char *upstream_pad(const struct deb_version *version)
{
        const char *zeros;
        size_t count, length;
        char *key, *p;

        length = upstream_count_numbers(version->upstream, version->upstream_size, &count);
        zeros = numbers_missing(count);
        key = malloc(version->upstream_size + strlen(zeros) + 1);
        if (!key)
                return NULL;

        p = mempcpy(key, version->upstream, length);
        p = stpcpy(p, zeros);
        p = mempcpy(p, version->upstream + length, version->upstream_size - length);
        *p = '\0';
        return key;
}

int version_range_init(struct version_range *ret, const char *from, const char *to, struct error *error)
{
        struct version_range range = { 0 };
        int r;

        assert(ret);
        assert(from);
        assert(to);

        r = deb_version_parse(from, false, &range.from, error);
        if (r < 0)
                return r;
        r = deb_version_parse(to, false, &range.to, error);
        if (r < 0)
                return r;

        range.from_key = upstream_pad(&range.from);
        range.to_key = upstream_pad(&range.to);
        range.no_lower_bound = range.to.epoch > range.from.epoch;
        if (!range.from_key || !range.to_key) {
                version_range_done(&range);
                return -ENOMEM;
        }

        *ret = range;
        return 0;
}

void version_range_done(struct version_range *range)
{
        assert(range);

        free(range->from_key);
        free(range->to_key);
        *range = (struct version_range){ 0 };
}

static int upstream_cmp(const char *a, const char *b)
{
        return deb_part_cmp(a, strlen(a), b, strlen(b));
}

int version_range_locate(const struct version_range *range, const struct dmig_semver *version)
{
        const char *key;

        assert(range);
        assert(version);

        key = semver_get_upstream(version);
        if (range->to.epoch < range->from.epoch)
                return -1;
        if (!range->no_lower_bound && upstream_cmp(key, range->from_key) <= 0)
                return -1;
        return upstream_cmp(key, range->to_key) <= 0 ? 0 : 1;
}

int version_range_locate_package_version(const struct version_range *range, const char *version, int *ret)
{
        struct deb_version parsed;
        int r;

        assert(range);
        assert(version);
        assert(ret);

        r = deb_version_parse(version, true, &parsed, NULL);
        if (r < 0)
                return r;

        if (deb_version_cmp(&parsed, &range->from) <= 0)
                *ret = -1;
        else
                *ret = deb_version_cmp(&parsed, &range->to) <= 0 ? 0 : 1;
        return 0;
}

/* What a user types after a "v" may have less than three numbers. Returns: 0, -EINVAL with @error set, or -ENOMEM. */
static int version_check_semver(const char *text, struct error *error)
{
        _cleanup_(dmig_semver_freep) struct dmig_semver *version = NULL;
        _cleanup_free_ char *whole = NULL;
        size_t count, length;
        int r;

        length = upstream_count_numbers(text, strlen(text), &count);
        if (asprintf(&whole, "%.*s%s%s", (int)length, text, numbers_missing(count), text + length) < 0) {
                whole = NULL;
                return -ENOMEM;
        }
        r = dmig_semver_parse(whole, &version);
        if (r != -EINVAL)
                return r;
        return error_setf(
                error, r,
                "'v%s' is not a semantic version: 'v' must be followed by one to three numbers, as in v1.2.3 or v2.0.0-rc.1; leave out the 'v' if it is a package version",
                text);
}

/* @text must have room for two more characters. */
static void semver_to_package_version(char *text)
{
        char *hyphen;

        text[strcspn(text, "+")] = '\0';
        hyphen = strchr(text, '-');
        if (!hyphen)
                return;
        *hyphen = '~';
        /* The last hyphen of a package version begins its revision; the revision "0" is the same as none. */
        if (strchr(hyphen, '-'))
                strcat(hyphen, "-0");
}

int version_from_argument(const char *argument, char **ret, struct error *error)
{
        _cleanup_free_ char *text = NULL;
        struct deb_version version;
        size_t size;
        bool semver;
        int r;

        assert(argument);
        assert(ret);

        size = deb_trim_blanks(&argument);
        semver = *argument == 'v';
        if (semver) {
                argument++;
                size = deb_trim_blanks(&argument);
        }

        text = calloc(1, size + sizeof("-0"));
        if (!text)
                return -ENOMEM;
        memcpy(text, argument, size);
        if (semver) {
                r = version_check_semver(text, error);
                if (r < 0)
                        return r;
                semver_to_package_version(text);
        }

        r = deb_version_parse(text, true, &version, error);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(text);
        return 0;
}

int dmig_version_in_range(const char *version, const char *from, const char *to)
{
        _cleanup_(dmig_semver_freep) struct dmig_semver *semver = NULL;
        _cleanup_(version_range_done) struct version_range range = { 0 };
        int r;

        if (!from || !to)
                return -EINVAL;
        r = dmig_semver_parse(version, &semver);
        if (r < 0)
                return r;
        r = version_range_init(&range, from, to, NULL);
        if (r < 0)
                return r;
        return version_range_locate(&range, semver) == 0;
}
