/* SPDX-License-Identifier: MIT */
/* Server-sent events: what is going on, for whoever keeps a connection open to hear it. */
#include "serve/stream.h"

#include "autoheal/os/log.h"
#include "autoheal/util/timefmt.h"

#define HEARTBEAT_MS  INT64_C(15000)
#define TEXT_MAX      ((size_t)2 * 1024 * 1024)
#define REPLAY_MAX    ((size_t)128 * 1024) /* bytes of what a reader missed: with more it would be given up as too slow */
#define FRAME_SIZE    100
#define EVENT_ID_SIZE 40
#define OWN_MAX       256

struct reader {
        struct streams *streams;
        struct http_conn *conn;
        struct reader *next;
};

struct streams {
        struct net *net;
        struct reader *readers;
        size_t n;
        uint64_t heartbeat;

        /* the history, when it was last looked at, and what we have told: it may be saved later */
        char last_id[EVENT_ID_SIZE];
        bool any;
        char own[OWN_MAX][EVENT_ID_SIZE];
        size_t n_own;
};

struct streams *streams_new(struct net *net) {
        struct streams *s = xcalloc(1, sizeof(*s));
        s->net = net;
        return s;
}

void streams_free(struct streams *s) {
        if (!s)
                return;
        net_timer_cancel(s->net, s->heartbeat);
        while (s->readers) {
                struct reader *next = s->readers->next;
                free(s->readers);
                s->readers = next;
        }
        free(s);
}

/* ---- Readers ---- */

static void reader_gone(void *arg) {
        struct reader *r = arg;
        struct streams *s = r->streams;
        for (struct reader **at = &s->readers; *at; at = &(*at)->next)
                if (*at == r) {
                        *at = r->next;
                        break;
                }
        s->n--;
        free(r);
        if (s->n > 0)
                return;
        net_timer_cancel(s->net, s->heartbeat);
        s->heartbeat = 0;
}

/* A reader that is given up is taken out of the list and freed meanwhile. */
static void send_all(struct streams *s, struct slice text) {
        for (struct reader *r = s->readers, *next; r; r = next) {
                next = r->next;
                (void)http_stream_send(r->conn, text);
        }
}

static void beat(void *arg) {
        struct streams *s = arg;
        s->heartbeat = net_timer(s->net, HEARTBEAT_MS, beat, s);
        send_all(s, slice_str(": still here\n\n"));
}

/* ---- What is told ---- */

static void add_event(struct buf *out, const char *name, const char *id, struct slice json) {
        if (id)
                buf_addf(out, "id: %s\n", id);
        buf_addf(out, "event: %s\ndata: ", name);
        buf_add(out, json.p, json.n);
        buf_add_str(out, "\n\n");
}

void streams_send(struct streams *s, const char *name, struct slice json) {
        struct buf text AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        if (!s || !s->readers)
                return;
        add_event(&text, name, NULL, json);
        if (!text.overflowed)
                send_all(s, (struct slice){ text.data, text.len });
}

/* An event's own: the time tells where it stands, the rest tells those of one microsecond apart. */
static void event_id(char ret[static EVENT_ID_SIZE], int64_t at_us, const char *const *parts, size_t n) {
        uint32_t h = UINT32_C(2166136261);
        for (size_t i = 0; i < n; i++)
                for (const char *p = parts[i] ? parts[i] : ""; *p; p++)
                        h = (h ^ (unsigned char)*p) * UINT32_C(16777619);
        (void)snprintf(ret, EVENT_ID_SIZE, "%lld-%08lx", (long long)at_us, (unsigned long)h);
}

static void stored_id(char ret[static EVENT_ID_SIZE], const struct stored_event *e) {
        const char *const parts[] = { e->type, e->container_id, e->stable_id, e->status };
        event_id(ret, e->at_us, parts, N_ELEMENTS(parts));
}

