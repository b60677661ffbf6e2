/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/events.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "catalog/catalog-load.h"
#include "package/plan.h"

#include <stdio.h>

#define V    VENDOR_DIR "/foo"
#define PROG 0755
#define DATA 0644

/* 2.0.0/002_masked is masked, 2.0.0/003_since came with the package's version 2.5-1. */
static const struct tree_entry entries[] = {
        { V "/v1.0.0/001_a", PROG, NULL },      { V "/v1.1.0/001_b", PROG, NULL },
        { V "/v1.1.0/002_c", PROG, NULL },      { V "/v2.0.0/001_d", PROG, NULL },
        { V "/v2.0.0/002_masked", PROG, NULL }, { ADMIN_DIR "/foo/v2.0.0/002_masked", S_IFLNK, "/dev/null" },
        { V "/v2.0.0/003_since", PROG, NULL },  { V "/v2.0.0/003_since.json", DATA, "{\"since\": \"2.5-1\"}" },
        { V "/v3.0.0/001_e", PROG, NULL },
};

#define BASELINE(v)     "'event':'baseline','version':'" v "','source':'installed'"
#define REOPENING(v)    BASELINE(v) ",'reopens':'applied'"
#define COMPLETED(f, t) "'event':'completed','from':'" f "','to':'" t "'"
#define STARTED(id)     "'event':'started','id':'" id "','attempt':1,'sha256':'@a'"
#define COMMITTING(id)  "'event':'committing','id':'" id "'"
#define APPLIED(id)     "'event':'applied','id':'" id "','sha256':'@a'"
#define SATISFIED(id)   "'event':'satisfied','id':'" id "','sha256':'@a'"
#define FAILED(id)      "'event':'failed','id':'" id "','phase':'check','exit':2,'reason':'x'"
#define INTERRUPTED(id) "'event':'interrupted','id':'" id "'"
#define POSTPONED(id)   "'event':'postponed','id':'" id "'"
#define GAVE_UP(id)     "'event':'gave-up','id':'" id "'"
#define SKIPPED(id)     "'event':'marked','id':'" id "','as':'skipped','reason':'x'"
#define UNDONE(id)      "'event':'undone','id':'" id "'"

