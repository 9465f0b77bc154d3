/* SPDX-License-Identifier: MIT */
/* Makes what decide() is given out of the lines of a case, and compares what it remembers afterwards. */
#ifndef AUTOHEAL_TESTS_CASE_WORLD_H
#define AUTOHEAL_TESTS_CASE_WORLD_H

#include "case_file.h"

#include "autoheal/decide/decide.h"
#include "autoheal/os/zone.h"

#include <signal.h>

#define CASE_NOW_US    (INT64_C(1767268800) * US_PER_S) /* 2026-01-01T12:00:00Z */
#define CONTAINERS_MAX 48

struct world {
        const struct test_case *t;
        struct arena *a;
        struct config config;
        struct container real[CONTAINERS_MAX];   /* what an inspect would tell */
        struct container listed[CONTAINERS_MAX]; /* what decide gets to see */
        bool inspectable[CONTAINERS_MAX];
        struct observation obs;
        struct selection *selection;
        struct state state;
        struct in_flight in_flight[CONTAINERS_MAX];
        size_t n_in_flight;
        struct hook_asked asked[CONTAINERS_MAX];
        size_t n_asked;
        bool asks_nobody;
        struct project_change changes[8];
        struct maintenance_scope scopes[8];
        struct window_period *windows;
        size_t n_windows;
        int64_t quiet_until_us;
        bool wants_journal;
        struct now now;
};

/* ---- Values ---- */

static int64_t number(const struct world *w, int line, const char *text) {
        int64_t n;

        if (!parse_int64(text, INT64_MIN, INT64_MAX, &n))
                case_fail(w->t, line, "'%s' is not a number", text);
        return n;
}

static int64_t time_at(const struct world *w, int line, const char *text, int64_t base_us) {
        int64_t us;

        if (!case_time(text, base_us, &us))
                case_fail(w->t, line, "'%s' is not a time: now, never, like -59s, +1.5h, or 2026-01-01T12:00:00Z", text);
        return us;
}

static bool yes(const struct world *w, int line, const char *text) {
        if (!str_eq(text, "yes") && !str_eq(text, "no"))
                case_fail(w->t, line, "'%s' is neither yes nor no", text);
        return str_eq(text, "yes");
}

static const char *const tolds[TOLD_MAX_] = { "nothing", "stopped", "crashed", "lost" };

static enum told told_parse(const struct world *w, int line, const char *text) {
        for (size_t i = 0; i < TOLD_MAX_; i++)
                if (str_eq(tolds[i], text))
                        return (enum told)i;
        case_fail(w->t, line, "'%s' is none of nothing, stopped, crashed, lost", text);
}

/* An id of 64 hex digits: the given digits and zeros, or made of the name. */
static const char *make_id(struct arena *a, const char *digits, const char *name) {
        char id[65];
        uint64_t h = UINT64_C(14695981039346656037);

        (void)snprintf(id, sizeof(id), "%-64s", digits ? digits : "");
        for (size_t i = 0; digits && id[i]; i++)
                if (id[i] == ' ')
                        id[i] = '0';
        for (size_t i = 0; !digits && i < 64; i++) {
                h = (h ^ (unsigned char)name[i % (strlen(name) + 1)]) * UINT64_C(1099511628211);
                id[i] = "0123456789abcdef"[(h >> 32) & 15];
        }
        return arena_strdup(a, id);
}

/* ---- The fields of a memory, for `memory` and for `next` ---- */

enum field_kind { FIELD_TIME, FIELD_ENGINE_TIME, FIELD_COUNT, FIELD_TEXT };

