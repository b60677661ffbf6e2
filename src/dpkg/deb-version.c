/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dpkg/deb-version.h"

#include <limits.h>

#define BLANKS " \t"

static bool char_is_letter(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

size_t deb_trim_blanks(const char **text)
{
        size_t n;

        assert(text && *text);

        *text += strspn(*text, BLANKS);
        for (n = strlen(*text); n > 0 && strchr(BLANKS, (*text)[n - 1]); n--)
                ;
        return n;
}

/* Moves @begin past the epoch. Returns: NULL, or the rule that is broken. */
static const char *deb_version_split_epoch(const char **begin, const char *end, unsigned *ret)
{
        const char *colon = memchr(*begin, ':', (size_t)(end - *begin));
        char *number_end;
        long epoch;

        if (!colon) {
                *ret = 0;
                return NULL;
        }

        /* As dpkg reads it, which accepts "+1:" and "-0:", too. */
        errno = 0;
        epoch = strtol(*begin, &number_end, 10);
        if (number_end == *begin || number_end != colon)
                return "its epoch, before the ':', must be a number";
        if (epoch < 0 || epoch > INT_MAX || errno == ERANGE)
                return "its epoch, before the ':', must be from 0 to 2147483647";

        *begin = colon + 1;
        *ret = (unsigned)epoch;
        return NULL;
}

/* Returns: NULL, or the rule that is broken. */
static const char *deb_version_split(const char *text, struct deb_version *ret)
{
        const char *begin = text, *end, *hyphen, *rule;
        size_t size = deb_trim_blanks(&begin);

        end = begin + size;
        if (strcspn(begin, BLANKS) < size)
                return "it must not contain blanks";
        rule = deb_version_split_epoch(&begin, end, &ret->epoch);
        if (rule)
                return rule;

        hyphen = memrchr(begin, '-', (size_t)(end - begin));
        if (hyphen && hyphen + 1 == end)
                return "a revision must follow the last '-'";

        ret->upstream = begin;
        ret->upstream_size = (size_t)((hyphen ? hyphen : end) - begin);
        ret->revision = hyphen ? hyphen + 1 : end;
        ret->revision_size = (size_t)(end - ret->revision);
        return ret->upstream_size > 0 ? NULL : "it has no upstream version";
}

static bool deb_part_is_valid(const char *part, size_t size, const char *punctuation)
{
        for (size_t i = 0; i < size; i++)
                if (!char_is_digit(part[i]) && !char_is_letter(part[i]) && !strchr(punctuation, part[i]))
                        return false;
        return true;
}

/* Returns: NULL, or the rule that is broken. */
static const char *deb_version_check_characters(const struct deb_version *version)
{
        if (!char_is_digit(version->upstream[0]))
                return "it must start with a digit";
        if (!deb_part_is_valid(version->upstream, version->upstream_size, ".-+~:"))
                return "it may contain only letters, digits and . + - : ~";
        if (!deb_part_is_valid(version->revision, version->revision_size, ".+~"))
                return "its revision may contain only letters, digits and . + ~";
        return NULL;
}

int deb_version_parse(const char *text, bool strict, struct deb_version *ret, struct error *error)
{
        struct deb_version version;
        const char *rule;

        assert(text);
        assert(ret);

        rule = deb_version_split(text, &version);
        if (!rule && strict)
                rule = deb_version_check_characters(&version);
        if (rule)
                return error_setf(error, -EINVAL, "'%s' is not a package version: %s", text, rule);

        *ret = version;
        return 0;
}

/* Returns: a number by which the character at @p sorts; a digit sorts like the end of the part. */
static int deb_char_order(const char *p, const char *end)
{
        if (p == end || char_is_digit(*p))
                return 0;
        if (*p == '~')
                return -1;
        return char_is_letter(*p) ? *p : *p + 256;
}

static const char *deb_skip_digits(const char *p, const char *end)
{
        while (p < end && char_is_digit(*p))
                p++;
        return p;
}

static const char *deb_skip_zeros(const char *p, const char *end)
{
        while (p < end && *p == '0')
                p++;
        return p;
}

/* Compares the non-digits at @a and @b, and moves both past them if they are the same. */
static int deb_part_cmp_text(const char **a, const char *a_end, const char **b, const char *b_end)
{
        for (;; (*a)++, (*b)++) {
                int x = deb_char_order(*a, a_end), y = deb_char_order(*b, b_end);

                if (x != y)
                        return x < y ? -1 : 1;
                if (x == 0)
                        return 0;
        }
}

/* The same for numbers. The end of the part is the number 0. */
static int deb_part_cmp_number(const char **a, const char *a_end, const char **b, const char *b_end)
{
        const char *x = deb_skip_zeros(*a, a_end), *y = deb_skip_zeros(*b, b_end);
        int r;

        *a = deb_skip_digits(x, a_end);
        *b = deb_skip_digits(y, b_end);
        if (*a - x != *b - y)
                return *a - x < *b - y ? -1 : 1;

        r = memcmp(x, y, (size_t)(*a - x));
        return (r > 0) - (r < 0);
}

int deb_part_cmp(const char *a, size_t a_size, const char *b, size_t b_size)
{
        const char *a_end = a + a_size, *b_end = b + b_size;

        assert(a);
        assert(b);

        while (a < a_end || b < b_end) {
                int r;

                r = deb_part_cmp_text(&a, a_end, &b, b_end);
                if (r == 0)
                        r = deb_part_cmp_number(&a, a_end, &b, b_end);
                if (r != 0)
                        return r;
        }
        return 0;
}

int deb_version_cmp(const struct deb_version *a, const struct deb_version *b)
{
        int r;

        assert(a);
        assert(b);

        if (a->epoch != b->epoch)
                return a->epoch < b->epoch ? -1 : 1;
        r = deb_part_cmp(a->upstream, a->upstream_size, b->upstream, b->upstream_size);
        return r == 0 ? deb_part_cmp(a->revision, a->revision_size, b->revision, b->revision_size) : r;
}

static struct deb_version deb_version_parse_any(const char *text)
{
        struct deb_version version = { 0 };

        if (deb_version_parse(text, false, &version, NULL) < 0)
                version = (struct deb_version){ .upstream = text, .upstream_size = strlen(text), .revision = "" };
        return version;
}

int deb_text_cmp(const char *a, const char *b)
{
        struct deb_version x, y;

        assert(a);
        assert(b);

        x = deb_version_parse_any(a);
        y = deb_version_parse_any(b);
        return deb_version_cmp(&x, &y);
}

int dmig_deb_version_cmp(const char *a, const char *b, int *ret)
{
        struct deb_version x = { 0 }, y = { 0 };
        int r;

        if (!a || !b || !ret)
                return -EINVAL;
        r = deb_version_parse(a, false, &x, NULL);
        if (r < 0)
                return r;
        r = deb_version_parse(b, false, &y, NULL);
        if (r < 0)
                return r;

        *ret = deb_version_cmp(&x, &y);
        return 0;
}

int dmig_deb_version_check(const char *version)
{
        struct deb_version parsed;

        return version ? deb_version_parse(version, true, &parsed, NULL) : -EINVAL;
}
