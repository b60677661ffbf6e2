/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A network name space, and a process in other name spaces, for which the system is read-only, its devices are dead, private directories cover /tmp,
 * /var/tmp, /run and /dev, and overlays the other directories that sockets may be in; check there; migrate and check in one more overlay, which is
 * removed while that process ends; two lines that are durable, the first meanwhile.
 */

#include "floor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STORE          "/proc" /* where the private directories are until the end, when /proc is mounted anew */
#define N_ELEMS(array) (sizeof(array) / sizeof(*(array)))

static void *make_network_here(void *userdata)
{
        int *ret = userdata;

        TRY(unshare(CLONE_NEWNET));
        TRY(*ret = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
        return NULL;
}

int make_network(void)
{
        pthread_t thread;
        int network = -1;

        if (pthread_create(&thread, NULL, make_network_here, &network) != 0)
                errx(1, "pthread_create");
        pthread_join(thread, NULL);
        return network;
}

static int make_mount(const char *type, const char *const *options, size_t n_options)
{
        int context = fsopen(type, FSOPEN_CLOEXEC), fd;

        TRY(context);
        for (size_t i = 0; i < n_options; i += 2)
                TRY(fsconfig(context, FSCONFIG_SET_STRING, options[i], options[i + 1], 0));
        TRY(fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
        TRY(fd = fsmount(context, FSMOUNT_CLOEXEC, 0));
        close(context);
        return fd;
}

static void attach(int fd, const char *path)
{
        TRY(move_mount(fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH));
}

static int clone_mount(int dir, const char *path, unsigned flags)
{
        int fd = open_tree(dir, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);

        TRY(fd);
        return fd;
}

static void make_read_only(const char *path, unsigned flags)
{
        struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY | (flags ? MOUNT_ATTR_NODEV : 0) };

        TRY(mount_setattr(AT_FDCWD, path, flags, &attributes, sizeof(attributes)));
}

/* Through an overlay a socket isn't the one that a daemon has open. */
static int make_cover(const char *path)
{
        static const char *const options[] = { "lowerdir", ".:" STORE "/empty" };

        TRY(chdir(path));
        return make_mount("overlay", options, N_ELEMS(options));
}

static bool is_covered(const struct dirent *entry)
{
        static const char *const others[] = { "boot", "dev", "etc", "proc", "run", "sys", "tmp", "usr" };

        for (size_t i = 0; i < N_ELEMS(others); i++)
                if (strcmp(entry->d_name, others[i]) == 0)
                        return false;
        return entry->d_type == DT_DIR && entry->d_name[0] != '.';
}

/* One overlay of "/" covers what is in it. */
static void cover_system(int view)
{
        DIR *slash = opendir("/");
        const struct dirent *entry;
        char path[PATH_MAX];

        while ((entry = readdir(slash))) {
                int fd;

                if (!is_covered(entry))
                        continue;
                fd = clone_mount(view, entry->d_name, 0);
                snprintf(path, sizeof(path), "/%s", entry->d_name);
                attach(fd, path);
                close(fd);
        }
        closedir(slash);
}

static void make_directories(char *path)
{
        for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
                if (slash)
                        *slash = '\0';
                if (mkdir(path, 0755) < 0 && errno != EEXIST && errno != EROFS)
                        err(1, "%s", path);
                if (!slash)
                        return;
                *slash = '/';
        }
}

static void hide(int store, const char *path)
{
        static unsigned number;
        char name[16];
        int fd;

        snprintf(name, sizeof(name), "%u", number++);
        TRY(mkdirat(store, name, 0755));
        fd = clone_mount(store, name, 0);
        attach(fd, path);
        close(fd);
}

static void make_devices(int store, const int *devices, const char *const *names, size_t n)
{
        static const char *const terminals[] = { "ptmxmode", "0666", "mode", "0620" };

        hide(store, "/dev");
        for (size_t i = 0; i < n; i++) {
                TRY(mknod(names[i], S_IFREG | 0644, 0));
                attach(devices[i], names[i]);
        }
        TRY(mkdir("/dev/pts", 0755));
        attach(make_mount("devpts", terminals, N_ELEMS(terminals)), "/dev/pts");
        TRY(mkdir("/dev/shm", 0755));
        hide(store, "/dev/shm");
}

void enter_world(int network, char *root, int *covers)
{
        static const char *const names[] = { "/dev/null",   "/dev/zero",    "/dev/full",
                                             "/dev/random", "/dev/urandom", "/dev/tty" };
        int devices[N_ELEMS(names)], store, view, cover;

        TRY(setns(network, CLONE_NEWNET));
        TRY(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL));
        for (size_t i = 0; i < N_ELEMS(names); i++)
                devices[i] = clone_mount(AT_FDCWD, names[i], 0);
        make_read_only("/", AT_RECURSIVE);
        attach(make_mount("tmpfs", NULL, 0), STORE);
        TRY(store = open(STORE, O_PATH | O_CLOEXEC));
        TRY(mkdirat(store, "empty", 0555));
        cover = make_cover(root);
        view = make_cover("/");
        attach(view, STORE);
        cover_system(view);
        hide(store, "/tmp");
        hide(store, "/var/tmp");
        hide(store, "/run");
        make_devices(store, devices, names, N_ELEMS(names));
        make_directories(root);
        attach(cover, root);
        attach(make_mount("proc", NULL, 0), "/proc");
        make_read_only("/dev", 0);
        covers[0] = cover;
        covers[1] = view;
}

static void run_phases(const char *script, char *root, int overlay)
{
        struct mount_attr sealed = { .attr_set = MOUNT_ATTR_RDONLY };

        if (run(script, "check", true) == 0)
                errx(1, "%s check", script);
        attach(overlay, root);
        if (run(script, "migrate", true) != 0)
                errx(1, "%s migrate", script);
        TRY(mount_setattr(overlay, "", AT_EMPTY_PATH, &sealed, sizeof(sealed)));
        if (run(script, "check", true) != 0)
                errx(1, "%s check", script);
        TRY(umount2(root, MNT_DETACH));
}

void transact_nothing(const char *script, int state, int history)
{
        int network = -1, overlay, end[2], covers[2], status;
        char *root = getenv("DPKG_ROOT"), byte;
        pthread_t thread;
        pid_t pid;

        if (pthread_create(&thread, NULL, make_network_here, &network) != 0)
                errx(1, "pthread_create");
        overlay = mount_overlay();
        TRY(pipe2(end, O_CLOEXEC));
        pthread_join(thread, NULL);
        TRY(pid = (pid_t)syscall(SYS_clone, CLONE_NEWNS | CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL));
        if (pid == 0) {
                enter_world(network, root, covers);
                run_phases(script, root, overlay);
                _exit(0); /* which ends the pipe, and then the mounts */
        }
        close(end[1]);
        close(overlay);
        append(history, "started\n");
        TRY(read(end[0], &byte, 1));
        TRY(unlinkat(state, "upper/" FILES "/stamp", 0));
        remove_overlay(state);
        append(history, "applied\ncompleted\n");
        TRY(waitpid(pid, &status, 0));
        if (status != 0)
                exit(1);
}

void spawn_alone(const char *script, int history)
{
        append(history, "started\n");
        if (run(script, "check", false) == 0 || run(script, "migrate", false) != 0 || run(script, "check", false) != 0)
                errx(1, "%s", script);
        append(history, "applied\ncompleted\n");
}