static const struct field {
        const char *name;
        enum field_kind kind;
        size_t offset;
} fields[] = {
        { "quarantined-at", FIELD_TIME, offsetof(struct memory, quarantined_us) },
        { "container", FIELD_TEXT, offsetof(struct memory, container_id) },
        { "image-id", FIELD_TEXT, offsetof(struct memory, image_id) },
        { "config-hash", FIELD_TEXT, offsetof(struct memory, config_hash) },
        { "name", FIELD_TEXT, offsetof(struct memory, name) },
        { "started", FIELD_ENGINE_TIME, offsetof(struct memory, started_us) },
        { "finished", FIELD_ENGINE_TIME, offsetof(struct memory, finished_us) },
        { "restart-count", FIELD_COUNT, offsetof(struct memory, restart_count) },
        { "lifetime", FIELD_COUNT, offsetof(struct memory, lifetime_restarts) },
        { "episode", FIELD_TIME, offsetof(struct memory, episode_us) },
        { "episode-restarts", FIELD_COUNT, offsetof(struct memory, episode_restarts) },
        { "verdict-at", FIELD_TIME, offsetof(struct memory, verdict_us) },
        { "ok", FIELD_TIME, offsetof(struct memory, ok_us) },
        { "ok-started", FIELD_ENGINE_TIME, offsetof(struct memory, ok_started_us) },
        { "paused", FIELD_ENGINE_TIME, offsetof(struct memory, paused_us) },
        { "last-restart", FIELD_TIME, offsetof(struct memory, last_restart_us) },
        { "last-own-restart", FIELD_TIME, offsetof(struct memory, last_own_restart_us) },
        { "own-action", FIELD_TIME, offsetof(struct memory, own_action_us) },
        { "own-action-end", FIELD_TIME, offsetof(struct memory, own_action_end_us) },
        { "first-exited", FIELD_ENGINE_TIME, offsetof(struct memory, first_exited_us) },
        { "gone", FIELD_TIME, offsetof(struct memory, gone_us) },
        { "held-until", FIELD_TIME, offsetof(struct memory, held_until_us) },
        { "check", FIELD_TEXT, offsetof(struct memory, check.print) },
        { "check-run", FIELD_TIME, offsetof(struct memory, check.run_us) },
        { "check-started", FIELD_ENGINE_TIME, offsetof(struct memory, check.started_us) },
        { "check-streak", FIELD_COUNT, offsetof(struct memory, check.streak) },
        { "check-detail", FIELD_TEXT, offsetof(struct memory, check.detail) },
        { "check-exec", FIELD_TEXT, offsetof(struct memory, check.exec_id) },
        { "own-started", FIELD_ENGINE_TIME, offsetof(struct memory, own_started_us) },
        { "parent-started", FIELD_ENGINE_TIME, offsetof(struct memory, parent_started_us) },
        { "parent", FIELD_TEXT, offsetof(struct memory, parent) },
};

/* The field that "name=value" is about, and its value. */
static const struct field *find_field(const char *word, const char **ret_value) {
        for (size_t i = 0; i < N_ELEMENTS(fields); i++) {
                *ret_value = case_value(word, fields[i].name);
                if (*ret_value)
                        return &fields[i];
        }
        return NULL;
}

static int64_t field_number(const struct world *w, int line, const struct field *f, const char *value) {
        switch (f->kind) {
        case FIELD_TIME:
                return time_at(w, line, value, w->now.wall_us);
        case FIELD_ENGINE_TIME:
                return time_at(w, line, value, w->obs.engine_now_us);
        default:
                return number(w, line, value);
        }
}

/* "container=web" names a container of the case by its name. */
static const char *field_text(const struct world *w, const struct field *f, const char *value) {
        if (!str_eq(f->name, "container"))
                return value;
        for (size_t i = 0; i < w->obs.n; i++)
                if (str_eq(w->real[i].name, value))
                        return w->real[i].id;
        return *value ? make_id(w->a, NULL, value) : "";
}

static void set_field(const struct world *w, int line, struct memory *m, const char *word) {
        const char *value;
        const struct field *f = find_field(word, &value);
        char *at;

        if (!f)
                case_fail(w->t, line, "nothing is remembered under '%s'", word);
        at = (char *)m + f->offset;
        if (f->kind == FIELD_TEXT) {
                const char *text = field_text(w, f, value);

                memcpy(at, &text, sizeof(text));
        } else {
                int64_t n = field_number(w, line, f, value);

                memcpy(at, &n, sizeof(n));
        }
        if (str_eq(f->name, "lifetime"))
                m->lifetime_known = true;
}

