/* SPDX-License-Identifier: MIT */
/* The fake engine's population: what it holds, and what start, stop and restart do to it. */
#include "fake_engine.h"

#include "autoheal/util/slice.h"
#include "autoheal/util/timefmt.h"

#include <inttypes.h>

static const char *const op_names[OP_MAX_] = {
        [OP_PING] = "ping",     [OP_INFO] = "info",     [OP_LIST] = "list",       [OP_INSPECT] = "inspect",
        [OP_START] = "start",   [OP_STOP] = "stop",     [OP_RESTART] = "restart", [OP_EVENTS] = "events",
        [OP_CREATE] = "create", [OP_RENAME] = "rename", [OP_REMOVE] = "remove",
};

const char *op_name(enum op op) {
        return op < OP_MAX_ ? op_names[op] : "unknown";
}

enum op op_parse(const char *word) {
        for (int op = 0; op < OP_MAX_; op++)
                if (str_eq(word, op_names[op]))
                        return (enum op)op;
        return OP_MAX_;
}

void words_add(struct words *w, const char *word) {
        w->items = xrealloc(w->items, (w->n + 1) * sizeof(*w->items));
        w->items[w->n++] = xstrdup(word);
}

void words_clear(struct words *w) {
        for (size_t i = 0; i < w->n; i++)
                free(w->items[i]);
        free(w->items);
        *w = (struct words){ 0 };
}

void set_text(char **where, const char *value) {
        char *copy = xstrdup(value);
        free(*where);
        *where = copy;
}

void world_init(struct world *w) {
        *w = (struct world){ 0 };
        set_text(&w->api, "1.41");
        set_text(&w->server, "Docker/20.10.24 (linux)");
        set_text(&w->version, "20.10.24");
        set_text(&w->engine_id, "FAKE:ENGI:NE01");
}

static void container_free(struct fake_container *c) {
        char *texts[] = { c->id,     c->name,  c->image, c->image_id, c->state,   c->health,
                          c->policy, c->error, c->probe, c->network,  c->address, c->stop_signal };
        for (size_t i = 0; i < N_ELEMENTS(texts); i++)
                free(texts[i]);
        words_clear(&c->labels);
        words_clear(&c->on_restart);
        free(c);
}

static void event_release(struct fake_event *e) {
        free(e->action);
        free(e->id);
        free(e->name);
        free(e->attribute);
}

void fault_release(struct fault *f) {
        free(f->container);
        free(f->message);
}

void world_release(struct world *w) {
        for (size_t i = 0; i < w->n; i++)
                container_free(w->containers[i]);
        free(w->containers);
        for (size_t i = 0; i < w->n_journal; i++)
                event_release(&w->journal[i]);
        for (size_t i = 0; i < w->n_faults; i++)
                fault_release(&w->faults[i]);
        free(w->faults);
        free(w->api);
        free(w->server);
        free(w->version);
        free(w->engine_id);
        *w = (struct world){ 0 };
}

int64_t world_now_us(const struct world *w) {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000 + w->clock_shift_us;
}

bool world_is_podman(const struct world *w) {
        return strncmp(w->server, "Libpod", strlen("Libpod")) == 0;
}

struct fake_container *world_find(const struct world *w, const char *ref) {
        struct fake_container *found = NULL;
        size_t len = strlen(ref);
        for (size_t i = 0; i < w->n; i++) {
                struct fake_container *c = w->containers[i];
                if (str_eq(c->name, ref) || str_eq(c->id, ref))
                        return c;
                if (len < 4 || strncmp(c->id, ref, len) != 0)
                        continue;
                if (found)
                        return NULL;
                found = c;
        }
        return found;
}

/* FNV-1a: the same name has the same id in every run. */
static void make_id(const char *name, char ret[65]) {
        uint64_t h = UINT64_C(14695981039346656037);
        for (size_t part = 0; part < 4; part++) {
                for (const char *p = name; *p; p++)
                        h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
                h = (h ^ (part + 1)) * UINT64_C(1099511628211);
                snprintf(ret + 16 * part, 17, "%016" PRIx64, h);
        }
}

