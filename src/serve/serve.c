/* SPDX-License-Identifier: MIT */
/* The loop: the pass that goes on, HTTP beside it, and what a person or the system asks of it by signals. */
#include "autoheal/serve/serve.h"

#include "autoheal/os/clock.h"
#include "autoheal/record/record.h"
#include "autoheal/util/text.h"
#include "metadata_json.h"
#include "serve/wish.h"
#include "serve_internal.h"

#include <malloc.h>

/* Everybody waits while the loop waits for the lock on the state, and what needs it can be tried again. */
#define LOCK_PATIENCE_MS 200
#define WAITED_NAMED_MAX 10
/* For who is still sending, or does not take his answer. */
#define LAST_ANSWERS_MS 2000
/* For messages that are on their way; the rest waits in the outbox. */
#define LAST_MESSAGES_MS 3000

/* ---- What the pass tells ---- */

static void event_told(void *arg, const struct event *e) {
        struct serve *s = arg;
        record_log(e);
        metrics_event(s->api.metrics, e);
        streams_event(&s->api, e);
}

static void action_began(void *arg, const struct plan_item *item) {
        (void)arg;
        log_note(LEVEL_INFO, "pass", "%s %s begins: %s", decision_name(item->decision), item->container->name, item->detail);
}

static void action_ended(void *arg, const struct result *result) {
        struct serve *s = arg;
        metrics_result(s->api.metrics, result);
}

static void check_ended(void *arg, const struct check_result *result) {
        struct serve *s = arg;
        metrics_check(s->api.metrics, result);
        log_note(LEVEL_DEBUG, "pass", "check of %s: %s: %s", result->container_name, check_outcome_name(result->outcome),
                 result->detail);
}

static void notified(void *arg, const char *service, enum notified what, const char *why, int64_t again_s) {
        struct serve *s = arg;
        record_log_notified(service, what, why, again_s);
        metrics_notified(s->api.metrics, service, what);
}

static void hook_began(void *arg, enum hook hook, const struct event *about) {
        (void)arg;
        log_note(LEVEL_DEBUG, "hook", "%s %s: begins", hook_name(hook), about->container_name);
}

static void hook_ended(void *arg, const struct hook_result *r) {
        (void)arg;
        record_log_hook(r);
}

static void outbox_changed(void *arg, const struct error *why) {
        (void)arg;
        if (why)
                log_note(LEVEL_ERROR, "notify", "the outbox cannot be saved, messages wait in memory: %s", why->msg);
        else
                log_note(LEVEL_INFO, "notify", "the outbox is saved again");
}

static void engine_event_came(void *arg, const char *action) {
        struct serve *s = arg;
        metrics_engine_event(s->api.metrics, action);
}

/* What a list of a thousand containers needed is not needed again before the next burst. */
static void give_memory_back(void) {
#ifdef __GLIBC__
        if (mallinfo2().fordblks > (size_t)256 * 1024)
                (void)malloc_trim(0);
#endif
}

static void show_status(struct serve *s, const char *text) {
        if (str_eq(s->status, text))
                return;
        (void)snprintf(s->status, sizeof(s->status), "%s", text);
        notifier_tell(&s->notifier, "STATUS=%s", text);
}

static void engine_changed(void *arg, bool up, const char *why) {
        struct serve *s = arg;
        char text[sizeof(s->status)];
        metrics_engine_up(s->api.metrics, up);
        streams_engine(&s->api);
        if (up)
                return;
        s->connected = false;
        wait_engine_lost(&s->api);
        (void)snprintf(text, sizeof(text), "the engine is away: %s", why);
        show_status(s, text);
}

