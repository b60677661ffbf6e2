/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * lint-script: a migration's text. Each finding is of a line of it, and printable; it is read whole, whatever it expands to.
 *
 * Covers: lint/script.c lint/script-answer.c lint/script-needs.c lint/script-writes.c
 */

#include "basic/utf8.h"
#include "fuzz.h"
#include "lint/script-answer.h"
#include "lint/script-needs.h"
#include "lint/script-writes.h"

#define NAME "/script"

struct findings {
        const char *path;
        size_t n_lines;
};

static void take_finding(struct dmig *ctx, int priority, const char *path, const char *text, void *userdata)
{
        const struct findings *findings = userdata;
        _cleanup_free_ char *clean = utf8_sanitize(text, strlen(text));
        const char *number = str_startswith(path, findings->path);

        (void)ctx;
        (void)priority;
        law(clean && streq(clean, text) && number);
        law(!*number || (*number == ':' && strtoul(number + 1, NULL, 10) <= findings->n_lines));
}

static void check(const struct findings *findings, const struct script *script, const struct debian_source *source)
{
        _cleanup_manifest_ struct manifest manifest = { 0 };
        struct migration migration = { .path = (char[]){ "script" }, .manifest = &manifest };
        struct findings userdata = { .path = migration.path, .n_lines = findings->n_lines };
        static struct linter linter = {
                .fn = take_finding
        }; /* with the patterns of earlier runs, which take long to compile */

        linter.source = *source;
        linter.userdata = &userdata;
        law(manifest_init(&manifest, "sample") == 0);
        law(script_check_answers(&linter, migration.path, script) == 0);
        law(script_check_writes(&linter, &migration, script) == 0);
        law(script_check_needs(&linter, migration.path, script) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct debian_source source = { .path = (char[]){ "/" },
                                        .package = (char[]){ "sample" },
                                        .depends = (char[]){ "a, jq" } };
        const struct root *root = fuzz_root((const char *const[]){ NULL });
        _cleanup_script_ struct script script = { 0 };
        _cleanup_error_ struct error error = { 0 };
        _cleanup_free_ char *path = fuzz_allocate(strlen(root->path) + sizeof(NAME));
        struct findings findings;

        strcpy(stpcpy(path, root->path), NAME);
        fuzz_put(NAME, data, size);
        law(script_read(path, size % 16 == 15, &script, &error) == 0);
        findings = (struct findings){ .n_lines = script.lines.n };
        check(&findings, &script, &source);
        if (size % 8 == 0)
                check(&findings, &script, &(const struct debian_source){ 0 });
        return 0;
}
