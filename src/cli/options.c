/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/options.h"

#include "basic/unit-name.h"
#include "cli/closest.h"

#include <getopt.h>
#include <stdarg.h>

/* Above every character: getopt_long() returns it, plus the option, for long options. */
#define LONG_BASE 256

struct option_spec {
        const char *name; /* NULL: it has a letter only */
        char letter;
        const char *value; /* NULL: it takes none */
        const char *help;
};

static const struct option_spec specs[OPTION_COUNT] = {
        [OPTION_FROM] = { "from", 0, "VERSION", "the version that the data is at (one PACKAGE)" },
        [OPTION_TO] = { "to", 0, "VERSION", "the version to migrate to (one PACKAGE)" },
        [OPTION_UNIT] = { "unit", 0, "INSTANCE", "the package, as the instance of a systemd unit" },
        [OPTION_DRY_RUN] = { "dry-run", 0, NULL, "show what would be done, but change nothing" },
        [OPTION_SANDBOX] = { "sandbox", 0, "on|off", "off: run migrations directly on the system" },
        [OPTION_FORCE] = { "force", 0, NULL, "ignore running services, or what can't be undone" },
        [OPTION_NO_TURN] = { "no-turn", 0, NULL, "don't ask for a turn among the hosts of a fleet" },
        [OPTION_REACH_OUT] = { "reach-out", 0, NULL, "also run migrations that use the network or sockets" },
        [OPTION_IF_UNKNOWN] = { "if-unknown", 0, NULL, "only if no version of the data is recorded yet" },
        [OPTION_LOCK_TIMEOUT] = { "lock-timeout", 0, "SEC", "wait this long for a package's lock (default: 60)" },
        [OPTION_EXIT_CODE] = { "exit-code", 0, NULL, "exit with 10 if migrations are pending" },
        [OPTION_ALL] = { "all", 0, NULL, "list also packages with nothing to do" },
        [OPTION_FILES] = { "files", 0, NULL, "list the files that each migration changed" },
        [OPTION_PROMETHEUS] = { "prometheus", 0, NULL, "print metrics for Prometheus" },
        [OPTION_REASON] = { "reason", 0, "TEXT", "why (required); recorded in the history" },
        [OPTION_PACKAGE_VERSION] = { "package-version", 0, "VERSION", "the version of the package that ships DIR" },
        [OPTION_MIGRATION_VERSION] = { "version", 0, "VERSION",
                                       "the version of the new format (default: that of debian/changelog)" },
        [OPTION_LANG] = { "lang", 0, "sh|python|c", "the language (default: sh)" },
        [OPTION_DIR] = { "dir", 0, "DIR", "the directory of the migrations (default: migrations)" },
        [OPTION_INIT] = { "init", 0, NULL, "add what the Debian source tree needs, and show it" },
        [OPTION_FORMAT] = { "format", 0, "text|json|github", "how to print findings (default: text)" },
        [OPTION_SINCE] = { "since", 0, "COMMIT", "also compare with what this commit has shipped" },
        [OPTION_PACKAGE] = { "package", 0, "NAME", "the package (default: that of debian/changelog, or DIR's name)" },
        [OPTION_RECORD] = { "record", 0, "CASE", "write the tree after/ of this case as the migration leaves it" },
        [OPTION_TAP] = { "tap", 0, NULL, "print the results in the Test Anything Protocol" },
        [OPTION_ROOT] = { "root", 0, "DIR", "work on the system below DIR" },
        [OPTION_JSON] = { "json", 0, NULL, "print one JSON object" },
        [OPTION_COLOR] = { "color", 0, "auto|always|never", "when to use colours (default: auto)" },
        [OPTION_QUIET] = { NULL, 'q', NULL, "print only warnings and errors" },
        [OPTION_VERBOSE] = { NULL, 'v', NULL, "print more, including the output of migrations" },
        [OPTION_HELP] = { "help", 0, NULL, "show this help" },
        [OPTION_VERSION] = { "version", 0, NULL, "show the version of the program" },
};

