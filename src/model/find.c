/* SPDX-License-Identifier: MIT */
/* The container that a person means, among those of a plan. */
#include "autoheal/model/plan.h"
#include "autoheal/util/buf.h"
#include "autoheal/util/text.h"

#define CANDIDATES_MAX 5

static void add_candidate(struct buf *list, size_t *n, const char *name) {
        if (++*n > CANDIDATES_MAX)
                return;
        buf_addf(list, "%s%s", *n > 1 ? ", " : "", name);
}

static bool is_id_prefix(const char *name) {
        size_t len = strlen(name);
        return len > 0 && len <= 64 && strspn(name, "0123456789abcdef") == len;
}

static struct plan_item *find_unique(struct plan *plan, const char *name, bool by_prefix, size_t *ret_n, struct buf *candidates) {
        struct plan_item *found = NULL;
        *ret_n = 0;
        for (size_t i = 0; i < plan->n; i++) {
                struct plan_item *item = &plan->items[i];
                bool fits = by_prefix ? strncmp(item->container->id, name, strlen(name)) == 0
                                      : str_eq(item->container->name, name) || str_eq(item->stable_id, name) ||
                                                str_eq(item->container->id, name);
                if (!fits)
                        continue;
                if (!by_prefix && str_eq(item->container->name, name)) {
                        *ret_n = 1;
                        return item;
                }
                found = item;
                add_candidate(candidates, ret_n, item->container->name);
        }
        return found;
}

/* One contains the other, or a slip of the pen lies between them. */
static bool is_similar(const char *name, const char *typed) {
        return strstr(name, typed) || strstr(typed, name) || text_distance(name, typed) <= TEXT_DISTANCE_MAX;
}

static int no_such(const struct plan *plan, const char *name, struct error *err) {
        struct buf list AUTO(buf_release) = BUF_INIT(400);
        size_t n = 0;
        for (size_t i = 0; i < plan->n; i++)
                if (is_similar(plan->items[i].container->name, name))
                        add_candidate(&list, &n, plan->items[i].container->name);
        bool similar = n > 0;
        for (size_t i = 0; i < plan->n && !similar; i++)
                if (plan->items[i].monitored)
                        add_candidate(&list, &n, plan->items[i].container->name);
        if (n == 0)
                return error_set(err, ERR_NOT_FOUND, "No such container: %s", name);
        return error_set(err, ERR_NOT_FOUND, "No such container: %s (%s %s%s%s)", name,
                         similar ? "did you mean" : "there are:", buf_str(&list), n > CANDIDATES_MAX ? ", ..." : "",
                         similar ? "?" : "");
}

int plan_find(struct plan *plan, const char *name, struct plan_item **ret, struct error *err) {
        const char *bare = name[0] == '/' ? name + 1 : name;
        if (bare[0] == '\0')
                return error_set(err, ERR_NOT_FOUND, "container name is empty");
        struct buf candidates AUTO(buf_release) = BUF_INIT(400);
        size_t n = 0;
        struct plan_item *item = find_unique(plan, bare, false, &n, &candidates);
        if (!item && is_id_prefix(bare))
                item = find_unique(plan, bare, true, &n, &candidates);
        if (!item)
                return no_such(plan, bare, err);
        if (n > 1)
                return error_set(err, ERR_AMBIGUOUS, "'%s' fits several containers: %s%s", name, buf_str(&candidates),
                                 n > CANDIDATES_MAX ? ", ..." : "");
        *ret = item;
        return 0;
}
