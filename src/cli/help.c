/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/help.h"

#include <ctype.h>

#define USAGE_WIDTH 26

void help_print_usage(FILE *stream)
{
        assert(stream);

        fputs("Usage: deploy-migrate [OPTION...] VERB [ARGUMENT...]\n", stream);
}

/* The text of a verb whose arguments are too long for the column begins on the next line. */
static void help_print_line(FILE *stream, const struct verb *verb)
{
        int width = fprintf(stream, "  %s %s", verb->name, verb->arguments) - (int)strlen("  ");

        if (width > USAGE_WIDTH)
                fprintf(stream, "\n%*s", USAGE_WIDTH + (int)strlen("  "), "");
        else
                fprintf(stream, "%*s", USAGE_WIDTH - width, "");
        fprintf(stream, " %s\n", verb->help);
}

void help_print(FILE *stream)
{
        assert(stream);

        help_print_usage(stream);
        fputs("\nMigrate the data of Debian packages from one version to the next.\n\nVerbs:\n", stream);
        for (const struct verb *verb = verbs; verb->name; verb++)
                help_print_line(stream, verb);
        fputs("\nOptions:\n", stream);
        options_print_help(stream, OPTIONS_COMMON);
        fputs("\n'deploy-migrate help VERB' lists the options of a verb.\nSee also deploy-migrate(8).\n", stream);
}

void help_print_verb(FILE *stream, const struct verb *verb)
{
        assert(stream);
        assert(verb);

        fprintf(stream, "Usage: deploy-migrate %s [OPTION...] %s\n\n%c%s.\n\nOptions:\n", verb->name, verb->arguments,
                toupper((unsigned char)verb->help[0]), verb->help + 1);
        options_print_help(stream, verb->options);
        options_print_help(stream, OPTIONS_COMMON & ~(streq(verb->name, "new") ? OPTION_BIT(OPTION_VERSION) : 0));
}

void help_print_version(FILE *stream)
{
        assert(stream);

        fputs("deploy-migrate " PACKAGE_VERSION "\n", stream);
}
