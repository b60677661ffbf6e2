/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The public interface from several threads, and what happens when a run is told to stop. */

#include "../support/embedding.h"
#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIMEOUT_SEC 240

#define FIRST  "1.1.0/001_first"
#define SECOND "2.0.0/001_second"

static void add_package(const struct embedder *embedder, const char *package, const char *commands)
{
        embedder_add(embedder, package, FIRST, commands);
        embedder_add(embedder, package, SECOND, "echo second >&2");
        ck_assert_int_eq(dmig_baseline(embedder->ctx, package, "1.0", 0), 0);
}

/* Runs "foo" without a package database. */
static struct dmig_report *run(struct embedder *embedder)
{
        struct dmig_report *report = NULL;

        ck_assert_int_eq(dmig_run(embedder->ctx, "foo", NULL, "2.0", 0, &report), 0);
        return report;
}

static void expect_result(struct dmig_report *report, enum dmig_result result, int code)
{
        ck_assert_msg(dmig_report_get_result(report) == result && dmig_report_get_errno(report) == code, "%s, %d: %s",
                      dmig_result_to_string(dmig_report_get_result(report)), dmig_report_get_errno(report),
                      dmig_report_get_error(report) ?: "");
        dmig_report_unref(report);
}

/* ---- Side by side ---------------------------------------------------------------------------- */

static const char *const packages[] = { "bar", "baz", "foo" };

/* Results are kept for the first thread to look at. */
struct worker {
        struct embedder embedder;
        pthread_t thread;
        pthread_barrier_t *barrier;
        struct dmig_report *reports[ELEMENTSOF(packages)];
        int n_packages;
        int r;
};

static void *work(void *userdata)
{
        struct worker *worker = userdata;
        char **names = NULL;

        (void)pthread_barrier_wait(worker->barrier);
        worker->n_packages = dmig_list_packages(worker->embedder.ctx, &names);
        for (int i = 0; i < worker->n_packages && worker->r == 0; i++)
                worker->r = dmig_run(worker->embedder.ctx, names[i], NULL, "2.0", 0, &worker->reports[i]);
        dmig_names_free(names);
        return NULL;
}

static void start_worker(struct worker *worker, pthread_barrier_t *barrier)
{
        *worker = (struct worker){ .barrier = barrier };
        embedder_init(&worker->embedder);
        for (size_t i = 0; i < ELEMENTSOF(packages); i++)
                add_package(&worker->embedder, packages[i], "echo first; sleep 0.1");
        embedder_expect(&worker->embedder, "baseline\nbaseline\nbaseline\n");
        ck_assert_int_eq(pthread_create(&worker->thread, NULL, work, worker), 0);
}

#define HEARD                                                                                                          \
        "upgrade\nstarted " FIRST "\nphase " FIRST "\nphase " FIRST "\n# " FIRST " first\nphase " FIRST                \
        "\ncommitting " FIRST "\napplied " FIRST "\nstarted " SECOND "\nphase " SECOND "\nphase " SECOND "\n# " SECOND \
        " second\nphase " SECOND "\ncommitting " SECOND "\napplied " SECOND "\ncompleted\n"
#define HISTORY                                                                                                        \
        "baseline\nstarted " FIRST "\ncommitting " FIRST "\napplied " FIRST "\nstarted " SECOND "\ncommitting " SECOND \
        "\napplied " SECOND "\ncompleted\n"

static void expect_worker(struct worker *worker)
{
        ck_assert_int_eq(pthread_join(worker->thread, NULL), 0);
        ck_assert_int_eq(worker->r, 0);
        ck_assert_int_eq(worker->n_packages, ELEMENTSOF(packages));
        embedder_expect(&worker->embedder, HEARD HEARD HEARD);
        for (size_t i = 0; i < ELEMENTSOF(packages); i++) {
                _cleanup_free_ char *history = embedder_history(&worker->embedder, packages[i]);

                ck_assert_str_eq(history, HISTORY);
                ck_assert_str_eq(dmig_report_get_package(worker->reports[i]), packages[i]);
                expect_result(worker->reports[i], DMIG_RESULT_COMPLETED, 0);
                ck_assert_int_eq(shell("test -e %s/etc/%s/001_second", worker->embedder.root.path, packages[i]), 0);
        }
        embedder_done(&worker->embedder);
}

