/* SPDX-License-Identifier: MIT */
/* The configuration: every error and everything doubtful in it, and what else keeps healing from happening by intent. */
#include "doctor.h"

#include "autoheal/config/edit.h"
#include "autoheal/os/clock.h"
#include "autoheal/os/file.h"
#include "autoheal/util/timefmt.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ISSUES_MAX    20 /* of each kind; what is written wrongly so often is seen by then */
#define WHERE_STARTED "where autoheal is started: unit, crontab, Compose file"

static const char *remedy_for(struct doctor *d, const struct config_issue *issue) {
        if (config_is_variable(issue->where))
                return "correct or unset it " WHERE_STARTED;
        return arena_printf(&d->session.arena, "edit %s",
                            doctor_word(d, arena_printf(&d->session.arena, "%s/config.json", d->session.location.path)));
}

static size_t find_issues(struct doctor *d, bool errors) {
        struct session *s = &d->session;
        size_t n = 0;
        for (size_t i = 0; i < s->issues.n; i++) {
                const struct config_issue *issue = &s->issues.items[i];
                if (issue->is_note || issue->is_error != errors || n++ >= ISSUES_MAX)
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

static void check_windows(struct doctor *d) {
        const char *zone = d->config_good ? pass_unknown_zone(&d->session.config) : NULL;
        struct window_period *open = NULL;
        size_t n = 0;
        if (zone)
                doctor_find(d, CHECK_CONFIG, DIAGNOSIS_PROBLEM, "set TZ to a zone that is known here, or mount /etc/localtime",
                            "TZ is '%s', which is not known here: UTC is taken for local time, and windows are open when nobody "
                            "expects it",
                            zone);
        if (d->config_good)
                n = pass_open_windows(&d->session.config, clock_read(), &d->session.arena, &open);
        for (size_t i = 0; i < n; i++)
                doctor_find(d, CHECK_CONFIG, DIAGNOSIS_WARNING, "docker autoheal maintenance status",
                            "a weekly window is open until %s: no restart of %s",
                            show_time(open[i].until_us, 0, true, &d->session.arena),
                            record_scope_name(open[i].scope, &d->session.arena));
}

static const char *take_out_hook(struct doctor *d, const char *setting) {
        struct session *s = &d->session;
        struct config_value v;
        config_look_up(&v, config_find_setting(setting), (struct json_value){ .doc = NULL }, s->env, s->n_env, false, &s->arena);
        return v.origin == ORIGIN_VARIABLE ? arena_printf(&s->arena, "correct or unset %s " WHERE_STARTED, v.variable)
                                           : arena_printf(&s->arena, "docker autoheal config unset %s", setting);
}

/* Whoever may write it may do what autoheal may do. One that is looked for in $PATH is found where autoheal is started, or not. */
static void check_hook(struct doctor *d, const char *setting, const struct string_list *command) {
        const char *program = command->n ? command->items[0] : "";
        struct error err = ERROR_INIT;
        struct stat st;
        AUTO_CLOSE int fd = -1;
        int why = 0;
        if (*program != '/')
                return;
        fd = open(program, O_PATH | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0 || access(program, X_OK) < 0)
                why = errno;
        else if (S_ISDIR(st.st_mode))
                why = EISDIR;
        if (why)
                doctor_find(d, CHECK_CONFIG, DIAGNOSIS_PROBLEM,
                            why == EACCES ? arena_printf(&d->session.arena, "chmod +x %s", doctor_word(d, program))
                                          : take_out_hook(d, setting),
                            "%s cannot be run: %s: %s", setting, doctor_short(d, program), strerror(why));
        else if (file_check_owner(fd, program, &err) < 0)
                doctor_find(d, CHECK_CONFIG, DIAGNOSIS_PROBLEM,
                            arena_printf(&d->session.arena, "%s %s",
                                         st.st_uid != 0 && st.st_uid != geteuid() ? "chown root" : "chmod go-w",
                                         doctor_word(d, program)),
                            "%s: %.*s", setting, error_length(&err), err.msg);
}

static void check_hooks(struct doctor *d) {
        const struct config *c = &d->session.config;
        if (!d->config_good)
                return;
        check_hook(d, "hooks.pre_restart", &c->hooks.pre_restart);
        check_hook(d, "hooks.post_restart", &c->hooks.post_restart);
        check_hook(d, "hooks.on_quarantine", &c->hooks.on_quarantine);
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
        check_windows(d);
        check_hooks(d);
        doctor_notify(d);
}
