/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/events.h"
#include "../support/suite.h"

#include <stdio.h>

#define BASELINE    "'event':'baseline','version':'1.0-1','source':'installed'"
#define REOPENS     ",'reopens':'applied'"
#define STARTED(n)  "'event':'started','id':'a','attempt':" #n ",'sha256':'@a'"
#define STARTED_NEW "'event':'started','id':'a','attempt':1,'sha256':'@b'"
#define SATISFIED   "'event':'satisfied','id':'a','sha256':'@a'"
#define COMMITTING  "'event':'committing','id':'a'"
#define CAUSE       ",'cause':'no-space'"
#define APPLIED     "'event':'applied','id':'a','sha256':'@a','duration_ms':12,'changes':3"
#define FAILED      "'event':'failed','id':'a','phase':'migrate','exit':1,'reason':'no space'"
#define INTERRUPTED "'event':'interrupted','id':'a'"
#define POSTPONED   "'event':'postponed','id':'a'"
#define GAVE_UP     "'event':'gave-up','id':'a'"
#define MARKED(as)  "'event':'marked','id':'a','as':'" as "','reason':'done by hand'"
#define RETRY       "'event':'retry'"
#define COMPLETED   "'event':'completed','from':'1.0-1','to':'2.0-1'"
#define NEXT        "'event':'completed','from':'2.0-1','to':'3.0-1'"
#define UNDONE      "'event':'undone','id':'a'"
#define PURGED      "'event':'purged'"

/* ---- One migration ------------------------------------------------------------------------- */

static const struct {
        const char *events[10];
        enum record_state state;
        unsigned failures;
        const char *reason;
        char sha256; /* its digit, 0 for none */
        int64_t duration_ms, changes;
} migrations[] = {
        { { STARTED(1) }, RECORD_RUNNING, 0, NULL, 'a', -1, -1 },
        { { STARTED(1), COMMITTING }, RECORD_COMMITTING, 0, NULL, 'a', -1, -1 },
        { { STARTED(1), COMMITTING, APPLIED }, RECORD_APPLIED, 0, NULL, 'a', 12, 3 },
        { { STARTED(1), "'event':'applied','id':'a','sha256':'@a'" }, RECORD_APPLIED, 0, NULL, 'a', -1, -1 },
        { { STARTED(1), "'event':'applied','id':'a','sha256':'@c','duration_ms':7,'changes':null" },
          RECORD_APPLIED,
          0,
          NULL,
          'c',
          7,
          -1 },
        { { STARTED(1), SATISFIED }, RECORD_SATISFIED, 0, NULL, 'a', -1, -1 },
        { { SATISFIED }, RECORD_SATISFIED, 0, NULL, 'a', -1, -1 },
        { { STARTED(1), FAILED }, RECORD_FAILED, 1, "no space", 'a', -1, -1 },
        { { STARTED(1), INTERRUPTED }, RECORD_INTERRUPTED, 1, "interrupted", 'a', -1, -1 },
        { { STARTED(1), FAILED CAUSE }, RECORD_FAILED, 0, "no space", 'a', -1, -1 },
        { { STARTED(1), INTERRUPTED CAUSE }, RECORD_INTERRUPTED, 0, "interrupted", 'a', -1, -1 },
        { { STARTED(1), FAILED, STARTED(2), FAILED CAUSE }, RECORD_FAILED, 1, "no space", 'a', -1, -1 },
        { { STARTED(1), POSTPONED }, RECORD_POSTPONED, 0, NULL, 'a', -1, -1 },
        { { "'event':'postponed','id':'a','reason':'later'" }, RECORD_POSTPONED, 0, "later", 0, -1, -1 },
        { { STARTED(1), FAILED, STARTED(2), POSTPONED }, RECORD_POSTPONED, 1, NULL, 'a', -1, -1 },
        { { STARTED(1), FAILED, STARTED(2), INTERRUPTED, STARTED(3), FAILED, GAVE_UP },
          RECORD_GAVE_UP,
          3,
          "no space",
          'a',
          -1,
          -1 },
        { { STARTED(1), FAILED, STARTED(2), APPLIED }, RECORD_APPLIED, 0, NULL, 'a', 12, 3 },
        { { STARTED(1), FAILED, STARTED(2), SATISFIED }, RECORD_SATISFIED, 0, NULL, 'a', -1, -1 },
        /* A changed file is tried anew. */
        { { STARTED(1), FAILED, STARTED(2), FAILED, STARTED_NEW }, RECORD_RUNNING, 0, "no space", 'b', -1, -1 },
        { { STARTED(1), FAILED, STARTED_NEW, FAILED }, RECORD_FAILED, 1, "no space", 'b', -1, -1 },
        { { STARTED(1), FAILED, GAVE_UP, STARTED_NEW, POSTPONED }, RECORD_POSTPONED, 0, NULL, 'b', -1, -1 },
        /* Marks and baselines by the administrator. */
        { { STARTED(1), FAILED, GAVE_UP, RETRY }, RECORD_NONE, 0, NULL, 'a', -1, -1 },
        { { STARTED(1), FAILED, RETRY }, RECORD_NONE, 0, NULL, 'a', -1, -1 },
        { { STARTED(1), INTERRUPTED, RETRY }, RECORD_NONE, 0, NULL, 'a', -1, -1 },
        { { STARTED(1), FAILED, STARTED(2), POSTPONED, RETRY }, RECORD_POSTPONED, 0, NULL, 'a', -1, -1 },
        { { STARTED(1), APPLIED, RETRY }, RECORD_APPLIED, 0, NULL, 'a', 12, 3 },
        { { STARTED(1), FAILED, GAVE_UP, RETRY, STARTED(1), FAILED }, RECORD_FAILED, 1, "no space", 'a', -1, -1 },
        { { MARKED("applied") }, RECORD_APPLIED, 0, NULL, 0, -1, -1 },
        { { MARKED("skipped") }, RECORD_SKIPPED, 0, NULL, 0, -1, -1 },
        { { STARTED(1), FAILED, GAVE_UP, MARKED("skipped") }, RECORD_SKIPPED, 0, NULL, 0, -1, -1 },
        { { STARTED(1), MARKED("applied") }, RECORD_APPLIED, 0, NULL, 0, -1, -1 },
        { { STARTED(1), APPLIED, UNDONE }, RECORD_NONE, 0, NULL, 0, -1, -1 },
};

