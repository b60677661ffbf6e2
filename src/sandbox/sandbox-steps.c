/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sandbox/sandbox-steps.h"

#include "basic/array.h"

int sandbox_append(struct sandbox *sandbox, const struct sandbox_step *step)
{
        struct sandbox_step *grown;

        assert(sandbox);
        assert(step && step->path);

        grown = array_grow(sandbox->steps, sandbox->n_steps, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        sandbox->steps = grown;
        grown[sandbox->n_steps++] = *step;
        return 0;
}

int sandbox_add(struct sandbox *sandbox, enum sandbox_step_type type, const char *path, size_t fd)
{
        return sandbox_append(sandbox, &(struct sandbox_step){ .type = type, .path = path, .fd = fd });
}

const char *sandbox_keep_path(struct sandbox *sandbox, char *path)
{
        assert(sandbox);

        return strv_take(&sandbox->paths, path) < 0 ? NULL : path;
}
