/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "../support/tree.h"
#include "history/history.h"
#include "package/former.h"

#include <sys/stat.h>

#define REMOVED(name, version)                                                      \
        "Package: " name "\nStatus: deinstall ok config-files\nArchitecture: all\n" \
        "Version: " version "\nConfig-Version: " version "\n\n"
#define UPGRADED(name, version) "2026-01-02 03:04:05 upgrade " name ":all " version " 9\n"

#define STATUS_FILE "/var/lib/dpkg/status"
#define LOG_FILE    "/var/log/dpkg.log"

static const struct {
        const char *history, *status, *log; /* NULL: there is none. The history is that of "old" */
        const char *version;                /* NULL: none is found */
} cases[] = {
        { NULL, NULL, NULL, NULL },
        { "1.6", REMOVED("old", "1.5"), UPGRADED("old", "1.2"), "1.6" },
        { NULL, REMOVED("old", "1.5"), UPGRADED("old", "1.2"), "1.5" },
        { NULL, REMOVED("old", "1.5") REMOVED("older", "1.10"), NULL, "1.5" },
        { NULL, REMOVED("old", "1.10") REMOVED("older", "1.5"), NULL, "1.5" },
        { NULL, REMOVED("other", "1.5"), UPGRADED("older", "1.2"), "1.2" },
        { NULL, NULL, UPGRADED("old", "1.3") UPGRADED("older", "1.2"), "1.2" },
        { NULL, REMOVED("other", "1.5"), UPGRADED("other", "1.2"), NULL },
};

static void find(const struct root *root, const char *history, int expected, const char *version)
{
        char *list[] = { (char[]){ "old" }, (char[]){ "older" }, NULL };
        const struct strv names = { .list = list, .n = 2 };
        _cleanup_error_ struct error error = { 0 };
        _cleanup_free_ char *found = NULL;
        struct dmig *ctx;
        int r;

        ck_assert_int_eq(dmig_new(&ctx), 0);
        ck_assert_int_eq(dmig_set_root(ctx, root->path), 0);
        if (history)
                ck_assert_int_eq(dmig_baseline(ctx, "old", history, 0), 0);
        r = former_find_version(ctx, &names, &found, &error);
        ck_assert_msg(r == expected, "%d: %s", r, error_text(&error));
        if (r < 0)
                ck_assert_msg(strstr(error_text(&error), version), "%s", error_text(&error));
        else if (version)
                ck_assert_str_eq(found, version);
        dmig_unref(ctx);
}

START_TEST(test_cases)
{
        _cleanup_(root_done) struct root root = tree_new();

        if (cases[_i].status)
                tree_add(&root, &(struct tree_entry){ STATUS_FILE, 0644, cases[_i].status });
        if (cases[_i].log)
                tree_add(&root, &(struct tree_entry){ LOG_FILE, 0644, cases[_i].log });
        find(&root, cases[_i].history, cases[_i].version != NULL, cases[_i].version);
}
END_TEST

static const struct {
        const char *path;
        int code;
} unreadable[] = {
        { STATE_DIR "/older/history.jsonl", -ELOOP },
        { STATUS_FILE, -ELOOP },
        { LOG_FILE, -ELOOP },
};

/* What can't be read may have the version that counts, whatever another place has. */
START_TEST(test_unreadable)
{
        _cleanup_(root_done) struct root root = tree_new();

        tree_add(&root,
                 &(struct tree_entry){ unreadable[_i].path, S_IFLNK | 0777, strrchr(unreadable[_i].path, '/') + 1 });
        find(&root, NULL, unreadable[_i].code, unreadable[_i].path);
}
END_TEST

static Suite *former_suite(void)
{
        Suite *suite = suite_create("former");
        TCase *tcase = trees_case(suite, "former", 10);

        tcase_add_loop_test(tcase, test_cases, 0, ELEMENTSOF(cases));
        tcase_add_loop_test(tcase, test_unreadable, 0, ELEMENTSOF(unreadable));
        return suite;
}

int main(void)
{
        return suite_run(former_suite());
}
