/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The ways out of a sandbox: private directories, network, privileges. */

#include "../support/boxed.h"
#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "sandbox/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#define TIMEOUT_SEC 120

/* ---- Private directories --------------------------------------------------------------------- */

static const char *const private_dirs[] = { "/tmp", "/var/tmp", "/dev/shm", "/run" };

/* Empty at first, writable, and thrown away. */
START_TEST(test_private_directories)
{
        const struct box box = { .migrate = _i % 2 };
        const char *path = private_dirs[(size_t)_i / 2];
        _cleanup_(root_done) struct root tree = tree_new();
        _cleanup_free_ char *before = shell_output("stat -c %%a %s", path), *output = NULL;
        char file[PATH_MAX];

        ck_assert_str_ne(tree.path, ""); /* so that /tmp isn't empty outside */
        output = box_output(&box,
                            "stat -c %%a %s; find %s -mindepth 1 ! -type d\n"
                            "echo 1 >%s/deploy-migrate-test && cat %s/deploy-migrate-test",
                            path, path, path, path);
        ck_assert_ptr_nonnull(str_startswith(output, before));
        ck_assert_str_eq(output + strlen(before), "1\n");
        snprintf(file, sizeof(file), "%s/deploy-migrate-test", path);
        ck_assert_int_eq(access(file, F_OK), -1);
}
END_TEST

/* The same ones below a root. */
START_TEST(test_private_directories_of_a_root)
{
        _cleanup_(root_done) struct root root = tree_new();
        const struct box box = { .root = &root, .migrate = _i };
        _cleanup_free_ char *output = NULL;

        tree_add(&root, &(struct tree_entry){ "/tmp/file", 0644, NULL });
        tree_add(&root, &(struct tree_entry){ "/var/tmp/file", 0644, NULL });
        tree_add(&root, &(struct tree_entry){ "/run/a/b/c/file", 0644, NULL });
        tree_add(&root, &(struct tree_entry){ "/dev/null", 0644, "a file" });
        output = box_output(&box,
                            "cd %s && find tmp var/tmp run && : >tmp/1 && : >var/tmp/2 && : >run/a/b/3 &&\n"
                            "cat dev/null && : >dev/shm/4",
                            root.path);
        ck_assert_str_eq(output, "tmp\nvar/tmp\nrun\nrun/a\nrun/a/b\n");
        ck_assert_int_eq(shell("cd %s && [ -e tmp/file ] && [ ! -e tmp/1 ] && [ -e run/a/b/c/file ]", root.path), 0);
}
END_TEST

/* The directories of /run are there, two levels deep, so that servers can put their sockets where they always do. */
START_TEST(test_run_directories)
{
        static const char list[] = "find /run -mindepth 1 -maxdepth 2 -type d ! -path /run/systemd/system "
                                   "-printf '%p %m %U %G\n' | sort";
        const struct box box = { .migrate = _i };
        _cleanup_free_ char *outside = NULL, *inside = NULL;

        ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
        ck_assert_int_eq(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL), 0);
        ck_assert_int_eq(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"), 0);
        ck_assert_int_eq(shell("cd /run && mkdir -p mysqld lock/sub/subsub systemd/system && chown 7:8 mysqld && "
                               "chmod 2775 mysqld && chmod 1777 lock && : >file && mkfifo mysqld/fifo"),
                         0);
        outside = shell_output("%s", list);
        inside = box_output(&box, "%s; ls -A /run/mysqld /run/lock/sub; [ ! -e /run/systemd/system ]", list);
        ck_assert_ptr_nonnull(str_startswith(inside, outside));
        ck_assert_str_eq(inside + strlen(outside), "/run/lock/sub:\n\n/run/mysqld:\n");
}
END_TEST

/* ---- Device files ---------------------------------------------------------------------------- */

