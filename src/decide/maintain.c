/* SPDX-License-Identifier: MIT */
/* Is a container under maintenance? All are, or those of a scope; because somebody said so, or in a weekly window. */
#include "decide_internal.h"

static bool has_ended(int64_t until_us, int64_t now_us) {
        return until_us && until_us <= now_us;
}

/* "key=value", or "key" whatever its value. */
static bool carries(const struct container *c, const char *wanted) {
        for (size_t i = 0; i < c->n_labels; i++) {
                size_t n = strlen(c->labels[i].key);

                if (strncmp(wanted, c->labels[i].key, n) != 0)
                        continue;
                if (!wanted[n] || (wanted[n] == '=' && str_eq(wanted + n + 1, c->labels[i].value)))
                        return true;
        }
        return false;
}

static bool covers(const struct maintenance_scope *scope, const struct subject *s) {
        switch (scope->kind) {
        case SCOPE_CONTAINER:
                /* Also by the id that somebody else's label took over: that must end no maintenance. */
                return str_eq(scope->value, s->sel->stable_id) || str_eq(scope->value, s->sel->claimed_id) ||
                       str_eq(scope->value, s->c->name);
        case SCOPE_PROJECT:
                return str_eq(scope->value, container_label(s->c, CONTAINER_PROJECT_LABEL));
        case SCOPE_LABEL:
                return carries(s->c, scope->value);
        default:
                return false;
        }
}

/* The one that goes on for longest says when the hold ends. */
static void choose(struct hold_period *h, const char *of, int64_t start_us, int64_t until_us) {
        bool longer = !h->on || (h->until_us && (until_us == 0 || until_us > h->until_us));

        if (longer)
                *h = (struct hold_period){ .on = true, .of = of, .start_us = start_us, .until_us = until_us };
}

/* " of project:shop" */
static const char *scope_text(const struct subject *s, const struct maintenance_scope *scope) {
        return arena_printf(s->round->a, " of %s%s%s", scope_kind_name(scope->kind), scope->kind == SCOPE_CONTAINER ? " " : ":",
                            scope->value);
}

static void choose_window(struct hold_period *h, const struct subject *s, const struct window_period *w) {
        const char *of = " window";

        if (w->scope && !covers(w->scope, s))
                return;
        if (w->scope)
                of = arena_printf(s->round->a, " window%s", scope_text(s, w->scope));
        choose(h, of, w->start_us, w->until_us);
}

struct hold_period decide_maintenance(const struct subject *s) {
        const struct maintenance *m = &s->round->next->maintenance;
        const struct decide_input *in = s->round->in;
        int64_t now_us = in->now.wall_us;
        struct hold_period h = { .on = false, .of = "" };

        if (m->enabled && !has_ended(m->until_us, now_us))
                choose(&h, "", m->start_us, m->until_us);
        for (size_t i = 0; i < m->n_scopes; i++) {
                const struct maintenance_scope *scope = &m->scopes[i];

                if (!has_ended(scope->until_us, now_us) && covers(scope, s))
                        choose(&h, scope_text(s, scope), scope->start_us, scope->until_us);
        }
        if (in->quiet_until_us > now_us)
                choose(&h, " for monitor.start_period_seconds after the start of serve", 0, in->quiet_until_us);
        for (size_t i = 0; i < in->n_windows; i++)
                choose_window(&h, s, &in->windows[i]);
        return h;
}
