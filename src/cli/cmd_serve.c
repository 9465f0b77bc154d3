/* SPDX-License-Identifier: MIT */
/* `docker autoheal serve`: opens what the service needs, and hands it the signals. */
#include "cli_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"
#include "autoheal/os/wake.h"
#include "autoheal/record/metrics.h"
#include "autoheal/serve/serve.h"

#include <malloc.h>
#include <signal.h>

/* An engine that has not answered a question by then is not there. A pass alone has more time: nothing else waits for it. */
#define PATIENCE_S 15

static int load_config(void *arg, struct config *ret, struct config_issues *issues, struct arena *a, struct error *err) {
        struct session *s = arg;
        const char *text = NULL;
        size_t len = 0;
        if (store_read_config(s->store, a, &text, &len, err) < 0)
                return -1;
        const char *shown = arena_printf(a, "%s/config.json", s->location.path);
        return config_load(ret, shown, text, len, s->env, s->n_env, issues, a, err);
}

static void count_request(void *arg, const char *operation, int code) {
        metrics_engine_request(arg, operation, code);
}

/* It lives for months: what it does not need goes back, unlike in a pass that ends at once. */
static void give_freed_memory_back(void) {
#ifdef M_MMAP_THRESHOLD
        (void)mallopt(M_MMAP_THRESHOLD, 128 * 1024);
        (void)mallopt(M_TRIM_THRESHOLD, 128 * 1024);
        (void)mallopt(M_TOP_PAD, 0);
#endif
}

static int serve(struct session *s, struct metrics *metrics, struct error *err) {
        const struct options *o = &s->cli->options;
        struct serve_setup setup = { .net = s->net,
                                     .engine = s->engine,
                                     .endpoint = &s->endpoint,
                                     .store = s->store,
                                     .data_dir = s->location.path,
                                     .identity = s->identity,
                                     .metrics = metrics,
                                     .load_config = load_config,
                                     .arg = s,
                                     .env = s->env,
                                     .n_env = s->n_env,
                                     .no_auth = o->no_auth,
                                     .print_link = o->print_link,
                                     .stop = &s->interrupted,
                                     .abandon = &s->abandon,
                                     .reload = &s->reload,
                                     .look = &s->look };
        engine_set_patience(s->engine, PATIENCE_S);
        engine_on_request(s->engine, count_request, metrics);
        return serve_run(&setup, err);
}

int cmd_serve(struct cli *cli) {
        struct session s = { .cli = cli };
        struct error err = ERROR_INIT;
        struct metrics *metrics = metrics_new();
        struct now now = clock_read();
        give_freed_memory_back();
        int status;
        if (session_open(&s, cli, STORE_WRITE, &err) < 0 || store_lock_pass(s.store, now, NULL, &err) < 0) {
                if (s.identity[0])
                        log_warn("%s", s.identity);
                status = session_fail(&err);
        } else {
                store_say_serving(s.store, now);
                s.serves = true;
                wake_catch_too(SIGUSR1);
                status = serve(&s, metrics, &err) < 0 ? err_exit_status(err.code) : 0;
        }
        session_close(&s);
        metrics_free(metrics);
        return status;
}
