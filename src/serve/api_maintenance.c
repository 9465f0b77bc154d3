/* SPDX-License-Identifier: MIT */
/* Maintenance: hands off everything, or some containers, for a while. */
#include "serve/wish.h"

#include "autoheal/os/clock.h"
#include "autoheal/util/timefmt.h"

struct maintenance_ask {
        bool on, all; /* all: of an end, that of every scope too */
        int64_t until_us;
        const char *reason;
        struct maintenance_scope *scopes;
        size_t n_scopes;
        struct now now;
};

/* ---- What is asked for ---- */

static void read_text(struct api_issues *issues, struct json_value body, const char *field, const char **ret, struct arena *a) {
        struct json_value v = json_get(body, field);
        if (!json_present(v) || json_type(v) == JSON_NULL)
                return;
        *ret = json_string(v, a);
        if (!*ret)
                api_issue(issues, "string_type", "body", field, "Input should be a valid string", v);
}

static void read_until(struct api_issues *issues, struct json_value body, struct maintenance_ask *ask, struct arena *a) {
        const char *text = NULL;
        read_text(issues, body, "until", &text, a);
        if (!text)
                return;
        if (!time_parse_iso(slice_str(text), &ask->until_us))
                api_issue(issues, "datetime_parsing", "body", "until", "Input should be a time such as 2026-01-31T12:00:00Z",
                          json_get(body, "until"));
        else if (ask->until_us <= ask->now.wall_us)
                api_issue(issues, "datetime_future", "body", "until", "Input should be in the future", json_get(body, "until"));
}

static void read_scopes(struct api_issues *issues, struct json_value body, struct maintenance_ask *ask, struct arena *a) {
        struct json_value v = json_get(body, "scopes");
        struct json_iter it = json_iter(v);
        if (!json_present(v))
                return;
        if (json_type(v) != JSON_ARRAY || json_count(v) == 0 || json_count(v) > RECORD_SCOPES_MAX) {
                api_issue(issues, "list_type", "body", "scopes", "Input should be a list of scopes that is not empty", v);
                return;
        }
        ask->scopes = arena_array(a, json_count(v), sizeof(*ask->scopes));
        while (json_next(&it)) {
                const char *text = json_string(it.value, a);
                struct error err = ERROR_INIT;
                int parsed = text && *text ? scope_parse(text, &ask->scopes[ask->n_scopes], &err) : -1;
                if (parsed < 0)
                        api_issue(issues, "string_type", "body", "scopes",
                                  err.msg[0] ? err.msg : "Input should be a container, project:NAME or label:KEY[=VALUE]",
                                  it.value);
                else if (parsed == 0)
                        ask->scopes[ask->n_scopes] = (struct maintenance_scope){ .kind = SCOPE_CONTAINER, .value = text };
                ask->n_scopes += parsed >= 0;
        }
}

/* What is misspelt would be missing, and that means everything. */
static void refuse_others(struct api_issues *issues, struct json_value body, const struct maintenance_ask *ask, struct arena *a) {
        static const char *const known[][3] = { { "scopes", "all", NULL }, { "scopes", "until", "reason" } };
        struct json_iter it = json_iter(body);
        while (json_next(&it)) {
                const char *key = json_key_string(&it, a);
                bool is_known = false;
                for (size_t i = 0; i < N_ELEMENTS(known[0]); i++)
                        is_known = is_known || str_eq(known[ask->on][i], key);
                if (!is_known)
                        api_issue(issues, "extra_forbidden", "body", key, "Extra inputs are not permitted", it.value);
        }
}

static bool read_body(struct call *call, struct maintenance_ask *ask) {
        struct json_doc *doc AUTO_JSON = NULL;
        if (!api_body_optional(call, &doc))
                return false;
        if (!doc)
                return true;
        struct api_issues issues AUTO(api_issues_release);
        struct json_value body = json_root(doc), all = json_get(body, "all");
        api_issues_init(&issues);
        if (json_type(body) == JSON_OBJECT) {
                refuse_others(&issues, body, ask, call->a);
                read_scopes(&issues, body, ask, call->a);
                if (ask->on) {
                        read_until(&issues, body, ask, call->a);
                        read_text(&issues, body, "reason", &ask->reason, call->a);
                } else if (json_present(all) && !api_bool(all, &ask->all)) {
                        api_issue(&issues, "bool_parsing", "body", "all", "Input should be a valid boolean", all);
                }
        } else if (json_type(body) != JSON_NULL) {
                api_issue(&issues, "model_attributes_type", "body", NULL, "Input should be an object", body);
        }
        return !api_issues_answer(call, &issues);
}

