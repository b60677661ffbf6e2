/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/report/preview-text.h"

#include "basic/macro.h"
#include "cli/report/files-text.h"
#include "cli/terminal/diff-text.h"

#define INDENT 4

static void preview_text_print_diffs(const struct terminal *terminal, const struct dmig_files *files)
{
        bool first = true;

        for (size_t i = 0; i < dmig_files_count(files); i++) {
                const char *diff = dmig_file_get_diff(dmig_files_get(files, i));

                if (!diff || !*diff)
                        continue;
                if (first)
                        fputc('\n', terminal->stream);
                first = false;
                diff_text_print(terminal, diff);
        }
}

static void preview_text_print_files(const struct terminal *terminal, const struct dmig_files *files)
{
        files_text_print(terminal, files, INDENT);
        files_text_print_sum(terminal, files, INDENT);
        preview_text_print_diffs(terminal, files);
}

void preview_text_print(const struct terminal *terminal, const struct dmig_report *report)
{
        assert(terminal);
        assert(report);

        report_text_print_heading(terminal, report);
        for (size_t i = 0; i < dmig_report_count(report); i++) {
                const struct dmig_step *step = dmig_report_get_step(report, i);

                fputc('\n', terminal->stream);
                report_text_print_step(terminal, step);
                for (size_t j = 0; j < dmig_step_count_notices(step); j++)
                        report_text_print_note(terminal, STYLE_WARNING, dmig_step_get_notice(step, j));
                if (dmig_step_get_state(step) == DMIG_STATE_PENDING && dmig_step_get_files(step))
                        preview_text_print_files(terminal, dmig_step_get_files(step));
        }
        if (dmig_report_get_error(report)) {
                fputc('\n', terminal->stream);
                report_text_print_result(terminal, report);
        }
        if (dmig_report_get_result(report) == DMIG_RESULT_FAILED)
                report_text_print_note(terminal, STYLE_PLAIN, "this was a preview, so nothing was changed");
}
