/* SPDX-License-Identifier: MIT */
/* The containers: which are monitored and can be, which are not and perhaps should be, and who else restarts them. */
#include "doctor.h"

#include "autoheal/observe/observe.h"

#define LINES_MAX 10 /* findings of one kind, one container each */

/* ---- Other healers ---- */

/* What the programs that do the same are called: image or container. */
static const char *const healers[] = { "autoheal", "auto-heal", "autoheal-rs", "deunhealth", "docker-guardian", "docker-healer" };

/* "willfarrell/autoheal:1.2" and "shop-autoheal-1" are, "autoheal-demo" is not: the word ends the name. */
static bool ends_with_healer(const char *name, size_t n) {
        for (size_t i = 0; i < N_ELEMENTS(healers); i++) {
                size_t len = strlen(healers[i]);
                if (n < len || strncasecmp(name + n - len, healers[i], len) != 0)
                        continue;
                if (n == len || strchr("-_./", name[n - len - 1]))
                        return true;
        }
        return false;
}

/* Without digest and tag. */
static size_t repository_length(const char *image) {
        const char *slash = strrchr(image, '/');
        const char *last = slash ? slash : image;
        return (size_t)(last - image) + strcspn(last, ":@");
}

/* Without the number that Compose appends. */
static size_t name_length(const char *name) {
        size_t n = strlen(name), end = n;
        while (end > 0 && name[end - 1] >= '0' && name[end - 1] <= '9')
                end--;
        return end > 0 && end < n && (name[end - 1] == '-' || name[end - 1] == '_') ? end - 1 : n;
}

static bool is_healer(const struct container *c) {
        return ends_with_healer(c->image, repository_length(c->image)) || ends_with_healer(c->name, name_length(c->name));
}

void doctor_healers(struct doctor *d) {
        const struct observation *obs = d->observation;
        size_t n = 0;
        for (size_t i = 0; obs && i < obs->n; i++) {
                const struct container *c = &obs->containers[i];
                bool runs = c->state == CONTAINER_RUNNING || c->state == CONTAINER_RESTARTING;
                bool is_self = d->selection ? d->selection[i].reason == REASON_SELF : str_eq(c->id, obs->self_id);
                if (!runs || is_self || !is_healer(c) || n++ >= LINES_MAX)
                        continue;
                doctor_find(d, CHECK_HEALERS, DIAGNOSIS_WARNING,
                            arena_printf(&d->session.arena, "docker stop %s", doctor_word(d, c->name)),
                            "container '%s' (image %s) restarts containers as well: what both look after is restarted twice",
                            doctor_short(d, c->name), doctor_short(d, c->image));
        }
}

/* ---- Health checks ---- */

/* The list tells the health of what runs. Nothing tells that of one that never ran. */
static bool must_be_inspected(const struct container *c) {
        return c->state == CONTAINER_EXITED || c->state == CONTAINER_PAUSED || c->state == CONTAINER_RESTARTING ||
               (c->state == CONTAINER_RUNNING && c->health == HEALTH_UNKNOWN);
}

static bool needs_health_check(const struct selection *sel) {
        return sel->monitored && sel->policy.mode != MODE_ON_FAILURE && !sel->check;
}

static void inspected(void *arg, struct observation *obs, const struct error *err) {
        bool *came = arg;
        (void)obs;
        (void)err;
        *came = true;
}

/* False if somebody asks us to stop. */
static bool inspect_doubtful(struct doctor *d) {
        struct session *s = &d->session;
        struct observation *obs = d->observation;
        size_t *which = arena_array(&s->arena, obs->n, sizeof(*which)), n = 0;
        bool came = false;
        for (size_t i = 0; i < obs->n; i++)
                if (needs_health_check(&d->selection[i]) && must_be_inspected(&obs->containers[i]))
                        which[n++] = i;
        if (n == 0)
                return true;
        struct observer *observer = observer_new(s->net, s->engine);
        if (observe_inspect(observer, obs, which, n, &s->arena, inspected, &came, NULL) == 0)
                (void)doctor_wait(d, &came);
        observer_free(observer);
        return !s->interrupted;
}

