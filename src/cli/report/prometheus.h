/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Prints metrics for status --prometheus, in Prometheus's text format, which node-exporter reads from files. */

#include "deploy-migrate.h"

#include <stdio.h>

/* What the history says, since the last "purged"; 0: nothing. */
struct prometheus_past {
        uint64_t completed_usec; /* when the last upgrade was completed, since the epoch */
        uint64_t ended_usec;     /* when the last run ended, however it did */
        uint64_t duration_usec;  /* how long it took */
};

struct prometheus_sample {
        const struct dmig_report *report;
        struct prometheus_past past;
};

void prometheus_print(FILE *stream, const struct prometheus_sample *samples, size_t n);
/* @history may be NULL. */
struct prometheus_past prometheus_look_back(const struct dmig_history *history);
