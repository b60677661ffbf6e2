/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Databases that the real dpkg makes in roots of their own, from packages built here, compared with dpkg-query's answers. Maintainer scripts
 * run this program as a probe, so that it reads in the middle of an upgrade.
 */

#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "basic/clock.h"
#include "dpkg/dpkg-database.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* "version config-version state eflag", as summarise() writes it. */
#define QUERY_FORMAT "${Version} ${Config-Version} ${db:Status-Status} ${db:Status-Eflag}\\n"

struct deb {
        const char *name;
        const char *version;
        const char *architecture;
        const char *fields; /* further fields of the control file, "" for none */
        const char *script; /* that all maintainer scripts run after the probe */
};

/* ---- What we say ------------------------------------------------------------------------- */

static void summarise(const struct dpkg_package *package, char *text, size_t size)
{
        if (!package || package->state == DPKG_NOT_INSTALLED)
                snprintf(text, size, "none");
        else
                snprintf(text, size, "%s %s %s %s", package->version ?: "", package->config_version ?: "",
                         dpkg_state_to_string(package->state), package->reinstreq ? "reinstreq" : "ok");
}

static void read_summary(const struct root *root, const char *name, char text[static 128])
{
        _cleanup_(dpkg_database_freep) struct dpkg_database *database = NULL;
        char *wanted[] = { (char *)(uintptr_t)name, NULL };
        _cleanup_error_ struct error error = { 0 };

        ck_assert_msg(dpkg_database_read(&(struct dpkg_database_request){ .root = root, .wanted = wanted }, &database,
                                         &error) == 0,
                      "%s", error_text(&error));
        summarise(dpkg_database_find(database, name), text, 128);
}

static int probe(const char *path, const char *name)
{
        _cleanup_(dpkg_database_freep) struct dpkg_database *database = NULL;
        _cleanup_(root_done) struct root root = { .fd = -EBADF };
        char *wanted[] = { (char *)(uintptr_t)name, NULL };
        _cleanup_error_ struct error error = { 0 };
        char text[128];

        if (root_init(&root, path) < 0 ||
            dpkg_database_read(&(struct dpkg_database_request){ .root = &root, .wanted = wanted }, &database, &error) <
                    0) {
                puts(error_text(&error));
                return EXIT_FAILURE;
        }
        summarise(dpkg_database_find(database, name), text, sizeof(text));
        puts(text);
        return EXIT_SUCCESS;
}

/* ---- What dpkg does ---------------------------------------------------------------------- */

static struct root new_root(void)
{
        struct root root = tree_new();

        tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/status", 0644, "" });
        tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/updates", S_IFDIR | 0755, NULL });
        tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/info", S_IFDIR | 0755, NULL });
        tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/triggers", S_IFDIR | 0755, NULL });
        return root;
}

static int dpkg(const struct root *root, const char *arguments)
{
        return shell("dpkg --root=%s --force-script-chrootless --force-not-root --force-bad-path --force-unsafe-io"
                     " --log=/dev/null %s >>%s/output 2>&1 </dev/null",
                     root->path, arguments, root->path);
}

static const char *native_architecture(void)
{
        static char name[32];
        _cleanup_free_ char *output = NULL;

        output = shell_output("dpkg --print-architecture");
        ck_assert_int_eq(sscanf(output, "%31s", name), 1);
        return name;
}

static void add_script(const struct root *root, const struct deb *deb, const char *name)
{
        _cleanup_free_ char *path = NULL, *text = NULL, *self = NULL;

        self = realpath("/proc/self/exe", NULL);
        ck_assert_ptr_nonnull(self);
        ck_assert_int_ge(asprintf(&path, "/%s_%s/DEBIAN/%s", deb->name, deb->version, name), 0);
        ck_assert_int_ge(asprintf(&text,
                                  "#!/bin/sh\n"
                                  "root=%s name=%s\n"
                                  "{\n"
                                  "echo \"$DPKG_MAINTSCRIPT_NAME %s $1\"\n"
                                  "%s probe $root $name\n"
                                  "dpkg-query --admindir=$root/var/lib/dpkg -W -f '" QUERY_FORMAT
                                  "' $name || echo none\n"
                                  "} >>$root/probes 2>>$root/output\n"
                                  "%s\n",
                                  root->path, deb->name, deb->version, self, deb->script),
                         0);
        tree_add(root, &(struct tree_entry){ path, 0755, text });
}

/* Makes NAME_VERSION.deb in the root. */
static void build(const struct root *root, const struct deb *deb)
{
        static const char *const scripts[] = { "preinst", "postinst", "prerm", "postrm" };
        _cleanup_free_ char *control = NULL, *path = NULL, *conffile = NULL;

        ck_assert_int_ge(asprintf(&control,
                                  "Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: x <x@example.org>\n"
                                  "Description: x\n%s",
                                  deb->name, deb->version, deb->architecture, deb->fields),
                         0);
        ck_assert_int_ge(asprintf(&path, "/%s_%s/DEBIAN/control", deb->name, deb->version), 0);
        ck_assert_int_ge(asprintf(&conffile, "/%s_%s/etc/%s.conf", deb->name, deb->version, deb->name), 0);
        tree_add(root, &(struct tree_entry){ path, 0644, control });
        tree_add(root, &(struct tree_entry){ conffile, 0644, "# empty\n" });
        for (size_t i = 0; deb->script && i < ELEMENTSOF(scripts); i++)
                add_script(root, deb, scripts[i]);

        ck_assert_int_eq(shell("cd %s/%s_%s && echo /etc/%s.conf >DEBIAN/conffiles &&"
                               " chmod 755 . DEBIAN && dpkg-deb --root-owner-group -b . ../%s_%s.deb >/dev/null",
                               root->path, deb->name, deb->version, deb->name, deb->name, deb->version),
                         0);
}

