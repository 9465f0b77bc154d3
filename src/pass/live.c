/* SPDX-License-Identifier: MIT */
/* A pass that goes on: what makes it look again, and an engine that comes and goes. */
#include "live_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"

#define RETRY_FIRST_MS INT64_C(100)
#define RETRY_MOST_MS  INT64_C(10000)
#define RETRY_UNIX_MS  INT64_C(1000)
/* A whole list because of events: not more often than that, however many containers come and go. */
#define LIST_GAP_MS 500
/* Each look at some of the listed leaves its text beside the list; a new list clears up. */
#define TOUCHES_MAX 500

/* ---- The engine's absence ---- */

static void tell_engine(struct pass *p, bool up, const char *why) {
        struct now now = clock_read();
        struct event e = { .at_us = now.wall_us,
                           .type = EVENT_ENGINE,
                           .status = up ? "back" : "lost",
                           .message = why,
                           .duration_ms = up && p->live->since.wall_us ? now.mono_ms - p->live->since.mono_ms : -1 };
        pass_tell(p, &e);
        if (p->setup.on_engine)
                p->setup.on_engine(p->setup.arg, up, up ? "" : why);
}

static void retry(void *arg) {
        struct pass *p = arg;
        p->live->retry_timer = 0;
        p->live->want_list = true;
}

static void retry_later(struct pass *p) {
        struct live *l = p->live;
        if (l->retry_timer)
                return;
        int64_t most_ms = p->setup.endpoint->unix_socket ? RETRY_UNIX_MS : RETRY_MOST_MS;
        l->retry_ms = l->retry_ms ? 2 * l->retry_ms : RETRY_FIRST_MS;
        if (l->retry_ms > most_ms)
                l->retry_ms = most_ms;
        l->retry_timer = net_timer(p->setup.net, l->retry_ms, retry, p);
}

/* Said once; that it is gone is no fault of the containers, and nothing is counted against them. */
bool live_look_failed(struct pass *p, const struct error *err) {
        struct live *l = p->live;
        /* An engine that is about to end refuses and answers in turns: once is not enough. One that does not answer has had its time. */
        l->failures += !l->failed;
        l->failed = true;
        if (l->failures == 1 && err->code != ERR_TIMEOUT) {
                retry_later(p);
                return true;
        }
        bool was_up = l->up, first = l->since.wall_us == 0;
        (void)snprintf(l->why, sizeof(l->why), "%s", err->msg);
        l->silent = err->code == ERR_TIMEOUT;
        l->up = false;
        live_lose_stream(p, err);
        if (was_up || first) {
                l->since = clock_read();
                tell_engine(p, false, l->why);
        }
        /* What comes back may be another version, or another engine. */
        engine_doubt(p->setup.engine);
        p->engine_unknown = true;
        retry_later(p);
        return true;
}

/*
 * An action has not reached it. What it still answers on connections from before proves nothing then, and the same would be decided
 * at once: it is looked for on a new one, after a while, which grows until an action does reach it.
 */
void live_not_reached(struct pass *p) {
        p->live->unreached = true;
        engine_doubt(p->setup.engine);
        p->engine_unknown = true;
        retry_later(p);
}

static void engine_answers(struct pass *p) {
        struct live *l = p->live;
        bool was_down = !l->up && l->since.wall_us != 0;
        if (!l->unreached)
                l->retry_ms = 0;
        l->failures = 0;
        if (was_down) {
                tell_engine(p, true, "the engine is back");
                live_watch_at_once(p);
        }
        if (!l->up) {
                l->up = true;
                l->since = clock_read();
                if (!was_down && p->setup.on_engine)
                        p->setup.on_engine(p->setup.arg, true, "");
        }
        l->why[0] = '\0';
}

/* ---- What to look at ---- */

static void want_list_now(void *arg) {
        struct pass *p = arg;
        p->live->list_timer = 0;
        p->live->want_list = true;
}

/* Soon, and once for all that is happening right now. */
void live_want_list_soon(struct pass *p) {
        struct live *l = p->live;
        if (l->want_list || l->list_timer)
                return;
        int64_t apart_ms = clock_read().mono_ms - l->listed_mono_ms;
        if (apart_ms >= LIST_GAP_MS)
                l->want_list = true;
        else
                l->list_timer = net_timer(p->setup.net, LIST_GAP_MS - apart_ms, want_list_now, p);
}

/* By its place in the last list; one that is not there needs a new list. */
static size_t place_of(const struct pass *p, const char *id) {
        const struct observation *obs = p->seen.observation;
        for (size_t i = 0; obs && i < obs->n; i++)
                if (str_eq(obs->containers[i].id, id))
                        return i;
        return SIZE_MAX;
}

void live_want_look(struct pass *p, const char *id) {
        struct live *l = p->live;
        if (l->want_list || p->seen.observation == NULL || place_of(p, id) == SIZE_MAX) {
                live_want_list_soon(p);
                return;
        }
        for (size_t i = 0; i < l->n_dirty; i++)
                if (str_eq(l->dirty[i], id))
                        return;
        if (l->n_dirty == DIRTY_MAX) {
                live_want_list_soon(p);
                return;
        }
        (void)snprintf(l->dirty[l->n_dirty++], sizeof(l->dirty[0]), "%s", id);
}

static void interval_is_over(void *arg) {
        struct pass *p = arg;
        p->live->interval_timer = 0;
        p->live->want_list = true;
}

static void hold_is_over(void *arg) {
        struct pass *p = arg;
        p->live->hold_timer = 0;
        p->live->want_turn = true;
}

