/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs scripts in real overlays, and compares the changes that are read from the upper layers with the expected ones. */

#include "../support/shell.h"
#include "../support/suite.h"
#include "../support/tree.h"
#include "basic/clock.h"
#include "basic/path-escape.h"
#include "changes/changes.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#define TIMEOUT_SEC 120

/* The lower directory of every test, old enough that none of its times can be one of the script's. */
#define BELOW "cp -a ../../below/. .;"
#define MAKE_BELOW                                                                                 \
        "echo old >file; echo other >other; chmod 600 other; mkdir -p dir/sub/deep dir2 empty;"    \
        "echo f >dir/f; echo g >dir/g; echo h >dir/sub/h; echo i >dir/sub/deep/i; echo x >dir2/x;" \
        "ln -s file link; mkfifo fifo; mknod device c 1 3; echo hard >hard; ln hard hard2;"        \
        "echo same >same1; echo same >same2; truncate -s 1M sparse; printf end >>sparse;"          \
        "find . -exec touch -h -d '2001-02-03 04:05:06.789' {} +;"                                 \
        "touch -d '2002-02-02' same2;"

#define MOUNT                                                                                               \
        "mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work,redirect_dir=on,index=off," \
        "metacopy=off,volatile view && cd view && umask 022"

#define XATTR(file, name, bytes) \
        "/usr/bin/python3 -IS -c 'import os;os.setxattr(\"" file "\",\"" name "\",b\"" bytes "\")';"
/* An ACL of user::rw- user:1:rw- group::r-- mask::rw- other::r--, and the capability to bind low ports. */
#define ACL                                                                                                    \
        "\\2\\0\\0\\0\\1\\0\\6\\0\\377\\377\\377\\377\\2\\0\\6\\0\\1\\0\\0\\0\\4\\0\\4\\0\\377\\377\\377\\377" \
        "\\20\\0\\6\\0\\377\\377\\377\\377\\40\\0\\4\\0\\377\\377\\377\\377"
#define CAPABILITY "\\1\\0\\0\\2\\0\\4\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"

struct fixture {
        struct root tree; /* lower, upper, work and view are in it */
        struct area area;
        char *declared[4];
        struct root root; /* of the migration: that of the area */
        struct undeclared undeclared;
        struct changes_request request;
};

static void fixture_done(struct fixture *s)
{
        undeclared_done(&s->undeclared);
        close(s->request.lower);
        close(s->request.upper);
        free(s->area.path);
        root_done(&s->tree);
}