static void compare_field(const struct world *w, int line, const struct memory *m, const char *word) {
        const char *value;
        const struct field *f = find_field(word, &value);
        const char *at;

        if (!f)
                case_fail(w->t, line, "nothing is remembered under '%s'", word);
        at = (const char *)m + f->offset;
        if (f->kind == FIELD_TEXT) {
                const char *text, *expected = field_text(w, f, value);

                memcpy(&text, at, sizeof(text));
                if (!str_eq(text, expected))
                        case_fail(w->t, line, "%s is '%s', not '%s'", f->name, text, expected);
        } else {
                int64_t n, expected = field_number(w, line, f, value);
                int64_t base = f->kind == FIELD_TIME ? w->now.wall_us : f->kind == FIELD_ENGINE_TIME ? w->obs.engine_now_us : 0;

                memcpy(&n, at, sizeof(n));
                if (n != expected && f->kind == FIELD_COUNT)
                        case_fail(w->t, line, "%s is %lld, not %lld", f->name, (long long)n, (long long)expected);
                if (n != expected)
                        case_fail(w->t, line, "%s is %s%+.6fs, not %s", f->name, n ? "" : "never, ", (double)(n - base) / 1e6,
                                  value);
        }
}

/* ---- Containers ---- */

static void add_label(struct container *c, const char *pair, struct arena *a) {
        struct label *labels = arena_array(a, c->n_labels + 1, sizeof(*labels));
        const char *equals = strchr(pair, '=');

        if (c->n_labels)
                memcpy(labels, c->labels, c->n_labels * sizeof(*labels));
        labels[c->n_labels].key = equals ? arena_strndup(a, pair, (size_t)(equals - pair)) : pair;
        labels[c->n_labels].value = equals ? equals + 1 : "";
        c->labels = labels;
        c->n_labels++;
}

static void set_policy(struct container *c, const char *text, struct arena *a) {
        const char *colon = strchr(text, ':');

        c->policy = restart_policy_parse(colon ? arena_strndup(a, text, (size_t)(colon - text)) : text);
        if (colon)
                assert_true(parse_int64(colon + 1, 0, 1000, &c->policy_max));
}

static bool set_engine_time(const struct world *w, int line, struct container *c, const char *word) {
        static const struct {
                const char *name;
                size_t offset;
        } times[] = {
                { "started", offsetof(struct container, started_us) }, { "finished", offsetof(struct container, finished_us) },
                { "created", offsetof(struct container, created_us) }, { "probe-end", offsetof(struct container, probe_end_us) },
                { "kill", offsetof(struct container, kill_us) },
        };

        for (size_t i = 0; i < N_ELEMENTS(times); i++) {
                const char *value = case_value(word, times[i].name);
                int64_t us;

                if (!value)
                        continue;
                us = time_at(w, line, value, w->obs.engine_now_us);
                memcpy((char *)c + times[i].offset, &us, sizeof(us));
                return true;
        }
        return false;
}

static bool set_number(const struct world *w, int line, struct container *c, const char *word) {
        static const struct {
                const char *name;
                size_t offset;
        } numbers[] = {
                { "code", offsetof(struct container, exit_code) },
                { "restart-count", offsetof(struct container, restart_count) },
                { "stop-timeout", offsetof(struct container, stop_timeout_s) },
                { "probe-code", offsetof(struct container, probe_exit_code) },
                { "up", offsetof(struct container, up_s) },
        };

        for (size_t i = 0; i < N_ELEMENTS(numbers); i++) {
                const char *value = case_value(word, numbers[i].name);
                int64_t n;

                if (!value)
                        continue;
                n = number(w, line, value);
                memcpy((char *)c + numbers[i].offset, &n, sizeof(n));
                return true;
        }
        return false;
}