static void set_timers(struct pass *p) {
        struct live *l = p->live;
        struct net *net = p->setup.net;
        int64_t interval_ms = p->setup.config->monitor.interval_seconds * 1000;
        if (l->interval_timer == 0) {
                l->interval_timer = net_timer(net, interval_ms, interval_is_over, p);
                l->next_look_us = clock_read().wall_us + interval_ms * US_PER_MS;
        }
        net_timer_cancel(net, l->hold_timer);
        l->hold_timer = 0;
        if (p->plan.next_due_us == 0)
                return;
        int64_t left_us = p->plan.next_due_us - clock_read().wall_us;
        if (left_us / US_PER_MS < interval_ms)
                l->hold_timer = net_timer(net, left_us > 0 ? left_us / US_PER_MS + 1 : 1, hold_is_over, p);
}

static int begin_list(struct pass *p, struct error *err) {
        struct live *l = p->live;
        net_timer_cancel(p->setup.net, l->list_timer);
        net_timer_cancel(p->setup.net, l->interval_timer);
        l->list_timer = l->interval_timer = 0;
        l->want_list = l->want_turn = false;
        l->stale = l->failed = false;
        l->listed_watching = l->stream_on;
        l->n_dirty = l->n_touches = 0;
        l->listed_mono_ms = clock_read().mono_ms;
        live_take_waiters(l);
        if (p->engine_unknown && pass_ask_engine(p, err) < 0)
                return -1;
        return look_begin(p, err);
}

static int begin_touch(struct pass *p, struct error *err) {
        struct live *l = p->live;
        size_t which[DIRTY_MAX], n = 0;
        for (size_t i = 0; i < l->n_dirty; i++) {
                size_t at = place_of(p, l->dirty[i]);
                if (at != SIZE_MAX)
                        which[n++] = at;
        }
        l->n_dirty = 0;
        l->want_turn = false;
        l->n_touches++;
        live_take_waiters(l);
        return look_touch(p, which, n, err);
}

static int look(struct pass *p, struct error *err) {
        struct live *l = p->live;
        if (p->looking || p->asking_engine)
                return 0;
        /* What was seen of an engine that does not say whose it is waits for a better answer, in vain. */
        if (p->look_ready && !(p->engine_unknown && l->want_list))
                return 0;
        if (p->look_ready)
                look_drop(p);
        if (p->look_wanted && pass_in_flight(p) > 0)
                l->want_list = true;
        p->look_wanted = false;
        bool some = l->n_dirty > 0 || l->want_turn;
        if (some && (l->n_touches >= TOUCHES_MAX || !p->seen.observation || l->stale))
                l->want_list = true;
        if (!l->up && l->since.wall_us != 0 && !l->want_list)
                return 0;
        if (l->want_list)
                return begin_list(p, err);
        return some ? begin_touch(p, err) : 0;
}

/* ---- Around a turn ---- */

void live_looked(struct pass *p, struct observation *obs) {
        if (!p->asking_engine && !p->engine_unknown)
                engine_answers(p);
        live_stream_looked(p, obs);
}

/* Why the stream broke is told to a turn or to nobody: the next look tells it again. */
void live_look_dropped(struct pass *p, const struct observation *obs) {
        p->live->broke = p->live->broke || obs->stream_last_us;
        p->live->want_list = true;
}

/* A list alone proves little where it is not known whose it is. */
void live_engine_known(struct pass *p) {
        if (p->look_ready && !p->engine_unknown)
                engine_answers(p);
}

void live_turned(struct pass *p) {
        live_forget_foreseen(p->live);
        p->live->last_turn = clock_read();
        p->turn_ms = p->live->last_turn.mono_ms - p->look_mono_ms;
        set_timers(p);
        p->live->unreached = p->live->unreached && !pass_is_idle(p);
        live_answer_refreshes(p);
        if (p->setup.on_turn)
                p->setup.on_turn(p->setup.arg);
}

/* ---- The pass from outside ---- */

int pass_open(const struct pass_setup *setup, struct pass **ret, struct error *err) {
        struct pass *p = pass_new(setup);
        p->live = xcalloc(1, sizeof(*p->live));
        live_init(p->live);
        *ret = p;
        if (pass_begin(p, err) < 0)
                return -1;
        p->live->listed_mono_ms = clock_read().mono_ms;
        return 0;
}

int pass_step(struct pass *p, struct error *err) {
        if (pass_advance(p, err) < 0)
                return -1;
        if (p->failure.code != ERR_NONE) {
                *err = p->failure;
                return -1;
        }
        if (p->stop_asked)
                return 0;
        live_watch(p);
        return look(p, err);
}

void pass_stop(struct pass *p) {
        p->stop_asked = true;
        hook_stop(p);
        live_unwatch(p);
}

bool pass_is_idle(struct pass *p) {
        return !pass_is_busy(p) && p->n_recorded == p->n_results;
}

void pass_want_list(struct pass *p) {
        p->live->want_list = true;
}

void pass_config_changed(struct pass *p) {
        net_timer_cancel(p->setup.net, p->live->interval_timer);
        p->live->interval_timer = 0;
        p->live->want_turn = true;
        p->config_changes++;
        live_forget_foreseen(p->live);
}

struct pass_engine pass_engine(const struct pass *p) {
        const struct live *l = p->live;
        return (struct pass_engine){ .up = l->up,
                                     .why = l->why,
                                     .silent = l->silent,
                                     .since_us = l->since.wall_us,
                                     .since = l->since,
                                     .stream = l->stream_on,
                                     .last_turn_us = l->last_turn.wall_us,
                                     .last_turn = l->last_turn,
                                     .next_look_us = l->next_look_us };
}

struct pass_turn pass_last_turn(const struct pass *p) {
        return (struct pass_turn){ .listed = p->listed, .duration_ms = p->turn_ms };
}
