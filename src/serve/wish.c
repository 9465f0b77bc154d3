/* SPDX-License-Identifier: MIT */
/* Finding the container that is meant, changing what is remembered of it, waiting for what pass does about it. */
#include "serve/wish.h"

/* ---- Finding ---- */

static int not_seen(struct api *api, struct error *err) {
        const char *why = pass_engine(api->pass).why;
        return error_set(err, ERR_CONNECT, "the engine was not seen yet%s%s", why[0] ? ": " : "", why);
}

bool wish_seen(struct call *call) {
        struct error err = ERROR_INIT;
        if (pass_plan(call->api->pass))
                return true;
        (void)not_seen(call->api, &err);
        api_error(call, 503, "%s", err.msg);
        return false;
}

static int away_status(const struct pass_engine *e) {
        return e->silent ? 504 : 502;
}

bool wish_engine(struct call *call) {
        struct pass_engine e = pass_engine(call->api->pass);
        if (e.up || e.since_us == 0)
                return true;
        api_error(call, away_status(&e), "%s", e.why);
        return false;
}

int wish_resolve(struct api *api, const char *name, const struct plan_item **ret, struct error *err) {
        struct plan *plan = pass_plan(api->pass);
        struct plan_item *item = NULL;
        if (!plan)
                return not_seen(api, err);
        if (plan_find(plan, name, &item, err) < 0)
                return -1;
        *ret = item;
        return 0;
}

const struct plan_item *wish_find(struct call *call) {
        const struct plan_item *item = NULL;
        struct error err = ERROR_INIT;
        if (!wish_seen(call))
                return NULL;
        if (wish_resolve(call->api, call->params[0], &item, &err) == 0)
                return item;
        if (err.code == ERR_NOT_FOUND)
                api_error(call, 404, "Container not found");
        else
                api_fail(call, &err);
        return NULL;
}

/* ---- Changing ---- */

bool wish_change(struct call *call, pass_change_fn *apply, void *arg) {
        struct error err = ERROR_INIT;
        int r = pass_change(call->api->pass, apply, arg, &err);
        api_changed(call->api);
        const struct error *unsaved = pass_store_error(call->api->pass);
        if (r < 0)
                api_fail(call, &err);
        else if (unsaved)
                call->warning = arena_printf(call->a, "it holds, but cannot be saved yet: %s", unsaved->msg);
        return r == 0;
}

/* ---- Waiting ---- */

struct wait {
        struct call *call;
        uint64_t timer;
        const char *too_late;
        char id[65];
        bool to_the_end;
        struct wait *next;
};

static struct net *net_of(const struct wait *w) {
        return w->call->api->setup->net;
}

struct call *wait_end(struct wait *w) {
        struct call *call = w->call;
        for (struct wait **at = &call->api->waits; *at; at = &(*at)->next)
                if (*at == w) {
                        *at = w->next;
                        break;
                }
        pass_forget_waiters(call->api->pass, w);
        net_timer_cancel(net_of(w), w->timer);
        free(w);
        return call;
}

static void time_is_over(void *arg) {
        struct wait *w = arg;
        const char *text = w->too_late;
        struct call *call = wait_end(w);
        api_error(call, 504, "%s", text);
        api_answer(call);
}

static void client_gone(void *arg) {
        (void)wait_end(arg);
}

struct wait *wait_begin(struct call *call, int64_t limit_ms, const char *too_late) {
        struct wait *w = xcalloc(1, sizeof(*w));
        w->call = call;
        w->too_late = too_late;
        w->timer = net_timer(net_of(w), limit_ms, time_is_over, w);
        w->next = call->api->waits;
        call->api->waits = w;
        api_later(call, client_gone, w);
        return w;
}

void wait_to_the_end(struct wait *w) {
        w->to_the_end = true;
}

static struct wait *first_to_end(struct api *api) {
        struct wait *w = api->waits;
        while (w && w->to_the_end)
                w = w->next;
        return w;
}

void wait_engine_lost(struct api *api) {
        struct pass_engine e = pass_engine(api->pass);
        wait_end_all(api, away_status(&e), e.why);
}

void wait_end_all(struct api *api, int status, const char *text) {
        struct wait *w;
        while ((w = first_to_end(api)) != NULL) {
                struct call *call = wait_end(w);
                api_error(call, status, "%s", text);
                api_answer(call);
        }
}

const char *wait_id(const struct wait *w) {
        return w->id;
}

void wait_keep_id(struct wait *w, const char *id) {
        (void)snprintf(w->id, sizeof(w->id), "%s", id);
}

struct call *wait_call(struct wait *w) {
        return w->call;
}
