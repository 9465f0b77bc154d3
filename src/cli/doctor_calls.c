/* SPDX-License-Identifier: MIT */
/* Does what stands in front of the engine (a socket proxy) let through what a pass asks for? Nothing is started or stopped by asking. */
#include "doctor.h"

#include "autoheal/observe/observe.h"
#include "autoheal/os/clock.h"
#include "autoheal/os/self.h"

/* The closed range of the journal that is asked for: its end lies in no engine's future, so the call does not wait. */
#define JOURNAL_UNTIL_US US_PER_S

enum call { CALL_INFO, CALL_LIST, CALL_INSPECT, CALL_EVENTS, CALL_START, CALL_STOP, CALL_RESTART, CALL_MAX_ };

/* The switches are those of the socket proxies that people use; both read the same names, and differ in what POST=1 opens. */
static const struct call_info {
        const char *name, *without, *remedy;
} calls[CALL_MAX_] = {
        [CALL_INFO] = { "GET /info", "a pass cannot tell this engine from another one", "set INFO=1 on the socket proxy" },
        [CALL_LIST] = { "GET /containers/json", "no pass can be made", "set CONTAINERS=1 on the socket proxy" },
        [CALL_INSPECT] = { "GET /containers/{id}/json", "nothing that fails can be looked at, so nothing is healed",
                           "set CONTAINERS=1 on the socket proxy" },
        [CALL_EVENTS] = { "GET /events", "what somebody is stopping right now, or stopped, is told worse from a failure",
                          "set EVENTS=1 on the socket proxy" },
        [CALL_START] = { "POST /containers/{id}/start", "what has exited cannot be started again",
                         "set ALLOW_START=1 on the socket proxy; tecnativa's wants POST=1 as well" },
        [CALL_STOP] = { "POST /containers/{id}/stop",
                        "the label autoheal.action=stop and restart.stop_crash_loops cannot be obeyed",
                        "set ALLOW_STOP=1 on the socket proxy; tecnativa's wants POST=1 as well" },
        [CALL_RESTART] = { "POST /containers/{id}/restart", "what is unhealthy cannot be restarted",
                           "set ALLOW_RESTARTS=1 on the socket proxy; tecnativa's wants POST=1 as well" },
};

struct asking {
        struct doctor *d;
        bool came[CALL_MAX_], all_came;
        struct error outcome[CALL_MAX_]; /* ERR_NONE: it was answered */
        struct observation *observation;
        int64_t asked_us; /* our clock */
};

static void note(struct asking *as, enum call call, const struct error *err) {
        as->came[call] = true;
        if (err)
                as->outcome[call] = *err;
        as->all_came = true;
        for (unsigned i = 0; i < CALL_MAX_; i++)
                as->all_came = as->all_came && as->came[i];
}

static void listed(void *arg, struct observation *obs, const struct error *err) {
        struct asking *as = arg;
        as->observation = obs;
        /* Where GET /info is refused, this is the first answer of the engine itself. */
        if (obs && as->d->clock.engine_us == 0)
                as->d->clock = (struct clock_reading){ as->asked_us, clock_read().wall_us, obs->engine_now_us };
        note(as, CALL_LIST, err);
}

static void events_came(void *arg, const struct engine_events *events, const struct error *err) {
        (void)events;
        note(arg, CALL_EVENTS, err);
}

static void inspect_tried(void *arg, const struct error *err) {
        note(arg, CALL_INSPECT, err);
}

static void start_tried(void *arg, const struct error *err) {
        note(arg, CALL_START, err);
}

static void stop_tried(void *arg, const struct error *err) {
        note(arg, CALL_STOP, err);
}

static void restart_tried(void *arg, const struct error *err) {
        note(arg, CALL_RESTART, err);
}

/* All at once; what cannot even be sent has its outcome at once. */
static void ask(struct asking *as, struct observer *observer) {
        static const struct {
                enum call call;
                enum engine_trial trial;
                engine_action_fn *tried;
        } trials[] = { { CALL_INSPECT, ENGINE_TRY_INSPECT, inspect_tried },
                       { CALL_START, ENGINE_TRY_START, start_tried },
                       { CALL_STOP, ENGINE_TRY_STOP, stop_tried },
                       { CALL_RESTART, ENGINE_TRY_RESTART, restart_tried } };
        struct session *s = &as->d->session;
        struct error err = ERROR_INIT;
        note(as, CALL_INFO, &as->d->info_error);
        if (observe_list(observer, &s->arena, listed, as, &err) < 0)
                note(as, CALL_LIST, &err);
        if (engine_look_back(s->engine, 0, JOURNAL_UNTIL_US, &s->arena, events_came, as, &err) < 0)
                note(as, CALL_EVENTS, &err);
        for (size_t i = 0; i < N_ELEMENTS(trials); i++)
                if (engine_try(s->engine, trials[i].trial, trials[i].tried, as, &err) < 0)
                        note(as, trials[i].call, &err);
}

