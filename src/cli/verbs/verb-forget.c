/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/confirm.h"
#include "cli/terminal/format.h"
#include "cli/verbs/verbs.h"

int verb_forget(struct cli *cli, char **args)
{
        char size[BYTES_MAX];
        uint64_t bytes = 0;
        int r = dmig_forget(cli->ctx, args[0], 0, &bytes);

        if (r < 0)
                return cli_failed(cli, args[0], r);
        if (bytes == 0)
                return confirm(cli, args[0], "nothing was kept that could be undone");
        format_bytes(bytes, size);
        return confirm(cli, args[0], "%s freed, nothing can be undone any more", size);
}
