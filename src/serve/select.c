/* SPDX-License-Identifier: MIT */
/* POST /api/containers/select: which containers are monitored whatever their labels say, and which are not. */
#include "serve/select.h"
#include "serve/change.h"
#include "serve/wish.h"

#define SELECTED     "containers.selected"
#define EXCLUDED     "containers.excluded"
#define SHORT_DIGITS 12

/* Whom an id of the request means. */
struct target {
        const char *given, *stable_id;
        const struct plan_item *item; /* NULL: not there */
        const struct selection *chosen;
};

struct names {
        const char **items;
        size_t n;
};

/* ---- The body ---- */

static bool read_body(struct call *call, struct json_doc *doc, struct target **ret, size_t *ret_n, bool *ret_enabled) {
        struct json_value body = json_root(doc), ids = json_get(body, "container_ids"), enabled = json_get(body, "enabled");
        struct api_issues issues AUTO(api_issues_release);
        struct json_iter it = json_iter(ids);
        size_t n = 0;
        struct target *targets = arena_array(call->a, json_count(ids), sizeof(*targets));
        api_issues_init(&issues);
        if (json_type(body) != JSON_OBJECT)
                api_issue(&issues, "model_attributes_type", "body", NULL, "Input should be an object", body);
        else if (!json_present(ids))
                api_issue(&issues, "missing", "body", "container_ids", CHANGE_MISSING, body);
        else if (json_type(ids) != JSON_ARRAY)
                api_issue(&issues, "list_type", "body", "container_ids", "Input should be a valid list", ids);
        while (json_type(ids) == JSON_ARRAY && json_next(&it)) {
                const char *given = json_string(it.value, call->a);
                if (given && *given)
                        targets[n++] = (struct target){ .given = given, .stable_id = given };
                else
                        api_issue(&issues, "string_type", "body", "container_ids", "Input should be a valid string, not empty",
                                  it.value);
        }
        if (json_type(body) == JSON_OBJECT && !json_present(enabled))
                api_issue(&issues, "missing", "body", "enabled", CHANGE_MISSING, body);
        else if (json_present(enabled) && !api_bool(enabled, ret_enabled))
                api_issue(&issues, "bool_parsing", "body", "enabled", "Input should be a valid boolean, unable to interpret input",
                          enabled);
        *ret = targets;
        *ret_n = n;
        return !api_issues_answer(call, &issues);
}

/* An id that fits nobody is kept as it was given: its container may come. One that fits several is a mistake. */
static bool resolve(struct call *call, struct target *targets, size_t n) {
        struct pass *pass = call->api->pass;
        for (size_t i = 0; i < n; i++) {
                struct target *t = &targets[i];
                struct error err = ERROR_INIT;
                if (wish_resolve(call->api, t->given, &t->item, &err) == 0) {
                        t->stable_id = t->item->stable_id;
                        t->chosen = &pass_selection(pass)[t->item - pass_plan(pass)->items];
                } else if (err.code == ERR_AMBIGUOUS) {
                        api_fail(call, &err);
                        return false;
                }
        }
        return true;
}

/* ---- The lists ---- */

static void read_names(struct names *ret, struct json_value list, size_t room, struct arena *a) {
        struct json_iter it = json_iter(list);
        *ret = (struct names){ .items = arena_array(a, json_count(list) + room, sizeof(*ret->items)) };
        while (json_next(&it)) {
                const char *name = json_string(it.value, a);
                if (name)
                        ret->items[ret->n++] = name;
        }
}

static bool means(const char *entry, const struct target *t) {
        const struct container *c = t->item ? t->item->container : NULL;
        if (str_eq(entry, t->given) || str_eq(entry, t->stable_id))
                return true;
        if (!c || !*entry)
                return false;
        return str_eq(entry, t->chosen->claimed_id) || str_eq(entry, c->name) || str_eq(entry, c->id) ||
               (strlen(entry) == SHORT_DIGITS && strncmp(c->id, entry, SHORT_DIGITS) == 0);
}

static bool add(struct names *l, const struct target *t) {
        for (size_t i = 0; i < l->n; i++)
                if (means(l->items[i], t))
                        return false;
        l->items[l->n++] = t->stable_id;
        return true;
}

static bool remove_from(struct names *l, const struct target *t) {
        size_t before = l->n;
        l->n = 0;
        for (size_t i = 0; i < before; i++)
                if (!means(l->items[i], t))
                        l->items[l->n++] = l->items[i];
        return l->n < before;
}

/* ---- What it does not change ---- */

/* What was set and will not come true is said. */
static void warn_if_in_vain(struct change *c, const struct target *t, bool enabled) {
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
        struct target *targets;
        size_t n = 0, n_edits = 0;
        bool enabled = false, more = false, fewer = false;
        if (!api_body(call, &doc) || !read_body(call, doc, &targets, &n, &enabled) || !resolve(call, targets, n))
                return;
        struct change c AUTO(change_end);
        if (!change_begin(&c, call, "containers"))
                return;
        struct names selected, excluded;
        read_names(&selected, config_at(change_present(&c), SELECTED), n, call->a);
        read_names(&excluded, config_at(change_present(&c), EXCLUDED), n, call->a);
        for (size_t i = 0; i < n; i++) {
                more = add(enabled ? &selected : &excluded, &targets[i]) || more;
                fewer = remove_from(enabled ? &excluded : &selected, &targets[i]) || fewer;
                warn_if_in_vain(&c, &targets[i], enabled);
        }
        struct config_edit edits[2];
        if (enabled ? more : fewer)
                edits[n_edits++] = (struct config_edit){ SELECTED, config_list_json(selected.items, selected.n, call->a) };
        if (enabled ? fewer : more)
                edits[n_edits++] = (struct config_edit){ EXCLUDED, config_list_json(excluded.items, excluded.n, call->a) };
        if (change_commit(&c, edits, n_edits))
                change_success(&c, arena_printf(call->a, "Updated %zu containers", n));
}
