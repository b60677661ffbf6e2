/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/history-text.h"
#include "cli/report/report-json.h"
#include "cli/verbs/packages.h"
#include "cli/verbs/verbs.h"

#include <syslog.h>

/* What there is to tell of the packages so far. */
struct history_view {
        bool named;
        bool headed; /* several packages: each under its name */
        size_t n_shown;
};

/* One package's. */
struct loaded {
        const char *package;
        struct dmig_history *history;    /* NULL where it has none */
        const struct dmig_files **files; /* of each event, NULL where not known */
};

static void loaded_done(struct loaded *loaded)
{
        free(loaded->files);
        dmig_history_free(loaded->history);
}

static bool is_applied(const struct dmig_event *event)
{
        return streq(dmig_event_get_name(event), "applied");
}

static int show_failure(struct cli *cli, const char *package, int r)
{
        const char *message = dmig_error_message(cli->ctx);

        if (!cli->packages)
                return cli_failed(cli, package, r);
        cli_say(cli, LOG_ERR, package, NULL, message);
        json_object_array_add(cli->packages, report_json_history(package, NULL, message));
        return exit_status_of_errno(r);
}

static int complain(struct cli *cli, const char *package, int r)
{
        _cleanup_free_ char *text = NULL;

        if (asprintf(&text, "not all changed files can be told: %s", strerror(-r)) < 0)
                text = NULL;
        cli_say(cli, LOG_ERR, package, NULL, text ? text : strerror(-r));
        return exit_status_of_errno(r);
}

static void show_text(struct cli *cli, struct history_view *view, const struct loaded *loaded)
{
        const struct terminal *out = &cli->out;

        if (view->headed) {
                fputs(view->n_shown > 0 ? "\n" : "", out->stream);
                terminal_put(out, STYLE_BOLD, loaded->package);
                fputs(":\n", out->stream);
        }
        history_text(out, loaded->history, loaded->files);
        view->n_shown++;
}

static json_object *events_json(const struct loaded *loaded, bool with_files)
{
        json_object *array = json_object_new_array();

        for (size_t i = 0; array && loaded->history && i < dmig_history_count(loaded->history); i++) {
                const struct dmig_event *event = dmig_history_get(loaded->history, i);
                json_object *object = report_json_event(event);

                if (object && with_files && is_applied(event))
                        json_object_object_add(object, "files", report_json_files(loaded->files[i]));
                json_object_array_add(array, object);
        }
        return array;
}

/* Those of old transactions aren't kept, which is no failure. Returns: 0, or why some can't be read. */
static int find_files(struct loaded *loaded, bool wanted)
{
        size_t n = dmig_history_count(loaded->history);
        int failure = 0;

        loaded->files = calloc(n + 1, sizeof(*loaded->files));
        if (!loaded->files)
                return -ENOMEM;
        for (size_t i = 0; wanted && i < n; i++) {
                int r = 0;

                if (is_applied(dmig_history_get(loaded->history, i)))
                        r = dmig_history_get_files(loaded->history, i, &loaded->files[i]);
                if (r < 0 && r != -ENODATA)
                        failure = r;
        }
        return failure;
}

static int history_package(struct cli *cli, const char *package, void *userdata)
{
        bool with_files = options_has(&cli->options, OPTION_FILES);
        _cleanup_(loaded_done) struct loaded loaded = { .package = package };
        struct history_view *view = userdata;
        int r;

        r = dmig_history_load(cli->ctx, package, 0, &loaded.history);
        if (r < 0 && r != -ENOENT)
                return show_failure(cli, package, r);
        r = loaded.history ? find_files(&loaded, with_files) : 0;
        if (r == -ENOMEM)
                return show_failure(cli, package, r);
        if (cli->packages)
                json_object_array_add(cli->packages,
                                      report_json_history(package, events_json(&loaded, with_files), NULL));
        else if (loaded.history)
                show_text(cli, view, &loaded);
        else if (view->named)
                cli_say(cli, LOG_NOTICE, package, NULL, "has no history");
        return r < 0 ? complain(cli, package, r) : EXIT_DONE;
}

int verb_history(struct cli *cli, char **args)
{
        struct history_view view = { .named = *args, .headed = !*args || args[1] };

        return packages_each(cli, args, history_package, &view);
}
