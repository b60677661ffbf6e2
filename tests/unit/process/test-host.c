/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What one program of a host leaves isn't there for the next one. */

#include "../support/boxed.h"
#include "../support/suite.h"
#include "../support/tree.h"

#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

/* What a program of python3 leaves, and what another one prints that looks for it. */
static const struct {
        const char *name;
        bool reusable; /* the sandbox, since nothing is left in it */
        const char *leave;
        const char *look;
} leavings[] = {
        { "nothing", true, "", "print(os.getpid() > 0)" },
        { "a file in /tmp", false, "open('/tmp/left', 'w')", "print(os.listdir('/tmp'))" },
        { "a file in /var/tmp", false, "open('/var/tmp/left', 'w')", "print(os.path.exists('/var/tmp/left'))" },
        { "a file in /dev/shm", false, "open('/dev/shm/left', 'w')", "print(os.listdir('/dev/shm'))" },
        { "a directory in /run", false, "os.mkdir('/run/left')", "print(os.path.exists('/run/left'))" },
        { "a file deep in /run", false, "os.makedirs('/run/lock/a/b'); open('/run/lock/a/b/left', 'w')",
          "print(os.path.exists('/run/lock/a'))" },
        { "a file that it has removed", false, "open('/tmp/left', 'w'); os.unlink('/tmp/left')",
          "print(os.listdir('/tmp'))" },
        { "a mode", false, "os.chmod('/tmp', 0o700)", "print(oct(os.stat('/tmp').st_mode))" },
        { "an owner", false, "os.chown('/run', 1, 1)", "print(os.stat('/run').st_uid)" },
        { "a time", false, "os.utime('/dev/shm', (1, 1))", "print(os.stat('/dev/shm').st_mtime > 1)" },
        { "an attribute", false,
          "libc.setxattr(b'/tmp', b'system.posix_acl_default', b'\\2\\0\\0\\0\\1\\0\\7\\0\\377\\377\\377\\377\\4\\0\\7\\0\\377\\377\\377\\377\\40\\0\\7\\0\\377\\377\\377\\377', 28, 0)",
          "print(os.listxattr('/tmp'))" },
        { "a mode of terminals", false, "os.chmod('/dev/pts/ptmx', 0o600)",
          "print(oct(os.stat('/dev/pts/ptmx').st_mode))" },
        { "a process", true, "os.fork() or os.execvp('sleep', ['sleep', '100'])",
          "print(len([p for p in os.listdir('/proc') if p.isdigit()]))" },
        { "a process in a session of its own", true,
          "os.fork() or (os.setsid(), os.fork() or os.execvp('sleep', ['sleep', '100']))",
          "print(len([p for p in os.listdir('/proc') if p.isdigit()]))" },
        { "a listening socket", true,
          "s = socket.socket(); s.bind(('127.0.0.1', 4711)); s.listen(); os.fork() or time.sleep(100)",
          "print(socket.socket().connect_ex(('127.0.0.1', 4711)))" },
        { "an abstract socket", true,
          "s = socket.socket(socket.AF_UNIX); s.bind('\\0left'); s.listen(); os.fork() or time.sleep(100)",
          "print(socket.socket(socket.AF_UNIX).connect_ex('\\0left'))" },
        { "shared memory", false, "libc.shmget(4711, 4096, 0o1666)", "print(libc.shmget(4711, 0, 0))" },
        { "a semaphore", false, "libc.semget(4711, 1, 0o1666)", "print(libc.semget(4711, 0, 0))" },
        { "a message queue", false, "libc.msgget(4711, 0o1666)", "print(libc.msgget(4711, 0))" },
        { "a POSIX message queue", false,
          "ctypes.CDLL('librt.so.1').mq_open(b'/left', os.O_CREAT | os.O_RDWR, 0o666, None)",
          "print(ctypes.CDLL('librt.so.1').mq_open(b'/left', os.O_RDONLY))" },
        { "IPC that it has removed", true,
          "libc.shmctl(libc.shmget(4711, 4096, 0o1666), 0, 0); libc.msgctl(libc.msgget(4711, 0o1666), 0, 0)",
          "print(libc.shmget(4711, 0, 0), libc.msgget(4711, 0))" },
        /* add_key() to the session's keyring, and request_key() */
        { "a key", true, "libc.syscall(KEYS, b'user', b'left', b'x', 1, -3)",
          "print(libc.syscall(KEYS + 1, b'user', b'left', None, 0))" },
        { "a limit of its own", true, "resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))",
          "print(resource.getrlimit(resource.RLIMIT_NOFILE))" },
        { "a limit of the keeper", false, "resource.prlimit(1, resource.RLIMIT_MEMLOCK, (100, 100))",
          "print(resource.getrlimit(resource.RLIMIT_MEMLOCK))" },
        { "a priority of the keeper", false, "os.setpriority(os.PRIO_PROCESS, 1, 7)",
          "print(os.getpriority(os.PRIO_PROCESS, 0))" },
        { "a scheduler of the keeper", false, "os.sched_setscheduler(1, os.SCHED_BATCH, os.sched_param(0))",
          "print(os.sched_getscheduler(0))" },
        { "processors of the keeper", false, "os.sched_setaffinity(1, {max(os.sched_getaffinity(0))})",
          "print(os.sched_getaffinity(0))" },
        { "a mask", true, "os.umask(0)", "print(oct(os.umask(0)))" },
        { "a directory", true, "os.chdir('/usr')", "print(os.getcwd())" },
        { "a host name", true, "libc.sethostname(b'left', 4)", "print(os.uname().nodename)" },
        { "a mount", true, "libc.mount(b'left', b'/srv', b'tmpfs', 0, None)",
          "print('left' in open('/proc/mounts').read())" },
        { "a signal to the keeper", true,
          "os.kill(1, signal.SIGTERM); os.kill(1, signal.SIGCHLD); os.kill(1, signal.SIGSTOP)",
          "print(signal.sigpending(), signal.pthread_sigmask(signal.SIG_BLOCK, []))" },
};

