/* SPDX-License-Identifier: MIT */
/* The containers: all, one, and what can be done about one. */
#include "serve/container_json.h"
#include "serve/select.h"
#include "serve/wish.h"

#include "autoheal/os/clock.h"

#define LOOK_LATE  "the engine did not answer within 5 s; nothing was restarted"
#define RESTART_MS INT64_C(600000) /* a container may take its time to stop */

/* ---- All of them ---- */

static bool is_up(const struct container *c) {
        return c->state == CONTAINER_RUNNING || c->state == CONTAINER_PAUSED || c->state == CONTAINER_RESTARTING;
}

static void write_list(struct api *api, struct json_writer *w, bool stopped_too) {
        const struct plan *plan = pass_plan(api->pass);
        json_begin_array(w);
        for (size_t i = 0; i < plan->n; i++)
                if (stopped_too || is_up(plan->items[i].container))
                        container_write(w, api, &plan->items[i]);
        json_end_array(w);
}

static void write_running(struct api *api, struct json_writer *w) {
        write_list(api, w, false);
}

static void write_all(struct api *api, struct json_writer *w) {
        write_list(api, w, true);
}

static void list(struct call *call) {
        bool stopped_too = false;
        if (!api_query_bool(call, "include_stopped", &stopped_too) || !wish_seen(call))
                return;
        if (stopped_too)
                api_answer_kept(call, KEPT_ALL, write_all);
        else
                api_answer_kept(call, KEPT_RUNNING, write_running);
}

/* ---- One of them, looked at closely ---- */

static const struct plan_item *item_of(struct api *api, const char *id) {
        const struct plan *plan = pass_plan(api->pass);
        for (size_t i = 0; plan && i < plan->n; i++)
                if (str_eq(plan->items[i].container->id, id))
                        return &plan->items[i];
        return NULL;
}

static void looked(void *arg, bool found) {
        struct wait *w = arg;
        const struct plan_item *item = found ? item_of(wait_call(w)->api, wait_id(w)) : NULL;
        struct call *call = wait_end(w);
        if (item) {
                struct json_writer json;
                api_json(call, &json);
                container_write_details(&json, call->api, item);
        } else {
                api_error(call, 404, "Container not found");
        }
        api_answer(call);
}

static void get_one(struct call *call) {
        const struct plan_item *item = wish_find(call);
        if (!item || !wish_engine(call))
                return;
        if (call->api->stopping) {
                api_error(call, 503, API_STOPPING);
                return;
        }
        struct wait *w = wait_begin(call, WISH_LOOK_MS, "the engine did not answer within 5 s");
        wait_keep_id(w, item->container->id);
        pass_refresh(call->api->pass, wait_id(w), looked, w);
}

/* ---- Restart ---- */

static void answer_result(struct call *call, const struct result *result) {
        switch (result->outcome) {
        case OUTCOME_SUCCESS:
                api_success(call, "Container %s restarted", call->params[0]);
                break;
        case OUTCOME_GONE:
                api_error(call, 404, "Container not found");
                break;
        case OUTCOME_UNKNOWN:
                api_error(call, 504, "Failed to restart container: the engine did not answer in time%s%s",
                          result->error[0] ? ": " : "", result->error);
                break;
        default:
                api_error(call, 502, "Failed to restart container%s%s", result->error[0] ? ": " : "", result->error);
        }
}

static void restarted(void *arg, const struct result *result, const struct error *err) {
        struct call *call = wait_end(arg);
        if (result)
                answer_result(call, result);
        else if (err->code == ERR_NOT_FOUND)
                api_error(call, 404, "Container not found");
        else
                api_fail(call, err);
        api_changed(call->api);
        api_answer(call);
}

/* It was looked at, so that what is written down about it is true. */
static void restart(void *arg, bool found) {
        struct wait *before = arg;
        char id[65];
        (void)snprintf(id, sizeof(id), "%s", wait_id(before));
        struct call *call = wait_end(before);
        if (!found) {
                api_error(call, 404, "Container not found");
                api_answer(call);
                return;
        }
        struct wait *w = wait_begin(call, RESTART_MS, "the restart has not ended yet; it goes on");
        wait_to_the_end(w);
        pass_restart(call->api->pass, id, restarted, w);
}

/* False after an answer. */
static bool restart_found(struct call *call, const struct plan_item *item) {
        if (item->monitor_reason == REASON_SELF) {
                api_error(call, 409, "'%s' is autoheal itself, or its way to the engine: it would not come back from that",
                          item->container->name);
                return false;
        }
        struct wait *w = wait_begin(call, WISH_LOOK_MS, LOOK_LATE);
        wait_keep_id(w, item->container->id);
        pass_refresh(call->api->pass, wait_id(w), restart, w);
        return true;
}

static void listed_anew(void *arg, bool found) {
        struct call *call = wait_end(arg);
        const struct plan_item *item = wish_find(call);
        (void)found;
        if (!item || !restart_found(call, item))
                api_answer(call);
}

/* One that is not known may just have been made. */
static void post_restart(struct call *call) {
        const struct plan_item *item = NULL;
        struct error err = ERROR_INIT;
        if (!wish_seen(call) || !wish_engine(call))
                return;
        if (wish_resolve(call->api, call->params[0], &item, &err) == 0) {
                (void)restart_found(call, item);
        } else if (err.code == ERR_NOT_FOUND) {
                struct wait *w = wait_begin(call, WISH_LOOK_MS, LOOK_LATE);
                pass_refresh(call->api->pass, NULL, listed_anew, w);
                pass_want_list(call->api->pass);
        } else {
                api_fail(call, &err);
        }
}

