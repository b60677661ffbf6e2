/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "basic/macro.h"
#include "cli/options.h"

#include <getopt.h>

#define ARGS_MAX 8

/* The options, and the command line that they point into. */
struct command {
        char *argv[ARGS_MAX + 2];
        struct options options;
};

/* NULL ends @args. Returns: the result of options_parse(). */
static int parse(struct command *command, const char *const *args)
{
        int argc = 0;

        *command = (struct command){ .argv[0] = strdup("deploy-migrate") };
        for (argc = 1; *args; args++)
                command->argv[argc++] = strdup(*args);
        optind = 0; /* starts getopt_long() afresh */
        return options_parse(&command->options, argc, command->argv);
}

static void command_done(struct command *command)
{
        options_done(&command->options);
        for (char **arg = command->argv; *arg; arg++)
                free(*arg);
}

#define _cleanup_command_ _cleanup_(command_done)

/* ---- Mistakes ---- */

static const struct {
        const char *args[ARGS_MAX];
        const char *problem;
} bad[] = {
        { { "run", "--bogus" }, "unknown option '--bogus'" },
        { { "run", "-x" }, "unknown option '-x'" },
        { { "run", "-qx" }, "unknown option '-x'" },
        { { "run", "--from" }, "option '--from' needs a value" },
        { { "run", "--json=1" }, "option '--json' takes no value" },
        { { "--color", "pink" }, "--color takes auto|always|never, not 'pink'" },
        { { "--sandbox=" }, "--sandbox takes on|off, not ''" },
        { { "--lock-timeout", "-1" }, "--lock-timeout takes a number of seconds, not '-1'" },
        { { "--lock-timeout", "1.5" }, "--lock-timeout takes a number of seconds, not '1.5'" },
        { { "--lock-timeout", " 1" }, "--lock-timeout takes a number of seconds, not ' 1'" },
        { { "--lock-timeout", "" }, "--lock-timeout takes a number of seconds, not ''" },
        { { "--lock-timeout", "99999999999999" }, "--lock-timeout takes a number of seconds, not '99999999999999'" },
        { { "--unit", "" }, "--unit takes the instance part of a unit name, not ''" },
        { { "--unit", "a\\xzz" }, "--unit takes the instance part of a unit name, not 'a\\xzz'" },
        { { "--first", "--second" }, "unknown option '--first'" },
};

START_TEST(test_bad)
{
        _cleanup_command_ struct command command;

        ck_assert_int_eq(parse(&command, bad[_i].args), -EINVAL);
        ck_assert_str_eq(command.options.problem, bad[_i].problem);
}
END_TEST

/* Parsing goes on after an error, since --json decides how the error is reported. */
START_TEST(test_bad_then_json)
{
        static const char *const args[] = { "--bogus", "run", "--json", NULL };
        _cleanup_command_ struct command command;

        ck_assert_int_eq(parse(&command, args), -EINVAL);
        ck_assert(options_has(&command.options, OPTION_JSON));
}
END_TEST

/* ---- Valid command lines ---- */

static const char *const orders[][ARGS_MAX] = {
        { "run", "a", "--from", "-q", "--color", "never" },
        { "--from", "-q", "--color=never", "run", "a" },
        { "run", "--from=-q", "a", "--color=never" },
        { "--from=-q", "--color=never", "--", "run", "a" },
};

static void assert_order(const char *const *args)
{
        _cleanup_command_ struct command command;
        const struct options *options = &command.options;

        ck_assert_int_eq(parse(&command, args), 0);
        ck_assert_ptr_null(options->problem);
        ck_assert_uint_eq(options->n_args, 2);
        ck_assert_str_eq(options->args[0], "run");
        ck_assert_str_eq(options->args[1], "a");
        ck_assert_ptr_null(options->args[2]);
        ck_assert_str_eq(options->from, "-q");
        ck_assert_int_eq(options->color, COLOR_NEVER);
        ck_assert_int_eq(options->verbosity, 0);
        ck_assert_uint_eq(options->given, OPTION_BIT(OPTION_FROM) | OPTION_BIT(OPTION_COLOR));
}

START_TEST(test_order)
{
        assert_order(orders[_i]);
}
END_TEST

/* That variable must not turn options into packages. */
START_TEST(test_posixly_correct)
{
        ck_assert_int_eq(setenv("POSIXLY_CORRECT", "1", true), 0);
        assert_order(orders[0]);
        unsetenv("POSIXLY_CORRECT");
}
END_TEST

START_TEST(test_dashes)
{
        static const char *const args[] = { "--", "--from", "-q", NULL };
        _cleanup_command_ struct command command;

        ck_assert_int_eq(parse(&command, args), 0);
        ck_assert_uint_eq(command.options.given, 0);
        ck_assert_uint_eq(command.options.n_args, 2);
        ck_assert_str_eq(command.options.args[1], "-q");
}
END_TEST

START_TEST(test_values)
{
        static const char *const args[] = { "--lock-timeout=5",
                                            "--sandbox=off",
                                            "--unit=lib\\x2b",
                                            "-q",
                                            "-v",
                                            "--exit-code",
                                            "--reason=a b c",
                                            NULL };
        _cleanup_command_ struct command command;
        const struct options *options = &command.options;

        ck_assert_int_eq(parse(&command, args), 0);
        ck_assert_uint_eq(options->lock_timeout_usec, 5000000);
        ck_assert(options->sandbox_off);
        ck_assert_str_eq(options->unit, "lib+");
        ck_assert_str_eq(options->reason, "a b c");
        ck_assert_int_eq(options->verbosity, 1);
        ck_assert(options_has(options, OPTION_EXIT_CODE));
        ck_assert(!options_has(options, OPTION_DRY_RUN));
}
END_TEST

/* ---- Help ---- */

START_TEST(test_help)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        ck_assert_ptr_nonnull(stream);
        options_print_help(stream, OPTION_BIT(OPTION_ROOT) | OPTION_BIT(OPTION_QUIET));
        fclose(stream);
        ck_assert_str_eq(text, "  --root DIR                 work on the system below DIR\n"
                               "  -q                         print only warnings and errors\n");
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("options");
        TCase *tcase = tcase_create("options");

        tcase_add_loop_test(tcase, test_bad, 0, ELEMENTSOF(bad));
        tcase_add_test(tcase, test_bad_then_json);
        tcase_add_loop_test(tcase, test_order, 0, ELEMENTSOF(orders));
        tcase_add_test(tcase, test_posixly_correct);
        tcase_add_test(tcase, test_dashes);
        tcase_add_test(tcase, test_values);
        tcase_add_test(tcase, test_help);
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(make_suite());
}