static void build_foo(const struct root *root, const char *script)
{
        build(root, &(struct deb){ "foo", "1.0", "all", "", script });
        build(root, &(struct deb){ "foo", "2.0", "all", "", script });
}

static int dpkg_deb(const struct root *root, const char *action, const char *deb)
{
        _cleanup_free_ char *arguments = NULL;

        ck_assert_int_ge(asprintf(&arguments, "%s %s/%s.deb", action, root->path, deb), 0);
        return dpkg(root, arguments);
}

/* Both dpkg-query and the reader must say so. */
static void assert_package(const struct root *root, const char *name, const char *expected)
{
        _cleanup_free_ char *output = NULL;
        char text[128];

        output = shell_output("{ dpkg-query --admindir=%s/var/lib/dpkg -W -f '" QUERY_FORMAT "' %s 2>/dev/null ||"
                              " echo none; } | sed 's/.* not-installed ok$/none/'",
                              root->path, name);
        output[strcspn(output, "\n")] = '\0';
        ck_assert_str_eq(output, expected);

        read_summary(root, name, text);
        ck_assert_str_eq(text, expected);
}

/* The probes of all maintainer scripts since the last time: here, too, dpkg-query and the reader must agree. */
static void assert_probes(const struct root *root, const char *expected)
{
        char phase[128], ours[128], theirs[128], text[4096] = "";
        FILE *file;

        file = fopen(tree_path(root, "/probes"), "re");
        ck_assert_ptr_nonnull(file);
        while (fgets(phase, sizeof(phase), file)) {
                ck_assert_ptr_nonnull(fgets(ours, sizeof(ours), file));
                ck_assert_ptr_nonnull(fgets(theirs, sizeof(theirs), file));
                ck_assert_str_eq(ours, theirs);
                phase[strcspn(phase, "\n")] = '\0';
                snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s: %s", phase, ours);
        }
        fclose(file);
        ck_assert_str_eq(text, expected);
        ck_assert_int_eq(unlink(tree_path(root, "/probes")), 0);
}

START_TEST(test_upgrade)
{
        _cleanup_(root_done) struct root root = new_root();

        build_foo(&root, "");
        assert_package(&root, "foo", "none");

        ck_assert_int_eq(dpkg_deb(&root, "-i", "foo_1.0"), 0);
        assert_probes(&root, "preinst 1.0 install: 1.0  half-installed reinstreq\n"
                             "postinst 1.0 configure: 1.0  half-configured ok\n");
        assert_package(&root, "foo", "1.0  installed ok");

        ck_assert_int_eq(dpkg_deb(&root, "-i", "foo_2.0"), 0);
        assert_probes(&root, "prerm 1.0 upgrade: 1.0 1.0 half-configured reinstreq\n"
                             "preinst 2.0 upgrade: 1.0 1.0 half-installed reinstreq\n"
                             "postrm 1.0 upgrade: 1.0 1.0 half-installed reinstreq\n"
                             "postinst 2.0 configure: 2.0 1.0 half-configured ok\n");
        assert_package(&root, "foo", "2.0  installed ok");

        ck_assert_int_eq(dpkg_deb(&root, "-i", "foo_1.0"), 0);
        assert_package(&root, "foo", "1.0  installed ok");
}
END_TEST

START_TEST(test_remove_and_purge)
{
        _cleanup_(root_done) struct root root = new_root();

        build_foo(&root, "");
        ck_assert_int_eq(dpkg_deb(&root, "-i", "foo_1.0"), 0);
        ck_assert_int_eq(unlink(tree_path(&root, "/probes")), 0);

        ck_assert_int_eq(dpkg(&root, "-r foo"), 0);
        assert_package(&root, "foo", "1.0 1.0 config-files ok");
        ck_assert_int_eq(dpkg_deb(&root, "-i", "foo_2.0"), 0);
        assert_package(&root, "foo", "2.0  installed ok");
        ck_assert_int_eq(dpkg(&root, "-P foo"), 0);
        assert_package(&root, "foo", "none");

        assert_probes(&root, "prerm 1.0 remove: 1.0 1.0 half-configured ok\n"
                             "postrm 1.0 remove: 1.0 1.0 half-installed ok\n"
                             "preinst 2.0 install: 1.0 1.0 half-installed reinstreq\n"
                             "postinst 2.0 configure: 2.0 1.0 half-configured ok\n"
                             "prerm 2.0 remove: 2.0 2.0 half-configured ok\n"
                             "postrm 2.0 remove: 2.0 2.0 half-installed ok\n"
                             "postrm 2.0 purge: 2.0  config-files ok\n");
}
END_TEST