/* From behind the event that the reader knows; if that is dropped already, from the time that its id tells. */
static size_t where_it_was(const struct stored_event *events, size_t n, const char *last_id) {
        struct slice rest = slice_str(last_id);
        char id[EVENT_ID_SIZE];
        uint64_t at_us;
        for (size_t i = n; i-- > 0;) {
                stored_id(id, &events[i]);
                if (str_eq(id, last_id))
                        return i + 1;
        }
        if (!slice_number(&rest, INT64_MAX, &at_us))
                return n;
        size_t from = n;
        while (from > 0 && events[from - 1].at_us > (int64_t)at_us)
                from--;
        return from;
}

static bool is_own(const struct streams *s, const char *id) {
        for (size_t i = 0; i < s->n_own && i < OWN_MAX; i++)
                if (str_eq(s->own[i], id))
                        return true;
        return false;
}

static void keep_own(struct streams *s, const char *id) {
        (void)snprintf(s->own[s->n_own++ % OWN_MAX], EVENT_ID_SIZE, "%s", id);
}

/* Stored by whoever, perhaps over several lines: blanks between the values mean nothing in JSON. */
static void add_stored(struct buf *out, const struct stored_event *e) {
        struct buf line AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        char id[EVENT_ID_SIZE];
        stored_id(id, e);
        for (size_t k = 0; k < e->raw.n; k++)
                buf_add_char(&line, strchr("\r\n", e->raw.p[k]) ? ' ' : e->raw.p[k]);
        add_event(out, "history", id, (struct slice){ buf_str(&line), line.len });
}

void streams_config(struct api *api) {
        struct buf json AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        struct json_writer w;
        json_writer_init(&w, &json, JSON_COMPACT);
        json_begin_object(&w);
        json_key(&w, "valid");
        json_boolean(&w, !api->config_error);
        json_key(&w, "error");
        json_str(&w, api->config_error);
        json_end_object(&w);
        streams_send(api->streams, "config", (struct slice){ json.data, json.len });
}

void streams_event(struct api *api, const struct event *event) {
        const char *const parts[] = { event_type_name(event->type), event->container_id, event->stable_id, event->status };
        char id[EVENT_ID_SIZE];
        if (!api->streams)
                return;
        event_id(id, event->at_us, parts, N_ELEMENTS(parts));
        keep_own(api->streams, id);
        if (!api->streams->readers)
                return;
        struct buf json AUTO(buf_release) = BUF_INIT(TEXT_MAX), text AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        store_write_event(&json, event);
        add_event(&text, "history", id, (struct slice){ buf_str(&json), json.len });
        if (!text.overflowed)
                send_all(api->streams, (struct slice){ text.data, text.len });
}

/* Where the history stands, for streams_others(). */
static void keep_place(struct streams *s, const struct stored_event *events, size_t n) {
        if (n > 0)
                stored_id(s->last_id, &events[n - 1]);
        else
                (void)snprintf(s->last_id, sizeof(s->last_id), "0");
}

static void tell_other(struct api *api, const struct stored_event *e) {
        struct buf text AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        const char *name = e->container_name;
        log_note(LEVEL_INFO, "history", "%s%s%s: %s (by a command beside serve)", e->type, *name ? " " : "", name, e->message);
        add_stored(&text, e);
        if (!text.overflowed)
                send_all(api->streams, (struct slice){ text.data, text.len });
}

void streams_others(struct api *api) {
        struct arena a AUTO(arena_release) = ARENA_INIT((size_t)64 * 1024);
        struct streams *s = api->streams;
        struct stored_event *events;
        size_t n = 0;
        if (!store_events_news(api->setup->store) || store_read_events(api->setup->store, &a, &events, &n, NULL) < 0)
                return;
        bool first = s->last_id[0] == '\0';
        for (size_t i = first ? n : where_it_was(events, n, s->last_id); i < n; i++) {
                char id[EVENT_ID_SIZE];
                stored_id(id, &events[i]);
                if (!is_own(s, id))
                        tell_other(api, &events[i]);
        }
        if (n == 0 && s->any)
                log_note(LEVEL_INFO, "history", "the history was emptied");
        s->any = n > 0;
        keep_place(s, events, n);
}

