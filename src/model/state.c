/* SPDX-License-Identifier: MIT */
/* The set of memories, found by stable id, and what is done to one of them. */
#include "autoheal/model/state.h"

/* Twice as many as there may be parents: each has its place, and what is said of the labels stays as well. */
#define SAID_MAX 64

void state_init(struct state *s, struct arena *a) {
        *s = (struct state){
                .arena = a,
                .index = STRMAP_INIT,
                .engine_endpoint = "",
                .engine_id = "",
                .engine_api = "",
                .engine_name = "",
                .maintenance = { .reason = "" },
        };
        counters_init(&s->counters, a);
}

void state_release(struct state *s) {
        strmap_release(&s->index);
        counters_release(&s->counters);
}

struct memory *state_find(const struct state *s, const char *stable_id) {
        size_t i = strmap_get(&s->index, stable_id);

        return i == STRMAP_NONE ? NULL : &s->memories[i];
}

void state_reserve(struct state *s, size_t n) {
        struct memory *grown;

        if (n <= s->cap)
                return;
        grown = arena_array(s->arena, n, sizeof(*grown));
        if (s->n)
                memcpy(grown, s->memories, s->n * sizeof(*grown));
        s->memories = grown;
        s->cap = n;
}

/* Puts m at the end; its strings must belong to the state's arena already. */
static struct memory *append(struct state *s, const struct memory *m) {
        if (s->n == s->cap)
                state_reserve(s, s->cap ? s->cap * 2 : 16);
        s->memories[s->n] = *m;
        strmap_set(&s->index, m->stable_id, s->n);
        return &s->memories[s->n++];
}

struct memory *state_get(struct state *s, const char *stable_id) {
        struct memory *found = state_find(s, stable_id);

        if (found)
                return found;
        return append(s, &(struct memory){
                                 .stable_id = arena_strdup(s->arena, stable_id),
                                 .container_id = "",
                                 .image_id = "",
                                 .config_hash = "",
                                 .name = "",
                                 .parent = "",
                                 .restart_count = -1,
                                 .check = CHECK_MEMORY_NONE,
                                 .verdict = VERDICT_UNKNOWN,
                         });
}

int64_t memory_restarts(const struct memory *m) {
        return (int64_t)m->n_restarts > m->episode_restarts ? (int64_t)m->n_restarts : m->episode_restarts;
}

/* A field that is not compared would not be saved when it alone changes: whoever adds one comes by here. */
#if UINTPTR_MAX == UINT64_MAX
_Static_assert(sizeof(struct memory) == 368, "compare, copy and store the new field too");
#endif

static bool same_lists(const struct memory *a, const struct memory *b) {
        if (a->n_restarts != b->n_restarts || a->n_said != b->n_said)
                return false;
        for (size_t i = 0; i < a->n_restarts; i++)
                if (a->restarts_us[i] != b->restarts_us[i])
                        return false;
        for (size_t i = 0; i < a->n_said; i++)
                if (!str_eq(a->said[i], b->said[i]))
                        return false;
        return true;
}

bool check_memory_same(const struct check_memory *a, const struct check_memory *b) {
        return str_eq(a->print, b->print) && a->started_us == b->started_us && a->run_us == b->run_us && a->streak == b->streak &&
               str_eq(a->detail, b->detail) && str_eq(a->exec_id, b->exec_id) && a->exec_pid == b->exec_pid &&
               a->outcome == b->outcome && a->told == b->told && a->proven == b->proven && a->lingers == b->lingers &&
               a->no_timeout == b->no_timeout;
}

static bool same_version(const struct memory *a, const struct memory *b) {
        return str_eq(a->stable_id, b->stable_id) && str_eq(a->container_id, b->container_id) && str_eq(a->image_id, b->image_id) &&
               str_eq(a->config_hash, b->config_hash) && str_eq(a->name, b->name) && a->started_us == b->started_us &&
               a->finished_us == b->finished_us && a->restart_count == b->restart_count;
}

static bool same_quarantine(const struct memory *a, const struct memory *b) {
        return a->quarantined == b->quarantined && a->quarantine_reason == b->quarantine_reason &&
               a->quarantined_us == b->quarantined_us;
}

static bool same_history(const struct memory *a, const struct memory *b) {
        return a->lifetime_restarts == b->lifetime_restarts && a->lifetime_known == b->lifetime_known &&
               a->episode_us == b->episode_us && a->episode_restarts == b->episode_restarts && a->verdict == b->verdict &&
               a->verdict_us == b->verdict_us && a->ok_us == b->ok_us && a->ok_started_us == b->ok_started_us &&
               a->paused_us == b->paused_us && a->last_restart_us == b->last_restart_us &&
               a->last_own_restart_us == b->last_own_restart_us && a->own_action_us == b->own_action_us &&
               a->own_action_end_us == b->own_action_end_us && a->first_exited_us == b->first_exited_us &&
               a->gone_us == b->gone_us && a->intent == b->intent && a->exit_told == b->exit_told &&
               a->own_started_us == b->own_started_us && a->parent_started_us == b->parent_started_us &&
               str_eq(a->parent, b->parent) && a->engine_stopped == b->engine_stopped && a->held_until_us == b->held_until_us;
}

