/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../support/suite.h"
#include "catalog/manifest.h"

#include <stdio.h>

static int parse(struct manifest *manifest, enum manifest_kind kind, const char *text, struct error *error)
{
        const struct manifest_text source = { .kind = kind, .path = "/x.json", .data = text, .size = strlen(text) };

        ck_assert_int_eq(manifest_init(manifest, "foo"), 0);
        return manifest_parse(manifest, &source, error);
}

static void parse_good(struct manifest *manifest, const char *text)
{
        _cleanup_error_ struct error error = { 0 };

        ck_assert_msg(parse(manifest, MANIFEST_MIGRATION, text, &error) == 0, "%s: %s", text, error_text(&error));
}

static void assert_refused(enum manifest_kind kind, const char *text, const char *message)
{
        _cleanup_manifest_ struct manifest manifest = { 0 };
        _cleanup_error_ struct error error = { 0 };

        ck_assert_msg(parse(&manifest, kind, text, &error) == -EBADMSG, "accepted: %s", text);
        ck_assert_msg(str_startswith(error_text(&error), "/x.json"), "%s", error_text(&error));
        ck_assert_msg(strstr(error_text(&error), message), "%s: '%s' doesn't say '%s'", text, error_text(&error),
                      message);
        ck_assert_msg(!strchr(error_text(&error), '\n'), "%s", error_text(&error));
}

static void assert_paths(const struct strv *paths, const char *const *expected, size_t n)
{
        for (size_t i = 0; i < n; i++)
                ck_assert_str_eq(paths->list[i], expected[i]);
        ck_assert_uint_eq(paths->n, n);
}

static void assert_writes(const struct manifest *manifest, const char *const *expected, size_t n)
{
        assert_paths(&manifest->writes, expected, n);
}

START_TEST(test_defaults)
{
        static const char *const writes[] = { "/etc/foo", "/var/lib/foo", "/var/cache/foo", "/var/log/foo" };
        static const char *const texts[] = { "{}", " {\n}\n", "\t{ }  " };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_manifest_ struct manifest manifest = { 0 };

                parse_good(&manifest, texts[i]);
                ck_assert_ptr_null(manifest.description);
                ck_assert_ptr_null(manifest.since);
                assert_writes(&manifest, writes, ELEMENTSOF(writes));
                ck_assert(!manifest.unrestricted);
                ck_assert(!manifest.network);
                ck_assert_uint_eq(manifest.connect.n, 0);
                ck_assert(!manifest.check_scratch);
                ck_assert(!manifest.needs_package);
                ck_assert(!manifest_reaches_out(&manifest));
                ck_assert_uint_eq(manifest.check_timeout_sec, 60);
                ck_assert_uint_eq(manifest.timeout_sec, 900);
        }
}
END_TEST

START_TEST(test_own_package)
{
        static const char *const writes[] = { "/etc/deploy-migrate", "/var/cache/deploy-migrate",
                                              "/var/log/deploy-migrate" };
        _cleanup_manifest_ struct manifest manifest = { 0 };

        ck_assert_int_eq(manifest_init(&manifest, "deploy-migrate"), 0);
        assert_writes(&manifest, writes, ELEMENTSOF(writes));
}
END_TEST

START_TEST(test_everything)
{
        static const char *const writes[] = { "/etc/foo", "/srv/foo data" };
        static const char *const connect[] = { "/run/mysqld/mysqld.sock", "/run/systemd/private" };
        _cleanup_manifest_ struct manifest manifest = { 0 }, copy = { 0 };

        parse_good(
                &manifest,
                "{\"description\": \"Rename \\u00e4 \\\"key\\\"\", \"writes\": [\"/etc/foo\", \"/srv/foo data\"],"
                "\"connect\": [\"/run/mysqld/mysqld.sock\", \"//run/systemd//private\"], \"check_scratch\": true, \"needs_package\": true,"
                "\"network\": true, \"check_timeout_sec\": 0, \"timeout_sec\": 2147483647,"
                "\"since\": \"1:2.0~rc1-1+deb12u1\", \"consent\": \"It takes hours.\"}");
        ck_assert_int_eq(manifest_copy(&copy, &manifest), 0);
        manifest_done(&manifest);

        ck_assert_str_eq(copy.description, "Rename \xc3\xa4 \"key\"");
        assert_writes(&copy, writes, ELEMENTSOF(writes));
        ck_assert(copy.network);
        assert_paths(&copy.connect, connect, ELEMENTSOF(connect));
        ck_assert(copy.check_scratch);
        ck_assert(copy.needs_package);
        ck_assert_uint_eq(copy.check_timeout_sec, 0);
        ck_assert_uint_eq(copy.timeout_sec, 2147483647);
        ck_assert_str_eq(copy.since, "1:2.0~rc1-1+deb12u1");
        ck_assert_str_eq(copy.consent, "It takes hours.");
}
END_TEST