START_TEST(test_unpacked)
{
        _cleanup_(root_done) struct root root = new_root();

        build_foo(&root, NULL);
        ck_assert_int_eq(dpkg_deb(&root, "--unpack", "foo_1.0"), 0);
        assert_package(&root, "foo", "1.0  unpacked ok");
        ck_assert_int_eq(dpkg(&root, "--configure foo"), 0);
        ck_assert_int_eq(dpkg_deb(&root, "--unpack", "foo_2.0"), 0);
        assert_package(&root, "foo", "2.0 1.0 unpacked ok");
        ck_assert_int_eq(dpkg(&root, "--configure foo"), 0);
        assert_package(&root, "foo", "2.0  installed ok");
}
END_TEST

START_TEST(test_half_configured)
{
        _cleanup_(root_done) struct root root = new_root();

        build(&root, &(struct deb){ "foo", "1.0", "all", "", "" });
        build(&root, &(struct deb){ "foo", "2.0", "all", "", "[ \"$1\" != configure ]" });
        ck_assert_int_eq(dpkg_deb(&root, "-i", "foo_1.0"), 0);
        ck_assert_int_eq(dpkg_deb(&root, "-i", "foo_2.0"), 1);
        assert_package(&root, "foo", "2.0 1.0 half-configured ok");
}
END_TEST

START_TEST(test_half_installed)
{
        _cleanup_(root_done) struct root root = new_root();

        build(&root, &(struct deb){ "foo", "1.0", "all", "", "" });
        build(&root, &(struct deb){ "foo", "2.0", "all", "", "exit 1" });
        build(&root, &(struct deb){ "bar", "1.0", "all", "", "exit 1" });
        ck_assert_int_eq(dpkg_deb(&root, "-i", "foo_1.0"), 0);
        ck_assert_int_eq(dpkg_deb(&root, "-i", "foo_2.0"), 1);
        assert_package(&root, "foo", "1.0 1.0 half-installed reinstreq");
        ck_assert_int_eq(dpkg_deb(&root, "-i", "bar_1.0"), 1);
        assert_package(&root, "bar", "1.0  half-installed reinstreq");
}
END_TEST

START_TEST(test_triggers)
{
        _cleanup_(root_done) struct root root = new_root();

        build(&root, &(struct deb){ "foo", "1.0", "all", "", NULL });
        build(&root, &(struct deb){ "bar", "1.0", "all", "", NULL });
        tree_add(&root, &(struct tree_entry){ "/bar_1.0/DEBIAN/triggers", 0644, "interest /etc/foo.conf\n" });
        ck_assert_int_eq(
                shell("dpkg-deb --root-owner-group -b %s/bar_1.0 %s/bar_1.0.deb >/dev/null", root.path, root.path), 0);

        ck_assert_int_eq(dpkg_deb(&root, "-i", "bar_1.0"), 0);
        ck_assert_int_eq(dpkg_deb(&root, "--no-triggers -i", "foo_1.0"), 0);
        assert_package(&root, "foo", "1.0  triggers-awaited ok");
        assert_package(&root, "bar", "1.0  triggers-pending ok");
        ck_assert_int_eq(dpkg(&root, "--triggers-only -a"), 0);
        assert_package(&root, "foo", "1.0  installed ok");
        assert_package(&root, "bar", "1.0  installed ok");
}
END_TEST

/* `status` alone is stale then, until dpkg writes again. */
START_TEST(test_killed)
{
        static const char kill[] = "[ \"$1\" != configure ] || [ ! -e $root/kill ] || kill -9 $PPID";
        _cleanup_(root_done) struct root root = new_root();

        build_foo(&root, kill);
        ck_assert_int_eq(dpkg_deb(&root, "-i", "foo_1.0"), 0);
        tree_add(&root, &(struct tree_entry){ "/kill", 0644, NULL });
        ck_assert_int_eq(dpkg_deb(&root, "-i", "foo_2.0"), 128 + SIGKILL);

        ck_assert_int_eq(shell("grep -qx 'Version: 1.0' %s/var/lib/dpkg/status", root.path), 0);
        assert_package(&root, "foo", "2.0 1.0 half-configured ok");
        ck_assert_int_eq(unlink(tree_path(&root, "/kill")), 0);
        ck_assert_int_eq(dpkg(&root, "--configure -a"), 0);
        assert_package(&root, "foo", "2.0  installed ok");
}
END_TEST

START_TEST(test_other_architecture)
{
        _cleanup_(root_done) struct root root = new_root();

        build(&root, &(struct deb){ "foo", "1.0", "all", "", "" });
        build(&root, &(struct deb){ "foo", "2.0", native_architecture(), "", "" });
        ck_assert_int_eq(dpkg_deb(&root, "-i", "foo_1.0"), 0);
        ck_assert_int_eq(unlink(tree_path(&root, "/probes")), 0);

        ck_assert_int_eq(dpkg_deb(&root, "-i", "foo_2.0"), 0);
        assert_probes(&root, "prerm 1.0 upgrade: 1.0 1.0 half-configured reinstreq\n"
                             "preinst 2.0 upgrade: 1.0 1.0 half-installed reinstreq\n"
                             "postrm 1.0 upgrade: 1.0 1.0 half-installed reinstreq\n"
                             "postinst 2.0 configure: 2.0 1.0 half-configured ok\n");
        assert_package(&root, "foo", "2.0  installed ok");
}
END_TEST