static const struct {
        const char *events[8];
        const char *from, *to;
        const char *steps[8]; /* "id state", and " in range" */
        size_t n_pending;
} plans[] = {
        /* The range. */
        { { NULL }, "1.0-1", "1.1-1", { "1.1.0/001_b pending in range", "1.1.0/002_c pending in range" }, 2 },
        { { NULL }, "1.1-1", "1.1-2", { NULL }, 0 },
        { { NULL }, "0.1", "1.0", { "1.0.0/001_a pending in range" }, 1 },
        { { NULL }, "1.1", "2.0", { "2.0.0/001_d pending in range", "2.0.0/002_masked skipped in range" }, 1 },
        { { NULL }, "2.0", "2.5-1", { "2.0.0/003_since pending in range" }, 1 },
        { { NULL }, "2.5-1", "2.6-1", { NULL }, 0 },
        { { NULL }, "2.5-1", "1:0.5", { NULL }, 0 },
        { { NULL }, "5.0", "1:1.0", { "1.0.0/001_a pending in range" }, 1 },
        /* What the history says of those in range. */
        { { BASELINE("1.0"), SATISFIED("1.1.0/001_b") },
          "1.0",
          "1.1",
          { "1.1.0/001_b satisfied in range", "1.1.0/002_c pending in range" },
          1 },
        { { BASELINE("1.0"), APPLIED("1.1.0/001_b"), STARTED("1.1.0/002_c"), FAILED("1.1.0/002_c") },
          "1.0",
          "1.1",
          { "1.1.0/001_b applied in range", "1.1.0/002_c failed in range" },
          1 },
        { { STARTED("1.1.0/001_b"), FAILED("1.1.0/001_b"), GAVE_UP("1.1.0/001_b"), POSTPONED("1.1.0/002_c") },
          "1.0",
          "1.1",
          { "1.1.0/001_b gave-up in range", "1.1.0/002_c postponed in range" },
          2 },
        { { STARTED("1.1.0/001_b"), INTERRUPTED("1.1.0/001_b"), STARTED("1.1.0/002_c"), COMMITTING("1.1.0/002_c") },
          "1.0",
          "1.1",
          { "1.1.0/001_b pending in range", "1.1.0/002_c pending in range" },
          2 },
        { { SKIPPED("1.1.0/001_b"), APPLIED("1.1.0/002_c"), UNDONE("1.1.0/002_c") },
          "1.0",
          "1.1",
          { "1.1.0/001_b skipped in range", "1.1.0/002_c pending in range" },
          1 },
        { { APPLIED("2.0.0/002_masked"), APPLIED("2.0.0/001_d") },
          "1.1",
          "2.0",
          { "2.0.0/001_d applied in range", "2.0.0/002_masked applied in range" },
          0 },
        /* What lies elsewhere. */
        { { APPLIED("1.0.0/001_a"), APPLIED("3.0.0/001_e"), SKIPPED("2.0.0/001_d") },
          "1.1",
          "1.1",
          { "1.0.0/001_a applied", "2.0.0/001_d skipped", "3.0.0/001_e applied" },
          0 },
        { { STARTED("3.0.0/001_e"), FAILED("3.0.0/001_e") }, "1.1", "1.1", { NULL }, 0 },
        /* Behind from: late where the history had begun. */
        { { BASELINE("1.0") }, "1.0", "1.0", { NULL }, 0 },
        { { COMPLETED("1.0", "1.1"), APPLIED("1.1.0/002_c") },
          "1.1",
          "1.1",
          { "1.1.0/001_b out-of-order", "1.1.0/002_c applied" },
          0 },
        { { COMPLETED("0.5", "1.1") },
          "1.1",
          "2.0",
          { "1.0.0/001_a out-of-order", "1.1.0/001_b out-of-order", "1.1.0/002_c out-of-order",
            "2.0.0/001_d pending in range", "2.0.0/002_masked skipped in range" },
          1 },
        { { COMPLETED("1.1", "2.6"), SATISFIED("2.0.0/001_d") },
          "2.6",
          "2.6",
          { "2.0.0/001_d satisfied", "2.0.0/003_since out-of-order" },
          0 },
        { { STARTED("1.1.0/001_b"), FAILED("1.1.0/001_b"), COMPLETED("1.0", "1.1"), SKIPPED("1.1.0/002_c") },
          "1.1",
          "1.1",
          { "1.1.0/001_b out-of-order", "1.1.0/002_c skipped" },
          0 },
        { { COMPLETED("5.0", "1:1.0") }, "1:1.0", "1:1.0", { "1.0.0/001_a out-of-order" }, 0 },
        /* From an earlier version than the history's, by argument. */
        { { BASELINE("1.1") },
          "0.9",
          "1.1",
          { "1.0.0/001_a pending in range", "1.1.0/001_b pending in range", "1.1.0/002_c pending in range" },
          3 },
        /* Of what a baseline has reopened, what is above it. */
        { { APPLIED("1.1.0/001_b"), SATISFIED("2.0.0/001_d"), SKIPPED("2.0.0/002_masked"), REOPENING("1.1") },
          "1.1",
          "2.0",
          { "1.1.0/001_b applied", "2.0.0/001_d pending in range", "2.0.0/002_masked skipped in range" },
          1 },
        /* No longer in the package. */
        { { APPLIED("1.0.0/009_gone"), FAILED("1.0.0/008_gone"), SKIPPED("1.0.0/007_gone"),
            SATISFIED("0.9.0/001_gone") },
          "0.9",
          "1.0",
          { "1.0.0/001_a pending in range", "1.0.0/009_gone missing", "0.9.0/001_gone missing" },
          1 },
};

static const struct consents consents; /* none */

static struct catalog *load(const struct root *root, const struct tree_entry *tree, size_t n)
{
        _cleanup_error_ struct error error = { 0 };
        struct catalog *catalog = NULL;

        for (size_t i = 0; i < n; i++)
                tree_add(root, &tree[i]);
        ck_assert_msg(catalog_load(root, "foo", &catalog, &error) == 0, "%s", error_text(&error));
        return catalog;
}

