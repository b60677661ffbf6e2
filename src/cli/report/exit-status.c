/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/exit-status.h"

#include "basic/macro.h"

static int exit_status_rank(int status)
{
        static const int ascending[] = { EXIT_DONE,     EXIT_PENDING, EXIT_MIGRATION,  EXIT_LOCKED,
                                         EXIT_UNUSABLE, EXIT_USAGE,   EXIT_INTERRUPTED };

        for (size_t i = 0; i < ELEMENTSOF(ascending); i++)
                if (ascending[i] == status)
                        return (int)i;
        return -1;
}

int exit_status_worse(int a, int b)
{
        return exit_status_rank(a) > exit_status_rank(b) ? a : b;
}

int exit_status_of_errno(int r)
{
        switch (r) {
        case 0:
                return EXIT_DONE;
        case -EINVAL:
                return EXIT_USAGE;
        case -EBUSY:
                return EXIT_LOCKED;
        case -ECANCELED:
                return EXIT_INTERRUPTED;
        default:
                return EXIT_UNUSABLE;
        }
}

int exit_status_of_report(const struct dmig_report *report, bool planned)
{
        int code;

        assert(report);

        code = dmig_report_get_errno(report);
        if (code == -ECANCELED)
                return EXIT_INTERRUPTED;

        switch (dmig_report_get_result(report)) {
        case DMIG_RESULT_ERROR:
                return code == -EBUSY ? EXIT_LOCKED : EXIT_UNUSABLE;
        case DMIG_RESULT_FAILED:
        case DMIG_RESULT_POSTPONED:
                return EXIT_MIGRATION;
        case DMIG_RESULT_PENDING:
                return planned ? EXIT_DONE : EXIT_MIGRATION;
        default:
                return EXIT_DONE;
        }
}
