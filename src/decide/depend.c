/* SPDX-License-Identifier: MIT */
/*
 * Who depends on whom: whoever shares a network, Compose's label depends_on, and a label of ours. Labels can come from an image that
 * somebody else made, so whatever they say is bounded, and a circle is no order.
 */
#include "decide_internal.h"

#define LABEL_DEPENDS_ON "com.docker.compose.depends_on"
#define NETWORK_OF       "container:"

struct linker {
        const struct observation *obs;
        struct selection *sel;
        struct strmap ids, names, services; /* to positions; of services to that of their first container */
        size_t *next_of_service;
        bool dependents; /* restart.dependents */
        struct arena *a;
};

/* ---- By what they are called ---- */

static const char *service_key(const struct linker *l, const struct container *c, struct slice service) {
        const char *project = container_label(c, CONTAINER_PROJECT_LABEL);

        if (!project || !*project || service.n == 0)
                return NULL;
        return arena_printf(l->a, "%s\n%.*s", project, (int)service.n, service.p);
}

/* One-off runs and hooks are of no service, and whatever has no such hash Compose does not see either. */
static void index_service(struct linker *l, size_t i) {
        const struct container *c = &l->obs->containers[i];
        const char *service = container_label(c, LABEL_SERVICE);
        const char *key = service ? service_key(l, c, slice_str(service)) : NULL;
        size_t first;

        l->next_of_service[i] = STRMAP_NONE;
        if (!key || !container_label(c, LABEL_CONFIG_HASH) || decide_is_one_off(c))
                return;
        first = strmap_get(&l->services, key);
        if (first == STRMAP_NONE) {
                strmap_set(&l->services, key, i);
        } else {
                l->next_of_service[i] = l->next_of_service[first];
                l->next_of_service[first] = i;
        }
}

static void index_all(struct linker *l) {
        l->next_of_service = arena_array(l->a, l->obs->n, sizeof(*l->next_of_service));
        for (size_t i = 0; i < l->obs->n; i++) {
                strmap_set(&l->ids, l->obs->containers[i].id, i);
                if (*l->obs->containers[i].name)
                        strmap_set(&l->names, l->obs->containers[i].name, i);
                index_service(l, i);
        }
        /* A stable id wins over somebody else's name. */
        for (size_t i = 0; i < l->obs->n; i++)
                strmap_set(&l->names, l->sel[i].stable_id, i);
}

/* ---- Links ---- */

/* The parents of one container while they are gathered. */
struct gathered {
        struct parent parents[PARENTS_MAX];
        size_t n;
};

static void add(struct gathered *g, size_t child, struct parent p) {
        if (p.at == child)
                return;
        for (size_t i = 0; i < g->n; i++) {
                if (g->parents[i].at != p.at)
                        continue;
                g->parents[i].restarts |= p.restarts;
                return;
        }
        if (g->n < PARENTS_MAX)
                g->parents[g->n++] = p;
}

static const char *network_parent(const struct container *c) {
        size_t n = strlen(NETWORK_OF);

        return c->network_mode && strncmp(c->network_mode, NETWORK_OF, n) == 0 ? c->network_mode + n : NULL;
}

static void link_network(struct linker *l, size_t i, struct gathered *g) {
        const char *id = network_parent(&l->obs->containers[i]);
        size_t at;

        if (!id)
                return;
        at = strmap_get(&l->ids, id);
        if (at == STRMAP_NONE)
                at = strmap_get(&l->names, id);
        if (at == STRMAP_NONE)
                l->sel[i].lost_parent = id;
        else
                add(g, i, (struct parent){ .at = at, .how = DEPENDS_NETWORK, .restarts = l->dependents });
}

/* "db:service_healthy:true": what is left out means true, what cannot be read means false, as for Compose itself. */
static bool restarts(struct slice rest) {
        struct slice condition;
        bool yes;

        if (!slice_split(&rest, ':', &condition) || rest.n == 0)
                return true;

        char flag[8];

        (void)snprintf(flag, sizeof(flag), "%.*s", (int)rest.n, rest.p);
        return rest.n < sizeof(flag) && parse_bool(flag, &yes) && yes;
}