struct fake_container *world_container(struct world *w, const char *name) {
        for (size_t i = 0; i < w->n; i++)
                if (str_eq(w->containers[i]->name, name))
                        return w->containers[i];
        struct fake_container *c = xcalloc(1, sizeof(*c));
        char id[65];
        make_id(name, id);
        set_text(&c->id, id);
        set_text(&c->name, name);
        set_text(&c->image, "app:1");
        set_text(&c->image_id, "sha256:1111111111111111111111111111111111111111111111111111111111111111");
        set_text(&c->state, "running");
        set_text(&c->health, "none");
        set_text(&c->policy, "no");
        set_text(&c->error, "");
        set_text(&c->probe, "");
        set_text(&c->network, "bridge");
        set_text(&c->address, "172.17.0.2");
        set_text(&c->stop_signal, "");
        c->stop_timeout = FAKE_STOP_TIMEOUT_UNSET;
        c->created_us = world_now_us(w) - 7200 * US_PER_S;
        c->started_us = world_now_us(w) - 3600 * US_PER_S;
        w->containers = xrealloc(w->containers, (w->n + 1) * sizeof(struct fake_container *));
        w->containers[w->n++] = c;
        return c;
}

void world_remove(struct world *w, struct fake_container *c) {
        for (size_t i = 0; i < w->n; i++) {
                if (w->containers[i] != c)
                        continue;
                memmove(&w->containers[i], &w->containers[i + 1], (w->n - i - 1) * sizeof(struct fake_container *));
                w->n--;
                container_free(c);
                return;
        }
}

void world_event(struct world *w, const struct fake_container *c, const char *action, const char *attribute, int64_t at_us) {
        if (w->n_journal == FAKE_JOURNAL_MAX) {
                event_release(&w->journal[0]);
                memmove(&w->journal[0], &w->journal[1], (FAKE_JOURNAL_MAX - 1) * sizeof(w->journal[0]));
                w->n_journal--;
        }
        w->journal[w->n_journal++] = (struct fake_event){
                .at_us = at_us,
                .number = ++w->n_events,
                .action = xstrdup(action),
                .id = xstrdup(c->id),
                .name = xstrdup(c->name),
                .attribute = xstrdup(attribute),
        };
}

void world_destroy(struct world *w, struct fake_container *c) {
        world_event(w, c, "destroy", "", world_now_us(w));
        world_remove(w, c);
}

void world_new_journal(struct world *w) {
        for (size_t i = 0; i < w->n_journal; i++)
                event_release(&w->journal[i]);
        w->n_journal = 0;
}

/* ---- properties, as the script names them ---- */

enum property_kind { TEXT, NUMBER, FLAG, MOMENT };

static const struct property {
        const char *key;
        enum property_kind kind;
        size_t offset;
} properties[] = {
        { "id", TEXT, offsetof(struct fake_container, id) },
        { "image", TEXT, offsetof(struct fake_container, image) },
        { "image-id", TEXT, offsetof(struct fake_container, image_id) },
        { "state", TEXT, offsetof(struct fake_container, state) },
        { "health", TEXT, offsetof(struct fake_container, health) },
        { "error", TEXT, offsetof(struct fake_container, error) },
        { "probe", TEXT, offsetof(struct fake_container, probe) },
        { "network", TEXT, offsetof(struct fake_container, network) },
        { "address", TEXT, offsetof(struct fake_container, address) },
        { "stop-signal", TEXT, offsetof(struct fake_container, stop_signal) },
        { "exit", NUMBER, offsetof(struct fake_container, exit_code) },
        { "restart-count", NUMBER, offsetof(struct fake_container, restart_count) },
        { "stop-timeout", NUMBER, offsetof(struct fake_container, stop_timeout) },
        { "streak", NUMBER, offsetof(struct fake_container, failing_streak) },
        { "probe-exit", NUMBER, offsetof(struct fake_container, probe_exit) },
        { "oom", FLAG, offsetof(struct fake_container, oom) },
        { "auto-remove", FLAG, offsetof(struct fake_container, auto_remove) },
        { "nameless", FLAG, offsetof(struct fake_container, nameless) },
        { "created", MOMENT, offsetof(struct fake_container, created_us) },
        { "started", MOMENT, offsetof(struct fake_container, started_us) },
        { "finished", MOMENT, offsetof(struct fake_container, finished_us) },
        { "probe-end", MOMENT, offsetof(struct fake_container, probe_end_us) },
};

