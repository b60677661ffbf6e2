/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One of each kind of change, on both file systems; what is declared as /srv/fresh isn't there before. */

#include "../migration.h"

static void change_files(void)
{
        write_file("settings", "version 2\n", O_TRUNC);
        write_file("records.new", "fewer\n", 0);
        MUST(rename("records.new", "records"));
        MUST(unlink("obsolete"));
        MUST(rename("scores", "results"));
        MUST(link("results", "results-too"));
        MUST(removexattr("results", "user.origin"));
        MUST(setxattr("results", "user.checked", "yes", 3, 0));
        MUST(unlink("link"));
        MUST(symlink("names/de", "link"));
        MUST(mkfifo("queue", 0600));
}

static void change_directories(void)
{
        const struct timespec times[2] = { { .tv_sec = 1100000000 }, { .tv_sec = 1100000000 } };

        MUST(mkdir("index", 0755));
        MUST(mkdir("index/empty", 02750));
        write_file("index/new", "new\n", 0);
        MUST(utimensat(AT_FDCWD, "index/new", times, 0));
        MUST(rename("names", "index/names"));
        write_file("index/names/de/bernd", "bernd\n", 0);
        MUST(chown("index/names", 1000, 1001));
        MUST(unlink("cache/1")); /* one directory becomes another, and one a file */
        MUST(rmdir("cache"));
        MUST(mkdir("cache", 0711));
        write_file("cache/2", "cached\n", 0);
        MUST(unlink("odd/1"));
        MUST(rmdir("odd"));
        write_file("odd", "a file\n", 0);
}

static void change_second(void)
{
        write_file("format", "format 2\n", O_TRUNC);
        MUST(rename("logs", "old-logs"));
        MUST(mkdir("store", 0700));
        write_file("store/records", "moved\n", 0);
        MUST(mkdir("../fresh", 0755));
        write_file("../fresh/note", "format 2\n", 0);
}

int main(int argc, char **argv)
{
        bool check = is_check(argc, argv);

        MUST(chdir("srv/second"));
        if (check)
                return file_has("format", "format 2") && access("../fresh/note", F_OK) == 0 ? 0 : 1;
        change_second();
        MUST(chdir("../../var/lib/sample"));
        change_files();
        change_directories();
        return 0;
}