static const struct {
        const char *given, *expected;
} paths[] = {
        { "/etc/foo", "/etc/foo" },
        { "/etc/foo/", "/etc/foo" },
        { "//etc///foo//", "/etc/foo" },
        { "/a", "/a" },
        { "/srv/...", "/srv/..." },
        { "/srv/.hidden/..data", "/srv/.hidden/..data" },
        { "/var/lib/deploy-migrate2", "/var/lib/deploy-migrate2" },
        { "/var/lib/deploy", "/var/lib/deploy" },
        { "/srv/var/lib/deploy-migrate", "/srv/var/lib/deploy-migrate" },
};

START_TEST(test_paths)
{
        _cleanup_manifest_ struct manifest manifest = { 0 };
        char text[128];

        snprintf(text, sizeof(text), "{\"writes\": [\"%s\"]}", paths[_i].given);
        parse_good(&manifest, text);
        assert_writes(&manifest, &paths[_i].expected, 1);
}
END_TEST

START_TEST(test_writes_forms)
{
        _cleanup_manifest_ struct manifest none = { 0 }, all = { 0 };
        const struct manifest_text some = { .path = "/x.json", .data = "{\"writes\": [\"/a\"]}", .size = 18 };
        const char *a = "/a";

        parse_good(&none, "{\"writes\": []}");
        ck_assert(!none.unrestricted);
        assert_writes(&none, NULL, 0);

        parse_good(&all, "{\"writes\": \"*\"}");
        ck_assert(all.unrestricted);
        assert_writes(&all, NULL, 0);

        /* A migration's own manifest overrides the package's defaults. */
        ck_assert_int_eq(manifest_parse(&all, &some, NULL), 0);
        ck_assert(!all.unrestricted);
        assert_writes(&all, &a, 1);
}
END_TEST

START_TEST(test_reaching_out)
{
        static const struct {
                const char *text;
                bool expected;
        } manifests[] = {
                { "{\"network\": true}", true },
                { "{\"connect\": [\"/run/x\"]}", true },
                { "{\"network\": false, \"connect\": []}", false },
                { "{\"check_scratch\": true, \"writes\": \"*\"}", false },
        };

        for (size_t i = 0; i < ELEMENTSOF(manifests); i++) {
                _cleanup_manifest_ struct manifest manifest = { 0 };

                parse_good(&manifest, manifests[i].text);
                ck_assert_int_eq(manifest_reaches_out(&manifest), manifests[i].expected);
        }
}
END_TEST

/* A migration's own manifest overrides the package's defaults. */
START_TEST(test_connect_overrides)
{
        _cleanup_manifest_ struct manifest manifest = { 0 };
        const struct manifest_text none = { .path = "/x.json", .data = "{\"connect\": []}", .size = 15 };

        parse_good(&manifest, "{\"connect\": [\"/run/x\"], \"check_scratch\": true}");
        ck_assert_int_eq(manifest_parse(&manifest, &none, NULL), 0);
        ck_assert_uint_eq(manifest.connect.n, 0);
        ck_assert(manifest.check_scratch);
}
END_TEST

