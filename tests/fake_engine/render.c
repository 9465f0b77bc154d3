/* SPDX-License-Identifier: MIT */
/* Containers and events as the engine's JSON, field by field as an API 1.41 engine sends them. */
#include "fake_engine.h"

#include "autoheal/util/timefmt.h"

static void key_str(struct json_writer *jw, const char *key, const char *value) {
        json_key(jw, key);
        json_str(jw, value);
}

static void key_num(struct json_writer *jw, const char *key, int64_t value) {
        json_key(jw, key);
        json_num(jw, value);
}

static void key_bool(struct json_writer *jw, const char *key, bool value) {
        json_key(jw, key);
        json_boolean(jw, value);
}

/* The engine writes nanoseconds and Z, and year 1 for "never". */
static void key_time(struct json_writer *jw, const char *key, int64_t us) {
        char iso[TIME_ISO_SIZE], text[64] = "0001-01-01T00:00:00Z";
        if (us != 0) {
                time_format_iso(us, iso);
                snprintf(text, sizeof(text), "%.26s000Z", iso);
        }
        key_str(jw, key, text);
}

static void key_labels(struct json_writer *jw, const struct fake_container *c) {
        json_key(jw, "Labels");
        json_begin_object(jw);
        for (size_t i = 0; i < c->labels.n; i++) {
                AUTO_FREE char *key = xstrdup(c->labels.items[i]);
                size_t len = strcspn(key, "=");
                key[len] = '\0';
                key_str(jw, key, c->labels.items[i] + len + 1);
        }
        json_end_object(jw);
}

static void key_networks(struct json_writer *jw, const struct fake_container *c) {
        json_key(jw, "NetworkSettings");
        json_begin_object(jw);
        json_key(jw, "Networks");
        json_begin_object(jw);
        json_key(jw, "bridge");
        json_begin_object(jw);
        key_str(jw, "IPAddress", c->address);
        json_end_object(jw);
        json_end_object(jw);
        json_end_object(jw);
}

static void status_text(const struct world *w, const struct fake_container *c, char *ret, size_t size) {
        char up[DURATION_HUMAN_SIZE], ended[DURATION_HUMAN_SIZE];
        int64_t now = world_now_us(w);
        duration_human((now - c->started_us) / US_PER_S, up);
        duration_human((now - c->finished_us) / US_PER_S, ended);
        bool tells_health = !world_is_podman(w) && !str_eq(c->health, "none");
        if (str_eq(c->state, "running") && !tells_health)
                snprintf(ret, size, "Up %s", up);
        else if (str_eq(c->state, "running"))
                snprintf(ret, size, "Up %s (%s%s)", up, str_eq(c->health, "starting") ? "health: " : "", c->health);
        else if (str_eq(c->state, "paused"))
                snprintf(ret, size, "Up %s (Paused)", up);
        else if (str_eq(c->state, "restarting"))
                snprintf(ret, size, "Restarting (%lld) %s ago", (long long)c->exit_code, ended);
        else if (str_eq(c->state, "exited"))
                snprintf(ret, size, "Exited (%lld) %s ago", (long long)c->exit_code, ended);
        else if (str_eq(c->state, "created"))
                snprintf(ret, size, "Created");
        else if (str_eq(c->state, "dead"))
                snprintf(ret, size, "Dead");
        else
                snprintf(ret, size, "Removal In Progress");
}

void render_list(struct json_writer *jw, const struct world *w, const struct fake_container *c) {
        char status[512];
        AUTO_FREE char *name = xmalloc(strlen(c->name) + 2);
        snprintf(name, strlen(c->name) + 2, "/%s", c->name);
        status_text(w, c, status, sizeof(status));
        json_begin_object(jw);
        key_str(jw, "Id", c->id);
        json_key(jw, "Names");
        if (c->nameless) {
                json_null(jw);
        } else {
                json_begin_array(jw);
                json_str(jw, name);
                json_end_array(jw);
        }
        key_str(jw, "Image", c->image);
        key_str(jw, "ImageID", c->image_id);
        key_str(jw, "Command", "/bin/app");
        key_num(jw, "Created", c->created_us / US_PER_S);
        json_key(jw, "Ports");
        json_begin_array(jw);
        json_end_array(jw);
        key_labels(jw, c);
        key_str(jw, "State", c->state);
        key_str(jw, "Status", status);
        json_key(jw, "HostConfig");
        json_begin_object(jw);
        key_str(jw, "NetworkMode", world_is_podman(w) ? NULL : c->network);
        json_end_object(jw);
        key_networks(jw, c);
        json_key(jw, "Mounts");
        json_begin_array(jw);
        json_end_array(jw);
        json_end_object(jw);
}

