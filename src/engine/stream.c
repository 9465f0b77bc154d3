/* SPDX-License-Identifier: MIT */
/* The engine's events as they happen: GET /events that never ends, cut into its JSON objects. */
#include "autoheal/engine/decode.h"
#include "engine/engine_decode_internal.h"
#include "engine/engine_internal.h"

#define EVENT_MAX  ((size_t)1024 * 1024)
#define PATH_LIMIT ((size_t)4096)

/* Probes and terminals write many more that tell nothing. Engines match health_status as the beginning of the word. */
#define FILTERS                                                                                                                    \
        "%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B%22health_status%22%2C%22create%22%2C%22destroy%22%2C"           \
        "%22rename%22%2C%22start%22%2C%22restart%22%2C%22die%22%2C%22stop%22%2C%22kill%22%2C%22pause%22%2C%22unpause%22%2C%22oom%" \
        "22"                                                                                                                       \
        "%2C%22update%22%5D%7D"

struct engine_stream {
        struct engine *engine;
        const struct engine_stream_fns *fns;
        void *arg;
        struct buf text; /* what has come and is no whole object yet */
        unsigned busy;   /* callbacks that are running */
        bool dropped;    /* by one of them: the last one frees the memory */
};

static void free_stream(struct engine_stream *s) {
        buf_release(&s->text);
        free(s);
}

void engine_unwatch(struct engine_stream *s) {
        if (!s || s->dropped)
                return;
        s->dropped = true;
        engine_cancel(s->engine, s);
        if (s->busy == 0)
                free_stream(s);
}

static void stream_began(void *arg) {
        struct engine_call *call = arg;
        struct engine_stream *s = call->arg;

        engine_count(call, 200);
        s->busy++;
        s->fns->began(s->arg);
        if (--s->busy == 0 && s->dropped)
                free_stream(s);
}

static void hand_over(struct engine_stream *s, const char *text, size_t len) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct engine_events events = { 0 };

        if (decode_events(text, len, &a, &events, NULL) < 0)
                s->fns->lost(s->arg);
        else if (events.n == 1)
                s->fns->event(s->arg, &events.events[0]);
}

/*
 * Takes what stands at the beginning; 0: it is not whole yet. An event is one line: what is no whole object when its line ends
 * never becomes one, and would swallow all that follows.
 */
static size_t take_one(struct engine_stream *s, const char *text, size_t len) {
        size_t length = decode_object_length(text, len);
        const char *newline = memchr(text, '\n', len);
        size_t line = newline ? (size_t)(newline - text) : len;

        if (length > 0 && length <= line) {
                hand_over(s, text, length);
                return length;
        }
        if (!newline)
                return 0;
        s->fns->lost(s->arg);
        return line + 1;
}

static void cut_into_events(struct engine_stream *s) {
        struct buf text AUTO(buf_release) = s->text;
        const char *p = buf_str(&text);
        size_t at, taken = 0;

        s->text = (struct buf)BUF_INIT(EVENT_MAX);
        for (at = decode_skip_space(p, text.len, 0); at < text.len && !s->dropped;
             at = decode_skip_space(p, text.len, at + taken)) {
                taken = take_one(s, p + at, text.len - at);
                if (taken == 0)
                        break;
        }
        if (at < text.len && !s->dropped)
                buf_add(&s->text, p + at, text.len - at);
}

static void piece_came(void *arg, struct slice piece) {
        const struct engine_call *call = arg;
        struct engine_stream *s = call->arg;

        s->busy++;
        buf_add(&s->text, piece.p, piece.n);
        if (s->text.overflowed) {
                struct error err = ERROR_INIT;

                (void)error_set(&err, ERR_TOO_LARGE, "the engine sent an event of more than %zu bytes", EVENT_MAX);
                engine_cancel(s->engine, s);
                s->dropped = true;
                s->fns->end(s->arg, &err);
        } else {
                cut_into_events(s);
        }
        if (--s->busy == 0 && s->dropped)
                free_stream(s);
}

static void stream_ended(struct engine_call *call, const struct net_answer *answer, const struct error *err) {
        struct engine_stream *s = call->arg;
        struct error closed = ERROR_INIT;

        (void)answer;
        (void)error_set(&closed, ERR_PROTOCOL, "the engine closed its stream of events");
        s->dropped = true;
        s->fns->end(s->arg, err ? err : &closed);
        if (s->busy == 0)
                free_stream(s);
}

int engine_watch(struct engine *e, int64_t since_us, const struct engine_stream_fns *fns, void *arg, struct engine_stream **ret,
                 struct error *err) {
        static const struct net_stream_fns stream = { .began = stream_began, .piece = piece_came };
        struct buf path AUTO(buf_release) = BUF_INIT(PATH_LIMIT);
        struct engine_stream *s = xcalloc(1, sizeof(*s));
        struct engine_call call = {
                .method = "GET",
                .operation = "events",
                .timeout_s = 20,
                .max_body = EVENT_MAX,
                .stream = &stream,
                .finish = stream_ended,
                .arg = s,
        };

        s->engine = e;
        s->fns = fns;
        s->arg = arg;
        s->text = (struct buf)BUF_INIT(EVENT_MAX);
        buf_addf(&path, "/events?filters=%s", FILTERS);
        if (since_us > 0)
                buf_addf(&path, "&since=%lld.%06lld", (long long)(since_us / US_PER_S), (long long)(since_us % US_PER_S));
        call.path = path.data;
        if (engine_send(e, &call, err) < 0) {
                free_stream(s);
                return -1;
        }
        *ret = s;
        return 0;
}