static const char *state_name(enum dmig_state state)
{
        static const char *const names[] = {
                [DMIG_STATE_PENDING] = "pending",     [DMIG_STATE_APPLIED] = "applied",
                [DMIG_STATE_SATISFIED] = "satisfied", [DMIG_STATE_FAILED] = "failed",
                [DMIG_STATE_POSTPONED] = "postponed", [DMIG_STATE_GAVE_UP] = "gave-up",
                [DMIG_STATE_SKIPPED] = "skipped",     [DMIG_STATE_OUT_OF_ORDER] = "out-of-order",
                [DMIG_STATE_MISSING] = "missing",
        };

        return names[state];
}

static void assert_step(const struct plan_step *step, const struct catalog *catalog, const struct history_state *state,
                        const char *expected)
{
        const struct record *record = history_state_find(state, step->id);
        char text[128];

        snprintf(text, sizeof(text), "%s %s%s", step->id, state_name(step->state), step->in_range ? " in range" : "");
        ck_assert_str_eq(text, expected);
        ck_assert_ptr_eq(step->migration, catalog_find(catalog, step->id));
        ck_assert_ptr_eq(step->record, record && record->reopened && step->in_range ? NULL : record);
}

START_TEST(test_plan)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(catalog_freep) struct catalog *catalog = load(&root, entries, ELEMENTSOF(entries));
        _cleanup_(history_state_done) struct history_state state = { 0 };
        _cleanup_(version_range_done) struct version_range range = { 0 };
        _cleanup_(plan_done) struct plan plan = { 0 };
        size_t n = 0;

        events_feed_all(&state, plans[_i].events);
        ck_assert_int_eq(version_range_init(&range, plans[_i].from, plans[_i].to, NULL), 0);
        ck_assert_int_eq(plan_make(&(const struct plan_request){ catalog, &state, &range, &consents }, &plan, NULL), 0);
        for (; plans[_i].steps[n]; n++) {
                ck_assert_msg(n < plan.n_steps, "no %s", plans[_i].steps[n]);
                assert_step(&plan.steps[n], catalog, &state, plans[_i].steps[n]);
        }
        ck_assert_msg(plan.n_steps == n, "unexpected %s", plan.steps[n].id);
        ck_assert_uint_eq(plan.n_pending, plans[_i].n_pending);
}
END_TEST

START_TEST(test_empty)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(catalog_freep) struct catalog *catalog = load(&root, NULL, 0);
        _cleanup_(history_state_done) struct history_state state = { 0 };
        _cleanup_(version_range_done) struct version_range range = { 0 };
        _cleanup_(plan_done) struct plan plan = { 0 };

        ck_assert_int_eq(version_range_init(&range, "1.0", "2.0", NULL), 0);
        ck_assert_int_eq(plan_make(&(const struct plan_request){ catalog, &state, &range, &consents }, &plan, NULL), 0);
        ck_assert_uint_eq(plan.n_steps, 0);
        ck_assert_uint_eq(plan.n_pending, 0);
}
END_TEST

START_TEST(test_bad_history)
{
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_(catalog_freep) struct catalog *catalog = load(&root, NULL, 0);
        _cleanup_(history_state_done) struct history_state state = { 0 };
        _cleanup_(version_range_done) struct version_range range = { 0 };
        _cleanup_(plan_done) struct plan plan = { 0 };
        _cleanup_error_ struct error error = { 0 };

        ck_assert_int_eq(events_feed(&state, BASELINE("x:1"), NULL), 0);
        ck_assert_int_eq(version_range_init(&range, "1.0", "2.0", NULL), 0);
        ck_assert_int_eq(plan_make(&(const struct plan_request){ catalog, &state, &range, &consents }, &plan, &error),
                         -EBADMSG);
        ck_assert_msg(strstr(error_text(&error), "x:1"), "%s", error_text(&error));
}
END_TEST

static Suite *plan_suite(void)
{
        Suite *suite = suite_create("plan");
        TCase *tcase = tcase_create("plan");

        tcase_add_unchecked_fixture(tcase, trees_setup, trees_teardown);
        tcase_add_loop_test(tcase, test_plan, 0, ELEMENTSOF(plans));
        tcase_add_test(tcase, test_empty);
        tcase_add_test(tcase, test_bad_history);
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(plan_suite());
}
