/* SPDX-License-Identifier: MIT */
/*
 * What lies under the typed calls: one request to the engine, held back until the API version is known and there is room for
 * it, and its outcome put into docker's words.
 */
#ifndef AUTOHEAL_ENGINE_ENGINE_INTERNAL_H
#define AUTOHEAL_ENGINE_ENGINE_INTERNAL_H

#include "autoheal/engine/engine.h"

#include <sys/queue.h>

struct engine_call;
TAILQ_HEAD(engine_call_list, engine_call);

/* Exactly one of answer and err is not NULL; the answer's status is 200 to 299, or 304 for a POST. */
typedef void engine_answer_fn(struct engine_call *call, const struct net_answer *answer, const struct error *err);

struct engine_call {
        TAILQ_ENTRY(engine_call) link;
        struct engine_call_list *list; /* where it is linked */
        struct engine *engine;
        struct net_request *request; /* NULL until it was sent */
        const char *operation;       /* what whoever counts requests calls it */
        bool counted;

        const char *method;
        char *path;                          /* without the version: "/info"; owned */
        char *body;                          /* JSON; NULL: none; owned */
        int64_t timeout_s;                   /* of a stream until it has begun */
        const struct net_stream_fns *stream; /* gets this call as its arg; NULL: none */
        size_t max_body;
        bool cut_body;
        bool fresh; /* sent on a connection of its own making */

        /* What the typed call remembers: finish() reads the answer and calls done. */
        engine_answer_fn *finish;
        struct arena *arena;
        struct container *container;
        union {
                engine_info_fn *info;
                engine_list_fn *list;
                engine_inspect_fn *inspect;
                engine_action_fn *action;
                engine_events_fn *events;
                engine_created_fn *created;
                const struct engine_exec_fns *exec;
                engine_exec_fn *exec_looked;
                engine_execs_fn *execs;
                engine_session_fn *session;
                engine_text_fn *text;
        } done;
        struct {
                unsigned char header[8];
                size_t n;
                uint64_t left;
        } frame;     /* of the output of an exec, as far as it has come */
        int64_t pid; /* whose session is looked for */
        void *arg;
};

/* An id goes into a path: nothing but hex digits may. of: "a container", "an exec". */
MUST_USE int engine_check_id(const char *id, const char *of, struct error *err);
/* Of calls that make something, and of those that are just done: they end in done.created and done.action. */
engine_answer_fn engine_finish_created, engine_finish_action;
/* Copies what was handed over and sends it, or holds it back for a while. On failure nothing is left and finish() is not called. */
MUST_USE int engine_send(struct engine *e, const struct engine_call *call, struct error *err);

/* Tells whoever counts requests, once for each call. code 0: no answer. */
void engine_count(struct engine_call *call, long code);

/* Makes what a decoder said into ERR_PROTOCOL that names the engine. */
void engine_broken_promise(const struct engine *e, struct error *err);

/* ---- errors.c: docker's words ---- */

/* What was asked, for whoever reads that it failed. */
struct engine_question {
        const struct endpoint *endpoint;
        const char *method, *version, *path; /* version: "" none */
        int64_t timeout_s;
};

/* 0 if the answer means success: 200 to 299, or 304 for a POST. */
MUST_USE int engine_judge(const struct engine_question *q, const struct net_answer *answer, struct error *err);
/* What to say when there is no answer; cause is what net said. Returns -1. */
int engine_no_answer(const struct engine_question *q, const struct error *cause, struct error *err);
/* As engine_broken_promise(). */
void engine_say_broken_promise(const struct endpoint *endpoint, struct error *err);

#endif
