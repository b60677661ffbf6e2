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
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define TIMEOUT_SEC 120

static const enum sandbox_phase phases[] = { SANDBOX_CHECK, SANDBOX_MIGRATE };

/* ---- Private directories --------------------------------------------------------------------- */

START_TEST(test_private_tmp)
{
        _cleanup_(root_done) struct root tree = tree_new();
        const struct box box = { .phase = SANDBOX_MIGRATE };
        _cleanup_free_ char *output =
                box_output(&box, "ls -A /tmp /var/tmp; stat -c %%a /tmp /var/tmp\n"
                                 "echo 1 >/tmp/deploy-migrate-test && cp /tmp/deploy-migrate-test "
                                 "/var/tmp && ls /var/tmp");

        ck_assert_str_ne(tree.path, ""); /* so that /tmp isn't empty outside */
        ck_assert_str_eq(output, "/tmp:\n\n/var/tmp:\n1777\n1777\ndeploy-migrate-test\n");
        ck_assert_int_eq(access("/tmp/deploy-migrate-test", F_OK), -1);
        ck_assert_int_eq(access("/var/tmp/deploy-migrate-test", F_OK), -1);
}
END_TEST

/* A root below /tmp stays visible, read-only except for the declared paths; files beside it don't. */
START_TEST(test_root_below_tmp)
{
        _cleanup_(root_done) struct root root = tree_new(), other = tree_new();
        const struct box box = { .root = &root, .phase = SANDBOX_MIGRATE, .manifest = "{'writes':['/etc/foo']}" };
        _cleanup_free_ char *output = NULL;

        tree_add(&root, &(struct tree_entry){ "/etc/bar", 0644, "bar\n" });
        tree_add(&root, &(struct tree_entry){ "/etc/foo/file", 0644, "foo\n" });
        output = box_output(&box,
                            "cd %s && cat etc/bar etc/foo/file && echo new >etc/foo/new\n"
                            "echo x 2>/dev/null >etc/bar || echo refused\n"
                            "[ ! -e %s ] && echo gone; ls -A /tmp | wc -l",
                            root.path, other.path);
        ck_assert_str_eq(output, "bar\nfoo\nrefused\ngone\n1\n");
}
END_TEST

START_TEST(test_visible_below_tmp)
{
        _cleanup_(root_done) struct root root = tree_new(), helpers = tree_new(), inside = tree_new();
        const struct box box = { .root = &root, .phase = SANDBOX_MIGRATE, .visible = helpers.path };
        _cleanup_free_ char *output = NULL, *nested = NULL;
        char path[PATH_MAX];

        tree_add(&helpers, &(struct tree_entry){ "/helper", 0755, "#!/bin/sh\necho helps\n: >$0\n" });
        output = box_output(&box, "%s/helper; [ ! -e %s ] && echo gone", helpers.path, inside.path);
        ck_assert_ptr_nonnull(strstr(output, "helps\n"));
        ck_assert_ptr_nonnull(strstr(output, "Read-only file system\n"));
        ck_assert_ptr_nonnull(strstr(output, "gone\n"));

        tree_add(&root, &(struct tree_entry){ "/lib/helper", 0755, "#!/bin/sh\necho helps\n" });
        snprintf(path, sizeof(path), "%s/lib", root.path);
        nested = box_output(&(struct box){ .root = &root, .phase = SANDBOX_MIGRATE, .visible = path }, "%s/helper",
                            path);
        ck_assert_str_eq(nested, "helps\n");
}
END_TEST

/* "writes" may name them on the system itself, too. */
START_TEST(test_declared_below_tmp)
{
        _cleanup_(root_done) struct root tree = tree_new();
        char manifest[PATH_MAX];
        const struct box box = { .phase = SANDBOX_MIGRATE, .manifest = manifest };
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
        "for fd in /proc/1/fd/*; do [ -d $fd ] && exit; done; false", /* a directory would lead out */
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
        const struct box box = { .phase = phases[_i % 2], .manifest = "{'writes':['/usr'],'network':true}" };
        _cleanup_(run_done) struct run run;

        ck_assert_int_eq(chdir("/usr"), 0);
        box_run(&box, &run, "%s", command);
        ck_assert_msg(run.result.end != PROCESS_EXITED || run.result.status != 0, "succeeded: %s", command);
        ck_assert_int_eq(access("/etc/deploy-migrate-test", F_OK), -1);
}
END_TEST

/* Neither the program nor its children get them back. */
START_TEST(test_capabilities)
{
        const struct box box = { .phase = phases[_i], .manifest = "{'writes':['/usr']}" };
        _cleanup_free_ char *output = box_output(&box, "sed -n 's/^Cap...:.//p' /proc/self/status");
        /* immutable, module, rawio, ptrace, admin, boot, time */
        static const unsigned dropped[] = { 9, 16, 17, 19, 21, 22, 25 };
        unsigned n = 0;

        for (char *line = strtok(output, "\n"); line; line = strtok(NULL, "\n"), n++) {
                uint64_t set = strtoull(line, NULL, 16);

                for (size_t i = 0; i < ELEMENTSOF(dropped); i++)
                        ck_assert_msg((set >> dropped[i] & 1) == 0, "%u is in %s", dropped[i], line);
                if (n >= 1 && n <= 3) /* permitted, effective, bounding: those that root needs for files remain */
                        ck_assert_uint_eq(set & 0xff, 0xff);
        }
        ck_assert_uint_eq(n, 5);
}
END_TEST