/* Keeps the first problem. Returns: -EINVAL or -ENOMEM. */
static int options_refuse(struct options *options, const char *format, ...) _printf_(2, 3);
static int options_refuse(struct options *options, const char *format, ...)
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

/* Returns: the index of @word in @words, which NULL ends, or a negative errno. */
static int option_parse_word(struct options *options, enum option_id id, const char *word, const char *const *words)
{
        for (int i = 0; words[i]; i++)
                if (streq(words[i], word))
                        return i;
        return options_refuse(options, "--%s takes %s, not '%s'", specs[id].name, specs[id].value, word);
}

static int option_parse_color(struct options *options, const char *value)
{
        static const char *const words[] = {
                [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never", NULL
        };
        int r = option_parse_word(options, OPTION_COLOR, value, words);

        if (r < 0)
                return r;
        options->color = (enum color)r;
        return 0;
}

static int option_parse_sandbox(struct options *options, const char *value)
{
        static const char *const words[] = { "on", "off", NULL };
        int r = option_parse_word(options, OPTION_SANDBOX, value, words);

        if (r < 0)
                return r;
        options->sandbox_off = r == 1;
        return 0;
}

static int option_parse_format(struct options *options, const char *value)
{
        static const char *const words[] = { "text", "json", "github", NULL };
        int r = option_parse_word(options, OPTION_FORMAT, value, words);

        if (r < 0)
                return r;
        if (r == 1)
                options->given |= OPTION_BIT(OPTION_JSON);
        options->github = r == 2;
        return 0;
}

static int option_parse_lock_timeout(struct options *options, const char *value)
{
        const uint64_t usec_per_sec = 1000000;
        unsigned long long seconds;
        char *end;

        errno = 0;
        seconds = strtoull(value, &end, 10);
        if (errno || *end || strspn(value, "0123456789") == 0 || seconds > UINT64_MAX / 2 / usec_per_sec)
                return options_refuse(options, "--lock-timeout takes a number of seconds, not '%s'", value);
        options->lock_timeout_usec = seconds * usec_per_sec;
        return 0;
}

static int option_parse_unit(struct options *options, const char *value)
{
        _cleanup_free_ char *package = NULL;
        int r = unit_name_unescape(value, &package);

        if (r == -EINVAL || (r == 0 && !*package))
                return options_refuse(options, "--unit takes the instance part of a unit name, not '%s'", value);
        if (r < 0)
                return r;
        free(options->unit);
        options->unit = TAKE_PTR(package);
        return 0;
}

static int options_apply(struct options *options, enum option_id id, const char *value)
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
        case OPTION_MIGRATION_VERSION:
                options->migration_version = value;
                return 0;
        case OPTION_LANG:
                options->language = value;
                return 0;
        case OPTION_DIR:
                options->directory = value;
                return 0;
        case OPTION_PACKAGE:
                options->package = value;
                return 0;
        case OPTION_SINCE:
                options->since = value;
                return 0;
        case OPTION_RECORD:
                options->record = value;
                return 0;
        case OPTION_QUIET:
                options->verbosity = -1;
                return 0;
        case OPTION_VERBOSE:
                options->verbosity = 1;
                return 0;
        case OPTION_FORMAT:
                return option_parse_format(options, value);
        case OPTION_COLOR:
                return option_parse_color(options, value);
        case OPTION_SANDBOX:
                return option_parse_sandbox(options, value);
        case OPTION_LOCK_TIMEOUT:
                return option_parse_lock_timeout(options, value);
        case OPTION_UNIT:
                return option_parse_unit(options, value);
        default:
                return 0;
        }
}

static int options_refuse_long(struct options *options, const char *at)
{
        _cleanup_free_ char *word = strndup(at, strcspn(at, "="));
        struct closest closest = { .word = word ? word : at };
        char names[OPTION_COUNT][OPTION_NAME_MAX];

        for (int id = 0; id < OPTION_COUNT; id++)
                closest_consider(&closest, option_name((enum option_id)id, names[id]));
        if (closest.found)
                return options_refuse(options, "unknown option '%s'; did you mean '%s'?", at, closest.found);
        return options_refuse(options, "unknown option '%s'", at);
}