START_TEST(test_migration)
{
        _cleanup_(history_state_done) struct history_state state = { 0 };
        const struct record *record;
        char sha256[65] = "";
        bool unfinished = migrations[_i].state == RECORD_RUNNING || migrations[_i].state == RECORD_COMMITTING;

        events_feed_all(&state, migrations[_i].events);
        record = history_state_find(&state, "a");
        ck_assert_ptr_nonnull(record);
        if (migrations[_i].sha256)
                memset(sha256, migrations[_i].sha256, 64);

        ck_assert_str_eq(record->id, "a");
        ck_assert_int_eq(record->state, migrations[_i].state);
        ck_assert_uint_eq(record->failures, migrations[_i].failures);
        ck_assert_pstr_eq(record->reason, migrations[_i].reason);
        ck_assert_str_eq(record->sha256, sha256);
        ck_assert_int_eq(record->duration_ms, migrations[_i].duration_ms);
        ck_assert_int_eq(record->changes, migrations[_i].changes);
        ck_assert_ptr_eq(history_state_unfinished(&state), unfinished ? record : NULL);
        ck_assert_uint_eq(state.n_records, 1);
        ck_assert(!state.settled);
        ck_assert_ptr_null(state.from);
}
END_TEST

#define REACHING ",'reaches_out':'network'"

