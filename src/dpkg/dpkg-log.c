/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dpkg/dpkg-log.h"

#include "basic/array.h"
#include "basic/io.h"
#include "dpkg/deb-version.h"
#include "dpkg/dpkg-log-file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>

#define LOG_DIR "/var/log"

/* The logs may be rotated, or dpkg may be writing a line, while they are read. */
#define MAX_TRIES  10
#define PAUSE_USEC 10000

struct rotation {
        char *path;
        uint64_t age;
};

struct rotations {
        struct rotation *list; /* oldest first */
        size_t n;
};

struct evidence {
        const char *package;
        char *version; /* NULL if there is none yet */
        char *architecture;
};

/* A line, split at its blanks: date, time, "install", "upgrade" or "purge", package:architecture, old version, new version. */
struct log_entry {
        bool purges;
        const char *architecture;
        const char *old;
        const char *new;
};

static void rotations_done(struct rotations *rotations)
{
        for (size_t i = 0; i < rotations->n; i++)
                free(rotations->list[i].path);
        free(rotations->list);
}

static void evidence_done(struct evidence *evidence)
{
        free(evidence->version);
        free(evidence->architecture);
}

/* ".2" is older than ".1", but "-20240201" is newer than "-20240101". */
static bool rotation_parse_name(const char *name, uint64_t *ret_age)
{
        const char *suffix = str_startswith(name, "dpkg.log");
        uint64_t number;
        char *end;

        if (!suffix)
                return false;
        if (!*suffix) {
                *ret_age = 0;
                return true;
        }
        if ((*suffix != '.' && *suffix != '-') || suffix[1] < '0' || suffix[1] > '9')
                return false;

        number = strtoull(suffix + 1, &end, 10);
        *ret_age = *suffix == '.' ? number : UINT64_MAX - number;
        return !*end || streq(end, ".gz");
}

static int rotations_add(struct rotations *rotations, const char *name)
{
        struct rotation *list;
        uint64_t age;

        if (!rotation_parse_name(name, &age))
                return 0;

        list = array_grow(rotations->list, rotations->n, sizeof(*list));
        if (!list)
                return -ENOMEM;
        rotations->list = list;

        list[rotations->n].age = age;
        if (asprintf(&list[rotations->n].path, LOG_DIR "/%s", name) < 0)
                return -ENOMEM;
        rotations->n++;
        return 0;
}

static int rotation_cmp(const void *a, const void *b)
{
        const struct rotation *x = a, *y = b;

        return (x->age < y->age) - (x->age > y->age);
}

static int rotations_list(const struct root *root, struct rotations *rotations)
{
        _cleanup_(closedirp) DIR *directory = NULL;
        const struct dirent *entry;
        int fd, r;

        fd = root_open_present(root, LOG_DIR, O_RDONLY | O_DIRECTORY);
        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        directory = fdopendir(fd);
        if (!directory) {
                r = -errno;
                close(fd);
                return r;
        }

        while ((errno = 0, entry = readdir(directory))) {
                r = rotations_add(rotations, entry->d_name);
                if (r < 0)
                        return r;
        }
        if (errno != 0)
                return -errno;

        if (rotations->n > 0)
                qsort(rotations->list, rotations->n, sizeof(*rotations->list), rotation_cmp);
        return 0;
}

/* Whether there was no version before: "<none>", which old logs have in the language of the administrator. */
static bool log_entry_is_first(const struct log_entry *entry)
{
        return *entry->old == '<';
}

/*
 * Splits @line into @ret. Returns: 1, 0 if it isn't about a version of @package, or -EBADMSG if it must be, but dpkg doesn't write such a line.
 */
