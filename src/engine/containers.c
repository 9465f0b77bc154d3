/* SPDX-License-Identifier: MIT */
/* The typed calls: each is a path, a ceiling, a time-out, and what its answer is read into. */
#include "autoheal/engine/decode.h"
#include "autoheal/util/slice.h"
#include "autoheal/util/text.h"
#include "autoheal/util/timefmt.h"
#include "engine/engine_internal.h"

#define KIB    ((size_t)1024)
#define MIB    (1024 * KIB)
#define MAX_ID 64
/* On top of the time that a container may take to stop: starting it again and the way there and back. */
#define ACTION_MARGIN_S   30
#define MAX_ACTION_WAIT_S (INT64_C(7) * 24 * 60 * 60)

static int64_t engine_time(const struct net_answer *answer) {
        int64_t us;

        return time_parse_http_date(slice_str(answer->date), &us) ? us : 0;
}

int engine_check_id(const char *id, const char *of, struct error *err) {
        size_t n = id ? strspn(id, "0123456789abcdefABCDEF") : 0;

        if (n == 0 || n > MAX_ID || id[n])
                return error_set(err, ERR_INVALID, "'%s' is not the id of %s", id ? id : "", of);
        return 0;
}

static void finish_info(struct engine_call *call, const struct net_answer *answer, const struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4 * KIB);
        struct engine_info info = { 0 };
        struct error broken = ERROR_INIT;

        if (!err && decode_info(answer->body.p, answer->body.n, &a, &info, &broken) < 0) {
                engine_broken_promise(call->engine, &broken);
                err = &broken;
        }
        if (!err)
                info.engine_now_us = engine_time(answer);
        call->done.info(call->arg, err ? NULL : &info, err);
}

int engine_get_info(struct engine *e, engine_info_fn *done, void *arg, struct error *err) {
        struct engine_call call = {
                .method = "GET",
                .operation = "info",
                .path = (char[]){ "/info" },
                .timeout_s = 20,
                .max_body = MIB,
                .finish = finish_info,
                .done.info = done,
                .arg = arg,
        };

        return engine_send(e, &call, err);
}

static void finish_list(struct engine_call *call, const struct net_answer *answer, const struct error *err) {
        struct engine_list list = { 0 };
        struct error broken = ERROR_INIT;

        if (!err && decode_list(answer->body.p, answer->body.n, call->arena, &list.containers, &list.n, &broken) < 0) {
                engine_broken_promise(call->engine, &broken);
                err = &broken;
        }
        if (!err)
                list.engine_now_us = engine_time(answer);
        call->done.list(call->arg, err ? NULL : &list, err);
}

int engine_list_containers(struct engine *e, bool only_unhealthy, struct arena *a, engine_list_fn *done, void *arg,
                           struct error *err) {
        struct buf path AUTO(buf_release) = BUF_INIT(KIB);
        struct engine_call call = {
                .method = "GET",
                .operation = "list",
                .timeout_s = 60,
                .max_body = 64 * MIB,
                .finish = finish_list,
                .arena = a,
                .done.list = done,
                .arg = arg,
        };

        buf_add_str(&path, "/containers/json?all=1");
        if (only_unhealthy) {
                buf_add_str(&path, "&filters=");
                text_percent_encode(&path, "{\"health\":[\"unhealthy\"]}");
        }
        call.path = path.data;
        return engine_send(e, &call, err);
}

static void finish_inspect(struct engine_call *call, const struct net_answer *answer, const struct error *err) {
        struct error broken = ERROR_INIT;

        if (!err && decode_inspect(answer->body.p, answer->body.n, call->arena, call->container, &broken) < 0) {
                engine_broken_promise(call->engine, &broken);
                err = &broken;
        }
        call->done.inspect(call->arg, call->container, err);
}

int engine_inspect(struct engine *e, struct container *c, struct arena *a, engine_inspect_fn *done, void *arg, struct error *err) {
        struct buf path AUTO(buf_release) = BUF_INIT(KIB);
        struct engine_call call = {
                .method = "GET",
                .operation = "inspect",
                .timeout_s = 20,
                .max_body = 4 * MIB,
                .finish = finish_inspect,
                .arena = a,
                .container = c,
                .done.inspect = done,
                .arg = arg,
        };

        if (engine_check_id(c->id, "a container", err) < 0)
                return -1;
        buf_addf(&path, "/containers/%s/json", c->id);
        call.path = path.data;
        return engine_send(e, &call, err);
}

