/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dpkg/dpkg-record.h"

#include "dpkg/deb-version.h"

#include <stdarg.h>
#include <stdio.h>

struct dpkg_field {
        const char *name;
        size_t name_size;
        const char *value; /* without blanks around it */
        size_t value_size;
        size_t line;
};

enum {
        FIELD_PACKAGE,
        FIELD_STATUS,
        FIELD_ARCHITECTURE,
        FIELD_MULTI_ARCH,
        FIELD_VERSION,
        FIELD_CONFIG_VERSION,
        N_FIELDS,
};

static const char *const field_names[N_FIELDS] = {
        [FIELD_PACKAGE] = "Package",       [FIELD_STATUS] = "Status",   [FIELD_ARCHITECTURE] = "Architecture",
        [FIELD_MULTI_ARCH] = "Multi-Arch", [FIELD_VERSION] = "Version", [FIELD_CONFIG_VERSION] = "Config-Version",
};

static const char *const state_names[] = {
        [DPKG_NOT_INSTALLED] = "not-installed",       [DPKG_CONFIG_FILES] = "config-files",
        [DPKG_HALF_INSTALLED] = "half-installed",     [DPKG_UNPACKED] = "unpacked",
        [DPKG_HALF_CONFIGURED] = "half-configured",   [DPKG_TRIGGERS_AWAITED] = "triggers-awaited",
        [DPKG_TRIGGERS_PENDING] = "triggers-pending", [DPKG_INSTALLED] = "installed",
};

void dpkg_record_done(struct dpkg_record *record)
{
        assert(record);

        free(record->package);
        free(record->architecture);
        free(record->version);
        free(record->config_version);
        *record = (struct dpkg_record){ 0 };
}

const char *dpkg_state_to_string(enum dpkg_state state)
{
        assert((size_t)state < ELEMENTSOF(state_names));

        return state_names[state];
}

static int dpkg_field_refuse(const char *file, const struct dpkg_field *field, struct error *error, const char *reason)
{
        int shown = field->value_size < 80 ? (int)field->value_size : 80;

        return error_setf(error, -EBADMSG, "%s:%zu: %s: '%.*s'; repair it, or restore the file from /var/backups", file,
                          field->line, reason, shown, field->value);
}

