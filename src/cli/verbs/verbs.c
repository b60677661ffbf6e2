/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/verbs/verbs.h"

#include "basic/macro.h"
#include "cli/closest.h"

#include <stdint.h>

#define OPTIONS_UPGRADE                                                                 \
        (OPTION_BIT(OPTION_FROM) | OPTION_BIT(OPTION_TO) | OPTION_BIT(OPTION_SANDBOX) | \
         OPTION_BIT(OPTION_LOCK_TIMEOUT) | OPTION_BIT(OPTION_UNIT))

const struct verb verbs[] = {
        { "run", 0, SIZE_MAX,
          OPTIONS_UPGRADE | OPTION_BIT(OPTION_DRY_RUN) | OPTION_BIT(OPTION_FORCE) | OPTION_BIT(OPTION_NO_TURN),
          verb_run, "[PACKAGE...]", "run what is pending (default: all packages)" },
        { "plan", 0, SIZE_MAX, OPTIONS_UPGRADE, verb_plan, "[PACKAGE...]", "show what run would do" },
        { "preview", 0, SIZE_MAX, OPTIONS_UPGRADE | OPTION_BIT(OPTION_REACH_OUT), verb_preview, "[PACKAGE|FILE.deb...]",
          "show what would change, but change nothing" },
        { "status", 0, SIZE_MAX, OPTION_BIT(OPTION_ALL) | OPTION_BIT(OPTION_EXIT_CODE) | OPTION_BIT(OPTION_PROMETHEUS),
          verb_status, "[PACKAGE...]", "show the state of each package" },
        { "history", 0, SIZE_MAX, OPTION_BIT(OPTION_FILES), verb_history, "[PACKAGE...]",
          "show what happened, newest last" },
        { "retry", 1, 1, OPTION_BIT(OPTION_SANDBOX) | OPTION_BIT(OPTION_LOCK_TIMEOUT), verb_retry, "PACKAGE",
          "clear failures and run again" },
        { "accept", 1, 2, OPTION_BIT(OPTION_LOCK_TIMEOUT), verb_accept, "PACKAGE [ID]",
          "give the consent that a migration asks for" },
        { "mark", 3, 3, OPTION_BIT(OPTION_LOCK_TIMEOUT) | OPTION_BIT(OPTION_REASON), verb_mark,
          "PACKAGE ID applied|skipped --reason TEXT", "record that a migration need not run" },
        { "baseline", 2, 2, OPTION_BIT(OPTION_LOCK_TIMEOUT) | OPTION_BIT(OPTION_IF_UNKNOWN), verb_baseline,
          "PACKAGE VERSION", "record the version that the data is at" },
        { "undo", 1, 1, OPTION_BIT(OPTION_DRY_RUN) | OPTION_BIT(OPTION_FORCE) | OPTION_BIT(OPTION_LOCK_TIMEOUT),
          verb_undo, "PACKAGE", "restore the files that the last upgrade changed" },
        { "forget", 1, 1, OPTION_BIT(OPTION_LOCK_TIMEOUT), verb_forget, "PACKAGE",
          "delete the files that undo would restore" },
        { "new", 0, 1,
          OPTION_BIT(OPTION_MIGRATION_VERSION) | OPTION_BIT(OPTION_LANG) | OPTION_BIT(OPTION_DIR) |
                  OPTION_BIT(OPTION_INIT),
          verb_new, "[NAME]", "make the files of a new migration" },
        { "lint", 1, 1, OPTION_BIT(OPTION_PACKAGE_VERSION) | OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_SINCE),
          verb_lint, "DIR", "check migrations before shipping them" },
        { "test", 1, SIZE_MAX, OPTION_BIT(OPTION_PACKAGE) | OPTION_BIT(OPTION_RECORD) | OPTION_BIT(OPTION_TAP),
          verb_test, "DIR [ID...]", "try migrations on their fixtures" },
        { 0 },
};

const struct verb *verbs_find(const char *name)
{
        assert(name);

        for (const struct verb *verb = verbs; verb->name; verb++)
                if (streq(verb->name, name))
                        return verb;
        return NULL;
}

const struct verb *verbs_guess(const char *name)
{
        struct closest closest = { .word = name };

        assert(name);

        for (const struct verb *verb = verbs; verb->name; verb++)
                closest_consider(&closest, verb->name);
        return closest.found ? verbs_find(closest.found) : NULL;
}