/* That it is connected once each time; the holds, which come with every turn, at level DEBUG alone. */
static void say_turn(struct serve *s, const struct plan *plan, int64_t monitored) {
        if (!s->connected)
                log_note(LEVEL_INFO, "engine", "connected: %zu container%s, %lld monitored", plan->n, plan->n == 1 ? "" : "s",
                         (long long)monitored);
        s->connected = true;
        for (size_t i = 0; i < plan->n; i++)
                if (plan->items[i].decision == DECISION_HOLD)
                        log_note(LEVEL_DEBUG, "pass", "hold %s: %s", plan->items[i].container->name, plan->items[i].detail);
}

static void turn_ended(void *arg) {
        struct serve *s = arg;
        const struct plan *plan = pass_plan(s->api.pass);
        struct pass_turn turn = pass_last_turn(s->api.pass);
        struct pass_summary sum = pass_summary(s->api.pass);
        char text[sizeof(s->status)];
        metrics_turn(s->api.metrics, plan, pass_state(s->api.pass), clock_read(), turn.duration_ms);
        if (turn.listed)
                metrics_health_read(s->api.metrics, plan);
        streams_turn(&s->api);
        serve_forget_retired(s);
        (void)snprintf(text, sizeof(text), "%lld containers monitored, %lld failing, %lld quarantined", (long long)sum.monitored,
                       (long long)sum.failing, (long long)sum.quarantined);
        show_status(s, text);
        say_turn(s, plan, sum.monitored);
        if (turn.listed)
                give_memory_back();
}

/* ---- What is asked of it ---- */

/* Ready is who answers and has looked once, or knows that there is nothing to look at yet. */
static void say_ready(struct serve *s) {
        struct pass_engine e = pass_engine(s->api.pass);
        if (s->ready || (e.last_turn_us == 0 && (e.up || e.since_us == 0) && !pass_store_error(s->api.pass)))
                return;
        s->ready = true;
        notifier_tell(&s->notifier, "READY=1");
}

static void say_what_is_waited_for(struct serve *s) {
        struct buf names AUTO(buf_release) = BUF_INIT(4096);
        const struct in_flight *f;
        size_t n = pass_under_way(s->api.pass, &f), hooks = pass_hooks_under_way(s->api.pass);
        for (size_t i = 0; i < n && i < WAITED_NAMED_MAX; i++)
                buf_addf(&names, "%s %s %s for %lld s", i ? "," : "", decision_name(f[i].decision), f[i].stable_id,
                         (long long)((clock_read().wall_us - f[i].since_us) / US_PER_S));
        if (n > WAITED_NAMED_MAX)
                buf_addf(&names, " and %zu more", n - WAITED_NAMED_MAX);
        if (hooks > 0)
                buf_addf(&names, "%s %zu hook%s", n > 0 ? "," : "", hooks, hooks == 1 ? "" : "s");
        if (n == 0 && pass_is_idle(s->api.pass))
                log_note(LEVEL_INFO, "serve", "stopping");
        else
                log_note(LEVEL_INFO, "serve", "stopping: waiting for what is under way:%s", buf_str(&names));
}

/* Until the last of it has ended, everybody may see how it is; nobody begins anything new. */
static void begin_to_stop(struct serve *s) {
        s->stopping = s->api.stopping = true;
        notifier_tell(&s->notifier, "STOPPING=1");
        /* What is recorded now cannot be tried again. */
        store_set_patience(s->setup->store, STORE_PATIENCE_MS);
        pass_stop(s->api.pass);
        wait_end_all(&s->api, 503, API_STOPPING);
        say_what_is_waited_for(s);
}

static void obey(struct serve *s) {
        const struct serve_setup *setup = s->setup;
        if (*setup->stop && !s->stopping)
                begin_to_stop(s);
        if (s->stopping)
                return;
        if (*setup->reload != s->reloads) {
                s->reloads = *setup->reload;
                notifier_tell(&s->notifier, "RELOADING=1");
                log_file_reopen(s->log);
                serve_reload(s);
                if (s->ready)
                        notifier_tell(&s->notifier, "READY=1");
        }
        if (*setup->look != s->looks) {
                s->looks = *setup->look;
                pass_want_list(s->api.pass);
        }
}

