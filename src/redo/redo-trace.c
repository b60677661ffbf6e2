/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "redo/redo-trace.h"

#include <stdio.h>

struct redo_trace {
        const struct redo *redo;
        /* The renames that bring a file to a path, by area, path and order. */
        const struct redo_rename **arrivals;
        size_t n_arrivals;
        /* Those that bring a file into a slot, by slot; each slot has one at most. */
        const struct redo_rename **departures;
        size_t n_departures;
};

static int arrival_compare(const void *a, const void *b)
{
        const struct redo_rename *x = *(const struct redo_rename *const *)a, *y = *(const struct redo_rename *const *)b;
        int r;

        if (x->area != y->area)
                return x->area < y->area ? -1 : 1;
        r = strcmp(x->path, y->path);
        return r ? r : (x > y) - (x < y);
}

static int departure_compare(const void *a, const void *b)
{
        const struct redo_rename *x = *(const struct redo_rename *const *)a, *y = *(const struct redo_rename *const *)b;

        return (x->slot > y->slot) - (x->slot < y->slot);
}

struct redo_trace *redo_trace_free(struct redo_trace *trace)
{
        if (trace) {
                free(trace->arrivals);
                free(trace->departures);
        }
        free(trace);
        return NULL;
}

int redo_trace_new(const struct redo *redo, struct redo_trace **ret)
{
        _cleanup_(redo_trace_freep) struct redo_trace *trace = calloc(1, sizeof(*trace));

        assert(redo && ret);
        if (!trace)
                return -ENOMEM;
        trace->redo = redo;
        trace->arrivals = calloc(redo->n_renames + 1, sizeof(*trace->arrivals));
        trace->departures = calloc(redo->n_renames + 1, sizeof(*trace->departures));
        if (!trace->arrivals || !trace->departures)
                return -ENOMEM;
        for (size_t i = 0; i < redo->n_renames; i++) {
                const struct redo_rename *rename = &redo->renames[i];

                if (rename->kind != REDO_DETACH)
                        trace->arrivals[trace->n_arrivals++] = rename;
                if (rename->kind != REDO_INSTALL)
                        trace->departures[trace->n_departures++] = rename;
        }
        qsort(trace->arrivals, trace->n_arrivals, sizeof(*trace->arrivals), arrival_compare);
        qsort(trace->departures, trace->n_departures, sizeof(*trace->departures), departure_compare);
        *ret = TAKE_PTR(trace);
        return 0;
}

/* Returns: the last rename before @end that brings a file to @path, or NULL. */
static const struct redo_rename *trace_find_arrival_at(const struct redo_trace *trace, size_t area, const char *path,
                                                       const struct redo_rename *end)
{
        size_t low = 0, high = trace->n_arrivals;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                const struct redo_rename *rename = trace->arrivals[middle];
                int r = rename->area != area ? (rename->area < area ? -1 : 1) : strcmp(rename->path, path);

                if (r < 0 || (r == 0 && rename < end))
                        low = middle + 1;
                else
                        high = middle;
        }
        if (low == 0 || trace->arrivals[low - 1]->area != area || !streq(trace->arrivals[low - 1]->path, path))
                return NULL;
        return trace->arrivals[low - 1];
}

/* A path in an area, before the rename @end. */
struct trace_point {
        size_t area;
        const char *path;
        const struct redo_rename *end;
};

/* The same for the path or a directory above it, in @ret. Returns: 0 or -ENOMEM. */
static int trace_find_arrival(const struct redo_trace *trace, const struct trace_point *point,
                              const struct redo_rename **ret)
{
        _cleanup_free_ char *cut = strdup(point->path);
        const struct redo_rename *last = NULL;

        if (!cut)
                return -ENOMEM;
        for (char *slash = cut + strlen(cut); slash; slash = strrchr(cut, '/')) {
                const struct redo_rename *rename;

                *slash = '\0';
                rename = trace_find_arrival_at(trace, point->area, cut, point->end);
                if (rename && (!last || rename > last))
                        last = rename;
        }
        *ret = last;
        return 0;
}

/* Returns: the rename before @end that brings a file into @slot, or NULL. */
static const struct redo_rename *trace_find_departure(const struct redo_trace *trace, unsigned slot,
                                                      const struct redo_rename *end)
{
        const struct redo_rename key = { .slot = slot }, *p = &key;
        const struct redo_rename **found = NULL;

        if (trace->n_departures > 0)
                found = bsearch(&p, trace->departures, trace->n_departures, sizeof(*trace->departures),
                                departure_compare);
        return found && *found < end ? *found : NULL;
}

/* Goes back to before the last of the renames before *@end that concerns the file. Returns: 1, 0 if there is none, or -ENOMEM. */
static int trace_step_back(const struct redo_trace *trace, size_t area, const struct redo_rename **end,
                           struct redo_origin *origin)
{
        const struct redo_rename *arrival, *departure;
        char *before;
        int r;

        r = trace_find_arrival(trace, &(const struct trace_point){ area, origin->path, *end }, &arrival);
        if (r < 0 || !arrival)
                return r;
        departure = trace_find_departure(trace, arrival->slot, arrival);
        r = departure ? asprintf(&before, "%s%s", departure->path, origin->path + strlen(arrival->path))
                      : asprintf(&before, "%u%s", arrival->slot, origin->path + strlen(arrival->path));
        if (r < 0)
                return -ENOMEM;
        free(origin->path);
        *origin = (struct redo_origin){ .in_slot = !departure, .path = before };
        *end = departure;
        return 1;
}

int redo_trace_back(const struct redo_trace *trace, size_t area, const char *path, struct redo_origin *ret)
{
        struct redo_origin origin = { 0 };
        const struct redo_rename *end;
        int r;

        assert(trace && path && ret);

        origin.path = strdup(path);
        if (!origin.path)
                return -ENOMEM;
        r = trace->redo->n_renames > 0; /* without any, there may be no array to find the end of */
        end = r > 0 ? trace->redo->renames + trace->redo->n_renames : NULL;
        while (r > 0 && !origin.in_slot)
                r = trace_step_back(trace, area, &end, &origin);
        if (r < 0) {
                free(origin.path);
                return r;
        }
        *ret = origin;
        return 0;
}
