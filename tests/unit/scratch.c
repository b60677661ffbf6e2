/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "scratch.h"

#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char directory[PATH_MAX];

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

void scratch_init(void)
{
        const char *tmp = getenv("TMPDIR");

        snprintf(directory, sizeof(directory), "%s/deploy-migrate-test-XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp");
        if (!mkdtemp(directory)) {
                fprintf(stderr, "can't make %s: %s\n", directory, strerror(errno));
                exit(EXIT_FAILURE);
        }
}

void scratch_done(void)
{
        if (nftw(directory, remove_entry, 32, FTW_DEPTH | FTW_PHYS) < 0)
                fprintf(stderr, "can't remove %s: %s\n", directory, strerror(errno));
}

const char *scratch_new(void)
{
        char *path;

        ck_assert_int_ge(asprintf(&path, "%s/XXXXXX", directory), 0);
        ck_assert_msg(mkdtemp(path) != NULL, "can't make %s: %m", path);
        return path;
}

static void format_path(char path[static PATH_MAX], const char *format, va_list args)
{
        int n = vsnprintf(path, PATH_MAX, format, args);

        ck_assert_int_ge(n, 0);
        ck_assert_int_lt(n, PATH_MAX);
}

static void write_at(const char *path, const void *data, size_t size)
{
        FILE *file = fopen(path, "we");

        ck_assert_msg(file != NULL, "can't write %s: %m", path);
        ck_assert_uint_eq(fwrite(data, 1, size, file), size);
        ck_assert_int_eq(fclose(file), 0);
}

void write_file(const void *data, size_t size, const char *format, ...)
{
        char path[PATH_MAX];
        va_list args;

        va_start(args, format);
        format_path(path, format, args);
        va_end(args);
        write_at(path, data, size);
}

void write_text(const char *text, const char *format, ...)
{
        char path[PATH_MAX];
        va_list args;

        va_start(args, format);
        format_path(path, format, args);
        va_end(args);
        write_at(path, text, strlen(text));
}

void make_directory(const char *format, ...)
{
        char path[PATH_MAX];
        va_list args;

        va_start(args, format);
        format_path(path, format, args);
        va_end(args);
        ck_assert_msg(mkdir(path, 0755) == 0, "can't make %s: %m", path);
}

int shell(const char *format, ...)
{
        char *command;
        va_list args;
        int status;

        va_start(args, format);
        ck_assert_int_ge(vasprintf(&command, format, args), 0);
        va_end(args);
        fflush(NULL);
        status = system(command);
        free(command);
        ck_assert_int_ge(status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

char *shell_output(const char *format, ...)
{
        char *command, *output = NULL;
        size_t allocated = 0;
        va_list args;
        FILE *pipe;

        va_start(args, format);
        ck_assert_int_ge(vasprintf(&command, format, args), 0);
        va_end(args);
        fflush(NULL);
        pipe = popen(command, "re");
        ck_assert(pipe != NULL);
        if (getdelim(&output, &allocated, '\0', pipe) < 0) {
                free(output);
                output = strdup("");
        }
        ck_assert_msg(pclose(pipe) == 0, "failed: %s", command);
        free(command);
        ck_assert(output != NULL);
        return output;
}
