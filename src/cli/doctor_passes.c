/* SPDX-License-Identifier: MIT */
/* Does somebody make passes: one that runs just now, the last one, and what waits for the next. */
#include "doctor.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/file.h"
#include "autoheal/os/lock.h"
#include "autoheal/util/timefmt.h"

#include <fcntl.h>

#define STALE_US      (INT64_C(900) * US_PER_S)
#define INTERVALS_MAX 3
#define SCHEDULE      "is cron or the timer running? systemctl list-timers docker-autoheal.timer; crontab -l"
#define BEGIN         "let cron or a timer run one every minute: ./install.sh --timer"

/* True if a pass runs just now. */
static bool look_at_lock(struct doctor *d) {
        AUTO_CLOSE int dir = open(d->session.location.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct lock_holder holder = { 0 };
        struct error err = ERROR_INIT;
        bool held = false;
        char since[TIME_ISO_SIZE], age[DURATION_SIZE];
        if (dir < 0)
                return false;
        if (lock_look(dir, "pass.lock", &held, &holder, &err) < 0) {
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_UNKNOWN, NULL, "whether a pass runs just now: %s", err.msg);
                return false;
        }
        if (!held)
                return false;
        if (holder.pid == 0) {
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_OK, NULL, "a pass runs just now");
                return true;
        }
        int64_t age_us = clock_read().wall_us - holder.since_us;
        time_format_iso(holder.since_us, since);
        duration_format(age_us / US_PER_S, age);
        if (age_us > STALE_US)
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_PROBLEM,
                            arena_printf(&d->session.arena, "on '%s': ps -fp %lld, and kill it if it hangs", holder.host,
                                         (long long)holder.pid),
                            "a pass has been running for %s (pid %lld on '%s', since %.19s UTC): no other can begin", age,
                            (long long)holder.pid, holder.host, since);
        else
                doctor_find(d, CHECK_PASSES, DIAGNOSIS_OK, NULL, "a pass runs just now (pid %lld on '%s', since %s)",
                            (long long)holder.pid, holder.host, age);
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
        if (*due && age_us > INTERVALS_MAX * d->session.config.monitor.interval_seconds * US_PER_S)
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
