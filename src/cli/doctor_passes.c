/* SPDX-License-Identifier: MIT */
/* Does somebody make passes: one that runs just now, the last one, and what waits for the next. */
#include "doctor.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/file.h"
#include "autoheal/os/lock.h"
#include "autoheal/util/timefmt.h"

#include <fcntl.h>

#define STALE_US (INT64_C(900) * US_PER_S)
#define SCHEDULE                                                                                                                   \
        "is serve, a timer or cron running? systemctl status docker-autoheal-serve; systemctl list-timers docker-autoheal.timer; " \
        "crontab -l"
#define BEGIN "let serve watch all the time: ./install.sh --serve; or a timer run one every minute: ./install.sh --timer"

static void find_serve(struct doctor *d, const struct lock_holder *serve) {
        struct session *s = &d->session;
        int64_t us = idle_us(&d->state, serve);
        char since[TIME_ISO_SIZE], idle[DURATION_SIZE];
        time_format_iso(serve->since_us, since);
        const char *who = arena_printf(&s->arena, "pid %lld on '%s', since %.19s UTC", (long long)serve->pid, serve->host, since);
        duration_format(us / US_PER_S, idle);
        if (!d->state_good)
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_UNKNOWN, NULL, "serve is in charge (%s), its last turn is not known", who);
        else if (d->config_good ? !idle_is_too_long(s, us) : us <= STALE_US)
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_OK, NULL, "serve is in charge (%s)", who);
        else if (!d->connected)
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_OK, NULL, "serve is in charge (%s) and waits for the engine", who);
        else
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_PROBLEM,
                            arena_printf(&s->arena, "read %s/logs/autoheal.log; start it anew if it hangs", s->location.path),
                            "serve is in charge (%s), but has made no turn for %s", who, idle);
}

static void find_pass(struct doctor *d, const struct lock_holder *holder) {
        int64_t age_us = clock_read().wall_us - holder->since_us;
        char since[TIME_ISO_SIZE], age[DURATION_SIZE];
        time_format_iso(holder->since_us, since);
        duration_format(age_us / US_PER_S, age);
        if (age_us > STALE_US)
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_PROBLEM,
                            arena_printf(&d->session.arena, "on '%s': ps -fp %lld, and kill it if it hangs", holder->host,
                                         (long long)holder->pid),
                            "a pass has been running for %s (pid %lld on '%s', since %.19s UTC): no other can begin", age,
                            (long long)holder->pid, holder->host, since);
        else
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_OK, NULL, "a pass runs just now (pid %lld on '%s', since %s)",
                            (long long)holder->pid, holder->host, age);
}

/* True if a pass runs just now, or serve does. */
static bool look_at_lock(struct doctor *d) {
        AUTO_CLOSE int dir = open(d->session.location.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct lock_holder holder = { 0 };
        struct error err = ERROR_INIT;
        bool held = false;
        if (dir < 0)
                return false;
        if (lock_look(dir, "pass.lock", &held, &holder, &err) < 0) {
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_UNKNOWN, NULL, "whether a pass runs just now: %s", err.msg);
                return false;
        }
        if (!held)
                return false;
        if (holder.pid == 0)
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_OK, NULL, "a pass runs just now");
        else if (holder.serves)
                find_serve(d, &holder);
        else
                find_pass(d, &holder);
        return true;
}

/* The containers that a pass would do something about now; "" if none, or nobody can tell. */
static const char *find_due(struct doctor *d) {
        struct doctor_names due = DOCTOR_NAMES_INIT;
        struct pass *pass = NULL;
        struct error err = ERROR_INIT;
        if (d->selection && session_look(&d->session, false, &pass, &err) == 0) {
                const struct plan *plan = pass_plan(pass);
                for (size_t i = 0; plan && i < plan->n; i++) {
                        enum decision decision = plan->items[i].decision;
                        if (decision == DECISION_RESTART || decision == DECISION_STOP || decision == DECISION_QUARANTINE ||
                            decision == DECISION_RELEASE)
                                doctor_names_add(d, &due, plan->items[i].container->name);
                }
        }
        pass_free(pass);
        return doctor_names_end(d, &due);
}

static void look_at_last(struct doctor *d) {
        int64_t age_us = clock_read().wall_us - d->state.last_pass_us;
        char age[DURATION_SIZE];
        const char *due = find_due(d);
        duration_format(age_us / US_PER_S, age);
        if (d->session.interrupted)
                return;
        if (d->state.last_pass_us == 0) {
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_WARNING, BEGIN, "no pass was ever made with this data directory%s%s",
                            *due ? ", and one would act on " : "", due);
                return;
        }
        if (*due && idle_is_too_long(&d->session, age_us))
                doctor_find(d, CHECK_PASSES, age_us > STALE_US ? DIAGNOSIS_PROBLEM : DIAGNOSIS_WARNING, SCHEDULE,
                            "the last pass was made %s ago, and one would act on %s", age, due);
        else if (age_us > STALE_US)
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_WARNING, SCHEDULE, "the last pass was made %s ago", age);
        else
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_OK, NULL, "the last pass was made %s ago", age);
}

void doctor_passes(struct doctor *d) {
        if (d->session.location.path[0] == '\0' || look_at_lock(d))
                return;
        if (!d->state_good) {
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_UNKNOWN, NULL,
                            "the last one is not known: the data directory cannot be read");
                return;
        }
        look_at_last(d);
        if (d->state.storm_us)
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_WARNING, "look at the host first: disk, memory, DNS, clock",
                            "so many containers are down that the cause is likely the host: restarts are rationed");
}
