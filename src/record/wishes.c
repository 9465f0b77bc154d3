/* SPDX-License-Identifier: MIT */
/* What a person asks for beyond quarantine: maintenance, and forgetting what is gone. */
#include "autoheal/record/record.h"

#include "autoheal/util/timefmt.h"

const char *record_scope_name(const struct maintenance_scope *scope, struct arena *a) {
        if (!scope)
                return "all containers";
        if (scope->kind == SCOPE_CONTAINER)
                return scope->value;
        return arena_printf(a, "%s:%s", scope_kind_name(scope->kind), scope->value);
}

static bool same_scope(const struct maintenance_scope *a, const struct maintenance_scope *b) {
        return a->kind == b->kind && str_eq(a->value, b->value);
}

bool record_maintenance_is_over(int64_t until_us, struct now now) {
        return until_us != 0 && until_us <= now.wall_us;
}

bool record_maintenance_is_on(const struct maintenance *m, struct now now) {
        return m->enabled && !record_maintenance_is_over(m->until_us, now);
}

/* The scopes that go on, but for `without`, with room for one more. *ret_found: `without` was among them. */
static struct maintenance_scope *keep_others(const struct state *state, const struct maintenance_scope *without, struct now now,
                                             size_t *ret_n, bool *ret_found) {
        const struct maintenance *m = &state->maintenance;
        struct maintenance_scope *kept = arena_array(state->arena, m->n_scopes + 1, sizeof(*kept));
        *ret_n = 0;
        *ret_found = false;
        for (size_t i = 0; i < m->n_scopes; i++) {
                if (record_maintenance_is_over(m->scopes[i].until_us, now))
                        continue;
                if (same_scope(&m->scopes[i], without))
                        *ret_found = true;
                else
                        kept[(*ret_n)++] = m->scopes[i];
        }
        return kept;
}

static void add_event(struct event_list *events, const struct maintenance_scope *scope, const char *status, const char *message,
                      struct now now) {
        const char *container = scope && scope->kind == SCOPE_CONTAINER ? scope->value : NULL;
        event_list_add(events, &(struct event){ .at_us = now.wall_us,
                                                .type = EVENT_MAINTENANCE,
                                                .container_name = container,
                                                .stable_id = container,
                                                .status = status,
                                                .message = message,
                                                .reason = reason_name(REASON_REQUESTED),
                                                .duration_ms = -1 });
}

void record_maintenance_on(struct state *state, struct event_list *events, const struct maintenance_scope *scope, int64_t until_us,
                           const char *reason, struct now now) {
        struct maintenance *m = &state->maintenance;
        const char *why = arena_strdup(state->arena, reason);
        if (scope) {
                size_t n;
                bool found;
                struct maintenance_scope *scopes = keep_others(state, scope, now, &n, &found);
                scopes[n++] = (struct maintenance_scope){ .kind = scope->kind,
                                                          .value = arena_strdup(state->arena, scope->value),
                                                          .start_us = now.wall_us,
                                                          .until_us = until_us,
                                                          .reason = why };
                m->scopes = scopes;
                m->n_scopes = n;
        } else {
                m->enabled = true;
                m->start_us = now.wall_us;
                m->until_us = until_us;
                m->reason = why;
        }
        char until[TIME_ISO_SIZE] = "";
        if (until_us)
                time_format_iso(until_us, until);
        add_event(events, scope, "enabled",
                  arena_printf(events->arena, "maintenance of %s%s%s%s%s", record_scope_name(scope, events->arena),
                               until_us ? " until " : "", until, reason[0] ? ": " : "", reason),
                  now);
}

bool record_maintenance_off(struct state *state, struct event_list *events, const struct maintenance_scope *scope, struct now now) {
        struct maintenance *m = &state->maintenance;
        if (scope) {
                size_t n;
                bool found;
                struct maintenance_scope *scopes = keep_others(state, scope, now, &n, &found);
                if (!found)
                        return false;
                m->scopes = scopes;
                m->n_scopes = n;
        } else {
                if (!m->enabled)
                        return false;
                m->enabled = false;
                m->start_us = m->until_us = 0;
                m->reason = "";
        }
        add_event(events, scope, "disabled",
                  arena_printf(events->arena, "end of the maintenance of %s", record_scope_name(scope, events->arena)), now);
        return true;
}

bool record_prune(struct state *state, struct event_list *events, const char *stable_id, struct now now) {
        const struct memory *m = state_find(state, stable_id);
        if (!m)
                return false;
        if (m->quarantined != QUARANTINED_NOT)
                event_list_add(events, &(struct event){ .at_us = now.wall_us,
                                                        .type = EVENT_UNQUARANTINE,
                                                        .container_id = m->container_id,
                                                        .container_name = m->name[0] ? m->name : stable_id,
                                                        .stable_id = stable_id,
                                                        .restart_count = (int64_t)m->n_restarts,
                                                        .status = "success",
                                                        .message = "its container is gone, and it was forgotten by hand",
                                                        .reason = reason_name(REASON_GONE),
                                                        .duration_ms = -1 });
        state_drop(state, stable_id);
        return true;
}

int record_request(struct state *state, const char *stable_id, const struct container *c, struct now now, struct error *err) {
        struct memory *m = state_get(state, stable_id);
        if (m->intent != DECISION_NONE)
                return error_set(err, ERR_AMBIGUOUS, "a restart or stop of '%s' is not settled yet", c->name);
        if (!*m->container_id) {
                m->container_id = arena_strdup(state->arena, c->id);
                m->image_id = arena_strdup(state->arena, c->image_id);
                m->name = arena_strdup(state->arena, c->name);
        }
        /* What the outcome is told from, if nobody hears it. */
        if (c->inspected && str_eq(m->container_id, c->id)) {
                m->started_us = c->started_us;
                m->finished_us = c->finished_us;
        }
        memory_begin_action(m, DECISION_RESTART, now.wall_us);
        m->last_restart_us = now.wall_us;
        if (m->lifetime_known && m->lifetime_restarts < INT64_MAX)
                m->lifetime_restarts++;
        return 0;
}