/* Where its program could have had effects. */
static const struct {
        const char *events[8];
        const char *reach;
} reaches[] = {
        { { STARTED(1) }, NULL },
        { { STARTED(1) REACHING }, "network" },
        { { STARTED(1) REACHING, FAILED }, "network" },
        { { STARTED(1) REACHING, FAILED, RETRY }, "network" },
        { { STARTED(1) REACHING, COMMITTING, APPLIED }, "network" },
        { { STARTED(1), APPLIED REACHING }, "network" },
        { { STARTED(1) REACHING, FAILED, STARTED(2), APPLIED }, "network" },
        { { STARTED(1) REACHING, FAILED, STARTED(2) ",'reaches_out':'/run/x'" }, "/run/x" },
        { { STARTED(1) REACHING, APPLIED, UNDONE }, NULL },
        /* A check that finds the effect at once is all that was run. */
        { { STARTED(1) REACHING, SATISFIED }, NULL },
        { { STARTED(1) REACHING, SATISFIED, STARTED(1), SATISFIED }, NULL },
        { { STARTED(1) REACHING, FAILED, STARTED(2), SATISFIED }, "network" },
        { { STARTED(1) REACHING, POSTPONED, STARTED(1) REACHING, SATISFIED }, "network" },
        { { STARTED(1) REACHING, INTERRUPTED, STARTED(2) REACHING, SATISFIED, UNDONE }, NULL },
};

START_TEST(test_reach)
{
        _cleanup_(history_state_done) struct history_state state = { 0 };

        events_feed_all(&state, reaches[_i].events);
        ck_assert_pstr_eq(history_state_find(&state, "a")->reaches_out, reaches[_i].reach);
}
END_TEST

/* A baseline of the administrator's reopens what is applied. */
static const struct {
        const char *events[8];
        enum record_state state;
        bool reopened;
} reopenings[] = {
        { { STARTED(1), APPLIED, BASELINE }, RECORD_APPLIED, false },
        { { STARTED(1), APPLIED, BASELINE REOPENS }, RECORD_APPLIED, true },
        { { BASELINE REOPENS, STARTED(1), APPLIED }, RECORD_APPLIED, false },
        { { SATISFIED, COMPLETED, BASELINE REOPENS }, RECORD_SATISFIED, true },
        { { MARKED("applied"), BASELINE REOPENS }, RECORD_APPLIED, true },
        { { MARKED("skipped"), BASELINE REOPENS }, RECORD_SKIPPED, false },
        { { STARTED(1), FAILED, BASELINE REOPENS }, RECORD_FAILED, false },
        { { SATISFIED, BASELINE REOPENS, SATISFIED }, RECORD_SATISFIED, false },
        { { SATISFIED, BASELINE REOPENS, STARTED(1), FAILED }, RECORD_FAILED, false },
        { { SATISFIED, BASELINE REOPENS, MARKED("applied") }, RECORD_APPLIED, false },
        { { SATISFIED, BASELINE REOPENS, UNDONE }, RECORD_NONE, false },
        { { SATISFIED, BASELINE REOPENS, BASELINE REOPENS }, RECORD_SATISFIED, true },
};

START_TEST(test_reopening)
{
        _cleanup_(history_state_done) struct history_state state = { 0 };
        const struct record *record;

        events_feed_all(&state, reopenings[_i].events);
        record = history_state_find(&state, "a");
        ck_assert_int_eq(record->state, reopenings[_i].state);
        ck_assert_int_eq(record->reopened, reopenings[_i].reopened);
}
END_TEST

/* ---- The package --------------------------------------------------------------------------- */

