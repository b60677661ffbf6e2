/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/help.h"

#include <ctype.h>

void help_print(FILE *stream)
{
        fputs("Usage: deploy-migrate [OPTION...] VERB [ARGUMENT...]\n\n"
              "Bring the data of Debian packages from one version to the next.\n\n"
              "Verbs:\n",
              stream);
        for (const struct verb *verb = verbs; verb->name; verb++)
                fprintf(stream, "  %-8s %-27s %s\n", verb->name, verb->arguments, verb->help);
        fputs("\nOptions:\n", stream);
        options_print_help(stream, OPTIONS_COMMON);
        fputs("\n'deploy-migrate VERB --help' shows what else a verb takes. See also deploy-migrate(8).\n", stream);
}

void help_print_verb(FILE *stream, const struct verb *verb)
{
        fprintf(stream, "Usage: deploy-migrate %s [OPTION...] %s\n\n%c%s.\n\nOptions:\n", verb->name, verb->arguments,
                toupper((unsigned char)verb->help[0]), verb->help + 1);
        options_print_help(stream, verb->options);
        options_print_help(stream, OPTIONS_COMMON);
}

void help_print_version(FILE *stream)
{
        fputs("deploy-migrate " PACKAGE_VERSION "\n", stream);
}