/* ---- Instances for two architectures ----------------------------------------------------- */

#define SAME "Multi-Arch: same\n"

static void assert_instances(const struct root *root, const char *theirs, const char *ours)
{
        _cleanup_free_ char *output = NULL;
        char text[128];

        output = shell_output("dpkg-query --admindir=%s/var/lib/dpkg -W -f '" QUERY_FORMAT "' foo | sort", root->path);
        ck_assert_str_eq(output, theirs);
        read_summary(root, "foo", text);
        ck_assert_str_eq(text, ours);
}

START_TEST(test_instances)
{
        const char *native = native_architecture(), *other = streq(native, "arm64") ? "amd64" : "arm64";
        _cleanup_(root_done) struct root root = new_root();
        const struct deb debs[] = {
                { "foo", "1.0", native, SAME, NULL },
                { "foo", "2.0", native, SAME, NULL },
                { "foo", "1.0", other, SAME, NULL },
                { "foo", "2.0", other, SAME, NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(debs); i++) {
                build(&root, &debs[i]);
                ck_assert_int_eq(shell("mv %s/foo_%s.deb %s/%zu.deb", root.path, debs[i].version, root.path, i), 0);
        }
        ck_assert_int_eq(shell("dpkg --root=%s --force-not-root --add-architecture %s", root.path, other), 0);

        ck_assert_int_eq(dpkg_deb(&root, "-i", "0"), 0);
        ck_assert_int_eq(dpkg_deb(&root, "-i", "2"), 0);
        assert_instances(&root, "1.0  installed ok\n1.0  installed ok\n", "1.0  installed ok");

        ck_assert_int_eq(dpkg_deb(&root, "--unpack", "1"), 0);
        assert_instances(&root, "1.0 1.0 half-configured ok\n2.0 1.0 unpacked ok\n", "1.0 1.0 unpacked ok");
        ck_assert_int_eq(dpkg_deb(&root, "--unpack", "3"), 0);
        assert_instances(&root, "2.0 1.0 unpacked ok\n2.0 1.0 unpacked ok\n", "2.0 1.0 unpacked ok");
        ck_assert_int_eq(dpkg(&root, "--configure -a"), 0);
        assert_instances(&root, "2.0  installed ok\n2.0  installed ok\n", "2.0  installed ok");

        ck_assert_int_eq(shell("dpkg --root=%s --force-not-root --force-bad-path --log=/dev/null -r foo:%s"
                               " >>%s/output 2>&1",
                               root.path, other, root.path),
                         0);
        assert_instances(&root, "2.0  installed ok\n2.0 2.0 config-files ok\n", "2.0  installed ok");
}
END_TEST

/* ---- Journals that dpkg reads as we do ---------------------------------------------------- */

#define STANZA(architecture, status, version, fields)                                                       \
        "Package: foo\nStatus: " status "\nArchitecture: " architecture "\nMaintainer: x\nDescription: x\n" \
        "Version: " version "\n" fields
#define ALL_1 STANZA("all", "install ok installed", "1.0", "")
#define ALL_2 STANZA("all", "install ok installed", "2.0", "")
#define ALL_3 STANZA("all", "install ok installed", "3.0", "")
#define OTHERS \
        "Package: bar\nStatus: install ok installed\nArchitecture: all\nVersion: 7\nMaintainer: x\nDescription: x\n"
#define UPDATES "/var/lib/dpkg/updates/"

static const struct {
        const char *status;
        struct {
                const char *path;
                const char *text;
        } updates[4];
        const char *expected;
} journals[] = {
        { "", { { NULL, NULL } }, "none" },
        { OTHERS, { { NULL, NULL } }, "none" },
        { ALL_1, { { NULL, NULL } }, "1.0  installed ok" },
        { ALL_1, { { UPDATES "0000", ALL_2 } }, "2.0  installed ok" },
        { "", { { UPDATES "0000", ALL_1 } }, "1.0  installed ok" },
        { ALL_1, { { UPDATES "0000", OTHERS }, { UPDATES "0001", OTHERS } }, "1.0  installed ok" },
        { ALL_1,
          { { UPDATES "0010", ALL_3 },
            { UPDATES "0009", ALL_2 },
            { UPDATES "0002", STANZA("all", "install ok unpacked", "1.5", "") } },
          "3.0  installed ok" },
        { ALL_1, { { UPDATES "tmp.i", ALL_2 } }, "1.0  installed ok" },
        { ALL_1,
          { { UPDATES "tmp.i", "Package: foo\nVersion: 2" }, { UPDATES "0000a", "nonsense\n" } },
          "1.0  installed ok" },
        { ALL_1, { { UPDATES "0000", "Package: foo\nStatus: purge ok not-installed\nArchitecture: all\n" } }, "none" },
        { ALL_1,
          { { UPDATES "0000", STANZA("amd64", "install ok unpacked", "2.0", "Config-Version: 1.0\n") } },
          "2.0 1.0 unpacked ok" },
        { STANZA("i386", "install ok installed", "1.0",
                 "") "\nPackage: foo\nStatus: install ok not-installed\nArchitecture: amd64\n",
          { { UPDATES "0000", ALL_2 } },
          "2.0  installed ok" },
        { STANZA("amd64", "install ok installed", "1.0", SAME), { { UPDATES "0000", ALL_2 } }, "2.0  installed ok" },
};

START_TEST(test_journal)
{
        _cleanup_(root_done) struct root root = new_root();

        tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/status", 0644, journals[_i].status });
        for (size_t i = 0; i < ELEMENTSOF(journals[_i].updates) && journals[_i].updates[i].path; i++)
                tree_add(&root,
                         &(struct tree_entry){ journals[_i].updates[i].path, 0644, journals[_i].updates[i].text });
        assert_package(&root, "foo", journals[_i].expected);
}
END_TEST

START_TEST(test_journal_with_many_stanzas)
{
        _cleanup_(root_done) struct root root = new_root();
        char text[128];

        tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/status", 0644, ALL_1 });
        tree_add(&root, &(struct tree_entry){ UPDATES "0000", 0644,
                                              STANZA("all", "install ok unpacked", "2.0", "") "\n" OTHERS "\n" STANZA(
                                                      "all", "install ok installed", "3.0", "") });
        read_summary(&root, "foo", text);
        ck_assert_str_eq(text, "3.0  installed ok");
        read_summary(&root, "bar", text);
        ck_assert_str_eq(text, "7  installed ok");
}
END_TEST

/* ---- What is read, and from where --------------------------------------------------------- */

START_TEST(test_wanted)
{
        _cleanup_(dpkg_database_freep) struct dpkg_database *some = NULL, *all = NULL;
        _cleanup_(root_done) struct root root = new_root();
        char foo[] = "foo", zoo[] = "zoo", *wanted[] = { foo, zoo, NULL };

        tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/status", 0644, OTHERS "\n" ALL_1 });
        ck_assert_int_eq(
                dpkg_database_read(&(struct dpkg_database_request){ .root = &root, .wanted = wanted }, &some, NULL), 0);
        foo[0] = zoo[0] = '?'; /* the database has copies */
        ck_assert(dpkg_database_covers(some, "foo"));
        ck_assert(dpkg_database_covers(some, "zoo"));
        ck_assert(!dpkg_database_covers(some, "bar"));
        ck_assert_str_eq(dpkg_database_find(some, "foo")->version, "1.0");
        ck_assert_ptr_null(dpkg_database_find(some, "zoo"));
        ck_assert_ptr_null(dpkg_database_find(some, "bar"));

        ck_assert_int_eq(dpkg_database_read(&(struct dpkg_database_request){ .root = &root }, &all, NULL), 0);
        ck_assert(dpkg_database_covers(all, "anything"));
        ck_assert_str_eq(dpkg_database_find(all, "bar")->version, "7");
}
END_TEST

START_TEST(test_admindir)
{
        _cleanup_(dpkg_database_freep) struct dpkg_database *database = NULL;
        _cleanup_(root_done) struct root root = new_root(), other = tree_new();

        tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/status", 0644, ALL_1 });
        ck_assert_int_eq(
                dpkg_database_read(&(struct dpkg_database_request){ .root = &other,
                                                                    .admindir = tree_path(&root, "/var/lib/dpkg") },
                                   &database, NULL),
                0);
        ck_assert_str_eq(dpkg_database_find(database, "foo")->version, "1.0");
        ck_assert_int_eq(dpkg_database_is_current(database), 1);
}
END_TEST

START_TEST(test_links)
{
        _cleanup_(dpkg_database_freep) struct dpkg_database *database = NULL;
        _cleanup_(root_done) struct root root = tree_new(), outside = new_root();
        _cleanup_error_ struct error error = { 0 };

        tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg", S_IFLNK, "../../usr/dpkg" });
        tree_add(&root, &(struct tree_entry){ "/usr/dpkg/status", 0644, ALL_1 });
        ck_assert_int_eq(dpkg_database_read(&(struct dpkg_database_request){ .root = &root }, &database, NULL), 0);
        ck_assert_str_eq(dpkg_database_find(database, "foo")->version, "1.0");
        database = dpkg_database_free(database);

        ck_assert_int_eq(shell("ln -sfn %s/var/lib/dpkg %s/var/lib/dpkg", outside.path, root.path), 0);
        ck_assert_int_eq(dpkg_database_read(&(struct dpkg_database_request){ .root = &root }, &database, &error),
                         -EXDEV);
        ck_assert_ptr_nonnull(strstr(error_text(&error), tree_path(&root, "/var/lib/dpkg/status")));
}
END_TEST

START_TEST(test_errors)
{
        _cleanup_(dpkg_database_freep) struct dpkg_database *database = NULL;
        _cleanup_(root_done) struct root root = tree_new();
        _cleanup_error_ struct error error = { 0 };
        char expected[PATH_MAX + 64];

        ck_assert_int_eq(dpkg_database_read(&(struct dpkg_database_request){ .root = &root }, &database, &error),
                         -ENOENT);
        snprintf(expected, sizeof(expected), "no package database: %s/var/lib/dpkg/status is missing; ", root.path);
        ck_assert_msg(str_startswith(error_text(&error), expected), "%s", error_text(&error));
        ck_assert_int_eq(
                dpkg_database_read(&(struct dpkg_database_request){ .root = &root, .admindir = "/nonexistent" },
                                   &database, &error),
                -ENOENT);
        ck_assert_ptr_nonnull(strstr(error_text(&error), "/nonexistent/status"));

        tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/status", 0644, OTHERS "\nPackage: foo\nVersion 1\n\n" });
        ck_assert_int_eq(dpkg_database_read(&(struct dpkg_database_request){ .root = &root }, &database, &error),
                         -EBADMSG);
        snprintf(expected, sizeof(expected), "%s/var/lib/dpkg/status:9: not a field", root.path);
        ck_assert_msg(str_startswith(error_text(&error), expected), "%s", error_text(&error));

        tree_add(&root, &(struct tree_entry){ UPDATES "0007", 0644, "Package: foo\nStatus: a b c\n" });
        ck_assert_int_eq(dpkg_database_read(&(struct dpkg_database_request){ .root = &root }, &database, &error),
                         -EBADMSG);
        snprintf(expected, sizeof(expected), "%s" UPDATES "0007:2: unknown error flag", root.path);
        ck_assert_msg(str_startswith(error_text(&error), expected), "%s", error_text(&error));

        tree_add(&root, &(struct tree_entry){ UPDATES "0007", 0644, NULL });
        ck_assert_int_eq(dpkg_database_read(&(struct dpkg_database_request){ .root = &root }, &database, &error),
                         -EBADMSG);
        ck_assert_ptr_nonnull(strstr(error_text(&error), UPDATES "0007: is empty"));

        tree_add(&root, &(struct tree_entry){ UPDATES "0006", S_IFDIR | 0755, NULL });
        ck_assert_int_eq(dpkg_database_read(&(struct dpkg_database_request){ .root = &root }, &database, &error),
                         -EISDIR);
        ck_assert_ptr_nonnull(strstr(error_text(&error), UPDATES "0006"));
        ck_assert_ptr_null(database);
}
END_TEST

/* The lists of files, which tell of a package that isn't in the status file whether it was purged. */
START_TEST(test_lists)
{
        static const struct {
                const char *list;
                int expected;
        } cases[] = { { "foobar", 0 }, { "foo:i386x", 1 }, { "foo", 1 }, { NULL, -ENOENT }, { "bar:amd64", 0 } };
        _cleanup_(dpkg_database_freep) struct dpkg_database *database = NULL;
        _cleanup_(root_done) struct root root = new_root();
        _cleanup_error_ struct error error = { 0 };

        tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/status", 0644, OTHERS });
        ck_assert_int_eq(dpkg_database_read(&(struct dpkg_database_request){ .root = &root }, &database, NULL), 0);
        ck_assert_int_eq(dpkg_database_has_list(database, "foo", &error), -ENOENT);
        ck_assert_ptr_nonnull(strstr(error_text(&error), "/var/lib/dpkg/info"));
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                ck_assert_int_eq(
                        shell("cd %s/var/lib/dpkg && rm -rf info && mkdir info && touch info/foo.md5sums %s%s%s",
                              root.path, cases[i].list ? "'info/" : "", cases[i].list ?: "",
                              cases[i].list ? ".list'" : ""),
                        0);
                ck_assert_int_eq(dpkg_database_has_list(database, "foo", NULL), cases[i].expected);
        }
}
END_TEST