/* Standard output and error are what they were, and empty. Two are enough for who looks at each instruction. */
START_TEST(test_side_by_side)
{
        const int saved[] = { dup(STDOUT_FILENO), dup(STDERR_FILENO) }, printed = memfd_create("printed", MFD_CLOEXEC);
        pthread_barrier_t barrier;
        struct worker workers[4];
        const size_t n = 2 + suite_repeats(20) / 10;
        struct stat st;

        ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, (unsigned)n + 1), 0);
        for (size_t i = 0; i < n; i++)
                start_worker(&workers[i], &barrier);
        (void)dup2(printed, STDOUT_FILENO);
        (void)dup2(printed, STDERR_FILENO);
        (void)pthread_barrier_wait(&barrier);
        for (size_t i = 0; i < n; i++)
                expect_worker(&workers[i]);
        fflush(NULL);
        (void)dup2(saved[0], STDOUT_FILENO);
        (void)dup2(saved[1], STDERR_FILENO);

        ck_assert_int_eq(fstat(printed, &st), 0);
        ck_assert_int_eq(st.st_size, 0);
        (void)pthread_barrier_destroy(&barrier);
        close(saved[0]);
        close(saved[1]);
        close(printed);
}
END_TEST

/* ---- One that is busy ------------------------------------------------------------------------ */

static struct dmig *signalled; /* of the last that was started */

struct busy {
        struct embedder embedder;
        pthread_t thread;
        sem_t migrating;
        struct dmig_report *report;
};

static void post_when_migrating(const char *name, const char *phase, void *userdata)
{
        if (streq(name, "phase") && streq(phase, "migrate"))
                sem_post(userdata);
}

static void *run_busy(void *userdata)
{
        struct busy *busy = userdata;

        if (dmig_run(busy->embedder.ctx, "foo", NULL, "2.0", 0, &busy->report) < 0)
                busy->report = NULL; /* which fails the test when the thread was joined */
        sem_post(&busy->migrating);  /* if it never came to that */
        return NULL;
}

/* Returns when its migration has begun, which says where it is and goes on until it is stopped, or somebody makes /usr/go. */
static void start_busy(struct busy *busy)
{
        char commands[512];

        *busy = (struct busy){ 0 };
        embedder_init(&busy->embedder);
        /* An overlay remembers that a file was missing, but not what a directory contained. */
        snprintf(commands, sizeof(commands), "until ls %s | grep -qx go; do sleep 0.1; done",
                 tree_path(&busy->embedder.root, "/usr"));
        add_package(&busy->embedder, "foo", commands);
        ck_assert_int_eq(sem_init(&busy->migrating, 0, 0), 0);
        busy->embedder.on_event = post_when_migrating;
        busy->embedder.userdata = &busy->migrating;
        signalled = busy->embedder.ctx;
        ck_assert_int_eq(pthread_create(&busy->thread, NULL, run_busy, busy), 0);
        while (sem_wait(&busy->migrating) < 0)
                ck_assert_int_eq(errno, EINTR);
}

static void join_busy(struct busy *busy)
{
        ck_assert_int_eq(pthread_join(busy->thread, NULL), 0);
        ck_assert_int_eq(sem_destroy(&busy->migrating), 0);
}

static void let_go(struct busy *busy)
{
        tree_add(&busy->embedder.root, &(struct tree_entry){ "/usr/go", 0644, NULL });
        join_busy(busy);
        expect_result(busy->report, DMIG_RESULT_COMPLETED, 0);
        embedder_done(&busy->embedder);
}

static void expect_interrupted(struct busy *busy)
{
        _cleanup_free_ char *history = NULL;

        join_busy(busy);
        ck_assert_int_eq(dmig_step_get_state(dmig_report_get_step(busy->report, 0)), DMIG_STATE_PENDING);
        ck_assert_int_eq(dmig_step_get_state(dmig_report_get_step(busy->report, 1)), DMIG_STATE_PENDING);
        ck_assert_int_eq(dmig_report_get_errno(busy->report), -ECANCELED);
        history = embedder_history(&busy->embedder, "foo");
        ck_assert_str_eq(history, "baseline\nstarted " FIRST "\ninterrupted " FIRST "\n");
        dmig_report_unref(busy->report);
}

