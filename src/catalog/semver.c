/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "catalog/semver.h"

#include "dpkg/deb-version.h"

#define DIGITS      "0123456789"
#define IDENTIFIERS DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"

struct dmig_semver {
        const char *major;
        const char *minor;
        const char *patch;
        const char *prerelease;
        const char *build;
        const char *upstream;
        char text[]; /* followed by the texts that the others point to */
};

/* Ends @text at the first @separator. Returns: what follows it, or NULL if there is none. */
static char *semver_cut(char *text, char separator)
{
        char *p = strchr(text, separator);

        if (!p)
                return NULL;
        *p = '\0';
        return p + 1;
}

static bool semver_number_is_valid(const char *s)
{
        size_t n = strspn(s, DIGITS);

        return n > 0 && s[n] == '\0' && (n == 1 || s[0] != '0');
}

static bool semver_identifiers_are_valid(const char *s, bool leading_zeros)
{
        for (;; s++) {
                size_t n = strcspn(s, ".");

                if (n == 0 || strspn(s, IDENTIFIERS) < n)
                        return false;
                if (!leading_zeros && n > 1 && s[0] == '0' && strspn(s, DIGITS) == n)
                        return false;
                s += n;
                if (*s == '\0')
                        return true;
        }
}

/* Splits @parts, a copy of the text, in place. Returns: whether it is a semantic version. */
static bool semver_split(struct dmig_semver *version, char *parts)
{
        const char *build, *prerelease;
        char *minor, *patch;

        build = semver_cut(parts, '+');
        prerelease = semver_cut(parts, '-');
        minor = semver_cut(parts, '.');
        patch = minor ? semver_cut(minor, '.') : NULL;

        if (!patch || !semver_number_is_valid(parts) || !semver_number_is_valid(minor) ||
            !semver_number_is_valid(patch))
                return false;
        if (prerelease && !semver_identifiers_are_valid(prerelease, false))
                return false;
        if (build && !semver_identifiers_are_valid(build, true))
                return false;

        version->major = parts;
        version->minor = minor;
        version->patch = patch;
        version->prerelease = prerelease ? prerelease : "";
        version->build = build ? build : "";
        return true;
}

int dmig_semver_parse(const char *text, struct dmig_semver **ret)
{
        _cleanup_(dmig_semver_freep) struct dmig_semver *version = NULL;
        char *parts, *upstream, *hyphen;
        size_t size;

        if (!text || !ret)
                return -EINVAL;
        size = deb_trim_blanks(&text);
        if (*text == 'v') {
                text++;
                size--;
        }

        version = calloc(1, sizeof(*version) + 3 * (size + 1));
        if (!version)
                return -ENOMEM;
        parts = version->text + size + 1;
        upstream = parts + size + 1;

        memcpy(version->text, text, size);
        memcpy(parts, text, size);
        if (!semver_split(version, parts))
                return -EINVAL;

        memcpy(upstream, version->text, strcspn(version->text, "+"));
        hyphen = strchr(upstream, '-');
        if (hyphen)
                *hyphen = '~';
        version->upstream = upstream;
        *ret = TAKE_PTR(version);
        return 0;
}

struct dmig_semver *dmig_semver_free(struct dmig_semver *version)
{
        free(version);
        return NULL;
}

const char *dmig_semver_get_major(const struct dmig_semver *version)
{
        return version ? version->major : NULL;
}

const char *dmig_semver_get_minor(const struct dmig_semver *version)
{
        return version ? version->minor : NULL;
}

const char *dmig_semver_get_patch(const struct dmig_semver *version)
{
        return version ? version->patch : NULL;
}

const char *dmig_semver_get_prerelease(const struct dmig_semver *version)
{
        return version ? version->prerelease : NULL;
}

const char *dmig_semver_get_build(const struct dmig_semver *version)
{
        return version ? version->build : NULL;
}

const char *dmig_semver_get_text(const struct dmig_semver *version)
{
        return version ? version->text : NULL;
}

const char *semver_get_upstream(const struct dmig_semver *version)
{
        assert(version);

        return version->upstream;
}

static int semver_number_cmp(const char *a, const char *b)
{
        return deb_part_cmp(a, strlen(a), b, strlen(b));
}

static int semver_identifier_cmp(const char *a, size_t a_size, const char *b, size_t b_size)
{
        bool a_is_number = strspn(a, DIGITS) >= a_size, b_is_number = strspn(b, DIGITS) >= b_size;
        int r;

        if (a_is_number != b_is_number)
                return a_is_number ? -1 : 1;
        if (a_is_number)
                return deb_part_cmp(a, a_size, b, b_size);

        r = memcmp(a, b, a_size < b_size ? a_size : b_size);
        if (r != 0)
                return r < 0 ? -1 : 1;
        return (a_size > b_size) - (a_size < b_size);
}

static int semver_prerelease_cmp(const char *a, const char *b)
{
        /* A version without a pre-release is later than one with any. */
        if (!*a || !*b)
                return (*a == '\0') - (*b == '\0');

        for (;; a++, b++) {
                size_t n = strcspn(a, "."), m = strcspn(b, ".");
                int r;

                r = semver_identifier_cmp(a, n, b, m);
                if (r != 0)
                        return r;
                a += n;
                b += m;
                if (!*a || !*b)
                        return (*a != '\0') - (*b != '\0');
        }
}

int semver_cmp(const struct dmig_semver *a, const struct dmig_semver *b)
{
        int r;

        assert(a);
        assert(b);

        r = semver_number_cmp(a->major, b->major);
        if (r == 0)
                r = semver_number_cmp(a->minor, b->minor);
        if (r == 0)
                r = semver_number_cmp(a->patch, b->patch);
        return r == 0 ? semver_prerelease_cmp(a->prerelease, b->prerelease) : r;
}

int dmig_semver_cmp(const char *a, const char *b, int *ret)
{
        _cleanup_(dmig_semver_freep) struct dmig_semver *version_a = NULL, *version_b = NULL;
        int r;

        if (!ret)
                return -EINVAL;
        r = dmig_semver_parse(a, &version_a);
        if (r < 0)
                return r;
        r = dmig_semver_parse(b, &version_b);
        if (r < 0)
                return r;

        *ret = semver_cmp(version_a, version_b);
        return 0;
}

int dmig_semver_in_range(const char *version, const char *from, const char *to)
{
        int to_from, to_to, r;

        r = dmig_semver_cmp(version, from, &to_from);
        if (r < 0)
                return r;
        r = dmig_semver_cmp(version, to, &to_to);
        if (r < 0)
                return r;
        return to_from > 0 && to_to <= 0;
}
