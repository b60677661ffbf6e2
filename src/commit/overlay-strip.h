/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What comes out of an upper layer becomes what it stands for: an ordinary file, a directory of ordinary files. Paths as in below.h. */

/* Takes away whiteouts and trusted.overlay.*, and leaves all times as they are. Returns: 0, or a negative errno. */
int overlay_strip(int dir, const char *path);
/* Makes @name in @to_dir another name of the regular file @path below @dir. Returns: 0, or a negative errno. */
int link_existing(int dir, const char *path, int to_dir, const char *name);
/* The same for @to_path below @to_dir, which is a file already; its directory keeps its times. */
int replace_by_link(int dir, const char *path, int to_dir, const char *to_path);
