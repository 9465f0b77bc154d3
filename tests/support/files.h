/* SPDX-License-Identifier: MIT */
/* Temporary directories and whole files for tests. Everything here fails the test when the system refuses. */
#ifndef SUPPORT_FILES_H
#define SUPPORT_FILES_H

#include "autoheal/util/base.h"

/* A new directory under $TMPDIR or /tmp, mode 0755. Free with temp_dir_remove(). */
char *temp_dir_make(void);
/* Removes it with all it holds, and frees the name. NULL is fine. */
void temp_dir_remove(char *dir);
/* "<dir>/<name>", to be freed. */
char *path_join(const char *dir, const char *name);

/* Makes the directory (its parent must be there). */
void dir_put(const char *path, unsigned mode);
/* Writes the file, mode 0644, making or truncating it. */
void file_put(const char *dir, const char *name, const char *text);
/* The file's content, to be freed; NULL if it is not there. */
char *file_get(const char *dir, const char *name);
bool file_there(const char *dir, const char *name);

/*
 * The entries of a directory whose names end in suffix ("": all, and the directory itself), as text, to be freed: one line
 * each with name, type and mode, size, inode and change times, sorted; "absent\n" if there is no such directory. Two equal
 * texts mean that nothing was touched between.
 */
char *dir_snapshot(const char *path, const char *suffix);

#endif
