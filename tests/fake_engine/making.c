/* SPDX-License-Identifier: MIT */
/* Containers that are made, renamed and removed through the API: what they are made of is what an inspect of them tells. */
#include "fake_engine.h"

static bool is_taken(const struct world *w, const char *name, struct reply *r) {
        for (size_t i = 0; i < w->n; i++) {
                if (!str_eq(w->containers[i]->name, name))
                        continue;
                reply_message(r, 409, "Conflict. The container name \"/%s\" is already in use by container \"%s\"", name,
                              w->containers[i]->id);
                return true;
        }
        return false;
}

static void take_text(char **where, struct json_value v, struct arena *a) {
        const char *text = json_string(v, a);
        if (text)
                set_text(where, text);
}

static void take_labels(struct world *w, struct fake_container *c, struct json_value labels, struct arena *a) {
        struct json_iter it = json_iter(labels);
        const char *why;
        while (json_next(&it))
                (void)container_set(w, c, "label", arena_printf(a, "%.*s=%s", (int)it.key.n, it.key.p, json_string(it.value, a)),
                                    &why);
}

static void make(struct world *w, const char *name, struct json_value body, struct arena *a, struct reply *r) {
        struct json_value host = json_get(body, "HostConfig");
        struct fake_container *c = world_container(w, name);
        struct json_writer jw;
        bool auto_remove = false;
        take_text(&c->image, json_get(body, "Image"), a);
        take_text(&c->network, json_get(host, "NetworkMode"), a);
        take_text(&c->policy, json_get(json_get(host, "RestartPolicy"), "Name"), a);
        take_labels(w, c, json_get(body, "Labels"), a);
        (void)json_bool(json_get(host, "AutoRemove"), &auto_remove);
        c->auto_remove = auto_remove;
        set_text(&c->state, "created");
        c->created_us = world_now_us(w);
        c->started_us = 0;
        world_event(w, c, "create", "", c->created_us);
        r->status = 201;
        json_writer_init(&jw, &r->body, JSON_COMPACT);
        json_begin_object(&jw);
        json_key(&jw, "Id");
        json_str(&jw, c->id);
        json_key(&jw, "Warnings");
        json_begin_array(&jw);
        json_end_array(&jw);
        json_end_object(&jw);
}

static void answer_create(struct world *w, const struct request *req, const char *name, struct reply *r) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        AUTO_JSON struct json_doc *doc = NULL;
        if (is_taken(w, name, r))
                return;
        if (json_parse(req->body.p, req->body.n, 100000, &doc, NULL) < 0)
                reply_message(r, 400, "invalid JSON");
        else
                make(w, name, json_root(doc), &a, r);
}

static void answer_rename(struct world *w, struct fake_container *c, const char *name, struct reply *r) {
        if (is_taken(w, name, r))
                return;
        set_text(&c->name, name);
        world_event(w, c, "rename", "", world_now_us(w));
        r->status = 204;
}

static void answer_remove(struct world *w, struct fake_container *c, struct reply *r) {
        if (str_eq(c->state, "running") || str_eq(c->state, "paused") || str_eq(c->state, "restarting")) {
                reply_message(r, 409, "cannot remove container \"/%s\": container is %s", c->name, c->state);
                return;
        }
        world_destroy(w, c);
        r->status = 204;
}

void answer_making(struct world *w, const struct request *req, const struct call *call, struct reply *r) {
        char name[256] = "";
        if (call->op == OP_REMOVE)
                answer_remove(w, call->container, r);
        else if (!http_query(req->query, "name", name, sizeof(name)) || !*name)
                reply_message(r, 400, "no name");
        else if (call->op == OP_CREATE)
                answer_create(w, req, name, r);
        else
                answer_rename(w, call->container, name, r);
}
