/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "embedding.h"
#include "tree.h"

#include <check.h>
#include <limits.h>

static void print_event(const struct dmig_event *event, FILE *out)
{
        const char *id = dmig_event_get_string(event, "id");

        fprintf(out, "%s%s%s\n", dmig_event_get_name(event), id ? " " : "", id ?: "");
}

static void hear_event(struct dmig *ctx, const struct dmig_event *event, void *userdata)
{
        const struct embedder *embedder = userdata;
        const char *name = dmig_event_get_name(event);

        ck_assert_ptr_eq(ctx, embedder->ctx);
        if (streq(name, "progress"))
                return; /* how many come depends on the speed of the machine */
        print_event(event, embedder->out);
        if (embedder->on_event)
                embedder->on_event(name, dmig_event_get_string(event, "phase") ?: "", embedder->userdata);
}

static void hear_line(struct dmig *ctx, int priority, const char *package, const char *id, const char *text,
                      void *userdata)
{
        const struct embedder *embedder = userdata;

        (void)priority;
        (void)package;
        ck_assert_ptr_eq(ctx, embedder->ctx);
        fprintf(embedder->out, "# %s %s\n", id ?: "", text);
}

static void set_up(struct embedder *embedder)
{
        embedder->out = open_memstream(&embedder->heard, &embedder->heard_size);
        ck_assert_ptr_nonnull(embedder->out);
        ck_assert_int_eq(dmig_new(&embedder->ctx), 0);
        ck_assert_int_eq(dmig_set_root(embedder->ctx, embedder->root.path), 0);
        dmig_set_event_fn(embedder->ctx, hear_event, embedder);
        dmig_set_log_fn(embedder->ctx, hear_line, embedder);
}

void embedder_init(struct embedder *ret)
{
        *ret = (struct embedder){ .root = tree_new() };
        set_up(ret);
}

void embedder_join(struct embedder *ret, const struct embedder *other)
{
        *ret = (struct embedder){ 0 };
        ck_assert_int_eq(root_init(&ret->root, other->root.path), 0);
        set_up(ret);
}

void embedder_done(struct embedder *embedder)
{
        dmig_unref(embedder->ctx);
        fclose(embedder->out);
        free(embedder->heard);
        root_done(&embedder->root);
}

void embedder_expect(struct embedder *embedder, const char *heard)
{
        fflush(embedder->out);
        ck_assert_str_eq(embedder->heard + embedder->n_seen, heard);
        embedder->n_seen = embedder->heard_size;
}

void embedder_install(const struct embedder *embedder, const char *package, const char *version)
{
        char stanza[512];

        snprintf(stanza, sizeof(stanza),
                 "Package: %s\nStatus: install ok installed\nArchitecture: all\nVersion: %s\n\n", package, version);
        tree_add(&embedder->root, &(struct tree_entry){ "/var/lib/dpkg/status", 0644, stanza });
}

void embedder_add(const struct embedder *embedder, const char *package, const char *id, const char *commands)
{
        char path[PATH_MAX], text[2048];

        snprintf(path, sizeof(path), "/usr/lib/deploy-migrate/%s/v%s", package, id);
        snprintf(text, sizeof(text),
                 "#!/bin/sh\n"
                 "file=$DPKG_ROOT/etc/$DEPLOY_MIGRATE_PACKAGE/${0##*/}\n"
                 "[ $1 = migrate ] || exec test -e $file\n"
                 "%s\n"
                 "mkdir -p ${file%%/*}\n"
                 ": >$file\n",
                 commands);
        tree_add(&embedder->root, &(struct tree_entry){ path, 0755, text });
}

void embedder_run(const struct embedder *embedder, const char *package, enum dmig_result result, int code)
{
        struct dmig_report *report = NULL;

        ck_assert_int_eq(dmig_run(embedder->ctx, package, NULL, NULL, 0, &report), 0);
        ck_assert_msg(dmig_report_get_result(report) == result && dmig_report_get_errno(report) == code, "%s, %d: %s",
                      dmig_result_to_string(dmig_report_get_result(report)), dmig_report_get_errno(report),
                      dmig_report_get_error(report) ?: "");
        dmig_report_unref(report);
}

char *embedder_history(const struct embedder *embedder, const char *package)
{
        struct dmig_history *history = NULL;
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        ck_assert_ptr_nonnull(out);
        ck_assert_msg(dmig_history_load(embedder->ctx, package, 0, &history) == 0, "%s",
                      dmig_error_message(embedder->ctx));
        for (size_t i = 0; i < dmig_history_count(history); i++)
                print_event(dmig_history_get(history, i), out);
        dmig_history_free(history);
        ck_assert_int_eq(fclose(out), 0);
        return text;
}
