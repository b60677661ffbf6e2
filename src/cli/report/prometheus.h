/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What status --prometheus prints: the text exposition format, as node-exporter takes it from a file. */

#include "deploy-migrate.h"

#include <stdio.h>

struct prometheus_sample {
        const struct dmig_report *report;
        uint64_t completed_usec; /* when it was completed last, since the epoch; 0 where it never was */
};

void prometheus_print(FILE *stream, const struct prometheus_sample *samples, size_t n);
/* Returns: the time of the last "completed", 0 where there is none since the package was purged. @history may be NULL. */
uint64_t prometheus_find_completed(const struct dmig_history *history);