static void set_address(struct container *c, const char *address, struct arena *a) {
        const char **addresses = arena_array(a, 1, sizeof(*addresses));

        addresses[0] = address;
        c->addresses = addresses;
        c->n_addresses = 1;
}

/* "\n" is a line break: a container has one line of its case. */
static const char *with_line_breaks(const char *text, struct arena *a) {
        char *ret = arena_strdup(a, text), *out = ret;

        for (const char *p = ret; *p; p++) {
                bool is_break = p[0] == '\\' && p[1] == 'n';

                *out++ = is_break ? '\n' : *p;
                p += is_break;
        }
        *out = '\0';
        return ret;
}

/* "network=web" shares the network of a container of the case, or of one that is gone. */
static void set_network(struct world *w, struct container *c, const char *name) {
        const char *id = make_id(w->a, NULL, name);

        for (size_t i = 0; i < w->obs.n; i++)
                if (str_eq(w->real[i].name, name))
                        id = w->real[i].id;
        c->network_mode = arena_printf(w->a, "container:%s", id);
}

static void set_property(struct world *w, int line, size_t at, const char *word) {
        struct container *c = &w->real[at];
        const char *value;

        if (str_eq(word, "uninspectable"))
                w->inspectable[at] = false;
        else if (str_eq(word, "oom"))
                c->oom_killed = true;
        else if (str_eq(word, "auto-remove"))
                c->auto_remove = true;
        else if (strncmp(word, "label:", 6) == 0)
                add_label(c, word + 6, w->a);
        else if ((value = case_value(word, "id")))
                c->id = make_id(w->a, value, "");
        else if ((value = case_value(word, "image-id")))
                c->image_id = value;
        else if ((value = case_value(word, "told")))
                c->exit_told = told_parse(w, line, value);
        else if ((value = case_value(word, "error")))
                c->state_error = value;
        else if ((value = case_value(word, "address")))
                set_address(c, value, w->a);
        else if ((value = case_value(word, "network")))
                set_network(w, c, value);
        else if ((value = case_value(word, "policy")))
                set_policy(c, value, w->a);
        else if ((value = case_value(word, "stop-signal")))
                c->stop_signal = (int)number(w, line, value);
        else if ((value = case_value(word, "probe-output")))
                c->probe_output = with_line_breaks(value, w->a);
        else if (health_parse(word) != HEALTH_UNKNOWN || str_eq(word, "unknown"))
                c->health = health_parse(word);
        else if (!set_engine_time(w, line, c, word) && !set_number(w, line, c, word))
                case_fail(w->t, line, "a container has no '%s'", word);
}

static void add_container(struct world *w, const struct case_line *l) {
        size_t at = w->obs.n++;
        struct container *c = &w->real[at];

        if (l->n < 2)
                case_fail(w->t, l->number, "a container has a name and a state");
        assert_true(at < CONTAINERS_MAX);
        *c = (struct container){ .id = make_id(w->a, NULL, l->words[0]),
                                 .name = str_eq(l->words[0], "(nameless)") ? "" : l->words[0],
                                 .image = "app:1",
                                 .image_id = "sha256:1",
                                 .network_mode = "bridge",
                                 .health = HEALTH_NONE,
                                 .status = "",
                                 .up_s = -1,
                                 .state_error = "",
                                 .stop_timeout_s = STOP_TIMEOUT_UNSET,
                                 .stop_signal = SIGTERM,
                                 .probe_output = "" };
        c->state = container_state_parse(l->words[1]);
        c->started_us = w->obs.engine_now_us - 3600 * US_PER_S;
        w->inspectable[at] = true;
        for (size_t i = 2; i < l->n; i++)
                set_property(w, l->number, at, l->words[i]);
}

/* What the list alone tells. */
static struct container as_listed(const struct container *c) {
        struct container listed = *c;

