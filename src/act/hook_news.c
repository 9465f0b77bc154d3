/* SPDX-License-Identifier: MIT */
/* What a hook is told: its environment, and the same as JSON. */
#include "hook_internal.h"

#include "autoheal/json/writer.h"
#include "autoheal/util/text.h"
#include "autoheal/util/timefmt.h"

#include <unistd.h>

#define PREFIX    "AUTOHEAL_HOOK"
#define OURS_MAX  16
#define VALUE_MAX 4096

/* Secrets, which a hook that prints its environment would bring into the log, and what the service manager and docker tell us alone. */
static bool is_kept_back(const char *variable) {
        static const char *const names[] = { "AUTOHEAL_API_TOKEN", "AUTOHEAL_ALERTS_WEBHOOK", "WEBHOOK_URL",
                                             "APPRISE_URL",        "NOTIFY_SOCKET",           "WATCHDOG_PID",
                                             "WATCHDOG_USEC",      "DOCKER_CLI_PLUGIN_SOCKET" };
        size_t n = strcspn(variable, "=");

        for (size_t i = 0; i < N_ELEMENTS(names); i++)
                if (strlen(names[i]) == n && strncmp(variable, names[i], n) == 0)
                        return true;
        return strncmp(variable, PREFIX, strlen(PREFIX)) == 0 && (variable[strlen(PREFIX)] == '_' || n == strlen(PREFIX));
}

struct environment {
        const char **items;
        size_t n;
        struct arena *arena;
};

/* One printable line: scripts print it. */
static void add(struct environment *e, const char *name, const char *value) {
        char shown[VALUE_MAX];

        e->items[e->n++] = arena_printf(e->arena, PREFIX "%s=%s", name, text_escape_into(shown, sizeof(shown), value ? value : ""));
}

static void add_number(struct environment *e, const char *name, int64_t n) {
        add(e, name, arena_printf(e->arena, "%lld", (long long)n));
}

const char *const *hook_environment(enum hook which, const struct hook_news *news, struct arena *a) {
        const struct event *event = news->event;
        struct environment e = { .arena = a };
        size_t n = 0;

        while (environ && environ[n])
                n++;
        e.items = arena_array(a, n + OURS_MAX + 1, sizeof(*e.items));
        for (size_t i = 0; i < n; i++)
                if (!is_kept_back(environ[i]))
                        e.items[e.n++] = environ[i];
        add(&e, "", hook_name(which));
        add(&e, "_CONTAINER", event->container_name);
        add(&e, "_CONTAINER_ID", event->container_id);
        add(&e, "_STABLE_ID", event->stable_id);
        add(&e, "_HOST", news->host);
        add(&e, "_STATUS", event->status);
        add(&e, "_REASON", event->reason);
        add(&e, "_MESSAGE", event->message);
        add_number(&e, "_RESTARTS", event->restart_count);
        add_number(&e, "_MAX_RESTARTS", news->max_restarts);
        if (event->has_exit_code)
                add_number(&e, "_EXIT_CODE", event->exit_code);
        return e.items;
}

static void add_text(struct json_writer *w, const char *key, const char *text) {
        json_key(w, key);
        json_str(w, text && *text ? text : NULL);
}

void hook_document(struct buf *out, enum hook which, const struct hook_news *news) {
        const struct event *event = news->event;
        struct json_writer w;

        json_writer_init(&w, out, JSON_COMPACT);
        json_begin_object(&w);
        add_text(&w, "hook", hook_name(which));
        json_key(&w, "timestamp");
        json_time(&w, event->at_us);
        add_text(&w, "host", news->host);
        add_text(&w, "container_id", event->container_id);
        add_text(&w, "container_name", event->container_name);
        add_text(&w, "stable_id", event->stable_id);
        add_text(&w, "status", event->status);
        add_text(&w, "reason", event->reason);
        add_text(&w, "message", event->message);
        json_key(&w, "restart_count");
        json_num(&w, event->restart_count);
        json_key(&w, "max_restarts");
        json_num(&w, news->max_restarts);
        json_key(&w, "exit_code");
        if (event->has_exit_code)
                json_num(&w, event->exit_code);
        else
                json_null(&w);
        json_key(&w, "oom_killed");
        json_boolean(&w, event->oom_killed);
        add_text(&w, "health_output", event->health_output);
        json_end_object(&w);
        buf_add_char(out, '\n');
}