/* ---- Doing it ---- */

static bool is_on_already(const struct state *state, const char *name) {
        for (size_t i = 0; i < state->maintenance.n_scopes; i++)
                if (state->maintenance.scopes[i].kind == SCOPE_CONTAINER && str_eq(state->maintenance.scopes[i].value, name))
                        return true;
        return false;
}

/* By stable id, so that it outlives the container. */
static bool resolve_scopes(struct call *call, struct maintenance_ask *ask) {
        for (size_t i = 0; i < ask->n_scopes; i++) {
                struct maintenance_scope *scope = &ask->scopes[i];
                const struct plan_item *item = NULL;
                struct error err = ERROR_INIT;
                if (scope->kind != SCOPE_CONTAINER || is_on_already(pass_state(call->api->pass), scope->value))
                        continue;
                if (wish_resolve(call->api, scope->value, &item, &err) == 0) {
                        scope->value = arena_strdup(call->a, item->stable_id);
                        continue;
                }
                if (wish_seen(call))
                        api_fail(call, &err);
                return false;
        }
        return true;
}

static int set_on(struct maintenance_ask *ask, struct state *state, struct event_list *events, struct error *err) {
        for (size_t i = 0; i < ask->n_scopes; i++) {
                if (state->maintenance.n_scopes >= RECORD_SCOPES_MAX)
                        return error_set(err, ERR_AMBIGUOUS, "%d scopes are under maintenance already: end some of them first",
                                         RECORD_SCOPES_MAX);
                record_maintenance_on(state, events, &ask->scopes[i], ask->until_us, ask->reason, ask->now);
        }
        if (ask->n_scopes == 0)
                record_maintenance_on(state, events, NULL, ask->until_us, ask->reason, ask->now);
        return 0;
}

static void set_off(struct maintenance_ask *ask, struct state *state, struct event_list *events) {
        for (size_t i = 0; i < ask->n_scopes; i++)
                (void)record_maintenance_off(state, events, &ask->scopes[i], ask->now);
        if (ask->n_scopes == 0)
                (void)record_maintenance_off(state, events, NULL, ask->now);
        /* Ending one makes the list anew. */
        const struct maintenance before = state->maintenance;
        for (size_t i = 0; ask->all && i < before.n_scopes; i++)
                (void)record_maintenance_off(state, events, &before.scopes[i], ask->now);
}

static int apply(void *arg, struct state *state, struct event_list *events, struct error *err) {
        struct maintenance_ask *ask = arg;
        if (ask->on)
                return set_on(ask, state, events, err);
        set_off(ask, state, events);
        return 0;
}

/* ---- What is on ---- */

static void write_mode(struct json_writer *w, const struct maintenance *m, struct now now) {
        json_key(w, "maintenance_mode");
        json_boolean(w, record_maintenance_is_on(m, now));
}

static void write_start(struct json_writer *w, const struct maintenance *m, struct now now) {
        json_key(w, "maintenance_start_time");
        json_time(w, record_maintenance_is_on(m, now) ? m->start_us : 0);
}

static void write_end(struct json_writer *w, int64_t until_us, const char *reason) {
        json_key(w, "until");
        json_time(w, until_us);
        json_key(w, "reason");
        json_str(w, reason && reason[0] ? reason : NULL);
}

static void write_scopes(struct json_writer *w, const struct maintenance *m, struct now now, struct arena *a) {
        json_key(w, "scopes");
        json_begin_array(w);
        for (size_t i = 0; i < m->n_scopes; i++) {
                const struct maintenance_scope *scope = &m->scopes[i];
                if (record_maintenance_is_over(scope->until_us, now))
                        continue;
                json_begin_object(w);
                json_key(w, "scope");
                json_str(w, record_scope_name(scope, a));
                json_key(w, "start_time");
                json_time(w, scope->start_us);
                write_end(w, scope->until_us, scope->reason);
                json_end_object(w);
        }
        json_end_array(w);
}

static void write_window(struct call *call, struct json_writer *w, const struct window_period *p) {
        json_begin_object(w);
        json_key(w, "scope");
        json_str(w, record_scope_name(p->scope, call->a));
        json_key(w, "start_time");
        json_time(w, p->start_us);
        json_key(w, "until");
        json_time(w, p->until_us);
        json_end_object(w);
}

