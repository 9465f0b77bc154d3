/* SPDX-License-Identifier: MIT */
/* containers.json: by stable id, what we remember of a container beyond its restart times and whether it is quarantined. */
#include "store_internal.h"

#include "autoheal/util/timefmt.h"

#define NAME "containers.json"

static const char *const told_words[TOLD_MAX_] = {
        [TOLD_NOTHING] = "",
        [TOLD_STOPPED] = "stopped",
        [TOLD_CRASHED] = "crashed",
        [TOLD_LOST] = "lost",
};

/* A word that only a newer version knows says nothing: the journal is asked again. */
static enum told told_parse(const char *word) {
        for (size_t i = 0; i < TOLD_MAX_; i++)
                if (str_eq(told_words[i], word))
                        return (enum told)i;
        return TOLD_NOTHING;
}

static void load_version(struct store_fields *f, struct memory *m) {
        m->container_id = store_field_string(f, "container_id");
        m->image_id = store_field_string(f, "image_id");
        m->config_hash = store_field_string(f, "config_hash");
        m->name = store_field_string(f, "name");
        m->started_us = store_field_time(f, "started_at");
        m->finished_us = store_field_time(f, "finished_at");
        m->restart_count = store_field_number(f, "restart_count", -1);
}

static void load_history(struct store_fields *f, struct memory *m) {
        int64_t lifetime = store_field_number(f, "lifetime_restarts", -1);

        m->lifetime_known = lifetime >= 0;
        m->lifetime_restarts = lifetime >= 0 ? lifetime : 0;
        m->episode_us = store_field_time(f, "episode_start");
        m->episode_restarts = store_field_number(f, "episode_restarts", 0);
        m->verdict = verdict_parse(store_field_string(f, "verdict"));
        m->verdict_us = store_field_time(f, "verdict_since");
        m->ok_us = store_field_time(f, "ok_since");
        m->ok_started_us = store_field_time(f, "ok_started_at");
        m->paused_us = store_field_time(f, "paused_at");
        m->last_restart_us = store_field_time(f, "last_restart");
        m->last_own_restart_us = store_field_time(f, "last_own_restart");
        m->first_exited_us = store_field_time(f, "first_exited_at");
        m->gone_us = store_field_time(f, "gone_since");
}

static void load_action(struct store_fields *f, struct memory *m) {
        enum decision intent = decision_parse(store_field_string(f, "intent"));

        m->own_action_us = store_field_time(f, "own_action_at");
        m->own_action_end_us = store_field_time(f, "own_action_failed_at");
        m->intent = intent == DECISION_RESTART || intent == DECISION_STOP ? intent : DECISION_NONE;
        m->exit_told = told_parse(store_field_string(f, "exit_told"));
        m->engine_stopped = store_field_flag(f, "engine_stopped");
        m->held_until_us = store_field_time(f, "held_until");
        m->own_started_us = store_field_time(f, "own_started_at");
        m->parent = store_field_string(f, "parent");
        m->parent_started_us = store_field_time(f, "parent_started_at");
}

static void load_check(struct store_fields *f, struct check_memory *m) {
        m->print = store_field_string(f, "check");
        m->started_us = store_field_time(f, "check_started_at");
        m->run_us = store_field_time(f, "check_run_at");
        m->outcome = check_outcome_parse(store_field_string(f, "check_outcome"));
        m->streak = store_field_number(f, "check_streak", 0);
        m->detail = store_field_string(f, "check_detail");
        m->proven = store_field_flag(f, "check_proven");
        m->told = check_standing_parse(store_field_string(f, "check_told"));
        m->exec_id = store_field_string(f, "check_exec");
        m->exec_pid = store_field_number(f, "check_exec_pid", 0);
        m->lingers = store_field_flag(f, "check_lingers");
        m->no_timeout = store_field_flag(f, "check_no_timeout");
}

static void load_quarantine(struct store_fields *f, struct memory *m) {
        const char *by = store_field_string(f, "quarantined_by");
        enum reason reason = reason_parse(store_field_string(f, "quarantine_reason"));

        m->quarantined = *by ? quarantined_by_parse(by) : QUARANTINED_NOT;
        m->quarantine_reason = reason == REASON_MAX_ ? REASON_NONE : reason;
        /* A word that only a newer version knows is kept like a key that it knows. */
        if (reason == REASON_MAX_ && json_present(json_get(f->object, "quarantine_reason")))
                f->n_known--;
        m->quarantined_us = store_field_time(f, "quarantined_at");
}

