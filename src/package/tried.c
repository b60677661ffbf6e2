/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "package/tried.h"

#include "package/note.h"

#define NOTE_TRIED "tried"

void tried_note(const struct dmig *ctx, const char *package, const char *to)
{
        assert(to);

        note_add(ctx, package, NOTE_TRIED, to);
}

bool tried_take(const struct dmig *ctx, const char *package, const char *to)
{
        _cleanup_strv_ struct strv lines = { 0 };

        assert(to);

        return note_take(ctx, package, NOTE_TRIED, &lines) && lines.n > 0 && streq(lines.list[lines.n - 1], to);
}
