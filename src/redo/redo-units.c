/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "redo/redo-units.h"

#include "basic/path.h"

/* Where systemd looks for system units: systemd.unit(5). */
static const char *const directories[] = {
        "/etc/systemd/system",           "/etc/systemd/system.control", "/run/systemd/system",
        "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",     "/lib/systemd/system",
};

/* A directory on the way to the units can be moved or removed with them. */
static bool change_is_near(const struct change *change, const char *directory)
{
        return path_is_within(change->path, directory) || path_is_within(directory, change->path) ||
               (change->from && (path_is_within(change->from, directory) || path_is_within(directory, change->from)));
}

/* @directory: relative to the root of the area, "" for that root or one above it. */
static bool redo_changes_directory(const struct redo *redo, size_t area, const char *directory)
{
        for (size_t i = 0; i < redo->changes.n; i++) {
                const struct change *change = &redo->changes.changes[i];

                if (change->area == area && change->kind != CHANGE_ENTRIES &&
                    (!directory[0] || change_is_near(change, directory)))
                        return true;
        }
        return false;
}

bool redo_changes_units(const struct redo *redo)
{
        assert(redo);

        for (size_t i = 0; i < redo->n_areas; i++)
                for (size_t k = 0; k < ELEMENTSOF(directories); k++) {
                        const char *below = path_startswith(directories[k], redo->areas[i].path);

                        if (!below && path_is_within(redo->areas[i].path, directories[k]))
                                below = "";
                        if (below && redo_changes_directory(redo, i, below))
                                return true;
                }
        return false;
}