static void load_said(struct store_fields *f, struct memory *m) {
        struct json_value array = store_field(f, "said");
        const char **said = arena_array(f->arena, json_count(array), sizeof(*said));
        struct json_iter it = json_iter(array);
        size_t n = 0;

        m->said = said;
        m->n_said = 0;
        if (json_present(array) && json_type(array) != JSON_ARRAY) {
                store_field_refuse(f, "said", array, "an array of strings");
                return;
        }
        while (json_next(&it)) {
                said[n] = json_string(it.value, f->arena);
                if (!said[n]) {
                        store_field_refuse(f, "said", it.value, "an array of strings");
                        return;
                }
                n++;
        }
        m->n_said = n;
}

/* Under the key that is no stable id. */
static void load_common(struct json_value object, struct state *st) {
        struct json_value list = json_get(object, "untold");
        struct slice *untold = arena_array(st->arena, json_count(list), sizeof(*untold));
        struct json_iter it = json_iter(list);
        size_t n = 0;

        while (json_next(&it)) {
                struct slice raw = json_raw(it.value);

                if (json_type(it.value) == JSON_OBJECT)
                        untold[n++] = (struct slice){ arena_strndup(st->arena, raw.p, raw.n), raw.n };
        }
        st->untold = untold;
        st->n_untold = n;

        const char *held = json_string(json_get(object, "held_until"), st->arena);

        if (held)
                (void)time_parse_iso(slice_str(held), &st->held_until_us);
}

static void format_common(struct buf *out, struct store_lines *lines, const struct state *st) {
        struct json_writer w;

        if (st->n_untold == 0 && st->held_until_us == 0)
                return;
        store_lines_next(lines);
        buf_add_str(out, "\"\":");
        json_writer_init(&w, out, JSON_COMPACT);
        json_begin_object(&w);
        if (st->held_until_us) {
                json_key(&w, "held_until");
                json_time(&w, st->held_until_us);
        }
        json_key(&w, "untold");
        json_begin_array(&w);
        for (size_t i = 0; i < st->n_untold; i++)
                json_raw_value(&w, st->untold[i]);
        json_end_array(&w);
        json_end_object(&w);
}

static int load(struct store *s, struct json_value root, struct state *st, struct error *err) {
        struct json_iter it = json_iter(root);

        if (store_expect(s, NAME, root, JSON_OBJECT, "the whole file", err) < 0)
                return -1;
        state_reserve(st, st->n + json_count(root));
        while (json_next(&it)) {
                if (it.key.n == 0) {
                        load_common(it.value, st);
                        continue;
                }
                struct memory *m = state_get(st, json_key_string(&it, st->arena));
                struct store_fields f = {
                        .store = s, .name = NAME, .path = m->stable_id, .object = it.value, .arena = st->arena, .err = err
                };
                struct slice raw = json_raw(it.value);

                if (store_expect(s, NAME, it.value, JSON_OBJECT, "what is remembered of a container", err) < 0)
                        return -1;
                load_version(&f, m);
                load_history(&f, m);
                load_action(&f, m);
                load_check(&f, &m->check);
                load_quarantine(&f, m);
                load_said(&f, m);
                if (f.failed)
                        return -1;
                /* Most hold nothing else, and all of it is written anew. */
                if (f.n_known < json_count(it.value))
                        m->raw = (struct slice){ arena_strndup(st->arena, raw.p, raw.n), raw.n };
        }
        return 0;
}

static void add_version(struct store_members *out, const struct memory *m) {
        store_member_string(out, "container_id", m->container_id);
        store_member_string(out, "image_id", m->image_id);
        store_member_string(out, "config_hash", m->config_hash);
        store_member_string(out, "name", m->name);
        store_member_time(out, "started_at", m->started_us);
        store_member_time(out, "finished_at", m->finished_us);
        store_member_number(out, "restart_count", m->restart_count, m->restart_count >= 0);
}

static void add_history(struct store_members *out, const struct memory *m) {
        store_member_number(out, "lifetime_restarts", m->lifetime_restarts, m->lifetime_known);
        store_member_time(out, "episode_start", m->episode_us);
        store_member_number(out, "episode_restarts", m->episode_restarts, m->episode_restarts > 0);
        store_member_string(out, "verdict", m->verdict_us > 0 ? verdict_name(m->verdict) : "");
        store_member_time(out, "verdict_since", m->verdict_us);
        store_member_time(out, "ok_since", m->ok_us);
        store_member_time(out, "ok_started_at", m->ok_started_us);
        store_member_time(out, "paused_at", m->paused_us);
        store_member_time(out, "last_restart", m->last_restart_us);
        store_member_time(out, "last_own_restart", m->last_own_restart_us);
        store_member_time(out, "first_exited_at", m->first_exited_us);
        store_member_time(out, "gone_since", m->gone_us);
}

