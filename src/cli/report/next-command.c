/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/next-command.h"

#include "basic/macro.h"
#include "basic/memstream.h"

#define PROGRAM "deploy-migrate "

/* Of ours, it is about the same root. */
static void next_command_put(const struct next_command *next, const char *label, const char *command)
{
        const char *arguments = str_startswith(command, PROGRAM);
        _cleanup_free_ char *whole = NULL;

        if (!next->root || !arguments) {
                next->put(label, command, next->userdata);
                return;
        }
        if (asprintf(&whole, PROGRAM "--root %s %s", next->root, arguments) < 0)
                whole = NULL;
        else
                next->put(label, whole, next->userdata);
}

/* The words of a command, the last one followed by NULL. */
static void next_command_make(const struct next_command *next, const char *label, const char *const *words)
{
        char *command = NULL;
        size_t size;
        FILE *stream = open_memstream(&command, &size);

        if (!stream)
                return;
        for (size_t i = 0; words[i]; i++)
                fprintf(stream, "%s%s", i > 0 ? " " : "", words[i]);
        if (memstream_close(stream, &command) < 0)
                return;
        next_command_put(next, label, command);
        free(command);
}

static void next_command_verb(const struct next_command *next, const char *label, const char *verb)
{
        next_command_make(next, label,
                          (const char *const[]){ "deploy-migrate", verb, dmig_report_get_package(next->report), NULL });
}

/* Returns: the last command that @message quotes, to be freed: the remedy is at its end; or NULL. */
static char *message_find_command(const char *message)
{
        static const char *const programs[] = { PROGRAM, "systemctl ", "mount " };
        const char *found = NULL;

        for (const char *p = strchr(message, '\''); p; p = strchr(p + 1, '\''))
                for (size_t i = 0; i < ELEMENTSOF(programs); i++)
                        if (str_startswith(p + 1, programs[i]) && strchr(p + 1, '\''))
                                found = p + 1;
        return found ? strndup(found, strcspn(found, "'")) : NULL;
}

/* A message may name a verb alone. */
static bool command_is_whole(const char *command, const char *package)
{
        return !str_startswith(command, PROGRAM) || strstr(command, package);
}

/* What to do if the message names no command; NULL: nothing. */
static const char *result_get_verb(enum dmig_result result)
{
        switch (result) {
        case DMIG_RESULT_FAILED:
                return "retry";
        case DMIG_RESULT_PENDING:
        case DMIG_RESULT_POSTPONED:
        case DMIG_RESULT_ERROR:
                return "run";
        default:
                return NULL;
        }
}

static void next_command_remedy(const struct next_command *next, enum dmig_result result)
{
        const char *error = dmig_report_get_error(next->report), *verb = result_get_verb(result);
        _cleanup_free_ char *quoted = NULL;

        if (result == DMIG_RESULT_NOT_INSTALLED || dmig_report_get_errno(next->report) == -EACCES)
                return; /* what a message says about access holds for all commands */
        quoted = error ? message_find_command(error) : NULL;
        if (quoted && command_is_whole(quoted, dmig_report_get_package(next->report)))
                next_command_put(next, "then", quoted);
        else if (verb)
                next_command_verb(next, "then", verb);
}

static void next_command_out_of_order(const struct next_command *next)
{
        const char *package = dmig_report_get_package(next->report);

        for (size_t i = 0; i < dmig_report_count(next->report); i++) {
                const struct dmig_step *step = dmig_report_get_step(next->report, i);

                if (dmig_step_get_state(step) == DMIG_STATE_OUT_OF_ORDER)
                        next_command_make(next, "or",
                                          (const char *const[]){ "deploy-migrate", "mark", package,
                                                                 dmig_step_get_id(step), "skipped", "--reason", "TEXT",
                                                                 NULL });
        }
}

void next_command_each(const struct next_command *next)
{
        enum dmig_result result;

        assert(next && next->report && next->put);

        result = dmig_report_get_result(next->report);
        if (result == DMIG_RESULT_FAILED)
                next_command_verb(next, "see", "history");
        next_command_remedy(next, result);
        next_command_out_of_order(next);
}