static int is_current(const struct root *root, const char *change)
{
        _cleanup_(dpkg_database_freep) struct dpkg_database *database = NULL;

        ck_assert_int_eq(dpkg_database_read(&(struct dpkg_database_request){ .root = root }, &database, NULL), 0);
        ck_assert_int_eq(dpkg_database_is_current(database), 1);
        ck_assert_int_eq(shell("cd %s/var/lib/dpkg && %s", root->path, change), 0);
        return dpkg_database_is_current(database);
}

START_TEST(test_is_current)
{
        _cleanup_(root_done) struct root root = new_root();

        build_foo(&root, NULL);
        ck_assert_int_eq(dpkg_deb(&root, "-i", "foo_1.0"), 0);
        ck_assert_int_eq(is_current(&root, "true"), 1);
        ck_assert_int_eq(is_current(&root, "dpkg-query --admindir=. -W >/dev/null"), 1);
        ck_assert_int_eq(is_current(&root, "dpkg --root=../../.. --force-not-root --force-bad-path --log=/dev/null"
                                           " --force-script-chrootless -i ../../../foo_2.0.deb >/dev/null 2>&1"),
                         0);
        /* The same text, the same size, and perhaps the same tick of the clock. */
        ck_assert_int_eq(is_current(&root, "cp -p status new && mv new status"), 0);
        ck_assert_int_eq(is_current(&root, "cp status updates/tmp.i"), 1);
        ck_assert_int_eq(is_current(&root, "mv updates/tmp.i updates/0000"), 0);
        ck_assert_int_eq(is_current(&root, "true"), 1);
        ck_assert_int_eq(is_current(&root, "cp status updates/0001 && rm updates/0000"), 0);
        ck_assert_int_eq(is_current(&root, "rm updates/0001"), 0);
        ck_assert_int_eq(is_current(&root, "rmdir updates"), 1);
        ck_assert_int_eq(is_current(&root, "rm status"), -ENOENT);
}
END_TEST

