/* SPDX-License-Identifier: MIT */
/* POST /api/containers/select: which containers are monitored whatever their labels say, and which are not. */
#include "serve/select.h"
#include "serve/change.h"
#include "serve/wish.h"

#include "autoheal/util/strmap.h"

#define SELECTED     "containers.selected"
#define EXCLUDED     "containers.excluded"
#define SHORT_DIGITS 12
#define IDS_MAX      1000 /* more than an engine has containers */

/* Whom an id of the request means. */
struct choice {
        const char *given, *stable_id;
        const struct plan_item *item; /* NULL: not there */
        const struct selection *chosen;
};

/* What is taken out is NULL. */
struct names {
        const char **items;
        size_t n;
        struct strmap index;
};

/* ---- The body ---- */

static bool read_body(struct call *call, struct json_doc *doc, struct choice **ret, size_t *ret_n, bool *ret_enabled) {
        struct json_value body = json_root(doc), ids = json_get(body, "container_ids"), enabled = json_get(body, "enabled");
        struct api_issues issues AUTO(api_issues_release);
        bool is_list = json_type(ids) == JSON_ARRAY && json_count(ids) <= IDS_MAX;
        struct json_iter it = json_iter(ids);
        size_t n = 0;
        struct choice *choices = arena_array(call->a, is_list ? json_count(ids) : 0, sizeof(*choices));
        api_issues_init(&issues);
        if (json_type(body) != JSON_OBJECT)
                api_issue(&issues, "model_attributes_type", "body", NULL, "Input should be an object", body);
        else if (!json_present(ids))
                api_issue(&issues, "missing", "body", "container_ids", CHANGE_MISSING, body);
        else if (json_type(ids) != JSON_ARRAY)
                api_issue(&issues, "list_type", "body", "container_ids", "Input should be a valid list", ids);
        else if (!is_list)
                api_issue(&issues, "too_long", "body", "container_ids", "List should have at most 1000 items", ids);
        while (is_list && json_next(&it)) {
                const char *given = json_string(it.value, call->a);
                if (given && *given)
                        choices[n++] = (struct choice){ .given = given, .stable_id = given };
                else
                        api_issue(&issues, "string_type", "body", "container_ids", "Input should be a valid string, not empty",
                                  it.value);
        }
        if (json_type(body) == JSON_OBJECT && !json_present(enabled))
                api_issue(&issues, "missing", "body", "enabled", CHANGE_MISSING, body);
        else if (json_present(enabled) && !api_bool(enabled, ret_enabled))
                api_issue(&issues, "bool_parsing", "body", "enabled", "Input should be a valid boolean, unable to interpret input",
                          enabled);
        *ret = choices;
        *ret_n = n;
        return !api_issues_answer(call, &issues);
}

static void list_known(struct strmap *ret, const struct plan *plan) {
        for (size_t i = 0; i < plan->n; i++) {
                strmap_set(ret, plan->items[i].container->name, i);
                strmap_set(ret, plan->items[i].stable_id, i);
        }
}

static bool begins_an_id(const struct plan *plan, const char *word) {
        size_t n = strlen(word);
        for (size_t i = 0; i < plan->n; i++)
                if (strncmp(plan->items[i].container->id, word, n) == 0)
                        return true;
        return false;
}

/* To say who was meant instead takes its time, and nobody would hear it: who is not there is known before. */
static bool is_there(const struct plan *plan, const struct strmap *known, const char *given) {
        const char *bare = given[0] == '/' ? given + 1 : given;
        return strmap_get(known, bare) != STRMAP_NONE || begins_an_id(plan, bare);
}

/* An id that fits nobody is kept as it was given: its container may come. One that fits several is a mistake. */
static bool resolve(struct call *call, struct choice *choices, size_t n) {
        struct pass *pass = call->api->pass;
        const struct plan *plan = pass_plan(pass);
        struct strmap known AUTO(strmap_release) = STRMAP_INIT;
        if (!plan)
                return true;
        list_known(&known, plan);
        for (size_t i = 0; i < n; i++) {
                struct choice *t = &choices[i];
                struct error err = ERROR_INIT;
                if (!is_there(plan, &known, t->given))
                        continue;
                if (wish_resolve(call->api, t->given, &t->item, &err) == 0) {
                        t->stable_id = t->item->stable_id;
                        t->chosen = &pass_selection(pass)[t->item - plan->items];
                } else if (err.code == ERR_AMBIGUOUS) {
                        api_fail(call, &err);
                        return false;
                }
        }
        return true;
}

/* ---- The lists ---- */

