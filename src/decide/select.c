/* SPDX-License-Identifier: MIT */
/* Which container is which, and is it ours to look after? */
#include "decide_internal.h"

#include <fnmatch.h>

#define SHORT_ID 12

/* What selecting one container is about. */
struct candidate {
        const struct config *cfg;
        const struct observation *obs;
        const struct container *c;
        bool is_self;
        struct arena *a;
};

static bool begins_with(const char *text, const char *prefix) {
        return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_short_id(const char *text) {
        return strlen(text) == SHORT_ID && strspn(text, "0123456789abcdef") == SHORT_ID;
}

/* Position of our own container; STRMAP_NONE if it is not there or cannot be told. */
static size_t find_self(const struct observation *obs) {
        size_t found = STRMAP_NONE;

        for (size_t i = 0; i < obs->n; i++)
                if (*obs->self_id && str_eq(obs->containers[i].id, obs->self_id))
                        return i;
        if (!is_short_id(obs->self_host))
                return STRMAP_NONE;
        for (size_t i = 0; i < obs->n; i++) {
                if (!begins_with(obs->containers[i].id, obs->self_host))
                        continue;
                if (found != STRMAP_NONE)
                        return STRMAP_NONE;
                found = i;
        }
        return found;
}

static bool is_way_to_engine(const struct candidate *d) {
        const char *host = d->obs->engine_host;

        if (!*host)
                return false;
        for (size_t i = 0; i < d->c->n_addresses; i++)
                if (str_eq(d->c->addresses[i], host))
                        return true;
        return str_eq(d->c->name, host) || str_eq(container_label(d->c, LABEL_SERVICE), host);
}

bool decide_is_one_off(const struct container *c) {
        const char *oneoff = container_label(c, "com.docker.compose.oneoff");

        return (oneoff && slice_eq_nocase(slice_str(oneoff), "true")) || container_label(c, "com.docker.compose.hook");
}

static void keep_out(struct selection *sel, enum reason reason, const char *detail) {
        sel->monitored = false;
        sel->reason = reason;
        sel->detail = detail;
}

static void let_in(struct selection *sel, const char *detail) {
        sel->monitored = true;
        sel->reason = REASON_NONE;
        sel->detail = detail;
}

/* What is never touched, whatever anybody configures. */
static bool kept_out_for_ever(struct selection *sel, const struct candidate *d) {
        if (d->is_self)
                keep_out(sel, REASON_SELF, "autoheal's own container");
        else if (is_way_to_engine(d))
                keep_out(sel, REASON_SELF,
                         decide_say(d->a, "the way to the engine, which is at %s", decide_short(d->a, d->obs->engine_host)));
        else if (container_label(d->c, "com.docker.swarm.task.id") && !d->cfg->monitor.include_swarm_tasks)
                keep_out(sel, REASON_SWARM_TASK,
                         "a Swarm task: Swarm replaces it by itself, and monitor.include_swarm_tasks is false");
        else if (decide_is_one_off(d->c))
                keep_out(sel, REASON_ONE_OFF, "a one-off run or a hook of Compose");
        else if (container_label(d->c, "io.kubernetes.pod.uid"))
                keep_out(sel, REASON_KUBERNETES, "part of a Kubernetes pod");
        else
                return false;
        return true;
}

bool decide_is_listed(const struct string_list *list, const char *stable_id, const struct container *c) {
        for (size_t i = 0; i < list->n; i++) {
                const char *entry = list->items[i];

                if (!*entry)
                        continue;
                if (str_eq(entry, stable_id) || str_eq(entry, c->name) || str_eq(entry, c->id))
                        return true;
                if (is_short_id(entry) && begins_with(c->id, entry))
                        return true;
        }
        return false;
}

static const char *matching_name(const struct string_list *patterns, const struct container *c) {
        for (size_t i = 0; i < patterns->n; i++)
                if (fnmatch(patterns->items[i], c->name, 0) == 0)
                        return patterns->items[i];
        return NULL;
}

static const struct label *matching_label(const struct label_list *labels, const struct container *c) {
        for (size_t i = 0; i < labels->n; i++)
                if (str_eq(container_label(c, labels->items[i].key), labels->items[i].value))
                        return &labels->items[i];
        return NULL;
}

/* What a filter has against it; NULL: nothing. */
static const char *filtered(const struct candidate *d) {
        const char *pattern = matching_name(&d->cfg->filters.blacklist_names, d->c);
        const struct label *label = matching_label(&d->cfg->filters.blacklist_labels, d->c);

        if (pattern)
                return decide_say(d->a, "filters.blacklist_names has '%s'", decide_short(d->a, pattern));
        if (label)
                return decide_say(d->a, "filters.blacklist_labels has %s=%s", decide_short(d->a, label->key),
                                  decide_short(d->a, label->value));
        if (d->cfg->filters.whitelist_names.n > 0 && !matching_name(&d->cfg->filters.whitelist_names, d->c))
                return "no pattern of filters.whitelist_names fits its name";
        if (d->cfg->filters.whitelist_labels.n > 0 && !matching_label(&d->cfg->filters.whitelist_labels, d->c))
                return "it has no label of filters.whitelist_labels";
        return NULL;
}

static void select_one(struct selection *sel, const struct candidate *d) {
        const struct config *cfg = d->cfg;
        enum label_optin optin = sel->policy.optin;
        const char *against;

        /* Excluded stays excluded, even when somebody else's label took its stable id away. */
        if (decide_is_listed(&cfg->containers.excluded, sel->stable_id, d->c) ||
            decide_is_listed(&cfg->containers.excluded, sel->claimed_id, d->c)) {
                keep_out(sel, REASON_EXCLUDED, "named in containers.excluded");
                return;
        }
        if (optin == OPTIN_FALSE) {
                keep_out(sel, REASON_LABEL_FALSE, decide_say(d->a, "its label %s says no", decide_optin_label(&sel->policy, d->a)));
                return;
        }
        if (decide_is_listed(&cfg->containers.selected, sel->stable_id, d->c)) {
                let_in(sel, "named in containers.selected");
                return;
        }
        if (optin == OPTIN_UNCLEAR && !cfg->monitor.include_all) {
                keep_out(sel, REASON_NOT_MONITORED,
                         decide_say(d->a, "its label %s is neither true nor false", decide_optin_label(&sel->policy, d->a)));
                return;
        }
        if (optin != OPTIN_TRUE && !cfg->monitor.include_all) {
                keep_out(sel, REASON_NOT_MONITORED,
                         decide_say(d->a, "no label %s=%s and not in containers.selected",
                                    decide_short(d->a, cfg->monitor.label_key), decide_short(d->a, cfg->monitor.label_value)));
                return;
        }
        against = filtered(d);
        if (against) {
                keep_out(sel, REASON_FILTERED, against);
                return;
        }
        sel->only_include_all = optin != OPTIN_TRUE;
        let_in(sel,
               optin == OPTIN_TRUE ? decide_say(d->a, "label %s", decide_optin_label(&sel->policy, d->a)) : "monitor.include_all");
}

/* The reference service keeps them under the id or the name of the container. */
static const struct health_check *find_check(const struct config *cfg, const struct selection *sel, const struct container *c,
                                             struct arena *a) {
        const char *const keys[] = { sel->stable_id, c->id, c->name };
        const struct health_check *found = NULL;
        struct health_check *copy;

        if (sel->policy.check.kind != HEALTH_CHECK_NONE)
                return &sel->policy.check;
        for (size_t i = 0; i < N_ELEMENTS(keys) && !found; i++)
                found = config_health_check(cfg, keys[i]);
        if (!found)
                return NULL;
        copy = arena_new(a, struct health_check);
        health_check_copy(copy, found, a);
        return copy;
}

struct selection *decide_select(const struct config *cfg, const struct observation *obs, struct arena *a) {
        struct selection *ret = arena_array(a, obs->n, sizeof(*ret));
        struct policy *policies = arena_array(a, obs->n, sizeof(*policies));
        bool *never = arena_array(a, obs->n, sizeof(*never));
        size_t self = find_self(obs);

        for (size_t i = 0; i < obs->n; i++) {
                struct candidate d = { .cfg = cfg, .obs = obs, .c = &obs->containers[i], .is_self = i == self, .a = a };
                struct config_issues issues = CONFIG_ISSUES_INIT(a);

                never[i] = kept_out_for_ever(&ret[i], &d);
                policy_for(&policies[i], cfg, &obs->containers[i], &issues);
                ret[i].policy = policies[i];
                ret[i].label_issues = issues.items;
                ret[i].n_label_issues = issues.n;
        }

        struct identity *identities = decide_identify(obs, policies, never, a);

        for (size_t i = 0; i < obs->n; i++) {
                ret[i].stable_id = identities[i].stable_id;
                ret[i].claimed_id = identities[i].claimed;
                ret[i].rival = identities[i].rival;
                ret[i].check = find_check(cfg, &ret[i], &obs->containers[i], a);
                if (!never[i])
                        select_one(&ret[i], &(struct candidate){ .cfg = cfg, .c = &obs->containers[i], .a = a });
        }
        decide_link(cfg, obs, ret, a);
        return ret;
}
