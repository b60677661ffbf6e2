/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "program.h"
#include "basic/clock.h"
#include "basic/io.h"
#include "sandbox/network.h"

#include <check.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#define ENVIRONMENT_MAX (4U * 1024U * 1024U)

struct keeping {
        const struct program *program;
        struct run *run;
        FILE *out;
};

static void keep_line(const char *line, void *userdata)
{
        struct keeping *keeping = userdata;

        fprintf(keeping->out, "%s\n", line);
        keeping->run->n_lines++;
        if (keeping->program->on_line)
                keeping->program->on_line(line, keeping->program->userdata);
}

static void tick(uint64_t elapsed_usec, void *userdata)
{
        const struct program *program = ((struct keeping *)userdata)->program;

        if (program->on_tick)
                program->on_tick(elapsed_usec, program->userdata);
}

static void keep_progress(const char *line, void *userdata)
{
        fprintf(((struct keeping *)userdata)->out, "progress: %s\n", line);
}

static void keep_left(const char *names, void *userdata)
{
        fprintf(((struct keeping *)userdata)->out, "left: %s\n", names);
}

struct sandbox *program_new_sandbox(int *ret_network)
{
        _cleanup_error_ struct error error = { 0 };
        struct sandbox_request request = { .root = "", .helpers = { getenv("TMPDIR") ?: "/tmp" } };
        struct sandbox *sandbox = NULL;

        *ret_network = request.network = network_new(&error);
        ck_assert_msg(request.network >= 0, "%s", error_text(&error));
        ck_assert_int_eq(sandbox_new(&request, &sandbox), 0);
        return sandbox;
}

static int call_meanwhile(void *userdata, struct error *error)
{
        const struct keeping *keeping = userdata;

        return keeping->program->meanwhile(keeping->program->userdata, error);
}

void program_run(const struct program *program, struct run *ret)
{
        _cleanup_(sandbox_freep) struct sandbox *own = NULL;
        _cleanup_(output_done) struct output output = { 0 };
        _cleanup_close_ int network = -EBADF;
        const char *const envp[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", program_mark(), NULL };
        const char *const argv[] = { "/bin/sh", "-c", program->script, NULL };
        struct host host = HOST_OF(program->sandbox, -EBADF);
        struct keeping keeping = { .program = program, .run = ret };
        struct process_request request = {
                .argv = (char *const *)(uintptr_t)(program->argv ?: argv),
                .envp = (char *const *)(uintptr_t)(program->envp ?: envp),
                .host = program->host ?: &host,
                .extension = program->extension,
                .sealed = program->sealed,
                .retract = program->retract,
                .renew = program->renew,
                .timeout_usec = program->timeout_usec,
                .stop_fd = program->stop_fd ?: -1,
                .output = &output,
                .tick = tick,
                .gentle = program->gentle,
                .meanwhile = program->meanwhile ? call_meanwhile : NULL,
                .progress = keep_progress,
                .left_running = keep_left,
                .userdata = &keeping,
        };
        size_t size;

        *ret = (struct run){ 0 };
        keeping.out = open_memstream(&ret->output, &size);
        ck_assert_ptr_nonnull(keeping.out);
        ck_assert_int_eq(output_init(&output, keep_line, &keeping), 0);
        if (program->sandboxed)
                host.sandbox = own = program_new_sandbox(&network);

        ret->r = process_run(&request, &ret->result, &ret->error);
        host_end(&host);
        ck_assert_int_eq(fclose(keeping.out), 0);
}

void run_done(struct run *run)
{
        free(run->output);
        error_clear(&run->error);
}

const char *program_mark(void)
{
        static char mark[64];

        if (!mark[0])
                snprintf(mark, sizeof(mark), "DEPLOY_MIGRATE_TEST=%d.%" PRIu64, getpid(), now_usec(CLOCK_MONOTONIC));
        return mark;
}

static bool carries_mark(const char *pid)
{
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *data = NULL;
        char path[64];
        size_t size;

        snprintf(path, sizeof(path), "/proc/%.16s/environ", pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || io_read_all(fd, ENVIRONMENT_MAX, &data, &size) < 0)
                return false; /* it has just ended */
        return memmem(data, size, program_mark(), strlen(program_mark()) + 1);
}

size_t program_count(void)
{
        DIR *proc = opendir("/proc");
        struct dirent *entry;
        size_t n = 0;

        ck_assert_ptr_nonnull(proc);
        while ((entry = readdir(proc)))
                if (isdigit((unsigned char)entry->d_name[0]))
                        n += carries_mark(entry->d_name);
        closedir(proc);
        return n;
}