/* Of the calendar: nobody ends them here. */
static void write_windows(struct call *call, struct json_writer *w, struct now now) {
        struct window_period *open, next;
        size_t n = pass_open_windows(call->api->config, now, call->a, &open);
        json_key(w, "windows");
        json_begin_array(w);
        for (size_t i = 0; i < n; i++)
                write_window(call, w, &open[i]);
        json_end_array(w);
        json_key(w, "next_window");
        if (pass_next_window(call->api->config, now, &next))
                write_window(call, w, &next);
        else
                json_null(w);
}

static void write_ours(struct call *call, struct json_writer *w, struct now now) {
        const struct maintenance *m = &pass_state(call->api->pass)->maintenance;
        bool on = record_maintenance_is_on(m, now);
        write_end(w, on ? m->until_us : 0, on ? m->reason : NULL);
        write_scopes(w, m, now, call->a);
        write_windows(call, w, now);
}

#define NAMED_MAX 5

/* "web, project:shop"; only how many there are if they are too many to read. */
static const char *scopes_text(const struct maintenance_scope *scopes, size_t n, struct arena *a) {
        struct buf b AUTO(buf_release) = BUF_INIT((size_t)64 * 1024);
        if (n > NAMED_MAX)
                return arena_printf(a, "%zu scopes", n);
        for (size_t i = 0; i < n; i++)
                buf_addf(&b, "%s%s", i ? ", " : "", record_scope_name(&scopes[i], a));
        return arena_strdup(a, buf_str(&b));
}

static const char *what_stays(const struct maintenance *m, struct now now, struct arena *a) {
        struct maintenance_scope *left = arena_array(a, m->n_scopes, sizeof(*left));
        size_t n = 0;
        for (size_t i = 0; i < m->n_scopes; i++)
                if (!record_maintenance_is_over(m->scopes[i].until_us, now))
                        left[n++] = m->scopes[i];
        return n == 0 ? "" : arena_printf(a, "; that of %s goes on", scopes_text(left, n, a));
}

/* Of everything, or of scopes: whoever ends the one shall know that the other is still on. */
static const char *outcome(const struct maintenance *m, const struct maintenance_ask *ask, struct arena *a) {
        const char *done = ask->on ? "enabled" : "disabled";
        if (ask->n_scopes == 0)
                return arena_printf(a, "Maintenance mode %s%s", done, ask->on ? "" : what_stays(m, ask->now, a));
        return arena_printf(a, "Maintenance of %s %s%s", scopes_text(ask->scopes, ask->n_scopes, a), done,
                            record_maintenance_is_on(m, ask->now) ? "; that of everything is on" : "");
}

/* ---- The handlers ---- */

static void change(struct call *call, bool on) {
        struct maintenance_ask ask = { .on = on, .reason = "", .now = clock_read() };
        struct json_writer w;
        if (!read_body(call, &ask) || !resolve_scopes(call, &ask) || !wish_change(call, apply, &ask))
                return;
        const struct maintenance *m = &pass_state(call->api->pass)->maintenance;
        api_success_begin(call, &w, "%s", outcome(m, &ask, call->a));
        write_mode(&w, m, ask.now);
        if (on)
                write_start(&w, m, ask.now);
        write_ours(call, &w, ask.now);
        json_end_object(&w);
}

static void enable(struct call *call) {
        change(call, true);
}

static void disable(struct call *call) {
        change(call, false);
}

static void status(struct call *call) {
        const struct maintenance *m = &pass_state(call->api->pass)->maintenance;
        struct now now = clock_read();
        struct json_writer w;
        api_json(call, &w);
        json_begin_object(&w);
        write_mode(&w, m, now);
        write_start(&w, m, now);
        write_ours(call, &w, now);
        json_end_object(&w);
}

const struct route api_maintenance_routes[] = {
        { .method = HTTP_POST,
          .path = "/api/maintenance/enable",
          .right = RIGHT_CHANGE,
          .handle = enable,
          .summary = "Begins maintenance of everything, or of scopes; until and reason may be told",
          .body = "application/json",
          .codes = "200,404,409,415,422,503" },
        { .method = HTTP_POST,
          .path = "/api/maintenance/disable",
          .right = RIGHT_CHANGE,
          .handle = disable,
          .summary = "Ends it, of everything or of scopes; all ends both",
          .body = "application/json",
          .codes = "200,404,409,415,422,503" },
        { .method = HTTP_GET,
          .path = "/api/maintenance/status",
          .right = RIGHT_READ,
          .handle = status,
          .summary = "What is under maintenance",
          .codes = "200" },
        { .path = NULL },
};
