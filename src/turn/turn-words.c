/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "turn/turn-words.h"

#include "basic/clock.h"
#include "turn/turn-find.h"

#include <stdio.h>
#include <syslog.h>

#define LOGGED_MAX 100 /* lines of one turn, which may wait for months */

/* ---- For people ---- */

static void turn_words_on_error_line(const char *line, void *userdata)
{
        struct turn_words *words = userdata;

        if (!*line || (words->said && streq(words->said, line)))
                return;
        (void)str_replace(&words->said, line); /* without memory, an older line is told */
        if (words->n_logged++ < LOGGED_MAX)
                context_log(words->ctx, words->granted ? LOG_INFO : LOG_NOTICE, words->package, "turn: %s", line);
}

/* ---- For us ---- */

/* "valid UNTIL": it is held until then, in seconds of CLOCK_BOOTTIME, unless it says more. */
static bool turn_words_take_validity(struct turn_words *words, const char *text)
{
        unsigned long long seconds;

        if (!*text || strspn(text, "0123456789.") != strlen(text))
                return false;
        errno = 0;
        seconds = strtoull(text, NULL, 10);
        if (errno || seconds > UINT64_MAX / USEC_PER_SEC)
                return false;
        words->valid_until = seconds * USEC_PER_SEC;
        return true;
}

static void turn_words_grant(struct turn_words *words, const char *token)
{
        words->token = strdup(token);
        words->granted = words->token;
        free(TAKE_PTR(words->said)); /* why it had to wait */
        words->starved |= !words->token;
}

static void turn_words_refuse_line(struct turn_words *words, const char *line)
{
        const char *root = words->ctx->root.path;

        if (words->complained)
                return;
        words->complained = true;
        if (words->granted)
                context_log(words->ctx, LOG_WARNING, words->package, "%s" TURN_PATH " printed '%s', which is ignored",
                            root, line);
        else if (asprintf(&words->fault, "%s" TURN_PATH " printed '%.60s' instead of 'granted TOKEN'; " TURN_REMEDY,
                          root, line) < 0)
                words->fault = NULL;
}

static void turn_words_on_line(const char *line, void *userdata)
{
        struct turn_words *words = userdata;
        const char *token = str_startswith(line, "granted"), *until = str_startswith(line, "valid ");

        if (!words->granted && token && (!*token || *token == ' '))
                turn_words_grant(words, token + strspn(token, " "));
        else if (!words->granted || !until || !turn_words_take_validity(words, until))
                turn_words_refuse_line(words, line);
}

/* ---- Both ---- */

void turn_words_feed_output(const char *data, size_t size, void *userdata)
{
        struct turn_words *words = userdata;

        assert(words && data);

        line_reader_feed(&words->output, data, size);
        if (words->output.n == sizeof(words->output.line))
                turn_words_refuse_line(words, "a line that is too long");
        words->starved |= words->output.lost;
}

void turn_words_feed_errors(const char *data, size_t size, void *userdata)
{
        struct turn_words *words = userdata;

        assert(words && data);

        line_reader_feed(&words->errors, data, size);
}

void turn_words_finish(struct turn_words *words)
{
        assert(words);

        turn_words_feed_errors("\n", 1, words);
}

void turn_words_init(struct turn_words *words, struct dmig *ctx, const char *package)
{
        assert(words && ctx && package);

        *words = (struct turn_words){
                .ctx = ctx,
                .package = package,
                .output = { .fn = turn_words_on_line, .userdata = words },
                .errors = { .fn = turn_words_on_error_line, .userdata = words },
                .valid_until = USEC_INFINITY,
        };
}

void turn_words_done(struct turn_words *words)
{
        assert(words);

        free(words->token);
        free(words->said);
        free(words->fault);
}
