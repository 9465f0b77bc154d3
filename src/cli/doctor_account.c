/* SPDX-License-Identifier: MIT */
/* Users and groups by name, and whether this process is in a group. */
#include "doctor.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#define GROUPS_MAX   1024
#define ACCOUNT_SIZE 16384

struct account {
        char text[ACCOUNT_SIZE]; /* what the entry points into */
        struct passwd user;
        struct group group;
};

static const struct passwd *find_user(struct account *a, uid_t uid) {
        struct passwd *found = NULL;
        return getpwuid_r(uid, &a->user, a->text, sizeof(a->text), &found) == 0 ? found : NULL;
}

static const struct group *find_group(struct account *a, gid_t gid) {
        struct group *found = NULL;
        return getgrgid_r(gid, &a->group, a->text, sizeof(a->text), &found) == 0 ? found : NULL;
}

const char *doctor_user(struct doctor *d, uid_t uid) {
        struct account a;
        const struct passwd *found = find_user(&a, uid);
        return found ? arena_printf(&d->session.arena, "%s (uid %u)", doctor_short(d, found->pw_name), uid)
                     : arena_printf(&d->session.arena, "uid %u", uid);
}

const char *doctor_group(struct doctor *d, gid_t gid) {
        struct account a;
        const struct group *found = find_group(&a, gid);
        return found ? arena_printf(&d->session.arena, "%s (gid %u)", doctor_short(d, found->gr_name), gid)
                     : arena_printf(&d->session.arena, "gid %u", gid);
}

const char *doctor_user_word(struct doctor *d, uid_t uid) {
        struct account a;
        const struct passwd *found = find_user(&a, uid);
        return found ? doctor_word(d, doctor_short(d, found->pw_name)) : arena_printf(&d->session.arena, "%u", uid);
}

const char *doctor_group_word(struct doctor *d, gid_t gid) {
        struct account a;
        const struct group *found = find_group(&a, gid);
        return found ? doctor_word(d, doctor_short(d, found->gr_name)) : arena_printf(&d->session.arena, "%u", gid);
}

bool doctor_in_group(gid_t gid) {
        gid_t groups[GROUPS_MAX];
        int n = getgroups(GROUPS_MAX, groups);
        for (int i = 0; i < n; i++)
                if (groups[i] == gid)
                        return true;
        return getegid() == gid;
}

bool doctor_listed_in_group(gid_t gid, uid_t uid) {
        struct account user, group;
        const struct passwd *u = find_user(&user, uid);
        const struct group *g = find_group(&group, gid);
        for (char **member = u && g ? g->gr_mem : NULL; member && *member; member++)
                if (str_eq(*member, u->pw_name))
                        return true;
        return false;
}
