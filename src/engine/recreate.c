/* SPDX-License-Identifier: MIT */
/* The calls by which a container is made anew: what it is, another one, names, and away with the old one. */
#include "autoheal/util/text.h"
#include "engine/engine_internal.h"

#define KIB       ((size_t)1024)
#define MIB       (1024 * KIB)
#define TIMEOUT_S 60

static void finish_text(struct engine_call *call, const struct net_answer *answer, const struct error *err) {
        call->done.text(call->arg, err ? (struct slice){ NULL, 0 } : answer->body, err);
}

int engine_inspect_text(struct engine *e, const char *id, engine_text_fn *done, void *arg, struct error *err) {
        struct buf path AUTO(buf_release) = BUF_INIT(KIB);
        struct engine_call call = {
                .method = "GET",
                .operation = "inspect",
                .timeout_s = TIMEOUT_S,
                .max_body = 4 * MIB,
                .finish = finish_text,
                .done.text = done,
                .arg = arg,
        };

        if (engine_check_id(id, "a container", err) < 0)
                return -1;
        buf_addf(&path, "/containers/%s/json", id);
        call.path = path.data;
        return engine_send(e, &call, err);
}

int engine_create(struct engine *e, const char *name, const char *body, engine_created_fn *done, void *arg, struct error *err) {
        struct buf path AUTO(buf_release) = BUF_INIT(4 * KIB);
        char *text AUTO_FREE = xstrdup(body);
        struct engine_call call = {
                .method = "POST",
                .operation = "create",
                .body = text,
                .timeout_s = TIMEOUT_S,
                .max_body = 64 * KIB,
                .finish = engine_finish_created,
                .done.created = done,
                .arg = arg,
        };

        buf_add_str(&path, "/containers/create?name=");
        text_percent_encode(&path, name);
        if (path.overflowed)
                return error_set(err, ERR_TOO_LARGE, "the name is too long");
        call.path = path.data;
        return engine_send(e, &call, err);
}

int engine_rename(struct engine *e, const char *id, const char *name, engine_action_fn *done, void *arg, struct error *err) {
        struct buf path AUTO(buf_release) = BUF_INIT(4 * KIB);
        struct engine_call call = {
                .method = "POST",
                .operation = "rename",
                .timeout_s = TIMEOUT_S,
                .max_body = 64 * KIB,
                .finish = engine_finish_action,
                .done.action = done,
                .arg = arg,
        };

        if (engine_check_id(id, "a container", err) < 0)
                return -1;
        buf_addf(&path, "/containers/%s/rename?name=", id);
        text_percent_encode(&path, name);
        if (path.overflowed)
                return error_set(err, ERR_TOO_LARGE, "the name is too long");
        call.path = path.data;
        return engine_send(e, &call, err);
}

int engine_remove(struct engine *e, const char *id, engine_action_fn *done, void *arg, struct error *err) {
        struct buf path AUTO(buf_release) = BUF_INIT(KIB);
        struct engine_call call = {
                .method = "DELETE",
                .operation = "remove",
                .timeout_s = TIMEOUT_S,
                .max_body = 64 * KIB,
                .finish = engine_finish_action,
                .done.action = done,
                .arg = arg,
        };

        if (engine_check_id(id, "a container", err) < 0)
                return -1;
        buf_addf(&path, "/containers/%s", id);
        call.path = path.data;
        return engine_send(e, &call, err);
}