        listed.inspected = false;
        listed.started_us = listed.finished_us = listed.exit_code = 0;
        listed.oom_killed = listed.auto_remove = false;
        listed.policy = POLICY_NO;
        listed.policy_max = listed.restart_count = 0;
        listed.stop_timeout_s = STOP_TIMEOUT_UNSET;
        listed.stop_signal = SIGTERM;
        listed.probe_end_us = listed.probe_exit_code = 0;
        listed.probe_output = listed.state_error = "";
        listed.exit_told = TOLD_NOTHING;
        return listed;
}

/* ---- Memories ---- */

static void set_memory_word(const struct world *w, int line, struct memory *m, const char *word) {
        const char *value;

        if ((value = case_value(word, "restart")))
                memory_add_restart(m, time_at(w, line, value, w->now.wall_us), w->a);
        else if ((value = case_value(word, "quarantined")))
                m->quarantined = quarantined_by_parse(value);
        else if ((value = case_value(word, "quarantine-reason")))
                m->quarantine_reason = reason_parse(value);
        else if ((value = case_value(word, "verdict")))
                m->verdict = verdict_parse(value);
        else if ((value = case_value(word, "intent")))
                m->intent = decision_parse(value);
        else if ((value = case_value(word, "exit-told")))
                m->exit_told = told_parse(w, line, value);
        else if ((value = case_value(word, "engine-stopped")))
                m->engine_stopped = yes(w, line, value);
        else if ((value = case_value(word, "said")))
                memory_say(m, value, w->a);
        else if ((value = case_value(word, "check-outcome")))
                m->check.outcome = check_outcome_parse(value);
        else if ((value = case_value(word, "check-told")))
                m->check.told = check_standing_parse(value);
        else if ((value = case_value(word, "check-proven")))
                m->check.proven = yes(w, line, value);
        else if ((value = case_value(word, "check-lingers")))
                m->check.lingers = yes(w, line, value);
        else
                set_field(w, line, m, word);
}

/* A container of the case has been seen before, as it is now, unless the case says otherwise. */
static void remember_container(struct world *w, const struct selection *sel, const struct container *c) {
        const char *hash = container_label(c, "com.docker.compose.config-hash");
        struct memory *m;

        if (!sel->monitored)
                return;
        m = state_get(&w->state, sel->stable_id);
        m->container_id = c->id;
        m->image_id = c->image_id;
        m->config_hash = hash ? hash : "";
        m->name = c->name;
        m->started_us = c->started_us;
        m->restart_count = c->restart_count;
        if (sel->check) {
                char print[HEALTH_CHECK_PRINT_SIZE];

                m->check.print = arena_strdup(w->a, health_check_print(sel->check, print));
                m->check.started_us = c->started_us;
        }
}

static void add_memory(struct world *w, const struct case_line *l) {
        struct memory *m;

        if (l->n == 2 && str_eq(l->words[1], "none")) {
                state_drop(&w->state, l->words[0]);
                return;
        }
        if (l->n < 2)
                case_fail(w->t, l->number, "a memory needs a stable id and something to remember");
        m = state_get(&w->state, l->words[0]);
        for (size_t i = 1; i < l->n; i++)
                set_memory_word(w, l->number, m, l->words[i]);
}

/* ---- The rest ---- */

static void add_change(struct world *w, const struct case_line *l) {
        assert_true(l->n == 2 && w->obs.n_changes < N_ELEMENTS(w->changes));
        w->changes[w->obs.n_changes++] =
                (struct project_change){ l->words[0], time_at(w, l->number, l->words[1], w->obs.engine_now_us) };
        w->obs.changes = w->changes;
        w->obs.journal_read = true;
}

static void add_scope(struct world *w, const struct case_line *l) {
        struct maintenance_scope *scope = &w->scopes[w->state.maintenance.n_scopes++];

        assert_true(l->n >= 2 && w->state.maintenance.n_scopes <= N_ELEMENTS(w->scopes));
        *scope = (struct maintenance_scope){ .kind = SCOPE_MAX_, .value = l->words[1], .reason = "" };
        for (unsigned k = 0; k < SCOPE_MAX_; k++)
                if (str_eq(scope_kind_name(k), l->words[0]))
                        scope->kind = k;
        if (scope->kind == SCOPE_MAX_)
                case_fail(w->t, l->number, "'%s' is no kind of scope", l->words[0]);
        scope->start_us = w->now.wall_us - 60 * US_PER_S;
        scope->until_us = l->n > 2 ? time_at(w, l->number, l->words[2], w->now.wall_us) : 0;
        w->state.maintenance.scopes = w->scopes;
}

