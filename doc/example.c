/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Shows what is pending for a package, runs it, and shows how that ended. To build it:
 *     cc -o example example.c $(pkg-config --cflags --libs libdeploymigrate)
 */

#include <deploy-migrate.h>
#include <stdio.h>

static void print_line(struct dmig *ctx, int priority, const char *package, const char *id, const char *text, void *to)
{
        (void)ctx, (void)priority, (void)package;
        fprintf(to, "%s: %s\n", id ? id : "log", text); /* of the migration, or of the library */
}

static void print_event(struct dmig *ctx, const struct dmig_event *event, void *to)
{
        const char *id = dmig_event_get_string(event, "id");

        (void)ctx;
        fprintf(to, "event: %s%s%s\n", dmig_event_get_name(event), id ? " " : "", id ? id : "");
}

static int print_report(const char *title, struct dmig_report *report)
{
        enum dmig_result result = dmig_report_get_result(report);
        const char *error = dmig_report_get_error(report);

        printf("%s: %s%s%s\n", title, dmig_result_to_string(result), error ? ": " : "", error ? error : "");
        for (size_t i = 0; i < dmig_report_count(report); i++) {
                const struct dmig_step *step = dmig_report_get_step(report, i);

                printf("- %s %s\n", dmig_step_get_id(step), dmig_state_to_string(dmig_step_get_state(step)));
        }
        dmig_report_unref(report);
        return result == DMIG_RESULT_COMPLETED || result == DMIG_RESULT_NOTHING_TO_DO ? 0 : 1;
}

int main(int argc, char **argv)
{
        const char *package = argc > 1 ? argv[1] : "", *root = argc > 2 ? argv[2] : "/";
        struct dmig_report *report;
        struct dmig *ctx;
        int r, status = 1;

        r = dmig_new(&ctx);
        if (r < 0)
                return 1;
        dmig_set_log_fn(ctx, print_line, stdout);
        dmig_set_event_fn(ctx, print_event, stdout);
        r = dmig_set_root(ctx, root);
        if (r >= 0)
                r = dmig_plan(ctx, package, NULL, NULL, 0, &report);
        if (r >= 0) {
                (void)print_report("plan", report);
                r = dmig_run(ctx, package, NULL, NULL, 0, &report);
        }
        if (r >= 0)
                status = print_report("run", report);
        else
                fprintf(stderr, "example: %s\n", dmig_error_message(ctx));
        dmig_unref(ctx);
        return status;
}
