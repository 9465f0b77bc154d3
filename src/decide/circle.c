/* SPDX-License-Identifier: MIT */
/*
 * Circles of containers that depend on one another, found by Tarjan's algorithm, without its recursion: others choose how deep it goes.
 * Members of a circle are independent of each other. Only a shared network stays, which is a fact and no wish; should even those
 * make a circle, they end too.
 */
#include "decide_internal.h"

#define NAMES_MAX 8 /* that are told of a circle */

/* One container on its way through the search. */
struct visit {
        size_t index, low; /* 0: not visited yet */
        size_t next;       /* the next parent */
        size_t caller;
        bool on_stack;
};

struct search {
        const struct selection *sel;
        struct visit *visits;
        size_t *stack, n_stack;
        size_t n_visited;
        size_t *component; /* the answer: the same number for those of a circle */
};

static void enter(struct search *s, size_t at, size_t caller) {
        s->n_visited++;
        s->visits[at] = (struct visit){ .index = s->n_visited, .low = s->n_visited, .caller = caller, .on_stack = true };
        s->stack[s->n_stack++] = at;
}

static void lower(struct visit *v, size_t low) {
        if (low < v->low)
                v->low = low;
}

/* All its parents are visited; returns where the search goes on. */
static size_t leave(struct search *s, size_t at) {
        struct visit *v = &s->visits[at];
        size_t member;

        if (v->caller != SIZE_MAX)
                lower(&s->visits[v->caller], v->low);
        if (v->low != v->index)
                return v->caller;
        do {
                member = s->stack[--s->n_stack];
                s->visits[member].on_stack = false;
                s->component[member] = at;
        } while (member != at);
        return v->caller;
}

static void search_from(struct search *s, size_t root) {
        size_t at = root;

        enter(s, root, SIZE_MAX);
        while (at != SIZE_MAX) {
                struct visit *v = &s->visits[at];

                if (v->next == s->sel[at].n_parents) {
                        at = leave(s, at);
                        continue;
                }

                size_t parent = s->sel[at].parents[v->next++].at;

                if (s->visits[parent].index == 0) {
                        enter(s, parent, at);
                        at = parent;
                } else if (s->visits[parent].on_stack) {
                        lower(v, s->visits[parent].index);
                }
        }
}

static size_t *find_components(const struct selection *sel, size_t n, struct arena *a) {
        struct search s = { .sel = sel,
                            .visits = arena_array(a, n, sizeof(*s.visits)),
                            .stack = arena_array(a, n, sizeof(*s.stack)),
                            .component = arena_array(a, n, sizeof(*s.component)) };

        for (size_t i = 0; i < n; i++)
                if (s.visits[i].index == 0)
                        search_from(&s, i);
        return s.component;
}

/* Takes the links of that kind out of all circles. Returns how many. */
static size_t cut(struct selection *sel, size_t n, const size_t *component, enum dependence how, struct arena *a) {
        size_t n_cut = 0;

        for (size_t i = 0; i < n; i++) {
                struct parent *kept = arena_array(a, sel[i].n_parents, sizeof(*kept));
                size_t n_kept = 0;

                for (size_t k = 0; k < sel[i].n_parents; k++)
                        if (sel[i].parents[k].how != how || component[sel[i].parents[k].at] != component[i])
                                kept[n_kept++] = sel[i].parents[k];
                n_cut += sel[i].n_parents - n_kept;
                sel[i].parents = kept;
                sel[i].n_parents = n_kept;
        }
        return n_cut;
}

/* ---- Who they are ---- */

struct member {
        size_t component, at;
        const char *name;
};

static int by_circle(const void *pa, const void *pb) {
        const struct member *a = pa, *b = pb;

        if (a->component != b->component)
                return a->component < b->component ? -1 : 1;
        return strcmp(a->name, b->name);
}

static const char *names_of(const struct member *members, size_t n, struct arena *a) {
        const char *names = "";

        for (size_t i = 0; i < n && i < NAMES_MAX; i++)
                names = arena_printf(a, "%s%s%.60s", names, i ? ", " : "", members[i].name);
        return n > NAMES_MAX ? arena_printf(a, "%s and %zu more", names, n - NAMES_MAX) : names;
}

static void note_circle(struct selection *sel, const struct member *members, size_t n, struct arena *a) {
        const char *names = decide_short(a, names_of(members, n, a));
        bool told = false;

        for (size_t i = 0; i < n; i++) {
                struct selection *s = &sel[members[i].at];

                s->circle = names;
                s->tells_of_circle = s->monitored && !told;
                told = told || s->monitored;
        }
}

static void note_circles(struct selection *sel, size_t n, const size_t *component, struct arena *a) {
        struct member *members = arena_array(a, n, sizeof(*members));

        for (size_t i = 0; i < n; i++)
                members[i] = (struct member){ component[i], i, sel[i].stable_id };
        qsort(members, n, sizeof(*members), by_circle);
        for (size_t first = 0, end; first < n; first = end) {
                for (end = first + 1; end < n && members[end].component == members[first].component; end++)
                        ;
                if (end - first > 1)
                        note_circle(sel, members + first, end - first, a);
        }
}

void decide_break_circles(const struct observation *obs, struct selection *sel, struct arena *a) {
        const size_t *component = find_components(sel, obs->n, a);

        note_circles(sel, obs->n, component, a);
        if (cut(sel, obs->n, component, DEPENDS_ORDER, a) > 0)
                component = find_components(sel, obs->n, a);
        (void)cut(sel, obs->n, component, DEPENDS_NETWORK, a);
}
