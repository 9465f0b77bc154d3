/* SPDX-License-Identifier: MIT */
/*
 * Checks of our own: begun after a turn, side by side and beside everything else, and written down when they end. A single pass
 * makes those that are due, each once, and goes on until they have ended; a pass that goes on has a timer for the next.
 */
#include "live_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/record/record.h"

#define CHECKS_MAX   256  /* at once: each has a connection */
#define WRITE_GAP_MS 1000 /* what says nothing new waits so long for company: each write waits for the disk */

struct checking {
        struct pass *pass;
        struct probe *probe;
        struct check_result about; /* what is known of it before */
        char container_id[65];
        struct checking *next;
};

/* ---- One run ---- */

static struct probe_ask ask_of(const struct observation *obs, const struct container *c, const struct health_check *check,
                               const struct memory *m) {
        return (struct probe_ask){ .check = check,
                                   .container_id = c->id,
                                   .address = probe_address(obs, c),
                                   .health = c->health,
                                   .exec_id = m ? m->check.exec_id : "",
                                   .exec_pid = m ? m->check.exec_pid : 0,
                                   .last_failed = m && m->check.outcome == CHECK_FAILED,
                                   .last_hung = m && m->check.outcome == CHECK_FAILED && m->check.lingers,
                                   .no_timeout = m && m->check.no_timeout };
}

static void keep(struct pass *p, const struct check_result *about, const struct check_result *result) {
        /* Without the engine nothing is counted against containers, which may be on their way down with it. */
        if (p->live && !p->live->up)
                return;
        if (p->n_checked == p->cap_checked) {
                p->cap_checked = p->cap_checked ? 2 * p->cap_checked : 16;
                p->checked = xrealloc(p->checked, p->cap_checked * sizeof(*p->checked));
        }
        struct check_result *r = &p->checked[p->n_checked++];
        *r = *result;
        memcpy(r->stable_id, about->stable_id, sizeof(r->stable_id));
        memcpy(r->container_name, about->container_name, sizeof(r->container_name));
        memcpy(r->print, about->print, sizeof(r->print));
        r->started_us = about->started_us;
        r->began_us = about->began_us;
        p->check_news = p->check_news || record_is_news(pass_state(p), r);
        if (p->setup.on_check)
                p->setup.on_check(p->setup.arg, r);
}

static void ended(void *arg, const struct check_result *result) {
        struct checking *x = arg;
        struct pass *p = x->pass;
        struct checking **at = &p->checks;
        while (*at != x)
                at = &(*at)->next;
        *at = x->next;
        p->n_checks--;
        keep(p, &x->about, result);
        free(x);
}

/* Nothing is known of it. */
static void drop(struct pass *p, struct checking **at) {
        struct checking *x = *at;
        *at = x->next;
        p->n_checks--;
        probe_cancel(x->probe);
        free(x);
}

static void begin_one(struct pass *p, size_t at, struct now now) {
        const struct observation *obs = p->seen.observation;
        const struct selection *sel = &p->seen.selection[at];
        const struct container *c = &obs->containers[at];
        struct checking *x = xcalloc(1, sizeof(*x));
        x->pass = p;
        (void)snprintf(x->about.stable_id, sizeof(x->about.stable_id), "%s", sel->stable_id);
        (void)snprintf(x->about.container_name, sizeof(x->about.container_name), "%s", c->name);
        (void)snprintf(x->container_id, sizeof(x->container_id), "%s", c->id);
        (void)health_check_print(sel->check, x->about.print);
        x->about.started_us = c->started_us;
        x->about.began_us = now.wall_us;
        struct probe_ask ask = ask_of(obs, c, sel->check, state_find(pass_state(p), sel->stable_id));
        x->probe = probe_begin(p->setup.net, p->setup.engine, &ask, ended, x);
        x->next = p->checks;
        p->checks = x;
        p->n_checks++;
}

/* ---- Which ---- */