START_TEST(test_dev)
{
        const struct box box = { .migrate = _i };
        _cleanup_free_ char *output = box_output(
                &box, "cd /dev && ls && head -c 3 zero | wc -c && echo x >null && head -c 3 urandom | wc -c\n"
                      "(echo x >full) 2>/dev/null || echo full; echo x | cat /dev/stdin; python3 -c '\n"
                      "import os; m, s = os.openpty(); os.write(s, b\"pty\\n\"); print(os.read(m, 3).decode())'\n"
                      "chmod 600 null zero 2>/dev/null || echo sealed; (: >new) 2>/dev/null || echo sealed");

        ck_assert_str_eq(output, "fd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n"
                                 "3\n3\nfull\nx\npty\nsealed\nsealed\n");
}
END_TEST

/* Neither those of the system elsewhere, nor new ones. */
START_TEST(test_devices_elsewhere_are_dead)
{
        _cleanup_(root_done) struct root root = tree_new();
        const struct box box = { .root = &root, .migrate = _i, .manifest = "{'writes':['/srv/foo']}" };
        _cleanup_free_ char *output = NULL;

        tree_add(&root, &(struct tree_entry){ "/srv/foo", S_IFDIR | 0755, NULL });
        ck_assert_int_eq(mknod(tree_path(&root, "/srv/foo/zero"), S_IFCHR | 0666, makedev(1, 5)), 0);
        output = box_output(&box,
                            "cd %s/srv/foo && head -c 1 zero 2>/dev/null || echo dead\n"
                            "mknod null c 1 3 2>/dev/null || mknod null b 7 0 2>/dev/null || echo none",
                            root.path);
        ck_assert_str_eq(output, "dead\nnone\n");
}
END_TEST

/* ---- Sockets --------------------------------------------------------------------------------- */

static int listen_at(const char *path)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_ge(fd, 0);
        snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        ck_assert_int_eq(listen(fd, 4), 0);
        return fd;
}

#define CONNECT                                                                  \
        "python3 -c 'import socket, sys\nfor p in sys.argv[1:]:\n"               \
        " try: socket.socket(socket.AF_UNIX).connect(p); print(\"connected\")\n" \
        " except OSError as e: print(e.strerror)' "

/* Only the named ones, which needn't be there. */
START_TEST(test_connect)
{
        _cleanup_(root_done) struct root root = tree_new();
        const struct box box = { .root = &root,
                                 .migrate = _i,
                                 .manifest = "{'writes':['/srv'],'connect':['/run/a/b/c/named','/run/missing']}" };
        _cleanup_close_ int named = -EBADF, other = -EBADF;
        _cleanup_free_ char *output = NULL;

        tree_add(&root, &(struct tree_entry){ "/run/a/b/c", S_IFDIR | 0755, NULL });
        ck_assert_int_eq(chdir(root.path), 0);
        named = listen_at("run/a/b/c/named");
        other = listen_at("run/a/other");
        ck_assert_int_eq(chdir("/"), 0);
        output = box_output(&box,
                            "cd %s/run && " CONNECT "a/b/c/named a/other missing; chmod 600 a/b/c/named 2>&1 |\n"
                            "grep -o 'Read-only.*'",
                            root.path);
        ck_assert_str_eq(output, "connected\nNo such file or directory\nNo such file or directory\n"
                                 "Read-only file system\n");
}
END_TEST

START_TEST(test_connect_to_systemd)
{
        const struct box box = { .migrate = _i, .manifest = "{'writes':[],'connect':['/run/systemd/private']}" };
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *output = NULL;

        ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
        ck_assert_int_eq(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL), 0);
        ck_assert_int_eq(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"), 0);
        ck_assert_int_eq(shell("mkdir -p /run/systemd/system"), 0);
        fd = listen_at("/run/systemd/private");
        output = box_output(&box, CONNECT "/run/systemd/private; [ -d /run/systemd/system ] && echo booted");
        ck_assert_str_eq(output, "connected\nbooted\n");
}
END_TEST

/* Whatever a program leaves in System V or POSIX IPC is gone with it. */
START_TEST(test_ipc)
{
        const struct box box = { .migrate = _i };
        _cleanup_free_ char *before = shell_output("ipcs -a"), *output = NULL, *after = NULL;

        output = box_output(&box, "ipcmk -M 100 -S 1 -Q >/dev/null && ipcs -m | grep -c '^0x'");
        ck_assert_str_eq(output, "1\n");
        after = shell_output("ipcs -a");
        ck_assert_str_eq(after, before);
}
END_TEST