/* ---- Quarantine ---- */

struct quarantine_ask {
        const char *stable_id;
        const struct container *c; /* NULL: gone */
        bool release, changed;
        struct now now;
};

static int set_quarantine(void *arg, struct state *state, struct event_list *events, struct error *err) {
        struct quarantine_ask *ask = arg;
        (void)err;
        ask->changed = ask->release ? record_unquarantine(state, events, ask->stable_id, ask->c, ask->now)
                                    : record_quarantine(state, events, ask->stable_id, ask->c, ask->now);
        return 0;
}

static void post_quarantine(struct call *call) {
        const struct plan_item *item = wish_find(call);
        if (!item)
                return;
        struct quarantine_ask ask = { .stable_id = item->stable_id, .c = item->container, .now = clock_read() };
        if (!wish_change(call, set_quarantine, &ask))
                return;
        api_success(call, ask.changed ? "Container %s added to quarantine" : "Container %s is quarantined already",
                    item->container->name);
}

/* One that is gone has no container, but its quarantine can still be lifted. */
static void post_unquarantine(struct call *call) {
        const char *name = call->params[0];
        struct quarantine_ask ask = { .stable_id = name, .release = true, .now = clock_read() };
        struct error err = ERROR_INIT;
        const struct plan_item *item = NULL;
        if (wish_resolve(call->api, name, &item, &err) == 0) {
                ask.stable_id = item->stable_id;
                ask.c = item->container;
                name = item->container->name;
        } else if (err.code == ERR_AMBIGUOUS || !state_find(pass_state(call->api->pass), name)) {
                (void)wish_find(call);
                return;
        }
        if (!wish_change(call, set_quarantine, &ask))
                return;
        api_success(call, ask.changed ? "Container %s removed from quarantine" : "Container %s is not quarantined", name);
}

/* ---- Why? ---- */

static void write_rules(struct json_writer *w, const struct plan_item *item) {
        json_key(w, "rules");
        json_begin_array(w);
        for (size_t i = 0; i < item->n_trace; i++) {
                const struct rule_trace *rule = &item->trace[i];
                json_begin_object(w);
                json_key(w, "rule");
                json_str(w, rule->rule);
                json_key(w, "decides");
                json_boolean(w, rule->applied);
                json_key(w, "reached");
                json_boolean(w, rule->reached);
                json_key(w, "finding");
                json_str(w, rule->sentence);
                json_end_object(w);
        }
        json_end_array(w);
}

/* What is told may be old. */
static void write_age(struct json_writer *w, struct api *api) {
        struct pass_engine e = pass_engine(api->pass);
        json_key(w, "as_of");
        json_time(w, e.last_turn_us);
        json_key(w, "engine_connected");
        json_boolean(w, e.up);
}

static void get_explain(struct call *call) {
        const struct plan_item *item = wish_find(call);
        struct error err = ERROR_INIT;
        struct json_writer w;
        const struct plan *plan;
        if (!item)
                return;
        if (pass_explain(call->api->pass, &plan, &err) < 0) {
                api_fail(call, &err);
                return;
        }
        for (size_t i = 0; i < plan->n; i++) {
                if (!str_eq(plan->items[i].container->id, item->container->id))
                        continue;
                api_json(call, &w);
                json_begin_object(&w);
                container_write_item(&w, &plan->items[i]);
                write_age(&w, call->api);
                write_rules(&w, &plan->items[i]);
                json_end_object(&w);
                return;
        }
        api_error(call, 404, "Container not found");
}

const struct route api_containers_routes[] = {
        { .method = HTTP_GET,
          .path = "/api/containers",
          .right = RIGHT_READ,
          .handle = list,
          .summary = "All running containers as last seen; with include_stopped the others too",
          .query = "include_stopped:boolean",
          .codes = "200,304,422,503" },
        { .method = HTTP_POST,
          .path = "/api/containers/select",
          .right = RIGHT_CHANGE,
          .handle = select_containers,
          .summary = "Monitors containers, or leaves them alone, from now on",
          .body = "application/json",
          .codes = "200,409,415,422,500,503" },
        { .method = HTTP_GET,
          .path = "/api/containers/{id}",
          .right = RIGHT_READ,
          .handle = get_one,
          .summary = "One container, looked at now",
          .codes = "200,404,409,502,503,504" },
        { .method = HTTP_POST,
          .path = "/api/containers/{id}/restart",
          .right = RIGHT_CHANGE,
          .handle = post_restart,
          .summary = "Restarts it, or starts it; answers when that is done",
          .codes = "200,404,409,502,503,504" },
        { .method = HTTP_POST,
          .path = "/api/containers/{id}/quarantine",
          .right = RIGHT_CHANGE,
          .handle = post_quarantine,
          .summary = "Leaves it alone until a person releases it",
          .codes = "200,404,409,503" },
        { .method = HTTP_POST,
          .path = "/api/containers/{id}/unquarantine",
          .right = RIGHT_CHANGE,
          .handle = post_unquarantine,
          .summary = "Releases it, also one that is gone",
          .codes = "200,404,409,503" },
        { .method = HTTP_GET,
          .path = "/api/containers/{id}/explain",
          .right = RIGHT_READ,
          .handle = get_explain,
          .summary = "Every rule in order, with its numbers, and the one that decides",
          .codes = "200,404,409,503" },
        { .path = NULL },
};
