/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/confirm.h"

#include "cli/json-build.h"
#include "cli/need.h"
#include "cli/report/report-json.h"
#include "cli/terminal/wrap.h"

#include <stdarg.h>

static int confirm_as_json(struct cli *cli, const char *package)
{
        _cleanup_(dmig_report_unrefp) struct dmig_report *report = NULL;
        int r = dmig_status(cli->ctx, package, 0, &report);

        if (r < 0)
                return cli_failed(cli, package, r);
        json_build_append(cli->packages, report_json(report));
        return EXIT_DONE;
}

int confirm_print(struct cli *cli, const char *package, const char *format, ...)
{
        struct wrap wrap = { .terminal = &cli->out, .indent = 2 };
        _cleanup_free_ char *text = NULL;
        va_list args;

        assert(cli);
        assert(package);
        assert(format);

        if (cli->packages)
                return confirm_as_json(cli, package);
        if (cli->options.verbosity < 0)
                return EXIT_DONE;

        va_start(args, format);
        if (vasprintf(&text, format, args) < 0)
                need_memory(text = NULL);
        va_end(args);
        wrap_put(&wrap, STYLE_BOLD, package);
        wrap_put(&wrap, STYLE_PLAIN, ": ");
        wrap_put(&wrap, STYLE_PLAIN, text);
        fputc('\n', cli->out.stream);
        return EXIT_DONE;
}