void streams_turn(struct api *api) {
        struct buf json AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        struct json_writer w;
        api_changed(api);
        if (!api->streams || !api->streams->readers)
                return;
        struct pass_turn turn = pass_last_turn(api->pass);
        struct pass_summary sum = pass_summary(api->pass);
        const struct plan *plan = pass_plan(api->pass);
        json_writer_init(&w, &json, JSON_COMPACT);
        json_begin_object(&w);
        json_key(&w, "timestamp");
        json_time(&w, pass_engine(api->pass).last_turn_us);
        json_key(&w, "listed");
        json_boolean(&w, turn.listed);
        json_key(&w, "duration_ms");
        json_num(&w, turn.duration_ms);
        json_key(&w, "monitored");
        json_num(&w, sum.monitored);
        json_key(&w, "failing");
        json_num(&w, sum.failing);
        json_key(&w, "quarantined");
        json_num(&w, sum.quarantined);
        json_key(&w, "next_due");
        json_time(&w, plan ? plan->next_due_us : 0);
        json_end_object(&w);
        streams_send(api->streams, "turn", (struct slice){ json.data, json.len });
}

static void add_engine(struct api *api, struct buf *json) {
        struct json_writer w;
        json_writer_init(&w, json, JSON_COMPACT);
        api_write_engine(api, &w);
}

void streams_engine(struct api *api) {
        struct buf json AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        api_changed(api);
        if (!api->streams || !api->streams->readers)
                return;
        add_engine(api, &json);
        streams_send(api->streams, "engine", (struct slice){ json.data, json.len });
}

/* ---- A new reader ---- */

static void replay(struct call *call, const char *last_id, struct buf *out) {
        struct stored_event *events;
        size_t n;
        if (store_read_events(call->api->setup->store, call->a, &events, &n, NULL) < 0)
                return;
        size_t from = where_it_was(events, n, last_id), first = n, size = 0;
        while (first > from && (size += events[first - 1].raw.n + FRAME_SIZE) <= REPLAY_MAX)
                first--;
        for (size_t i = first; i < n; i++)
                add_stored(out, &events[i]);
}

static void add_reader(struct streams *s, struct http_conn *conn) {
        struct reader *r = xcalloc(1, sizeof(*r));
        r->streams = s;
        r->conn = conn;
        r->next = s->readers;
        s->readers = r;
        s->n++;
        if (!s->heartbeat)
                s->heartbeat = net_timer(s->net, HEARTBEAT_MS, beat, s);
        http_conn_on_gone(conn, reader_gone, r);
}

void stream_begin(struct call *call) {
        struct streams *s = call->api->streams;
        struct slice last = http_header(call->rq, "Last-Event-ID");
        struct buf text AUTO(buf_release) = BUF_INIT(TEXT_MAX), engine AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        call->reply.content_type = "text/event-stream";
        http_reply_header(&call->reply, "X-Accel-Buffering", "no");
        if (s->n >= STREAM_READERS_MAX) {
                api_error(call, 503, "%d read the stream already: more are not served", STREAM_READERS_MAX);
                http_reply_header(&call->reply, "Retry-After", "10");
                return;
        }
        buf_add_str(&text, "retry: 3000\n\n");
        add_engine(call->api, &engine);
        add_event(&text, "engine", NULL, (struct slice){ engine.data, engine.len });
        if (last.p && call->rq->method != HTTP_HEAD)
                replay(call, arena_strndup(call->a, last.p, last.n), &text);
        struct http_conn *conn = call->conn;
        api_common_headers(call);
        add_reader(s, conn);
        http_stream_begin(conn, &call->reply);
        api_leave(call);
        if (!text.overflowed)
                (void)http_stream_send(conn, (struct slice){ text.data, text.len });
}
