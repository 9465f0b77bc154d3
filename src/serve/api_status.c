/* SPDX-License-Identifier: MIT */
/* How it is: /health, /ready, GET /api/status. */
#include "serve/api.h"

#include "autoheal/os/clock.h"
#include "autoheal/record/record.h"
#include "metadata_json.h"
#include "turning.h"

#define GONE_MAX 100 /* names; the count tells of all */

/* ---- Does it live? ---- */

static void get_health(struct call *call) {
        struct api *api = call->api;
        struct pass_engine e = pass_engine(api->pass);
        struct now now = clock_read();
        struct json_writer w;
        bool turning = serve_is_turning(&e, api->began, api->config, now);
        call->reply.status = turning ? 200 : 503;
        api_json(call, &w);
        json_begin_object(&w);
        json_key(&w, "status");
        json_str(&w, turning ? "healthy" : "unhealthy");
        json_key(&w, "timestamp");
        json_time(&w, now.wall_us);
        json_key(&w, "docker_connected");
        json_boolean(&w, e.up);
        json_key(&w, "monitoring_active");
        json_boolean(&w, turning && e.up);
        json_key(&w, "config_valid");
        json_boolean(&w, !api->config_error);
        json_key(&w, "state_saved");
        json_boolean(&w, !pass_store_error(api->pass));
        json_end_object(&w);
}

static void get_ready(struct call *call) {
        struct pass_engine e = pass_engine(call->api->pass);
        struct json_writer w;
        bool ready = e.up && e.last_turn_us != 0;
        call->reply.status = ready ? 200 : 503;
        api_json(call, &w);
        json_begin_object(&w);
        json_key(&w, "status");
        json_str(&w, ready ? "ready" : "not ready");
        json_key(&w, "docker_connected");
        json_boolean(&w, e.up);
        json_key(&w, "turned");
        json_boolean(&w, e.last_turn_us != 0);
        json_end_object(&w);
}

/* ---- What is going on ---- */

static size_t count_quarantined(const struct state *state) {
        size_t n = 0;
        for (size_t i = 0; i < state->n; i++)
                n += state->memories[i].quarantined != QUARANTINED_NOT;
        return n;
}

static bool is_in_plan(const struct plan *plan, const char *stable_id) {
        for (size_t i = 0; i < plan->n; i++)
                if (str_eq(plan->items[i].stable_id, stable_id))
                        return true;
        return false;
}

/* Whose containers are gone, which nobody knows before the first look: no list tells of them, and they can be released all the same. */
static void write_quarantined_gone(struct json_writer *w, const struct state *state, const struct plan *plan) {
        size_t n = 0;
        json_key(w, "quarantined_gone");
        json_begin_array(w);
        for (size_t i = 0; plan && i < state->n && n < GONE_MAX; i++) {
                const struct memory *m = &state->memories[i];
                if (m->quarantined == QUARANTINED_NOT || is_in_plan(plan, m->stable_id))
                        continue;
                json_str(w, m->stable_id);
                n++;
        }
        json_end_array(w);
}

void api_write_engine(struct api *api, struct json_writer *w) {
        struct pass_engine e = pass_engine(api->pass);
        const struct state *state = pass_state(api->pass);
        json_begin_object(w);
        json_key(w, "connected");
        json_boolean(w, e.up);
        json_key(w, "since");
        json_time(w, e.since_us);
        json_key(w, "error");
        json_str(w, e.why[0] ? e.why : NULL);
        json_key(w, "endpoint");
        json_str(w, api->setup->endpoint->text);
        json_key(w, "api_version");
        json_str(w, state->engine_api[0] ? state->engine_api : NULL);
        json_key(w, "events_watched");
        json_boolean(w, e.stream);
        json_end_object(w);
}

static void add_ours(struct json_writer *w, struct api *api, struct pass_engine e, const struct plan *plan) {
        const struct error *unsaved = pass_store_error(api->pass), *untold = pass_events_error(api->pass);
        json_key(w, "engine");
        api_write_engine(api, w);
        json_key(w, "version");
        json_str(w, AUTOHEAL_VERSION);
        json_key(w, "data_dir");
        json_str(w, api->setup->data_dir);
        json_key(w, "token_needed");
        json_boolean(w, !api->setup->no_auth);
        json_key(w, "failing_containers");
        json_num(w, pass_summary(api->pass).failing);
        write_quarantined_gone(w, pass_state(api->pass), plan);
        json_key(w, "started_at");
        json_time(w, api->began.wall_us);
        json_key(w, "last_turn");
        json_time(w, e.last_turn_us);
        json_key(w, "next_due");
        json_time(w, plan ? plan->next_due_us : 0);
        json_key(w, "config_error");
        json_str(w, api->config_error);
        json_key(w, "config_warnings");
        json_begin_array(w);
        for (size_t i = 0; i < api->n_config_warnings; i++)
                json_str(w, api->config_warnings[i]);
        json_end_array(w);
        json_key(w, "state_error");
        json_str(w, unsaved ? unsaved->msg : NULL);
        json_key(w, "events_error");
        json_str(w, untold ? untold->msg : NULL);
}

static void write_status(struct api *api, struct json_writer *w) {
        const struct state *state = pass_state(api->pass);
        const struct plan *plan = pass_plan(api->pass);
        const struct maintenance *m = &state->maintenance;
        struct pass_engine e = pass_engine(api->pass);
        struct now now = clock_read();
        bool on = record_maintenance_is_on(m, now);
        json_begin_object(w);
        json_key(w, "monitoring_active");
        json_boolean(w, e.up && serve_is_turning(&e, api->began, api->config, now));
        json_key(w, "docker_connected");
        json_boolean(w, e.up);
        json_key(w, "total_containers");
        json_num(w, plan ? (int64_t)plan->n : 0);
        json_key(w, "monitored_containers");
        json_num(w, pass_summary(api->pass).monitored);
        json_key(w, "quarantined_containers");
        json_num(w, (int64_t)count_quarantined(state));
        json_key(w, "maintenance_mode");
        json_boolean(w, on);
        json_key(w, "maintenance_start_time");
        json_time(w, on ? m->start_us : 0);
        add_ours(w, api, e, plan);
        json_key(w, "config");
        api_write_config(api, w);
        json_end_object(w);
}

static void get_status(struct call *call) {
        api_answer_kept(call, KEPT_STATUS, write_status);
}

const struct route api_status_routes[] = {
        { .method = HTTP_GET,
          .path = "/health",
          .right = RIGHT_FREE,
          .handle = get_health,
          .summary = "Does it live? 503 when no turn was made for three intervals",
          .codes = "200,503" },
        { .method = HTTP_GET,
          .path = "/ready",
          .right = RIGHT_FREE,
          .handle = get_ready,
          .summary = "Is the engine connected, and was it looked at?",
          .codes = "200,503" },
        { .method = HTTP_GET,
          .path = "/api/status",
          .right = RIGHT_READ,
          .handle = get_status,
          .summary = "Engine, counts, maintenance, the last turn and the configuration",
          .codes = "200,304" },
        { .path = NULL },
};