/* From the loop itself: if that hangs, the manager hears nothing more and starts another. */
static void show_life(void *arg) {
        struct serve *s = arg;
        notifier_tell(&s->notifier, "WATCHDOG=1");
        (void)net_timer(s->setup->net, s->notifier.watchdog_ms / 2, show_life, s);
}

/* Said once, and once more when it can. */
static void watch_disk(struct serve *s) {
        const struct error *state = pass_store_error(s->api.pass), *history = pass_events_error(s->api.pass);
        if (state && !s->unsaved)
                log_note(LEVEL_ERROR, "store", "%s: %s",
                         state->code == ERR_LOCKED ? "nothing is decided until the state lock is free"
                                                   : "the state cannot be saved, it goes on from memory",
                         state->msg);
        else if (history && !state && !s->untold)
                log_note(LEVEL_ERROR, "store", "what is done cannot be added to the history: %s", history->msg);
        else if (!state && !history && (s->unsaved || s->untold))
                log_note(LEVEL_INFO, "store", "everything is saved again");
        s->unsaved = state != NULL;
        s->untold = history != NULL;
}

static void save_rest(struct serve *s) {
        struct error err = ERROR_INIT;
        if (pass_save_rest(s->api.pass, &err) < 0)
                log_note(LEVEL_ERROR, "store", "what could not be saved until now is lost: %s", err.msg);
}

static void deliver_rest(struct serve *s) {
        struct error err = ERROR_INIT;
        if (pass_deliver(s->api.pass, LAST_MESSAGES_MS, &err) < 0)
                log_note(LEVEL_ERROR, "notify", "messages that could not be delivered are lost: %s", err.msg);
}

static void answers_took_too_long(void *arg) {
        struct serve *s = arg;
        s->hung_up = true;
}

/* What was under way has ended, and whoever waited for it has his answer. */
static bool has_stopped(struct serve *s) {
        if (!s->stopping || !pass_is_idle(s->api.pass))
                return false;
        if (s->api.http && !s->hanging_up)
                http_server_stop(s->api.http);
        if (s->hung_up || !s->api.http || http_server_connections(s->api.http) == 0)
                return true;
        if (!s->hanging_up)
                (void)net_timer(s->setup->net, LAST_ANSWERS_MS, answers_took_too_long, s);
        s->hanging_up = true;
        return false;
}

static int turn_round(struct serve *s, struct error *err) {
        while (!*s->setup->abandon) {
                /* A loop that nothing would ever wake again looks for work itself. */
                if (!net_run(s->setup->net))
                        pass_want_list(s->api.pass);
                obey(s);
                if (!s->stopping)
                        serve_look_at_config(s);
                if (pass_step(s->api.pass, err) < 0)
                        return -1;
                watch_disk(s);
                streams_others(&s->api);
                if (has_stopped(s)) {
                        save_rest(s);
                        deliver_rest(s);
                        return 0;
                }
                say_ready(s);
        }
        if (pass_is_idle(s->api.pass))
                return 0;
        return error_set(err, ERR_INTERRUPTED, "interrupted; what was under way is left to the engine");
}

/* ---- From the beginning to the end ---- */

static int open_pass(struct serve *s, struct error *err) {
        const struct serve_setup *setup = s->setup;
        struct pass_setup pass_setup = { .net = setup->net,
                                         .engine = setup->engine,
                                         .endpoint = setup->endpoint,
                                         .store = setup->store,
                                         .config = &s->config,
                                         .on_start = action_began,
                                         .on_result = action_ended,
                                         .on_check = check_ended,
                                         .on_event = event_told,
                                         .notifies = true,
                                         .on_hook_start = hook_began,
                                         .on_hook = hook_ended,
                                         .on_notified = notified,
                                         .on_outbox = outbox_changed,
                                         .on_turn = turn_ended,
                                         .on_engine = engine_changed,
                                         .on_engine_event = engine_event_came,
                                         .arg = s };
        return pass_open(&pass_setup, &s->api.pass, err);
}

