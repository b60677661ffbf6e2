/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The least that migrations as transactions ask of the kernel, by a program that checks nothing, says nothing and recovers from nothing:
 *
 *     floor least ROOT SCRIPTS    each script in that directory makes NNN.conf, by its own number, in ROOT/etc/bench
 *     floor contract ROOT SCRIPTS the same, in the world that the contract of a migration demands
 *     floor empty ROOT SCRIPT     the script makes ROOT/etc/bench/stamp newer, which counts as no change
 *     floor plain ROOT SCRIPT     the same without a transaction
 */

#include "floor.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define USAGE "usage: floor least|contract|empty|plain ROOT SCRIPTS"

int run(const char *script, const char *phase, bool confined)
{
        int status;
        pid_t pid = vfork();

        if (pid == 0) {
                if (!confined || unshare(CLONE_NEWIPC) == 0)
                        execl(script, script, phase, NULL);
                _exit(127);
        }
        TRY(pid);
        TRY(waitpid(pid, &status, 0));
        return WEXITSTATUS(status);
}

int mount_overlay(void)
{
        static const char *const options[][2] = { { "redirect_dir", "on" },      { "index", "on" },
                                                  { "metacopy", "off" },         { "lowerdir", "." },
                                                  { "upperdir", "state/upper" }, { "workdir", "state/work" } };
        int context, fd;

        TRY(mkdir("state/upper", 0755));
        TRY(mkdir("state/work", 0755));
        TRY(context = fsopen("overlay", FSOPEN_CLOEXEC));
        for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
                TRY(fsconfig(context, FSCONFIG_SET_STRING, options[i][0], options[i][1], 0));
        TRY(fsconfig(context, FSCONFIG_SET_FLAG, "volatile", NULL, 0));
        TRY(fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
        TRY(fd = fsmount(context, FSMOUNT_CLOEXEC, 0));
        close(context);
        return fd;
}

void remove_overlay(int state)
{
        static const char *const gone[] = {
                "upper/" FILES,       "upper/etc", "upper",      "work/work/incompat/volatile",
                "work/work/incompat", "work/work", "work/index", "work"
        };

        TRY(unlinkat(state, "work/work/incompat/volatile/dirty", 0));
        for (size_t i = 0; i < sizeof(gone) / sizeof(*gone); i++)
                TRY(unlinkat(state, gone[i], AT_REMOVEDIR));
}

void append(int history, const char *line)
{
        TRY(write(history, line, strlen(line)));
        TRY(fdatasync(history));
}

void write_log(const char *path, size_t size)
{
        static const char log[LOG_MAX] = { '\n' };
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        TRY(fd);
        TRY(write(fd, log, size));
        close(fd);
}

int main(int argc, char **argv)
{
        int state, history;

        if (argc != 4)
                errx(2, USAGE);
        if (strcmp(argv[1], "least") == 0) { /* which attaches its overlays itself */
                TRY(unshare(CLONE_NEWNS));
                TRY(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
        }
        TRY(chdir(argv[2]));
        TRY(setenv("DPKG_ROOT", argv[2], 1));
        TRY(mkdir("state", 0700));
        TRY(mkdir("state/archive", 0700));
        TRY(state = open("state", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        TRY(history = openat(state, "history", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        if (strcmp(argv[1], "least") == 0)
                transact_all(argv[3], state, history);
        else if (strcmp(argv[1], "contract") == 0)
                transact_by_contract(argv[3], state, history);
        else if (strcmp(argv[1], "empty") == 0)
                transact_nothing(argv[3], state, history);
        else if (strcmp(argv[1], "plain") == 0)
                spawn_alone(argv[3], history);
        else
                errx(2, USAGE);
        return 0;
}
