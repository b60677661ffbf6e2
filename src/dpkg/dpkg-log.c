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

/* Lines that matter are much shorter. Of a longer one, what doesn't fit is skipped. */
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
        char *version; /* NULL where there is none yet */
        char *architecture;
};

/* A line, cut at its blanks: date, time, action, package:architecture, old version, new version. */
struct entry {
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
static bool parse_name(const char *name, uint64_t *ret_age)
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

static int add_rotation(struct rotations *rotations, const char *name)
{
        struct rotation *list;
        uint64_t age;

        if (!parse_name(name, &age))
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

static int compare_rotations(const void *a, const void *b)
{
        const struct rotation *x = a, *y = b;

        return (x->age < y->age) - (x->age > y->age);
}

static int list_rotations(const struct root *root, struct rotations *rotations)
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
                r = add_rotation(rotations, entry->d_name);
                if (r < 0)
                        return r;
        }
        if (errno != 0)
                return -errno;

        if (rotations->n > 0)
                qsort(rotations->list, rotations->n, sizeof(*rotations->list), compare_rotations);
        return 0;
}

/* Returns: whether @line is about @package, with its words in @ret. */
static bool parse_line(char *line, const char *package, struct entry *ret)
{
        char *words[6] = { NULL }, *colon;

        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                words[i] = strsep(&line, " ");
                if (!words[i])
                        return false;
        }

        colon = strchrnul(words[3], ':');
        *ret = (struct entry){
                .action = words[2],
                .architecture = *colon ? colon + 1 : "",
                .old = words[4],
                .new = words[5],
        };
        *colon = '\0';
        return streq(words[3], package);
}

static int set_evidence(struct evidence *evidence, const char *version, const char *architecture)
{
        struct evidence copy = { evidence->package, strdup(version), strdup(architecture) };

        evidence_done(evidence);
        *evidence = copy;
        return copy.version && copy.architecture ? 0 : -ENOMEM;
}

/* Instances for several architectures can be there side by side, but no other beside one for all of them. */
static bool same_instance(const char *a, const char *b)
{
        return streq(a, b) || streq(a, "all") || streq(b, "all");
}

static int weigh(struct evidence *evidence, const struct entry *entry)
{
        bool newer;

        if (!streq(entry->action, "install") && !streq(entry->action, "upgrade"))
                return 0;

        /* "<none>", in old logs in the language of the administrator. */
        if (*entry->old != '<')
                return evidence->version ? 0 : set_evidence(evidence, entry->old, entry->architecture);

        newer = !evidence->version || same_instance(evidence->architecture, entry->architecture);
        return newer ? set_evidence(evidence, entry->new, entry->architecture) : 0;
}

static int open_log(const struct root *root, const char *path, gzFile *ret)
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

static int read_lines(gzFile file, struct evidence *evidence)
{
        char line[LINE_SIZE];
        bool begin = true;
        int r = 0;

        for (line[LINE_SIZE - 2] = '\0'; r >= 0 && gzgets(file, line, LINE_SIZE); line[LINE_SIZE - 2] = '\0') {
                size_t n = strcspn(line, "\n");
                bool whole = line[n] == '\n';
                struct entry entry;

                /* Without a newline it is too long, is being written, or has bytes in it that a crash left behind. */
                line[n] = '\0';
                if (begin && whole && parse_line(line, evidence->package, &entry))
                        r = weigh(evidence, &entry);
                begin = whole || line[LINE_SIZE - 2] == '\0';
        }
        return r;
}

static int read_log(const struct root *root, const char *path, struct evidence *evidence, struct error *error)
{
        _cleanup_(gzclosep) gzFile file = NULL;
        int r, zerror;

        r = open_log(root, path, &file);
        if (r < 0)
                return error_errnof(error, r, "cannot open %s%s", root->path, path);
        r = read_lines(file, evidence);
        if (r < 0)
                return r;

        (void)gzerror(file, &zerror);
        if (zerror == Z_ERRNO)
                return error_errnof(error, -errno, "cannot read %s%s", root->path, path);
        if (zerror < 0)
                return error_setf(error, -EBADMSG, "%s%s is damaged (zlib error %d); remove it, or give --from",
                                  root->path, path, zerror);
        return 0;
}

int dpkg_log_find_version(const struct root *root, const char *package, char **ret, struct error *error)
{
        _cleanup_(rotations_done) struct rotations rotations = { 0 };
        _cleanup_(evidence_done) struct evidence evidence = { .package = package };
        int r;

        r = list_rotations(root, &rotations);
        if (r < 0)
                return error_errnof(error, r, "cannot read %s" LOG_DIR, root->path);

        for (size_t i = 0; i < rotations.n; i++) {
                r = read_log(root, rotations.list[i].path, &evidence, error);
                if (r < 0)
                        return r;
        }
        if (!evidence.version)
                return 0;

        *ret = TAKE_PTR(evidence.version);
        return 1;
}
