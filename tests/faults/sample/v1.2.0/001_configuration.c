/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration file, and a log directory that wasn't there. */

#include "../migration.h"

int main(int argc, char **argv)
{
        if (is_check(argc, argv))
                return file_has("etc/sample/sample.conf", "color") ? 0 : 1;
        write_file("etc/sample/sample.conf", "color = red\n", O_TRUNC);
        MUST(mkdir("var/log/sample", 0755));
        write_file("var/log/sample/upgrade", "colour was renamed\n", 0);
        return 0;
}
