/* SPDX-License-Identifier: MIT */
/* `docker autoheal notify test`: a message to one service or to all, and what they answered. */
#include "cli_internal.h"

#include "autoheal/os/log.h"
#include "autoheal/os/self.h"
#include "autoheal/util/text.h"

struct sending {
        struct tests *all;
        struct service service;
        struct notify_test *test;
        bool ended, failed;
};

struct tests {
        struct session session;
        struct sending *items;
        size_t n, under_way;
        bool failed;
};

static void tested(void *arg, const struct error *err) {
        struct sending *s = arg;
        s->ended = true;
        s->test = NULL;
        s->all->under_way--;
        if (!err) {
                print_line(stdout, "%s: sent", s->service.name);
                return;
        }
        s->all->failed = true;
        (void)fflush(stdout);
        log_error("%s: not sent: %s", s->service.name, err->msg);
}

static void begin(struct tests *t, struct sending *s, const char *host) {
        struct error err = ERROR_INIT;
        t->under_way++;
        if (notify_test_begin(t->session.net, &s->service, host, tested, s, &s->test, &err) < 0)
                tested(s, &err);
}

static void add(struct tests *t, const struct service *service) {
        t->items[t->n++] = (struct sending){ .all = t, .service = *service };
}

static int choose_all(struct tests *t, struct error *err) {
        const struct config *c = &t->session.config;
        struct service alert;
        for (size_t i = 0; i < c->notifications.n_services; i++)
                if (c->notifications.services[i].enabled)
                        add(t, &c->notifications.services[i]);
        if (notify_find(c, SERVICE_ALERT_NAME, &alert) && alert.enabled)
                add(t, &alert);
        if (t->n > 0)
                return 0;
        return error_set(err, ERR_FAILED, "no notification service is enabled: add one to 'notifications.services' of config.json");
}

static int unknown(struct tests *t, const char *name, struct error *err) {
        const struct config *c = &t->session.config;
        const char *names = c->alerts.webhook.text || c->alerts.webhook.file ? "'" SERVICE_ALERT_NAME "'" : "";
        for (size_t i = 0; i < c->notifications.n_services; i++)
                names = arena_printf(&t->session.arena, "%s%s'%s'", names, *names ? ", " : "", c->notifications.services[i].name);
        return *names ? error_set(err, ERR_NOT_FOUND, "no notification service '%s': there are %s", name, names)
                      : error_set(err, ERR_NOT_FOUND, "no notification service '%s': none is configured", name);
}

static int choose(struct tests *t, const char *name, struct error *err) {
        const struct config *c = &t->session.config;
        struct service service;
        t->items = arena_array(&t->session.arena, c->notifications.n_services + 1, sizeof(*t->items));
        if (!name)
                return choose_all(t, err);
        if (!notify_find(c, name, &service))
                return unknown(t, name, err);
        add(t, &service);
        return 0;
}

/* What the last pass wrote down, so that nobody waits for an engine that is away. */
static const char *host_name(struct session *s) {
        struct state known AUTO(state_release);
        char *host = arena_alloc(&s->arena, 256);
        state_init(&known, &s->arena);
        if (store_load(s->store, &known, &s->arena, NULL) == 0 && known.engine_name[0])
                return known.engine_name;
        self_host_name(host, 256);
        return host;
}

static int run(struct tests *t, struct error *err) {
        struct session *s = &t->session;
        const struct options *o = &s->cli->options;
        if (choose(t, o->n_args ? o->args[0] : NULL, err) < 0)
                return -1;
        const char *host = host_name(s);
        for (size_t i = 0; i < t->n; i++)
                begin(t, &t->items[i], host);
        while (t->under_way > 0 && !s->interrupted && net_run(s->net))
                continue;
        for (size_t i = 0; i < t->n; i++)
                notify_test_cancel(t->items[i].test);
        return s->interrupted ? error_set(err, ERR_INTERRUPTED, "interrupted") : 0;
}

int cmd_notify_test(struct cli *cli) {
        struct tests t = { .n = 0 };
        struct error err = ERROR_INIT;
        int status;
        if (session_open(&t.session, cli, STORE_READ, &err) < 0 || run(&t, &err) < 0)
                status = session_fail(&err);
        else
                status = t.failed ? 1 : 0;
        session_close(&t.session);
        return status;
}