/* A root below /tmp stays visible, read-only except for the declared paths; files beside it don't. */
START_TEST(test_root_below_tmp)
{
        _cleanup_(root_done) struct root root = tree_new(), other = tree_new();
        const struct box box = { .root = &root, .migrate = true, .manifest = "{'writes':['/etc/foo']}" };
        _cleanup_free_ char *output = NULL;

        tree_add(&root, &(struct tree_entry){ "/etc/bar", 0644, "bar\n" });
        tree_add(&root, &(struct tree_entry){ "/etc/foo/file", 0644, "foo\n" });
        output = box_output(&box,
                            "cd %s && cat etc/bar etc/foo/file && echo new >etc/foo/new\n"
                            "echo x >etc/bar && echo found later\n"
                            "[ ! -e %s ] && echo gone; ls -A /tmp | wc -l",
                            root.path, other.path);
        ck_assert_str_eq(output, "bar\nfoo\nfound later\ngone\n1\n");
}
END_TEST

START_TEST(test_visible_below_tmp)
{
        _cleanup_(root_done) struct root root = tree_new(), helpers = tree_new(), inside = tree_new();
        const struct box box = { .root = &root, .migrate = true, .visible = helpers.path };
        _cleanup_free_ char *output = NULL, *nested = NULL;
        char path[PATH_MAX];

        tree_add(&helpers, &(struct tree_entry){ "/helper", 0755, "#!/bin/sh\necho helps\n: >$0\n" });
        output = box_output(&box, "%s/helper; [ ! -e %s ] && echo gone", helpers.path, inside.path);
        ck_assert_ptr_nonnull(strstr(output, "helps\n"));
        ck_assert_ptr_nonnull(strstr(output, "Read-only file system\n"));
        ck_assert_ptr_nonnull(strstr(output, "gone\n"));

        tree_add(&root, &(struct tree_entry){ "/lib/helper", 0755, "#!/bin/sh\necho helps\n" });
        snprintf(path, sizeof(path), "%s/lib", root.path);
        nested = box_output(&(struct box){ .root = &root, .migrate = true, .visible = path }, "%s/helper", path);
        ck_assert_str_eq(nested, "helps\n");
}
END_TEST

/* The directory that they would be in stays private. */
START_TEST(test_missing_helpers)
{
        _cleanup_(root_done) struct root tree = tree_new();
        const struct box box = { .migrate = _i, .visible = tree_path(&tree, "/missing/helpers") };
        _cleanup_free_ char *output = box_output(&box, "ls -A /tmp /var/tmp");

        ck_assert_str_eq(output, "/tmp:\n\n/var/tmp:\n");
}
END_TEST

/* "writes" may name them on the system itself, too. */
START_TEST(test_declared_below_tmp)
{
        _cleanup_(root_done) struct root tree = tree_new();
        char manifest[PATH_MAX];
        const struct box box = { .migrate = true, .manifest = manifest };
        _cleanup_free_ char *output = NULL;

        tree_add(&tree, &(struct tree_entry){ "/declared/old", 0644, "old\n" });
        tree_add(&tree, &(struct tree_entry){ "/single", 0644, "single\n" });
        snprintf(manifest, sizeof(manifest), "{'writes':['%s/declared','%s/single']}", tree.path, tree.path);
        output = box_output(&box,
                            "cd %s && cat declared/old single && echo 1 >declared/new && echo 2 >single\n"
                            "cat declared/new single",
                            tree.path);
        ck_assert_str_eq(output, "old\nsingle\n1\n2\n");
}
END_TEST

/* ---- Ways out -------------------------------------------------------------------------------- */

