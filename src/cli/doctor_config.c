/* SPDX-License-Identifier: MIT */
/* The configuration: every error and everything doubtful in it, and what else keeps healing from happening by intent. */
#include "doctor.h"

#include "autoheal/os/clock.h"
#include "autoheal/util/timefmt.h"

#include <unistd.h>

#define ISSUES_MAX 20 /* of each kind; what is written wrongly so often is seen by then */

static bool is_variable(const struct config_issue *issue) {
        return strncmp(issue->where, "AUTOHEAL_", strlen("AUTOHEAL_")) == 0;
}

static const char *remedy_for(struct doctor *d, const struct config_issue *issue) {
        if (is_variable(issue))
                return "correct or unset it where autoheal is started: unit, crontab, Compose file";
        return arena_printf(&d->session.arena, "edit %s",
                            doctor_word(d, arena_printf(&d->session.arena, "%s/config.json", d->session.location.path)));
}

static size_t find_issues(struct doctor *d, bool errors) {
        struct session *s = &d->session;
        size_t n = 0;
        for (size_t i = 0; i < s->issues.n; i++) {
                const struct config_issue *issue = &s->issues.items[i];
                if (issue->is_error != errors || n++ >= ISSUES_MAX)
                        continue;
                doctor_find(d, CHECK_CONFIG, errors ? DIAGNOSIS_PROBLEM : DIAGNOSIS_WARNING, remedy_for(d, issue), "%s",
                            session_describe(s, issue));
        }
        if (n > ISSUES_MAX)
                doctor_find(d, CHECK_CONFIG, errors ? DIAGNOSIS_PROBLEM : DIAGNOSIS_WARNING, "docker autoheal config validate",
                            "and %zu more", n - ISSUES_MAX);
        return n;
}

static void find_good(struct doctor *d) {
        const char *path = arena_printf(&d->session.arena, "%s/config.json", d->session.location.path);
        if (access(path, F_OK) == 0)
                doctor_find(d, CHECK_CONFIG, DIAGNOSIS_OK, NULL, "no error in %s", path);
        else
                doctor_find(d, CHECK_CONFIG, DIAGNOSIS_OK, NULL, "there is no %s: the defaults hold", path);
}

static void check_maintenance(struct doctor *d) {
        const struct maintenance *m = &d->state.maintenance;
        struct now now = clock_read();
        size_t scopes = 0;
        if (!d->state_good)
                return;
        for (size_t i = 0; i < m->n_scopes; i++)
                scopes += !record_maintenance_is_over(m->scopes[i].until_us, now);
        if (m->enabled && !record_maintenance_is_over(m->until_us, now))
                doctor_find(d, CHECK_CONFIG, DIAGNOSIS_WARNING, "docker autoheal maintenance off",
                            "maintenance is on%s%s: nothing is restarted", m->reason[0] ? ", " : "", m->reason);
        else if (scopes)
                doctor_find(d, CHECK_CONFIG, DIAGNOSIS_WARNING, "docker autoheal maintenance status",
                            "maintenance of some containers is on: they are not restarted");
}

void doctor_config(struct doctor *d) {
        struct session *s = &d->session;
        struct error err = ERROR_INIT;
        if (s->docker_config.warning)
                doctor_find(d, CHECK_CONFIG, DIAGNOSIS_WARNING, "repair docker's own configuration file", "%s",
                            s->docker_config.warning);
        if (!d->store_usable) {
                doctor_find(d, CHECK_CONFIG, DIAGNOSIS_UNKNOWN, NULL, "not read, because the data directory cannot be used");
                return;
        }
        d->config_good = session_read_config(s, &err) == 0;
        if (find_issues(d, true) == 0 && !d->config_good)
                doctor_find(d, CHECK_CONFIG, DIAGNOSIS_PROBLEM,
                            arena_printf(&s->arena, "edit %s",
                                         doctor_word(d, arena_printf(&s->arena, "%s/config.json", s->location.path))),
                            "%s", err.msg);
        if (find_issues(d, false) == 0 && d->config_good)
                find_good(d);
        check_maintenance(d);
}
