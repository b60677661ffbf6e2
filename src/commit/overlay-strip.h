/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Makes ordinary files and directories of those taken from an upper layer. In: a tree that overlayfs has written. Out: one without its
 * whiteouts and attributes, in which links to existing files replace their copies. Paths as in beneath.h.
 */

/* Removes whiteouts and trusted.overlay.*, and leaves all times unchanged. Returns: 0, or a negative errno. */
int overlay_strip(int dir, const char *path);
/* Makes @name in @to_dir another name of the regular file @path below @dir. Returns: 0, or a negative errno. */
int overlay_strip_link(int dir, const char *path, int to_dir, const char *name);
/* The same for @to_path below @to_dir, an existing file, which it replaces; the directory's times stay. */
int overlay_strip_relink(int dir, const char *path, int to_dir, const char *to_path);
