/* SPDX-License-Identifier: MIT */
/* Notification services over HTTP: listing, adding, changing and deleting them. */
#include "autoheal/record/notify.h"
#include "serve/change.h"
#include "serve/routes.h"

#define FORM_MAX (4 * CONFIG_MAX)

/* ---- Showing ---- */

static void write_services(struct json_writer *w, struct json_value list, bool secrets) {
        struct json_iter it = json_iter(list);

        json_begin_array(w);
        while (json_next(&it))
                config_write_service(w, it.value, secrets);
        json_end_array(w);
}

static void write_config(struct json_writer *w, struct json_value whole, bool secrets) {
        json_begin_object(w);
        json_key(w, "enabled");
        config_write(w, "notifications.enabled", config_at(whole, "notifications.enabled"), secrets);
        json_key(w, "services");
        write_services(w, config_at(whole, "notifications.services"), secrets);
        json_key(w, "event_filters");
        config_write(w, "notifications.event_filters", config_at(whole, "notifications.event_filters"), secrets);
        json_end_object(w);
}

/* As it is now, whatever was changed since the call began. */
static void write_present(struct call *call, struct json_writer *w, bool secrets) {
        struct json_doc *doc AUTO_JSON = config_whole_now(call->api, call->a);

        if (doc)
                write_config(w, json_root(doc), secrets);
        else
                json_null(w);
}

static void get_config(struct call *call) {
        struct json_writer w;
        bool secrets;

        if (!config_wants_secrets(call, &secrets))
                return;
        api_json(call, &w);
        write_present(call, &w, secrets);
}

/* ---- All of it ---- */

static void put_config_done(struct change *c) {
        struct json_writer w;

        change_success_begin(c, &w, "Notification configuration updated");
        json_key(&w, "config");
        write_present(c->call, &w, false);
        json_end_object(&w);
}

static void put_config(struct call *call) {
        config_put(call, "notifications", put_config_done);
}

/* ---- One service ---- */

static struct json_value services(const struct change *c) {
        return config_at(change_whole(c), "notifications.services");
}

/* Its position; n of the list if there is none of that name. */
static size_t find(struct json_value list, const char *name, struct json_value *ret) {
        struct json_iter it = json_iter(list);
        size_t i = 0;

        *ret = (struct json_value){ .doc = NULL };
        for (; json_next(&it); i++) {
                if (!json_string_eq(json_get(it.value, "name"), name))
                        continue;
                *ret = it.value;
                break;
        }
        return i;
}

/* The list with that element in the place `at` (or behind the last), or without the one there if raw is none. */
static const char *list_with(struct json_value list, size_t at, struct slice raw, struct arena *a) {
        struct buf text AUTO(buf_release) = BUF_INIT(FORM_MAX);
        struct json_iter it = json_iter(list);
        struct json_writer w;
        size_t i = 0;

        json_writer_init(&w, &text, JSON_COMPACT);
        json_begin_array(&w);
        for (; json_next(&it); i++) {
                if (i != at)
                        json_raw_value(&w, json_raw(it.value));
                else if (raw.p)
                        json_raw_value(&w, raw);
        }
        if (i <= at && raw.p)
                json_raw_value(&w, raw);
        json_end_array(&w);
        return arena_strdup(a, buf_str(&text));
}

static bool commit(struct change *c, size_t at, struct slice raw) {
        const struct config_edit edit = { "notifications.services", list_with(services(c), at, raw, c->call->a) };

        return change_commit(c, &edit, 1);
}

static void answer(struct change *c, const char *name, const char *what, struct json_value service) {
        struct json_writer w;

        change_success_begin(c, &w, arena_printf(c->call->a, "Notification service '%s' %s", name, what));
        json_key(&w, "service");
        config_write_service(&w, service, false);
        json_end_object(&w);
}

static bool is_set(struct json_value v) {
        return json_present(v) && json_type(v) != JSON_NULL;
}

/* The same object under that name. */
static bool name_it(struct call *call, struct json_value *object, struct slice name, struct json_doc **ret) {
        struct buf text AUTO(buf_release) = BUF_INIT(FORM_MAX);
        const struct json_member member = { "name", name };
        struct json_writer w;
        struct error err = ERROR_INIT;

        json_writer_init(&w, &text, JSON_COMPACT);
        json_merge_object(&w, *object, &member, 1);
        if (json_parse(arena_strndup(call->a, buf_str(&text), text.len), text.len, CONFIG_TOKENS_MAX, ret, &err) < 0) {
                api_fail(call, &err);
                return false;
        }
        *object = json_root(*ret);
        return true;
}

/* The body as an object with its name; that of the service that is there holds where it has none. */
static bool read_service(struct change *c, struct json_doc *given, struct json_value present, struct json_doc **ret,
                         const char **ret_name) {
        struct json_value root = json_root(given);
        struct json_doc *named AUTO_JSON = NULL;
        const char *name;

        if (!api_is_object(c->call, root))
                return false;
        if (!is_set(json_get(root, "name")) && json_present(present) &&
            !name_it(c->call, &root, json_raw(json_get(present, "name")), &named))
                return false;
        if (!is_set(json_get(root, "name")))
                change_issue(c, arena_printf(c->call->a, "%s.name", c->below), CHANGE_MISSING);
        name = json_string(json_get(root, "name"), c->call->a);
        *ret_name = name ? name : "";
        return change_unmask(c, json_raw(root), root, present, ret);
}

