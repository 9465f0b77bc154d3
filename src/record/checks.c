/* SPDX-License-Identifier: MIT */
/* What the runs of our checks change in the state. */
#include "autoheal/record/record.h"

void record_count_check(struct counters *c, const struct check_result *r) {
        char label[COUNTERS_LABEL_SIZE];

        if (r->outcome == CHECK_UNKNOWN)
                return;
        counters_add(&c->checks, 1);
        if (r->outcome == CHECK_FAILED && *counters_label(label, r->container_name))
                counters_add(&counters_get(c, label)->checks_failed, 1);
}

bool record_is_news(const struct state *state, const struct check_result *r) {
        const struct memory *m = state_find(state, r->stable_id);

        return r->outcome == CHECK_FAILED || !m || m->check.outcome != r->outcome || m->check.lingers != r->lingers;
}

void record_check(struct state *state, const struct check_result *r) {
        struct memory *known = state_find(state, r->stable_id);
        struct check_memory *m = known ? &known->check : NULL;

        record_count_check(&state->counters, r);
        /* It was about another start, or about a check that was changed meanwhile. */
        if (!m || m->started_us != r->started_us || !str_eq(m->print, r->print))
                return;
        m->run_us = r->began_us;
        m->outcome = r->outcome;
        if (r->outcome == CHECK_PASSED) {
                m->streak = 0;
                m->proven = true;
        } else if (r->outcome == CHECK_FAILED && m->streak < INT64_MAX) {
                m->streak++;
        }
        m->detail = arena_strdup(state->arena, r->detail);
        m->exec_id = arena_strdup(state->arena, r->exec_id);
        m->exec_pid = r->exec_pid;
        m->lingers = r->lingers;
        m->no_timeout = r->no_timeout;
}
