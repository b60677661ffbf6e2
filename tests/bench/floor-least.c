/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * For each script: check in name spaces of its own; an overlay; migrate and check in it; the new file and a log in a slot, made durable; a line that is
 * durable; the rename, made durable; another line; the overlay's directories removed.
 */

#include "floor.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_SIZE 400

static void transact(const char *script, const char *name, int state, int history)
{
        char upper[NAME_MAX], path[NAME_MAX], archived[NAME_MAX];
        struct mount_attr sealed = { .attr_set = MOUNT_ATTR_RDONLY };
        int overlay, etc = open(FILES, O_PATH | O_DIRECTORY | O_CLOEXEC), root = open(".", O_PATH | O_CLOEXEC);

        overlay = mount_overlay();
        TRY(move_mount(overlay, "", root, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
        if (run(script, "migrate", true) != 0)
                errx(1, "%s migrate", script);
        TRY(mount_setattr(overlay, "", AT_EMPTY_PATH, &sealed, sizeof(sealed)));
        if (run(script, "check", true) != 0)
                errx(1, "%s check", script);
        TRY(umount2(getenv("DPKG_ROOT"), MNT_DETACH));
        close(overlay);

        snprintf(upper, sizeof(upper), "upper/" FILES "/%s", name);
        snprintf(path, sizeof(path), "stage/slots/%s", name);
        TRY(mkdirat(state, "stage", 0755));
        TRY(mkdirat(state, "stage/slots", 0755));
        TRY(renameat(state, upper, state, path));
        write_log("state/stage/redo.jsonl", LOG_SIZE);
        TRY(syncfs(state));
        append(history, "committing\n");
        TRY(renameat(state, path, etc, name));
        TRY(syncfs(state));
        append(history, "applied\nstarted\n");
        snprintf(archived, sizeof(archived), "archive/%s", name);
        TRY(renameat(state, "stage", state, archived));
        remove_overlay(state);
        close(root);
        close(etc);
}

void transact_all(const char *scripts, int state, int history)
{
        struct dirent **list;
        char script[PATH_MAX], name[16];
        int n;

        TRY(n = scandir(scripts, &list, NULL, alphasort));
        for (int i = 0; i < n; i++) {
                if (list[i]->d_name[0] == '.')
                        continue;
                snprintf(script, sizeof(script), "%s/%s", scripts, list[i]->d_name);
                snprintf(name, sizeof(name), "%.3s.conf", list[i]->d_name);
                if (run(script, "check", true) == 0)
                        errx(1, "%s check", script);
                transact(script, name, state, history);
        }
}
