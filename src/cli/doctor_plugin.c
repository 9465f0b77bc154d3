/* SPDX-License-Identifier: MIT */
/* The program itself: which one runs, and who may put another in its place. */
#include "doctor.h"

#include "metadata_json.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* Who may write it beside root and this user; NULL: nobody. In a sticky directory nobody takes away what belongs to another. */
static const char *writer_of(struct doctor *d, const struct stat *st) {
        struct arena *a = &d->session.arena;
        bool shielded = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX);
        /* A user's own group has no other members where systems give each user one. */
        bool own_group = st->st_gid == 0 || (geteuid() != 0 && st->st_gid == getegid());
        if (st->st_uid != 0 && st->st_uid != geteuid())
                return doctor_user(d, st->st_uid);
        if ((st->st_mode & S_IWOTH) && !shielded)
                return "everybody";
        if ((st->st_mode & S_IWGRP) && !shielded && !own_group)
                return arena_printf(a, "group %s", doctor_group(d, st->st_gid));
        return NULL;
}

/* From the file up to the root: who may write a directory may replace what is in it. */
static void warn_of_writers(struct doctor *d, const char *program) {
        char path[PATH_MAX];
        (void)snprintf(path, sizeof(path), "%s", program);
        for (;;) {
                struct stat st;
                const char *writer = stat(path, &st) == 0 ? writer_of(d, &st) : NULL;
                char *slash = strrchr(path, '/');
                if (writer) {
                        doctor_find(d, CHECK_PLUGIN, DIAGNOSIS_WARNING,
                                    geteuid() == 0 ? "sudo ./install.sh --system, which installs it where only root writes"
                                                   : arena_printf(&d->session.arena, "ls -ld %s", doctor_word(d, path)),
                                    "%s may replace the program that %s runs, by writing '%s'", writer,
                                    geteuid() == 0 ? "root" : "this user", path);
                        return;
                }
                if (!slash || path[1] == '\0')
                        return;
                slash[slash == path ? 1 : 0] = '\0';
        }
}

void doctor_plugin(struct doctor *d) {
        char program[PATH_MAX];
        ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
        program[n > 0 ? n : 0] = '\0';
        const char *how = d->session.cli->standalone ? "run without docker" : "run by docker";
        if (n > 0)
                warn_of_writers(d, program);
        doctor_find(d, CHECK_PLUGIN, DIAGNOSIS_OK, NULL, "docker-autoheal " AUTOHEAL_VERSION ", %s: %s", how,
                    n > 0 ? program : "its place is not known");
}