static void set_label(struct fake_container *c, const char *pair) {
        size_t key_len = strcspn(pair, "=") + 1;
        for (size_t i = 0; i < c->labels.n; i++) {
                if (strncmp(c->labels.items[i], pair, key_len) != 0)
                        continue;
                set_text(&c->labels.items[i], pair);
                return;
        }
        words_add(&c->labels, pair);
}

static bool set_policy(struct fake_container *c, const char *value) {
        struct slice rest = slice_str(value), head;
        int64_t max = 0;
        if (!slice_split(&rest, ':', &head))
                return false;
        char name[32];
        snprintf(name, sizeof(name), "%.*s", (int)head.n, head.p);
        if (strchr(value, ':') && !parse_int64(strchr(value, ':') + 1, 0, 1000000, &max))
                return false;
        set_text(&c->policy, name);
        c->policy_max = max;
        return true;
}

static bool set_moment(int64_t *where, const char *value, int64_t now_us) {
        int64_t seconds;
        if (str_eq(value, "never"))
                *where = 0;
        else if (parse_int64(value, -4000000000, 4000000000, &seconds))
                *where = now_us + seconds * US_PER_S;
        else
                return time_parse_iso(slice_str(value), where);
        return true;
}

static bool set_property(const struct world *w, struct fake_container *c, const struct property *p, const char *value) {
        char *field = (char *)c + p->offset;
        bool flag;
        switch (p->kind) {
        case TEXT:
                set_text((char **)(void *)field, value);
                return true;
        case NUMBER:
                return parse_int64(value, INT64_MIN, INT64_MAX, (int64_t *)(void *)field);
        case MOMENT:
                return set_moment((int64_t *)(void *)field, value, world_now_us(w));
        case FLAG:
                if (!parse_bool(value, &flag))
                        return false;
                *(int64_t *)(void *)field = flag;
                return true;
        }
        return false;
}

bool container_set(struct world *w, struct fake_container *c, const char *key, const char *value, const char **ret_why) {
        *ret_why = "value does not fit";
        if (str_eq(key, "label")) {
                set_label(c, value);
                return strchr(value, '=') != NULL;
        }
        if (str_eq(key, "policy"))
                return set_policy(c, value);
        for (size_t i = 0; i < N_ELEMENTS(properties); i++) {
                if (!str_eq(properties[i].key, key))
                        continue;
                bool ok = set_property(w, c, &properties[i], value);
                if (ok && str_eq(key, "exit") && str_eq(c->state, "running"))
                        set_text(&c->state, "exited");
                return ok;
        }
        *ret_why = "no such property";
        return false;
}

void container_settle(struct fake_container *c, int64_t default_finished_us) {
        bool ended = str_eq(c->state, "exited") || str_eq(c->state, "dead");
        if (ended && c->finished_us == 0)
                c->finished_us = default_finished_us;
        if (str_eq(c->state, "created"))
                c->started_us = 0;
        if (c->probe_end_us == 0 && !str_eq(c->health, "none") && !str_eq(c->health, "starting"))
                c->probe_end_us = c->started_us + 5 * US_PER_S;
}

/* ---- actions ---- */

static void end_now(struct world *w, struct fake_container *c, int64_t now) {
        set_text(&c->state, "exited");
        c->exit_code = 143;
        c->finished_us = now;
        world_event(w, c, "die", "exitCode=143", now);
        world_event(w, c, "stop", "", now);
}