static const struct {
        const char *events[12];
        const char *from, *origin, *last_from;
        bool from_argument, closed, settled;
        size_t n_records;
} packages[] = {
        { { NULL }, NULL, NULL, NULL, false, false, false, 0 },
        { { BASELINE }, "1.0-1", "1.0-1", NULL, false, false, true, 0 },
        { { BASELINE, COMPLETED }, "2.0-1", "1.0-1", "1.0-1", false, false, true, 0 },
        { { COMPLETED, NEXT }, "3.0-1", "1.0-1", "2.0-1", false, false, true, 0 },
        { { NEXT, BASELINE }, "1.0-1", "1.0-1", "2.0-1", false, false, true, 0 },
        { { BASELINE, STARTED(1) }, "1.0-1", "1.0-1", NULL, false, false, false, 1 },
        { { STARTED(1), APPLIED, COMPLETED }, "2.0-1", "1.0-1", "1.0-1", false, false, true, 1 },
        { { COMPLETED, RETRY }, "2.0-1", "1.0-1", "1.0-1", false, false, false, 0 },
        { { COMPLETED, MARKED("skipped") }, "2.0-1", "1.0-1", "1.0-1", false, false, false, 1 },
        /* A version that the caller gave. */
        { { COMPLETED ",'to_source':'argument'" }, "2.0-1", "1.0-1", "1.0-1", true, false, true, 0 },
        { { BASELINE ",'to_source':'argument'" }, "1.0-1", "1.0-1", NULL, true, false, true, 0 },
        { { COMPLETED ",'to_source':'argument'", NEXT }, "3.0-1", "1.0-1", "2.0-1", false, false, true, 0 },
        { { COMPLETED ",'to_source':'installed'" }, "2.0-1", "1.0-1", "1.0-1", false, false, true, 0 },
        /* An undo leads back to the version that the upgrade of the migration began with. */
        { { STARTED(1), APPLIED, COMPLETED, UNDONE }, "1.0-1", "1.0-1", "1.0-1", false, false, false, 1 },
        { { STARTED(1), APPLIED, COMPLETED, NEXT, UNDONE }, "1.0-1", "1.0-1", "2.0-1", false, false, false, 1 },
        { { COMPLETED, STARTED(1), APPLIED, NEXT, UNDONE }, "2.0-1", "1.0-1", "2.0-1", false, false, false, 1 },
        { { COMPLETED, STARTED(1), APPLIED, UNDONE }, "2.0-1", "1.0-1", "1.0-1", false, false, false, 1 },
        { { STARTED(1), APPLIED, COMPLETED, UNDONE, STARTED(1), APPLIED, COMPLETED },
          "2.0-1",
          "1.0-1",
          "1.0-1",
          false,
          false,
          true,
          1 },
        { { STARTED(1), APPLIED, COMPLETED ",'to_source':'argument'", UNDONE },
          "1.0-1",
          "1.0-1",
          "1.0-1",
          true,
          false,
          false,
          1 },
        /* Purged, and installed again. */
        { { STARTED(1), APPLIED, COMPLETED, PURGED }, NULL, NULL, NULL, false, true, false, 0 },
        { { STARTED(1), PURGED }, NULL, NULL, NULL, false, true, false, 0 },
        { { COMPLETED, PURGED, PURGED }, NULL, NULL, NULL, false, true, false, 0 },
        { { COMPLETED, PURGED, NEXT }, "3.0-1", "2.0-1", "2.0-1", false, false, true, 0 },
        { { STARTED(1), PURGED, STARTED(1) }, NULL, NULL, NULL, false, false, false, 1 },
};

START_TEST(test_package)
{
        _cleanup_(history_state_done) struct history_state state = { 0 };

        events_feed_all(&state, packages[_i].events);
        ck_assert_pstr_eq(state.from, packages[_i].from);
        ck_assert_pstr_eq(state.origin, packages[_i].origin);
        ck_assert_pstr_eq(state.upgrades.n > 0 ? state.upgrades.list[state.upgrades.n - 1] : NULL,
                          packages[_i].last_from);
        ck_assert_int_eq(state.from_argument, packages[_i].from_argument);
        ck_assert_int_eq(state.closed, packages[_i].closed);
        ck_assert_int_eq(state.settled, packages[_i].settled);
        ck_assert_uint_eq(state.n_records, packages[_i].n_records);
}
END_TEST

/* ---- What can't be ------------------------------------------------------------------------- */

