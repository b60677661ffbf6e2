/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The least that migrations as transactions ask of the kernel, by one process that checks nothing, says nothing and recovers from nothing:
 *
 *     floor ROOT SCRIPTS
 *
 * For each script: check in name spaces of its own; an overlay; migrate and check in it; the new file and a log in a slot, made durable; a line that is
 * durable; the rename, made durable; another line; the overlay's directories removed. A script makes NNN.conf, by its own number, in ROOT/etc/bench.
 */

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES "etc/bench"

#define TRY(call)                            \
        do {                                 \
                if ((call) < 0)              \
                        err(1, "%s", #call); \
        } while (0)

static int run(const char *script, const char *phase)
{
        int status;
        pid_t pid = vfork();

        if (pid == 0) {
                if (unshare(CLONE_NEWIPC) == 0)
                        execl(script, script, phase, NULL);
                _exit(127);
        }
        TRY(pid);
        TRY(waitpid(pid, &status, 0));
        return WEXITSTATUS(status);
}

static int mount_overlay(void)
{
        static const char *const options[][2] = { { "redirect_dir", "on" },      { "index", "on" },
                                                  { "metacopy", "off" },         { "lowerdir", "." },
                                                  { "upperdir", "state/upper" }, { "workdir", "state/work" } };
        int context = fsopen("overlay", FSOPEN_CLOEXEC), fd;

        TRY(context);
        for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
                TRY(fsconfig(context, FSCONFIG_SET_STRING, options[i][0], options[i][1], 0));
        TRY(fsconfig(context, FSCONFIG_SET_FLAG, "volatile", NULL, 0));
        TRY(fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
        TRY(fd = fsmount(context, FSMOUNT_CLOEXEC, 0));
        close(context);
        return fd;
}

static void append(int history, const char *line)
{
        TRY(write(history, line, strlen(line)));
        TRY(fdatasync(history));
}

static void put(const char *path)
{
        static const char log[400] = { '\n' };
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        TRY(fd);
        TRY(write(fd, log, sizeof(log)));
        close(fd);
}

static void transact(const char *script, const char *name, int state, int history)
{
        static const char *const gone[] = {
                "upper/" FILES,       "upper/etc", "upper",      "work/work/incompat/volatile",
                "work/work/incompat", "work/work", "work/index", "work"
        };
        char upper[NAME_MAX], path[NAME_MAX], archived[NAME_MAX];
        struct mount_attr sealed = { .attr_set = MOUNT_ATTR_RDONLY };
        int overlay, etc = open(FILES, O_PATH | O_DIRECTORY | O_CLOEXEC), root = open(".", O_PATH | O_CLOEXEC);

        TRY(mkdir("state/upper", 0755));
        TRY(mkdir("state/work", 0755));
        overlay = mount_overlay();
        TRY(move_mount(overlay, "", root, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
        if (run(script, "migrate") != 0)
                errx(1, "%s migrate", script);
        TRY(mount_setattr(overlay, "", AT_EMPTY_PATH, &sealed, sizeof(sealed)));
        if (run(script, "check") != 0)
                errx(1, "%s check", script);
        TRY(umount2(getenv("DPKG_ROOT"), MNT_DETACH));
        close(overlay);

        snprintf(upper, sizeof(upper), "upper/" FILES "/%s", name);
        snprintf(path, sizeof(path), "stage/slots/%s", name);
        TRY(mkdirat(state, "stage", 0755));
        TRY(mkdirat(state, "stage/slots", 0755));
        TRY(renameat(state, upper, state, path));
        put("state/stage/redo.jsonl");
        TRY(syncfs(state));
        append(history, "committing\n");
        TRY(renameat(state, path, etc, name));
        TRY(syncfs(state));
        append(history, "applied\nstarted\n");
        snprintf(archived, sizeof(archived), "archive/%s", name);
        TRY(renameat(state, "stage", state, archived));
        TRY(unlinkat(state, "work/work/incompat/volatile/dirty", 0));
        for (size_t i = 0; i < sizeof(gone) / sizeof(*gone); i++)
                TRY(unlinkat(state, gone[i], AT_REMOVEDIR));
        close(root);
        close(etc);
}

int main(int argc, char **argv)
{
        struct dirent **list;
        char script[PATH_MAX], name[16];
        int state, history, n;

        if (argc != 3)
                errx(2, "floor ROOT SCRIPTS");
        TRY(unshare(CLONE_NEWNS));
        TRY(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
        TRY(chdir(argv[1]));
        TRY(setenv("DPKG_ROOT", argv[1], 1));
        TRY(mkdir("state", 0700));
        TRY(mkdir("state/archive", 0700));
        TRY(state = open("state", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        TRY(history = openat(state, "history", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        TRY(n = scandir(argv[2], &list, NULL, alphasort));
        for (int i = 0; i < n; i++) {
                if (list[i]->d_name[0] == '.')
                        continue;
                snprintf(script, sizeof(script), "%s/%s", argv[2], list[i]->d_name);
                snprintf(name, sizeof(name), "%.3s.conf", list[i]->d_name);
                if (run(script, "check") == 0)
                        errx(1, "%s check", script);
                transact(script, name, state, history);
        }
        return 0;
}
