/* SPDX-License-Identifier: MIT */
/* One container in full: GET /containers/{id}/json. */
#include "engine_decode_internal.h"

#include "autoheal/util/timefmt.h"

#include <signal.h>

/* The list's word stays where the inspect has none. */
static void update_text(const char **text, const char *found) {
        if (*found)
                *text = found;
}

/* 0 ("never") too for what is no time: the engine's own way to say never is a time as well. */
static int64_t read_time(struct json_value v) {
        struct slice raw = json_raw(v);
        int64_t us;

        if (json_type(v) != JSON_STRING || !time_parse_iso((struct slice){ raw.p + 1, raw.n - 2 }, &us))
                return 0;
        return us;
}

static bool read_bool(struct json_value v) {
        bool b;

        return json_bool(v, &b) && b;
}

static void read_last_probe(struct json_value log, struct arena *a, struct container *c) {
        struct json_value last = { 0 }, start = { 0 }, end = { 0 }, exit_code = { 0 }, output = { 0 };
        struct json_iter it = decode_iter(log, JSON_ARRAY);
        const struct member members[] = {
                MEMBER("Start", &start),
                MEMBER("End", &end),
                MEMBER("ExitCode", &exit_code),
                MEMBER("Output", &output),
        };

        while (json_next(&it))
                last = it.value;
        decode_members(last, members, N_ELEMENTS(members));
        c->probe_start_us = read_time(start);
        c->probe_end_us = read_time(end);
        c->probe_exit_code = decode_int(exit_code, INT64_MIN, INT64_MAX, 0);
        c->probe_output = decode_text(output, DECODE_PROBE_MAX, a);
}

/* Without a health check there is no such object, or one whose status is "none" or, from Podman, empty. */
static void read_health(struct json_value health, struct arena *a, struct container *c) {
        struct json_value status = { 0 }, streak = { 0 }, log = { 0 };
        const struct member members[] = {
                MEMBER("Status", &status),
                MEMBER("FailingStreak", &streak),
                MEMBER("Log", &log),
        };
        const char *word;

        decode_members(health, members, N_ELEMENTS(members));
        word = decode_text(status, DECODE_TEXT_MAX, a);
        c->health = *word ? health_parse(word) : HEALTH_NONE;
        c->failing_streak = decode_int(streak, 0, INT64_MAX, 0);
        read_last_probe(log, a, c);
}

static void read_state(struct json_value v, struct arena *a, struct container *c) {
        struct json_value status = { 0 }, health = { 0 }, started = { 0 }, finished = { 0 };
        struct json_value exit_code = { 0 }, oom_killed = { 0 }, error = { 0 };
        const struct member members[] = {
                MEMBER("Status", &status),       MEMBER("Health", &health),      MEMBER("StartedAt", &started),
                MEMBER("FinishedAt", &finished), MEMBER("ExitCode", &exit_code), MEMBER("OOMKilled", &oom_killed),
                MEMBER("Error", &error),
        };
        enum container_state listed = c->state;

        decode_members(v, members, N_ELEMENTS(members));
        c->state = container_state_parse(decode_text(status, DECODE_TEXT_MAX, a));
        /* What the list said of its age was said of another state. */
        if (c->state != listed)
                c->up_s = -1;
        c->started_us = read_time(started);
        c->finished_us = read_time(finished);
        c->exit_code = decode_int(exit_code, INT64_MIN, INT64_MAX, 0);
        c->oom_killed = read_bool(oom_killed);
        c->state_error = decode_text(error, DECODE_TEXT_MAX, a);
        read_health(health, a, c);
}

static void read_config(struct json_value v, struct arena *a, struct container *c) {
        struct json_value image = { 0 }, labels = { 0 }, stop_signal = { 0 }, stop_timeout = { 0 };
        const struct member members[] = {
                MEMBER("Image", &image),
                MEMBER("Labels", &labels),
                MEMBER("StopSignal", &stop_signal),
                MEMBER("StopTimeout", &stop_timeout),
        };
        int signal;

        decode_members(v, members, N_ELEMENTS(members));
        update_text(&c->image, decode_text(image, DECODE_TEXT_MAX, a));
        if (json_type(labels) == JSON_OBJECT || json_type(labels) == JSON_NULL)
                decode_labels(labels, a, c);
        signal = decode_signal(decode_text(stop_signal, DECODE_TEXT_MAX, a));
        c->stop_signal = signal ? signal : SIGTERM;
        c->stop_timeout_s = decode_int(stop_timeout, -1, INT32_MAX, STOP_TIMEOUT_UNSET);
}

static void read_host_config(struct json_value v, struct arena *a, struct container *c) {
        struct json_value policy = { 0 }, auto_remove = { 0 }, network_mode = { 0 };
        const struct member members[] = {
                MEMBER("RestartPolicy", &policy),
                MEMBER("AutoRemove", &auto_remove),
                MEMBER("NetworkMode", &network_mode),
        };

        decode_members(v, members, N_ELEMENTS(members));
        c->policy = restart_policy_parse(decode_text(json_get(policy, "Name"), DECODE_TEXT_MAX, a));
        c->policy_max = decode_int(json_get(policy, "MaximumRetryCount"), 0, INT64_MAX, 0);
        c->auto_remove = read_bool(auto_remove);
        update_text(&c->network_mode, decode_text(network_mode, DECODE_TEXT_MAX, a));
}

int decode_inspect(const char *text, size_t len, struct arena *a, struct container *c, struct error *err) {
        struct json_value id = { 0 }, name = { 0 }, image_id = { 0 }, restart_count = { 0 };
        struct json_value state = { 0 }, config = { 0 }, host_config = { 0 };
        const struct member members[] = {
                MEMBER("Id", &id),
                MEMBER("Name", &name),
                MEMBER("Image", &image_id),
                MEMBER("RestartCount", &restart_count),
                MEMBER("State", &state),
                MEMBER("Config", &config),
                MEMBER("HostConfig", &host_config),
        };
        struct json_doc *doc AUTO_JSON = NULL;

        if (decode_parse(text, len, DECODE_OBJECT_TOKENS_MAX, JSON_OBJECT, "a container", &doc, err) < 0)
                return -1;
        decode_members(json_root(doc), members, N_ELEMENTS(members));
        if (!json_string_eq(id, c->id))
                return error_set(err, ERR_PROTOCOL,
                                 "reading a container from the engine: asked for '%.12s', got another one or no id", c->id);
        c->inspected = true;
        update_text(&c->name, decode_name(name, a));
        update_text(&c->image_id, decode_text(image_id, DECODE_TEXT_MAX, a));
        c->restart_count = decode_int(restart_count, 0, INT64_MAX, 0);
        read_state(state, a, c);
        read_config(config, a, c);
        read_host_config(host_config, a, c);
        return 0;
}
