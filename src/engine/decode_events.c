/* SPDX-License-Identifier: MIT */
/* The journal of events: GET /events with an end, one JSON object after another. */
#include "engine_decode_internal.h"

#define EVENTS_MAX ((size_t)10 * 1000)

/*
 * Before Action and Actor there were status and id. Both were sent for long, and API 1.52 dropped the old ones: they only
 * count where the new ones are missing.
 */
static struct json_value either(struct json_value v, struct json_value old) {
        return json_type(v) == JSON_STRING ? v : old;
}

/* Microseconds, 0 if it tells no time. */
static int64_t read_time(struct json_value seconds, struct json_value nanoseconds) {
        int64_t ns = decode_int(nanoseconds, 0, INT64_MAX, 0);

        return ns ? ns / 1000 : decode_int(seconds, 0, INT64_MAX / US_PER_S, 0) * US_PER_S;
}

static void read_attributes(struct json_value v, struct arena *a, struct engine_event *e) {
        struct json_value name = { 0 }, exit_code = { 0 }, signal = { 0 }, project = { 0 };
        const struct member members[] = {
                MEMBER("name", &name),
                MEMBER("exitCode", &exit_code),
                MEMBER("signal", &signal),
                MEMBER(CONTAINER_PROJECT_LABEL, &project),
        };

        decode_members(v, members, N_ELEMENTS(members));
        e->name = decode_name(name, a);
        e->project = decode_text(project, DECODE_TEXT_MAX, a);
        e->signal = decode_signal(decode_text(signal, DECODE_TEXT_MAX, a));
        if (!parse_int64(decode_text(exit_code, DECODE_TEXT_MAX, a), 0, INT64_MAX, &e->exit_code))
                e->exit_code = -1;
}

/* False if it is not about a container, or does not tell what happened to which one when. *oldest_us counts all. */
static bool read_event(struct json_value v, struct arena *a, struct engine_event *ret, int64_t *oldest_us) {
        struct json_value type = { 0 }, action = { 0 }, actor = { 0 }, status = { 0 }, id = { 0 }, time = { 0 }, time_nano = { 0 };
        const struct member members[] = {
                MEMBER("Type", &type), MEMBER("Action", &action), MEMBER("Actor", &actor),        MEMBER("status", &status),
                MEMBER("id", &id),     MEMBER("time", &time),     MEMBER("timeNano", &time_nano),
        };
        struct engine_event e = { 0 };

        decode_members(v, members, N_ELEMENTS(members));
        e.at_us = read_time(time, time_nano);
        if (e.at_us && (*oldest_us == 0 || e.at_us < *oldest_us))
                *oldest_us = e.at_us;
        if (json_present(type) && !json_string_eq(type, "container"))
                return false;
        id = either(json_get(actor, "ID"), id);
        if (!decode_is_id(id))
                return false;
        e.id = json_string(id, a);
        e.action = decode_text(either(action, status), DECODE_TEXT_MAX, a);
        if (!*e.action || !e.at_us)
                return false;
        read_attributes(json_get(actor, "Attributes"), a, &e);
        *ret = e;
        return true;
}

/* By time; those of one time as the engine told them. */
static int compare(const void *pa, const void *pb) {
        const struct engine_event *a = *(const struct engine_event *const *)pa;
        const struct engine_event *b = *(const struct engine_event *const *)pb;

        if (a->at_us != b->at_us)
                return a->at_us < b->at_us ? -1 : 1;
        return a < b ? -1 : a > b;
}

static struct engine_event *sorted(const struct engine_event *events, size_t n, struct arena *a) {
        struct engine_event *ret = arena_array(a, n, sizeof(*ret));
        const struct engine_event **order AUTO_FREE = xcalloc(n + 1, sizeof(*order));

        for (size_t i = 0; i < n; i++)
                order[i] = &events[i];
        qsort(order, n, sizeof(const struct engine_event *), compare);
        for (size_t i = 0; i < n; i++)
                ret[i] = *order[i];
        return ret;
}

int decode_events(const char *text, size_t len, struct arena *a, struct engine_events *ret, struct error *err) {
        struct engine_event *events AUTO_FREE = xcalloc(EVENTS_MAX, sizeof(*events));
        bool truncated = false;
        int64_t oldest_us = 0;
        size_t n = 0, n_entries = 0, object_len;

        for (size_t at = decode_skip_space(text, len, 0); at < len; at = decode_skip_space(text, len, at + object_len)) {
                struct json_doc *doc AUTO_JSON = NULL;

                if (text[at] != '{')
                        return error_set(err, ERR_PROTOCOL, "reading events from the engine: byte %zu begins no object", at + 1);
                object_len = decode_object_length(text + at, len - at);
                truncated = object_len && n == EVENTS_MAX;
                if (!object_len || truncated)
                        break;
                if (decode_parse(text + at, object_len, DECODE_OBJECT_TOKENS_MAX, JSON_OBJECT, "an event", &doc, err) < 0)
                        return -1;
                n_entries++;
                if (read_event(json_root(doc), a, &events[n], &oldest_us))
                        n++;
        }
        *ret = (struct engine_events){
                .events = sorted(events, n, a), .n = n, .oldest_us = oldest_us, .n_entries = n_entries, .truncated = truncated
        };
        return 0;
}
