/* SPDX-License-Identifier: MIT */
/* A pass that goes on, without an engine: each test says itself what comes of a look, and reads what is told. */
#ifndef TESTS_PASS_FIXTURE_H
#define TESTS_PASS_FIXTURE_H

#include "support/check.h"
#include "support/files.h"

#include "pass/live_internal.h"

#define ENGINE_NOW INT64_C(1700000000000000)

struct fixture {
        char *dir;
        struct net *net;
        struct engine *engine;
        struct store *store;
        struct endpoint endpoint;
        struct config config;
        struct pass *pass;
        struct container web;
        struct event last; /* the event that was told last; its texts are gone */
        char status[32];
};

static inline void note_event(void *arg, const struct event *e) {
        struct fixture *f = arg;

        f->last = *e;
        (void)snprintf(f->status, sizeof(f->status), "%s", e->status);
}

static inline int fixture_setup(void **state) {
        struct fixture *f = xcalloc(1, sizeof(*f));

        f->dir = temp_dir_make();
        assert_int_equal(net_new(&f->net, NULL), 0);
        f->endpoint =
                (struct endpoint){ .text = "unix:///nowhere", .base_url = "http://nowhere", .unix_socket = "/nowhere", .host = "" };
        f->engine = engine_new(f->net, &f->endpoint);
        assert_int_equal(store_open(&f->store, f->dir, STORE_WRITE, NULL), 0);
        config_defaults(&f->config);
        f->pass = pass_new(&(struct pass_setup){ .net = f->net,
                                                 .engine = f->engine,
                                                 .endpoint = &f->endpoint,
                                                 .store = f->store,
                                                 .config = &f->config,
                                                 .on_event = note_event,
                                                 .arg = f });
        f->pass->live = xcalloc(1, sizeof(*f->pass->live));
        live_init(f->pass->live);
        *state = f;
        return 0;
}

static inline int fixture_teardown(void **state) {
        struct fixture *f = *state;

        pass_free(f->pass);
        engine_free(f->engine);
        store_close(f->store);
        net_free(f->net);
        temp_dir_remove(f->dir);
        free(f);
        return 0;
}

#define fixture_test(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

#endif