static void find_unchecked(struct doctor *d) {
        struct doctor_names names = DOCTOR_NAMES_INIT;
        for (size_t i = 0; i < d->observation->n; i++) {
                const struct container *c = &d->observation->containers[i];
                bool is_known = c->inspected || (c->state == CONTAINER_RUNNING && c->health != HEALTH_UNKNOWN);
                if (needs_health_check(&d->selection[i]) && is_known && c->health == HEALTH_NONE)
                        doctor_names_add(d, &names, c->name);
        }
        size_t n = names.n;
        const char *list = doctor_names_end(d, &names);
        if (n)
                doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_WARNING,
                            "HEALTHCHECK in the Dockerfile, healthcheck: in Compose, docker run --health-cmd, or docker autoheal "
                            "healthcheck add",
                            "%zu monitored without a health check, so only crashes are seen: %s", n, list);
}

/* ---- Checks of our own ---- */

/* As passes have told it last. */
static void find_idle_checks(struct doctor *d) {
        struct doctor_names unproven = DOCTOR_NAMES_INIT, unknown = DOCTOR_NAMES_INIT;
        for (size_t i = 0; d->state_good && i < d->observation->n; i++) {
                const struct selection *sel = &d->selection[i];
                const struct memory *m = sel->monitored && sel->check ? state_find(&d->state, sel->stable_id) : NULL;
                if (m && m->check.told == STANDING_UNPROVEN)
                        doctor_names_add(d, &unproven, d->observation->containers[i].name);
                if (m && m->check.told == STANDING_UNKNOWN)
                        doctor_names_add(d, &unknown, d->observation->containers[i].name);
        }
        size_t n_unproven = unproven.n, n_unknown = unknown.n;
        const char *unproven_list = doctor_names_end(d, &unproven), *unknown_list = doctor_names_end(d, &unknown);
        if (n_unproven)
                doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_WARNING, "docker autoheal healthcheck test NAME",
                            "%zu whose check fails and has never passed, so that it heals nothing: %s", n_unproven, unproven_list);
        if (n_unknown)
                doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_WARNING, "docker autoheal healthcheck test NAME",
                            "%zu whose check cannot be run, so that it heals nothing: %s", n_unknown, unknown_list);
}

/* ---- Labels, lists and names ---- */

static void find_bad_labels(struct doctor *d) {
        size_t n = 0;
        for (size_t i = 0; i < d->observation->n; i++) {
                const struct selection *sel = &d->selection[i];
                if (!sel->monitored && !(sel->reason == REASON_NOT_MONITORED && sel->policy.optin == OPTIN_UNCLEAR))
                        continue;
                for (size_t k = 0; k < sel->n_label_issues; k++)
                        if (n++ < LINES_MAX)
                                doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_WARNING, NULL, "container '%s', label %s",
                                            doctor_short(d, d->observation->containers[i].name), sel->label_issues[k].message);
        }
        if (n > LINES_MAX)
                doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_WARNING, NULL, "and %zu more labels that cannot be used", n - LINES_MAX);
}

static bool is_first_of_its_claim(const struct doctor *d, size_t at) {
        for (size_t i = 0; i < at; i++)
                if (d->selection[i].rival && str_eq(d->selection[i].claimed_id, d->selection[at].claimed_id))
                        return false;
        return true;
}

static void find_rivals(struct doctor *d) {
        size_t n = 0;
        for (size_t i = 0; i < d->observation->n; i++) {
                const struct selection *sel = &d->selection[i];
                if (!sel->rival || n >= LINES_MAX || !is_first_of_its_claim(d, i))
                        continue;
                n++;
                doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_WARNING, "give each a label monitoring.id of its own",
                            "containers '%s' and '%s' both claim the stable id '%s': each goes by its name",
                            doctor_short(d, d->observation->containers[i].name), doctor_short(d, sel->rival->name),
                            doctor_short(d, sel->claimed_id));
        }
}

