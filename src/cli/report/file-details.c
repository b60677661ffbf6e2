/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/file-details.h"

#include "basic/macro.h"
#include "basic/memstream.h"
#include "cli/need.h"
#include "cli/report/attribute-text.h"
#include "cli/report/owners.h"
#include "cli/terminal/format.h"

#include <stdio.h>
#include <sys/stat.h>

/* The line so far. */
struct details {
        FILE *stream;
        const struct dmig_file *file;
        const char *arrow;
};

static unsigned details_mode_before(const struct details *d)
{
        return dmig_file_get_mode_before(d->file);
}

static unsigned details_mode_after(const struct details *d)
{
        return dmig_file_get_mode_after(d->file);
}

static bool details_is(const struct details *d, const char *kind)
{
        return streq(dmig_file_get_kind(d->file), kind);
}

/* Begins one more part of the line. */
static FILE *details_next(const struct details *d)
{
        fputs(ftell(d->stream) > 0 ? ", " : "", d->stream);
        return d->stream;
}

/* "WHAT BEFORE -> AFTER"; NULL is "none". */
static void details_add(const struct details *d, const char *what, const char *before, const char *after)
{
        fprintf(details_next(d), "%s %s %s %s", what, before ? before : "none", d->arrow, after ? after : "none");
}

/* ---- Content ---- */

const char *mode_type_name(unsigned mode)
{
        switch (mode & S_IFMT) {
        case S_IFREG:
                return "file";
        case S_IFDIR:
                return "directory";
        case S_IFLNK:
                return "symbolic link";
        case S_IFIFO:
                return "fifo";
        case S_IFSOCK:
                return "socket";
        case S_IFCHR:
                return "character device";
        case S_IFBLK:
                return "block device";
        default:
                return "";
        }
}

static void size_print(FILE *stream, int64_t size)
{
        char text[BYTES_MAX];

        format_bytes((uint64_t)size, text);
        fputs(text, stream);
}

static void details_add_sizes(const struct details *d)
{
        int64_t before = dmig_file_get_size_before(d->file), after = dmig_file_get_size_after(d->file);

        size_print(details_next(d), before >= 0 ? before : after);
        if (before >= 0 && after >= 0 && before != after) {
                fprintf(d->stream, " %s ", d->arrow);
                size_print(d->stream, after);
        }
}

static void details_add_target(const struct details *d)
{
        const char *before = dmig_file_get_target_before(d->file), *after = dmig_file_get_target_after(d->file);

        if (before && after && !streq(before, after))
                details_add(d, "to", before, after);
        else if (before || after)
                fprintf(details_next(d), "to %s", after ? after : before);
}

static void details_add_content(const struct details *d, bool counted)
{
        unsigned before = details_mode_before(d), after = details_mode_after(d), mode = after ? after : before;

        if (before && after && (before & S_IFMT) != (after & S_IFMT))
                fprintf(details_next(d), "%s %s %s", mode_type_name(before), d->arrow, mode_type_name(after));
        else if (counted || dmig_file_get_from(d->file) || details_is(d, "metadata"))
                return;
        else if (S_ISREG(mode))
                details_add_sizes(d);
        else
                fputs(mode_type_name(mode), details_next(d));
        details_add_target(d);
}

/* ---- Attributes ---- */

/* What a new file has if nothing was done about it. */
static bool mode_is_common(unsigned mode)
{
        unsigned permissions = mode & ~(unsigned)S_IFMT;

        return permissions == 0755 || (permissions == 0644 && !S_ISDIR(mode));
}

static void details_add_mode(const struct details *d)
{
        unsigned before = details_mode_before(d), after = details_mode_after(d);

        if (!after || S_ISLNK(before) || S_ISLNK(after))
                return;
        if (before && (before & ~S_IFMT) != (after & ~S_IFMT))
                fprintf(details_next(d), "mode %04o %s %04o", before & ~S_IFMT, d->arrow, after & ~S_IFMT);
        else if (!before && !mode_is_common(after))
                fprintf(details_next(d), "mode %04o", after & ~S_IFMT);
}

static void details_add_owner(const struct details *d)
{
        int64_t uid_before = dmig_file_get_uid_before(d->file), uid = dmig_file_get_uid_after(d->file);
        int64_t gid_before = dmig_file_get_gid_before(d->file), gid = dmig_file_get_gid_after(d->file);
        char user[OWNER_MAX], group[OWNER_MAX];

        if (!details_mode_after(d) || (uid == uid_before && gid == gid_before))
                return;
        if (!details_mode_before(d) && uid == 0 && gid == 0)
                return;
        fputs("owner ", details_next(d));
        if (details_mode_before(d))
                fprintf(d->stream, "%s:%s %s ", owner_name_user(uid_before, user), owner_name_group(gid_before, group),
                        d->arrow);
        fprintf(d->stream, "%s:%s", owner_name_user(uid, user), owner_name_group(gid, group));
}

static const char *attribute_what(const char *name)
{
        char kind = attribute_acl_kind(name);

        return kind == 'a' ? "ACL" : kind == 'd' ? "default ACL" : name;
}

static void details_add_xattr(const struct details *d, const struct dmig_xattr *xattr)
{
        size_t old_size = 0, new_size = 0;
        const char *name = dmig_xattr_get_name(xattr);
        const void *old = dmig_xattr_get_before(xattr, &old_size), *new = dmig_xattr_get_after(xattr, &new_size);
        _cleanup_free_ char *before = old ? need_memory(attribute_text(name, old, old_size)) : NULL;
        _cleanup_free_ char *after = new ? need_memory(attribute_text(name, new, new_size)) : NULL;

        if (old && new &&old_size == new_size && memcmp(old, new, old_size) == 0)
                return;
        if (details_mode_before(d))
                details_add(d, attribute_what(name), before, after);
        else
                fprintf(details_next(d), "%s %s", attribute_what(name), after ? after : "");
}

static void details_add_attributes(const struct details *d)
{
        long begin = ftell(d->stream);

        if (dmig_file_get_from(d->file))
                fprintf(details_next(d), "from %s", dmig_file_get_from(d->file));
        details_add_mode(d);
        details_add_owner(d);
        for (size_t i = 0; details_mode_after(d) && i < dmig_file_count_xattrs(d->file); i++)
                details_add_xattr(d, dmig_file_get_xattr(d->file, i));
        if (details_is(d, "metadata") && ftell(d->stream) == begin)
                fputs("modification time", details_next(d));
}

char *file_details_make(const struct dmig_file *file, bool counted, const char *arrow)
{
        struct details d = { .file = file, .arrow = arrow };
        char *text = NULL;
        size_t size;

        assert(file && arrow);

        d.stream = open_memstream(&text, &size);
        if (!d.stream)
                return NULL;
        details_add_content(&d, counted);
        details_add_attributes(&d);
        return memstream_close(d.stream, &text) < 0 ? NULL : text;
}
