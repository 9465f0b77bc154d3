/* SPDX-License-Identifier: MIT */
/* Notification services: are they told anything, are their secrets at hand, and what still waits for them. */
#include "doctor.h"

#include "autoheal/os/clock.h"
#include "autoheal/store/outbox.h"
#include "autoheal/util/timefmt.h"

#include <inttypes.h>

/* What is wrong with the configuration of one is told with the rest of the configuration. */
static void check_secrets(struct doctor *d, const struct service *s) {
        struct error err = ERROR_INIT;
        if (s->wrong || notify_check(s, &err) == 0)
                return;
        doctor_find(d, CHECK_CONFIG, DIAGNOSIS_PROBLEM,
                    err.remedy_at ? arena_strdup(&d->session.arena, err.msg + err.remedy_at)
                                  : "put its secret into that file, or correct the path in config.json",
                    "notification service '%s' is told nothing: %.*s", doctor_short(d, s->name), error_length(&err), err.msg);
}

static void check_services(struct doctor *d) {
        const struct config *c = &d->session.config;
        struct service alert;
        size_t enabled = 0, always = 0;
        for (size_t i = 0; i < c->notifications.n_services; i++) {
                const struct service *s = &c->notifications.services[i];
                if (s->always)
                        always++;
                else if (s->enabled)
                        enabled++;
                if (s->enabled && (s->always || c->notifications.enabled))
                        check_secrets(d, s);
        }
        if (notify_find(c, SERVICE_ALERT_NAME, &alert) && alert.enabled)
                check_secrets(d, &alert);
        if (enabled && !c->notifications.enabled)
                doctor_find(d, CHECK_CONFIG, DIAGNOSIS_WARNING, "docker autoheal config set notifications.enabled true",
                            "%zu notification service%s configured, and told nothing: notifications.enabled is false", enabled,
                            enabled == 1 ? " is" : "s are");
        else if (!enabled && !always && c->notifications.enabled)
                doctor_find(d, CHECK_CONFIG, DIAGNOSIS_WARNING, "add one to notifications.services: docs/notifications.md",
                            "notifications.enabled is true, but no service is enabled: nobody is told");
}

/* Of the service of the message at `at`; false if an earlier one was of the same. */
static bool sum_up(const struct outbox *o, size_t at, size_t *ret_n, int64_t *ret_attempts, int64_t *ret_since_us) {
        *ret_n = 0;
        *ret_attempts = 0;
        *ret_since_us = o->messages[at].queued_us;
        for (size_t i = 0; i < o->n; i++) {
                const struct message *m = &o->messages[i];
                if (!str_eq(m->service, o->messages[at].service))
                        continue;
                if (i < at)
                        return false;
                ++*ret_n;
                *ret_attempts = m->attempts > *ret_attempts ? m->attempts : *ret_attempts;
                *ret_since_us = m->queued_us < *ret_since_us ? m->queued_us : *ret_since_us;
        }
        return true;
}

/* One that waits for its minute, or for the pass that is to send it, is nothing to worry about. */
static void check_outbox(struct doctor *d) {
        struct arena *a = &d->session.arena;
        struct error err = ERROR_INIT;
        struct outbox o;
        size_t n;
        int64_t attempts, since_us;
        char shown[DURATION_SIZE];
        if (store_read_outbox(d->session.store, a, &o, &err) < 0) {
                doctor_find(d, CHECK_DATA, DIAGNOSIS_WARNING, "docker autoheal run, which sets it aside and begins a new one",
                            "messages that wait are not sent: %.*s", error_length(&err), err.msg);
                return;
        }
        for (size_t i = 0; i < o.n; i++) {
                const char *service = doctor_short(d, o.messages[i].service);
                if (!sum_up(&o, i, &n, &attempts, &since_us) || attempts == 0)
                        continue;
                since_us = clock_read().wall_us - since_us;
                duration_format(since_us > 0 ? since_us / US_PER_S : 0, shown);
                doctor_find(d, CHECK_CONFIG, DIAGNOSIS_WARNING,
                            arena_printf(a, "docker autoheal notify test %s", doctor_word(d, o.messages[i].service)),
                            "%zu message%s for '%s', the oldest for %s: telling it failed %" PRId64 " time%s", n,
                            n == 1 ? " waits" : "s wait", service, shown, attempts, attempts == 1 ? "" : "s");
        }
}

void doctor_notify(struct doctor *d) {
        if (d->config_good)
                check_services(d);
        check_outbox(d);
}