static void say_link(const struct serve *s) {
        struct buf token AUTO(buf_release) = BUF_INIT(4 * sizeof(s->api.token));
        const struct config *c = &s->config;
        const char *host = c->ui.listen_address;
        if (!s->setup->print_link)
                return;
        if (!c->ui.enable || strncmp(host, "unix:", strlen("unix:")) == 0) {
                log_warn("there is no link to print: a browser needs ui.enable and an address with a port");
                return;
        }
        if (str_eq(host, "0.0.0.0") || str_eq(host, "::"))
                host = "localhost";
        bool v6 = strchr(host, ':') != NULL;
        /* Browsers write some characters of a fragment in another way, and then a '%' could mean two things. */
        text_percent_encode(&token, s->api.token);
        (void)fprintf(stderr, "http://%s%s%s:%d/%s%s\n", v6 ? "[" : "", host, v6 ? "]" : "",
                      http_server_port(s->api.http, LISTENER_API), token.len ? "#token=" : "", buf_str(&token));
}

static void say_token(const struct serve *s) {
        const char *source = api_token_source(&s->api);
        if (source[0])
                log_note(LEVEL_INFO, "http", "the token of the API is in %s", source);
        else if (serve_is_reached_from_here_alone(s))
                log_note(LEVEL_WARNING, "http", "the API asks nobody for a token (--no-auth)");
        else
                log_note(LEVEL_ERROR, "http",
                         "the API asks nobody for a token (--no-auth): whoever reaches %s can restart containers and change the "
                         "configuration",
                         s->config.ui.listen_address);
}

/* Before this, it may still end with an error that is all there is to say. */
static void say_beginning(struct serve *s) {
        log_note(LEVEL_INFO, "serve", "docker-autoheal " AUTOHEAL_VERSION " serves the engine at %s with data directory %s",
                 s->setup->endpoint->text, s->setup->data_dir);
        if (s->setup->identity[0])
                log_note(LEVEL_INFO, "serve", "%s", s->setup->identity);
        serve_say_places(s);
        if (s->api.http && s->config.ui.enable)
                say_token(s);
        say_link(s);
}

static int begin(struct serve *s, struct error *err) {
        notifier_open(&s->notifier);
        if (serve_configure(s, err) < 0)
                return -1;
        if (open_pass(s, err) < 0)
                return -1;
        store_set_patience(s->setup->store, LOCK_PATIENCE_MS);
        if (api_open(&s->api, err) < 0 || serve_listen(s, err) < 0)
                return -1;
        store_say_places(s->setup->store, *s->listens ? s->listens : "nowhere\n");
        say_beginning(s);
        if (s->notifier.watchdog_ms)
                show_life(s);
        return 0;
}

/* To the log, and to standard error where people look for what went wrong. */
static void say_failure(struct serve *s, const struct error *err) {
        log_file_hush(s->log);
        if (err->code == ERR_INTERRUPTED)
                log_warn("%s", err->msg);
        else
                log_error("%s", err->msg);
}

static void end(struct serve *s) {
        http_server_free(s->api.http);
        api_close(&s->api);
        pass_free(s->api.pass);
        serve_forget_config(s);
        notifier_close(&s->notifier);
        log_attach(NULL);
        log_file_free(s->log);
}

int serve_run(const struct serve_setup *setup, struct error *err) {
        struct serve s = { .setup = setup,
                           .api = { .setup = setup, .metrics = setup->metrics, .began = clock_read() },
                           .reloads = *setup->reload,
                           .looks = *setup->look,
                           .notifier = { .fd = -1 },
                           .config_arena = ARENA_INIT(4096) };
        int r = begin(&s, err);
        if (r == 0)
                r = turn_round(&s, err);
        if (r == 0)
                log_note(LEVEL_INFO, "serve", "ended");
        else
                say_failure(&s, err);
        end(&s);
        return r;
}