bool memory_same(const struct memory *a, const struct memory *b) {
        return same_version(a, b) && same_quarantine(a, b) && same_history(a, b) && check_memory_same(&a->check, &b->check) &&
               same_lists(a, b);
}

static struct memory copy_memory(const struct memory *m, struct arena *a) {
        struct memory c = *m;

        c.stable_id = arena_strdup(a, m->stable_id);
        c.container_id = arena_strdup(a, m->container_id);
        c.image_id = arena_strdup(a, m->image_id);
        c.config_hash = arena_strdup(a, m->config_hash);
        c.name = arena_strdup(a, m->name);
        c.parent = arena_strdup(a, m->parent);
        c.check.print = arena_strdup(a, m->check.print);
        c.check.detail = arena_strdup(a, m->check.detail);
        c.check.exec_id = arena_strdup(a, m->check.exec_id);
        if (m->n_restarts) {
                c.restarts_us = arena_array(a, m->n_restarts, sizeof(*c.restarts_us));
                memcpy(c.restarts_us, m->restarts_us, m->n_restarts * sizeof(*c.restarts_us));
        } else
                c.restarts_us = NULL;
        c.said = NULL;
        if (m->n_said) {
                const char **said = arena_array(a, m->n_said, sizeof(*said));

                for (size_t i = 0; i < m->n_said; i++)
                        said[i] = arena_strdup(a, m->said[i]);
                c.said = said;
        }
        if (m->raw.p)
                c.raw.p = arena_strndup(a, m->raw.p, m->raw.n);
        return c;
}

static struct maintenance copy_maintenance(const struct maintenance *m, struct arena *a) {
        struct maintenance c = *m;
        struct maintenance_scope *scopes = arena_array(a, m->n_scopes, sizeof(*scopes));

        c.reason = arena_strdup(a, m->reason ? m->reason : "");
        for (size_t i = 0; i < m->n_scopes; i++) {
                scopes[i] = m->scopes[i];
                scopes[i].value = arena_strdup(a, m->scopes[i].value);
                scopes[i].reason = arena_strdup(a, m->scopes[i].reason);
        }
        c.scopes = scopes;
        return c;
}

void state_copy(struct state *ret, const struct state *s, struct arena *a) {
        state_init(ret, a);
        /* And some that are new. */
        state_reserve(ret, s->n + 16);
        for (size_t i = 0; i < s->n; i++) {
                struct memory m = copy_memory(&s->memories[i], a);

                append(ret, &m);
        }
        ret->maintenance = copy_maintenance(&s->maintenance, a);
        ret->storm_us = s->storm_us;
        ret->held_until_us = s->held_until_us;
        ret->engine_endpoint = arena_strdup(a, s->engine_endpoint);
        ret->engine_id = arena_strdup(a, s->engine_id);
        ret->engine_api = arena_strdup(a, s->engine_api);
        ret->engine_name = arena_strdup(a, s->engine_name);
        ret->last_pass_us = s->last_pass_us;
        ret->last_summary = s->last_summary;
        counters_copy(&ret->counters, &s->counters, a);
}

void state_drop(struct state *s, const char *stable_id) {
        size_t i = strmap_get(&s->index, stable_id);

        if (i == STRMAP_NONE)
                return;
        /* The map has no removal: the value that means "not there" does the same. */
        strmap_set(&s->index, s->memories[i].stable_id, STRMAP_NONE);
        s->n--;
        if (i < s->n) {
                s->memories[i] = s->memories[s->n];
                strmap_set(&s->index, s->memories[i].stable_id, i);
        }
}

static int64_t larger(int64_t a, int64_t b) {
        return a > b ? a : b;
}

/* Both were read from a file: they may be anything. */
static int64_t sum(int64_t a, int64_t b) {
        int64_t s;

        return __builtin_add_overflow(a, b, &s) ? INT64_MAX : s;
}

/* The earlier of two times of which 0 means unknown. */
static int64_t earlier(int64_t a, int64_t b) {
        if (a == 0 || b == 0)
                return larger(a, b);
        return a < b ? a : b;
}

static void merge_quarantine(struct memory *into, const struct memory *other) {
        bool stronger = other->quarantined > into->quarantined;
        bool better_known = other->quarantined == into->quarantined && into->quarantined_us == 0;

        if (!stronger && !better_known)
                return;
        into->quarantined = other->quarantined;
        into->quarantine_reason = other->quarantine_reason;
        into->quarantined_us = other->quarantined_us;
}