/* Each must fail; @ is the process that runs the test. */
static const char *const ways_out[] = {
        "mount -o remount,rw /",
        "mount -o remount,bind,rw /",
        "mount -t tmpfs none /mnt",
        "mount --bind /usr /mnt",
        "mount --move /proc /mnt",
        "umount -l /proc",
        "unshare -m true",
        "unshare -n true",
        "unshare -U -r -m sh -c 'mount -o remount,bind,rw / && : >/etc/deploy-migrate-test'",
        "unshare -U -r -m sh -c 'umount -l /etc || umount -l /; : >/etc/deploy-migrate-test'",
        "nsenter -t 1 -m true",
        "nsenter -t @ -m true",
        "nsenter -t @ -n true",
        "nsenter -t $PPID -m true",
        ": >/proc/1/root/etc/deploy-migrate-test", /* the keeper, which sees the same */
        "ls /proc/@/root/",
        "ls /proc/@/cwd/",
        ": </proc/@/fd/0",
        ": >/proc/@/root/etc/deploy-migrate-test",
        "chroot /proc/@/root true",
        "readlink /proc/1/fd/0 || readlink /proc/1/fd/1 || readlink /proc/1/fd/4", /* some of the keeper's lead out */
        "ls /proc/1/fd/0/ || ls /proc/1/fd/1/ || : >/proc/1/fd/4",
        "ls /proc/1/root/",
        "head -c 1 /proc/1/mem",
        "head -c 1 /proc/@/mem",
        "kill -0 @",
        "hostname \"$(hostname)\"",
        "date -s now",
        "grep -q 1 /proc/sys/kernel/randomize_va_space && echo 1 >/proc/sys/kernel/randomize_va_space",
        "echo 1 >/proc/sysrq-trigger",
        "dd if=/dev/mem of=/dev/null count=1",
};

static char *fill_in(const char *command)
{
        const char *at = strchr(command, '@');
        char *filled;

        if (!at)
                return strdup(command);
        ck_assert_int_ge(asprintf(&filled, "%.*s%d%s", (int)(at - command), command, getpid(), at + 1), 0);
        return filled;
}

START_TEST(test_no_way_out)
{
        _cleanup_free_ char *command = fill_in(ways_out[(size_t)_i / 2]);
        const struct box box = { .migrate = _i % 2, .manifest = "{'writes':['/usr'],'network':true}" };
        _cleanup_(run_done) struct run run;

        ck_assert_int_eq(chdir("/usr"), 0);
        box_run(&box, &run, "%s", command);
        ck_assert_msg(run.result.end != PROCESS_EXITED || run.result.status != 0, "succeeded: %s", command);
        ck_assert_int_eq(access("/etc/deploy-migrate-test", F_OK), -1);
}
END_TEST

static const unsigned char capabilities[] = {
        CAP_CHOWN,        CAP_DAC_OVERRIDE,     CAP_FOWNER,      CAP_FSETID,   CAP_KILL,       CAP_SETGID,
        CAP_SETUID,       CAP_SETPCAP,          CAP_SETFCAP,     CAP_IPC_LOCK, CAP_SYS_CHROOT, CAP_SYS_NICE,
        CAP_SYS_RESOURCE, CAP_NET_BIND_SERVICE, CAP_AUDIT_WRITE, CAP_LEASE,
};

/* Neither the program nor its children get any other. */
START_TEST(test_capabilities)
{
        const struct box box = { .migrate = _i, .manifest = "{'writes':['/usr']}" };
        _cleanup_free_ char *output = box_output(&box, "sed -n 's/^Cap...:.//p' /proc/self/status");
        uint64_t kept = 0;
        unsigned n = 0;

        for (size_t i = 0; i < ELEMENTSOF(capabilities); i++)
                if (prctl(PR_CAPBSET_READ, capabilities[i], 0, 0, 0) ==
                    1) /* a container's root doesn't have them all */
                        kept |= UINT64_C(1) << capabilities[i];
        for (char *line = strtok(output, "\n"); line; line = strtok(NULL, "\n"), n++) {
                uint64_t set = strtoull(line, NULL, 16);

                if (n >= 1 && n <= 3) /* permitted, effective, bounding */
                        ck_assert_uint_eq(set, kept);
                else
                        ck_assert_uint_eq(set & ~kept, 0);
        }
        ck_assert_uint_eq(n, 5);
}
END_TEST

