/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * deb-version: three lines, each a version. Their order, and that it is the one of deb-version(7), written here once more.
 *
 * Covers: dpkg/deb-version.c
 */

#include "dpkg/deb-version.h"
#include "fuzz.h"

#include <ctype.h>
#include <stdio.h>

/* "~" sorts before the end, that before letters, and these before all else; a digit ends the part that is compared as text. */
static int reference_weigh(char c)
{
        if (c == '\0' || isdigit((unsigned char)c))
                return 0;
        return c == '~' ? -1 : isalpha((unsigned char)c) && (unsigned char)c < 0x80 ? c : c + 256;
}

/* By the manual's words: the first parts without digits, then the first numbers, and so on. */
static int reference_cmp(const char *a, const char *b)
{
        while (*a || *b) {
                size_t n, m;
                int r;

                while (reference_weigh(*a) || reference_weigh(*b)) {
                        if (reference_weigh(*a) != reference_weigh(*b))
                                return reference_weigh(*a) < reference_weigh(*b) ? -1 : 1;
                        a++, b++;
                }
                a += strspn(a, "0");
                b += strspn(b, "0");
                n = strspn(a, "0123456789");
                m = strspn(b, "0123456789");
                r = n != m ? (n > m ? 1 : -1) : strncmp(a, b, n);
                if (r != 0)
                        return r < 0 ? -1 : 1;
                a += n;
                b += m;
        }
        return 0;
}

/* Both have the form that dpkg accepts in a package. */
static int reference_version_cmp(const struct deb_version *a, const struct deb_version *b)
{
        char *parts[] = { strndup(a->upstream, a->upstream_size), strndup(b->upstream, b->upstream_size),
                          strndup(a->revision, a->revision_size), strndup(b->revision, b->revision_size) };
        int r = (a->epoch > b->epoch) - (a->epoch < b->epoch);

        if (r == 0)
                r = reference_cmp(parts[0], parts[1]);
        if (r == 0)
                r = reference_cmp(parts[2], parts[3]);
        fuzz_free(parts, ELEMENTSOF(parts));
        return r;
}

static void check_one(const char *text)
{
        struct deb_version version, again;
        char *printed;

        if (deb_version_parse(text, true, &version, NULL) < 0)
                law(dmig_deb_version_check(text) == -EINVAL);
        else {
                law(dmig_deb_version_check(text) == 0);
                law(deb_version_parse(text, false, &again, NULL) == 0);
                law(deb_version_cmp(&version, &again) == 0);
        }
        if (deb_version_parse(text, false, &version, NULL) < 0)
                return;

        /* As it is written without what may be missing, it is the same. */
        printed = fuzz_allocate(strlen(text) + sizeof("2147483647:-"));
        sprintf(printed, "%u:%.*s%s%.*s", version.epoch, (int)version.upstream_size, version.upstream,
                version.revision_size ? "-" : "", (int)version.revision_size, version.revision);
        law(deb_version_parse(printed, false, &again, NULL) == 0);
        law(deb_version_cmp(&version, &again) == 0);
        free(printed);
}

static void check_two(const char *a, const char *b)
{
        struct deb_version x, y;
        int forth, back;

        law(deb_text_cmp(a, b) == -deb_text_cmp(b, a));
        if (deb_version_parse(a, false, &x, NULL) < 0 || deb_version_parse(b, false, &y, NULL) < 0) {
                law(dmig_deb_version_cmp(a, b, &forth) == -EINVAL);
                return;
        }
        law(dmig_deb_version_cmp(a, b, &forth) == 0);
        law(dmig_deb_version_cmp(b, a, &back) == 0);
        law(forth == -back);
        law(forth == deb_text_cmp(a, b));
        law(forth == reference_version_cmp(&x, &y));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *texts[3];

        fuzz_split(data, size, '\n', ELEMENTSOF(texts), texts);
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                check_one(texts[i]);
                law(deb_text_cmp(texts[i], texts[i]) == 0);
        }
        check_two(texts[0], texts[1]);
        fuzz_check_order(deb_text_cmp(texts[0], texts[1]), deb_text_cmp(texts[1], texts[2]),
                         deb_text_cmp(texts[0], texts[2]));
        fuzz_free(texts, ELEMENTSOF(texts));
        return 0;
}
