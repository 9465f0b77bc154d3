/* SPDX-License-Identifier: MIT */
/* Custom health checks over HTTP: one for each container, kept under its stable id. */
#include "autoheal/os/clock.h"
#include "serve/change.h"
#include "serve/routes.h"
#include "serve/wish.h"

static const struct json_value nothing;

/* ---- Whose ---- */

struct who {
        const struct container *c; /* NULL: it is not in the last observation */
        const char *stable_id;     /* what was asked for, if there is no such container */
};

/* False after an answer, unless there is no such container: its check may still be there. */
static bool find_container(struct call *call, const char *word, struct who *ret) {
        const struct plan_item *item = NULL;
        struct error err = ERROR_INIT;

        *ret = (struct who){ .stable_id = word };
        if (wish_resolve(call->api, word, &item, &err) == 0)
                *ret = (struct who){ .c = item->container, .stable_id = item->stable_id };
        else if (err.code == ERR_AMBIGUOUS)
                api_fail(call, &err);
        return err.code != ERR_AMBIGUOUS;
}

static void no_container(struct call *call) {
        if (wish_seen(call))
                api_error(call, 404, "Container not found");
}

static struct json_value check_of(struct json_value checks, const char *stable_id, const struct container *c,
                                  const char **ret_key) {
        return config_find_check(checks, stable_id, c ? c->id : NULL, c ? c->name : NULL, ret_key);
}

static struct json_value checks_in(struct json_value root) {
        return config_at(root, "custom_health_checks");
}

static struct json_value root_of(const struct json_doc *doc) {
        return doc ? json_root(doc) : nothing;
}

/* ---- Showing ---- */

void api_write_health_check(struct api *api, struct json_writer *w, const char *stable_id, const struct container *c) {
        struct arena a AUTO(arena_release) = ARENA_INIT(16384);
        struct json_doc *doc AUTO_JSON = config_file_now(api, &a);
        struct json_value check = check_of(checks_in(root_of(doc)), stable_id, c, NULL);

        if (json_present(check))
                config_write_check(w, check, false);
        else
                json_null(w);
}

static void get_checks(struct call *call) {
        struct json_doc *doc AUTO_JSON = config_file_now(call->api, call->a);
        struct json_iter it = json_iter(checks_in(root_of(doc)));
        struct json_writer w;
        bool secrets;

        if (!config_wants_secrets(call, &secrets))
                return;
        api_json(call, &w);
        json_begin_object(&w);
        while (it.object && json_next(&it)) {
                json_key(&w, json_key_string(&it, call->a));
                config_write_check(&w, it.value, secrets);
        }
        json_end_object(&w);
}

static void get_check(struct call *call) {
        struct json_doc *doc AUTO_JSON = config_file_now(call->api, call->a);
        struct json_value check;
        struct json_writer w;
        struct who who;
        bool secrets;

        if (!config_wants_secrets(call, &secrets) || !find_container(call, call->params[0], &who))
                return;
        check = check_of(checks_in(root_of(doc)), who.stable_id, who.c, NULL);
        if (json_present(check)) {
                api_json(call, &w);
                config_write_check(&w, check, secrets);
        } else if (who.c) {
                api_error(call, 404, "No custom health check found for this container");
        } else {
                no_container(call);
        }
}

/* ---- Changing ---- */

static bool commit(struct change *c, const char *key, struct slice raw, const char *old_key) {
        const struct config_edit edit = { "custom_health_checks", config_checks_with(checks_in(change_present(c)), key, raw,
                                                                                     old_key ? old_key : key, c->call->a) };

        return change_commit(c, &edit, 1);
}

/* container_id of the body; it answers if there is none. */
static const char *wanted_container(struct call *call, struct json_value body) {
        struct api_issues issues AUTO(api_issues_release);
        const char *id = json_string(json_get(body, "container_id"), call->a);

        api_issues_init(&issues);
        if (json_type(body) != JSON_OBJECT)
                api_issue(&issues, "dict_type", "body", NULL, "Input should be a valid dictionary", body);
        else if (!json_present(json_get(body, "container_id")))
                api_issue(&issues, "missing", "body", "container_id", CHANGE_MISSING, body);
        else if (!id)
                api_issue(&issues, "string_type", "body", "container_id", "Input should be a valid string",
                          json_get(body, "container_id"));
        return api_issues_answer(call, &issues) ? NULL : id;
}