static int log_entry_parse(char *line, const char *package, struct log_entry *ret)
{
        char *words[6] = { NULL }, *colon;
        struct deb_version version;
        size_t n;

        for (n = 0; n < ELEMENTSOF(words) && line; n++)
                words[n] = strsep(&line, " ");
        if (n < 4 || (!streq(words[2], "install") && !streq(words[2], "upgrade") && !streq(words[2], "purge")))
                return 0;
        colon = strchrnul(words[3], ':');
        *ret = (struct log_entry){
                .purges = streq(words[2], "purge"),
                .architecture = *colon ? colon + 1 : "",
                .old = words[4],
                .new = words[5],
        };
        *colon = '\0';
        if (!streq(words[3], package))
                return 0;
        if (ret->purges)
                return 1;
        if (n < ELEMENTSOF(words) || line || deb_version_parse(ret->new, false, &version, NULL) < 0)
                return -EBADMSG;
        return log_entry_is_first(ret) || deb_version_parse(ret->old, false, &version, NULL) >= 0 ? 1 : -EBADMSG;
}

static int evidence_set(struct evidence *evidence, const char *version, const char *architecture)
{
        struct evidence copy = { evidence->package, strdup(version), strdup(architecture) };

        evidence_done(evidence);
        *evidence = copy;
        return copy.version && copy.architecture ? 0 : -ENOMEM;
}

/* Instances for several architectures can be installed side by side, but none beside one for all architectures. */
static bool evidence_is_same_instance(const char *a, const char *b)
{
        return streq(a, b) || streq(a, "all") || streq(b, "all");
}

/* Its data is gone. */
static void evidence_clear(struct evidence *evidence)
{
        const char *package = evidence->package;

        evidence_done(evidence);
        *evidence = (struct evidence){ .package = package };
}

static int evidence_weigh(struct evidence *evidence, const struct log_entry *entry)
{
        bool newer;

        if (entry->purges) {
                if (evidence->version && evidence_is_same_instance(evidence->architecture, entry->architecture))
                        evidence_clear(evidence);
                return 0;
        }
        if (!log_entry_is_first(entry))
                return evidence->version ? 0 : evidence_set(evidence, entry->old, entry->architecture);

        newer = !evidence->version || evidence_is_same_instance(evidence->architecture, entry->architecture);
        return newer ? evidence_set(evidence, entry->new, entry->architecture) : 0;
}

static int evidence_take_line(char *line, void *userdata)
{
        struct evidence *evidence = userdata;
        struct log_entry entry;
        int r;

        r = log_entry_parse(line, evidence->package, &entry);
        return r <= 0 ? r : evidence_weigh(evidence, &entry);
}

/* Returns: 0; -EAGAIN or -ENOENT if the logs may be being written or rotated, so that another try may succeed; or another errno; @error is set. */
static int evidence_collect(struct evidence *evidence, const struct root *root, struct error *error)
{
        const struct dpkg_log_reader reader = { evidence_take_line, evidence };
        _cleanup_(rotations_done) struct rotations rotations = { 0 };
        int r;

        r = rotations_list(root, &rotations);
        if (r < 0)
                return error_errnof(error, r, "can't read %s" LOG_DIR, root->path);
        for (size_t i = 0; i < rotations.n && r >= 0; i++)
                r = dpkg_log_file_read(root, rotations.list[i].path, &reader, error);
        return r;
}

int dpkg_log_find_version(const struct root *root, const char *package, char **ret, struct error *error)
{
        _cleanup_(evidence_done) struct evidence evidence = { .package = package };
        int r;

        assert(root);
        assert(package);
        assert(ret);

        r = evidence_collect(&evidence, root, error);
        for (int i = 1; (r == -EAGAIN || r == -ENOENT) && i < MAX_TRIES; i++) {
                usleep(PAUSE_USEC);
                evidence_done(&evidence);
                evidence = (struct evidence){ .package = package };
                r = evidence_collect(&evidence, root, error);
        }
        if (r < 0)
                return r;
        if (error)
                error_clear(error);
        if (!evidence.version)
                return 0;

        *ret = TAKE_PTR(evidence.version);
        return 1;
}
