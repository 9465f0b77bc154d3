/* SPDX-License-Identifier: MIT */
/* Candidates that the engine and the data directory know. Both are only read, and the engine has two seconds. */
#include "complete.h"

#include "autoheal/os/clock.h"

/* ---- The engine's containers ---- */

static void offer_containers(struct completion *c, const struct engine_list *list) {
        bool ids = str_eq(getenv("DOCKER_COMPLETION_SHOW_CONTAINER_IDS"), "yes");
        for (size_t i = 0; i < list->n; i++) {
                if (ids)
                        complete_offer(c, list->containers[i].id, NULL);
                if (!strchr(list->containers[i].name, '/'))
                        complete_offer(c, list->containers[i].name, NULL);
        }
}

/* ---- Scopes ---- */

static void offer_projects(struct completion *c, const struct engine_list *list, struct arena *a) {
        for (size_t i = 0; i < list->n; i++) {
                const char *project = container_label(&list->containers[i], CONTAINER_PROJECT_LABEL);
                if (project && project[0])
                        complete_offer(c, arena_printf(a, "project:%s", project), NULL);
        }
}

/*
 * There are many labels: their keys come once somebody asks for them. Their values do not: docker's script for bash takes a
 * word apart at the colon, or at the =, but gets one wrong that has both.
 */
static void offer_labels(struct completion *c, const struct engine_list *list, struct arena *a) {
        if (strncmp(c->typed, "label:", strlen("label:")) != 0) {
                complete_offer(c, "label:", NULL);
                return;
        }
        for (size_t i = 0; i < list->n; i++)
                for (size_t k = 0; k < list->containers[i].n_labels; k++)
                        complete_offer(c, arena_printf(a, "label:%s", list->containers[i].labels[k].key), NULL);
}

static void offer_scopes(struct completion *c, const struct engine_list *list, struct arena *a) {
        size_t len = strlen(c->typed);
        if (len > 0 && strncmp("label:", c->typed, len < strlen("label:") ? len : strlen("label:")) == 0)
                c->directive |= DIRECTIVE_NO_SPACE;
        offer_containers(c, list);
        offer_projects(c, list, a);
        offer_labels(c, list, a);
}

/* ---- What is remembered ---- */

static int open_data(struct session *s, struct state *ret) {
        struct error err = ERROR_INIT;
        if (session_locate(s, &err) < 0 || store_open(&s->store, s->location.path, STORE_READ, &err) < 0)
                return -1;
        return store_load(s->store, ret, &s->arena, &err);
}

/* By the name that a person sees, else by the stable id, which may be another. */
static void offer_memory(struct completion *c, const struct memory *m) {
        bool fits = m->name && m->name[0] && strncmp(m->name, c->typed, strlen(c->typed)) == 0;
        complete_offer(c, fits ? m->name : m->stable_id, NULL);
}

static int offer_history(struct completion *c, struct session *s, const struct state *state) {
        struct stored_event *events = NULL;
        size_t n = 0;
        for (size_t i = 0; i < state->n; i++)
                offer_memory(c, &state->memories[i]);
        if (store_read_events(s->store, &s->arena, &events, &n, NULL) < 0)
                return -1;
        for (size_t i = 0; i < n; i++)
                complete_offer(c, events[i].stable_id, NULL);
        return 0;
}

static void offer_scopes_on(struct completion *c, const struct maintenance *m, struct arena *a) {
        struct now now = clock_read();
        for (size_t i = 0; i < m->n_scopes; i++) {
                const struct maintenance_scope *scope = &m->scopes[i];
                if (record_maintenance_is_over(scope->until_us, now))
                        continue;
                complete_offer(c,
                               scope->kind == SCOPE_CONTAINER
                                       ? scope->value
                                       : arena_printf(a, "%s:%s", scope_kind_name(scope->kind), scope->value),
                               NULL);
        }
}

static int offer_remembered(struct completion *c, enum complete kind, struct session *s) {
        struct state state AUTO(state_release);
        state_init(&state, &s->arena);
        if (open_data(s, &state) < 0)
                return -1;
        if (kind == COMPLETE_SCOPES_ON)
                offer_scopes_on(c, &state.maintenance, &s->arena);
        for (size_t i = 0; kind == COMPLETE_QUARANTINED && i < state.n; i++)
                if (state.memories[i].quarantined != QUARANTINED_NOT)
                        offer_memory(c, &state.memories[i]);
        return kind == COMPLETE_REMEMBERED ? offer_history(c, s, &state) : 0;
}

/* ---- Services ---- */

static int offer_services(struct completion *c, struct session *s) {
        struct error err = ERROR_INIT;
        s->config_arena = (struct arena)ARENA_INIT(4096);
        if (session_locate(s, &err) < 0 || store_open(&s->store, s->location.path, STORE_READ, &err) < 0 ||
            session_read_config(s, &err) < 0)
                return -1;
        for (size_t i = 0; i < s->config.notifications.n_services; i++)
                complete_offer(c, s->config.notifications.services[i].name, NULL);
        return 0;
}

int complete_from_outside(struct completion *c, enum complete kind, struct session *s) {
        struct engine_list list = { 0 };
        struct error err = ERROR_INIT;
        bool has_endpoint = session_begin(s, c->cli, &err) == 0;
        if (kind == COMPLETE_QUARANTINED || kind == COMPLETE_SCOPES_ON || kind == COMPLETE_REMEMBERED)
                return offer_remembered(c, kind, s);
        if (kind == COMPLETE_SERVICES)
                return offer_services(c, s);
        if (!has_endpoint || session_connect(s, &err) < 0 || session_list_briefly(s, &list, &err) < 0)
                return -1;
        if (kind == COMPLETE_SCOPES)
                offer_scopes(c, &list, &s->arena);
        else
                offer_containers(c, &list);
        return 0;
}