static void post_check(struct call *call) {
        struct json_doc *given AUTO_JSON = NULL, *clear AUTO_JSON = NULL;
        struct json_value present;
        const char *id, *old_key = NULL;
        struct who who;

        if (!api_body(call, &given) || !(id = wanted_container(call, json_root(given))) || !find_container(call, id, &who))
                return;
        if (!who.c) {
                no_container(call);
                return;
        }
        struct change c AUTO(change_end);
        if (!change_begin(&c, call, config_place("custom_health_checks", who.stable_id, call->a)))
                return;
        present = check_of(checks_in(change_present(&c)), who.stable_id, who.c, &old_key);
        if (change_unmask(&c, json_raw(json_root(given)), json_root(given), present, &clear) &&
            commit(&c, who.stable_id, json_raw(json_root(clear)), old_key))
                change_success(&c, arena_printf(call->a, "Health check added for container %s", who.c->id));
}

/* One whose container is gone can be removed as well. */
static void delete_check(struct call *call) {
        const char *key = NULL;
        struct who who;

        if (!find_container(call, call->params[0], &who))
                return;
        struct change c AUTO(change_end);
        if (!change_begin(&c, call, ""))
                return;
        c.takes_out = true;
        if (!json_present(check_of(checks_in(change_present(&c)), who.stable_id, who.c, &key))) {
                if (who.c)
                        change_success(&c, arena_printf(call->a, "Health check removed for container %s", call->params[0]));
                else
                        no_container(call);
                return;
        }
        if (commit(&c, key, (struct slice){ NULL, 0 }, NULL))
                change_success(&c, arena_printf(call->a, "Health check removed for container %s", call->params[0]));
}

/* ---- A run by hand ---- */

struct test {
        struct call *call;
        struct check_test *under_way;
        struct now began;
};

static void tested(void *arg, const struct check_result *result) {
        struct test *t = arg;
        struct json_writer w;

        api_json(t->call, &w);
        json_begin_object(&w);
        json_key(&w, "status");
        json_str(&w, check_outcome_name(result->outcome));
        json_key(&w, "duration_ms");
        json_num(&w, clock_read().mono_ms - t->began.mono_ms);
        json_key(&w, "message");
        json_str(&w, result->detail);
        json_key(&w, "output");
        json_str(&w, result->output[0] ? result->output : NULL);
        json_end_object(&w);
        api_answer(t->call);
}

static void client_gone(void *arg) {
        struct test *t = arg;

        pass_test_cancel(t->under_way);
}

/* It was looked at, so that what was set a moment ago is in force, and its address is true. */
static void looked(void *arg, bool found) {
        struct wait *w = arg;
        char id[65];
        struct error err = ERROR_INIT;
        struct call *call;
        struct test *t;

        (void)snprintf(id, sizeof(id), "%s", wait_id(w));
        call = wait_end(w);
        t = arena_new(call->a, struct test);
        *t = (struct test){ .call = call, .began = clock_read() };
        if (found && pass_test_check(call->api->pass, id, tested, t, &t->under_way, &err) == 0) {
                api_later(call, client_gone, t);
                return;
        }
        if (!found)
                api_error(call, 404, "Container not found");
        else if (err.code == ERR_NOT_FOUND)
                api_error(call, 404, "No custom health check found for this container");
        else
                api_error(call, 409, "%s", err.msg);
        api_answer(call);
}

static void post_test(struct call *call) {
        const struct plan_item *item = wish_find(call);
        struct wait *w;

        if (!item)
                return;
        w = wait_begin(call, WISH_LOOK_MS, "the engine did not answer within 5 s");
        wait_keep_id(w, item->container->id);
        pass_refresh(call->api->pass, wait_id(w), looked, w);
}

const struct route api_healthchecks_routes[] = {
        { .method = HTTP_GET,
          .path = "/api/healthchecks",
          .right = RIGHT_READ,
          .handle = get_checks,
          .summary = "Custom health checks by stable id",
          .query = "secrets:boolean",
          .codes = "200,422" },
        { .method = HTTP_POST,
          .path = "/api/healthchecks",
          .right = RIGHT_CHANGE,
          .handle = post_check,
          .summary = "Set the custom health check of a container",
          .body = "application/json",
          .codes = "200,404,409,415,422,500,503" },
        { .method = HTTP_GET,
          .path = "/api/healthchecks/{id}",
          .right = RIGHT_READ,
          .handle = get_check,
          .summary = "The custom health check of a container",
          .query = "secrets:boolean",
          .codes = "200,404,409,422,503" },
        { .method = HTTP_DELETE,
          .path = "/api/healthchecks/{id}",
          .right = RIGHT_CHANGE,
          .handle = delete_check,
          .summary = "Remove the custom health check of a container",
          .codes = "200,404,409,500,503" },
        { .method = HTTP_POST,
          .path = "/api/healthchecks/{id}/test",
          .right = RIGHT_CHANGE,
          .handle = post_test,
          .summary = "Run the health check of a container now",
          .codes = "200,404,409,503,504" },
        { .path = NULL },
};