/* ---- While another process writes ---------------------------------------------------------- */

static pid_t start(void (*function)(const struct root *root), const struct root *root)
{
        pid_t pid = fork();

        ck_assert_int_ge(pid, 0);
        if (pid > 0)
                return pid;
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* where a test fails, nothing waits for us */
        function(root);
        _exit(EXIT_SUCCESS);
}

/* Whether a test goes on: so many seconds, and a minute at most until it has seen enough. */
static bool goes_on(uint64_t begin, uint64_t seconds, bool enough)
{
        uint64_t usec = now_usec(CLOCK_MONOTONIC) - begin;

        return usec < suite_repeats(seconds * USEC_PER_SEC) || (!enough && usec < 60 * USEC_PER_SEC);
}

static void upgrade_and_downgrade(const struct root *root)
{
        while (access(tree_path(root, "/stop"), F_OK) < 0)
                if (dpkg_deb(root, "-i", "foo_2.0") != 0 || dpkg_deb(root, "-i", "foo_1.0") != 0)
                        _exit(EXIT_FAILURE);
}

/* The legal states, on the way from 1.0 to 2.0 and back. */
static bool is_legal(const char *text)
{
        static const char *const legal[] = {
                "1.0  installed ok",
                "1.0 1.0 half-configured reinstreq",
                "1.0 1.0 unpacked reinstreq",
                "1.0 1.0 half-installed reinstreq",
                "2.0 1.0 unpacked reinstreq",
                "2.0 1.0 unpacked ok",
                "2.0 1.0 half-configured ok",
                "2.0  installed ok",
                "2.0 2.0 half-configured reinstreq",
                "2.0 2.0 unpacked reinstreq",
                "2.0 2.0 half-installed reinstreq",
                "1.0 2.0 unpacked reinstreq",
                "1.0 2.0 unpacked ok",
                "1.0 2.0 half-configured ok",
        };

        for (size_t i = 0; i < ELEMENTSOF(legal); i++)
                if (streq(legal[i], text))
                        return true;
        return false;
}