static const struct {
        const char *events[4]; /* all but the last are accepted */
        const char *message;
} refused[] = {
        /* Fields. */
        { { "'id':'a'" }, "\"event\" must be a string" },
        { { "'event':5" }, "\"event\" must be a string" },
        { { "'event':'exploded'" }, "unknown event \"exploded\"" },
        { { "'event':'progress','id':'a'" }, "unknown event \"progress\"" },
        { { "'event':'baseline','source':'installed'" }, "\"baseline\": \"version\" must be a string" },
        { { "'event':'baseline','version':1.0,'source':'installed'" }, "\"baseline\": \"version\" must be a string" },
        { { "'event':'baseline','version':'1.0'" }, "\"baseline\": \"source\" must be a string" },
        { { "'event':'started','attempt':1,'sha256':'@a'" }, "\"started\": \"id\" must be a string" },
        { { "'event':'started','id':['a'],'attempt':1,'sha256':'@a'" }, "\"started\": \"id\" must be a string" },
        { { "'event':'started','id':'a','sha256':'@a'" }, "\"started\": \"attempt\" must be a whole number" },
        { { "'event':'started','id':'a','attempt':'1','sha256':'@a'" },
          "\"started\": \"attempt\" must be a whole number" },
        { { "'event':'started','id':'a','attempt':null,'sha256':'@a'" },
          "\"started\": \"attempt\" must be a whole number" },
        { { "'event':'started','id':'a','attempt':1" }, "\"started\": \"sha256\" must be 64 hexadecimal digits" },
        { { "'event':'started','id':'a','attempt':1,'sha256':'@aa'" }, "64 hexadecimal digits" },
        { { "'event':'started','id':'a','attempt':1,'sha256':'@A'" }, "64 hexadecimal digits" },
        { { "'event':'started','id':'a','attempt':1,'sha256':'abc'" }, "64 hexadecimal digits" },
        { { "'event':'satisfied','id':'a'" }, "\"satisfied\": \"sha256\" must be 64 hexadecimal digits" },
        { { "'event':'applied','id':'a'" }, "\"applied\": \"sha256\" must be 64 hexadecimal digits" },
        { { "'event':'applied','id':'a','sha256':'@a','duration_ms':'1'" }, "\"duration_ms\" must be a whole number" },
        { { "'event':'applied','id':'a','sha256':'@a','changes':1.5" }, "\"changes\" must be a whole number" },
        { { "'event':'failed','id':'a','reason':'x','exit':1" }, "\"failed\": \"phase\" must be a string" },
        { { "'event':'failed','id':'a','phase':'check','exit':1" }, "\"failed\": \"reason\" must be a string" },
        { { "'event':'failed','id':'a','phase':'check','reason':'x','exit':'1'" }, "\"exit\" must be a whole number" },
        { { "'event':'failed','id':'a','phase':'check','reason':'x','signal':'TERM'" },
          "\"signal\" must be a whole number" },
        { { "'event':'failed','id':'a','phase':'check','reason':'x','timeout':true" },
          "\"timeout\" must be a whole number" },
        { { "'event':'marked','id':'a','reason':'x'" }, "\"marked\": \"as\" must be a string" },
        { { "'event':'marked','id':'a','as':'applied'" }, "\"marked\": \"reason\" must be a string" },
        { { "'event':'marked','id':'a','as':'failed','reason':'x'" }, "\"as\" must be \"applied\" or \"skipped\"" },
        { { "'event':'completed','to':'1'" }, "\"completed\": \"from\" must be a string" },
        { { "'event':'completed','from':'1'" }, "\"completed\": \"to\" must be a string" },
        { { "'event':'undone'" }, "\"undone\": \"id\" must be a string" },
        { { "'event':'gave-up'" }, "\"gave-up\": \"id\" must be a string" },
        /* Order. */
        { { STARTED(1), STARTED(1) }, "\"started\" while a is unfinished" },
        { { STARTED(1), "'event':'started','id':'b','attempt':1,'sha256':'@a'" }, "\"started\" while a is unfinished" },
        { { STARTED(1), "'event':'satisfied','id':'b','sha256':'@a'" }, "\"satisfied\" while a is unfinished" },
        { { STARTED(1), COMPLETED }, "\"completed\" while a is unfinished" },
        { { STARTED(1), COMMITTING, COMPLETED }, "\"completed\" while a is unfinished" },
        { { STARTED(1), UNDONE }, "\"undone\" while a is unfinished" },
        { { STARTED(1), GAVE_UP }, "\"gave-up\" while a is unfinished" },
        { { COMMITTING }, "\"committing\" of a, which isn't running" },
        { { STARTED(1), APPLIED, COMMITTING }, "\"committing\" of a, which isn't running" },
        { { STARTED(1), COMMITTING, INTERRUPTED }, "\"interrupted\" of a, which isn't running" },
        { { INTERRUPTED }, "\"interrupted\" of a, which isn't running" },
};

