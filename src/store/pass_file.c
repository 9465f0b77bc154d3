/* SPDX-License-Identifier: MIT */
/* pass.json: which engine this directory belongs to, what the last pass found, what was counted, and since when the brake is on. */
#include "store_internal.h"

#define NAME "pass.json"

static struct store_fields fields_of(const struct store *s, struct json_value object, const char *path, struct arena *a,
                                     struct error *err) {
        return (struct store_fields){ .store = s, .name = NAME, .path = path, .object = object, .arena = a, .err = err };
}

static int load_engine(struct store *s, struct json_value engine, struct state *st, struct error *err) {
        struct store_fields f = fields_of(s, engine, "engine", st->arena, err);

        st->engine_endpoint = store_field_string(&f, "endpoint");
        st->engine_id = store_field_string(&f, "id");
        st->engine_api = store_field_string(&f, "api_version");
        st->engine_name = store_field_string(&f, "name");
        return f.failed ? -1 : 0;
}

static int load_last_pass(struct store *s, struct json_value last, struct state *st, struct error *err) {
        struct store_fields f = fields_of(s, last, "last_pass", st->arena, err);
        struct pass_summary *sum = &st->last_summary;

        st->last_pass_us = store_field_time(&f, "time");
        sum->monitored = store_field_number(&f, "monitored", 0);
        sum->ok = store_field_number(&f, "ok", 0);
        sum->failing = store_field_number(&f, "failing", 0);
        sum->restarted = store_field_number(&f, "restarted", 0);
        sum->stopped = store_field_number(&f, "stopped", 0);
        sum->held = store_field_number(&f, "held", 0);
        sum->quarantined = store_field_number(&f, "quarantined", 0);
        sum->newly_quarantined = store_field_number(&f, "newly_quarantined", 0);
        sum->released = store_field_number(&f, "released", 0);
        sum->failed = store_field_number(&f, "failed", 0);
        sum->unknown = store_field_number(&f, "unknown", 0);
        sum->under_way = store_field_number(&f, "under_way", 0);
        sum->duration_ms = store_field_number(&f, "duration_ms", 0);
        return f.failed ? -1 : 0;
}

static int load_container_counts(struct store *s, const struct json_iter *it, struct state *st, struct error *err) {
        const char *name = json_key_string(it, st->arena);
        char label[COUNTERS_LABEL_SIZE];
        struct store_fields f = fields_of(s, it->value, arena_printf(st->arena, "counters.containers.%s", name), st->arena, err);
        struct container_counts *one;

        if (store_expect(s, NAME, it->value, JSON_OBJECT, "each of 'counters.containers'", err) < 0)
                return -1;
        if (*counters_label(label, name) == '\0')
                return 0;
        one = counters_get(&st->counters, label);
        one->restarts = store_field_number(&f, "restarts", 0);
        one->restart_failures = store_field_number(&f, "restart_failures", 0);
        one->checks_failed = store_field_number(&f, "health_checks_failed", 0);
        return f.failed ? -1 : 0;
}

static int load_services(struct store *s, struct json_value services, struct state *st, struct error *err) {
        struct json_iter it = json_iter(services);

        while (json_next(&it)) {
                const char *name = json_key_string(&it, st->arena);
                struct store_fields f =
                        fields_of(s, it.value, arena_printf(st->arena, "counters.notifications.%s", name), st->arena, err);

                if (store_expect(s, NAME, it.value, JSON_OBJECT, "each of 'counters.notifications'", err) < 0)
                        return -1;
                for (int i = 0; i < NOTIFIED_MAX_; i++)
                        counters_add_notified(&st->counters, name, (enum notified)i,
                                              store_field_number(&f, notified_name((enum notified)i), 0));
                if (f.failed)
                        return -1;
        }
        return 0;
}