/* What two names of one container have gathered, as the memory of `to`. */
static struct memory merge(const struct memory *from, const struct memory *to, struct arena *a) {
        /* A name that only the reference service's files know has no container: then the other one knows the version. */
        bool to_is_known = *to->container_id != '\0';
        struct memory m = to_is_known ? *to : *from;
        const struct memory *other = to_is_known ? from : to;

        m.stable_id = to->stable_id;
        m.raw = to->raw.p ? to->raw : from->raw;
        for (size_t i = 0; i < other->n_restarts; i++)
                memory_add_restart(&m, other->restarts_us[i], a);
        merge_quarantine(&m, other);
        m.lifetime_restarts = sum(from->lifetime_restarts, to->lifetime_restarts);
        m.lifetime_known = from->lifetime_known || to->lifetime_known;
        m.episode_us = earlier(from->episode_us, to->episode_us);
        m.episode_restarts = larger(from->episode_restarts, to->episode_restarts);
        m.last_restart_us = larger(from->last_restart_us, to->last_restart_us);
        m.last_own_restart_us = larger(from->last_own_restart_us, to->last_own_restart_us);
        for (size_t i = 0; i < other->n_said; i++)
                memory_say(&m, other->said[i], a);
        return m;
}

void state_rename(struct state *s, const char *from, const char *to) {
        struct memory *old = state_find(s, from);
        struct memory *existing = state_find(s, to);

        if (!old || old == existing)
                return;
        if (existing) {
                *existing = merge(old, existing, s->arena);
                state_drop(s, from);
                return;
        }
        strmap_set(&s->index, old->stable_id, STRMAP_NONE);
        old->stable_id = arena_strdup(s->arena, to);
        strmap_set(&s->index, old->stable_id, (size_t)(old - s->memories));
}

void memory_add_restart(struct memory *m, int64_t us, struct arena *a) {
        size_t at = m->n_restarts;

        while (at > 0 && m->restarts_us[at - 1] > us)
                at--;
        /* One container is not restarted twice in a microsecond: the same time is the same restart, told again. */
        if (at > 0 && m->restarts_us[at - 1] == us)
                return;

        int64_t *grown = arena_array(a, m->n_restarts + 1, sizeof(*grown));

        if (at > 0)
                memcpy(grown, m->restarts_us, at * sizeof(*grown));
        grown[at] = us;
        if (at < m->n_restarts)
                memcpy(grown + at + 1, m->restarts_us + at, (m->n_restarts - at) * sizeof(*grown));
        m->restarts_us = grown;
        m->n_restarts++;
}

void memory_begin_action(struct memory *m, enum decision intent, int64_t us) {
        m->intent = intent;
        m->own_action_us = us;
        m->own_action_end_us = 0;
}

void memory_end_action(struct memory *m) {
        m->own_action_us = m->own_action_end_us = 0;
}

void memory_take_back_restart(struct memory *m, int64_t us) {
        size_t i = m->n_restarts;

        while (i > 0 && m->restarts_us[i - 1] != us)
                i--;
        /* One that counts for no limit, or whose time is out of the window already, is not in the list. */
        if (i == 0 && m->own_action_us != us)
                return;
        if (i > 0) {
                memmove(&m->restarts_us[i - 1], &m->restarts_us[i], (m->n_restarts - i) * sizeof(*m->restarts_us));
                m->n_restarts--;
                if (m->episode_restarts > 0)
                        m->episode_restarts--;
        }
        if (m->lifetime_restarts > 0)
                m->lifetime_restarts--;

        memory_serve_nothing(m, us);

        int64_t before = m->n_restarts ? m->restarts_us[m->n_restarts - 1] : 0;

        if (m->last_own_restart_us == us)
                m->last_own_restart_us = before;
        if (m->last_restart_us == us)
                m->last_restart_us = before;
        if (m->own_action_us == us)
                memory_end_action(m);
}

bool memory_said(const struct memory *m, const char *what) {
        for (size_t i = 0; i < m->n_said; i++)
                if (str_eq(m->said[i], what))
                        return true;
        return false;
}

void memory_say(struct memory *m, const char *what, struct arena *a) {
        if (memory_said(m, what))
                return;

        size_t kept = m->n_said < SAID_MAX ? m->n_said : SAID_MAX - 1;
        const char **said = arena_array(a, kept + 1, sizeof(*said));

        if (kept)
                memcpy(said, m->said + (m->n_said - kept), kept * sizeof(*said));
        said[kept] = arena_strdup(a, what);
        m->said = said;
        m->n_said = kept + 1;
}