void engine_finish_action(struct engine_call *call, const struct net_answer *answer, const struct error *err) {
        (void)answer;
        call->done.action(call->arg, err);
}

int engine_act(struct engine *e, enum engine_action what, const char *id, int64_t stop_timeout_s, int64_t wait_s,
               engine_action_fn *done, void *arg, struct error *err) {
        static const char *const verbs[] = {
                [ENGINE_START] = "start",
                [ENGINE_STOP] = "stop",
                [ENGINE_RESTART] = "restart",
        };
        struct buf path AUTO(buf_release) = BUF_INIT(KIB);
        struct engine_call call = {
                .method = "POST",
                .operation = verbs[what],
                .max_body = 64 * KIB,
                .finish = engine_finish_action,
                .done.action = done,
                .arg = arg,
        };

        if (engine_check_id(id, "a container", err) < 0)
                return -1;
        if (wait_s < 0)
                return error_set(err, ERR_INVALID, "cannot wait %lld s for a container to stop", (long long)wait_s);
        call.timeout_s = (wait_s < MAX_ACTION_WAIT_S ? wait_s : MAX_ACTION_WAIT_S) + ACTION_MARGIN_S;
        buf_addf(&path, "/containers/%s/%s", id, verbs[what]);
        if (what != ENGINE_START && stop_timeout_s != STOP_TIMEOUT_UNSET)
                buf_addf(&path, "?t=%lld", (long long)stop_timeout_s);
        call.path = path.data;
        return engine_send(e, &call, err);
}

int engine_try(struct engine *e, enum engine_trial what, engine_action_fn *done, void *arg, struct error *err) {
        static const char *const ends[] = {
                [ENGINE_TRY_INSPECT] = "json",
                [ENGINE_TRY_START] = "start",
                [ENGINE_TRY_STOP] = "stop",
                [ENGINE_TRY_RESTART] = "restart",
        };
        struct buf path AUTO(buf_release) = BUF_INIT(KIB);
        struct engine_call call = {
                .method = what == ENGINE_TRY_INSPECT ? "GET" : "POST",
                .timeout_s = 20,
                .max_body = 64 * KIB,
                .finish = engine_finish_action,
                .done.action = done,
                .arg = arg,
        };

        buf_addf(&path, "/containers/" ENGINE_NO_CONTAINER "/%s", ends[what]);
        call.path = path.data;
        return engine_send(e, &call, err);
}

static void finish_events(struct engine_call *call, const struct net_answer *answer, const struct error *err) {
        struct engine_events events = { 0 };
        struct error broken = ERROR_INIT;

        if (!err && decode_events(answer->body.p, answer->body.n, call->arena, &events, &broken) < 0) {
                engine_broken_promise(call->engine, &broken);
                err = &broken;
        }
        if (!err)
                events.truncated = events.truncated || answer->truncated;
        call->done.events(call->arg, err ? NULL : &events, err);
}

static void add_time(struct buf *url, const char *name, int64_t us) {
        buf_addf(url, "%s=%lld.%06lld", name, (long long)(us / US_PER_S), (long long)(us % US_PER_S));
}

int engine_look_back(struct engine *e, int64_t since_us, int64_t until_us, struct arena *a, engine_events_fn *done, void *arg,
                     struct error *err) {
        struct buf path AUTO(buf_release) = BUF_INIT(KIB);
        struct engine_call call = {
                .method = "GET",
                .operation = "events",
                .timeout_s = 20,
                .max_body = 8 * MIB,
                .cut_body = true,
                .finish = finish_events,
                .arena = a,
                .done.events = done,
                .arg = arg,
        };

        if (since_us < 0 || until_us < since_us)
                return error_set(err, ERR_INVALID, "events cannot be asked for from %lld to %lld", (long long)since_us,
                                 (long long)until_us);
        add_time(&path, "/events?since", since_us);
        add_time(&path, "&until", until_us);
        call.path = path.data;
        return engine_send(e, &call, err);
}
