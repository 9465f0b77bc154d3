/* SPDX-License-Identifier: MIT */
/* The configuration that is in force, what becomes of it when config.json changes, and the log that it describes. */
#include "serve_internal.h"

#include "autoheal/os/clock.h"

#define ARENA_BLOCK ((size_t)16 * 1024)
#define EMPTY_MS    2000
#define KEPT_MAX    100 /* warnings that /api/status tells */

static struct log_shape shape_of(const struct config *c) {
        return (struct log_shape){ .least = log_level_parse(c->observability.log_level),
                                   .json = str_eq(c->observability.log_format, "json"),
                                   .max_bytes = c->observability.log_max_bytes,
                                   .keep = c->observability.log_keep };
}

static void tell_warnings(const struct config_issues *issues) {
        for (size_t i = 0; i < issues->n; i++)
                if (!issues->items[i].is_error)
                        log_note(issues->items[i].is_note ? LEVEL_INFO : LEVEL_WARNING, "config", "%s: %s", issues->items[i].where,
                                 issues->items[i].message);
}

static void keep_warnings(struct api *api, const struct config_issues *issues, struct arena *a) {
        api->config_warnings = arena_array(a, KEPT_MAX, sizeof(*api->config_warnings));
        api->n_config_warnings = 0;
        for (size_t i = 0; i < issues->n && api->n_config_warnings < KEPT_MAX; i++) {
                const struct config_issue *issue = &issues->items[i];
                if (!issue->is_error && !issue->is_note)
                        api->config_warnings[api->n_config_warnings++] = arena_printf(a, "%s: %s", issue->where, issue->message);
        }
}

static void tell_zone(const struct config *c) {
        const char *zone = pass_unknown_zone(c);
        if (zone)
                log_note(LEVEL_WARNING, "config",
                         "TZ is '%s', which is not known here: UTC is taken for local time, and windows are open when nobody "
                         "expects it",
                         zone);
}

static int load(struct serve *s, struct config *ret, struct arena *ret_arena, struct error *err) {
        struct arena a = ARENA_INIT(ARENA_BLOCK), scratch AUTO(arena_release) = ARENA_INIT(ARENA_BLOCK);
        struct config_issues issues = CONFIG_ISSUES_INIT(&scratch);
        struct config c;
        if (s->setup->load_config(s->setup->arg, &c, &issues, &a, err) < 0) {
                arena_release(&a);
                return -1;
        }
        struct log_shape shape = shape_of(&c);
        if (!s->log) {
                s->log = log_file_new(s->setup->data_dir, &shape, true);
                log_attach(s->log);
        }
        log_file_reshape(s->log, &shape);
        tell_warnings(&issues);
        keep_warnings(&s->api, &issues, &a);
        tell_zone(&c);
        if (c.observability.textfile)
                log_note(LEVEL_WARNING, "config", "observability.textfile: serve writes no such file, it answers /metrics");
        *ret = c;
        *ret_arena = a;
        return 0;
}

int serve_configure(struct serve *s, struct error *err) {
        (void)store_config_news(s->setup->store);
        if (load(s, &s->config, &s->config_arena, err) < 0)
                return -1;
        s->api.config = &s->config;
        s->listens = serve_places(&s->config);
        metrics_config_valid(s->api.metrics, true);
        return 0;
}

static void tell(struct serve *s, const char *status, const char *message) {
        struct event e = {
                .at_us = clock_read().wall_us, .type = EVENT_CONFIG, .status = status, .message = message, .duration_ms = -1
        };
        pass_tell(s->api.pass, &e);
}

/* Said once for each thing that is wrong: the file is looked at again and again. */
static void keep_present(struct serve *s, const char *why) {
        char message[1024];
        if (s->config_error && str_eq(s->config_error, why))
                return;
        free(s->config_error);
        s->config_error = xstrdup(why);
        s->api.config_error = s->config_error;
        api_changed(&s->api);
        metrics_config_valid(s->api.metrics, false);
        (void)snprintf(message, sizeof(message), "the configuration that was read last stays in force: %s", why);
        tell(s, "failure", message);
        streams_config(&s->api);
}

static void retire(struct serve *s) {
        struct retired *r = xcalloc(1, sizeof(*r));
        r->arena = s->config_arena;
        r->next = s->retired;
        s->retired = r;
}

static void forget_newest(struct serve *s) {
        struct retired *r = s->retired;
        s->retired = r->next;
        arena_release(&r->arena);
        free(r);
}

/* The oldest was in force at the last turn. No turn was made with those that came and went since: they would pile up. */
static void forget_unused(struct serve *s) {
        while (s->retired && s->retired->next)
                forget_newest(s);
}

void serve_forget_retired(struct serve *s) {
        while (s->retired)
                forget_newest(s);
}

static void forget_empty(struct serve *s) {
        if (s->empty_timer)
                net_timer_cancel(s->setup->net, s->empty_timer);
        s->empty_timer = 0;
}

void serve_forget_config(struct serve *s) {
        forget_empty(s);
        serve_forget_retired(s);
        arena_release(&s->config_arena);
        free(s->config_error);
        free(s->listens);
}

static void compare_places(const struct serve *s) {
        char *places AUTO_FREE = serve_places(&s->config);
        if (!str_eq(places, s->listens))
                log_note(LEVEL_WARNING, "config", "where to listen has changed: that takes a restart of serve");
}

static void read_anew(struct serve *s) {
        struct arena a;
        struct config next;
        struct error why = ERROR_INIT;
        forget_empty(s);
        if (load(s, &next, &a, &why) < 0) {
                keep_present(s, why.msg);
                return;
        }
        retire(s);
        s->config = next;
        s->config_arena = a;
        api_changed(&s->api);
        metrics_config_valid(s->api.metrics, true);
        log_note(LEVEL_INFO, "config", "the configuration was read anew");
        compare_places(s);
        if (s->config_error) {
                free(s->config_error);
                s->config_error = NULL;
                s->api.config_error = NULL;
                tell(s, "success", "the configuration is in force again");
        }
        streams_config(&s->api);
        pass_config_changed(s->api.pass);
}

static void still_empty(void *arg) {
        struct serve *s = arg;
        s->empty_timer = 0;
        read_anew(s);
}

/* Other programs empty the file first, and write it a moment later. */
static bool waits_for_content(struct serve *s) {
        struct arena a AUTO(arena_release) = ARENA_INIT(ARENA_BLOCK);
        const char *text = NULL;
        size_t len = 0;
        if (store_read_config(s->setup->store, &a, &text, &len, NULL) < 0 || !text || len > 0)
                return false;
        forget_empty(s);
        s->empty_timer = net_timer(s->setup->net, EMPTY_MS, still_empty, s);
        return true;
}

/* Many programs write a file by removing the old one first: for that moment nothing shall change. */
void serve_look_at_config(struct serve *s) {
        enum store_news news = store_config_news(s->setup->store);
        forget_unused(s);
        if (news == STORE_GONE)
                keep_present(s, "config.json is gone (SIGHUP: go on with the defaults)");
        else if (news == STORE_CHANGED && !waits_for_content(s))
                read_anew(s);
}

void serve_reload(struct serve *s) {
        (void)store_config_news(s->setup->store);
        read_anew(s);
}

void api_config_changed(struct api *api) {
        serve_reload((struct serve *)api);
}

void api_look_at_config(struct api *api) {
        serve_look_at_config((struct serve *)api);
}
