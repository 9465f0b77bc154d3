/* SPDX-License-Identifier: MIT */
/* Running something in a container: the calls for it, and what it prints, taken out of its frames. */
#include "autoheal/engine/decode.h"
#include "autoheal/json/writer.h"
#include "engine/engine_internal.h"

#define KIB       ((size_t)1024)
#define MIB       (1024 * KIB)
#define PIECE_MAX (16 * MIB) /* what may come in one round of the loop */

/* ---- Making it ---- */

void engine_finish_created(struct engine_call *call, const struct net_answer *answer, const struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(KIB);
        struct error broken = ERROR_INIT;
        const char *id = NULL;

        if (!err && decode_created(answer->body.p, answer->body.n, &a, &id, &broken) < 0) {
                engine_broken_promise(call->engine, &broken);
                err = &broken;
        }
        call->done.created(call->arg, err ? NULL : id, err);
}

static void write_wish(struct buf *out, const char *const *argv) {
        struct json_writer w;

        json_writer_init(&w, out, JSON_COMPACT);
        json_begin_object(&w);
        json_key(&w, "AttachStdout");
        json_boolean(&w, true);
        json_key(&w, "AttachStderr");
        json_boolean(&w, true);
        json_key(&w, "Cmd");
        json_begin_array(&w);
        for (size_t i = 0; argv[i]; i++)
                json_str(&w, argv[i]);
        json_end_array(&w);
        json_end_object(&w);
}

int engine_exec_create(struct engine *e, const char *container_id, const char *const *argv, engine_created_fn *done, void *arg,
                       struct error *err) {
        struct buf path AUTO(buf_release) = BUF_INIT(KIB), body AUTO(buf_release) = BUF_INIT(4 * MIB);
        struct engine_call call = {
                .method = "POST",
                .operation = "exec_create",
                .timeout_s = 20,
                .max_body = 64 * KIB,
                .finish = engine_finish_created,
                .done.created = done,
                .arg = arg,
        };

        if (engine_check_id(container_id, "a container", err) < 0)
                return -1;
        write_wish(&body, argv);
        if (body.overflowed)
                return error_set(err, ERR_TOO_LARGE, "the command is too long");
        buf_addf(&path, "/containers/%s/exec", container_id);
        call.path = path.data;
        call.body = body.data;
        return engine_send(e, &call, err);
}

/* ---- Running it ---- */

/*
 * Each piece of output comes behind eight bytes: which stream, three zeros, its length. `output` may cancel the call, which is gone
 * then: it is the last thing that is done to it in a round.
 */
static size_t take_header(struct engine_call *call, struct slice in) {
        size_t n = sizeof(call->frame.header) - call->frame.n;

        if (n > in.n)
                n = in.n;
        memcpy(call->frame.header + call->frame.n, in.p, n);
        call->frame.n += n;
        if (call->frame.n == sizeof(call->frame.header)) {
                const unsigned char *h = call->frame.header;

                call->frame.left = (uint64_t)h[4] << 24 | (uint64_t)h[5] << 16 | (uint64_t)h[6] << 8 | h[7];
        }
        return n;
}

static void exec_began(void *arg) {
        struct engine_call *call = arg;

        engine_count(call, 200);
        if (call->done.exec->began)
                call->done.exec->began(call->arg);
}

static void exec_printed(void *arg, struct slice in) {
        struct engine_call *call = arg;
        struct buf text AUTO(buf_release) = BUF_INIT(PIECE_MAX);

        while (in.n > 0) {
                size_t n;

                if (call->frame.n < sizeof(call->frame.header)) {
                        n = take_header(call, in);
                } else {
                        n = call->frame.left < in.n ? (size_t)call->frame.left : in.n;
                        buf_add(&text, in.p, n);
                        call->frame.left -= n;
                }
                if (call->frame.n == sizeof(call->frame.header) && call->frame.left == 0)
                        call->frame.n = 0;
                in.p += n;
                in.n -= n;
        }
        if (text.len > 0)
                call->done.exec->output(call->arg, (struct slice){ text.data, text.len });
}

static void finish_start(struct engine_call *call, const struct net_answer *answer, const struct error *err) {
        (void)answer;
        call->done.exec->end(call->arg, err);
}