/* The caller's own capabilities don't change. */
START_TEST(test_caller_is_untouched)
{
        const struct box box = { .migrate = _i };
        static const char state[] = "grep ^Cap /proc/$PPID/status; readlink /proc/$PPID/ns/*; umask";
        _cleanup_free_ char *before = shell_output("%s", state), *output = box_output(&box, "true"),
                            *after = shell_output("%s", state);

        ck_assert_str_eq(after, before);
        ck_assert_str_eq(output, "");
}
END_TEST

START_TEST(test_processes)
{
        const struct box box = { .migrate = _i };
        _cleanup_free_ char *output = box_output(&box, "echo $PPID $$; kill -0 1 && echo sees its keeper");

        ck_assert_str_eq(output, "1 2\nsees its keeper\n");
}
END_TEST

/* ---- Network --------------------------------------------------------------------------------- */

static int listen_on_loopback(unsigned *ret_port)
{
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
        ck_assert_int_eq(listen(fd, 4), 0);
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
        *ret_port = ntohs(address.sin_port);
        return fd;
}

static const struct {
        struct box box;
        bool reachable;
} networks[] = {
        { { 0 }, false },
        { { .manifest = "{'network':true}" }, false },
        { { .migrate = true }, false },
        { { .migrate = true, .manifest = "{'writes':[],'network':false}" }, false },
        { { .migrate = true, .manifest = "{'writes':[],'network':true}" }, true },
};

START_TEST(test_network)
{
        _cleanup_(run_done) struct run run;
        _cleanup_close_ int fd = -EBADF;
        unsigned port;

        fd = listen_on_loopback(&port);
        box_run(&networks[_i].box, &run, "bash -c 'exec 3<>/dev/tcp/127.0.0.1/%u && echo connected'", port);
        ck_assert_int_eq(run.result.end, PROCESS_EXITED);
        if (networks[_i].reachable)
                ck_assert_str_eq(run.output, "connected\n");
        else
                ck_assert_msg(run.result.status != 0 && strstr(run.output, "refused"), "%s", run.output);
}
END_TEST

/* One network serves many sandboxes, and shares nothing with the system. */
START_TEST(test_network_is_empty)
{
        const struct box box = { 0 };
        _cleanup_free_ char *output =
                box_output(&box, "tail -n +3 /proc/net/dev | cut -d: -f1; cat /proc/net/tcp | wc -l");

        ck_assert_str_eq(output, "    lo\n1\n");
}
END_TEST

START_TEST(test_loopback)
{
        const struct box box = { .migrate = _i };
        _cleanup_free_ char *output =
                box_output(&box, "python3 -c 'import socket\nfor family, host in ((socket.AF_INET, \"127.0.0.1\"), "
                                 "(socket.AF_INET6, \"::1\")):\n s = socket.create_server((host, 0), family=family)\n"
                                 " socket.create_connection(s.getsockname()[:2], 5); print(host)'");

        ck_assert_str_eq(output, "127.0.0.1\n::1\n");
}
END_TEST

/* ---- Many areas ------------------------------------------------------------------------------ */

START_TEST(test_many_areas)
{
        _cleanup_(root_done) struct root root = tree_new();
        char manifest[4096] = "{'writes':['/0/foo'";
        const struct box box = { .root = &root, .migrate = true, .manifest = manifest };
        _cleanup_free_ char *output = NULL;
        size_t n = strlen(manifest);
        char path[32];

        for (int i = 0; i < 100; i++) {
                snprintf(path, sizeof(path), "/%d/beside", i);
                tree_add(&root, &(struct tree_entry){ path, 0644, NULL });
                n += (size_t)snprintf(manifest + n, sizeof(manifest) - n, ",'/%d/foo'", i);
        }
        strcpy(manifest + n, "]}");
        output = box_output(&box, "cd %s && for d in *; do : >$d/foo || exit; done; ls */foo | wc -l", root.path);
        ck_assert_str_eq(output, "100\n");
}
END_TEST

/* ---- What can't be set up -------------------------------------------------------------------- */

