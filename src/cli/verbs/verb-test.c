/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* test DIR [ID...]: tries migrations on the fixtures that are beside them, and prints a line for each fixture. */

#include "cli/author/source.h"
#include "cli/author/trial.h"
#include "cli/json-build.h"
#include "cli/need.h"
#include "cli/verbs/verbs.h"

#include <inttypes.h>
#include <limits.h>

struct test_run {
        struct cli *cli;
        struct trial_request request;
        char **ids; /* NULL ends them; none: all */
        size_t n, n_failed;
};

static int test_fail(struct cli *cli, int r, struct error *error)
{
        error_complete(error, r);
        return cli_fail(cli, r == -EINVAL ? EXIT_USAGE : EXIT_UNUSABLE, error_text(error));
}

/* The source's name, or that of the directory. */
static int test_find_package(const struct cli *cli, const char *directory, char **ret, struct error *error)
{
        _cleanup_source_ struct source source = { 0 };
        int r;

        if (cli->options.package)
                return str_replace(ret, cli->options.package);
        r = source_find(directory, &source, error);
        if (r == 0)
                return str_replace(ret, strrchr(directory, '/') + 1);
        *ret = TAKE_PTR(source.package);
        return r;
}

static bool test_wants(const struct test_run *test, const struct fixture *fixture)
{
        const char *record = test->cli->options.record;

        if (record && !streq(record, fixture->name))
                return false;
        for (char **id = test->ids; *id; id++)
                if (fixture->id && streq(*id, fixture->id))
                        return true;
        return !*test->ids;
}

/* ---- What is printed ---- */

static void test_print_tap(const struct test_run *test, const struct fixture *fixture,
                           const struct trial_result *result)
{
        FILE *stream = test->cli->out.stream;

        fprintf(stream, "%s %zu - %s%s%s # time=%" PRIu64 "ms\n", result->faults.n > 0 ? "not ok" : "ok", test->n,
                fixture->id ? fixture->id : "", fixture->id ? " " : "", fixture->name, result->duration_ms);
        for (size_t i = 0; i < result->faults.n; i++)
                fprintf(stream, "# %s\n", result->faults.list[i]);
        for (size_t i = 0; i < result->unproved.n; i++)
                fprintf(stream, "# not tried: %s\n", result->unproved.list[i]);
}

static void test_print_text(const struct test_run *test, const struct fixture *fixture,
                            const struct trial_result *result)
{
        const struct terminal *out = &test->cli->out;
        bool failed = result->faults.n > 0;

        if (!failed && test->cli->options.verbosity < 0)
                return;
        terminal_put(out, failed ? STYLE_BAD : STYLE_GOOD, failed ? "FAILED" : "passed");
        fprintf(out->stream, "  %s%s%s (%" PRIu64 " ms)\n", fixture->id ? fixture->id : "", fixture->id ? " " : "",
                fixture->name, result->duration_ms);
        for (size_t i = 0; i < result->faults.n; i++) {
                fputs("    ", out->stream);
                terminal_put(out, STYLE_PLAIN, result->faults.list[i]);
                fputc('\n', out->stream);
        }
        for (size_t i = 0; i < result->unproved.n; i++)
                fprintf(out->stream, "    not tried: %s\n", result->unproved.list[i]);
}

static json_object *strings_json(const struct strv *strings)
{
        json_object *array = json_build_array();

        for (size_t i = 0; i < strings->n; i++)
                json_build_append(array, need_memory(json_object_new_string(strings->list[i])));
        return array;
}

static void test_add_json(const struct test_run *test, const struct fixture *fixture, const struct trial_result *result)
{
        json_object *object = json_build_object();

        json_build_add_string(object, "id", fixture->id);
        json_build_add_string(object, "case", fixture->name);
        json_build_add_string(object, "result", result->faults.n > 0 ? "failed" : "passed");
        json_build_add_number(object, "duration_ms", (int64_t)result->duration_ms);
        json_build_add(object, "faults", strings_json(&result->faults));
        json_build_add(object, "not_tried", strings_json(&result->unproved));
        json_build_append(test->cli->packages, object);
}

static void test_print(const struct test_run *test, const struct fixture *fixture, const struct trial_result *result)
{
        if (test->cli->packages)
                test_add_json(test, fixture, result);
        else if (options_has(&test->cli->options, OPTION_TAP))
                test_print_tap(test, fixture, result);
        else
                test_print_text(test, fixture, result);
        fflush(test->cli->out.stream);
}

static void test_print_sum(const struct test_run *test)
{
        if (test->cli->packages)
                return;
        if (options_has(&test->cli->options, OPTION_TAP))
                fprintf(test->cli->out.stream, "1..%zu\n", test->n);
        else
                fprintf(test->cli->out.stream, "%zu passed, %zu failed\n", test->n - test->n_failed, test->n_failed);
}

/* ---- The fixtures ---- */

static int test_try(struct test_run *test, const struct fixture *fixture, struct error *error)
{
        _cleanup_(trial_result_done) struct trial_result result = { 0 };
        int r;

        r = trial_run(&test->request, fixture, &result, error);
        if (r < 0)
                return r;
        test->n++;
        test->n_failed += result.faults.n > 0;
        test_print(test, fixture, &result);
        return 0;
}

static int test_try_all(struct test_run *test, struct error *error)
{
        _cleanup_(fixtures_done) struct fixtures fixtures = { 0 };
        int r;

        r = fixtures_find(test->request.directory, &fixtures, error);
        for (size_t i = 0; r >= 0 && i < fixtures.n; i++)
                if (test_wants(test, &fixtures.list[i]))
                        r = test_try(test, &fixtures.list[i], error);
        if (r < 0)
                return r;
        if (test->n == 0)
                return error_setf(error, -EINVAL,
                                  "%s/tests: has no fixture for this; make tests/VERSION/FILE/CASE/before and after",
                                  test->request.directory);
        test_print_sum(test);
        return 0;
}

int verb_test(struct cli *cli, char **args)
{
        _cleanup_(workbench_done) struct workbench workbench = { 0 };
        struct test_run test = { .cli = cli, .ids = args + 1 };
        _cleanup_free_ char *package = NULL;
        _cleanup_error_ struct error error = { 0 };
        char directory[PATH_MAX];
        int r;

        cli->list = "cases";
        if (!realpath(args[0], directory))
                return test_fail(cli, error_errnof(&error, -errno, "can't find %s", args[0]), &error);
        r = test_find_package(cli, directory, &package, &error);
        if (r >= 0)
                r = workbench_enter(cli->options.record ? directory : NULL, &workbench, &error);
        if (r < 0)
                return test_fail(cli, r, &error);
        test.request = (struct trial_request){ &workbench, directory, package, cli->options.record };
        r = test_try_all(&test, &error);
        if (r < 0)
                return test_fail(cli, r, &error);
        return test.n_failed > 0 ? EXIT_MIGRATION : EXIT_DONE;
}
