/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/attribute-text.h"

#include "basic/macro.h"
#include "basic/memstream.h"
#include "basic/utf8.h"
#include "cli/report/owners.h"

#include <endian.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdio.h>

char attribute_acl_kind(const char *name)
{
        assert(name);

        return streq(name, "system.posix_acl_access") ? 'a' : streq(name, "system.posix_acl_default") ? 'd' : '\0';
}

static const char *acl_tag_name(unsigned tag)
{
        switch (tag) {
        case ACL_USER_OBJ:
        case ACL_USER:
                return "user";
        case ACL_GROUP_OBJ:
        case ACL_GROUP:
                return "group";
        case ACL_MASK:
                return "mask";
        default:
                return "other";
        }
}

static void acl_print_entry(FILE *stream, const struct posix_acl_xattr_entry *entry)
{
        unsigned tag = le16toh(entry->e_tag), perm = le16toh(entry->e_perm);
        char name[OWNER_MAX] = "";

        if (tag == ACL_USER)
                owner_name_user(le32toh(entry->e_id), name);
        else if (tag == ACL_GROUP)
                owner_name_group(le32toh(entry->e_id), name);
        fprintf(stream, "%s:%s:%c%c%c", acl_tag_name(tag), name, perm & ACL_READ ? 'r' : '-',
                perm & ACL_WRITE ? 'w' : '-', perm & ACL_EXECUTE ? 'x' : '-');
}

static void acl_print(FILE *stream, const char *value, size_t size)
{
        struct posix_acl_xattr_entry entry;

        for (size_t at = sizeof(struct posix_acl_xattr_header); at + sizeof(entry) <= size; at += sizeof(entry)) {
                memcpy(&entry, value + at, sizeof(entry));
                fputs(at > sizeof(struct posix_acl_xattr_header) ? "," : "", stream);
                acl_print_entry(stream, &entry);
        }
}

static bool value_is_text(const char *value, size_t size)
{
        uint32_t character;

        for (size_t at = 0, n; at < size; at += n) {
                n = utf8_decode(value + at, size - at, &character);
                if (n == 0 || character < ' ' || (character >= 0x7f && character < 0xa0))
                        return false;
        }
        return true;
}

static void value_print(FILE *stream, const char *value, size_t size)
{
        if (value_is_text(value, size)) {
                fwrite(value, 1, size, stream);
                return;
        }
        fputs("0x", stream);
        for (size_t i = 0; i < size; i++)
                fprintf(stream, "%02x", (unsigned char)value[i]);
}

char *attribute_text(const char *name, const void *value, size_t size)
{
        char *text = NULL;
        size_t length;
        FILE *stream;

        assert(name && value);

        stream = open_memstream(&text, &length);
        if (!stream)
                return NULL;
        (attribute_acl_kind(name) ? acl_print : value_print)(stream, value, size);
        return memstream_close(stream, &text) < 0 ? NULL : text;
}
