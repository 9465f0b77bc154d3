/* SPDX-License-Identifier: MIT */
/*
 * Stable ids: the names under which containers are remembered. Labels can come from an image that somebody else made, so a
 * claim gives way to a container's own name, and two live claimants of one id get it neither.
 */
#include "decide_internal.h"

#include "autoheal/util/text.h"

#define STABLE_ID_MAX 255

/* Each container has three names; who loses one takes the next. The last is the engine's and unique. */
enum rung { RUNG_CLAIM, RUNG_NAME, RUNG_ID, RUNG_MAX_ };

struct claimant {
        const char *names[RUNG_MAX_];
        enum rung rung;
        bool live;
        int64_t created_us;
        size_t next; /* who goes by the same name */
};

/* It becomes a key in files: printable, valid UTF-8, of a bounded length. */
static bool fits(const char *name) {
        size_t n = name ? strlen(name) : 0;

        if (n == 0 || n > STABLE_ID_MAX)
                return false;
        while (n > 0) {
                uint32_t cp = 0;
                size_t used = utf8_sequence(name, n, &cp);

                if (used == 0 || cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
                        return false;
                name += used;
                n -= used;
        }
        return true;
}

static const char *compose_id(const struct container *c, struct arena *a) {
        const char *project = container_label(c, CONTAINER_PROJECT_LABEL);
        const char *service = container_label(c, LABEL_SERVICE);
        const char *number = container_label(c, LABEL_NUMBER);
        int64_t n;

        if (!project || !*project || !service || !*service)
                return NULL;
        if (number && parse_int64(number, 2, INT32_MAX, &n))
                return arena_printf(a, "%s_%s_%lld", project, service, (long long)n);
        return arena_printf(a, "%s_%s", project, service);
}

static const char *claim_of(const struct container *c, const struct policy *policy, const char *name, struct arena *a) {
        const char *compose = compose_id(c, a);

        return fits(policy->stable_id) ? policy->stable_id : fits(compose) ? compose : name;
}

static struct claimant claimant_of(const struct container *c, const struct policy *policy, bool claimless, struct arena *a) {
        const char *name = fits(c->name) ? c->name : c->id;
        const char *claim = claimless ? name : claim_of(c, policy, name, a);

        return (struct claimant){
                .names = { [RUNG_CLAIM] = claim, [RUNG_NAME] = name, [RUNG_ID] = c->id },
                .rung = str_eq(claim, name) ? RUNG_NAME : RUNG_CLAIM,
                .live = c->state == CONTAINER_RUNNING || c->state == CONTAINER_PAUSED || c->state == CONTAINER_RESTARTING,
                .created_us = c->created_us,
        };
}

/* Links those that go by the same name. ret_heads gets the first of each name; returns how many names there are. */
static size_t group(struct claimant *all, size_t n, size_t *ret_heads) {
        struct strmap heads AUTO(strmap_release) = STRMAP_INIT;
        size_t n_heads = 0;

        for (size_t i = n; i-- > 0;) {
                const char *name = all[i].names[all[i].rung];
                size_t at = strmap_get(&heads, name);

                all[i].next = STRMAP_NONE;
                if (at == STRMAP_NONE) {
                        at = n_heads++;
                        strmap_set(&heads, name, at);
                } else {
                        all[i].next = ret_heads[at];
                }
                ret_heads[at] = i;
        }
        return n_heads;
}

/* Who of a group keeps the name; STRMAP_NONE: nobody. */
static size_t keeper(const struct claimant *all, size_t head) {
        size_t owner = STRMAP_NONE, live = STRMAP_NONE, newest = STRMAP_NONE, n_live = 0;

        for (size_t i = head; i != STRMAP_NONE; i = all[i].next) {
                if (all[i].rung > RUNG_CLAIM && (owner == STRMAP_NONE || all[i].rung > all[owner].rung))
                        owner = i;
                if (all[i].live) {
                        live = i;
                        n_live++;
                }
                if (newest == STRMAP_NONE || all[i].created_us > all[newest].created_us)
                        newest = i;
        }
        if (owner != STRMAP_NONE)
                return owner;
        if (n_live > 1)
                return STRMAP_NONE;
        return n_live == 1 ? live : newest;
}

/* The first live one of a group from that one on; STRMAP_NONE: there is none. */
static size_t next_live(const struct claimant *all, size_t i) {
        while (i != STRMAP_NONE && !all[i].live)
                i = all[i].next;
        return i;
}

/* One round of giving way. False when nobody had to. */
static bool separate(struct claimant *all, const struct observation *obs, size_t *heads, struct identity *ret) {
        size_t n_heads = group(all, obs->n, heads);
        bool moved = false;

        for (size_t h = 0; h < n_heads; h++) {
                if (all[heads[h]].next == STRMAP_NONE)
                        continue;

                size_t keeps = keeper(all, heads[h]);
                size_t first = next_live(all, heads[h]);
                size_t second = first == STRMAP_NONE ? STRMAP_NONE : next_live(all, all[first].next);

                for (size_t i = heads[h]; i != STRMAP_NONE; i = all[i].next) {
                        if (second != STRMAP_NONE && all[i].live && !ret[i].rival)
                                ret[i].rival = &obs->containers[i == first ? second : first];
                        if (i == keeps || all[i].rung == RUNG_ID)
                                continue;
                        all[i].rung++;
                        moved = true;
                }
        }
        return moved;
}

struct identity *decide_identify(const struct observation *obs, const struct policy *policies, const bool *claimless,
                                 struct arena *a) {
        struct identity *ret = arena_array(a, obs->n, sizeof(*ret));
        struct claimant *all = arena_array(a, obs->n, sizeof(*all));
        size_t *heads = arena_array(a, obs->n, sizeof(*heads));

        for (size_t i = 0; i < obs->n; i++)
                all[i] = claimant_of(&obs->containers[i], &policies[i], claimless[i], a);
        /* Who gives way may meet another one under its next name, hence again; each round moves somebody, two rungs at most. */
        while (separate(all, obs, heads, ret))
                ;
        for (size_t i = 0; i < obs->n; i++) {
                ret[i].claimed = all[i].names[RUNG_CLAIM];
                ret[i].stable_id = all[i].names[all[i].rung];
        }
        return ret;
}