/* The others notice nothing. */
START_TEST(test_stop_from_another_thread)
{
        struct busy busy, other;
        _cleanup_(embedder_done) struct embedder again;

        start_busy(&busy);
        start_busy(&other);
        dmig_stop(busy.embedder.ctx);
        expect_interrupted(&busy);
        let_go(&other);

        /* Stopped is stopped; a new context does what is left. */
        ck_assert_int_eq(dmig_report_get_errno(busy.report = run(&busy.embedder)), -ECANCELED);
        dmig_report_unref(busy.report);
        embedder_join(&again, &busy.embedder);
        tree_add(&again.root, &(struct tree_entry){ "/usr/go", 0644, NULL });
        expect_result(run(&again), DMIG_RESULT_COMPLETED, 0);
        embedder_done(&busy.embedder);
}
END_TEST

static void stop_signalled(int number)
{
        (void)number;
        dmig_stop(signalled);
}

START_TEST(test_stop_from_a_signal_handler)
{
        const struct sigaction action = { .sa_handler = stop_signalled };
        struct busy busy;

        start_busy(&busy);
        ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
        ck_assert_int_eq(pthread_kill(busy.thread, SIGUSR1), 0);
        expect_interrupted(&busy);
        embedder_done(&busy.embedder);
}
END_TEST

/* One that was stopped before starts nothing. */
START_TEST(test_stopped_before)
{
        _cleanup_(embedder_done) struct embedder e;
        struct dmig_report *report;

        embedder_init(&e);
        add_package(&e, "foo", "");
        dmig_stop(e.ctx);
        report = run(&e);
        ck_assert_int_eq(dmig_report_get_errno(report), -ECANCELED);
        dmig_report_unref(report);
        embedder_expect(&e, "baseline\nupgrade\n");
}
END_TEST

/* ---- Two for one package --------------------------------------------------------------------- */

START_TEST(test_locked)
{
        _cleanup_(embedder_done) struct embedder second;
        struct dmig_report *report = NULL;
        struct busy busy;
        char holder[64];

        start_busy(&busy);
        embedder_join(&second, &busy.embedder);
        dmig_set_lock_timeout(second.ctx, 0);
        report = run(&second);
        snprintf(holder, sizeof(holder), "foo is locked by process %d", getpid());
        ck_assert_ptr_nonnull(strstr(dmig_report_get_error(report), holder));
        expect_result(report, DMIG_RESULT_ERROR, -EBUSY);
        ck_assert_int_eq(dmig_retry(second.ctx, "foo", 0), -EBUSY);
        ck_assert_ptr_nonnull(strstr(dmig_error_message(second.ctx), holder));
        embedder_expect(&second, "");

        /* Who only looks needs no lock. */
        ck_assert_int_eq(dmig_plan(second.ctx, "foo", NULL, "2.0", 0, &report), 0);
        expect_result(report, DMIG_RESULT_PENDING, 0);

        let_go(&busy);
        expect_result(run(&second), DMIG_RESULT_NOTHING_TO_DO, 0);
}
END_TEST

struct stopper {
        struct dmig *ctx;
        useconds_t after;
};

static void *stop_after(void *userdata)
{
        const struct stopper *stopper = userdata;

        (void)usleep(stopper->after);
        dmig_stop(stopper->ctx);
        return NULL;
}

START_TEST(test_stop_while_waiting_for_the_lock)
{
        _cleanup_(embedder_done) struct embedder second;
        struct stopper stopper = { .after = 300000 };
        struct dmig_report *report;
        pthread_t thread;
        struct busy busy;

        start_busy(&busy);
        embedder_join(&second, &busy.embedder);
        stopper.ctx = second.ctx;
        ck_assert_int_eq(pthread_create(&thread, NULL, stop_after, &stopper), 0);
        report = run(&second);
        ck_assert_int_eq(dmig_report_get_errno(report), -ECANCELED);
        ck_assert_uint_eq(dmig_report_count(report), 0);
        dmig_report_unref(report);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        let_go(&busy);
}
END_TEST

static Suite *suite(void)
{
        TCase *tc = tcase_create("threads");
        Suite *s = suite_create("library-threads");

        tcase_set_timeout(tc, TIMEOUT_SEC);
        tcase_add_unchecked_fixture(tc, trees_setup, trees_teardown);
        tcase_add_test(tc, test_side_by_side);
        tcase_add_test(tc, test_stop_from_another_thread);
        tcase_add_test(tc, test_stop_from_a_signal_handler);
        tcase_add_test(tc, test_stopped_before);
        tcase_add_test(tc, test_locked);
        tcase_add_test(tc, test_stop_while_waiting_for_the_lock);
        suite_add_tcase(s, tc);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