static void host_run_renewed(struct host *host, const char *action, bool renew, struct run *ret)
{
        _cleanup_free_ char *code = NULL;
        const char *const envp[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

        ck_assert_int_ge(asprintf(&code,
                                  "import ctypes, os, platform, resource, signal, socket, time\n"
                                  "libc = ctypes.CDLL(None)\n"
                                  "KEYS = 248 if platform.machine() == 'x86_64' else 217\n"
                                  "%s\n",
                                  action),
                         0);
        program_run(&(struct program){ .argv = (const char *const[]){ "/usr/bin/python3", "-IBSc", code, NULL },
                                       .envp = envp,
                                       .host = host,
                                       .renew = renew },
                    ret);
        ck_assert_msg(ret->r == 0, "%s", error_text(&ret->error));
        ck_assert_msg(ret->result.end == PROCESS_EXITED && ret->result.status == 0, "%s: %s", action, ret->output);
}

static void host_run(struct host *host, const char *action, struct run *ret)
{
        host_run_renewed(host, action, false, ret);
}

START_TEST(test_leaves_nothing)
{
        _cleanup_(run_done) struct run before = { 0 }, leaving = { 0 }, after = { 0 };
        const struct box box = { 0 };
        _cleanup_(box_close) struct opened_box first, second;
        struct host host;

        box_open(&box, &first);
        host = (struct host)HOST_OF(first.sandbox, -EBADF);
        host_run(&host, leavings[_i].look, &before);
        host_end(&host);

        box_open(&box, &second);
        host = (struct host)HOST_OF(second.sandbox, -EBADF);
        host_run(&host, leavings[_i].leave, &leaving);
        ck_assert_msg(host.reusable == leavings[_i].reusable, "%s", leavings[_i].name);
        host_run(&host, leavings[_i].look, &after);
        host_end(&host);
        ck_assert_msg(streq(before.output, after.output), "%s: %s after %s", leavings[_i].name, after.output,
                      before.output);
}
END_TEST

/* Its overlays show what we have done since the last program, and what others have done, if that is a little while ago. */
START_TEST(test_sees_changes_of_others)
{
        _cleanup_(root_done) struct root tree = tree_new();
        const struct box box = { .root = &tree };
        _cleanup_(box_close) struct opened_box opened;
        _cleanup_free_ char *list = NULL;
        struct host host;

        ck_assert_int_ge(
                asprintf(&list,
                         "print([(f, open(f).read()) for f in sorted(os.listdir('%s')) if os.chdir('%s') is None])",
                         tree.path, tree.path),
                0);
        tree_add(&tree, &(struct tree_entry){ "/changed", 0644, "old" });
        tree_add(&tree, &(struct tree_entry){ "/gone", 0644, "old" });
        box_open(&box, &opened);
        host = (struct host)HOST_OF(opened.sandbox, -EBADF);
        for (size_t i = 0; i < 2; i++) {
                _cleanup_(run_done) struct run run = { 0 };

                if (i > 0 && _i > 0)
                        nanosleep(&(const struct timespec){ .tv_nsec = 200000000 }, NULL);
                host_run_renewed(&host, list, i > 0 && _i == 0, &run);
                ck_assert_str_eq(run.output, i == 0 ? "[('changed', 'old'), ('gone', 'old')]\n"
                                                    : "[('added', 'new'), ('changed', 'new')]\n");
                ck_assert(host.reusable);
                if (i > 0)
                        break;
                ck_assert_int_eq(unlinkat(tree.fd, "gone", 0), 0);
                ck_assert_int_eq(unlinkat(tree.fd, "changed", 0), 0);
                tree_add(&tree, &(struct tree_entry){ "/changed", 0644, "new" });
                tree_add(&tree, &(struct tree_entry){ "/added", 0644, "new" });
        }
        host_end(&host);
}
END_TEST

static Suite *suite(void)
{
        TCase *leaves = tcase_create("leaves");
        Suite *s = suite_create("host");

        tcase_set_timeout(leaves, 60);
        tcase_add_unchecked_fixture(leaves, trees_setup, trees_teardown);
        tcase_add_loop_test(leaves, test_leaves_nothing, 0, (int)suite_repeats(ELEMENTSOF(leavings)));
        tcase_add_loop_test(leaves, test_sees_changes_of_others, 0, 2);
        suite_add_tcase(s, leaves);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
