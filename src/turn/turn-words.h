/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a turn's program says. In: bytes of its standard output and error. Out: whether it has granted the turn, for how long, and what it has
 * said last to people, who are told of it.
 */

#include "package/context.h"
#include "process/line-reader.h"

struct turn_words {
        struct dmig *ctx;
        const char *package;
        struct line_reader output, errors;
        bool granted;
        char *token;          /* NULL until it is granted */
        char *said;           /* the last line of its standard error since it began or was granted; NULL: none */
        char *fault;          /* what is wrong with what it has printed before it granted the turn, NULL: nothing */
        uint64_t valid_until; /* of CLOCK_BOOTTIME, in µs */
        bool starved;         /* there was no memory for a line, which could have been the one that grants it */
        bool complained;
        size_t n_logged;
};

/* @words must stay where it is. */
void turn_words_init(struct turn_words *words, struct dmig *ctx, const char *package);
void turn_words_done(struct turn_words *words);
/* Each takes the struct as @userdata. */
void turn_words_feed_output(const char *data, size_t size, void *userdata);
void turn_words_feed_errors(const char *data, size_t size, void *userdata);
/* It says no more: a last line without a newline counts, if it is for people. */
void turn_words_finish(struct turn_words *words);