static void names_read(struct names *ret, struct json_value list, size_t room, struct arena *a) {
        struct json_iter it = json_iter(list);
        *ret = (struct names){ .items = arena_array(a, json_count(list) + room, sizeof(*ret->items)), .index = STRMAP_INIT };
        while (json_next(&it)) {
                const char *name = json_string(it.value, a);
                if (!name || strmap_get(&ret->index, name) != STRMAP_NONE)
                        continue;
                strmap_set(&ret->index, name, ret->n);
                ret->items[ret->n++] = name;
        }
}

static void names_release(struct names *l) {
        strmap_release(&l->index);
}

#define WORDS_MAX 6

/* What an entry may say to mean that container; returns how many there are. */
static size_t words_for(const struct choice *t, const char *ret[static WORDS_MAX], struct arena *a) {
        const struct container *c = t->item ? t->item->container : NULL;
        const char *const words[WORDS_MAX] = {
                t->given,           t->stable_id,     c ? t->chosen->claimed_id : NULL,
                c ? c->name : NULL, c ? c->id : NULL, c ? arena_strndup(a, c->id, strnlen(c->id, SHORT_DIGITS)) : NULL
        };
        size_t n = 0;
        for (size_t i = 0; i < WORDS_MAX; i++)
                if (words[i] && words[i][0])
                        ret[n++] = words[i];
        return n;
}

static bool names_add(struct names *l, const struct choice *t, struct arena *a) {
        const char *words[WORDS_MAX];
        size_t n = words_for(t, words, a);
        for (size_t i = 0; i < n; i++)
                if (strmap_get(&l->index, words[i]) != STRMAP_NONE)
                        return false;
        strmap_set(&l->index, t->stable_id, l->n);
        l->items[l->n++] = t->stable_id;
        return true;
}

static bool names_remove(struct names *l, const struct choice *t, struct arena *a) {
        const char *words[WORDS_MAX];
        size_t n = words_for(t, words, a);
        bool removed = false;
        for (size_t i = 0; i < n; i++) {
                size_t at = strmap_get(&l->index, words[i]);
                if (at == STRMAP_NONE || !l->items[at])
                        continue;
                l->items[at] = NULL;
                removed = true;
        }
        return removed;
}

static const char *names_json(const struct names *l, struct arena *a) {
        const char **left = arena_array(a, l->n, sizeof(*left));
        size_t n = 0;
        for (size_t i = 0; i < l->n; i++)
                if (l->items[i])
                        left[n++] = l->items[i];
        return config_list_json(left, n, a);
}

/* ---- What it does not change ---- */

/* What was set and will not come true is said. */
static void warn_if_in_vain(struct change *c, const struct choice *t, bool enabled) {
        if (!enabled || !t->item)
                return;
        switch (t->item->monitor_reason) {
        case REASON_SELF:
        case REASON_SWARM_TASK:
        case REASON_ONE_OFF:
        case REASON_KUBERNETES:
                config_add_warning(&c->issues, t->given,
                                   arena_printf(c->call->a, "is never monitored: %s", t->item->monitor_detail));
                return;
        default:
                break;
        }
        if (t->chosen->policy.optin == OPTIN_FALSE)
                config_add_warning(&c->issues, t->given, "is not monitored: its label says no, which wins over " SELECTED);
}

void select_containers(struct call *call) {
        struct json_doc *doc AUTO_JSON = NULL;
        struct choice *choices;
        size_t n = 0, n_edits = 0;
        bool enabled = false, more = false, fewer = false;
        if (!api_body(call, &doc) || !read_body(call, doc, &choices, &n, &enabled) || !resolve(call, choices, n))
                return;
        struct change c AUTO(change_end);
        if (!change_begin(&c, call, "containers"))
                return;
        struct names selected AUTO(names_release), excluded AUTO(names_release);
        names_read(&selected, config_at(change_present(&c), SELECTED), n, call->a);
        names_read(&excluded, config_at(change_present(&c), EXCLUDED), n, call->a);
        for (size_t i = 0; i < n; i++) {
                more = names_add(enabled ? &selected : &excluded, &choices[i], call->a) || more;
                fewer = names_remove(enabled ? &excluded : &selected, &choices[i], call->a) || fewer;
                warn_if_in_vain(&c, &choices[i], enabled);
        }
        struct config_edit edits[2];
        if (enabled ? more : fewer)
                edits[n_edits++] = (struct config_edit){ SELECTED, names_json(&selected, call->a) };
        if (enabled ? fewer : more)
                edits[n_edits++] = (struct config_edit){ EXCLUDED, names_json(&excluded, call->a) };
        if (change_commit(&c, edits, n_edits))
                change_success(&c, arena_printf(call->a, "Updated %zu containers", n));
}