static int load_counters(struct store *s, struct json_value counters, struct state *st, struct error *err) {
        struct store_fields f = fields_of(s, counters, "counters", st->arena, err);
        struct json_value containers = store_field(&f, "containers"), services = store_field(&f, "notifications");
        struct json_iter it = json_iter(containers);

        if (store_expect(s, NAME, containers, JSON_OBJECT, "'counters.containers'", err) < 0 ||
            store_expect(s, NAME, services, JSON_OBJECT, "'counters.notifications'", err) < 0 ||
            load_services(s, services, st, err) < 0)
                return -1;
        st->counters.checks = store_field_number(&f, "health_checks", 0);
        st->counters.quarantines = store_field_number(&f, "quarantines", 0);
        while (!f.failed && json_next(&it))
                if (load_container_counts(s, &it, st, err) < 0)
                        return -1;
        return f.failed ? -1 : 0;
}

static int load(struct store *s, struct json_value root, struct state *st, struct error *err) {
        struct store_fields f = fields_of(s, root, "", st->arena, err);
        struct json_value engine = store_field(&f, "engine"), last = store_field(&f, "last_pass");
        struct json_value counters = store_field(&f, "counters");

        if (store_expect(s, NAME, root, JSON_OBJECT, "the whole file", err) < 0 ||
            store_expect(s, NAME, engine, JSON_OBJECT, "'engine'", err) < 0 ||
            store_expect(s, NAME, last, JSON_OBJECT, "'last_pass'", err) < 0 ||
            store_expect(s, NAME, counters, JSON_OBJECT, "'counters'", err) < 0)
                return -1;
        if (load_engine(s, engine, st, err) < 0 || load_last_pass(s, last, st, err) < 0 || load_counters(s, counters, st, err) < 0)
                return -1;
        st->storm_us = store_field_time(&f, "storm_since");
        return f.failed ? -1 : 0;
}

static void write_engine(struct buf *out, struct store_members *m, const struct state *st, struct json_value old) {
        store_members_clear(m);
        store_member_string(m, "endpoint", st->engine_endpoint);
        store_member_string(m, "id", st->engine_id);
        store_member_string(m, "api_version", st->engine_api);
        store_member_string(m, "name", st->engine_name);
        store_members_write(out, m, old, JSON_COMPACT);
}

static void write_last_pass(struct buf *out, struct store_members *m, const struct state *st, struct json_value old) {
        const struct pass_summary *sum = &st->last_summary;
        bool was = st->last_pass_us != 0;

        store_members_clear(m);
        store_member_time(m, "time", st->last_pass_us);
        store_member_number(m, "monitored", sum->monitored, was);
        store_member_number(m, "ok", sum->ok, was);
        store_member_number(m, "failing", sum->failing, was);
        store_member_number(m, "restarted", sum->restarted, was);
        store_member_number(m, "stopped", sum->stopped, was);
        store_member_number(m, "held", sum->held, was);
        store_member_number(m, "quarantined", sum->quarantined, was);
        store_member_number(m, "newly_quarantined", sum->newly_quarantined, was);
        store_member_number(m, "released", sum->released, was);
        store_member_number(m, "failed", sum->failed, was);
        store_member_number(m, "unknown", sum->unknown, was);
        store_member_number(m, "under_way", sum->under_way, was);
        store_member_number(m, "duration_ms", sum->duration_ms, was);
        store_members_write(out, m, old, JSON_COMPACT);
}

static bool is_counted(const struct container_counts *one) {
        return one->restarts > 0 || one->restart_failures > 0 || one->checks_failed > 0;
}

/* What stands there about each, by label: json_get() would go through all of them for each. */
static struct json_value *index_by_key(struct json_value object, struct strmap *index, struct arena *a) {
        struct json_value *values = arena_array(a, json_count(object), sizeof(*values));
        struct json_iter it = json_iter(object);

        for (size_t n = 0; json_next(&it); n++) {
                values[n] = it.value;
                strmap_set(index, json_key_string(&it, a), n);
        }
        return values;
}