/* The caller's own capabilities don't change. */
START_TEST(test_caller_is_untouched)
{
        const struct box box = { .phase = phases[_i] };
        static const char state[] = "grep ^Cap /proc/$PPID/status; readlink /proc/$PPID/ns/*; umask";
        _cleanup_free_ char *before = shell_output("%s", state), *output = box_output(&box, "true"),
                            *after = shell_output("%s", state);

        ck_assert_str_eq(after, before);
        ck_assert_str_eq(output, "");
}
END_TEST

START_TEST(test_processes)
{
        const struct box box = { .phase = phases[_i] };
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
        { { .phase = SANDBOX_CHECK }, false },
        { { .phase = SANDBOX_CHECK, .manifest = "{'network':true}" }, false },
        { { .phase = SANDBOX_MIGRATE }, false },
        { { .phase = SANDBOX_MIGRATE, .manifest = "{'writes':[],'network':false}" }, false },
        { { .phase = SANDBOX_MIGRATE, .manifest = "{'writes':[],'network':true}" }, true },
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
                ck_assert_msg(run.result.status != 0 && strstr(run.output, "unreachable"), "%s", run.output);
}
END_TEST

/* One network serves many sandboxes, and shares nothing with the system. */
START_TEST(test_network_is_empty)
{
        const struct box box = { .phase = SANDBOX_CHECK };
        _cleanup_free_ char *output =
                box_output(&box, "tail -n +3 /proc/net/dev | cut -d: -f1; cat /proc/net/tcp | wc -l");

        ck_assert_str_eq(output, "    lo\n1\n");
}
END_TEST

/* ---- Many areas ------------------------------------------------------------------------------ */

START_TEST(test_many_areas)
{
        _cleanup_(root_done) struct root root = tree_new();
        char manifest[4096] = "{'writes':['/0/foo'";
        const struct box box = { .root = &root, .phase = SANDBOX_MIGRATE, .manifest = manifest };
        _cleanup_free_ char *output = NULL;
        size_t n = strlen(manifest);
        char path[32];

        for (int i = 0; i < 100; i++) {
                snprintf(path, sizeof(path), "/%d/beside", i);
                tree_add(&root, &(struct tree_entry){ path, 0644, NULL });
                n += (size_t)snprintf(manifest + n, sizeof(manifest) - n, ",'/%d/foo'", i);
        }
        strcpy(manifest + n, "]}");
        output = box_output(&box,
                            "cd %s && for d in *; do : >$d/foo || exit; (: >$d/beside) 2>/dev/null && exit\n"
                            "done; ls */foo | wc -l",
                            root.path);
        ck_assert_str_eq(output, "100\n");
}
END_TEST

/* ---- What can't be set up -------------------------------------------------------------------- */

START_TEST(test_failing_step)
{
        _cleanup_(root_done) struct root root = tree_new();
        const struct box box = { .root = &root, .phase = SANDBOX_MIGRATE, .manifest = "{'writes':['/etc/foo']}" };
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

        ck_assert_int_eq(shell("mv %s/etc %s/moved", root.path, root.path), 0);
        program_run(&(struct program){ .script = "echo started", .sandbox = opened.sandbox }, &no_directory);
        ck_assert_int_eq(no_directory.r, -ENOENT);
        ck_assert_str_eq(no_directory.output, "");
        ck_assert_ptr_nonnull(strstr(error_text(&no_directory.error), tree_path(&root, "/etc: No such file")));
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
        TCase *private_dirs = trees_case(s, "private", TIMEOUT_SEC), *out = trees_case(s, "out", TIMEOUT_SEC),
              *network = trees_case(s, "network", TIMEOUT_SEC), *setup = trees_case(s, "setup", TIMEOUT_SEC);

        tcase_add_test(private_dirs, test_private_tmp);
        tcase_add_test(private_dirs, test_root_below_tmp);
        tcase_add_test(private_dirs, test_visible_below_tmp);
        tcase_add_test(private_dirs, test_declared_below_tmp);

        tcase_add_loop_test(out, test_no_way_out, 0, 2 * ELEMENTSOF(ways_out));
        tcase_add_loop_test(out, test_capabilities, 0, ELEMENTSOF(phases));
        tcase_add_loop_test(out, test_caller_is_untouched, 0, ELEMENTSOF(phases));
        tcase_add_loop_test(out, test_processes, 0, ELEMENTSOF(phases));

        tcase_add_loop_test(network, test_network, 0, ELEMENTSOF(networks));
        tcase_add_test(network, test_network_is_empty);

        tcase_add_test(setup, test_many_areas);
        tcase_add_test(setup, test_failing_step);
        tcase_add_test(setup, test_without_privileges);
        return s;
}

int main(void)
{
        return suite_run(suite());
}