/* @c is what getopt_long() returned for the argument @at. */
static int options_refuse_unknown(struct options *options, int c, const char *at)
{
        if (c == ':')
                return options_refuse(options, "option '%s' needs a value", at);
        if (optopt >= LONG_BASE)
                return options_refuse(options, "option '--%s' takes no value", specs[optopt - LONG_BASE].name);
        if (optopt)
                return options_refuse(options, "unknown option '-%c'", optopt);
        return options_refuse_long(options, at);
}

/* @verb: what is known of it so far, or NULL. For "new", --version is that of the migration. */
static void long_options_init(const char *verb, struct option ret[static OPTION_COUNT + 1])
{
        enum option_id other = verb && streq(verb, "new") ? OPTION_VERSION : OPTION_MIGRATION_VERSION;
        size_t n = 0;

        for (int i = 0; i < OPTION_COUNT; i++)
                if (specs[i].name && i != (int)other)
                        ret[n++] = (struct option){ .name = specs[i].name,
                                                    .has_arg = specs[i].value ? required_argument : no_argument,
                                                    .val = LONG_BASE + i };
        ret[n] = (struct option){ 0 };
}

static int options_take(struct options *options, int c, const char *at)
{
        switch (c) {
        case 1:
                options->args[options->n_args++] = optarg;
                return 0;
        case 'q':
                return options_apply(options, OPTION_QUIET, NULL);
        case 'v':
                return options_apply(options, OPTION_VERBOSE, NULL);
        case ':':
        case '?':
                return options_refuse_unknown(options, c, at);
        default:
                return options_apply(options, (enum option_id)(c - LONG_BASE), optarg);
        }
}

int options_parse(struct options *options, int argc, char **argv)
{
        struct option long_options[OPTION_COUNT + 1];
        int c, problems = 0;

        assert(options);
        assert(argc == 0 || argv);

        *options = (struct options){ .args = calloc((size_t)argc + 1, sizeof(char *)) };
        if (!options->args)
                return -ENOMEM;
        /* '-' returns arguments where they are, as values of 1; ':' distinguishes a missing value from an unknown option. */
        opterr = 0;
        while (long_options_init(options->args[0], long_options),
               (c = getopt_long(argc, argv, "-:qv", long_options, NULL)) >= 0) {
                int r = options_take(options, c, argv[optind - 1]);

                if (r < 0)
                        problems = r;
        }
        while (optind < argc)
                options->args[options->n_args++] = argv[optind++];
        return problems;
}

void options_take_help(struct options *options)
{
        assert(options && options->args);

        if (options->n_args == 0 || options->n_args > 2 || !streq(options->args[0], "help"))
                return;
        options->given |= OPTION_BIT(OPTION_HELP);
        options->args[0] = options->args[1];
        options->args[1] = NULL;
        options->n_args--;
}

void options_done(struct options *options)
{
        assert(options);

        free(options->unit);
        free(options->args);
        free(options->problem);
        *options = (struct options){ 0 };
}

const char *option_name(enum option_id id, char ret[static OPTION_NAME_MAX])
{
        assert(id < OPTION_COUNT);

        if (specs[id].name)
                snprintf(ret, OPTION_NAME_MAX, "--%s", specs[id].name);
        else
                snprintf(ret, OPTION_NAME_MAX, "-%c", specs[id].letter);
        return ret;
}

void options_print_help(FILE *stream, uint64_t set)
{
        assert(stream);

        for (int id = 0; id < OPTION_COUNT; id++) {
                char name[OPTION_NAME_MAX], usage[64];

                if (!(set & OPTION_BIT(id)))
                        continue;
                snprintf(usage, sizeof(usage), "%s%s%s", option_name((enum option_id)id, name),
                         specs[id].value ? " " : "", specs[id].value ? specs[id].value : "");
                fprintf(stream, "  %-26s %s\n", usage, specs[id].help);
        }
}