int engine_exec_start(struct engine *e, const char *exec_id, const struct engine_exec_fns *fns, void *arg, struct error *err) {
        static const struct net_stream_fns stream = { .began = exec_began, .piece = exec_printed };
        struct buf path AUTO(buf_release) = BUF_INIT(KIB);
        struct engine_call call = {
                .method = "POST",
                .operation = "exec_start",
                .body = (char[]){ "{\"Detach\":false,\"Tty\":false}" },
                .timeout_s = 20,
                .max_body = PIECE_MAX,
                .stream = &stream,
                .finish = finish_start,
                .done.exec = fns,
                .arg = arg,
        };

        if (engine_check_id(exec_id, "an exec", err) < 0)
                return -1;
        buf_addf(&path, "/exec/%s/start", exec_id);
        call.path = path.data;
        return engine_send(e, &call, err);
}

/* ---- What became of it ---- */

static void finish_look(struct engine_call *call, const struct net_answer *answer, const struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(KIB);
        struct engine_exec exec = { .running = false };
        struct error broken = ERROR_INIT;

        if (!err && decode_exec(answer->body.p, answer->body.n, &a, &exec, &broken) < 0) {
                engine_broken_promise(call->engine, &broken);
                err = &broken;
        }
        call->done.exec_looked(call->arg, err ? NULL : &exec, err);
}

int engine_exec_look(struct engine *e, const char *exec_id, engine_exec_fn *done, void *arg, struct error *err) {
        struct buf path AUTO(buf_release) = BUF_INIT(KIB);
        struct engine_call call = {
                .method = "GET",
                .operation = "exec_inspect",
                .timeout_s = 20,
                .max_body = MIB,
                .finish = finish_look,
                .done.exec_looked = done,
                .arg = arg,
        };

        if (engine_check_id(exec_id, "an exec", err) < 0)
                return -1;
        buf_addf(&path, "/exec/%s/json", exec_id);
        call.path = path.data;
        return engine_send(e, &call, err);
}

static void finish_list(struct engine_call *call, const struct net_answer *answer, const struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(KIB);
        struct engine_execs execs = { .n = 0 };
        struct error broken = ERROR_INIT;

        if (!err && decode_execs(answer->body.p, answer->body.n, &a, &execs, &broken) < 0) {
                engine_broken_promise(call->engine, &broken);
                err = &broken;
        }
        call->done.execs(call->arg, err ? NULL : &execs, err);
}

int engine_exec_list(struct engine *e, const char *container_id, engine_execs_fn *done, void *arg, struct error *err) {
        struct buf path AUTO(buf_release) = BUF_INIT(KIB);
        struct engine_call call = {
                .method = "GET",
                .operation = "inspect",
                .timeout_s = 20,
                .max_body = 4 * MIB,
                .finish = finish_list,
                .done.execs = done,
                .arg = arg,
        };

        if (engine_check_id(container_id, "a container", err) < 0)
                return -1;
        buf_addf(&path, "/containers/%s/json", container_id);
        call.path = path.data;
        return engine_send(e, &call, err);
}

static void finish_find(struct engine_call *call, const struct net_answer *answer, const struct error *err) {
        struct error broken = ERROR_INIT;
        bool lives = false;

        if (!err && decode_session(answer->body.p, answer->body.n, call->pid, &lives, &broken) < 0) {
                engine_broken_promise(call->engine, &broken);
                err = &broken;
        }
        call->done.session(call->arg, lives, err);
}

int engine_find_session(struct engine *e, const char *container_id, int64_t pid, engine_session_fn *done, void *arg,
                        struct error *err) {
        struct buf path AUTO(buf_release) = BUF_INIT(KIB);
        struct engine_call call = {
                .method = "GET",
                .operation = "top",
                .timeout_s = 20,
                .max_body = 4 * MIB,
                .finish = finish_find,
                .done.session = done,
                .arg = arg,
                .pid = pid,
        };

        if (engine_check_id(container_id, "a container", err) < 0)
                return -1;
        buf_addf(&path, "/containers/%s/top?ps_args=-eo%%20pid,sid", container_id);
        call.path = path.data;
        return engine_send(e, &call, err);
}
