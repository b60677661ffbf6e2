/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes/changes-stage.h"

#include "stage/hard-links.h"

int changes_read_stage(const struct stage *stage, const struct root *root, struct changes *ret, struct error *error)
{
        _cleanup_(undeclared_done) struct undeclared undeclared = { .root = root };
        int r = 0;

        assert(stage && root && ret);
        for (size_t i = 0; r >= 0 && i < stage->areas->n; i++) {
                _cleanup_close_ int lower = stage_open_lower(stage, i, error);
                const struct changes_request request = {
                        .area = &stage->areas->areas[i],
                        .number = i,
                        .upper = stage->uppers[i],
                        .lower = lower,
                        .kept = hard_links_were_kept(stage, i),
                        .begin = stage->begin,
                        .undeclared = &undeclared,
                };

                r = lower < 0 ? lower : changes_read(&request, ret, error);
        }
        return r < 0 ? r : undeclared_check(&undeclared, error);
}
