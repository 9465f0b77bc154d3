/* SPDX-License-Identifier: MIT */
/* A container of the plan as JSON. What only an inspect tells is null where it is not known. */
#include "serve/container_json.h"

#define SHORT_ID      12
#define KUMA_IS_OFF   5 /* the reference service's number for an integration that is not enabled */
#define PROJECT_LABEL "com.docker.compose.project"
#define SERVICE_LABEL "com.docker.compose.service"

static void put(struct json_writer *w, const char *key, const char *text) {
        json_key(w, key);
        json_str(w, text && text[0] ? text : NULL);
}

static void put_number(struct json_writer *w, const char *key, int64_t n) {
        json_key(w, key);
        json_num(w, n);
}

static void put_bool(struct json_writer *w, const char *key, bool b) {
        json_key(w, key);
        json_boolean(w, b);
}

static void put_time(struct json_writer *w, const char *key, int64_t us) {
        json_key(w, key);
        json_time(w, us);
}

static void put_known_number(struct json_writer *w, const char *key, bool known, int64_t n) {
        json_key(w, key);
        if (known)
                json_num(w, n);
        else
                json_null(w);
}

static void put_short_id(struct json_writer *w, const struct container *c) {
        json_key(w, "id");
        json_strn(w, (struct slice){ c->id, strnlen(c->id, SHORT_ID) });
}

static void put_labels(struct json_writer *w, const struct container *c) {
        json_key(w, "labels");
        json_begin_object(w);
        for (size_t i = 0; i < c->n_labels; i++) {
                json_key(w, c->labels[i].key);
                json_str(w, c->labels[i].value);
        }
        json_end_object(w);
}

/* ---- State and health in the engine's own shape ---- */

static bool has_health(const struct container *c) {
        return c->health != HEALTH_NONE && c->health != HEALTH_UNKNOWN;
}

static bool has_probe(const struct container *c) {
        return c->inspected && c->probe_end_us != 0;
}

/* The last probe: one value. */
static void write_probe(struct json_writer *w, const struct container *c) {
        json_begin_object(w);
        put_time(w, "Start", c->probe_start_us);
        put_time(w, "End", c->probe_end_us);
        put_number(w, "ExitCode", c->probe_exit_code);
        json_key(w, "Output");
        json_str(w, c->probe_output);
        json_end_object(w);
}

static void put_state_health(struct json_writer *w, const struct container *c) {
        json_key(w, "Health");
        json_begin_object(w);
        put(w, "Status", health_name(c->health));
        put_known_number(w, "FailingStreak", c->inspected, c->failing_streak);
        json_key(w, "Log");
        json_begin_array(w);
        if (has_probe(c))
                write_probe(w, c);
        json_end_array(w);
        json_end_object(w);
}

static void put_state(struct json_writer *w, const struct container *c) {
        json_key(w, "state");
        json_begin_object(w);
        put(w, "Status", container_state_name(c->state));
        put_bool(w, "Running", c->state == CONTAINER_RUNNING || c->state == CONTAINER_PAUSED || c->state == CONTAINER_RESTARTING);
        put_bool(w, "Paused", c->state == CONTAINER_PAUSED);
        put_bool(w, "Restarting", c->state == CONTAINER_RESTARTING);
        put_bool(w, "Dead", c->state == CONTAINER_DEAD);
        json_key(w, "OOMKilled");
        if (c->inspected)
                json_boolean(w, c->oom_killed);
        else
                json_null(w);
        put_known_number(w, "ExitCode", c->inspected, c->exit_code);
        json_key(w, "Error");
        json_str(w, c->inspected ? c->state_error : NULL);
        put_time(w, "StartedAt", c->inspected ? c->started_us : 0);
        put_time(w, "FinishedAt", c->inspected ? c->finished_us : 0);
        if (has_health(c))
                put_state_health(w, c);
        json_end_object(w);
}

static void put_health(struct json_writer *w, const struct container *c) {
        json_key(w, "health");
        if (!has_health(c)) {
                json_null(w);
                return;
        }
        json_begin_object(w);
        put(w, "status", health_name(c->health));
        put_known_number(w, "failing_streak", c->inspected, c->failing_streak);
        json_key(w, "log");
        if (has_probe(c))
                write_probe(w, c);
        else
                json_null(w);
        json_end_object(w);
}

/* ---- What is remembered ---- */

/* What the reference service counted before us stands in its configuration, until we count. */
static int64_t total_restarts(const struct api *api, const struct memory *m, const char *stable_id) {
        if (m && m->lifetime_known)
                return m->lifetime_restarts;
        for (size_t i = 0; i < api->config->containers.n_restart_counts; i++)
                if (str_eq(api->config->containers.restart_counts[i].key, stable_id))
                        return api->config->containers.restart_counts[i].count;
        return m ? (int64_t)m->n_restarts : 0;
}

/* A person may have changed it since the turn. */
static bool is_quarantined(const struct memory *m) {
        return m && m->quarantined != QUARANTINED_NOT;
}