static void render_health(struct json_writer *jw, const struct fake_container *c) {
        bool unhealthy = str_eq(c->health, "unhealthy");
        if (str_eq(c->health, "none"))
                return;
        json_key(jw, "Health");
        json_begin_object(jw);
        key_str(jw, "Status", c->health);
        key_num(jw, "FailingStreak", unhealthy && c->failing_streak == 0 ? 3 : c->failing_streak);
        json_key(jw, "Log");
        json_begin_array(jw);
        if (c->probe_end_us != 0) {
                json_begin_object(jw);
                key_time(jw, "Start", c->probe_end_us - US_PER_S / 10);
                key_time(jw, "End", c->probe_end_us);
                key_num(jw, "ExitCode", unhealthy && c->probe_exit == 0 ? 1 : c->probe_exit);
                key_str(jw, "Output", c->probe);
                json_end_object(jw);
        }
        json_end_array(jw);
        json_end_object(jw);
}

static void render_state(struct json_writer *jw, const struct fake_container *c) {
        bool paused = str_eq(c->state, "paused"), running = str_eq(c->state, "running") || paused;
        json_key(jw, "State");
        json_begin_object(jw);
        key_str(jw, "Status", c->state);
        key_bool(jw, "Running", running);
        key_bool(jw, "Paused", paused);
        key_bool(jw, "Restarting", str_eq(c->state, "restarting"));
        key_bool(jw, "OOMKilled", c->oom != 0);
        key_bool(jw, "Dead", str_eq(c->state, "dead"));
        key_num(jw, "Pid", running ? 4711 : 0);
        key_num(jw, "ExitCode", running ? 0 : c->exit_code);
        key_str(jw, "Error", c->error);
        key_time(jw, "StartedAt", c->started_us);
        key_time(jw, "FinishedAt", c->finished_us);
        render_health(jw, c);
        json_end_object(jw);
}

void render_inspect(struct json_writer *jw, const struct world *w, const struct fake_container *c) {
        (void)w;
        AUTO_FREE char *name = xmalloc(strlen(c->name) + 2);
        snprintf(name, strlen(c->name) + 2, "/%s", c->name);
        json_begin_object(jw);
        key_str(jw, "Id", c->id);
        key_time(jw, "Created", c->created_us);
        key_str(jw, "Path", "/bin/app");
        render_state(jw, c);
        key_str(jw, "Image", c->image_id);
        key_str(jw, "Name", name);
        key_num(jw, "RestartCount", c->restart_count);
        json_key(jw, "HostConfig");
        json_begin_object(jw);
        key_str(jw, "NetworkMode", c->network);
        json_key(jw, "RestartPolicy");
        json_begin_object(jw);
        key_str(jw, "Name", c->policy);
        key_num(jw, "MaximumRetryCount", c->policy_max);
        json_end_object(jw);
        key_bool(jw, "AutoRemove", c->auto_remove != 0);
        json_end_object(jw);
        json_key(jw, "Config");
        json_begin_object(jw);
        key_str(jw, "Image", c->image);
        key_labels(jw, c);
        if (*c->stop_signal)
                key_str(jw, "StopSignal", c->stop_signal);
        if (c->stop_timeout != FAKE_STOP_TIMEOUT_UNSET)
                key_num(jw, "StopTimeout", c->stop_timeout);
        json_end_object(jw);
        key_networks(jw, c);
        json_end_object(jw);
}

void render_event(struct json_writer *jw, const struct fake_event *e) {
        json_begin_object(jw);
        key_str(jw, "Type", "container");
        key_str(jw, "Action", e->action);
        json_key(jw, "Actor");
        json_begin_object(jw);
        key_str(jw, "ID", e->id);
        json_key(jw, "Attributes");
        json_begin_object(jw);
        key_str(jw, "name", e->name);
        if (*e->attribute) {
                AUTO_FREE char *key = xstrdup(e->attribute);
                size_t len = strcspn(key, "=");
                key[len] = '\0';
                key_str(jw, key, e->attribute[len] ? e->attribute + len + 1 : "");
        }
        json_end_object(jw);
        json_end_object(jw);
        key_str(jw, "scope", "local");
        key_num(jw, "time", e->at_us / US_PER_S);
        key_num(jw, "timeNano", e->at_us * 1000);
        json_end_object(jw);
}
