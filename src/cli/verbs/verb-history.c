/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* history [PACKAGE...]: prints each package's events, with --files also the files that its migrations changed. */

#include "cli/json-build.h"
#include "cli/need.h"
#include "cli/packages.h"
#include "cli/report/files-json.h"
#include "cli/report/history-text.h"
#include "cli/report/report-json.h"
#include "cli/verbs/verbs.h"

#include <syslog.h>

/* How the packages are shown. */
struct history_view {
        bool named;
        bool headed;    /* several packages: the name above each */
        size_t n_shown; /* so far */
};

struct package_history {
        const char *package;
        struct dmig_history *history;    /* NULL: it has none */
        const struct dmig_files **files; /* of each event; NULL: not known */
};

static void package_history_done(struct package_history *loaded)
{
        free(loaded->files);
        dmig_history_free(loaded->history);
}

static bool event_is_applied(const struct dmig_event *event)
{
        return streq(dmig_event_get_name(event), "applied");
}

static int history_show_failure(struct cli *cli, const char *package, int r)
{
        const char *message = cli_error_message(cli, r);

        if (!cli->packages)
                return cli_failed(cli, package, r);
        cli_say(cli, LOG_ERR, package, message);
        json_build_append(cli->packages, report_json_history(package, NULL, message));
        return exit_status_of_errno(r);
}

static int history_complain(struct cli *cli, const char *package, int r)
{
        _cleanup_free_ char *text = NULL;

        if (asprintf(&text, "can't list all changed files: %s",
                     r == -EBADMSG ? "the log of a transaction is damaged" : strerror(-r)) < 0)
                text = NULL;
        cli_say(cli, LOG_ERR, package, text ? text : strerror(-r));
        return exit_status_of_errno(r);
}

static void history_show_text(struct cli *cli, struct history_view *view, const struct package_history *loaded)
{
        const struct terminal *out = &cli->out;

        if (view->headed) {
                fputs(view->n_shown > 0 ? "\n" : "", out->stream);
                terminal_put(out, STYLE_BOLD, loaded->package);
                fputs(":\n", out->stream);
        }
        history_text_print(out, loaded->history, loaded->files);
        view->n_shown++;
}

static json_object *history_events_json(const struct package_history *loaded, bool with_files)
{
        json_object *array = json_build_array();

        for (size_t i = 0; loaded->history && i < dmig_history_count(loaded->history); i++) {
                const struct dmig_event *event = dmig_history_get(loaded->history, i);
                json_object *object = report_json_event(event);

                if (with_files && event_is_applied(event))
                        json_build_add(object, "files", files_json(loaded->files[i]));
                json_build_append(array, object);
        }
        return array;
}

/* That the files of old transactions are no longer known (-ENODATA) is no failure. Returns: 0, or why some can't be read. */
static int package_history_find_files(struct package_history *loaded, bool wanted)
{
        size_t n = dmig_history_count(loaded->history);
        int failure = 0;

        loaded->files = need_memory(calloc(n + 1, sizeof(*loaded->files)));
        for (size_t i = 0; wanted && i < n; i++) {
                int r = 0;

                if (event_is_applied(dmig_history_get(loaded->history, i)))
                        r = dmig_history_get_files(loaded->history, i, &loaded->files[i]);
                if (r < 0 && r != -ENODATA)
                        failure = r;
        }
        return failure;
}

static int verb_history_package(struct cli *cli, const char *package, void *userdata)
{
        bool with_files = options_has(&cli->options, OPTION_FILES);
        _cleanup_(package_history_done) struct package_history loaded = { .package = package };
        struct history_view *view = userdata;
        int r;

        r = dmig_history_load(cli->ctx, package, 0, &loaded.history);
        if (r < 0 && r != -ENOENT)
                return history_show_failure(cli, package, r);
        r = loaded.history ? package_history_find_files(&loaded, with_files) : 0;
        if (cli->packages)
                json_build_append(cli->packages,
                                  report_json_history(package, history_events_json(&loaded, with_files), NULL));
        else if (loaded.history)
                history_show_text(cli, view, &loaded);
        else if (view->named)
                cli_say(cli, LOG_NOTICE, package, "no history");
        return r < 0 ? history_complain(cli, package, r) : EXIT_DONE;
}

int verb_history(struct cli *cli, char **args)
{
        struct history_view view = { .named = *args, .headed = !*args || args[1] };

        return packages_foreach(cli, args, verb_history_package, &view);
}