static void link_compose(struct linker *l, size_t i, struct gathered *g) {
        const struct container *c = &l->obs->containers[i];
        const char *label = container_label(c, LABEL_DEPENDS_ON);
        struct slice in = slice_str(label), entry, service;

        while (g->n < PARENTS_MAX && slice_split(&in, ',', &entry)) {
                const char *key = slice_split(&entry, ':', &service) ? service_key(l, c, service) : NULL;
                size_t at = key ? strmap_get(&l->services, key) : STRMAP_NONE;
                bool follows = l->dependents && restarts(entry);

                for (; at != STRMAP_NONE && g->n < PARENTS_MAX; at = l->next_of_service[at])
                        add(g, i, (struct parent){ .at = at, .how = DEPENDS_ORDER, .restarts = follows });
        }
}

static void link_label(struct linker *l, size_t i, struct gathered *g) {
        struct slice in = slice_str(l->sel[i].policy.depends_on), id;

        while (g->n < PARENTS_MAX && slice_split(&in, ',', &id)) {
                id = slice_trim(id);

                const char *name = arena_strndup(l->a, id.p, id.n);
                size_t at = strmap_get(&l->names, name);

                if (at != STRMAP_NONE)
                        add(g, i, (struct parent){ .at = at, .how = DEPENDS_ORDER, .restarts = l->dependents });
                else if (!l->sel[i].unknown_parent)
                        l->sel[i].unknown_parent = name;
        }
}

static bool may_depend(const struct container *c, const struct selection *sel) {
        const char *label = container_label(c, LABEL_DEPENDS_ON);

        return network_parent(c) || sel->policy.depends_on || (label && *label);
}

/* Returns how many links there are. */
static size_t link_all(struct linker *l) {
        size_t n = 0;

        for (size_t i = 0; i < l->obs->n; i++) {
                struct gathered g = { .n = 0 };

                if (!may_depend(&l->obs->containers[i], &l->sel[i]))
                        continue;
                link_network(l, i, &g);
                link_label(l, i, &g);
                link_compose(l, i, &g);
                if (g.n == 0)
                        continue;

                struct parent *parents = arena_array(l->a, g.n, sizeof(*parents));

                memcpy(parents, g.parents, g.n * sizeof(*parents));
                l->sel[i].parents = parents;
                l->sel[i].n_parents = g.n;
                n += g.n;
        }
        return n;
}

void decide_link(const struct config *cfg, const struct observation *obs, struct selection *sel, struct arena *a) {
        struct linker l = { .obs = obs,
                            .sel = sel,
                            .ids = STRMAP_INIT,
                            .names = STRMAP_INIT,
                            .services = STRMAP_INIT,
                            .dependents = cfg->restart.dependents,
                            .a = a };
        bool any = false;

        for (size_t i = 0; i < obs->n && !any; i++)
                any = may_depend(&obs->containers[i], &sel[i]);
        if (!any)
                return;
        index_all(&l);
        if (link_all(&l) > 0)
                decide_break_circles(obs, sel, a);
        strmap_release(&l.ids);
        strmap_release(&l.names);
        strmap_release(&l.services);
}

/* ---- Order ---- */

/* What is left to be done for one of them. */
struct step {
        size_t at, next; /* the next parent */
};

/* Its parents, and theirs, before itself. Depth is no recursion: how deep it goes others may choose. */
static size_t put(const struct selection *sel, size_t at, bool *seen, struct step *stack, size_t *ret, size_t n) {
        size_t depth = 0;

        if (seen[at])
                return n;
        seen[at] = true;
        stack[depth++] = (struct step){ .at = at };
        while (depth > 0) {
                struct step *top = &stack[depth - 1];

                if (top->next == sel[top->at].n_parents) {
                        ret[n++] = top->at;
                        depth--;
                        continue;
                }

                size_t parent = sel[top->at].parents[top->next++].at;

                if (seen[parent])
                        continue;
                seen[parent] = true;
                stack[depth++] = (struct step){ .at = parent };
        }
        return n;
}

size_t *decide_parents_first(const struct selection *sel, const size_t *order, size_t n, struct arena *a) {
        bool *seen = arena_array(a, n, sizeof(*seen));
        struct step *stack = arena_array(a, n, sizeof(*stack));
        size_t *ret = arena_array(a, n, sizeof(*ret)), done = 0;

        for (size_t i = 0; i < n; i++)
                done = put(sel, order ? order[i] : i, seen, stack, ret, done);
        return ret;
}
