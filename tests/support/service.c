/* SPDX-License-Identifier: MIT */
/* A serve in a scene. */
#include "support/service.h"

#include "autoheal/util/buf.h"

#define AWAIT_MS 30000

struct wish {
        struct scene *s;
        const char *what, *text;
        size_t n;
};

char *service_get(struct scene *s, const char *path) {
        struct buf url AUTO(buf_release) = BUF_INIT(4096);
        AUTO_FREE char *socket = path_join(s->dir, "api.sock");
        struct output o = { 0 };
        buf_addf(&url, "http://localhost%s", path);
        const char *const argv[] = { "/usr/bin/curl", "-s", "-m", "20", "--unix-socket", socket, buf_str(&url), NULL };
        run_program(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, &o);
        char *body = xstrdup(o.exit_code == 0 ? o.out : "");
        output_release(&o);
        return body;
}

static bool answers(void *arg) {
        AUTO_FREE char *body = service_get(arg, "/health");
        return body[0] != '\0';
}

pid_t service_start(struct scene *s, const char *arguments) {
        struct buf text AUTO(buf_release) = BUF_INIT(4096);
        buf_addf(&text, "AUTOHEAL_UI_LISTEN_ADDRESS=unix://%s/api.sock", s->dir);
        scene_env(s, buf_str(&text));
        buf_clear(&text);
        buf_addf(&text, "serve %s", arguments);
        pid_t pid = scene_start(s, buf_str(&text));
        if (!eventually(answers, s, AWAIT_MS))
                fail_msg("serve does not answer");
        return pid;
}

size_t service_count_log(struct scene *s, const char *text) {
        AUTO_FREE char *log = file_there(s->data, "logs/autoheal.log") ? data_get(s, "logs/autoheal.log") : xstrdup("");
        size_t n = 0;
        for (const char *p = log; (p = strstr(p, text)); p += strlen(text))
                n++;
        return n;
}

static bool log_holds(void *arg) {
        struct wish *w = arg;
        return service_count_log(w->s, w->text) >= w->n;
}

void service_await_log(struct scene *s, const char *text, size_t n) {
        struct wish w = { .s = s, .text = text, .n = n };
        if (eventually(log_holds, &w, AWAIT_MS))
                return;
        AUTO_FREE char *log = file_there(s->data, "logs/autoheal.log") ? data_get(s, "logs/autoheal.log") : xstrdup("no log");
        fail_msg("not %zu times '%s' in:\n%s", n, text, log);
}

static bool answer_holds(void *arg) {
        struct wish *w = arg;
        AUTO_FREE char *body = service_get(w->s, w->what);
        return strstr(body, w->text) != NULL;
}

void service_await(struct scene *s, const char *path, const char *text) {
        struct wish w = { .s = s, .what = path, .text = text };
        if (eventually(answer_holds, &w, AWAIT_MS))
                return;
        AUTO_FREE char *body = service_get(s, path);
        fail_msg("no '%s' in %s:\n%s", text, path, body);
}

static bool events_are_there(void *arg) {
        struct wish *w = arg;
        return count_events(w->s, w->what, w->text) >= w->n;
}

void service_await_events(struct scene *s, const char *type, const char *stable_id, size_t n) {
        struct wish w = { .s = s, .what = type, .text = stable_id, .n = n };
        if (eventually(events_are_there, &w, AWAIT_MS))
                return;
        AUTO_FREE char *log = file_there(s->data, "logs/autoheal.log") ? data_get(s, "logs/autoheal.log") : xstrdup("no log");
        for (char *q = log; *q; q += strcspn(q, "\n") + 1)
                print_error("%.*s\n", (int)strcspn(q, "\n"), q);
        fail_msg("not %zu events '%s' about '%s'", n, type, stable_id ? stable_id : "any");
}
