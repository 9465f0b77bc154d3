/* SPDX-License-Identifier: MIT */
/* Containers that depend on others: on one that is gone, on one another, on a name that nobody has. */
#include "doctor.h"

#define LINES_MAX 10 /* findings of one kind, one container each */

static void find_orphans(struct doctor *d) {
        struct doctor_names names = DOCTOR_NAMES_INIT;
        struct slice of;
        for (size_t i = 0; i < d->observation->n; i++)
                if (d->selection[i].lost_parent && recreate_trace(d->observation->containers[i].name, &of) == RECREATE_NO_TRACE)
                        doctor_names_add(d, &names, d->observation->containers[i].name);
        size_t n = names.n;
        const char *list = doctor_names_end(d, &names);
        if (n)
                doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_WARNING,
                            "docker compose up -d --force-recreate, or docker autoheal recreate NAME",
                            "%zu in the network of a container that is gone, and no restart helps: %s", n, list);
}

static void find_recreated(struct doctor *d) {
        size_t n = 0;
        for (size_t i = 0; i < d->observation->n; i++) {
                const char *name = d->observation->containers[i].name;
                struct slice of;
                enum recreate_trace trace = recreate_trace(name, &of);
                if (trace == RECREATE_NO_TRACE || n++ >= LINES_MAX)
                        continue;
                if (trace == RECREATE_ANEW)
                        doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_WARNING,
                                    arena_printf(&d->session.arena, "docker autoheal recreate %s",
                                                 doctor_word(d, arena_strndup(&d->session.arena, of.p, of.n))),
                                    "container '%s' was made anew, and has not taken its place", doctor_short(d, name));
                else
                        doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_WARNING,
                                    arena_printf(&d->session.arena, "docker rm %s", doctor_word(d, name)),
                                    "container '%s' was made anew, and the old one could not be removed", doctor_short(d, name));
        }
}

static void find_circles(struct doctor *d) {
        size_t n = 0;
        for (size_t i = 0; i < d->observation->n; i++)
                if (d->selection[i].tells_of_circle && n++ < LINES_MAX)
                        doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_WARNING, "take one out of the label depends_on of another",
                                    "containers %s depend on one another, so no order holds among them", d->selection[i].circle);
}

static void find_unknown_parents(struct doctor *d) {
        size_t n = 0;
        for (size_t i = 0; i < d->observation->n; i++) {
                const struct selection *sel = &d->selection[i];
                if (!sel->monitored || !sel->unknown_parent || n++ >= LINES_MAX)
                        continue;
                doctor_find(d, CHECK_CONTAINERS, DIAGNOSIS_WARNING,
                            "docker autoheal ps --all --format '{{.StableID}}' lists stable ids",
                            "container '%s' depends on '%s' by its label, and there is no such container",
                            doctor_short(d, d->observation->containers[i].name), doctor_short(d, sel->unknown_parent));
        }
}

void doctor_dependents(struct doctor *d) {
        find_orphans(d);
        find_recreated(d);
        find_circles(d);
        find_unknown_parents(d);
}
