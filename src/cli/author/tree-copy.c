/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/author/tree-copy.h"

#include "basic/path.h"
#include "cli/author/command.h"

/* Runs @script, which says itself what is wrong, with what begins at @args as its arguments. */
static int script_run(const char *script, const char *const args[static 3], struct error *error)
{
        const char *const command[] = { "sh", "-euc", script, "sh", args[0], args[1], args[2], NULL };
        int r = command_run(command, NULL, error);

        return r > 0 ? error_setf(error, -EIO, "can't copy or change %s: the reason is above", args[0]) : r;
}

int tree_copy(const char *from, const char *to, enum tree_order order, struct error *error)
{
        /* An owner may have no number in this name space. */
        static const char listed[] = "cp -aT -- \"$1\" \"$2\" 2>/dev/null || { rm -rf -- \"$2\"; "
                                     "cp -rdT --preserve=mode,timestamps,links,xattr -- \"$1\" \"$2\"; }";
        /* The archive is made of a list of files, and gives directories their attributes when all is in them. */
        static const char ordered[] =
                "list=$(mktemp \"$2.XXXXXX\"); mkdir -- \"$2\"; cd -- \"$1\"; "
                "find . -print0 | LC_ALL=C sort -z $3 >\"$list\"; "
                "tar --sparse --null --no-recursion --acls --xattrs -T \"$list\" -cf \"$list.tar\"; "
                "tar -C \"$2\" --acls --xattrs -xpf \"$list.tar\" 2>/dev/null || "
                "tar -C \"$2\" --no-same-owner --acls --xattrs -xpf \"$list.tar\"; rm \"$list\" \"$list.tar\"";

        assert(from);
        assert(to);

        if (order == TREE_AS_LISTED)
                return script_run(listed, (const char *const[]){ from, to, "" }, error);
        return script_run(ordered, (const char *const[]){ from, to, order == TREE_REVERSED ? "-r" : "" }, error);
}

int tree_install(const char *directory, const char *to, const char *name, struct error *error)
{
        static const char script[] = "mkdir -p -- \"$2\"; cd -- \"$2\"; cp -r -- \"$1\" \"$3\"; "
                                     "rm -rf -- \"$3/tests\" \"$3/src\"; chmod -R go-w -- \"$3\"";

        assert(directory);
        assert(to);
        assert(name);

        return script_run(script, (const char *const[]){ directory, to, name }, error);
}

int tree_strip(const char *path, struct error *error)
{
        static const char script[] =
                "cd -- \"$1\"; rm -rf ." VENDOR_DIR " ." ADMIN_DIR " ." STATE_DIR " ." LOCK_DIR "; "
                "for directory in usr/lib etc var/lib run; do "
                "[ ! -d $directory ] || rmdir -p --ignore-fail-on-non-empty $directory; done";

        assert(path);

        return script_run(script, (const char *const[]){ path, "", "" }, error);
}