static void stop_now(struct world *w, struct fake_container *c) {
        int64_t now = world_now_us(w);
        world_event(w, c, "kill", "signal=15", now);
        end_now(w, c, now);
}

static void start_now(struct world *w, struct fake_container *c) {
        const char *why;
        int64_t now = world_now_us(w);
        set_text(&c->state, "running");
        set_text(&c->error, "");
        set_text(&c->probe, "");
        if (!str_eq(c->health, "none"))
                set_text(&c->health, "starting");
        c->started_us = now;
        c->exit_code = c->oom = c->restart_count = c->failing_streak = c->probe_exit = 0;
        c->probe_end_us = 0;
        world_event(w, c, "start", "", now);
        int64_t finished_before = c->finished_us;
        c->finished_us = 0;
        for (size_t i = 0; i < c->on_restart.n; i++) {
                char *pair = c->on_restart.items[i];
                size_t key_len = strcspn(pair, "=");
                AUTO_FREE char *key = xstrdup(pair);
                key[key_len] = '\0';
                (void)container_set(w, c, key, pair + key_len + 1, &why);
        }
        container_settle(c, now);
        if (str_eq(c->state, "running"))
                c->finished_us = finished_before;
}

void world_act_half(struct world *w, struct fake_container *c, const char *why) {
        if (str_eq(c->state, "running"))
                stop_now(w, c);
        else
                c->exit_code = 128;
        set_text(&c->error, why);
}

static bool comes_back(const struct fake_container *c) {
        return str_eq(c->policy, "always") || str_eq(c->policy, "unless-stopped");
}

void world_engine_restart(struct world *w, bool killed) {
        bool *ran = xcalloc(w->n ? w->n : 1, sizeof(*ran));
        if (killed)
                world_new_journal(w);
        for (size_t i = 0; i < w->n; i++) {
                struct fake_container *c = w->containers[i];
                ran[i] = str_eq(c->state, "running") || str_eq(c->state, "paused") || str_eq(c->state, "restarting");
                if (ran[i])
                        world_event(w, c, "kill", "signal=15", world_now_us(w));
        }
        for (size_t i = 0; i < w->n; i++)
                if (ran[i])
                        end_now(w, w->containers[i], world_now_us(w));
        if (!killed && w->last_words)
                w->last_words(w->last_words_arg);
        if (!killed)
                world_new_journal(w);
        for (size_t i = 0; i < w->n; i++)
                if (ran[i] && comes_back(w->containers[i]))
                        start_now(w, w->containers[i]);
        free(ran);
        w->engine_restarts++;
}

int world_act(struct world *w, struct fake_container *c, enum op op) {
        bool running = str_eq(c->state, "running") || str_eq(c->state, "restarting");
        if (str_eq(c->state, "removing") || str_eq(c->state, "dead"))
                return 409;
        if (str_eq(c->state, "paused") && op != OP_STOP)
                return 409;
        if ((op == OP_START && running) || (op == OP_STOP && !running && !str_eq(c->state, "paused")))
                return 304;
        c->done[op]++;
        if (op == OP_STOP || (op == OP_RESTART && running))
                stop_now(w, c);
        if (op != OP_STOP)
                start_now(w, c);
        if (op == OP_RESTART)
                world_event(w, c, "restart", "", world_now_us(w));
        if (op == OP_STOP && c->auto_remove)
                world_destroy(w, c);
        return 204;
}

const struct fault *world_fault(struct world *w, enum op op, const struct fake_container *c) {
        for (size_t i = 0; i < w->n_faults; i++) {
                struct fault *f = &w->faults[i];
                if ((!f->any && f->op != op) || f->times == 0)
                        continue;
                if (f->container && !(c && str_eq(f->container, c->name)))
                        continue;
                if (f->skip > 0) {
                        f->skip--;
                        continue;
                }
                if (f->times > 0)
                        f->times--;
                return f;
        }
        return NULL;
}