START_TEST(test_failing_step)
{
        _cleanup_(root_done) struct root root = tree_new();
        const struct box box = { .root = &root, .migrate = true, .manifest = "{'writes':['/etc/foo']}" };
        _cleanup_(box_close) struct opened_box opened;
        _cleanup_(run_done) struct run no_network, no_directory;

        tree_add(&root, &(struct tree_entry){ "/etc/foo/file", 0644, "" });
        box_open(&box, &opened);
        opened.sandbox->fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        program_run(&(struct program){ .script = "echo started", .sandbox = opened.sandbox }, &no_network);
        close(opened.sandbox->fds[0]);
        opened.sandbox->fds[0] = opened.network;
        ck_assert_int_eq(no_network.r, -EINVAL);
        ck_assert_str_eq(no_network.output, "");
        ck_assert_ptr_nonnull(strstr(error_text(&no_network.error), "empty network: Invalid argument"));

        ck_assert_int_eq(shell("mv %s %s.moved", root.path, root.path), 0);
        program_run(&(struct program){ .script = "echo started", .sandbox = opened.sandbox }, &no_directory);
        ck_assert_int_eq(shell("mv %s.moved %s", root.path, root.path), 0);
        ck_assert_int_eq(no_directory.r, -ENOENT);
        ck_assert_str_eq(no_directory.output, "");
        ck_assert_ptr_nonnull(strstr(error_text(&no_directory.error), tree_path(&root, ": No such file")));
}
END_TEST

START_TEST(test_without_privileges)
{
        _cleanup_error_ struct error error = { 0 };

        ck_assert_int_eq(seteuid(65534), 0);
        ck_assert_int_eq(network_new(&error), -EPERM);
        ck_assert_int_eq(seteuid(0), 0);
        ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0); /* for leak checkers */
        ck_assert_ptr_nonnull(strstr(error_text(&error), "CAP_SYS_ADMIN"));
        ck_assert_ptr_nonnull(strstr(error_text(&error), "--sandbox=off"));
}
END_TEST

static Suite *suite(void)
{
        Suite *s = suite_create("sandbox-walls");
        TCase *private = trees_case(s, "private", TIMEOUT_SEC), *out = trees_case(s, "out", TIMEOUT_SEC),
              *network = trees_case(s, "network", TIMEOUT_SEC), *setup = trees_case(s, "setup", TIMEOUT_SEC),
              *sockets = trees_case(s, "sockets", TIMEOUT_SEC);

        tcase_add_loop_test(private, test_private_directories, 0, 2 * ELEMENTSOF(private_dirs));
        tcase_add_loop_test(private, test_private_directories_of_a_root, 0, 2);
        tcase_add_loop_test(private, test_run_directories, 0, 2);
        tcase_add_test(private, test_root_below_tmp);
        tcase_add_test(private, test_visible_below_tmp);
        tcase_add_loop_test(private, test_missing_helpers, 0, 2);
        tcase_add_test(private, test_declared_below_tmp);
        tcase_add_loop_test(private, test_dev, 0, 2);
        tcase_add_loop_test(private, test_devices_elsewhere_are_dead, 0, 2);

        tcase_add_loop_test(sockets, test_connect, 0, 2);
        tcase_add_loop_test(sockets, test_connect_to_systemd, 0, 2);
        tcase_add_loop_test(sockets, test_ipc, 0, 2);

        tcase_add_loop_test(out, test_no_way_out, 0, (int)suite_repeats(2 * ELEMENTSOF(ways_out)));
        tcase_add_loop_test(out, test_capabilities, 0, 2);
        tcase_add_loop_test(out, test_caller_is_untouched, 0, 2);
        tcase_add_loop_test(out, test_processes, 0, 2);

        tcase_add_loop_test(network, test_network, 0, ELEMENTSOF(networks));
        tcase_add_test(network, test_network_is_empty);
        tcase_add_loop_test(network, test_loopback, 0, 2);

        tcase_add_test(setup, test_many_areas);
        tcase_add_test(setup, test_failing_step);
        tcase_add_test(setup, test_without_privileges);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