static void add_action(struct store_members *out, const struct memory *m) {
        store_member_time(out, "own_action_at", m->own_action_us);
        store_member_time(out, "own_action_failed_at", m->own_action_end_us);
        store_member_string(out, "intent", m->intent == DECISION_NONE ? "" : decision_name(m->intent));
        store_member_string(out, "exit_told", told_words[m->exit_told]);
        store_member_flag(out, "engine_stopped", m->engine_stopped);
        store_member_time(out, "held_until", m->held_until_us);
        store_member_time(out, "own_started_at", m->own_started_us);
        store_member_string(out, "parent", m->parent);
        store_member_time(out, "parent_started_at", m->parent_started_us);
}

static void add_check(struct store_members *out, const struct check_memory *m) {
        store_member_string(out, "check", m->print);
        store_member_time(out, "check_started_at", m->started_us);
        store_member_time(out, "check_run_at", m->run_us);
        store_member_string(out, "check_outcome", m->outcome == CHECK_NOT_RUN ? "" : check_outcome_name(m->outcome));
        store_member_number(out, "check_streak", m->streak, m->streak > 0);
        store_member_string(out, "check_detail", m->detail);
        store_member_flag(out, "check_proven", m->proven);
        store_member_string(out, "check_told", m->told == STANDING_NONE ? "" : check_standing_name(m->told));
        store_member_string(out, "check_exec", m->exec_id);
        store_member_number(out, "check_exec_pid", m->exec_pid, m->exec_pid > 0);
        store_member_flag(out, "check_lingers", m->lingers);
        store_member_flag(out, "check_no_timeout", m->no_timeout);
}

static void add_quarantine(struct store_members *out, const struct memory *m, struct json_value old) {
        bool is = m->quarantined != QUARANTINED_NOT;
        struct json_value word = json_get(old, "quarantine_reason");
        struct arena a AUTO(arena_release) = ARENA_INIT(256);

        store_member_string(out, "quarantined_by", is ? quarantined_by_name(m->quarantined) : "");
        /* A reason that only a newer version knows was read as none: it is left as it stands. */
        if (!is || m->quarantine_reason != REASON_NONE || !json_present(word) || reason_parse(json_string(word, &a)) != REASON_MAX_)
                store_member_string(out, "quarantine_reason",
                                    is && m->quarantine_reason != REASON_NONE ? reason_name(m->quarantine_reason) : "");
        store_member_time(out, "quarantined_at", is ? m->quarantined_us : 0);
}

/* Appends the object; "{}" if the memory holds nothing. */
static void write_memory(struct buf *out, struct store_members *members, const struct memory *m, struct json_value old) {
        store_members_clear(members);
        add_version(members, m);
        add_history(members, m);
        add_action(members, m);
        add_check(members, &m->check);
        add_quarantine(members, m, old);
        store_member_strings(members, "said", m->said, m->n_said);
        store_members_write(out, members, old, JSON_COMPACT);
}

/* A memory that was renamed is not in the file under this id, and brings its object along. */
static struct json_doc *parse_raw(const struct memory *m, struct json_value in_file) {
        struct json_doc *doc = NULL;

        if (json_present(in_file) || !m->raw.p)
                return NULL;
        /* It was part of a file that parsed: this cannot fail. */
        return json_parse(m->raw.p, m->raw.n, STORE_MAX_TOKENS, &doc, NULL) < 0 ? NULL : doc;
}

static void format(struct buf *out, const struct state *st, const struct json_value *in_place) {
        struct json_value old = store_in_place(in_place);
        struct arena a AUTO(arena_release) = ARENA_INIT(16 * 1024);
        struct store_members members AUTO(store_members_release) = { .text = BUF_INIT(STORE_STATE_MAX) };
        struct buf object AUTO(buf_release) = BUF_INIT(STORE_STATE_MAX);
        const struct store_entry *entries = store_entries(st, old, &a);
        struct store_lines lines = { .out = out };

        buf_add_char(out, '{');
        format_common(out, &lines, st);
        for (size_t i = 0; i < st->n; i++) {
                const struct memory *m = entries[i].memory;
                struct json_doc *doc AUTO_JSON = in_place ? parse_raw(m, entries[i].old) : NULL;
                struct json_writer w;

                buf_clear(&object);
                write_memory(&object, &members, m, doc ? json_root(doc) : entries[i].old);
                if (str_eq(buf_str(&object), "{}"))
                        continue;
                store_lines_next(&lines);
                json_writer_init(&w, out, JSON_COMPACT);
                json_str(&w, m->stable_id);
                buf_add_char(out, ':');
                buf_add(out, object.data, object.len);
        }
        buf_add_str(out, lines.any ? "\n}\n" : "}\n");
}

const struct store_shape store_containers = { NAME, load, format };