static const struct {
        const char *text, *message;
} refused[] = {
        /* Not a JSON object. */
        { "", "/x.json:1: ends in the middle" },
        { "\n\n{\"network\": true", "/x.json:3: ends in the middle" },
        { "{\n\"network\":\n  maybe}", "/x.json:3: " },
        { "[]", "/x.json:1: isn't a JSON object" },
        { "null ", "/x.json:1: isn't a JSON object" },
        { "\"*\"", "/x.json:1: isn't a JSON object" },
        { "{}\n{}", "/x.json:2: " },
        { "{} x", "/x.json:1: " },
        { "{\"network\": true,}", "/x.json:1: " },
        { "{\"network\": True}", "/x.json:1: " },
        { "// a comment\n{}", "/x.json:1: " },
        { "{\"description\": \"\xff\"}", "/x.json:1: " },
        { "{\"description\": [[[[[[[[[[1]]]]]]]]]]}", "/x.json:1: is nested" },
        /* Keys. */
        { "{\"write\": []}", "unknown key \"write\"" },
        { "{\"Network\": true}", "unknown key \"Network\"" },
        { "{\"\": 1}", "unknown key \"\"" },
        { "{\"x\": 1}",
          "description, writes, network, connect, check_scratch, needs_package, once, check_timeout_sec, timeout_sec, since and consent" },
        /* Types. */
        { "{\"description\": 5}", "\"description\" must be a string" },
        { "{\"description\": null}", "\"description\" must be a string" },
        { "{\"description\": \"a\\u0000b\"}", "\"description\" must be a string" },
        { "{\"network\": 1}", "\"network\" must be true or false" },
        { "{\"network\": \"true\"}", "\"network\" must be true or false" },
        { "{\"timeout_sec\": \"5\"}", "\"timeout_sec\" must be a whole number" },
        { "{\"timeout_sec\": 5.5}", "\"timeout_sec\" must be a whole number" },
        { "{\"timeout_sec\": -1}", "\"timeout_sec\" must be a whole number" },
        { "{\"timeout_sec\": 2147483648}", "\"timeout_sec\" must be a whole number" },
        { "{\"check_timeout_sec\": 18446744073709551615}", "\"check_timeout_sec\" must be a whole number" },
        { "{\"check_timeout_sec\": null}", "\"check_timeout_sec\" must be a whole number" },
        { "{\"writes\": \"/etc\"}", "\"writes\" must be an array of absolute paths, or \"*\"" },
        { "{\"writes\": {}}", "\"writes\" must be an array" },
        { "{\"writes\": null}", "\"writes\" must be an array" },
        { "{\"writes\": [1]}", "\"writes\" must contain only strings" },
        { "{\"writes\": [\"/a\", null]}", "\"writes\" must contain only strings" },
        { "{\"writes\": [\"/a\\u0000b\"]}", "\"writes\" must contain only strings" },
        { "{\"connect\": \"/run/x\"}", "\"connect\" must be an array of absolute paths of sockets" },
        { "{\"connect\": null}", "\"connect\" must be an array" },
        { "{\"connect\": [true]}", "\"connect\" must contain only strings" },
        { "{\"needs_package\": 1}", "\"needs_package\" must be true or false" },
        { "{\"check_scratch\": 1}", "\"check_scratch\" must be true or false" },
        /* Versions. */
        { "{\"consent\": true}", "\"consent\" must be a string" },
        { "{\"consent\": \" \\n\"}", "\"consent\" is empty; say what the administrator must agree to" },
        { "{\"since\": 1}", "\"since\" must be a string" },
        { "{\"since\": \"\"}", "\"since\": " },
        { "{\"since\": \"v1.0\"}", "\"since\": " },
        { "{\"since\": \"1.0 x\"}", "\"since\": " },
        { "{\"since\": \"1_0\"}", "\"since\": " },
        { "{\"since\": \"x:1\"}", "\"since\": " },
        /* Paths. */
        { "{\"writes\": [\"\"]}", "isn't an absolute path" },
        { "{\"writes\": [\"etc/foo\"]}", "isn't an absolute path" },
        { "{\"writes\": [\"*\"]}", "isn't an absolute path" },
        { "{\"writes\": [\"/etc/../foo\"]}", "contains \".\" or \"..\"" },
        { "{\"writes\": [\"/etc/foo/..\"]}", "contains \".\" or \"..\"" },
        { "{\"writes\": [\"/./etc\"]}", "contains \".\" or \"..\"" },
        { "{\"writes\": [\"/\"]}", "the whole system" },
        { "{\"writes\": [\"///\"]}", "the whole system" },
        { "{\"writes\": [\"/var\"]}", "contains or is in /var/lib/deploy-migrate" },
        { "{\"writes\": [\"/var//lib/\"]}", "contains or is in /var/lib/deploy-migrate" },
        { "{\"writes\": [\"/var/lib/deploy-migrate\"]}", "contains or is in /var/lib/deploy-migrate" },
        { "{\"writes\": [\"/etc/foo\", \"/var/lib/deploy-migrate/foo/x\"]}", "contains or is in" },
        { "{\"connect\": [\"\"]}", "\"connect\" can't contain \"\": it isn't an absolute path" },
        { "{\"connect\": [\"run/x\"]}", "isn't an absolute path" },
        { "{\"connect\": [\"@abstract\"]}", "isn't an absolute path" },
        { "{\"connect\": [\"/run/../x\"]}", "contains \".\" or \"..\"" },
        { "{\"connect\": [\"/run/.\"]}", "contains \".\" or \"..\"" },
        { "{\"connect\": [\"/\"]}", "is a directory; name the socket itself" },
        { "{\"connect\": [\"/run/mysqld/\"]}", "is a directory; name the socket itself" },
};

