/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sandbox/sandbox-steps.h"

#include "basic/array.h"

#include <stdio.h>

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

int sandbox_add_private_directory(struct sandbox *sandbox, const char *path, mode_t mode)
{
        const char *name;
        char *number;

        assert(sandbox);

        if (asprintf(&number, "%zu", sandbox->n_steps) < 0)
                return -ENOMEM;
        name = sandbox_keep_path(sandbox, number);
        return name ? sandbox_append(sandbox, &(struct sandbox_step){ .type = STEP_PRIVATE,
                                                                      .path = path,
                                                                      .name = name,
                                                                      .from = sandbox->store,
                                                                      .mode = mode })
                    : -ENOMEM;
}

const char *sandbox_keep_path(struct sandbox *sandbox, char *path)
{
        assert(sandbox);

        return strv_take(&sandbox->paths, path) < 0 ? NULL : path;
}
