/* SPDX-License-Identifier: MIT */
/* Waiting that a signal can end: for another pass, for the next look, and for restarted containers to become well. */
#include "cli_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"
#include "autoheal/util/timefmt.h"

#define LOOK_EVERY_MS 1000

static void set_flag(void *arg) {
        bool *flag = arg;
        *flag = true;
}

int wait_step(struct session *s, int64_t end_mono_ms, int64_t step_ms, struct error *err) {
        int64_t left_ms = end_mono_ms - clock_read().mono_ms;
        bool over = false;
        if (left_ms <= 0)
                return 0;
        uint64_t timer = net_timer(s->net, left_ms < step_ms ? left_ms : step_ms, set_flag, &over);
        while (!over && !s->interrupted)
                (void)net_run(s->net);
        net_timer_cancel(s->net, timer);
        return s->interrupted ? error_set(err, ERR_INTERRUPTED, "interrupted") : 1;
}

int wait_look(struct session *s, int64_t end_mono_ms, bool (*enough)(const struct plan *plan, void *arg), void *arg,
              struct pass **ret, struct error *err) {
        for (;;) {
                pass_free(*ret);
                *ret = NULL;
                if (session_look(s, false, ret, err) < 0)
                        return -1;
                if (enough(pass_plan(*ret), arg))
                        return 0;
                int r = wait_step(s, end_mono_ms, LOOK_EVERY_MS, err);
                if (r <= 0)
                        return r;
        }
}

/* ---- Until what was restarted is well ---- */

struct awaited {
        const char *stable_id, *name;
        const char *detail; /* how it was when it was seen last */
        bool well;
};

struct waiting {
        struct session *session;
        struct pass **pass; /* the look that is being thought about */
        struct awaited *awaited;
        size_t n;
        int64_t began_mono_ms;
        bool tell;
};

/* One without an answer in time may have been restarted all the same. */
static void choose_awaited(struct waiting *w, const struct plan *plan) {
        struct arena *a = &w->session->arena;
        w->awaited = arena_array(a, plan->n, sizeof(*w->awaited));
        for (size_t i = 0; i < plan->n; i++) {
                const struct plan_item *item = &plan->items[i];
                bool asked = item->outcome == OUTCOME_SUCCESS || item->outcome == OUTCOME_UNKNOWN;
                if (item->decision == DECISION_RESTART && asked)
                        w->awaited[w->n++] = (struct awaited){ .stable_id = arena_strdup(a, item->stable_id),
                                                               .name = arena_strdup(a, item->container->name) };
        }
}

static const struct plan_item *find_item(const struct plan *plan, const char *stable_id) {
        for (size_t i = 0; i < plan->n; i++)
                if (str_eq(plan->items[i].stable_id, stable_id))
                        return &plan->items[i];
        return NULL;
}

/* ---- A check of ours, which nobody else may be running meanwhile ---- */

struct probing {
        bool ended, passed;
};

static void probed(void *arg, const struct check_result *result) {
        struct probing *p = arg;
        p->ended = true;
        p->passed = result->outcome == CHECK_PASSED;
}

/* All else says that it is well: a run of its check, of which nothing is remembered, tells. */
static bool passes_its_check(struct session *s, struct pass *pass, const struct plan_item *item) {
        struct probing p = { .ended = false };
        struct check_test *test = NULL;
        if (pass_test_check(pass, item->container->id, probed, &p, &test, NULL) < 0)
                return false;
        while (!p.ended && !s->interrupted && net_run(s->net))
                continue;
        if (!p.ended)
                pass_test_cancel(test);
        return p.passed;
}

static void look_at(const struct waiting *w, struct awaited *p, const struct plan_item *item) {
        if (!item) {
                p->detail = "it is not there any more";
                return;
        }
        p->detail = arena_printf(&w->session->arena, "%s: %s", verdict_name(item->verdict), item->verdict_detail);
        p->well = item->verdict == VERDICT_OK ||
                  (item->verdict_reason == REASON_CHECK_PENDING && passes_its_check(w->session, *w->pass, item));
        if (p->well && w->tell)
                print_line(stderr, "%s: well after %.1f s", p->name, (double)(clock_read().mono_ms - w->began_mono_ms) / 1000.0);
}

static bool all_well(const struct plan *plan, void *arg) {
        struct waiting *w = arg;
        bool all = true;
        for (size_t i = 0; i < w->n; i++) {
                struct awaited *p = &w->awaited[i];
                if (!p->well)
                        look_at(w, p, find_item(plan, p->stable_id));
                all = all && p->well;
        }
        return all;
}

static int tell_unwell(const struct waiting *w, int64_t seconds) {
        char waited[DURATION_SIZE];
        int status = 0;
        duration_format(seconds, waited);
        for (size_t i = 0; i < w->n; i++) {
                const struct awaited *p = &w->awaited[i];
                if (p->well)
                        continue;
                log_error("%s is not well after %s: %s", p->name, waited, p->detail);
                status = 1;
        }
        return status;
}

int wait_until_well(struct session *s, const struct plan *done, int64_t seconds, bool tell) {
        struct error err = ERROR_INIT;
        struct pass *pass = NULL;
        struct waiting w = { .session = s, .pass = &pass, .began_mono_ms = clock_read().mono_ms, .tell = tell };
        choose_awaited(&w, done);
        if (w.n == 0)
                return 0;
        if (w.tell)
                print_line(stderr, "Waiting for what was restarted to become well");
        /* Others heal meanwhile. */
        int r = session_stop_writing(s, &err);
        if (r == 0)
                r = wait_look(s, w.began_mono_ms + seconds * 1000, all_well, &w, &pass, &err);
        pass_free(pass);
        return r < 0 ? session_fail(&err) : tell_unwell(&w, seconds);
}