/* What the journal tells is there if the line is; its oldest entry may be given. */
static void set_journal(struct world *w, const struct case_line *l) {
        w->obs.journal_read = true;
        w->obs.journal_oldest_us = l->n > 0 ? time_at(w, l->number, l->words[0], w->obs.engine_now_us) : 0;
}

static void set_world(struct world *w, const struct case_line *l) {
        const char *word = l->n > 0 ? l->words[0] : "", *value;

        if (str_eq(l->keyword, "self") && (value = case_value(word, "id")))
                w->obs.self_id = make_id(w->a, value, "");
        else if (str_eq(l->keyword, "self") && (value = case_value(word, "host")))
                w->obs.self_host = value;
        else if (str_eq(l->keyword, "engine-host"))
                w->obs.engine_host = word;
        else if (str_eq(l->keyword, "maintenance")) {
                w->state.maintenance.enabled = str_eq(word, "on");
                w->state.maintenance.until_us = l->n > 1 ? time_at(w, l->number, l->words[1], w->now.wall_us) : 0;
        } else if (str_eq(l->keyword, "scope"))
                add_scope(w, l);
        else if (str_eq(l->keyword, "quiet"))
                w->quiet_until_us = time_at(w, l->number, word, w->now.wall_us);
        else if (str_eq(l->keyword, "looked"))
                w->obs.at.wall_us = time_at(w, l->number, word, w->now.wall_us);
        else if (str_eq(l->keyword, "asks-nobody"))
                w->asks_nobody = true;
        else if (str_eq(l->keyword, "journal"))
                set_journal(w, l);
        else if (str_eq(l->keyword, "change"))
                add_change(w, l);
        else if (str_eq(l->keyword, "last-pass"))
                w->state.last_pass_us = time_at(w, l->number, word, w->now.wall_us);
        else if (str_eq(l->keyword, "storm"))
                w->state.storm_us = time_at(w, l->number, word, w->now.wall_us);
        else if (str_eq(l->keyword, "in-flight")) {
                assert_true(w->n_in_flight < CONTAINERS_MAX);
                w->in_flight[w->n_in_flight++] = (struct in_flight){
                        .stable_id = word,
                        .container_id = make_id(w->a, NULL, word),
                        .decision = DECISION_RESTART,
                        .since_us = w->now.wall_us,
                };
        }
}

static void load_config(struct world *w, const struct case_line *l) {
        struct config_issues issues = CONFIG_ISSUES_INIT(w->a);
        struct error err = ERROR_INIT;

        if (config_load(&w->config, "config", l->rest, strlen(l->rest), NULL, 0, &issues, w->a, &err) < 0)
                case_fail(w->t, l->number, "%s", err.msg);
}

/* As a pass does it; the zone is that of the case, whatever the machine's is. */
static void open_windows(struct world *w) {
        const struct zone local = { .offset_s = zone_offset_s };
        const char *zone = "UTC";

        for (size_t i = 0; i < w->t->n_lines; i++)
                if (str_eq(w->t->lines[i].keyword, "zone"))
                        zone = w->t->lines[i].words[0];
        assert_int_equal(setenv("TZ", zone, 1), 0);
        w->n_windows = windows_open(w->config.maintenance.windows, w->config.maintenance.n_windows, &local, w->now.wall_us, w->a,
                                    &w->windows);
}