START_TEST(test_refused)
{
        _cleanup_(history_state_done) struct history_state state = { 0 };
        _cleanup_error_ struct error error = { 0 };
        size_t last = 0;

        while (refused[_i].events[last + 1])
                last++;
        for (size_t i = 0; i < last; i++)
                ck_assert_int_eq(events_feed(&state, refused[_i].events[i], NULL), 0);
        ck_assert_int_eq(events_feed(&state, refused[_i].events[last], &error), -EBADMSG);
        ck_assert_msg(strstr(error_text(&error), refused[_i].message), "'%s' doesn't say '%s'", error_text(&error),
                      refused[_i].message);
}
END_TEST

START_TEST(test_time)
{
        static const char *const lines[] = {
                "{\"event\":\"retry\"}",
                "{\"time\":\"yesterday\",\"boot\":\"b\",\"run\":\"r\",\"event\":\"retry\"}",
                "{\"time\":5,\"boot\":\"b\",\"run\":\"r\",\"event\":\"retry\"}",
        };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                _cleanup_(history_state_done) struct history_state state = { 0 };

                ck_assert_msg(events_feed_line(&state, lines[i], NULL) == -EBADMSG, "%s", lines[i]);
        }
}
END_TEST

START_TEST(test_unknown_fields)
{
        _cleanup_(history_state_done) struct history_state state = { 0 };

        ck_assert_int_eq(events_feed(&state, BASELINE ",'colour':{'deep':[1,2]},'crc':'x'", NULL), 0);
        ck_assert_str_eq(state.from, "1.0-1");
}
END_TEST

/* ---- Many ---------------------------------------------------------------------------------- */

START_TEST(test_many)
{
        _cleanup_(history_state_done) struct history_state state = { 0 };
        const size_t n = suite_repeats(10000);
        char text[256], id[32];

        for (unsigned i = 0; i < n; i++) {
                snprintf(text, sizeof(text), "'event':'satisfied','id':'1.%u.0/001_a','sha256':'@a'", i);
                ck_assert_int_eq(events_feed(&state, text, NULL), 0);
        }
        ck_assert_uint_eq(state.n_records, n);
        for (unsigned i = 0; i < n; i++) {
                snprintf(id, sizeof(id), "1.%u.0/001_a", i);
                ck_assert_str_eq(state.records[i]->id, id);
                ck_assert_ptr_eq(history_state_find(&state, id), state.records[i]);
        }
        ck_assert_ptr_null(history_state_find(&state, "1.10000.0/001_a"));
}
END_TEST

static Suite *history_state_suite(void)
{
        Suite *suite = suite_create("history-state");
        TCase *tcase = tcase_create("history-state");

        tcase_add_loop_test(tcase, test_migration, 0, ELEMENTSOF(migrations));
        tcase_add_loop_test(tcase, test_reach, 0, ELEMENTSOF(reaches));
        tcase_add_loop_test(tcase, test_reopening, 0, ELEMENTSOF(reopenings));
        tcase_add_loop_test(tcase, test_package, 0, ELEMENTSOF(packages));
        tcase_add_loop_test(tcase, test_refused, 0, ELEMENTSOF(refused));
        tcase_add_test(tcase, test_time);
        tcase_add_test(tcase, test_unknown_fields);
        tcase_add_test(tcase, test_many);
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(history_state_suite());
}