static int open_directory(const struct root *root, const char *path)
{
        int fd = open(tree_path(root, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        ck_assert_int_ge(fd, 0);
        return fd;
}

static struct timespec now(void)
{
        struct timespec ts;

        ck_assert_int_eq(clock_gettime(CLOCK_REALTIME, &ts), 0);
        return ts;
}

/* @declared is ended by NULL. */
static void fixture_init(struct fixture *ret, const char *below, const char *const *declared)
{
        *ret = (struct fixture){ .tree = tree_new() };
        ck_assert_int_eq(
                shell("set -e; umask 022; cd %s; mkdir lower upper work view; cd lower; %s", ret->tree.path, below), 0);
        ck_assert_int_eq(shell("cd %s && touch -r lower upper", ret->tree.path), 0);

        for (size_t i = 0; declared[i]; i++)
                ret->declared[ret->area.declared.n++] = (char *)(uintptr_t)declared[i];
        ret->area.path = strdup(tree_path(&ret->tree, "/lower"));
        ret->area.declared.list = ret->declared;
        ret->area.fd = -EBADF;
        ret->root.path = ret->area.path;
        ret->undeclared.root = &ret->root;
        ret->request = (struct changes_request){
                .area = &ret->area,
                .number = 7,
                .lower = open_directory(&ret->tree, "/lower"),
                .upper = open_directory(&ret->tree, "/upper"),
                .begin = now(),
                .undeclared = &ret->undeclared,
        };
}

static void fixture_run(const struct fixture *s, const char *script)
{
        tree_add(&s->tree, &(struct tree_entry){ "/script", 0644, script });
        ck_assert_msg(shell("cd %s && unshare -m sh -ec '" MOUNT "; . ../script'", s->tree.path) == 0, "failed: %s",
                      script);
}

static void print_path(FILE *stream, const char *before, const char *path)
{
        _cleanup_free_ char *escaped = NULL;

        if (!path)
                return;
        ck_assert_int_eq(path_escape(*path ? path : ".", &escaped), 0);
        fprintf(stream, "%s%s", before, escaped);
}

static char *describe(const struct changes *changes)
{
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        ck_assert_ptr_nonnull(stream);
        for (size_t i = 0; i < changes->n; i++) {
                const struct change *change = &changes->changes[i];

                ck_assert_uint_eq(change->area, 7);
                fputs(change_kind_to_string(change->kind), stream);
                print_path(stream, " ", change->path);
                print_path(stream, " <- ", change->from);
                print_path(stream, " = ", change->link);
                fputs(change->inner ? " inner\n" : "\n", stream);
        }
        ck_assert_int_eq(fclose(stream), 0);
        return text;
}

static void expect(const struct fixture *s, const char *expected)
{
        _cleanup_changes_ struct changes changes = { 0 };
        _cleanup_error_ struct error error = { 0 };
        _cleanup_free_ char *text = NULL;
        int r = changes_read(&s->request, &changes, &error);

        ck_assert_msg(r == 0, "%d: %s", r, error_text(&error));
        text = describe(&changes);
        ck_assert_str_eq(text, expected);
}

static void expect_error(const struct fixture *s, int code, const char *format, ...) _printf_(3, 4);
static void expect_error(const struct fixture *s, int code, const char *format, ...)
{
        _cleanup_changes_ struct changes changes = { 0 };
        _cleanup_error_ struct error error = { 0 };
        _cleanup_free_ char *message = NULL;
        va_list args;

        ck_assert_int_eq(changes_read(&s->request, &changes, &error), code);
        ck_assert_uint_eq(changes.n, 0);
        va_start(args, format);
        ck_assert_int_ge(vasprintf(&message, format, args), 0);
        va_end(args);
        ck_assert_str_eq(error_text(&error), message);
}

/* Once, since it takes many processes. */
static void set_up(void)
{
        _cleanup_(root_done) struct root tree = { .fd = -EBADF };

        trees_setup();
        tree = tree_new();
        ck_assert_int_eq(
                shell("set -e; umask 022; mkdir %s/../below; cd %s/../below; " MAKE_BELOW, tree.path, tree.path), 0);
}

static const char *const everything[] = { "", NULL };

/* ---- Scripts and their changes ----------------------------------------------------------------- */

struct script {
        const char *below; /* makes what this test needs in the lower directory, too */
        const char *script;
        const char *changes;
};

static const struct script files[] = {
        { "", "true", "" },
        { "", "cat file dir/f; ls -lR; find . -name x", "" },
        { "", "echo new >new", "entries .\ncreate new\n" },
        { "", "echo longer >file", "entries .\nreplace file\n" },
        { "", "echo odd >file", "entries .\nreplace file\n" },
        { "", "echo old >file", "" },
        { "", "cp file copy; mv copy file", "" },
        { "", ": >>file", "" },
        { "", "echo x >>file; echo old >file", "" },
        { "", "rm file", "entries .\nremove file\n" },
        { "", "rm dir/f", "entries dir\nremove dir/f\n" },
        { "", "rm file; echo new >file", "entries .\nreplace file\n" },
        { "", "echo new >new; rm new", "" },
        { "", "sed -i s/old/new/ file", "entries .\nreplace file\n" },
        { "", "rm -r dir2; rm -r empty", "entries .\nremove dir2\nremove dir2/x inner\nremove empty\n" },
        /* Kinds of files. */
        { "", "ln -sfn other link", "entries .\nreplace link\n" },
        { "", "ln -sfn file link", "" },
        { "", "ln -sfn file2 link; chown -h 1:1 link", "entries .\nreplace link\n" },
        { "", "chown -h 1:1 link", "metadata link\n" },
        { "", "ln -s nothing new", "entries .\ncreate new\n" },
        { "", "rm link; echo old >link", "entries .\nreplace link\n" },
        { "", "mkfifo new", "entries .\ncreate new\n" },
        { "", "chmod 600 fifo", "metadata fifo\n" },
        { "", "rm fifo; mkfifo -m 644 fifo", "" },
        { "", "rm fifo; mknod fifo c 1 3", "entries .\nreplace fifo\n" },
        { "", "chmod 600 device", "metadata device\n" },
        { "", "rm device; mknod -m 644 device c 1 3", "" },
        { "", "rm device; mknod -m 644 device c 1 5", "entries .\nreplace device\n" },
        { "", "rm device; mknod -m 644 device b 1 3", "entries .\nreplace device\n" },
        { "", "mknod new b 7 0", "entries .\ncreate new\n" },
        { "", "/usr/bin/python3 -IS -c \"import socket as s;s.socket(s.AF_UNIX).bind('new')\"",
          "entries .\ncreate new\n" },
        { "", "truncate -s 2M new", "entries .\ncreate new\n" },
        { "", "cp --sparse=never sparse new; cat new >sparse; rm new", "" },
        { "", "printf END | dd of=sparse bs=1M seek=1 conv=notrunc status=none", "entries .\nreplace sparse\n" },
        { "", "mv file dir2/", "entries .\nentries dir2\nmove dir2/file <- file\n" },
};

static const struct script attributes[] = {
        { "", "chmod 640 file", "metadata file\n" },
        { "", "chmod 640 file; chmod 644 file", "" },
        { "", "chown 1 file", "metadata file\n" },
        { "", "chgrp 1 dir/sub", "metadata dir/sub\n" },
        { "", "chmod 700 .", "metadata .\n" },
        { "", "chmod 700 dir; rm dir/f", "metadata dir\nentries dir\nremove dir/f\n" },
        { "", "touch file", "" },
        { "", "touch dir", "" },
        { "", "touch -d 2010-01-01 file", "metadata file\n" },
        { "", "touch -d 2010-01-01 dir", "metadata dir\n" },
        { "", "touch -d 2100-01-01 file", "metadata file\n" },
        { "", "touch -d 2010-01-01 file; touch -r other file", "" },
        { "", "touch -h -d 2010-01-01 link", "metadata link\n" },
        { "", "touch -a -d 2010-01-01 file", "" },
        { "", "echo new >file; touch -d 2010-01-01 file", "entries .\nreplace file\n" },
        { "", XATTR("file", "user.x", "1"), "metadata file\n" },
        { "", XATTR("dir", "user.x", "1"), "metadata dir\n" },
        { "", XATTR("file", "trusted.x", "1"), "metadata file\n" },
        { XATTR("file", "user.x", "1"), XATTR("file", "user.x", "1"), "" },
        { XATTR("file", "user.x", "1"), XATTR("file", "user.x", "2"), "metadata file\n" },
        { XATTR("file", "user.x", "1"), "/usr/bin/python3 -IS -c 'import os;os.removexattr(\"file\",\"user.x\")'",
          "metadata file\n" },
        { "", XATTR("file", "system.posix_acl_access", ACL), "metadata file\n" },
        { XATTR("file", "system.posix_acl_access", ACL), XATTR("file", "system.posix_acl_access", ACL), "" },
        { "", XATTR("dir", "system.posix_acl_default", ACL), "metadata dir\n" },
        { "", XATTR("file", "security.capability", CAPABILITY), "metadata file\n" },
        { XATTR("file", "security.capability", CAPABILITY), "chmod 700 file; chmod 644 file", "" },
        { XATTR("file", "security.capability", CAPABILITY), "chown 0 file", "metadata file\n" }, /* which loses it */
};

static const struct script moves[] = {
        { "", "mv file new", "entries .\nmove new <- file\n" },
        { "", "mv file new; chmod 600 new", "entries .\nmove new <- file\n" },
        { "", "mv file new; echo >>new", "entries .\nremove file\ncreate new\n" },
        { "", "cp -p file new", "entries .\ncreate new\n" },
        { "", "cp -p file new; rm file", "entries .\nmove new <- file\n" },
        { "", "cp file new; rm file", "entries .\nremove file\ncreate new\n" },
        { "", "mv file other", "entries .\nremove file\nreplace other\n" },
        { "", "mv file t; mv other file; mv t other", "entries .\nreplace file\nreplace other\n" },
        { "", "mv file new; echo >file", "entries .\nreplace file\ncreate new\n" },
        { "", "mv hard new", "entries .\nmove new <- hard\n" },
        { "", "mv file new; ln new new2", "entries .\nmove new <- file\ncreate new2 = file\n" },
        { "", "mkdir new; mv file new/", "entries .\ncreate new\nmove new/file <- file\n" },
        { "", "mv dir/f new; rm -r dir",
          "entries .\nremove dir\nremove dir/g inner\nremove dir/sub inner\n"
          "remove dir/sub/deep inner\nremove dir/sub/deep/i inner\nremove dir/sub/h inner\nmove new <- dir/f\n" },
        { "", "mkdir new; mv dir/f new/; rm -r dir/sub dir/g; rmdir dir",
          "entries .\nremove dir\nremove dir/g inner\nremove dir/sub inner\nremove dir/sub/deep inner\n"
          "remove dir/sub/deep/i inner\nremove dir/sub/h inner\ncreate new\nmove new/f <- dir/f\n" },
        /* Of files with the same size and time, those with the same name are matched first. */
        { "mkdir a b; touch -d 2001-01-01 a/1 a/2 a/3;", "mv a/3 b/; mv a/1 b/; mv a/2 b/",
          "entries a\nentries b\nmove b/1 <- a/1\nmove b/2 <- a/2\nmove b/3 <- a/3\n" },
        { "mkdir a b; touch -d 2001-01-01 a/1 a/2 a/3;", "mv a/1 b/9; mv a/3 b/3; rm a/2",
          "entries a\nremove a/2\nentries b\nmove b/3 <- a/3\nmove b/9 <- a/1\n" },
        { "mkdir a b; echo 1 >a/1; echo 2 >a/2; touch -d 2001-01-01 a/*;", "mv a/1 b/2; mv a/2 b/1",
          "entries a\nentries b\nmove b/1 <- a/2\nmove b/2 <- a/1\n" },
        /* Directories. */
        { "", "mv dir new", "entries .\nmove new <- dir\n" },
        { "", "mv dir new; mv new newer", "entries .\nmove newer <- dir\n" },
        { "", "mv dir new; mv new dir", "" },
        { "", "mv dir dir2/", "entries .\nentries dir2\nmove dir2/dir <- dir\n" },
        { "", "mv dir/sub .", "entries .\nentries dir\nmove sub <- dir/sub\n" },
        { "", "mv dir new; chmod 700 new; touch -d 2010-01-01 new/f; echo >new/g; rm new/sub/h; echo >new/new",
          "entries .\nremove dir/sub/h\nmove new <- dir\nmetadata new <- dir\nentries new <- dir\n"
          "metadata new/f <- dir/f\nreplace new/g <- dir/g\ncreate new/new\nentries new/sub <- dir/sub\n" },
        { "", "mv dir new; mv new/sub new/renamed; mv new/renamed/h new/renamed/h2",
          "entries .\nmove new <- dir\nentries new <- dir\nmove new/renamed <- dir/sub\n"
          "entries new/renamed <- dir/sub\nmove new/renamed/h2 <- dir/sub/h\n" },
        { "", "mv dir/sub/deep .; mv dir/sub deep/; mv dir deep/sub/",
          "entries .\nmove deep <- dir/sub/deep\nentries deep <- dir/sub/deep\nmove deep/sub <- dir/sub\n"
          "entries deep/sub <- dir/sub\nmove deep/sub/dir <- dir\nentries deep/sub/dir <- dir\n" },
        { "", "mv dir t; mv dir2 dir; mv t dir2", "entries .\nmove dir <- dir2\nmove dir2 <- dir\n" },
        { "", "mv dir new; mkdir dir; echo f >dir/f", "entries .\ncreate dir\ncreate dir/f inner\nmove new <- dir\n" },
        { "", "mv dir new; mkdir dir; mv new/sub dir/; mv new/f dir/",
          "entries .\ncreate dir\nmove dir/f <- dir/f\nmove dir/sub <- dir/sub\nmove new <- dir\n"
          "entries new <- dir\n" },
        { "", "mv dir new; echo >dir", "entries .\ncreate dir\nmove new <- dir\n" },
        { "", "mkdir new; mv dir new/", "entries .\ncreate new\nmove new/dir <- dir\n" },
        { "", "mkdir -p new/new; mv dir new/new/; rm new/new/dir/f",
          "entries .\nremove dir/f\ncreate new\ncreate new/new inner\nmove new/new/dir <- dir\n"
          "entries new/new/dir <- dir\n" },
        { "", "mv -T dir empty", "entries .\nremove empty\nmove empty <- dir\n" },
        { "", "rm dir2/x; mv -T dir dir2", "entries .\nremove dir2\nmove dir2 <- dir\nremove dir2/x inner\n" },
        { "", "mv dir/sub new; rm -r dir",
          "entries .\nremove dir\nremove dir/f inner\nremove dir/g inner\nmove new <- dir/sub\n" },
        { "", "mv dir/sub new; rm -r dir; mkdir dir; mv new dir/sub; echo f >dir/f",
          "entries .\nreplace dir\nremove dir/g inner\nmove dir/sub <- dir/sub\n" },
        { "", "mv dir/sub/deep new; rm -r dir; echo >dir",
          "entries .\nreplace dir\nremove dir/f inner\nremove dir/g inner\nremove dir/sub inner\n"
          "remove dir/sub/h inner\nmove new <- dir/sub/deep\n" },
};

static const struct script directories[] = {
        { "", "mkdir new", "entries .\ncreate new\n" },
        { "", "mkdir -p new/new; echo >new/new/new; ln -s x new/link",
          "entries .\ncreate new\ncreate new/link inner\ncreate new/new inner\ncreate new/new/new inner\n" },
        { "", "rmdir empty", "entries .\nremove empty\n" },
        { "", "rmdir empty; mkdir empty", "entries .\nreplace empty\n" },
        { "", "rm -r dir",
          "entries .\nremove dir\nremove dir/f inner\nremove dir/g inner\nremove dir/sub inner\n"
          "remove dir/sub/deep inner\nremove dir/sub/deep/i inner\nremove dir/sub/h inner\n" },
        { "", "rm -r dir2; echo >dir2", "entries .\nreplace dir2\nremove dir2/x inner\n" },
        { "", "rm file; mkdir file; echo >file/x", "entries .\nreplace file\ncreate file/x inner\n" },
        { "", "rm -r dir; mkdir dir; echo f >dir/f; echo G >dir/g; mkdir dir/sub; echo new >dir/new",
          "entries .\nreplace dir\nreplace dir/g inner\ncreate dir/new inner\nremove dir/sub/deep inner\n"
          "remove dir/sub/deep/i inner\nremove dir/sub/h inner\n" },
        { "", "rm -r dir; mkdir dir; echo f >dir/f; chmod 600 dir/f; mkdir -m 700 dir/sub; mkdir dir/g; echo >dir/g/x",
          "entries .\nreplace dir\nmetadata dir/f inner\nreplace dir/g inner\ncreate dir/g/x inner\n"
          "metadata dir/sub inner\nremove dir/sub/deep inner\nremove dir/sub/deep/i inner\nremove dir/sub/h inner\n" },
        { "", "rm -r dir; mkdir dir; echo >dir/sub",
          "entries .\nreplace dir\nremove dir/f inner\nremove dir/g inner\nreplace dir/sub inner\n"
          "remove dir/sub/deep inner\nremove dir/sub/deep/i inner\nremove dir/sub/h inner\n" },
        { "", "mv dir new; rm -r new/sub; mkdir new/sub; echo h >new/sub/h; echo >new/sub/deep",
          "entries .\nremove dir/sub/deep/i inner\nmove new <- dir\nentries new <- dir\n"
          "replace new/sub <- dir/sub\nreplace new/sub/deep <- dir/sub/deep inner\n" },
};

static const struct script links[] = {
        { "", "ln file new", "entries .\ncreate new = file\n" },
        { "", "ln file new; chmod 600 new", "entries .\nmetadata file\ncreate new = file\n" },
        { "", "ln file new; echo new >new", "entries .\nreplace file\ncreate new\n" },
        { "", "ln file new; rm file; mv new file", "" },
        { "", "mkdir new; ln file new/file; ln file new/file2",
          "entries .\ncreate new\ncreate new/file = file inner\ncreate new/file2 = file inner\n" },
        { "", "echo >new; ln new new2", "entries .\ncreate new\ncreate new2\n" },
        { "", "ln -f file other", "entries .\nreplace other = file\n" },
        { "", "ln -f same1 same2", "entries .\nreplace same2 = same1\n" },
        { "", "ln -f same2 same1; chmod 600 same1", "entries .\nmetadata same1\nreplace same2 = same1\n" },
        { "", "mv dir new; ln new/f f", "entries .\ncreate f = dir/f\nmove new <- dir\n" },
        { "", "rm -r dir; mkdir dir; echo f >dir/f; ln dir/f new",
          "entries .\nreplace dir\nremove dir/g inner\nremove dir/sub inner\nremove dir/sub/deep inner\n"
          "remove dir/sub/deep/i inner\nremove dir/sub/h inner\ncreate new\n" },
        { "rm dir/g; rm -r dir/sub; echo old >dir/f;", "rm -r dir; mkdir dir; ln file dir/f",
          "entries .\nreplace dir\nreplace dir/f = file inner\n" },
        { "", "rm hard; ln hard2 hard", "" },
        { "", "ln hard2 new; rm hard", "entries .\nmove new <- hard\n" },
        { "", "ln hard2 new; ln hard2 new2; rm hard", "entries .\nmove new <- hard\ncreate new2 = hard2\n" },
        { "", "mkdir new; ln hard2 new/hard; rm hard", "entries .\ncreate new\nmove new/hard <- hard\n" },
        { "", "chmod 600 hard", "metadata hard\n" },
        { "", "rm hard", "entries .\nremove hard\n" },
};

static void run_script(const struct script *script)
{
        _cleanup_(fixture_done) struct fixture s;
        _cleanup_free_ char *below = NULL;

        ck_assert_int_ge(asprintf(&below, "%s%s touch -d 2001-02-03 .", BELOW, script->below), 0);
        fixture_init(&s, below, everything);
        fixture_run(&s, script->script);
        expect(&s, script->changes);
}

START_TEST(test_files)
{
        run_script(&files[_i]);
}
END_TEST

START_TEST(test_attributes)
{
        run_script(&attributes[_i]);
}
END_TEST

START_TEST(test_moves)
{
        run_script(&moves[_i]);
}
END_TEST

START_TEST(test_directories)
{
        run_script(&directories[_i]);
}
END_TEST

START_TEST(test_links)
{
        run_script(&links[_i]);
}
END_TEST

/* ---- Declared paths ---------------------------------------------------------------------------- */

static const char *const a_part[] = { "dir/sub", "new/a/b", NULL };

static const struct {
        const char *script;
        const char *changes;  /* or */
        const char *violated; /* the undeclared paths in the message */
} declarations[] = {
        { "echo >dir/sub/new; mv dir/sub/h dir/sub/h2",
          "entries dir/sub\nmove dir/sub/h2 <- dir/sub/h\ncreate dir/sub/new\n", NULL },
        { "rm -r dir/sub",
          "entries dir\nremove dir/sub\nremove dir/sub/deep inner\nremove dir/sub/deep/i inner\n"
          "remove dir/sub/h inner\n",
          NULL },
        { "mkdir -p new/a/b/c",
          "entries .\ncreate new\ncreate new/a inner\ncreate new/a/b inner\ncreate new/a/b/c inner\n", NULL },
        { "echo >dir/f; echo >file; rm dir/g", NULL, "\"/dir/f\",\"/dir/g\",\"/file\"" },
        { "chmod 700 dir; echo >dir/f", NULL, "\"/dir\"" },
        { "touch -d 2002-01-01 . dir; touch -d 2002-01-01 dir2", NULL, "\"/dir2\"" },
        { "rm -r dir", NULL, "\"/dir\"" },
        { "mkdir -p new/a/c/d; echo >new/a/c/e", NULL, "\"/new/a/c\"" },
        { "mkdir new; echo >new/a", NULL, "\"/new/a\"" },
        { "mv dir/sub new", NULL, "\"/new\"" },
        { "mv file dir/sub/file", NULL, "\"/file\"" },
        { "mv file g", NULL, "\"/file\",\"/g\"" },
        { "mv dir2 dir/sub/", NULL, "\"/dir2\"" },
        { "echo >'fi\nle'; echo >'\"\\\\'; echo >ü", NULL, "\"/\\\"\\\\\\\\\",\"/fi\\u000ale\",\"/ü\"" },
        { "mkdir dir3; echo >\"dir2/$(printf 'a\\377b')\"; chmod 700 empty", NULL, "\"/dir2\",\"/dir3\",\"/empty\"" },
};

/* What contains our state, or is in it, no manifest can declare. */
static const struct {
        const char *paths[4], *message;
} forbidden[] = {
        { { "/" },
          "migrate changed [\"/\"], which contains or is in /var/lib/deploy-migrate and can't be declared; leave that as it is, and keep the package's data elsewhere" },
        { { "/etc/x", "/var/lib/deploy-migrate/mine", "/var/lib/other" },
          "migrate changed [\"/var/lib/deploy-migrate/mine\"], which contains or is in /var/lib/deploy-migrate and can't be declared, and paths that its manifest doesn't declare: [\"/etc/x\",\"/var/lib/other\"], which go into \"writes\"; leave that as it is, and keep the package's data elsewhere" },
        { { "/var/lib/deploy-migrate-tools" },
          "migrate changed paths that its manifest doesn't declare: [\"/var/lib/deploy-migrate-tools\"]; add them to \"writes\"" },
};

START_TEST(test_never_declared)
{
        _cleanup_(undeclared_done) struct undeclared undeclared = { 0 };
        _cleanup_error_ struct error error = { 0 };

        for (size_t i = 0; forbidden[_i].paths[i]; i++)
                ck_assert_int_eq(strv_add(&undeclared.paths, forbidden[_i].paths[i]), 0);
        ck_assert_int_eq(undeclared_check(&undeclared, &error), -EPERM);
        ck_assert_str_eq(error_text(&error), forbidden[_i].message);
}
END_TEST

static void expect_undeclared(struct fixture *s, const char *format, ...) _printf_(2, 3);
static void expect_undeclared(struct fixture *s, const char *format, ...)
{
        _cleanup_changes_ struct changes changes = { 0 };
        _cleanup_error_ struct error error = { 0 };
        _cleanup_free_ char *message = NULL;
        va_list args;

        ck_assert_msg(changes_read(&s->request, &changes, &error) == 0, "%s", error_text(&error));
        ck_assert_uint_eq(changes.n, 0);
        ck_assert_int_eq(undeclared_check(&s->undeclared, &error), -EPERM);
        va_start(args, format);
        ck_assert_int_ge(vasprintf(&message, format, args), 0);
        va_end(args);
        ck_assert_str_eq(error_text(&error), message);
}

START_TEST(test_declared)
{
        _cleanup_(fixture_done) struct fixture s;

        fixture_init(&s, BELOW, a_part);
        fixture_run(&s, declarations[_i].script);
        if (declarations[_i].changes)
                expect(&s, declarations[_i].changes);
        else
                expect_undeclared(
                        &s, "migrate changed paths that its manifest doesn't declare: [%s]; add them to \"writes\"",
                        declarations[_i].violated);
        strv_done(&s.undeclared.paths);
        ck_assert_int_eq(undeclared_check(&s.undeclared, NULL), 0);
}
END_TEST

START_TEST(test_many_undeclared)
{
        _cleanup_(fixture_done) struct fixture s;
        _cleanup_changes_ struct changes changes = { 0 };
        _cleanup_error_ struct error error = { 0 };

        fixture_init(&s, BELOW, a_part);
        fixture_run(&s, "touch $(seq 1000 1219)");
        ck_assert_int_eq(changes_read(&s.request, &changes, &error), 0);
        ck_assert_int_eq(undeclared_check(&s.undeclared, &error), -EPERM);
        ck_assert_ptr_nonnull(strstr(error_text(&error), "[\"/1000\",\"/1001\","));
        ck_assert_ptr_nonnull(strstr(error_text(&error), ",\"/1099\"] and 120 more; add them to \"writes\""));
}
END_TEST

/* ---- Other processes --------------------------------------------------------------------------- */

static const struct {
        const char *script;
        const char *others;  /* what another process does meanwhile */
        const char *changed; /* the path in the message; NULL if there is no conflict */
} others[] = {
        { "echo longer >file", "echo >>other", NULL },
        { "echo longer >file", "echo >>file", "file" },
        { "echo longer >file", "chmod 600 file", "file" },
        { "echo longer >file", "mv file t; mv t file", "file" },
        { ": >>file", "echo >>file", "file" },
        { "chmod 600 file", "chmod 640 file", "file" },
        { "rm file", "echo >>file", "file" },
        { "mv file new", "chmod 600 file", "file" },
        { "echo >new", "echo other >new", "new" },
        { "mkdir new", "mkdir new", "new" },
        { "rm -r dir", "echo >>dir/sub/h", "dir/sub/h" },
        { "rm -r dir", "echo >dir/sub/deep/new", "dir/sub/deep" },
        { "rm -r dir; mkdir dir; echo f >dir/f", "echo >>dir/f", "dir/f" },
        { "mv dir new; echo >new/f", "echo >dir/new; echo >dir/sub/new", NULL },
        { "mv dir new; echo >new/f", "echo >>dir/f", "dir/f" },
        { "mv dir new", "chmod 700 dir", "dir" },
        { "chmod 700 dir", "echo >dir/new", NULL },
        { "chmod 700 dir", "chmod 750 dir", "dir" },
        { "echo >dir/new", "chmod 700 dir2; echo >dir/new2", NULL },
        { "rm file", "rm file", NULL },
};

START_TEST(test_changed_by_others)
{
        _cleanup_(fixture_done) struct fixture s;

        fixture_init(&s, BELOW, everything);
        fixture_run(&s, others[_i].script);
        usleep(20000); /* until the clock of file systems has ticked */
        ck_assert_int_eq(shell("set -e; cd %s/lower; %s", s.tree.path, others[_i].others), 0);
        if (others[_i].changed)
                expect_error(&s, -EBUSY,
                             "%s/%s was changed by another process while the migration ran; "
                             "stop that process, then run the migration again",
                             s.area.path, others[_i].changed);
        else {
                _cleanup_changes_ struct changes changes = { 0 };

                ck_assert_int_eq(changes_read(&s.request, &changes, NULL), 0);
        }
}
END_TEST

/* ---- Names and sizes -------------------------------------------------------------------------- */

static const struct script names[] = {
        { "", "echo >\"$(printf 'a\\nb')\"; echo >\"$(printf 'a\\377b')\"; echo >'a b'; echo >'a\\b'",
          "entries .\ncreate a\\012b\ncreate a\\040b\ncreate a\\134b\ncreate a\\377b\n" },
        { "", "echo >-; echo >.hidden; echo >..more", "entries .\ncreate -\ncreate ..more\ncreate .hidden\n" },
        { "", "mkdir a a.b; echo >a/c; echo >a.b/c; echo >a-b",
          "entries .\ncreate a\ncreate a/c inner\ncreate a-b\ncreate a.b\ncreate a.b/c inner\n" },
        { "", "mv dir \"$(printf 'a\\nb')\"; rm -r \"$(printf 'a\\nb/sub')\"; chmod 600 \"$(printf 'a\\nb/f')\"",
          "entries .\nmove a\\012b <- dir\nentries a\\012b <- dir\nmetadata a\\012b/f <- dir/f\n"
          "remove dir/sub\nremove dir/sub/deep inner\nremove dir/sub/deep/i inner\nremove dir/sub/h inner\n" },
};

START_TEST(test_names)
{
        run_script(&names[_i]);
}
END_TEST

#define A_51  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define A_255 A_51 A_51 A_51 A_51 A_51

START_TEST(test_long_names)
{
        _cleanup_(fixture_done) struct fixture s;

        fixture_init(&s, "mkdir " A_255 "; echo >" A_255 "/" A_255 "; touch -d 2001-01-01 " A_255 "/* " A_255,
                     everything);
        fixture_run(&s, "mv " A_255 "/" A_255 " B" A_51 "; mv " A_255 " C");
        expect(&s, "entries .\nmove B" A_51 " <- " A_255 "/" A_255 "\nmove C <- " A_255 "\nentries C <- " A_255 "\n");
}
END_TEST

/* Deeper than the number of files a process may open, and longer than PATH_MAX. */
START_TEST(test_deep)
{
        _cleanup_(fixture_done) struct fixture s;
        _cleanup_changes_ struct changes changes = { 0 };
        _cleanup_error_ struct error error = { 0 };

        fixture_init(&s, "true", everything);
        fixture_run(
                &s,
                "/usr/bin/python3 -IS -c 'import os\nfor i in range(1500): os.mkdir(\"directory\"); os.chdir(\"directory\")'");
        ck_assert_msg(changes_read(&s.request, &changes, &error) == 0, "%s", error_text(&error));
        ck_assert_uint_eq(changes_count(&changes), 1500);
        ck_assert_int_eq(shell("cd %s; rm -r upper", s.tree.path), 0);
}
END_TEST

#define MANY 10000

static uint64_t measure(const struct fixture *s, struct changes *ret)
{
        _cleanup_error_ struct error error = { 0 };
        uint64_t begin = now_usec(CLOCK_MONOTONIC);

        ck_assert_msg(changes_read(&s->request, ret, &error) == 0, "%s", error_text(&error));
        return now_usec(CLOCK_MONOTONIC) - begin;
}

/* All lower files have one size and time, as unpacked files do. Comparing each with each would exceed the time limit. */
static const struct {
        const char *script; /* Python, where "many" has n files */
        enum change_kind kind;
} many[] = {
        { "[open(\"dir/%05d\" % i, \"w\").write(\"new\") for i in range(n)]", CHANGE_CREATE },
        { "[open(\"many/%05d\" % i, \"w\").write(\"new\") for i in range(n)]", CHANGE_REPLACE },
        { "[os.chmod(\"many/%05d\" % i, 0o600) for i in range(n)]", CHANGE_METADATA },
        { "[os.rename(\"many/%05d\" % i, \"dir/%d\" % i) for i in range(n)]", CHANGE_MOVE },
};

START_TEST(test_many)
{
        _cleanup_(fixture_done) struct fixture s;
        _cleanup_changes_ struct changes changes = { 0 };
        _cleanup_free_ char *before = NULL, *script = NULL;
        uint64_t usec;
        size_t wanted = suite_repeats(MANY), n = 0;

        ck_assert_int_ge(
                asprintf(
                        &before,
                        "mkdir dir many; /usr/bin/python3 -IS -c 'import os\nfor i in range(%zu):\n path = \"many/%%05d\" %% i\n"
                        " open(path, \"w\").write(\"%%05d\" %% i)\n os.utime(path, (1e9, 1e9))'; touch -d 2001-01-01 many dir",
                        wanted),
                0);
        fixture_init(&s, before, everything);
        ck_assert_int_ge(asprintf(&script, "/usr/bin/python3 -IS -c 'import os\nn = %zu\n%s'", wanted, many[_i].script),
                         0);
        fixture_run(&s, script);
        usec = measure(&s, &changes);
        for (size_t i = 0; i < changes.n; i++)
                n += changes.changes[i].kind == many[_i].kind;
        ck_assert_uint_eq(n, wanted);
        printf("# %zu changes of kind %s: %u ms\n", wanted, change_kind_to_string(many[_i].kind),
               (unsigned)(usec / USEC_PER_MSEC));
}
END_TEST

/* ---- Lists ------------------------------------------------------------------------------------- */

START_TEST(test_states)
{
        _cleanup_(fixture_done) struct fixture s;
        _cleanup_changes_ struct changes changes = { 0 };

        fixture_init(&s, BELOW, everything);
        fixture_run(&s, "echo longer >file; rm other; echo >new; mv dir x");
        for (size_t i = 0; i < 2; i++)
                ck_assert_int_eq(changes_read(&s.request, &changes, NULL), 0);
        ck_assert_uint_eq(changes.n, 2 * 5);
        ck_assert_uint_eq(changes_count(&changes), 2 * 4);
        for (size_t i = 0; i < changes.n; i++) {
                const struct change *change = &changes.changes[i];
                char path[64] = "";
                struct stat st;

                snprintf(path, sizeof(path), "/upper/%s", change->path);
                ck_assert_int_eq(lstat(tree_path(&s.tree, path), &st) == 0 && !S_ISCHR(st.st_mode),
                                 change->after.st_mode != 0);
                ck_assert(change->after.st_mode == 0 || change->after.st_ino == st.st_ino);
                snprintf(path, sizeof(path), "/lower/%s", change->from ? change->from : change->path);
                ck_assert_int_eq(lstat(tree_path(&s.tree, path), &st) == 0, change->before.st_mode != 0);
                ck_assert(change->before.st_mode == 0 || change->before.st_ino == st.st_ino);
        }
}
END_TEST

START_TEST(test_kinds)
{
        for (int kind = CHANGE_CREATE; kind <= CHANGE_ENTRIES; kind++)
                ck_assert_int_eq(change_kind_from_string(change_kind_to_string((enum change_kind)kind)), kind);
        ck_assert_int_eq(change_kind_from_string("created"), -EINVAL);
        ck_assert_int_eq(change_kind_from_string(""), -EINVAL);
}
END_TEST

static Suite *suite(void)
{
        TCase *tc = tcase_create("changes");
        Suite *s = suite_create("changes");

        tcase_set_timeout(tc, TIMEOUT_SEC);
        tcase_add_unchecked_fixture(tc, set_up, trees_teardown);
        tcase_add_loop_test(tc, test_files, 0, ELEMENTSOF(files));
        tcase_add_loop_test(tc, test_attributes, 0, ELEMENTSOF(attributes));
        tcase_add_loop_test(tc, test_moves, 0, ELEMENTSOF(moves));
        tcase_add_loop_test(tc, test_directories, 0, ELEMENTSOF(directories));
        tcase_add_loop_test(tc, test_links, 0, ELEMENTSOF(links));
        tcase_add_loop_test(tc, test_never_declared, 0, ELEMENTSOF(forbidden));
        tcase_add_loop_test(tc, test_declared, 0, ELEMENTSOF(declarations));
        tcase_add_test(tc, test_many_undeclared);
        tcase_add_loop_test(tc, test_changed_by_others, 0, ELEMENTSOF(others));
        tcase_add_loop_test(tc, test_names, 0, ELEMENTSOF(names));
        tcase_add_test(tc, test_long_names);
        tcase_add_test(tc, test_deep);
        tcase_add_loop_test(tc, test_many, 0, ELEMENTSOF(many));
        tcase_add_test(tc, test_states);
        tcase_add_test(tc, test_kinds);
        suite_add_tcase(s, tc);
        return s;
}

int main(void)
{
        return suite_run_as_root(suite());
}
