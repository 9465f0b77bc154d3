/* SPDX-License-Identifier: MIT */
/* The history: what happened, from events.json, and as it happens. */
#include "serve/api.h"
#include "serve/stream.h"

#include "autoheal/os/clock.h"
#include "autoheal/util/timefmt.h"

#define LIMIT_DEFAULT 100
#define AGE_MAX_S     INT64_C(3155760000) /* a hundred years */
#define ID_DIGITS_MIN 12

struct filter {
        int64_t limit, since_us;      /* limit 0: none */
        const char *type, *container; /* NULL: any */
};

/* A point in time, or how long ago. */
static bool read_since(struct call *call, int64_t *ret_us) {
        const char *text = http_query(call->rq, "since", call->a);
        int64_t age_s;
        if (!text || time_parse_iso(slice_str(text), ret_us))
                return true;
        if (duration_parse(slice_str(text), AGE_MAX_S, &age_s)) {
                *ret_us = clock_read().wall_us - age_s * US_PER_S;
                return true;
        }
        api_refuse(call, "datetime_parsing", "query", "since",
                   "Input should be a time such as 2026-01-31T12:00:00Z, or an age such as 90m");
        return false;
}

static bool read_filter(struct call *call, struct filter *ret) {
        *ret = (struct filter){ .limit = LIMIT_DEFAULT, .since_us = INT64_MIN };
        if (!api_query_int(call, "limit", &ret->limit) || !read_since(call, &ret->since_us))
                return false;
        if (ret->limit < 0) {
                api_refuse(call, "greater_than_equal", "query", "limit", "Input should be greater than or equal to 0");
                return false;
        }
        ret->type = http_query(call->rq, "type", call->a);
        ret->container = http_query(call->rq, "container", call->a);
        return true;
}

/* The reference service's container_name is "name (stable id)". */
static bool is_about(const struct stored_event *e, const char *name) {
        size_t len = strlen(name);
        if (str_eq(e->stable_id, name) || str_eq(e->container_name, name))
                return true;
        if (strncmp(e->container_name, name, len) == 0 && strncmp(e->container_name + len, " (", 2) == 0)
                return true;
        return len >= ID_DIGITS_MIN && strncmp(e->container_id, name, len) == 0;
}

static bool passes(const struct filter *f, const struct stored_event *e) {
        return e->at_us >= f->since_us && (!f->type || str_eq(e->type, f->type)) && (!f->container || is_about(e, f->container));
}

/* As it is stored, but for the time, which others write in other ways. */
static void write_event(struct json_writer *w, const struct stored_event *e) {
        struct json_doc *doc AUTO_JSON = NULL;
        char iso[TIME_ISO_SIZE], quoted[TIME_ISO_SIZE + 2];
        if (json_parse(e->raw.p, e->raw.n, e->raw.n + 1, &doc, NULL) < 0)
                return;
        time_format_iso(e->at_us, iso);
        (void)snprintf(quoted, sizeof(quoted), "\"%s\"", iso);
        const struct json_member time = { "timestamp", slice_str(quoted) };
        json_merge_object(w, json_root(doc), &time, e->at_us ? 1 : 0);
}

static void list(struct call *call) {
        struct filter filter;
        struct stored_event *events;
        struct error err = ERROR_INIT;
        struct json_writer w;
        size_t n = 0, fitting = 0;
        if (!read_filter(call, &filter))
                return;
        if (store_read_events(call->api->setup->store, call->a, &events, &n, &err) < 0) {
                api_fail(call, &err);
                return;
        }
        for (size_t i = 0; i < n; i++)
                fitting += passes(&filter, &events[i]);
        size_t skip = filter.limit && fitting > (size_t)filter.limit ? fitting - (size_t)filter.limit : 0;
        api_json(call, &w);
        json_begin_array(&w);
        for (size_t i = 0; i < n; i++) {
                if (!passes(&filter, &events[i]))
                        continue;
                if (skip > 0)
                        skip--;
                else
                        write_event(&w, &events[i]);
        }
        json_end_array(&w);
}

static void clear(struct call *call) {
        struct error err = ERROR_INIT;
        size_t n = 0;
        if (store_clear_history(call->api->setup->store, &n, &err) < 0)
                api_fail(call, &err);
        else
                api_success(call, "All events cleared");
}

const struct route api_events_routes[] = {
        { .method = HTTP_GET,
          .path = "/api/events",
          .right = RIGHT_READ,
          .handle = list,
          .summary = "The last events, oldest first; limit 0 for all that are kept",
          .query = "limit:integer,since:string,type:string,container:string",
          .codes = "200,422,500" },
        { .method = HTTP_DELETE,
          .path = "/api/events",
          .right = RIGHT_CHANGE,
          .handle = clear,
          .summary = "Forgets the history",
          .codes = "200,500,503" },
        { .method = HTTP_GET,
          .path = "/api/events/stream",
          .right = RIGHT_READ,
          .handle = stream_begin,
          .summary = "Server-sent events as things happen: history, turn, engine, config; goes on behind Last-Event-ID",
          .codes = "200,503" },
        { .path = NULL },
};
