/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parent side of an extension: from overlays to what the keeper is told. */

#include "sandbox/extension.h"

#include "basic/path.h"

/* ---- What the sandbox has attached ---- */

/* What a program in the sandbox sees there isn't the system's, or it was put back. */
static bool step_is_own(const struct sandbox_step *step)
{
        return step->type == STEP_PRIVATE || step->type == STEP_ATTACH || step->type == STEP_PTS ||
               step->type == STEP_PROC;
}

/* Whether @path is in a private directory, and not in a tree that was put back into it. */
static bool sandbox_hides(const struct sandbox *sandbox, const char *path)
{
        const struct sandbox_step *innermost = NULL;

        for (size_t i = 0; i < sandbox->n_steps; i++) {
                const struct sandbox_step *step = &sandbox->steps[i];

                if (step_is_own(step) && path_is_within(path, step->path) &&
                    (!innermost || path_is_within(step->path, innermost->path)))
                        innermost = step;
        }
        return innermost && innermost->type != STEP_ATTACH;
}

static bool sandbox_shows_all(const struct sandbox *sandbox, const struct sandbox_request *request)
{
        for (char *const *path = request->declared; path && *path; path++)
                if (sandbox_hides(sandbox, *path))
                        return false;
        for (size_t i = 0; i < request->n_mounts; i++)
                if (sandbox_hides(sandbox, request->mounts[i].path))
                        return false;
        return true;
}

/* ---- The text ---- */

/* Returns: whether there is room for it. */
static bool extension_add_word(struct extension *extension, const char *word)
{
        size_t n = strlen(word) + 1;

        if (n == 1 || n > sizeof(extension->text) - extension->size)
                return false;
        memcpy(extension->text + extension->size, word, n);
        extension->size += n;
        return true;
}

/* Whether a shield or a step of the sandbox in @mount has @path with it, so that it is cloned together with that. */
static bool mount_has_shield_around(const struct sandbox *sandbox, const struct sandbox_mount *mount, size_t step)
{
        const char *path = sandbox->steps[step].path;
        const char *inside = path_inside(path, mount->path);

        for (size_t i = 0; i < mount->shields.n; i++)
                if (path_is_within(inside, mount->shields.list[i]))
                        return true;
        for (size_t i = 0; i < sandbox->n_steps; i++) {
                const struct sandbox_step *other = &sandbox->steps[i];

                if (i != step && step_is_own(other) && path_inside(other->path, mount->path) &&
                    (streq(other->path, path) ? i < step : path_is_within(path, other->path)))
                        return true;
        }
        return false;
}

/* An overlay hides what the sandbox has attached below it. */
static bool extension_add_own(struct extension *extension, const struct sandbox *sandbox,
                              const struct sandbox_mount *mount)
{
        for (size_t i = 0; i < sandbox->n_steps; i++) {
                const struct sandbox_step *step = &sandbox->steps[i];
                const char *inside = step_is_own(step) ? path_inside(step->path, mount->path) : NULL;

                if (inside && !mount_has_shield_around(sandbox, mount, i) && !extension_add_word(extension, inside))
                        return false;
        }
        return true;
}

static bool extension_add_mount(struct extension *extension, const struct sandbox *sandbox,
                                const struct sandbox_mount *mount)
{
        bool fits = extension_add_word(extension, mount->path);

        for (size_t i = 0; fits && i < mount->shields.n; i++)
                fits = extension_add_word(extension, mount->shields.list[i]);
        extension->fds[extension->n++] = mount->fd;
        return fits && extension_add_own(extension, sandbox, mount);
}

bool extension_make(const struct sandbox *sandbox, const struct sandbox_request *request, struct extension *ret)
{
        bool fits = true;

        assert(sandbox && request && ret);

        ret->n = ret->size = 0;
        if (request->n_mounts > EXTENSION_MOUNTS_MAX || !sandbox_shows_all(sandbox, request))
                return false;
        for (size_t i = 0; fits && i < request->n_mounts; i++)
                fits = extension_add_mount(ret, sandbox, &request->mounts[i]);
        return fits;
}
