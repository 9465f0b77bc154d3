/* SPDX-License-Identifier: MIT */
/* A serve of the test's own, and its client. */
#include "support/rest.h"

#include "autoheal/util/arena.h"
#include "autoheal/util/buf.h"
#include "support/port.h"

#include <signal.h>

#include <curl/curl.h>

#define BODY_MAX ((size_t)16 * 1024 * 1024)
#define START_MS 20000

static struct {
        pid_t pid;
        int port;
        bool without_token;
        const char *header; /* of the next request alone */
        struct rest_answer last;
} rest;

static void forget(void) {
        json_doc_free(rest.last.doc);
        free(rest.last.head);
        free(rest.last.body);
        rest.last = (struct rest_answer){ .status = 0 };
}

/* ---- Requests ---- */

static size_t take(char *data, size_t size, size_t n, void *arg) {
        buf_add(arg, data, size * n);
        return size * n;
}

static CURLcode perform(const char *method, const char *path, const char *type, const char *body,
                        curl_mime *(*form)(CURL *, const void *), const void *form_arg) {
        struct buf head AUTO(buf_release) = BUF_INIT(BODY_MAX), text AUTO(buf_release) = BUF_INIT(BODY_MAX);
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct curl_slist *headers = NULL;
        CURL *curl = curl_easy_init();
        curl_mime *mime = form ? form(curl, form_arg) : NULL;
        CURLcode code;

        if (!rest.without_token)
                headers = curl_slist_append(headers, "Authorization: Bearer " REST_TOKEN);
        if (type)
                headers = curl_slist_append(headers, arena_printf(&a, "Content-Type: %s", type));
        if (rest.header)
                headers = curl_slist_append(headers, rest.header);
        rest.header = NULL;
        (void)curl_easy_setopt(curl, CURLOPT_URL, arena_printf(&a, "http://127.0.0.1:%d%s", rest.port, path));
        (void)curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
        (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 20000L);
        if (body)
                (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        if (mime)
                (void)curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime);
        /* As browsers: what comes gzipped is unpacked. */
        (void)curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
        (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
        if (strcmp(method, "HEAD") == 0)
                (void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
        (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
        (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, &head);
        code = curl_easy_perform(curl);
        forget();
        if (code == CURLE_OK) {
                (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &rest.last.status);
                rest.last.head = xstrdup(buf_str(&head));
                rest.last.body = xstrdup(buf_str(&text));
                (void)!json_parse(rest.last.body, strlen(rest.last.body), 1000000, &rest.last.doc, NULL);
        }
        curl_mime_free(mime);
        curl_slist_free_all(headers);
        curl_easy_cleanup(curl);
        return code;
}

static const struct rest_answer *request(const char *method, const char *path, const char *type, const char *body,
                                         curl_mime *(*form)(CURL *, const void *), const void *form_arg) {
        CURLcode code = perform(method, path, type, body, form, form_arg);

        if (code != CURLE_OK)
                fail_msg("%s %s: %s", method, path, curl_easy_strerror(code));
        return &rest.last;
}

const struct rest_answer *rest_send(const char *method, const char *path, const char *content_type, const char *body) {
        return request(method, path, content_type, body, NULL, NULL);
}

const struct rest_answer *rest_get(const char *path) {
        return rest_send("GET", path, NULL, NULL);
}

const struct rest_answer *rest_put(const char *path, const char *json) {
        return rest_send("PUT", path, "application/json", json);
}

const struct rest_answer *rest_post(const char *path, const char *json) {
        return rest_send("POST", path, json ? "application/json" : NULL, json ? json : "");
}

const struct rest_answer *rest_delete(const char *path) {
        return rest_send("DELETE", path, NULL, NULL);
}

struct upload {
        const char *field, *text;
};

static curl_mime *make_form(CURL *curl, const void *arg) {
        const struct upload *u = arg;
        curl_mime *mime = curl_mime_init(curl);
        curl_mimepart *part = curl_mime_addpart(mime);

        (void)curl_mime_name(part, u->field);
        (void)curl_mime_filename(part, "config \"1\".json");
        (void)curl_mime_type(part, "application/json");
        (void)curl_mime_data(part, u->text, CURL_ZERO_TERMINATED);
        return mime;
}

const struct rest_answer *rest_upload(const char *path, const char *field, const char *text) {
        const struct upload u = { field, text };

        return request("POST", path, NULL, NULL, make_form, &u);
}

void rest_with_header(const char *line) {
        rest.header = line;
}

int rest_port(void) {
        return rest.port;
}

pid_t rest_pid(void) {
        return rest.pid;
}

void rest_with_token(bool with) {
        rest.without_token = !with;
}

/* ---- The process ---- */

static bool is_ready(void *arg) {
        (void)arg;
        return perform("GET", "/ready", NULL, NULL, NULL, NULL) == CURLE_OK && rest.last.status == 200;
}

static bool is_there(void *arg) {
        (void)arg;
        return perform("GET", "/health", NULL, NULL, NULL, NULL) == CURLE_OK;
}

void rest_start(struct scene *s) {
        rest_start_as(s, (struct rest_ask){ .early = false });
}

void rest_start_as(struct scene *s, struct rest_ask ask) {
        char line[64], command[256];

        if (!s->fake && !ask.early)
                scene_world(s, "");
        rest.port = port_free();
        (void)snprintf(line, sizeof(line), "AUTOHEAL_UI_LISTEN_PORT=%d", rest.port);
        scene_env(s, line);
        scene_env(s, "AUTOHEAL_OBSERVABILITY_PROMETHEUS_ENABLED=false");
        scene_env(s, "AUTOHEAL_API_TOKEN=" REST_TOKEN);
        (void)snprintf(command, sizeof(command), "serve %s", ask.arguments ? ask.arguments : "");
        rest.pid = scene_start_ask(s, command, (struct run_ask){ .disk_full = ask.disk_full });
        if (!eventually(ask.early ? is_there : is_ready, NULL, START_MS))
                fail_msg("serve does not get ready: status %ld, %s", rest.last.status, rest.last.body ? rest.last.body : "");
}

void rest_stop(void) {
        pid_t pid = rest.pid;

        rest.pid = 0;
        forget();
        rest.without_token = false;
        if (pid)
                assert_int_equal(run_end(pid, SIGTERM), 0);
}

int rest_scene_setup(void **state) {
        return scene_setup(state);
}

int rest_scene_teardown(void **state) {
        pid_t pid = rest.pid;
        int code = 0;

        rest.pid = 0;
        forget();
        rest.without_token = false;
        if (pid)
                code = run_end(pid, SIGTERM);
        return scene_teardown(state) != 0 || code != 0 ? -1 : 0;
}

/* ---- Checks ---- */

struct json_value rest_root(const struct rest_answer *a) {
        return a->doc ? json_root(a->doc) : (struct json_value){ .doc = NULL };
}

void check_status_at(const struct rest_answer *a, long status, const char *file, int line) {
        if (a->status == status)
                return;
        print_error("%ld, not %ld: %s\n", a->status, status, a->body);
        _fail(file, line);
}

static bool is_place(struct json_value loc, const char *wanted) {
        struct buf text AUTO(buf_release) = BUF_INIT(65536);
        struct arena a AUTO(arena_release) = ARENA_INIT(1024);
        struct json_iter it = json_iter(loc);

        while (json_next(&it)) {
                const char *part = json_string(it.value, &a);
                struct slice raw = json_raw(it.value);

                if (text.len)
                        buf_add_char(&text, ',');
                buf_add_str(&text, part ? part : arena_strndup(&a, raw.p, raw.n));
        }
        return strcmp(buf_str(&text), wanted) == 0;
}

void check_refused_at(const struct rest_answer *a, const char *loc, const char *message, const char *file, int line) {
        struct json_iter it = json_iter(json_get(rest_root(a), "detail"));

        check_status_at(a, 422, file, line);
        while (json_next(&it))
                if (is_place(json_get(it.value, "loc"), loc) && json_string_eq(json_get(it.value, "msg"), message))
                        return;
        print_error("no error at '%s' with '%s': %s\n", loc, message, a->body);
        _fail(file, line);
}