static void put_decision(struct json_writer *w, const struct plan_item *item) {
        put(w, "verdict", verdict_name(item->verdict));
        put(w, "verdict_reason", item->verdict_reason == REASON_NONE ? NULL : reason_name(item->verdict_reason));
        put(w, "verdict_detail", item->verdict_detail);
        put(w, "decision", decision_name(item->decision));
        put(w, "reason", item->reason == REASON_NONE ? NULL : reason_name(item->reason));
        put(w, "detail", item->detail);
        put_time(w, "until", item->until_us);
        put_number(w, "restarts", item->restarts);
        put_number(w, "max_restarts", item->max_restarts);
}

static void put_quarantine(struct json_writer *w, const struct memory *m) {
        bool on = is_quarantined(m);
        put(w, "quarantined_by", on ? quarantined_by_name(m->quarantined) : NULL);
        put(w, "quarantine_reason", on && m->quarantine_reason != REASON_NONE ? reason_name(m->quarantine_reason) : NULL);
        put_time(w, "quarantined_since", on ? m->quarantined_us : 0);
}

/* ---- The objects ---- */

void container_write(struct json_writer *w, struct api *api, const struct plan_item *item) {
        const struct container *c = item->container;
        const struct memory *m = state_find(pass_state(api->pass), item->stable_id);
        json_begin_object(w);
        put_short_id(w, c);
        put(w, "name", c->name);
        put(w, "image", c->image);
        put(w, "status", container_state_name(c->state));
        put_state(w, c);
        put_labels(w, c);
        put_health(w, c);
        put_number(w, "restart_count", total_restarts(api, m, item->stable_id));
        put_bool(w, "monitored", item->monitored);
        put_bool(w, "quarantined", is_quarantined(m));
        put_number(w, "uptime_kuma_status", KUMA_IS_OFF);
        put(w, "uptime_kuma_monitor_name", NULL);
        put(w, "full_id", c->id);
        put(w, "stable_id", item->stable_id);
        put(w, "status_text", c->status);
        put(w, "monitored_because", item->monitor_detail);
        put_decision(w, item);
        put_quarantine(w, m);
        json_end_object(w);
}

static void put_networks(struct json_writer *w, const struct container *c) {
        json_key(w, "networks");
        json_begin_array(w);
        for (size_t i = 0; i < c->n_networks; i++)
                json_str(w, c->networks[i]);
        json_end_array(w);
}

static void put_restart_policy(struct json_writer *w, const struct container *c) {
        json_key(w, "restart_policy");
        if (!c->inspected) {
                json_null(w);
                return;
        }
        json_begin_object(w);
        put(w, "Name", restart_policy_name(c->policy));
        put_number(w, "MaximumRetryCount", c->policy_max);
        json_end_object(w);
}

void container_write_details(struct json_writer *w, struct api *api, const struct plan_item *item) {
        const struct container *c = item->container;
        const struct memory *m = state_find(pass_state(api->pass), item->stable_id);
        json_begin_object(w);
        put_short_id(w, c);
        put(w, "full_id", c->id);
        put(w, "name", c->name);
        put(w, "stable_id", item->stable_id);
        put(w, "image", c->image);
        put(w, "image_id", c->image_id);
        put(w, "status", container_state_name(c->state));
        put_state(w, c);
        put_labels(w, c);
        put_networks(w, c);
        put_time(w, "created", c->created_us);
        put_time(w, "started_at", c->inspected ? c->started_us : 0);
        put_time(w, "finished_at", c->inspected ? c->finished_us : 0);
        put_known_number(w, "exit_code", c->inspected, c->exit_code);
        put_known_number(w, "restart_count", c->inspected, c->restart_count);
        put_health(w, c);
        put_restart_policy(w, c);
        put(w, "compose_project", container_label(c, PROJECT_LABEL));
        put(w, "compose_service", container_label(c, SERVICE_LABEL));
        put_bool(w, "monitored", item->monitored);
        put_bool(w, "quarantined", is_quarantined(m));
        put_number(w, "recent_restart_count", m ? (int64_t)m->n_restarts : 0);
        put_number(w, "total_restart_count", total_restarts(api, m, item->stable_id));
        json_key(w, "custom_health_check");
        api_write_health_check(api, w, item->stable_id, c);
        put(w, "status_text", c->status);
        put(w, "monitored_because", item->monitor_detail);
        put_decision(w, item);
        put_quarantine(w, m);
        json_end_object(w);
}

void container_write_item(struct json_writer *w, const struct plan_item *item) {
        const struct container *c = item->container;
        put(w, "name", c->name);
        put(w, "id", c->id);
        put(w, "stable_id", item->stable_id);
        put(w, "image", c->image);
        put(w, "state", container_state_name(c->state));
        put(w, "health", has_health(c) ? health_name(c->health) : NULL);
        put(w, "verdict", verdict_name(item->verdict));
        put_bool(w, "monitored", item->monitored);
        put_bool(w, "quarantined", item->quarantined);
        put(w, "decision", decision_name(item->decision));
        put(w, "reason", item->reason == REASON_NONE ? NULL : reason_name(item->reason));
        put(w, "detail", item->detail);
        put_time(w, "until", item->until_us);
        put_number(w, "restarts", item->restarts);
        put_number(w, "max_restarts", item->max_restarts);
        put(w, "result", item->outcome == OUTCOME_NONE && !item->error ? NULL : outcome_name(item->outcome));
        put(w, "error", item->error);
}
