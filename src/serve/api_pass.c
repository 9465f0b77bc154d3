/* SPDX-License-Identifier: MIT */
/* A turn now, and what a turn would decide. */
#include "serve/container_json.h"
#include "serve/wish.h"

#include "autoheal/util/timefmt.h"

#define TURN_MS INT64_C(15000) /* then an engine that does not answer is given up */

static void write_summary(struct json_writer *w, struct api *api) {
        struct pass_summary sum = pass_summary(api->pass);
        const struct {
                const char *key;
                int64_t value;
        } counts[] = {
                { "monitored", sum.monitored }, { "ok", sum.ok },         { "failing", sum.failing },
                { "restarted", sum.restarted }, { "held", sum.held },     { "quarantined", sum.quarantined },
                { "released", sum.released },   { "failed", sum.failed }, { "duration_ms", pass_last_turn(api->pass).duration_ms }
        };
        json_key(w, "summary");
        json_begin_object(w);
        for (size_t i = 0; i < N_ELEMENTS(counts); i++) {
                json_key(w, counts[i].key);
                json_num(w, counts[i].value);
        }
        json_end_object(w);
}

static void turned(void *arg, bool found) {
        struct call *call = wait_end(arg);
        const struct plan *plan = pass_plan(call->api->pass);
        struct json_writer w;
        (void)found;
        api_success_begin(call, &w, "All containers were looked at");
        write_summary(&w, call->api);
        json_key(&w, "next_due");
        json_time(&w, plan->next_due_us);
        json_end_object(&w);
        api_answer(call);
}

static void post_pass(struct call *call) {
        struct pass *pass = call->api->pass;
        if (!wish_engine(call))
                return;
        struct wait *w = wait_begin(call, TURN_MS, "the engine did not answer within 15 s; the turn goes on");
        pass_refresh(pass, NULL, turned, w);
        pass_want_list(pass);
}

static void get_plan(struct call *call) {
        struct error err = ERROR_INIT;
        struct json_writer w;
        const struct plan *plan;
        if (!wish_seen(call))
                return;
        if (pass_foresee(call->api->pass, &plan, &err) < 0) {
                api_fail(call, &err);
                return;
        }
        struct pass_engine e = pass_engine(call->api->pass);
        char as_of[TIME_ISO_SIZE];
        time_format_iso(e.last_turn_us, as_of);
        http_reply_header(&call->reply, "X-Autoheal-As-Of", as_of);
        http_reply_header(&call->reply, "X-Autoheal-Engine-Connected", e.up ? "true" : "false");
        api_json(call, &w);
        json_begin_array(&w);
        for (size_t i = 0; i < plan->n; i++) {
                json_begin_object(&w);
                container_write_item(&w, &plan->items[i]);
                json_end_object(&w);
        }
        json_end_array(&w);
}

const struct route api_pass_routes[] = {
        { .method = HTTP_POST,
          .path = "/api/pass",
          .right = RIGHT_CHANGE,
          .handle = post_pass,
          .summary = "Looks at all containers and decides, now",
          .codes = "200,502,503,504" },
        { .method = HTTP_GET,
          .path = "/api/plan",
          .right = RIGHT_READ,
          .handle = get_plan,
          .summary = "What would be decided now; changes nothing",
          .codes = "200,503" },
        { .path = NULL },
};
