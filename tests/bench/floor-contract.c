/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What floor-least.c does for each script, where the contract of a migration has it happen: in the world of floor-empty.c, by a keeper in it that is
 * told to run one program after the other, looks at thirty directories after each, and has the covers forget what they know before each
 * first check; with fewer capabilities, a keyring and a session for each program, its output read, the directory of the state shielded,
 * the progress shown, and the listing that an undo needs. Still nothing is checked, and nothing is recovered from.
 */

#include "floor.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WATCHED       30
#define CAPABILITIES  0x214dfU /* some half of them */
#define LINE_SIZE     200
#define LOG_SIZE      1100
#define CENSUS_SIZE   340
#define PROGRESS_SIZE 1024

struct order {
        bool first; /* the check before migrate */
        bool last;  /* the check after it */
        char script[512];
        char phase[16];
};

/* ---- The keeper ---- */

struct keeper {
        int socket, output, overlay;
        char *root;
        int covers[2];
        int watched[WATCHED];
};

/* The overlay comes with the order for migrate. */
static void keeper_take_order(struct keeper *keeper, struct order *order)
{
        union {
                struct cmsghdr header;
                char buffer[CMSG_SPACE(sizeof(int))];
        } rights;
        struct iovec data = { order, sizeof(*order) };
        struct msghdr message = {
                .msg_iov = &data, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof(rights)
        };

        if (recvmsg(keeper->socket, &message, MSG_CMSG_CLOEXEC) <= 0)
                _exit(0);
        if (CMSG_FIRSTHDR(&message))
                memcpy(&keeper->overlay, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
}

static void keeper_attach(const struct keeper *keeper)
{
        int root = open(keeper->root, O_PATH | O_CLOEXEC), shield;

        TRY(root);
        TRY(move_mount(keeper->overlay, "", AT_FDCWD, keeper->root, MOVE_MOUNT_F_EMPTY_PATH));
        TRY(shield = open_tree(root, "state", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
        TRY(move_mount(shield, "", keeper->overlay, "state", MOVE_MOUNT_F_EMPTY_PATH));
        close(shield);
        close(root);
}

static void cover_forget(int cover)
{
        int context = fspick(cover, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);

        TRY(context);
        TRY(fsconfig(context, FSCONFIG_SET_FLAG, "ro", NULL, 0));
        TRY(fsconfig(context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
        close(context);
}

static void drop_privileges(void)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

        TRY(syscall(SYS_capget, &header, data));
        data[0].effective &= CAPABILITIES;
        data[0].permitted &= CAPABILITIES;
        TRY(syscall(SYS_capset, &header, data));
        (void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
        TRY(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

static int keeper_run(const struct keeper *keeper, const struct order *order)
{
        int status;
        pid_t pid = vfork();

        if (pid == 0) {
                int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

                for (int i = 0; i < 4; i++)
                        TRY(dup2(i == 0 ? null : keeper->output, i));
                TRY(setsid());
                umask(022);
                drop_privileges();
                execl(order->script, order->script, order->phase, NULL);
                _exit(127);
        }
        TRY(pid);
        TRY(waitpid(pid, &status, 0));
        return WEXITSTATUS(status);
}

static void keeper_serve(struct keeper *keeper)
{
        struct mount_attr sealed = { .attr_set = MOUNT_ATTR_RDONLY };
        struct order order;
        struct stat st;
        int status;

        keeper->overlay = -1;
        keeper_take_order(keeper, &order);
        if (keeper->overlay >= 0)
                keeper_attach(keeper);
        if (order.first) {
                cover_forget(keeper->covers[0]);
                cover_forget(keeper->covers[1]);
        }
        status = keeper_run(keeper, &order);
        for (int i = 0; i < WATCHED; i++)
                TRY(fstat(keeper->watched[i], &st));
        if (keeper->overlay >= 0) /* it is closed when the last program has ended */
                TRY(mount_setattr(keeper->overlay, "", AT_EMPTY_PATH, &sealed, sizeof(sealed)));
        if (keeper->overlay >= 0)
                close(keeper->overlay);
        if (order.last)
                TRY(umount2(keeper->root, MNT_DETACH));
        TRY(send(keeper->socket, &status, sizeof(status), MSG_NOSIGNAL));
}

/* ---- Its parent ---- */

struct world {
        int socket, output, progress;
        pid_t keeper;
};

static void world_make(struct world *world)
{
        struct keeper keeper = { .root = getenv("DPKG_ROOT") };
        int sockets[2], pipes[2], network = make_network();

        TRY(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets));
        TRY(pipe2(pipes, O_CLOEXEC));
        TRY(fcntl(pipes[0], F_SETFL, O_NONBLOCK));
        TRY(world->keeper = (pid_t)syscall(SYS_clone, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | SIGCHLD, NULL, NULL,
                                           NULL, NULL));
        if (world->keeper == 0) {
                close(sockets[0]);
                keeper.socket = sockets[1];
                keeper.output = pipes[1];
                enter_world(network, keeper.root, keeper.covers);
                for (int i = 0; i < WATCHED; i++)
                        TRY(keeper.watched[i] = open("/run", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
                for (;;)
                        keeper_serve(&keeper);
        }
        close(sockets[1]);
        world->socket = sockets[0];
        world->output = pipes[0];
        TRY(world->progress = open("/run/floor.progress", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        TRY(unlink("/run/floor.progress"));
}

static void world_tell(const struct world *world)
{
        static const char text[PROGRESS_SIZE];

        TRY(pwrite(world->progress, text, sizeof(text), 0));
}

static void world_order(const struct world *world, struct order *order, int overlay)
{
        union {
                struct cmsghdr header;
                char buffer[CMSG_SPACE(sizeof(int))];
        } rights = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
        struct iovec data = { order, sizeof(*order) };
        struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

        if (overlay >= 0) {
                memcpy(CMSG_DATA(&rights.header), &overlay, sizeof(overlay));
                message.msg_control = &rights;
                message.msg_controllen = sizeof(rights);
        }
        TRY(sendmsg(world->socket, &message, MSG_NOSIGNAL));
}

/* @overlay: that migrate gets; negative: none. Returns: the exit status of the program. */
static int world_run(const struct world *world, struct order *order, const char *phase, int overlay)
{
        struct pollfd fds[] = { { .fd = world->socket, .events = POLLIN }, { .fd = world->output, .events = POLLIN } };
        char output[4096];
        int status;

        world_tell(world);
        snprintf(order->phase, sizeof(order->phase), "%s", phase);
        world_order(world, order, overlay);
        TRY(poll(fds, 2, -1));
        if (recv(world->socket, &status, sizeof(status), 0) != sizeof(status))
                errx(1, "%s %s: the keeper has ended", order->script, phase);
        while (read(world->output, output, sizeof(output)) > 0)
                ;
        return status;
}

/* @n: of lines as long as those of a history. */
static void append_lines(int history, unsigned n)
{
        char lines[2 * LINE_SIZE + 1];

        memset(lines, ' ', sizeof(lines));
        lines[n * LINE_SIZE - 1] = '\n';
        lines[n * LINE_SIZE] = '\0';
        append(history, lines);
}

static void transact_phases(const struct world *world, struct order *order)
{
        int overlay = mount_overlay();

        order->first = false;
        if (world_run(world, order, "migrate", overlay) != 0)
                errx(1, "%s migrate", order->script);
        order->last = true;
        if (world_run(world, order, "check", -1) != 0)
                errx(1, "%s check", order->script);
        close(overlay);
        world_tell(world);
}

static void transact(const struct world *world, struct order *order, int state, int history)
{
        char name[16], upper[NAME_MAX], path[NAME_MAX], archived[NAME_MAX];
        int etc = open(FILES, O_PATH | O_DIRECTORY | O_CLOEXEC);

        snprintf(name, sizeof(name), "%.3s.conf", strrchr(order->script, '/') + 1);
        snprintf(upper, sizeof(upper), "upper/" FILES "/%s", name);
        snprintf(path, sizeof(path), "stage/slots/%s", name);
        snprintf(archived, sizeof(archived), "archive/%s", name);
        TRY(mkdirat(state, "stage", 0755));
        transact_phases(world, order);
        TRY(mkdirat(state, "stage/slots", 0755));
        TRY(renameat(state, upper, state, path));
        write_log("state/stage/slots/census", CENSUS_SIZE);
        write_log("state/stage/redo.jsonl", LOG_SIZE);
        TRY(syncfs(state));
        append_lines(history, 1);
        TRY(fchmodat(state, "stage", S_ISVTX | 0755, 0));
        TRY(renameat(state, path, etc, name));
        TRY(utimensat(etc, ".", NULL, 0));
        TRY(syncfs(state));
        append_lines(history, 2);
        remove_overlay(state);
        TRY(renameat(state, "stage", state, archived));
        close(etc);
}

void transact_by_contract(const char *scripts, int state, int history)
{
        struct dirent **list;
        struct world world;
        int n;

        world_make(&world);
        append_lines(history, 1);
        TRY(n = scandir(scripts, &list, NULL, alphasort));
        for (int i = 0; i < n; i++) {
                struct order order = { .first = true };

                if (list[i]->d_name[0] == '.')
                        continue;
                snprintf(order.script, sizeof(order.script), "%s/%s", scripts, list[i]->d_name);
                if (world_run(&world, &order, "check", -1) == 0)
                        errx(1, "%s check", order.script);
                transact(&world, &order, state, history);
        }
        close(world.socket);
        TRY(waitpid(world.keeper, NULL, 0));
}