START_TEST(test_refused)
{
        assert_refused(MANIFEST_MIGRATION, refused[_i].text, refused[_i].message);
        assert_refused(MANIFEST_PACKAGE, refused[_i].text,
                       str_startswith(refused[_i].message, "\"since\"") ? "\"since\"" : refused[_i].message);
}
END_TEST

START_TEST(test_embedded_nul)
{
        static const char data[] = "{}\0{}";
        const struct manifest_text text = { .path = "/x.json", .data = data, .size = sizeof(data) - 1 };
        _cleanup_manifest_ struct manifest manifest = { 0 };

        ck_assert_int_eq(manifest_init(&manifest, "foo"), 0);
        ck_assert_int_eq(manifest_parse(&manifest, &text, NULL), -EBADMSG);
}
END_TEST

START_TEST(test_package)
{
        _cleanup_manifest_ struct manifest manifest = { 0 };
        _cleanup_error_ struct error error = { 0 };

        ck_assert_int_eq(
                parse(&manifest, MANIFEST_PACKAGE,
                      "{\"description\": \"d\", \"writes\": \"*\", \"network\": true, \"check_timeout_sec\": 1,"
                      "\"timeout_sec\": 2, \"connect\": [\"/run/x\"], \"check_scratch\": true}",
                      &error),
                0);
        ck_assert_str_eq(manifest.description, "d");
        ck_assert_uint_eq(manifest.timeout_sec, 2);
        assert_refused(MANIFEST_PACKAGE, "{\"since\": \"1.0\"}", "\"since\" belongs to one migration");
}
END_TEST

static Suite *manifest_suite(void)
{
        Suite *suite = suite_create("manifest");
        TCase *tcase = tcase_create("manifest");

        tcase_add_test(tcase, test_defaults);
        tcase_add_test(tcase, test_own_package);
        tcase_add_test(tcase, test_everything);
        tcase_add_loop_test(tcase, test_paths, 0, ELEMENTSOF(paths));
        tcase_add_test(tcase, test_writes_forms);
        tcase_add_test(tcase, test_reaching_out);
        tcase_add_test(tcase, test_connect_overrides);
        tcase_add_loop_test(tcase, test_refused, 0, ELEMENTSOF(refused));
        tcase_add_test(tcase, test_embedded_nul);
        tcase_add_test(tcase, test_package);
        suite_add_tcase(suite, tcase);
        return suite;
}

int main(void)
{
        return suite_run(manifest_suite());
}
