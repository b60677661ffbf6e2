/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/options.h"

#include "basic/macro.h"
#include "basic/unit-name.h"

#include <getopt.h>
#include <stdarg.h>

/* Above every character, so that getopt_long() doesn't take an option for a letter. */
#define LONG_BASE 256

struct option_spec {
        const char *name; /* NULL where there is a letter only */
        char letter;
        const char *value; /* NULL where it takes none */
        const char *help;
};

static const struct option_spec specs[OPTION_COUNT] = {
        [OPTION_FROM] = { "from", 0, "VERSION", "the version that the data is at (one PACKAGE)" },
        [OPTION_TO] = { "to", 0, "VERSION", "the version to bring it to (one PACKAGE)" },
        [OPTION_UNIT] = { "unit", 0, "INSTANCE", "the package, as the name of a systemd instance" },
        [OPTION_DRY_RUN] = { "dry-run", 0, NULL, "show what would be done, and do nothing" },
        [OPTION_SANDBOX] = { "sandbox", 0, "on|off", "off: run migrations directly on the system" },
        [OPTION_FORCE] = { "force", 0, NULL, "run: even under a running service; undo: even what was changed since" },
        [OPTION_LOCK_TIMEOUT] = { "lock-timeout", 0, "SEC", "how long to wait for a package's lock (default: 60)" },
        [OPTION_EXIT_CODE] = { "exit-code", 0, NULL, "exit with 10 when something is pending" },
        [OPTION_FILES] = { "files", 0, NULL, "list the files that each migration changed" },
        [OPTION_PROMETHEUS] = { "prometheus", 0, NULL, "print metrics for Prometheus" },
        [OPTION_REASON] = { "reason", 0, "TEXT", "why (required); goes into the history" },
        [OPTION_PACKAGE_VERSION] = { "package-version", 0, "VERSION", "the version of the package that ships them" },
        [OPTION_ROOT] = { "root", 0, "DIR", "work on the system below DIR" },
        [OPTION_JSON] = { "json", 0, NULL, "print one JSON object" },
        [OPTION_COLOR] = { "color", 0, "auto|always|never", "whether to use colours" },
        [OPTION_QUIET] = { NULL, 'q', NULL, "say nothing but warnings and errors" },
        [OPTION_VERBOSE] = { NULL, 'v', NULL, "say more, and show the output of migrations" },
        [OPTION_HELP] = { "help", 0, NULL, "show this help" },
        [OPTION_VERSION] = { "version", 0, NULL, "show the version of the program" },
};

static int problem(struct options *options, const char *format, ...) _printf_(2, 3);

/* Keeps the first problem. */
static int problem(struct options *options, const char *format, ...)
{
        va_list args;
        int n = 0;

        if (options->problem)
                return -EINVAL;

        va_start(args, format);
        n = vasprintf(&options->problem, format, args);
        va_end(args);
        if (n < 0)
                options->problem = NULL;
        return n < 0 ? -ENOMEM : -EINVAL;
}

/* Returns: the index of @word in @words, which ends with NULL, or a negative errno. */
static int parse_word(struct options *options, enum option_id id, const char *word, const char *const *words)
{
        for (int i = 0; words[i]; i++)
                if (streq(words[i], word))
                        return i;
        return problem(options, "--%s takes %s, not '%s'", specs[id].name, specs[id].value, word);
}

