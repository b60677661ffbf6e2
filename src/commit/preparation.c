/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "commit/preparation.h"

int preparation_init(struct preparation *p, const struct commit_place *place, const struct stage *stage,
                     struct redo *redo)
{
        size_t n = stage->areas->n;

        *p = (struct preparation){
                .place = place,
                .stage = stage,
                .redo = redo,
                .slots = malloc((n + 1) * sizeof(*p->slots)),
                .links = calloc(n + 1, sizeof(*p->links)),
                .images = -EBADF,
        };
        for (size_t i = 0; p->slots && i < n; i++)
                p->slots[i] = -EBADF;
        return p->slots && p->links ? links_new(&p->copied) : -ENOMEM;
}

void preparation_done(struct preparation *p)
{
        for (size_t i = 0; p->slots && i < p->stage->areas->n; i++)
                fd_closep(&p->slots[i]);
        for (size_t i = 0; p->links && i < p->stage->areas->n; i++)
                links_free(p->links[i]);
        free(p->slots);
        free(p->links);
        free(p->numbers);
        links_free(p->copied);
        beneath_trail_done(&p->lower);
        beneath_trail_done(&p->upper);
        fd_closep(&p->images);
}

int preparation_explain(const struct preparation *p, const struct change *change, int r, struct error *error)
{
        assert(p && change);
        return error_errnof(error, r, "can't stage %s/%s", p->stage->areas->areas[change->area].path, change->path);
}