static void post_service(struct call *call) {
        struct json_doc *given AUTO_JSON = NULL, *service AUTO_JSON = NULL;
        struct json_value other;
        const char *name;
        size_t at;

        if (!api_body(call, &given))
                return;
        struct change c AUTO(change_end);
        if (!change_begin(&c, call, ""))
                return;
        at = json_count(services(&c));
        c.below = arena_printf(call->a, "notifications.services[%zu]", at);
        if (!read_service(&c, given, (struct json_value){ .doc = NULL }, &service, &name))
                return;
        (void)find(services(&c), name, &other);
        if (json_present(other))
                api_error(call, 400, "Service with name '%s' already exists", name);
        else if (commit(&c, at, json_raw(json_root(service))))
                answer(&c, name, "added", json_root(service));
}

static void not_found(struct call *call) {
        api_error(call, 404, "Service '%s' not found", call->params[0]);
}

static void put_service(struct call *call) {
        struct json_doc *given AUTO_JSON = NULL, *service AUTO_JSON = NULL;
        struct json_value present, other;
        const char *name;
        size_t at;

        if (!api_body(call, &given))
                return;
        struct change c AUTO(change_end);
        if (!change_begin(&c, call, ""))
                return;
        at = find(services(&c), call->params[0], &present);
        c.below = arena_printf(call->a, "notifications.services[%zu]", at);
        if (!json_present(present)) {
                not_found(call);
                return;
        }
        if (!read_service(&c, given, present, &service, &name))
                return;
        (void)find(services(&c), name, &other);
        if (!str_eq(name, call->params[0]) && json_present(other))
                api_error(call, 400, "Service with name '%s' already exists", name);
        else if (commit(&c, at, json_raw(json_root(service))))
                answer(&c, name, "updated", json_root(service));
}

static void delete_service(struct call *call) {
        struct json_value present;
        size_t at;
        struct change c AUTO(change_end);

        if (!change_begin(&c, call, ""))
                return;
        at = find(services(&c), call->params[0], &present);
        c.takes_out = true;
        if (!json_present(present))
                not_found(call);
        else if (commit(&c, at, (struct slice){ NULL, 0 }))
                change_success(&c, arena_printf(call->a, "Notification service '%s' deleted", call->params[0]));
}

/* ---- Its test ---- */

struct test {
        struct call *call;
        struct notify_test *under_way;
        const char *name;
};

static void tested(void *arg, const struct error *err) {
        struct test *t = arg;

        if (err)
                api_error(t->call, 502, "Service '%s': %s", t->name, err->msg);
        else
                api_success(t->call, "Test notification sent successfully");
        api_answer(t->call);
}

static void client_gone(void *arg) {
        struct test *t = arg;

        notify_test_cancel(t->under_way);
}

static void send_test(struct call *call, const struct service *service) {
        struct test *t = arena_new(call->a, struct test);
        struct error err = ERROR_INIT;
        const char *host = pass_host(call->api->pass);

        *t = (struct test){ .call = call, .name = arena_strdup(call->a, service->name) };
        if (notify_test_begin(call->api->setup->net, service, host, tested, t, &t->under_way, &err) < 0)
                api_error(call, 502, "Service '%s': %s", t->name, err.msg);
        else
                api_later(call, client_gone, t);
}

static void post_test(struct call *call) {
        const char *name = call->params[0];
        struct service service;

        if (!notify_find(call->api->config, name, &service))
                not_found(call);
        else if (!service.enabled)
                api_error(call, 400, "Service '%s' is disabled", name);
        else if (service.wrong)
                api_refuse(call, "value_error", "path", "name", arena_printf(call->a, "Service '%s': %s", name, service.wrong));
        else
                send_test(call, &service);
}

const struct route api_notifications_routes[] = {
        { .method = HTTP_GET,
          .path = "/api/notifications/config",
          .right = RIGHT_READ,
          .handle = get_config,
          .summary = "Notification services and filters",
          .query = "secrets:boolean",
          .codes = "200,422" },
        { .method = HTTP_PUT,
          .path = "/api/notifications/config",
          .right = RIGHT_CHANGE,
          .handle = put_config,
          .summary = "Change enabled, services or event_filters",
          .body = "application/json",
          .codes = "200,409,415,422,500,503" },
        { .method = HTTP_POST,
          .path = "/api/notifications/services",
          .right = RIGHT_CHANGE,
          .handle = post_service,
          .summary = "Add a service",
          .body = "application/json",
          .codes = "200,400,409,415,422,500,503" },
        { .method = HTTP_PUT,
          .path = "/api/notifications/services/{name}",
          .right = RIGHT_CHANGE,
          .handle = put_service,
          .summary = "Replace a service",
          .body = "application/json",
          .codes = "200,400,404,409,415,422,500,503" },
        { .method = HTTP_DELETE,
          .path = "/api/notifications/services/{name}",
          .right = RIGHT_CHANGE,
          .handle = delete_service,
          .summary = "Delete a service",
          .codes = "200,404,409,500,503" },
        { .method = HTTP_POST,
          .path = "/api/notifications/test/{name}",
          .right = RIGHT_CHANGE,
          .handle = post_test,
          .summary = "Send a test through a service",
          .codes = "200,400,404,422,502" },
        { .path = NULL },
};
