/* @NAME@: say in a sentence what changes, and why. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THERE = 0, NOT_THERE = 1, FAILED = 2 };

/* Only looks: says whether the effect is there. */
static int check(const char *config)
{
        if (access(config, F_OK) < 0 && errno == ENOENT)
                return THERE; /* there is nothing to migrate */

        /* FILL IN (1): is the effect there? */
        fprintf(stderr, "%s: check isn't written yet\n", config);
        return FAILED;
}

/* Brings the effect about in the simplest way: all that it changes lands at once, or nothing does. */
static int migrate(const char *config)
{
        /* FILL IN (2): bring it about, and return 0. */
        fprintf(stderr, "%s: migrate isn't written yet\n", config);
        return FAILED;
}

int main(int argc, char *argv[])
{
        const char *root = getenv("DPKG_ROOT"), *package = getenv("DEPLOY_MIGRATE_PACKAGE");
        char config[4096];

        if (argc != 2 || !package)
                return FAILED;
        snprintf(config, sizeof(config), "%s/etc/%s/config", root ? root : "", package);
        return strcmp(argv[1], "check") == 0 ? check(config) : migrate(config);
}
