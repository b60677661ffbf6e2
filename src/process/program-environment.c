/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "process/program-environment.h"

#include "basic/path.h"

int program_environment_add(struct strv *envp, const struct root *root)
{
        int r;

        assert(envp && root);

        r = strv_add(envp, "PATH=" PROGRAM_PATH);
        if (r >= 0)
                r = strv_add(envp, "LANG=C.UTF-8");
        if (r >= 0)
                r = strv_add(envp, "HOME=/root");
        return r >= 0 && root->path[0] ? strv_addf(envp, "DPKG_ROOT=%s", root->path) : r;
}
