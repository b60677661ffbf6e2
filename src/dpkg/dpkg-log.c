/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dpkg/dpkg-log.h"

#include "basic/array.h"
#include "basic/io.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <zlib.h>

DEFINE_CLEANUP(gzFile, gzclose);

#define LOG_DIR "/var/log"

/* Lines that matter are much shorter; the rest of a longer line is skipped. */
#define LINE_SIZE 4096

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

/* A line, split at its blanks: date, time, action, package:architecture, old version, new version. */
struct log_entry {
        const char *action;
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

        fd = root_open(root, LOG_DIR, O_RDONLY | O_DIRECTORY);
        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        directory = fdopendir(fd);
        if (!directory) {
                close(fd);
                return -ENOMEM;
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

/* Returns: whether @line, which it splits into @ret, is about @package. */
static bool log_entry_parse(char *line, const char *package, struct log_entry *ret)
{
        char *words[6] = { NULL }, *colon;

        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                words[i] = strsep(&line, " ");
                if (!words[i])
                        return false;
        }

        colon = strchrnul(words[3], ':');
        *ret = (struct log_entry){
                .action = words[2],
                .architecture = *colon ? colon + 1 : "",
                .old = words[4],
                .new = words[5],
        };
        *colon = '\0';
        return streq(words[3], package);
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

static int evidence_weigh(struct evidence *evidence, const struct log_entry *entry)
{
        bool newer;

        if (!streq(entry->action, "install") && !streq(entry->action, "upgrade"))
                return 0;

        /* "<none>", which old logs have in the language of the administrator. */
        if (*entry->old != '<')
                return evidence->version ? 0 : evidence_set(evidence, entry->old, entry->architecture);

        newer = !evidence->version || evidence_is_same_instance(evidence->architecture, entry->architecture);
        return newer ? evidence_set(evidence, entry->new, entry->architecture) : 0;
}

static int dpkg_log_open(const struct root *root, const char *path, gzFile *ret)
{
        _cleanup_close_ int fd = -EBADF;
        gzFile file;

        fd = root_open(root, path, O_RDONLY);
        if (fd < 0)
                return fd;
        file = gzdopen(fd, "r");
        if (!file)
                return -ENOMEM;

        (void)TAKE_FD(fd);
        *ret = file;
        return 0;
}

static int dpkg_log_read_lines(gzFile file, struct evidence *evidence)
{
        char line[LINE_SIZE];
        bool begin = true;
        int r = 0;

        for (line[LINE_SIZE - 2] = '\0'; r >= 0 && gzgets(file, line, LINE_SIZE); line[LINE_SIZE - 2] = '\0') {
                size_t n = strcspn(line, "\n");
                bool whole = line[n] == '\n';
                struct log_entry entry;

                /* A line without a newline is too long, still being written, or has bytes in it that a crash left. */
                line[n] = '\0';
                if (begin && whole && log_entry_parse(line, evidence->package, &entry))
                        r = evidence_weigh(evidence, &entry);
                begin = whole || line[LINE_SIZE - 2] == '\0';
        }
        return r;
}

static int dpkg_log_read(const struct root *root, const char *path, struct evidence *evidence, struct error *error)
{
        _cleanup_(gzclosep) gzFile file = NULL;
        int r, zerror;

        r = dpkg_log_open(root, path, &file);
        if (r < 0)
                return error_errnof(error, r, "can't open %s%s", root->path, path);
        r = dpkg_log_read_lines(file, evidence);
        if (r < 0)
                return r;

        (void)gzerror(file, &zerror);
        if (zerror == Z_ERRNO)
                return error_errnof(error, -errno, "can't read %s%s", root->path, path);
        if (zerror < 0)
                return error_setf(error, -EBADMSG,
                                  "%s%s: damaged (zlib error %d); remove it, or set the version with --from",
                                  root->path, path, zerror);
        return 0;
}

int dpkg_log_find_version(const struct root *root, const char *package, char **ret, struct error *error)
{
        _cleanup_(rotations_done) struct rotations rotations = { 0 };
        _cleanup_(evidence_done) struct evidence evidence = { .package = package };
        int r;

        assert(root);
        assert(package);
        assert(ret);

        r = rotations_list(root, &rotations);
        if (r < 0)
                return error_errnof(error, r, "can't read %s" LOG_DIR, root->path);

        for (size_t i = 0; i < rotations.n; i++) {
                r = dpkg_log_read(root, rotations.list[i].path, &evidence, error);
                if (r < 0)
                        return r;
        }
        if (!evidence.version)
                return 0;

        *ret = TAKE_PTR(evidence.version);
        return 1;
}
