/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Prints metrics for status --prometheus, in Prometheus's text format, which node-exporter reads from files. */

#include "deploy-migrate.h"

#include <stdio.h>

struct prometheus_sample {
        const struct dmig_report *report;
        uint64_t completed_usec; /* when the last upgrade was completed, since the epoch; 0: never */
};

void prometheus_print(FILE *stream, const struct prometheus_sample *samples, size_t n);
/* Returns: the time of the last "completed", 0 if there is none since the last "purged". @history may be NULL. */
uint64_t prometheus_find_completed(const struct dmig_history *history);