static bool char_is_space(char c)
{
        return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A field continues in each line that begins with a blank; dpkg reads it so even if there is nothing else in that line. */
static const char *dpkg_field_find_end(const char *p, const char *end, size_t *line)
{
        do {
                p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
                (*line)++;
        } while (p < end && *p != '\n' && char_is_space(*p));

        return p;
}

static void dpkg_field_set_value(struct dpkg_field *field, const char *p, const char *end)
{
        while (p < end && char_is_space(*p))
                p++;
        while (p < end && char_is_space(end[-1]))
                end--;
        field->value = p;
        field->value_size = (size_t)(end - p);
}

/* Takes the next field from @rest. Returns: 1, 0 at the end of the stanza, or -EBADMSG. */
static int dpkg_stanza_next_field(struct dpkg_stanza *rest, struct dpkg_field *ret, struct error *error)
{
        struct dpkg_field field = { .name = rest->text, .line = rest->line };
        const char *p = rest->text;

        if (p == rest->end || *p == '\n')
                return 0;

        while (!char_is_space(*p) && *p != ':')
                p++;
        field.name_size = (size_t)(p - field.name);
        while (*p != '\n' && char_is_space(*p))
                p++;
        if (*p != ':' || field.name_size == 0) {
                dpkg_field_set_value(&field, field.name, memchr(p, '\n', (size_t)(rest->end - p)));
                return dpkg_field_refuse(rest->file, &field, error, "not a field of the form 'Name: value'");
        }

        rest->text = dpkg_field_find_end(p + 1, rest->end, &rest->line);
        dpkg_field_set_value(&field, p + 1, rest->text);
        *ret = field;
        return 1;
}

static int dpkg_field_index(const struct dpkg_field *field)
{
        for (int i = 0; i < N_FIELDS; i++)
                if (strlen(field_names[i]) == field->name_size &&
                    strncasecmp(field_names[i], field->name, field->name_size) == 0)
                        return i;
        return -ENOENT;
}

int dpkg_record_find_package(const struct dpkg_stanza *stanza, const char **ret, size_t *ret_size, struct error *error)
{
        struct dpkg_stanza rest;
        struct dpkg_field field = { 0 };
        int r;

        assert(stanza);
        assert(ret);
        assert(ret_size);

        rest = *stanza;
        while ((r = dpkg_stanza_next_field(&rest, &field, error)) > 0)
                if (dpkg_field_index(&field) == FIELD_PACKAGE && field.value_size > 0) {
                        *ret = field.value;
                        *ret_size = field.value_size;
                        return 0;
                }
        if (r < 0)
                return r;

        dpkg_field_set_value(&field, stanza->text, memchr(stanza->text, '\n', (size_t)(stanza->end - stanza->text)));
        field.line = stanza->line;
        return dpkg_field_refuse(stanza->file, &field, error, "stanza has no package name");
}

static int dpkg_stanza_find_fields(const struct dpkg_stanza *stanza, struct dpkg_field *fields, struct error *error)
{
        struct dpkg_stanza rest = *stanza;
        struct dpkg_field field = { 0 };
        int r, i;

        while ((r = dpkg_stanza_next_field(&rest, &field, error)) > 0) {
                i = dpkg_field_index(&field);
                if (i < 0)
                        continue;
                if (fields[i].name)
                        return dpkg_field_refuse(stanza->file, &field, error, "duplicate field in a stanza");
                fields[i] = field;
        }
        return r;
}

static bool dpkg_field_is_word(const struct dpkg_field *field)
{
        for (size_t i = 0; i < field->value_size; i++)
                if (char_is_space(field->value[i]) || field->value[i] == '\0')
                        return false;
        return true;
}

static bool dpkg_field_equals(const struct dpkg_field *word, const char *text)
{
        return strlen(text) == word->value_size && strncasecmp(word->value, text, word->value_size) == 0;
}

/* Splits "want eflag state", of which the first word is only a wish. */
static bool dpkg_field_split_status(const struct dpkg_field *field, struct dpkg_field words[static 3])
{
        const char *p = field->value, *end = p + field->value_size;

        for (int i = 0; i < 3; i++) {
                words[i] = (struct dpkg_field){ .value = p, .line = field->line };
                while (p < end && !char_is_space(*p))
                        p++;
                words[i].value_size = (size_t)(p - words[i].value);
                while (p < end && char_is_space(*p))
                        p++;
        }
        return words[2].value_size > 0 && p == end;
}

static int dpkg_record_parse_status(const char *file, const struct dpkg_field *field, struct dpkg_record *record,
                                    struct error *error)
{
        struct dpkg_field words[3];

        /* dpkg takes a package without a status for one that isn't installed. */
        if (!field->name)
                return 0;
        if (!dpkg_field_split_status(field, words))
                return dpkg_field_refuse(file, field, error, "status isn't three words");

        record->stated = true;
        record->reinstreq = dpkg_field_equals(&words[1], "reinstreq");
        if (!record->reinstreq && !dpkg_field_equals(&words[1], "ok"))
                return dpkg_field_refuse(file, &words[1], error, "unknown error flag");

        for (size_t i = 0; i < ELEMENTSOF(state_names); i++)
                if (dpkg_field_equals(&words[2], state_names[i])) {
                        record->state = (enum dpkg_state)i;
                        return 0;
                }
        return dpkg_field_refuse(file, &words[2], error, "unknown state");
}

static int dpkg_record_copy_words(const char *file, const struct dpkg_field *fields, struct dpkg_record *record,
                                  struct error *error)
{
        const struct {
                const struct dpkg_field *field;
                char **ret;
        } words[] = {
                { &fields[FIELD_PACKAGE], &record->package },
                { &fields[FIELD_ARCHITECTURE], &record->architecture },
                { &fields[FIELD_VERSION], &record->version },
                { &fields[FIELD_CONFIG_VERSION], &record->config_version },
        };

        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                if (words[i].field->value_size == 0)
                        continue;
                if (!dpkg_field_is_word(words[i].field))
                        return dpkg_field_refuse(file, words[i].field, error, "expected one word");
                *words[i].ret = strndup(words[i].field->value, words[i].field->value_size);
                if (!*words[i].ret)
                        return -ENOMEM;
        }
        return 0;
}

/* From it migrations may be counted, so it must be one that dpkg accepts in a package. */
static bool dpkg_record_has_good_config_version(const struct dpkg_record *record, const struct dpkg_field *field)
{
        struct deb_version version;

        if (!field->name || record->state == DPKG_NOT_INSTALLED)
                return true;
        return record->config_version && deb_version_parse(record->config_version, true, &version, NULL) >= 0;
}

int dpkg_record_parse(const struct dpkg_stanza *stanza, struct dpkg_record *ret, struct error *error)
{
        _cleanup_(dpkg_record_done) struct dpkg_record record = { 0 };
        struct dpkg_field fields[N_FIELDS] = { 0 };
        int r;

        assert(stanza);
        assert(ret);

        r = dpkg_stanza_find_fields(stanza, fields, error);
        if (r < 0)
                return r;
        r = dpkg_record_copy_words(stanza->file, fields, &record, error);
        if (r < 0)
                return r;
        r = dpkg_record_parse_status(stanza->file, &fields[FIELD_STATUS], &record, error);
        if (r < 0)
                return r;

        if (!record.version && record.state != DPKG_NOT_INSTALLED && record.state != DPKG_HALF_INSTALLED)
                return dpkg_field_refuse(stanza->file, &fields[FIELD_PACKAGE], error, "package has no version");

        if (!dpkg_record_has_good_config_version(&record, &fields[FIELD_CONFIG_VERSION]))
                return dpkg_field_refuse(stanza->file, &fields[FIELD_CONFIG_VERSION], error, "not a version");

        record.multi_arch_same = dpkg_field_equals(&fields[FIELD_MULTI_ARCH], "same");
        *ret = record;
        record = (struct dpkg_record){ 0 };
        return 0;
}
