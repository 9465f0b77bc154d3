/* SPDX-License-Identifier: MIT */
/* The configuration over HTTP: all of it, whole or in sections, out and in. */
#include "serve/change.h"
#include "serve/multipart.h"
#include "serve/routes.h"
#include "serve/settings_table.h"

#include "autoheal/os/clock.h"
#include "autoheal/util/timefmt.h"

#define WHOLE_MAX  (4 * CONFIG_MAX)
#define EXPORT_MAX (64 * CONFIG_MAX)

/* ---- Secrets ---- */

bool config_wants_secrets(struct call *call, bool *ret) {
        *ret = false;
        if (!api_query_bool(call, "secrets", ret))
                return false;
        if (!*ret || call->has_token)
                return true;
        api_error(call, 403, "secrets in clear need the token: send it as 'Authorization: Bearer TOKEN'");
        return false;
}

/* ---- Reading ---- */

struct json_doc *config_file_now(struct api *api, struct arena *a) {
        const char *text = NULL;
        size_t len = 0;
        struct json_doc *doc = NULL;

        if (store_read_config(api->setup->store, a, &text, &len, NULL) < 0 || !text ||
            json_parse(text, len, CONFIG_TOKENS_MAX, &doc, NULL) < 0)
                return NULL;
        return doc;
}

/* Of a file that is broken what was read last is known, but nothing of what is only kept. */
static struct json_doc *whole_without(struct api *api, const char *path, struct arena *a) {
        struct buf whole AUTO(buf_release) = BUF_INIT(WHOLE_MAX), rest AUTO(buf_release) = BUF_INIT(WHOLE_MAX);
        struct json_doc *file AUTO_JSON = config_file_now(api, a), *doc = NULL;
        const struct config_edit without = { path, NULL };

        config_whole(&whole, api->config, file ? json_root(file) : (struct json_value){ .doc = NULL });
        if (config_edit(&rest, "config.json", buf_str(&whole), whole.len, &without, path ? 1 : 0, NULL) < 0 ||
            json_parse(arena_strndup(a, buf_str(&rest), rest.len), rest.len, CONFIG_TOKENS_MAX, &doc, NULL) < 0)
                return NULL;
        return doc;
}

struct json_doc *config_whole_now(struct api *api, struct arena *a) {
        return whole_without(api, NULL, a);
}

/* The custom checks are a resource of their own, as the reference service has it. */
static void write_config(struct api *api, struct json_writer *w, bool secrets) {
        struct arena a AUTO(arena_release) = ARENA_INIT(16384);
        struct json_doc *doc AUTO_JSON = whole_without(api, "custom_health_checks", &a);

        if (doc)
                config_write(w, "", json_root(doc), secrets);
        else
                json_null(w);
}

void api_write_config(struct api *api, struct json_writer *w) {
        write_config(api, w, false);
}

static void say_if_broken(struct call *call) {
        if (call->api->config_error)
                http_reply_header(&call->reply, "X-Autoheal-Config-Error", call->api->config_error);
}

static void get_config(struct call *call) {
        struct json_writer w;
        bool secrets;

        if (!config_wants_secrets(call, &secrets))
                return;
        say_if_broken(call);
        api_json(call, &w);
        write_config(call->api, &w, secrets);
}

static void get_settings(struct call *call) {
        struct json_doc *file AUTO_JSON = config_file_now(call->api, call->a);
        struct json_writer w;

        say_if_broken(call);
        api_json(call, &w);
        settings_write(call->api, &w, file ? json_root(file) : (struct json_value){ .doc = NULL }, call->a);
}

/* ---- Changing ---- */

static void put_edits(struct call *call, const char *section, bool judges, void (*answer)(struct change *c)) {
        struct json_doc *given AUTO_JSON = NULL, *clear AUTO_JSON = NULL;
        const struct config_edit *edits;
        size_t n;

        if (!api_body(call, &given) || !api_is_object(call, json_root(given)))
                return;
        struct change c AUTO(change_end);
        if (!change_begin(&c, call, section))
                return;
        c.judges = judges;
        if (!change_unmask(&c, json_raw(json_root(given)), json_root(given),
                           *section ? config_at(change_present(&c), section) : change_present(&c), &clear))
                return;
        n = config_edits(section, json_root(clear), change_standing(&c), change_present(&c), &c.issues, &edits);
        if (change_commit(&c, edits, n))
                answer(&c);
}

void config_put(struct call *call, const char *section, void (*answer)(struct change *c)) {
        put_edits(call, section, false, answer);
}

static void put_config_done(struct change *c) {
        change_success(c, "Configuration updated");
}

static void put_monitor_done(struct change *c) {
        change_success(c, "Monitor configuration updated");
}

static void put_restart_done(struct change *c) {
        change_success(c, "Restart configuration updated");
}

static void put_observability_done(struct change *c) {
        change_success(c, "Observability configuration updated");
}

static void put_config(struct call *call) {
        config_put(call, "", put_config_done);
}

static void judged(struct change *c) {
        change_success(c, "It can be saved");
}

static void post_validate(struct call *call) {
        put_edits(call, "", true, judged);
}

static void put_monitor(struct call *call) {
        config_put(call, "monitor", put_monitor_done);
}

static void put_restart(struct call *call) {
        config_put(call, "restart", put_restart_done);
}

static void put_observability(struct call *call) {
        config_put(call, "observability", put_observability_done);
}

/* ---- Out and in ---- */

/* 2026-01-31T12:00:00... as 20260131-120000. */
static const char *export_name(struct arena *a) {
        char iso[TIME_ISO_SIZE];

        time_format_iso(clock_read().wall_us, iso);
        return arena_printf(a, "attachment; filename=autoheal-config-%.4s%.2s%.2s-%.2s%.2s%.2s.json", iso, iso + 5, iso + 8,
                            iso + 11, iso + 14, iso + 17);
}

