/* SPDX-License-Identifier: MIT */
/* Which starts of its parents a container was restarted for. Among what was said once: "parent:<id>:<StartedAt>:<action>". */
#include "autoheal/model/state.h"

#define KEY_SIZE 80

/* Numbers of any length fit: an id is cut to its first 12 digits. */
static const char *parent_key(char ret[static KEY_SIZE], const char *parent_id) {
        (void)snprintf(ret, KEY_SIZE, "parent:%.12s:", parent_id);
        return ret;
}

static const char *start_key(char ret[static KEY_SIZE], const char *parent_id, int64_t started_us) {
        (void)snprintf(ret, KEY_SIZE, "parent:%.12s:%lld:", parent_id, (long long)started_us);
        return ret;
}

static const char *action_key(char ret[static KEY_SIZE], int64_t us) {
        (void)snprintf(ret, KEY_SIZE, ":%lld", (long long)us);
        return ret;
}

static bool begins_and_ends(const char *text, const char *begin, const char *end) {
        size_t n = strlen(text), n_begin = strlen(begin), n_end = strlen(end);

        return n >= n_begin + n_end && strncmp(text, begin, n_begin) == 0 && strcmp(text + n - n_end, end) == 0;
}

static bool has_said(const struct memory *m, const char *begin, const char *end) {
        for (size_t i = 0; i < m->n_said; i++)
                if (begins_and_ends(m->said[i], begin, end))
                        return true;
        return false;
}

void memory_unsay(struct memory *m, const char *begin, const char *end) {
        size_t n = 0;

        for (size_t i = 0; i < m->n_said; i++)
                if (!begins_and_ends(m->said[i], begin, end))
                        m->said[n++] = m->said[i];
        m->n_said = n;
}

void memory_serve(struct memory *m, const char *parent_id, int64_t started_us, int64_t us, struct arena *a) {
        char key[KEY_SIZE], end[KEY_SIZE];

        memory_unsay(m, parent_key(key, parent_id), "");
        memory_say(m, arena_printf(a, "%s%s", start_key(key, parent_id, started_us), action_key(end, us) + 1), a);
}

bool memory_has_served(const struct memory *m, const char *parent_id, int64_t started_us) {
        char key[KEY_SIZE];

        return has_said(m, start_key(key, parent_id, started_us), "");
}

bool memory_served_by(const struct memory *m, int64_t us) {
        char end[KEY_SIZE];

        return us != 0 && has_said(m, "parent:", action_key(end, us));
}

void memory_serve_nothing(struct memory *m, int64_t us) {
        char end[KEY_SIZE];

        if (us != 0)
                memory_unsay(m, "parent:", action_key(end, us));
}

void memory_restart_failed(struct memory *m, int64_t us, struct arena *a) {
        if (!memory_served_by(m, us))
                return;
        memory_serve_nothing(m, us);
        memory_add_restart(m, us, a);
        m->episode_restarts++;
}