START_TEST(test_while_dpkg_runs)
{
        _cleanup_(root_done) struct root root = new_root();
        char text[128], last[128] = "";
        unsigned n = 0, n_changes = 0;
        uint64_t begin;
        int status;
        pid_t pid;

        build_foo(&root, NULL);
        ck_assert_int_eq(dpkg_deb(&root, "-i", "foo_1.0"), 0);
        pid = start(upgrade_and_downgrade, &root);
        for (begin = now_usec(CLOCK_MONOTONIC); goes_on(begin, 4, n >= 300 && n_changes >= 20); n++) {
                read_summary(&root, "foo", text);
                ck_assert_msg(is_legal(text), "read '%s'", text);
                n_changes += !streq(text, last);
                strcpy(last, text);
        }
        tree_add(&root, &(struct tree_entry){ "/stop", 0644, NULL });
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(status, 0);

        assert_package(&root, "foo", "1.0  installed ok");
        ck_assert_uint_ge(n, 300);
        ck_assert_uint_ge(n_changes, 20);
}
END_TEST

/* The version that the writer below has made visible, and the one that it is about to. */
struct progress {
        unsigned done;
        unsigned begun;
        bool stop;
};

static struct progress *progress;

static void put(const struct root *root, const char *name, unsigned version)
{
        char text[128], tmp[PATH_MAX];

        snprintf(text, sizeof(text), "Package: foo\nStatus: install ok installed\nVersion: %u\n", version);
        tree_add(root, &(struct tree_entry){ UPDATES "tmp.i", 0644, text });
        snprintf(tmp, sizeof(tmp), "%s" UPDATES "tmp.i", root->path);
        ck_assert_int_eq(rename(tmp, tree_path(root, name)), 0);
}

/* Makes the same steps as dpkg, in the same order, but without fsync(): thousands of times faster. */
static void write_journals(const struct root *root)
{
        char name[64];

        for (unsigned version = 1; !__atomic_load_n(&progress->stop, __ATOMIC_SEQ_CST);) {
                for (unsigned i = 0; i < 8; i++, version++) {
                        snprintf(name, sizeof(name), UPDATES "%04u", i);
                        __atomic_store_n(&progress->begun, version, __ATOMIC_SEQ_CST);
                        put(root, name, version);
                        __atomic_store_n(&progress->done, version, __ATOMIC_SEQ_CST);
                        usleep(50);
                }
                put(root, "/var/lib/dpkg/status", version - 1);
                for (unsigned i = 0; i < 8; i++) {
                        snprintf(name, sizeof(name), UPDATES "%04u", i);
                        ck_assert_int_eq(unlink(tree_path(root, name)), 0);
                }
        }
}

/* Each answer must have been true at some time during the read. */
START_TEST(test_while_journal_turns_over)
{
        _cleanup_(root_done) struct root root = new_root();
        unsigned n = 0, after = 0;
        char text[128];
        uint64_t begin;
        int status;
        pid_t pid;

        progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        ck_assert_ptr_ne(progress, MAP_FAILED);
        put(&root, "/var/lib/dpkg/status", 0);
        pid = start(write_journals, &root);
        for (begin = now_usec(CLOCK_MONOTONIC); goes_on(begin, 3, n >= 300 && after >= 300); n++) {
                unsigned before = __atomic_load_n(&progress->done, __ATOMIC_SEQ_CST), version;

                read_summary(&root, "foo", text);
                after = __atomic_load_n(&progress->begun, __ATOMIC_SEQ_CST);
                ck_assert_int_eq(sscanf(text, "%u installed ok", &version), 1);
                ck_assert_msg(before <= version && version <= after, "%u isn't from %u to %u", version, before, after);
        }
        __atomic_store_n(&progress->stop, true, __ATOMIC_SEQ_CST);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(status, 0);
        ck_assert_uint_ge(n, 300);
        ck_assert_uint_ge(progress->done, 300);
        munmap(progress, sizeof(*progress));
}
END_TEST