/* Clocks and settings first: everything else is told relative to them. */
static void world_begin(struct world *w, const struct test_case *t, struct arena *a) {
        *w = (struct world){ .t = t, .a = a, .now = { .mono_ms = 1000, .wall_us = CASE_NOW_US } };
        w->obs = (struct observation){ .containers = w->listed, .self_id = "", .self_host = "", .engine_host = "" };
        state_init(&w->state, a);
        config_defaults(&w->config);
        for (size_t i = 0; i < t->n_lines; i++)
                if (str_eq(t->lines[i].keyword, "now"))
                        w->now.wall_us = time_at(w, t->lines[i].number, t->lines[i].rest, CASE_NOW_US);
        w->obs.at = w->now;
        w->obs.engine_now_us = w->now.wall_us;
        for (size_t i = 0; i < t->n_lines; i++) {
                if (str_eq(t->lines[i].keyword, "engine-clock"))
                        w->obs.engine_now_us = time_at(w, t->lines[i].number, t->lines[i].rest, w->now.wall_us);
                if (str_eq(t->lines[i].keyword, "config"))
                        load_config(w, &t->lines[i]);
        }
        open_windows(w);
}

/* As a pass does it: list, select, ask decide what it needs to know more about, inspect that. */
static void world_look(struct world *w) {
        size_t *needs;

        for (size_t i = 0; i < w->obs.n; i++)
                w->listed[i] = as_listed(&w->real[i]);
        w->selection = decide_select(&w->config, &w->obs, w->a);
        for (size_t i = 0; i < w->obs.n; i++)
                remember_container(w, &w->selection[i], &w->real[i]);
        for (size_t i = 0; i < w->t->n_lines; i++)
                if (str_eq(w->t->lines[i].keyword, "memory"))
                        add_memory(w, &w->t->lines[i]);

        size_t n = decide_needs(&w->state, &w->obs, w->selection, w->a, &needs);

        for (size_t i = 0; i < n; i++) {
                if (!w->inspectable[needs[i]])
                        continue;
                w->listed[needs[i]] = w->real[needs[i]];
                w->listed[needs[i]].inspected = true;
        }
        w->wants_journal = decide_wants_journal(&w->state, &w->obs, w->selection);
}

/* About the container as it is now, unless another start is named. */
static void add_asked(struct world *w, const struct case_line *l) {
        struct hook_asked *x = &w->asked[w->n_asked++];
        const char *value;

        assert_true(w->n_asked <= CONTAINERS_MAX && l->n > 0);
        for (size_t i = 0; i < w->obs.n; i++)
                if (str_eq(w->real[i].name, l->words[0]))
                        *x = (struct hook_asked){ .container_id = w->real[i].id,
                                                  .started_us = w->real[i].started_us,
                                                  .finished_us = w->real[i].finished_us,
                                                  .why = "" };
        if (!x->container_id)
                case_fail(w->t, l->number, "no container '%s'", l->words[0]);
        for (size_t i = 1; i < l->n; i++) {
                if ((value = case_value(l->words[i], "at")))
                        x->asked_us = time_at(w, l->number, value, w->now.wall_us);
                else if ((value = case_value(l->words[i], "answered")))
                        x->answered_us = time_at(w, l->number, value, w->now.wall_us);
                else if ((value = case_value(l->words[i], "agreed")))
                        x->agreed = yes(w, l->number, value);
                else if ((value = case_value(l->words[i], "started")))
                        x->started_us = time_at(w, l->number, value, w->obs.engine_now_us);
                else if ((value = case_value(l->words[i], "why")))
                        x->why = value;
                else
                        case_fail(w->t, l->number, "'%s' is nothing that a hook was asked", l->words[i]);
        }
}

static void world_make(struct world *w, const struct test_case *t, struct arena *a) {
        world_begin(w, t, a);
        for (size_t i = 0; i < t->n_lines; i++) {
                if (str_eq(t->lines[i].keyword, "container"))
                        add_container(w, &t->lines[i]);
                else
                        set_world(w, &t->lines[i]);
        }
        for (size_t i = 0; i < t->n_lines; i++)
                if (str_eq(t->lines[i].keyword, "asked"))
                        add_asked(w, &t->lines[i]);
        world_look(w);
}

#endif