static int parse_color(struct options *options, const char *value)
{
        static const char *const words[] = {
                [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never", NULL
        };
        int r = parse_word(options, OPTION_COLOR, value, words);

        if (r < 0)
                return r;
        options->color = (enum color)r;
        return 0;
}

static int parse_sandbox(struct options *options, const char *value)
{
        static const char *const words[] = { "on", "off", NULL };
        int r = parse_word(options, OPTION_SANDBOX, value, words);

        if (r < 0)
                return r;
        options->sandbox_off = r == 1;
        return 0;
}

static int parse_lock_timeout(struct options *options, const char *value)
{
        const uint64_t usec_per_sec = 1000000;
        unsigned long long seconds;
        char *end;

        errno = 0;
        seconds = strtoull(value, &end, 10);
        if (errno || *end || strspn(value, "0123456789") == 0 || seconds > UINT64_MAX / 2 / usec_per_sec)
                return problem(options, "--lock-timeout takes a number of seconds, not '%s'", value);
        options->lock_timeout_usec = seconds * usec_per_sec;
        return 0;
}

static int parse_unit(struct options *options, const char *value)
{
        _cleanup_free_ char *package = NULL;
        int r = unit_name_unescape(value, &package);

        if (r == -EINVAL || (r == 0 && !*package))
                return problem(options, "--unit takes the instance of a unit name, not '%s'", value);
        if (r < 0)
                return r;
        free(options->unit);
        options->unit = TAKE_PTR(package);
        return 0;
}

static int apply(struct options *options, enum option_id id, const char *value)
{
        options->given |= OPTION_BIT(id);

        switch (id) {
        case OPTION_ROOT:
                options->root = value;
                return 0;
        case OPTION_FROM:
                options->from = value;
                return 0;
        case OPTION_TO:
                options->to = value;
                return 0;
        case OPTION_REASON:
                options->reason = value;
                return 0;
        case OPTION_PACKAGE_VERSION:
                options->package_version = value;
                return 0;
        case OPTION_QUIET:
                options->verbosity = -1;
                return 0;
        case OPTION_VERBOSE:
                options->verbosity = 1;
                return 0;
        case OPTION_COLOR:
                return parse_color(options, value);
        case OPTION_SANDBOX:
                return parse_sandbox(options, value);
        case OPTION_LOCK_TIMEOUT:
                return parse_lock_timeout(options, value);
        case OPTION_UNIT:
                return parse_unit(options, value);
        default:
                return 0;
        }
}

/* @at is the argument that getopt_long() stumbled over. */
static int bad_option(struct options *options, int c, const char *at)
{
        if (c == ':')
                return problem(options, "option '%s' needs a value", at);
        if (optopt >= LONG_BASE)
                return problem(options, "option '--%s' takes no value", specs[optopt - LONG_BASE].name);
        if (optopt)
                return problem(options, "unknown option '-%c'", optopt);
        return problem(options, "unknown option '%s'", at);
}

static void make_long_options(struct option ret[static OPTION_COUNT + 1])
{
        size_t n = 0;

        for (int i = 0; i < OPTION_COUNT; i++)
                if (specs[i].name)
                        ret[n++] = (struct option){ .name = specs[i].name,
                                                    .has_arg = specs[i].value ? required_argument : no_argument,
                                                    .val = LONG_BASE + i };
        ret[n] = (struct option){ 0 };
}

static int handle(struct options *options, int c, const char *at)
{
        switch (c) {
        case 1:
                options->args[options->n_args++] = optarg;
                return 0;
        case 'q':
                return apply(options, OPTION_QUIET, NULL);
        case 'v':
                return apply(options, OPTION_VERBOSE, NULL);
        case ':':
        case '?':
                return bad_option(options, c, at);
        default:
                return apply(options, (enum option_id)(c - LONG_BASE), optarg);
        }
}

int options_parse(struct options *options, int argc, char **argv)
{
        struct option long_options[OPTION_COUNT + 1];
        int c, problems = 0;

        *options = (struct options){ .args = calloc((size_t)argc + 1, sizeof(char *)) };
        if (!options->args)
                return -ENOMEM;
        make_long_options(long_options);

        /* '-': arguments come in their place, as the value of 1; ':': no message of its own for a missing value. */
        opterr = 0;
        while ((c = getopt_long(argc, argv, "-:qv", long_options, NULL)) >= 0) {
                int r = handle(options, c, argv[optind - 1]);

                if (r < 0)
                        problems = r;
        }
        while (optind < argc)
                options->args[options->n_args++] = argv[optind++];
        return problems;
}

void options_done(struct options *options)
{
        free(options->unit);
        free(options->args);
        free(options->problem);
        *options = (struct options){ 0 };
}

const char *option_name(enum option_id id, char ret[static 32])
{
        if (specs[id].name)
                snprintf(ret, 32, "--%s", specs[id].name);
        else
                snprintf(ret, 32, "-%c", specs[id].letter);
        return ret;
}

void options_print_help(FILE *stream, unsigned set)
{
        for (int id = 0; id < OPTION_COUNT; id++) {
                char name[32], usage[64];

                if (!(set & OPTION_BIT(id)))
                        continue;
                snprintf(usage, sizeof(usage), "%s%s%s", option_name((enum option_id)id, name),
                         specs[id].value ? " " : "", specs[id].value ? specs[id].value : "");
                fprintf(stream, "  %-26s %s\n", usage, specs[id].help);
        }
}