/* ---- What the outcomes mean ---- */

static bool is_trial(enum call call) {
        return call == CALL_INSPECT || call == CALL_START || call == CALL_STOP || call == CALL_RESTART;
}

/* Only the engine itself knows that there is no such container. */
static bool is_allowed(enum call call, const struct error *err) {
        if (!is_trial(call))
                return err->code == ERR_NONE;
        return err->code == ERR_NOT_FOUND && strcasestr(err->msg, "no such container");
}

static bool is_forbidden(const struct error *err) {
        return err->http_status == 401 || err->http_status == 403 || err->http_status == 404 || err->http_status == 405 ||
               err->http_status == 407 || err->http_status == 501;
}

/* How bad it is that a call is forbidden. */
static enum diagnosis weight(const struct doctor *d, enum call call) {
        if (call == CALL_INFO || call == CALL_EVENTS || call == CALL_STOP)
                return DIAGNOSIS_WARNING;
        if (d->config_good && call == CALL_START && d->session.config.restart.mode == MODE_HEALTH)
                return DIAGNOSIS_WARNING;
        if (d->config_good && call == CALL_RESTART && d->session.config.restart.mode == MODE_ON_FAILURE)
                return DIAGNOSIS_WARNING;
        return DIAGNOSIS_PROBLEM;
}

/* A proxy's page of HTML tells no more than its status; an authorization plugin names itself. */
static void find_forbidden(struct doctor *d, enum call call, const struct error *err) {
        bool is_page = strchr(err->msg, '<') != NULL;
        doctor_find(d, CHECK_CALLS, weight(d, call), calls[call].remedy, "%s is forbidden: %s (HTTP status %d%s%s)",
                    calls[call].name, calls[call].without, err->http_status, is_page ? "" : ": ", is_page ? "" : err->msg);
}

static bool judge(struct doctor *d, enum call call, const struct error *err) {
        const struct call_info *info = &calls[call];
        if (is_allowed(call, err))
                return true;
        if (is_forbidden(err))
                find_forbidden(d, call, err);
        else if (err->code == ERR_NONE)
                doctor_find(d, CHECK_CALLS, DIAGNOSIS_WARNING, NULL,
                            "%s is answered as done for a container that there is not: what stands in front of the engine does not "
                            "hand calls on as they are",
                            info->name);
        else
                doctor_find(d, CHECK_CALLS, is_trial(call) ? DIAGNOSIS_UNKNOWN : weight(d, call), NULL, "%s fails: %s", info->name,
                            err->msg);
        return false;
}

/* As a pass completes it. */
static void keep_observation(struct doctor *d, struct observation *obs) {
        struct session *s = &d->session;
        char id[SELF_ID_SIZE], host[256];
        self_container_id(id);
        self_host_name(host, sizeof(host));
        obs->at = clock_read();
        if (obs->engine_now_us == 0)
                obs->engine_now_us = obs->at.wall_us;
        obs->self_id = arena_strdup(&s->arena, id);
        obs->self_host = arena_strdup(&s->arena, host);
        obs->engine_host = s->endpoint.host;
        d->observation = obs;
        if (d->config_good)
                d->selection = decide_select(&s->config, obs, &s->arena);
}

void doctor_calls(struct doctor *d) {
        struct asking as = { .d = d, .asked_us = clock_read().wall_us };
        bool all_allowed = true;
        if (!d->connected)
                return;
        struct observer *observer = observer_new(d->session.net, d->session.engine);
        ask(&as, observer);
        bool finished = doctor_wait(d, &as.all_came);
        observer_free(observer);
        if (!finished)
                return;
        for (unsigned i = 0; i < CALL_MAX_; i++)
                all_allowed = judge(d, i, &as.outcome[i]) && all_allowed;
        if (all_allowed)
                doctor_find(d, CHECK_CALLS, DIAGNOSIS_OK, NULL,
                            "everything that a pass asks for is let through: info, list, inspect, events, start, stop, restart");
        if (as.observation)
                keep_observation(d, as.observation);
}