static bool is_under_way(struct pass *p, const struct selection *sel, const struct container *c) {
        const struct in_flight *f;
        size_t n = actor_in_flight(p->actor, &f);
        for (size_t i = 0; i < n; i++)
                if (str_eq(f[i].container_id, c->id))
                        return true;
        for (const struct checking *x = p->checks; x; x = x->next)
                if (str_eq(x->container_id, c->id))
                        return true;
        for (size_t i = 0; i < p->n_checked; i++)
                if (str_eq(p->checked[i].stable_id, sel->stable_id))
                        return true;
        return false;
}

/* However short its interval is: a pass comes to its end. */
static bool was_made(struct pass *p, const char *stable_id) {
        if (p->live)
                return false;
        if (strmap_get(&p->checks_made, stable_id) != STRMAP_NONE)
                return true;
        strmap_set(&p->checks_made, arena_strdup(&p->checks_arena, stable_id), 1);
        return false;
}

static void one_is_due(void *arg) {
        struct pass *p = arg;
        p->check_timer = 0;
        checks_begin(p);
}

/* Of a container that has started anew or is gone, or of a check that was changed: what is so now would have to wait for it. */
static bool is_outdated(const struct pass *p, const struct checking *x) {
        const struct observation *obs = p->seen.observation;
        char print[HEALTH_CHECK_PRINT_SIZE];
        size_t at = 0;
        while (at < obs->n && !str_eq(obs->containers[at].id, x->container_id))
                at++;
        if (at == obs->n || !p->seen.selection[at].check)
                return true;
        const struct container *c = &obs->containers[at];
        return (c->inspected && c->started_us != x->about.started_us) ||
               !str_eq(x->about.print, health_check_print(p->seen.selection[at].check, print));
}

/* A single pass has asked about each once, and asks about none twice. */
static void cancel_outdated(struct pass *p) {
        for (struct checking **at = &p->checks; p->live && *at;) {
                if (is_outdated(p, *at))
                        drop(p, at);
                else
                        at = &(*at)->next;
        }
}

void checks_begin(struct pass *p) {
        const struct observation *obs = p->seen.observation;
        struct now now = clock_read();
        int64_t next_us = 0;
        if (p->setup.read_only || !obs || pass_is_stopping(p) || (p->live && !p->live->up))
                return;
        cancel_outdated(p);
        for (size_t i = 0; i < obs->n; i++) {
                const struct selection *sel = &p->seen.selection[i];
                int64_t due_us =
                        sel->check ? decide_check_due_us(p->setup.config, pass_state(p), obs, p->seen.selection, i, now) : 0;
                if (due_us == 0 || is_under_way(p, sel, &obs->containers[i]))
                        continue;
                if (due_us > now.wall_us)
                        next_us = next_us == 0 || due_us < next_us ? due_us : next_us;
                else if (p->n_checks < CHECKS_MAX && !was_made(p, sel->stable_id))
                        begin_one(p, i, now);
        }
        net_timer_cancel(p->setup.net, p->check_timer);
        p->check_timer = 0;
        if (p->live && next_us)
                p->check_timer = net_timer(p->setup.net, (next_us - now.wall_us) / US_PER_MS + 1, one_is_due, p);
}

/* ---- What they say ---- */

bool checks_are_busy(const struct pass *p) {
        return p->n_checks > 0 || p->n_checked > 0;
}

static int write_down(struct pass *p, struct error *err) {
        struct recall r AUTO(recall_end);
        struct state after AUTO(state_release);
        state_init(&after, &r.arena);
        if (recall_begin(p, &r, err) < 0)
                return -1;
        state_copy(&after, r.state, &r.arena);
        for (size_t i = 0; i < p->n_checked; i++)
                record_check(&after, &p->checked[i]);
        (void)recall_save(p, &r, &after, NULL, 0);
        if (p->live)
                live_remember(p, &after);
        return 0;
}

static void have_waited(void *arg) {
        struct pass *p = arg;
        p->check_write_timer = 0;
        p->check_write = true;
}

