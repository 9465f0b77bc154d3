/* SPDX-License-Identifier: MIT */
/* How it is: /health, /ready, GET /api/status, and / until there is a page. */
#include "serve/api.h"
#include "serve/openapi.h"

#include "autoheal/os/clock.h"
#include "autoheal/record/record.h"
#include "metadata_json.h"
#include "turning.h"

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
        json_key(w, "failing_containers");
        json_num(w, pass_summary(api->pass).failing);
        json_key(w, "started_at");
        json_time(w, api->began.wall_us);
        json_key(w, "last_turn");
        json_time(w, e.last_turn_us);
        json_key(w, "next_due");
        json_time(w, plan ? plan->next_due_us : 0);
        json_key(w, "config_error");
        json_str(w, api->config_error);
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

/* ---- The door ---- */

static void get_root(struct call *call) {
        static const char page[] =
                "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>docker-autoheal</title></head>\n"
                "<body><h1>docker-autoheal " AUTOHEAL_VERSION "</h1>\n"
                "<p>It runs. What it can be asked stands in <a href=\"/docs\">/docs</a>, for programs in "
                "<a href=\"/openapi.json\">/openapi.json</a>; begin with <a href=\"/api/status\">/api/status</a>.</p>"
                "</body></html>\n";
        call->reply.content_type = "text/html; charset=utf-8";
        call->reply.fixed = page;
        call->reply.fixed_len = sizeof(page) - 1;
        openapi_page_headers(call);
}

const struct route api_status_routes[] = {
        { .method = HTTP_GET,
          .path = "/",
          .right = RIGHT_FREE,
          .handle = get_root,
          .summary = "Says where the API is described",
          .codes = "200" },
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
