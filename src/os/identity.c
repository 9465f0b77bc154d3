/* SPDX-License-Identifier: MIT */
/* Gives root up for the user whose data directory it is. */
#include "autoheal/os/identity.h"

#include "autoheal/util/text.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUPS_MAX 64

/* What root has to become again to take a step back. */
struct before {
        gid_t gid;
        gid_t groups[GROUPS_MAX];
        int n_groups;
};

static bool PRINTF(2, 3) stays_root(char *ret_told, const char *fmt, ...) {
        char text[IDENTITY_TOLD_SIZE], why[IDENTITY_TOLD_SIZE - 16];
        va_list args;

        va_start(args, fmt);
        (void)vsnprintf(text, sizeof(text), fmt, args);
        va_end(args);
        (void)text_escape_into(why, sizeof(why), text);
        (void)snprintf(ret_told, IDENTITY_TOLD_SIZE, "stays root: %s", why);
        return false;
}

bool identity_choose(const struct identity_needs *needs, struct identity *ret, char ret_told[static IDENTITY_TOLD_SIZE]) {
        struct stat data, socket;

        if (stat(needs->data_dir, &data) < 0)
                return errno == ENOENT
                               ? stays_root(ret_told, "the data directory '%s' is not there yet", needs->data_dir)
                               : stays_root(ret_told, "looking at the data directory '%s': %s", needs->data_dir, strerror(errno));
        if (data.st_uid == 0)
                return stays_root(ret_told, "the data directory '%s' belongs to root", needs->data_dir);
        if (needs->socket && stat(needs->socket, &socket) < 0)
                return stays_root(ret_told, "looking at the engine's socket '%s': %s", needs->socket, strerror(errno));

        gid_t gid = needs->socket ? socket.st_gid : data.st_gid;

        if (gid == 0)
                return stays_root(ret_told, "%s '%s' belongs to root's group",
                                  needs->socket ? "the engine's socket" : "the data directory",
                                  needs->socket ? needs->socket : needs->data_dir);
        *ret = (struct identity){ .uid = data.st_uid, .gid = gid, .groups = { gid, data.st_gid }, .n_groups = 1 };
        if (data.st_gid != gid && data.st_gid != 0)
                ret->n_groups = 2;
        return true;
}

static const char *find_closed(const struct identity_needs *needs) {
        if (faccessat(AT_FDCWD, needs->data_dir, R_OK | W_OK | X_OK, AT_EACCESS) < 0)
                return needs->data_dir;
        if (needs->socket && faccessat(AT_FDCWD, needs->socket, R_OK | W_OK, AT_EACCESS) < 0)
                return needs->socket;
        for (const char *const *file = needs->files; file && *file; file++)
                if (faccessat(AT_FDCWD, *file, R_OK, AT_EACCESS) < 0)
                        return *file;
        return NULL;
}

static bool step_back(const struct before *before) {
        return seteuid(0) == 0 && setegid(before->gid) == 0 && setgroups((size_t)before->n_groups, before->groups) == 0;
}

static bool may_not(const struct identity *id, char *ret_told) {
        return stays_root(ret_told, "it may not become uid %u with group %u, for which a container needs SETUID and SETGID: %s",
                          id->uid, id->gid, strerror(errno));
}

/* Tries it on with what can be taken off again. False: it is as it was, unless ret_half. */
static bool try_on(const struct identity *id, const struct identity_needs *needs, bool *ret_half, char *ret_told) {
        struct before before = { .gid = getegid() };
        const char *closed;

        *ret_half = false;
        before.n_groups = getgroups(GROUPS_MAX, before.groups);
        if (before.n_groups < 0)
                return stays_root(ret_told, "it is in more than %d groups", GROUPS_MAX);
        if (setgroups(id->n_groups, id->groups) < 0)
                return may_not(id, ret_told);
        if (setegid(id->gid) < 0 || seteuid(id->uid) < 0) {
                (void)may_not(id, ret_told);
                *ret_half = !step_back(&before);
                return false;
        }
        closed = find_closed(needs);
        if (!closed)
                return true;
        (void)stays_root(ret_told, "uid %u with group %u could not open '%s': %s", id->uid, id->gid, closed, strerror(errno));
        *ret_half = !step_back(&before);
        return false;
}

/* errno as the last call left it. */
static bool give_up_root(const struct identity *id) {
        return seteuid(0) == 0 && setresgid(id->gid, id->gid, id->gid) == 0 && setresuid(id->uid, id->uid, id->uid) == 0 &&
               setuid(0) < 0 && geteuid() == id->uid && getegid() == id->gid;
}

int identity_take(const struct identity_needs *needs, char ret_told[static IDENTITY_TOLD_SIZE], struct error *err) {
        struct identity id;
        bool half;

        if (!identity_choose(needs, &id, ret_told))
                return 0;
        if (!try_on(&id, needs, &half, ret_told))
                return half ? error_set(err, ERR_FAILED, "cannot take back what was given up: %s", ret_told) : 0;
        if (!give_up_root(&id))
                return error_set(err, ERR_FAILED, "giving root up for uid %u with group %u does not hold", id.uid, id.gid);
        (void)snprintf(ret_told, IDENTITY_TOLD_SIZE, "runs as uid %u with group %u: to them belong the data directory and %s",
                       id.uid, id.gid, needs->socket ? "the engine's socket" : "its group");
        return 0;
}
