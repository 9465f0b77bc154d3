/* SPDX-License-Identifier: MIT */
/*
 * What a person should know who just ran another docker command. docker waits for it, and prints it below the command's
 * output: so it reads the data directory alone, asks no engine, makes nothing, and has nothing to say of what it cannot read.
 */
#include "cli_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/util/timefmt.h"

#define LATE_US      (INT64_C(15) * 60 * US_PER_S) /* a pass is expected sooner than that after the one before */
#define TEMPLATE_MAX 1000

static size_t count_quarantined(const struct state *state, bool gone) {
        size_t n = 0;
        for (size_t i = 0; i < state->n; i++)
                n += state->memories[i].quarantined != QUARANTINED_NOT && (state->memories[i].gone_us != 0) == gone;
        return n;
}

static bool maintenance_is_on(const struct maintenance *m, struct now now) {
        bool on = m->enabled && !record_maintenance_is_over(m->until_us, now);
        for (size_t i = 0; i < m->n_scopes && !on; i++)
                on = !record_maintenance_is_over(m->scopes[i].until_us, now);
        return on;
}

static void add_line(struct buf *text, const char *line) {
        buf_addf(text, "%s%s", text->len ? "\n" : "", line);
}

/* docker takes it for a Go template: nothing from outside may stand in it. */
static void describe(const struct state *state, struct now now, struct buf *text) {
        char line[128], age[DURATION_HUMAN_SIZE];
        size_t n = count_quarantined(state, false), n_gone = count_quarantined(state, true);
        if (n > 0) {
                (void)snprintf(line, sizeof(line), "%zu container%s quarantined: docker autoheal ps", n, n == 1 ? " is" : "s are");
                add_line(text, line);
        }
        if (n_gone > 0) {
                (void)snprintf(line, sizeof(line), "%zu that %s gone %s still quarantined: docker autoheal prune", n_gone,
                               n_gone == 1 ? "is" : "are", n_gone == 1 ? "is" : "are");
                add_line(text, line);
        }
        if (maintenance_is_on(&state->maintenance, now))
                add_line(text, "Maintenance is on: docker autoheal maintenance status");
        if (state->last_pass_us > 0 && now.wall_us - state->last_pass_us > LATE_US) {
                duration_human((now.wall_us - state->last_pass_us) / US_PER_S, age);
                (void)snprintf(line, sizeof(line), "The last pass was %s ago: docker autoheal", age);
                add_line(text, line);
        }
}

static void print_answer(const char *text) {
        struct buf answer AUTO(buf_release) = BUF_INIT((size_t)4 * TEMPLATE_MAX);
        struct json_writer w;
        json_writer_init(&w, &answer, JSON_COMPACT);
        json_begin_object(&w);
        json_key(&w, "Type");
        json_num(&w, 0);
        json_key(&w, "Template");
        json_str(&w, text);
        json_end_object(&w);
        (void)printf("%s\n", buf_str(&answer));
}

int hooks_run(struct cli *cli) {
        struct session s = { 0 };
        struct state state = { 0 };
        struct buf text AUTO(buf_release) = BUF_INIT(TEMPLATE_MAX);
        struct error err = ERROR_INIT;
        /* An endpoint that cannot be resolved does not matter: it is not asked. */
        (void)!session_begin(&s, cli, &err);
        state_init(&state, &s.arena);
        if (session_locate(&s, &err) == 0 && store_open(&s.store, s.location.path, STORE_READ, &err) == 0 &&
            store_load(s.store, &state, &s.arena, &err) == 0)
                describe(&state, clock_read(), &text);
        if (text.len > 0)
                print_answer(buf_str(&text));
        state_release(&state);
        session_close(&s);
        return 0;
}
