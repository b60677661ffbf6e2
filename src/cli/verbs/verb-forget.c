/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* forget PACKAGE: deletes the before-images that undo needs and what it has overwritten, and prints how much space that freed. */

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
        if (r == 0 && bytes == 0)
                return confirm_print(cli, args[0], "nothing to free, there is no upgrade to undo");
        format_bytes(bytes, size);
        return confirm_print(cli, args[0], "freed %s; past upgrades can no longer be undone", size);
}