static void find_contradictions(struct doctor *d) {
        const struct config *cfg = &d->session.config;
        struct doctor_names labelled = DOCTOR_NAMES_INIT, unhealthy = DOCTOR_NAMES_INIT;
        for (size_t i = 0; i < d->observation->n; i++) {
                const struct container *c = &d->observation->containers[i];
                const struct selection *sel = &d->selection[i];
                if (sel->reason == REASON_LABEL_FALSE && decide_is_listed(&cfg->containers.selected, sel->stable_id, c))
                        doctor_names_add(d, &labelled, c->name);
                bool forgotten = sel->reason == REASON_NOT_MONITORED || sel->reason == REASON_FILTERED;
                if (!sel->monitored && forgotten && c->state == CONTAINER_RUNNING && c->health == HEALTH_UNHEALTHY)
                        doctor_names_add(d, &unhealthy, c->name);
        }
        size_t n_labelled = labelled.n, n_unhealthy = unhealthy.n;
        const char *labelled_list = doctor_names_end(d, &labelled), *unhealthy_list = doctor_names_end(d, &unhealthy);
        if (n_labelled)
                doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_WARNING, "remove that label, or: docker autoheal monitor --forget NAME",
                            "%zu named in containers.selected, and kept out all the same by a label that says no: %s", n_labelled,
                            labelled_list);
        if (n_unhealthy)
                doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_WARNING, "docker autoheal monitor NAME",
                            "%zu unhealthy and not monitored: %s", n_unhealthy, unhealthy_list);
}

static bool is_gone(const struct doctor *d, const struct memory *m) {
        if (!d->selection)
                return m->gone_us != 0;
        for (size_t i = 0; i < d->observation->n; i++)
                if (str_eq(d->selection[i].stable_id, m->stable_id) || str_eq(d->selection[i].claimed_id, m->stable_id))
                        return false;
        return true;
}

/* Of one that is gone, explain and ps know nothing. */
static void find_quarantined(struct doctor *d, bool gone) {
        struct doctor_names names = DOCTOR_NAMES_INIT;
        for (size_t i = 0; d->state_good && i < d->state.n; i++)
                if (d->state.memories[i].quarantined != QUARANTINED_NOT && is_gone(d, &d->state.memories[i]) == gone)
                        doctor_names_add(d, &names, d->state.memories[i].stable_id);
        size_t n = names.n;
        const char *list = doctor_names_end(d, &names);
        if (n && gone)
                doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_WARNING, "docker autoheal unquarantine NAME, or docker autoheal prune",
                            "%zu quarantined and gone: the next of that name is left alone: %s", n, list);
        else if (n)
                doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_WARNING,
                            "docker autoheal explain NAME, docker autoheal unquarantine NAME",
                            "%zu quarantined, and left alone: %s", n, list);
}

static void count(struct doctor *d) {
        const struct config *cfg = &d->session.config;
        const char *label = arena_printf(&d->session.arena, "%s=%s", cfg->monitor.label_key, cfg->monitor.label_value);
        size_t n = 0, total = d->observation->n;
        for (size_t i = 0; i < total; i++)
                n += d->selection[i].monitored;
        if (n == 0)
                doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_WARNING,
                            arena_printf(&d->session.arena, "docker autoheal monitor NAME, or start one with --label %s",
                                         doctor_word(d, label)),
                            "none of %zu containers is monitored, so nothing is healed", total);
        else
                doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_OK, NULL, "%zu of %zu monitored", n, total);
}

void doctor_containers(struct doctor *d) {
        find_quarantined(d, false);
        find_quarantined(d, true);
        if (!d->selection) {
                doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_UNKNOWN, NULL, "not looked at, because %s",
                            d->observation ? "the configuration cannot be used" : "they could not be listed");
                return;
        }
        count(d);
        if (!inspect_doubtful(d))
                return;
        find_unchecked(d);
        find_idle_checks(d);
        find_bad_labels(d);
        find_rivals(d);
        find_contradictions(d);
        doctor_dependents(d);
}
