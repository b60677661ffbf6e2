/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "shell.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>

int shell(const char *format, ...)
{
        _cleanup_free_ char *command = NULL;
        va_list args;
        int status;

        va_start(args, format);
        ck_assert_int_ge(vasprintf(&command, format, args), 0);
        va_end(args);

        fflush(NULL);
        status = system(command);
        ck_assert_int_ge(status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

char *shell_output(const char *format, ...)
{
        _cleanup_free_ char *command = NULL;
        char *output = NULL;
        size_t allocated = 0;
        va_list args;
        FILE *pipe;

        va_start(args, format);
        ck_assert_int_ge(vasprintf(&command, format, args), 0);
        va_end(args);

        fflush(NULL);
        pipe = popen(command, "re");
        ck_assert_ptr_nonnull(pipe);
        if (getdelim(&output, &allocated, '\0', pipe) < 0)
                output[0] = '\0';
        ck_assert_msg(pclose(pipe) == 0, "failed: %s", command);
        return output;
}