static void get_export(struct call *call) {
        const char *text = NULL;
        size_t len = 0;
        struct error err = ERROR_INIT;
        struct json_doc *doc AUTO_JSON = NULL;
        struct json_writer w;
        bool secrets;

        if (!call->api->config->ui.allow_export_json) {
                api_error(call, 403, "exporting the configuration over HTTP is switched off (ui.allow_export_json)");
                return;
        }
        if (!config_wants_secrets(call, &secrets))
                return;
        if (store_read_config(call->api->setup->store, call->a, &text, &len, &err) < 0) {
                api_fail(call, &err);
                return;
        }
        if (json_parse(text ? text : "{}", text ? len : 2, CONFIG_TOKENS_MAX, &doc, &err) < 0) {
                api_error(call, 409, "config.json is broken: %s", err.msg);
                return;
        }
        http_reply_header(&call->reply, "Content-Disposition", export_name(call->a));
        call->reply.content_type = "application/json";
        json_writer_init(&w, &call->reply.body, JSON_PRETTY);
        config_write(&w, "", json_root(doc), secrets);
        buf_add_char(&call->reply.body, '\n');
}

static bool file_in_form(struct call *call, struct slice *ret_text) {
        struct multipart form;
        struct error err = ERROR_INIT;
        const struct multipart_part *file;
        size_t n;

        if (multipart_parse(&form, http_header(call->rq, "Content-Type"), call->rq->body, &err) < 0) {
                api_fail(call, &err);
                return false;
        }
        file = multipart_find(&form, "file", &n);
        if (n == 1)
                *ret_text = file->body;
        else
                api_refuse(call, n ? "value_error" : "missing", "body", "file", n ? "comes more than once" : CHANGE_MISSING);
        return n == 1;
}

/* The text of the document that was sent, and what it is as JSON. */
static bool imported(struct call *call, struct slice *ret_text, struct json_doc **ret) {
        struct error err = ERROR_INIT;

        if (!multipart_is(http_header(call->rq, "Content-Type"))) {
                *ret_text = call->rq->body;
                return api_body(call, ret);
        }
        if (!file_in_form(call, ret_text))
                return false;
        if (json_parse(ret_text->p, ret_text->n, CONFIG_TOKENS_MAX, ret, &err) == 0)
                return true;
        if (err.code == ERR_TOO_LARGE)
                api_fail(call, &err);
        else
                api_refuse(call, "json_invalid", "body", "file", arena_printf(call->a, "JSON decode error: %s", err.msg));
        return false;
}

static void post_import(struct call *call) {
        struct json_doc *given AUTO_JSON = NULL, *clear AUTO_JSON = NULL;
        struct slice text, whole;

        if (!call->api->config->ui.allow_import_json) {
                api_error(call, 403, "importing a configuration over HTTP is switched off (ui.allow_import_json)");
                return;
        }
        if (!imported(call, &text, &given) || !api_is_object(call, json_root(given)))
                return;
        struct change c AUTO(change_end);
        if (!change_begin_anew(&c, call) || !change_unmask(&c, text, json_root(given), change_present(&c), &clear))
                return;
        whole = json_raw(json_root(clear));
        if (change_replace(&c, arena_printf(call->a, "%.*s\n", (int)whole.n, whole.p), whole.n + 1))
                change_success(&c, "Configuration imported successfully");
}

#define CHANGED "200,409,415,422,500,503"

const struct route api_config_routes[] = {
        { .method = HTTP_GET,
          .path = "/api/config",
          .right = RIGHT_READ,
          .handle = get_config,
          .summary = "The configuration in force",
          .query = "secrets:boolean",
          .codes = "200,422" },
        { .method = HTTP_PUT,
          .path = "/api/config",
          .right = RIGHT_CHANGE,
          .handle = put_config,
          .summary = "Change what the body names",
          .body = "application/json",
          .codes = CHANGED },
        { .method = HTTP_POST,
          .path = "/api/config/validate",
          .right = RIGHT_CHANGE,
          .handle = post_validate,
          .summary = "What PUT /api/config would say to that; nothing is changed",
          .body = "application/json",
          .codes = "200,409,415,422,503" },
        { .method = HTTP_GET,
          .path = "/api/config/settings",
          .right = RIGHT_READ,
          .handle = get_settings,
          .summary = "Every setting: meaning, bounds, value, and who says so",
          .codes = "200" },
        { .method = HTTP_PUT,
          .path = "/api/config/monitor",
          .right = RIGHT_CHANGE,
          .handle = put_monitor,
          .summary = "Change settings of monitor",
          .body = "application/json",
          .codes = CHANGED },
        { .method = HTTP_PUT,
          .path = "/api/config/restart",
          .right = RIGHT_CHANGE,
          .handle = put_restart,
          .summary = "Change settings of restart",
          .body = "application/json",
          .codes = CHANGED },
        { .method = HTTP_PUT,
          .path = "/api/config/observability",
          .right = RIGHT_CHANGE,
          .handle = put_observability,
          .summary = "Change settings of observability",
          .body = "application/json",
          .codes = CHANGED },
        { .method = HTTP_GET,
          .path = "/api/config/export",
          .right = RIGHT_READ,
          .handle = get_export,
          .summary = "config.json as a file",
          .query = "secrets:boolean",
          .codes = "200,409,422" },
        { .method = HTTP_POST,
          .path = "/api/config/import",
          .right = RIGHT_CHANGE,
          .handle = post_import,
          .summary = "Replace config.json, after a copy of it",
          .body = "multipart/form-data,application/json",
          .codes = "200,415,422,500,503" },
        { .path = NULL },
};
