/* SPDX-License-Identifier: MIT */
/* The kinds of probes, and what all of them do at their beginning and at their end. */
#include "probe_internal.h"

#include "autoheal/util/text.h"

#include <stdarg.h>

static void docker_start(struct probe *p) {
        switch (p->ask.health) {
        case HEALTH_HEALTHY:
                probe_end(p, CHECK_PASSED, "healthy");
                break;
        case HEALTH_UNHEALTHY:
                probe_end(p, CHECK_FAILED, "unhealthy");
                break;
        case HEALTH_STARTING:
                probe_end(p, CHECK_UNKNOWN, "the container's own health check has not come to a result yet");
                break;
        default:
                probe_end(p, CHECK_UNKNOWN, "the container has no health check of its own");
        }
}

static probe_start_fn *const starts[HEALTH_CHECK_MAX_] = {
        [HEALTH_CHECK_HTTP] = probe_http_start,
        [HEALTH_CHECK_TCP] = probe_tcp_start,
        [HEALTH_CHECK_EXEC] = probe_exec_start,
        [HEALTH_CHECK_DOCKER] = docker_start,
};

int64_t probe_timeout_ms(const struct probe *p) {
        return 1000 * (p->check.timeout_s < PROBE_TIMEOUT_MAX_S ? p->check.timeout_s : PROBE_TIMEOUT_MAX_S);
}

static void free_probe(struct probe *p) {
        net_timer_cancel(p->net, p->timer);
        net_timer_cancel(p->net, p->look_timer);
        net_cancel(p->net, p->request);
        engine_cancel(p->engine, p);
        buf_release(&p->output);
        arena_release(&p->arena);
        free(p);
}

void probe_cancel(struct probe *p) {
        if (p)
                free_probe(p);
}

static void tell(void *arg) {
        struct probe *p = arg;
        struct check_result result = p->result;
        probe_done_fn *done = p->done;
        void *done_arg = p->arg;
        p->timer = 0;
        free_probe(p);
        done(done_arg, &result);
}

/* Out of whatever callback it ends in, which may be the caller's own. */
void probe_end(struct probe *p, enum check_outcome outcome, const char *fmt, ...) {
        char raw[1024];
        va_list ap;
        va_start(ap, fmt);
        (void)vsnprintf(raw, sizeof(raw), fmt, ap);
        va_end(ap);
        (void)text_escape_into(p->result.detail, sizeof(p->result.detail), raw);
        p->result.outcome = outcome;
        engine_cancel(p->engine, p);
        net_timer_cancel(p->net, p->timer);
        net_timer_cancel(p->net, p->look_timer);
        p->look_timer = 0;
        p->timer = net_timer(p->net, 0, tell, p);
}

static void start(void *arg) {
        struct probe *p = arg;
        p->timer = 0;
        if (p->check.wrong)
                probe_end(p, CHECK_UNKNOWN, "%s", p->check.wrong);
        else
                starts[p->check.kind](p);
}

struct probe *probe_begin(struct net *net, struct engine *engine, const struct probe_ask *ask, probe_done_fn *done, void *arg) {
        struct probe *p = xcalloc(1, sizeof(*p));
        p->net = net;
        p->engine = engine;
        p->done = done;
        p->arg = arg;
        p->arena = (struct arena)ARENA_INIT(1024);
        p->output = (struct buf)BUF_INIT(PROBE_OUTPUT_MAX);
        health_check_copy(&p->check, ask->check, &p->arena);
        p->ask = *ask;
        p->ask.check = &p->check;
        p->ask.container_id = arena_strdup(&p->arena, ask->container_id);
        p->ask.address = arena_strdup(&p->arena, ask->address);
        p->ask.exec_id = arena_strdup(&p->arena, ask->exec_id ? ask->exec_id : "");
        p->result.no_timeout = ask->no_timeout;
        p->timer = net_timer(net, 0, start, p);
        return p;
}

static const char *first_address(const struct container *c) {
        return c->n_addresses > 0 ? c->addresses[0] : NULL;
}

const char *probe_address(const struct observation *obs, const struct container *c) {
        static const char prefix[] = "container:";
        if (c->n_addresses > 0 || strncmp(c->network_mode, prefix, strlen(prefix)) != 0)
                return first_address(c);
        for (size_t i = 0; i < obs->n; i++)
                if (str_eq(obs->containers[i].id, c->network_mode + strlen(prefix)))
                        return first_address(&obs->containers[i]);
        return NULL;
}