static void wait_for_company(struct pass *p) {
        if (p->check_write_timer == 0)
                p->check_write_timer = net_timer(p->setup.net, WRITE_GAP_MS, have_waited, p);
}

/* What is new is decided about at once, the rest when all have come to an end, or have waited long enough. */
static bool is_time(struct pass *p) {
        if (p->n_checked == 0)
                return false;
        if (p->check_write || (p->check_news && !p->check_locked) || (!p->live && p->n_checks == 0))
                return true;
        if (p->live)
                wait_for_company(p);
        return false;
}

static void forget_written(struct pass *p) {
        p->n_checked = 0;
        p->check_news = p->check_write = p->check_locked = false;
        net_timer_cancel(p->setup.net, p->check_write_timer);
        p->check_write_timer = 0;
}

int checks_settle(struct pass *p, struct error *err) {
        struct error why = ERROR_INIT;
        if (!is_time(p))
                return 0;
        bool look = p->check_news || p->n_checks == 0;
        if (write_down(p, &why) < 0) {
                if (!p->live || why.code != ERR_LOCKED) {
                        *err = why;
                        return -1;
                }
                p->check_write = false;
                p->check_locked = true;
                wait_for_company(p);
                return 0;
        }
        if (p->live)
                p->live->want_turn = p->live->want_turn || p->check_news;
        else
                p->look_wanted = p->look_wanted || look;
        forget_written(p);
        checks_begin(p);
        return 0;
}

/* ---- The end ---- */

void checks_init(struct pass *p) {
        p->checks_arena = (struct arena)ARENA_INIT(1024);
}

void checks_cancel(struct pass *p) {
        while (p->checks)
                drop(p, &p->checks);
        net_timer_cancel(p->setup.net, p->check_timer);
        p->check_timer = 0;
        forget_written(p);
}

void checks_free(struct pass *p) {
        checks_cancel(p);
        strmap_release(&p->checks_made);
        arena_release(&p->checks_arena);
        free(p->checked);
}

/* ---- By hand ---- */

struct check_test {
        struct probe *probe;
        check_test_fn *done;
        void *arg;
};

static void tested(void *arg, const struct check_result *result) {
        struct check_test *t = arg;
        t->probe = NULL;
        t->done(t->arg, result);
        free(t);
}

static int find_checked(const struct pass *p, const char *container_id, size_t *ret, struct error *err) {
        const struct observation *obs = p->seen.observation;
        size_t at = 0;
        while (obs && at < obs->n && !str_eq(obs->containers[at].id, container_id))
                at++;
        if (!obs || at == obs->n)
                return error_set(err, ERR_NOT_FOUND, "No such container: %s", container_id);
        if (!p->seen.selection[at].check)
                return error_set(err, ERR_NOT_FOUND, "container '%s' has no check of ours", obs->containers[at].name);
        if (obs->containers[at].state != CONTAINER_RUNNING)
                return error_set(err, ERR_FAILED, "container '%s' does not run", obs->containers[at].name);
        *ret = at;
        return 0;
}

int pass_test_check(struct pass *p, const char *container_id, check_test_fn *done, void *arg, struct check_test **ret,
                    struct error *err) {
        size_t at = 0;
        if (find_checked(p, container_id, &at, err) < 0)
                return -1;
        const struct selection *sel = &p->seen.selection[at];
        struct probe_ask ask = ask_of(p->seen.observation, &p->seen.observation->containers[at], sel->check,
                                      state_find(pass_state(p), sel->stable_id));
        struct check_test *t = xcalloc(1, sizeof(*t));
        t->done = done;
        t->arg = arg;
        t->probe = probe_begin(p->setup.net, p->setup.engine, &ask, tested, t);
        *ret = t;
        return 0;
}

void pass_test_cancel(struct check_test *t) {
        if (!t)
                return;
        probe_cancel(t->probe);
        free(t);
}
