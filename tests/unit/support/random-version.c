/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "random-version.h"
#include "basic/macro.h"

#include <stdio.h>
#include <time.h>

void random_init(struct random *ret)
{
        const char *given = getenv("TEST_SEED");
        unsigned long seed = given ? strtoul(given, NULL, 0) : (unsigned long)time(NULL);

        *ret = (struct random){
                .seed = seed,
                .state = { (unsigned short)seed, (unsigned short)(seed >> 16), (unsigned short)(seed >> 32) },
        };
}

size_t random_pick(struct random *random, size_t n)
{
        return (size_t)nrand48(random->state) % n;
}

struct version {
        char epoch[16];
        char upstream[64];
        char revision[48];
};

/* Parts that comparisons can get wrong. */
static const char *const pieces[] = {
        "~",  "~~",   "~",          "+",   "-",     ":",   ".",          ".",          "0",
        "0",  "00",   "0000000000", "1",   "1",     "2",   "9",          "10",         "01",
        "09", "19",   "99",         "100", "A",     "Z",   "a",          "b",          "z",
        "aa", "rc1",  "~1",         "~a",  "+dfsg", "1.0", "1.10",       ".0",         "_",
        "-1", "~rc1", "~bpo",       "+b1", "0~",    ".~",  "2147483648", "4294967297", "999999999999",
};

/* As dpkg reads them; "+1:" is 1. */
static const char *const epochs[] = { "0:", "00:", "1:", "01:", "+1:", "2:", "10:", "2147483647:" };

static void insert(struct random *random, char *part, size_t size)
{
        const char *piece = pieces[random_pick(random, ELEMENTSOF(pieces))];
        size_t length = strlen(part), at = random_pick(random, length + 1), n = strlen(piece);

        if (length + n >= size)
                return;
        memmove(part + at + n, part + at, length - at + 1);
        memcpy(part + at, piece, n);
}

static void remove_one(struct random *random, char *part)
{
        size_t length = strlen(part), at;

        if (length == 0)
                return;
        at = random_pick(random, length);
        memmove(part + at, part + at + 1, length - at);
}

static void replace_all(char *part, char bad, char good)
{
        while ((part = strchr(part, bad)))
                *part = good;
}

/* Repairs a version that dpkg couldn't split. */
static void repair(struct version *version)
{
        replace_all(version->revision, '-', '~');
        replace_all(version->revision, ':', '.');
        if (!version->revision[0])
                replace_all(version->upstream, '-', '+');
        if (!version->epoch[0])
                replace_all(version->upstream, ':', '.');
        if (!version->upstream[0])
                version->upstream[0] = '0';
}

static void randomize_epoch(struct random *random, struct version *version)
{
        bool wanted = random_pick(random, 3) == 0;

        strcpy(version->epoch, wanted ? epochs[random_pick(random, ELEMENTSOF(epochs))] : "");
}

static void make(struct random *random, struct version *ret)
{
        size_t n_upstream = random_pick(random, 6), n_revision = random_pick(random, 2) * random_pick(random, 4);

        memset(ret, 0, sizeof(*ret));
        randomize_epoch(random, ret);
        /* Some don't start with a digit, of which dpkg only warns. */
        if (random_pick(random, 10) > 0)
                ret->upstream[0] = (char)('0' + random_pick(random, 10));
        for (size_t i = 0; i < n_upstream; i++)
                insert(random, ret->upstream + (ret->upstream[0] != '\0'), sizeof(ret->upstream) - 1);
        for (size_t i = 0; i < n_revision; i++)
                insert(random, ret->revision, sizeof(ret->revision));
        repair(ret);
}

/* Changes the version a little. */
static void mutate(struct random *random, struct version *version)
{
        for (size_t n = random_pick(random, 3) + 1; n > 0; n--)
                switch (random_pick(random, 6)) {
                case 0:
                        randomize_epoch(random, version);
                        break;
                case 1:
                        insert(random, version->revision, sizeof(version->revision));
                        break;
                case 2:
                        remove_one(random, version->revision);
                        break;
                case 3:
                        remove_one(random, version->upstream);
                        break;
                default:
                        insert(random, version->upstream, sizeof(version->upstream));
                }
        repair(version);
}

static void print(const struct version *version, char *ret, size_t size)
{
        snprintf(ret, size, "%s%s%s%s", version->epoch, version->upstream, version->revision[0] ? "-" : "",
                 version->revision);
}

void random_version_pair(struct random *random, struct version_pair *ret)
{
        struct version version;

        make(random, &version);
        print(&version, ret->a, sizeof(ret->a));
        if (random_pick(random, 4) == 0)
                make(random, &version);
        else
                mutate(random, &version);
        print(&version, ret->b, sizeof(ret->b));
}