/*
 * A journal entry that is a FIFO stops the reader there, so that the rest happens in the order under test. Returns: a file descriptor that
 * holds the reader until it is closed.
 */
static int wait_for_reader(const struct root *root, const char *fifo)
{
        int fd = open(tree_path(root, fifo), O_WRONLY | O_CLOEXEC);

        ck_assert_msg(fd >= 0, "can't open %s: %m", fifo);
        return fd;
}

static void turn_over(const struct root *root)
{
        int fd = wait_for_reader(root, UPDATES "0001");

        ck_assert_int_eq(shell("rm %s" UPDATES "000?", root->path), 0);
        tree_add(root, &(struct tree_entry){ UPDATES "0000", 0644, ALL_3 });
        tree_add(root, &(struct tree_entry){ UPDATES "0002", 0644, OTHERS });
        close(fd);
}

/* The first entry as it was read is older than the status file, and only the first entry shows it. */
START_TEST(test_new_journal_meanwhile)
{
        _cleanup_(root_done) struct root root = new_root();
        char text[128];
        pid_t pid;

        tree_add(&root, &(struct tree_entry){ "/var/lib/dpkg/status", 0644, ALL_2 });
        tree_add(&root, &(struct tree_entry){ UPDATES "0000", 0644, ALL_1 });
        tree_add(&root, &(struct tree_entry){ UPDATES "0001", S_IFIFO | 0644, NULL });
        tree_add(&root, &(struct tree_entry){ UPDATES "0002", 0644, ALL_2 });
        pid = start(turn_over, &root);

        read_summary(&root, "foo", text);
        ck_assert_str_eq(text, "3.0  installed ok");
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

static void add_fifo(const struct root *root, const char *path)
{
        tree_add(root, &(struct tree_entry){ path, S_IFIFO | 0644, NULL });
}

/* With a FIFO for each time that it is read: a reader that is about to close its own must not be taken for the next. */
static void replace_status_for_ever(const struct root *root)
{
        for (;;) {
                int fd = wait_for_reader(root, UPDATES "0000");

                put(root, "/var/lib/dpkg/status", 1);
                ck_assert_int_eq(unlink(tree_path(root, UPDATES "0000")), 0);
                add_fifo(root, UPDATES "0000");
                close(fd);
        }
}

START_TEST(test_never_still)
{
        _cleanup_(dpkg_database_freep) struct dpkg_database *database = NULL;
        _cleanup_(root_done) struct root root = new_root();
        _cleanup_error_ struct error error = { 0 };
        pid_t pid;

        add_fifo(&root, UPDATES "0000");
        pid = start(replace_status_for_ever, &root);
        ck_assert_int_eq(dpkg_database_read(&(struct dpkg_database_request){ .root = &root }, &database, &error),
                         -EAGAIN);
        ck_assert_ptr_nonnull(strstr(error_text(&error), "/var/lib/dpkg kept changing"));
        ck_assert_ptr_null(database);

        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

static TCase *case_new(Suite *s, const char *name)
{
        TCase *c = tcase_create(name);

        tcase_set_timeout(c, 120);
        tcase_add_unchecked_fixture(c, trees_setup, trees_teardown);
        suite_add_tcase(s, c);
        return c;
}

static Suite *suite(void)
{
        Suite *s = suite_create("dpkg-database");
        TCase *real = case_new(s, "real"), *files = case_new(s, "files"), *writers = case_new(s, "writers");

        tcase_add_test(real, test_upgrade);
        tcase_add_test(real, test_remove_and_purge);
        tcase_add_test(real, test_unpacked);
        tcase_add_test(real, test_half_configured);
        tcase_add_test(real, test_half_installed);
        tcase_add_test(real, test_triggers);
        tcase_add_test(real, test_killed);
        tcase_add_test(real, test_other_architecture);
        tcase_add_test(real, test_instances);

        tcase_add_loop_test(files, test_journal, 0, ELEMENTSOF(journals));
        tcase_add_test(files, test_journal_with_many_stanzas);
        tcase_add_test(files, test_wanted);
        tcase_add_test(files, test_admindir);
        tcase_add_test(files, test_links);
        tcase_add_test(files, test_errors);
        tcase_add_test(files, test_lists);
        tcase_add_test(files, test_is_current);

        tcase_add_test(writers, test_while_dpkg_runs);
        tcase_add_test(writers, test_while_journal_turns_over);
        tcase_add_test(writers, test_new_journal_meanwhile);
        tcase_add_test(writers, test_never_still);
        return s;
}

int main(int argc, char **argv)
{
        if (argc == 4 && streq(argv[1], "probe"))
                return probe(argv[2], argv[3]);

        return suite_run(suite());
}
