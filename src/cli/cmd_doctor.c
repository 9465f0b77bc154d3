/* SPDX-License-Identifier: MIT */
/* `docker autoheal doctor`: what keeps autoheal from working, worst first, each with what helps. */
#include "doctor.h"

#include "autoheal/util/text.h"
#include "printer.h"

#include <stdarg.h>

#define NAMES_MAX 10
#define NAME_SIZE 96

static const char *const check_names[CHECK_MAX_] = {
        [CHECK_PLUGIN] = "plugin", [CHECK_ENGINE] = "engine",   [CHECK_CALLS] = "calls",
        [CHECK_CLOCK] = "clock",   [CHECK_DATA] = "data-dir",   [CHECK_CONFIG] = "config",
        [CHECK_PASSES] = "passes", [CHECK_HEALERS] = "healers", [CHECK_CONTAINERS] = "containers",
};

static const char *const diagnosis_names[DIAGNOSIS_MAX_] = {
        [DIAGNOSIS_PROBLEM] = "problem",
        [DIAGNOSIS_WARNING] = "warning",
        [DIAGNOSIS_UNKNOWN] = "unknown",
        [DIAGNOSIS_OK] = "ok",
};

static const struct field fields[] = {
        { "check", "Check", "CHECK" },
        { "result", "Result", "RESULT" },
        { "finding", "Finding", "FINDING" },
        { "remedy", "Remedy", "REMEDY" },
};
static const struct shape shape = { fields, N_ELEMENTS(fields), NULL };

/* ---- What the checks share ---- */

static void add(struct doctor *d, struct finding finding) {
        if (d->n == d->cap) {
                d->cap = d->cap ? 2 * d->cap : 32;
                d->findings = xrealloc(d->findings, d->cap * sizeof(*d->findings));
        }
        d->findings[d->n++] = finding;
}

void doctor_find(struct doctor *d, enum check check, enum diagnosis diagnosis, const char *remedy, const char *fmt, ...) {
        char text[4096];
        va_list ap;
        va_start(ap, fmt);
        (void)vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        add(d, (struct finding){ check, diagnosis, arena_strdup(&d->session.arena, text), remedy });
}

void doctor_find_error(struct doctor *d, enum check check, const struct error *err) {
        size_t at = err->remedy_at;
        doctor_find(d, check, DIAGNOSIS_PROBLEM, at ? arena_strdup(&d->session.arena, err->msg + at) : NULL, "%.*s",
                    error_length(err), err->msg);
}

bool doctor_wait(struct doctor *d, const bool *done) {
        while (!*done && !d->session.interrupted && net_run(d->session.net))
                continue;
        return *done;
}

const char *doctor_command(struct doctor *d, const char *words) {
        struct arena *a = &d->session.arena;
        if (d->session.cli->standalone)
                return arena_printf(a, "docker-autoheal %s doctor", words);
        return arena_printf(a, "docker %s autoheal doctor", words);
}

const char *doctor_word(struct doctor *d, const char *text) {
        return text_shell_word(text, &d->session.arena);
}

const char *doctor_short(struct doctor *d, const char *text) {
        char name[NAME_SIZE];
        return arena_strdup(&d->session.arena, text_escape_into(name, sizeof(name), text));
}

void doctor_names_add(struct doctor *d, struct doctor_names *names, const char *name) {
        if (names->n++ < NAMES_MAX)
                buf_addf(&names->text, "%s%s", names->n > 1 ? ", " : "", doctor_short(d, name));
}

const char *doctor_names_end(struct doctor *d, struct doctor_names *names) {
        if (names->n > NAMES_MAX)
                buf_addf(&names->text, " and %zu more", names->n - NAMES_MAX);
        const char *text = arena_strdup(&d->session.arena, buf_str(&names->text));
        buf_release(&names->text);
        names->n = 0;
        return text;
}

/* ---- Printing ---- */

static void print_finding(const struct finding *f, struct printer *p) {
        const char *diagnosis = diagnosis_names[f->diagnosis], *check = check_names[f->check];
        if (!printer_is_plain(p)) {
                const struct value row[] = { value_text(check), value_text(diagnosis), value_text(f->text), value_text(f->remedy) };
                printer_row(p, row);
                return;
        }
        print_line(stdout, "%-9s%-12s%s", diagnosis, check, f->text);
        if (f->remedy)
                print_line(stdout, "%-9s%-12s-> %s", "", "", f->remedy);
}

static size_t count(const struct doctor *d, enum diagnosis diagnosis) {
        size_t n = 0;
        for (size_t i = 0; i < d->n; i++)
                n += d->findings[i].diagnosis == diagnosis;
        return n;
}

/* The worst first; of the same weight, in the order of the checks. */
static void print_findings(const struct doctor *d, struct printer *p) {
        for (unsigned at = 0; at < DIAGNOSIS_MAX_ * CHECK_MAX_; at++) {
                for (size_t i = 0; i < d->n; i++) {
                        const struct finding *f = &d->findings[i];
                        if (f->diagnosis == at / CHECK_MAX_ && f->check == at % CHECK_MAX_)
                                print_finding(f, p);
                }
        }
        printer_close(p);
        if (!printer_is_plain(p))
                return;
        size_t problems = count(d, DIAGNOSIS_PROBLEM), warnings = count(d, DIAGNOSIS_WARNING),
               unknown = count(d, DIAGNOSIS_UNKNOWN);
        (void)printf("\n%zu problem%s, %zu warning%s", problems, problems == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
        if (unknown)
                (void)printf(", %zu unknown", unknown);
        (void)printf("\n");
}

static void examine(struct doctor *d) {
        static void (*const checks[])(struct doctor * d) = {
                doctor_plugin, doctor_data,      doctor_config, doctor_engine,  doctor_other_engines, doctor_calls,
                doctor_clock,  doctor_ownership, doctor_passes, doctor_healers, doctor_containers,
        };
        for (size_t i = 0; i < N_ELEMENTS(checks) && !d->session.interrupted; i++)
                checks[i](d);
}

int cmd_doctor(struct cli *cli) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct doctor d = { .n = 0 };
        struct printer *p = NULL;
        struct error err = ERROR_INIT;
        if (printer_open(&p, &cli->options, &shape, &a, &err) < 0)
                return session_fail(&err);
        if (session_begin(&d.session, cli, &err) < 0)
                d.endpoint_error = err;
        state_init(&d.state, &d.session.arena);
        examine(&d);
        int status = d.session.interrupted ? err_exit_status(ERR_INTERRUPTED) : count(&d, DIAGNOSIS_PROBLEM) > 0;
        if (!d.session.interrupted)
                print_findings(&d, p);
        state_release(&d.state);
        free(d.findings);
        session_close(&d.session);
        return status;
}
