/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The text of status: which packages, worst first, are how, and what to type about each. */

#include "cli/report/report-text.h"

struct status_view {
        const struct terminal *terminal;
        struct dmig_report *const *reports;
        size_t n;
        bool named;       /* the user named the packages */
        bool all;         /* also those of many with which nothing is wrong */
        const char *root; /* of --root; NULL: the running system */
};

/* Puts the worst first. */
void status_text_sort(struct dmig_report **reports, size_t n);
/* A table, what is wrong with each, and a line of sums. */
void status_text_print_all(const struct status_view *view);
/* A table, then for each package its migrations. */
void status_text_print_named(const struct status_view *view);