/* One object a container, of those of which something was counted. */
static void write_container_counts(struct buf *out, struct store_members *m, const struct counters *c, struct json_value old) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct strmap index AUTO(strmap_release) = STRMAP_INIT;
        const struct json_value *olds = index_by_key(old, &index, &a);
        struct json_writer w;

        json_writer_init(&w, out, JSON_COMPACT);
        json_begin_object(&w);
        for (size_t i = 0; i < c->n; i++) {
                const struct container_counts *one = &c->items[i];
                struct buf text AUTO(buf_release) = BUF_INIT(STORE_STATE_MAX);
                size_t at = strmap_get(&index, one->label);
                struct json_value kept = { .doc = NULL };

                if (!is_counted(one))
                        continue;
                if (at != STRMAP_NONE)
                        kept = olds[at];
                store_members_clear(m);
                store_member_number(m, "restarts", one->restarts, true);
                store_member_number(m, "restart_failures", one->restart_failures, true);
                store_member_number(m, "health_checks_failed", one->checks_failed, true);
                store_members_write(&text, m, kept, JSON_COMPACT);
                json_key(&w, one->label);
                json_raw_value(&w, (struct slice){ text.data, text.len });
        }
        json_end_object(&w);
}

static void write_service_counts(struct buf *out, const struct counters *c) {
        struct json_writer w;

        json_writer_init(&w, out, JSON_COMPACT);
        json_begin_object(&w);
        for (size_t i = 0; i < c->n_services; i++) {
                json_key(&w, c->services[i].service);
                json_begin_object(&w);
                for (int k = 0; k < NOTIFIED_MAX_; k++) {
                        json_key(&w, notified_name((enum notified)k));
                        json_num(&w, c->services[i].n[k]);
                }
                json_end_object(&w);
        }
        json_end_object(&w);
}

static void write_counters(struct buf *out, struct store_members *m, const struct counters *c, struct json_value old) {
        struct buf containers AUTO(buf_release) = BUF_INIT(STORE_STATE_MAX);
        struct buf services AUTO(buf_release) = BUF_INIT(STORE_STATE_MAX);

        write_container_counts(&containers, m, c, json_get(old, "containers"));
        write_service_counts(&services, c);
        store_members_clear(m);
        store_member_number(m, "health_checks", c->checks, true);
        store_member_number(m, "quarantines", c->quarantines, true);
        store_member_raw(m, "containers", (struct slice){ containers.data, containers.len });
        if (c->n_services > 0)
                store_member_raw(m, "notifications", (struct slice){ services.data, services.len });
        store_members_write(out, m, old, JSON_COMPACT);
}

static void format(struct buf *out, const struct state *st, const struct json_value *in_place) {
        struct json_value old = store_in_place(in_place);
        struct store_members m AUTO(store_members_release) = { .text = BUF_INIT(STORE_STATE_MAX) };
        struct buf engine AUTO(buf_release) = BUF_INIT(STORE_STATE_MAX);
        struct buf last AUTO(buf_release) = BUF_INIT(STORE_STATE_MAX);
        struct buf counters AUTO(buf_release) = BUF_INIT(STORE_STATE_MAX);
        bool counted = st->counters.n > 0 || st->counters.checks > 0 || st->counters.quarantines > 0 || st->counters.n_services > 0;

        write_engine(&engine, &m, st, json_get(old, "engine"));
        write_last_pass(&last, &m, st, json_get(old, "last_pass"));
        if (counted || json_present(json_get(old, "counters")))
                write_counters(&counters, &m, &st->counters, json_get(old, "counters"));
        store_members_clear(&m);
        store_member_raw(&m, "engine", (struct slice){ engine.data, engine.len });
        store_member_raw(&m, "last_pass", (struct slice){ last.data, last.len });
        if (counters.len > 0)
                store_member_raw(&m, "counters", (struct slice){ counters.data, counters.len });
        store_member_time(&m, "storm_since", st->storm_us);
        store_members_write(out, &m, old, JSON_COMPACT);
        buf_add_char(out, '\n');
}

const struct store_shape store_pass = { NAME, load, format };
