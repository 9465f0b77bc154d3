/* SPDX-License-Identifier: MIT */
/* The configuration that is read anew, and what a person changes, while no turn comes that would clear up: nothing piles up. */
#include "serve/keep.h"
#include "serve/serve_internal.h"
#include "unit/os/temporary_dir.h"

#include "autoheal/os/clock.h"
#include "autoheal/record/record.h"
#include "pass/pass_internal.h"

#include <malloc.h>

#define ROUNDS    100
#define LEFT_OVER ((size_t)64 * 1024)

static const struct endpoint nowhere = {
        .text = "unix:///nowhere", .base_url = "http://api.moby.localhost", .unix_socket = "/nowhere/docker.sock", .host = ""
};

struct bench {
        struct temporary_dir *dir;
        struct serve_setup setup;
        struct serve s;
        const char *why; /* the configuration cannot be read; NULL: it can */
};

/* Of the sanitizer's allocator, where it is used. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t allocated(void) {
        if (__sanitizer_get_current_allocated_bytes)
                return __sanitizer_get_current_allocated_bytes();
        return mallinfo2().uordblks;
}

static int load_config(void *arg, struct config *ret, struct config_issues *issues, struct arena *a, struct error *err) {
        struct bench *b = arg;
        (void)issues;
        if (b->why)
                return error_set(err, ERR_CONFIG, "%s", b->why);
        config_defaults(ret);
        ret->monitor.label_key = arena_strdup(a, "autoheal");
        return 0;
}

static int set_up(void **state) {
        struct bench *b = xcalloc(1, sizeof(*b));
        struct error err = ERROR_INIT;
        struct net *net = NULL;
        if (make_dir((void **)&b->dir) < 0 || net_new(&net, &err) < 0)
                return -1;
        b->setup = (struct serve_setup){
                .net = net, .endpoint = &nowhere, .data_dir = b->dir->path, .load_config = load_config, .arg = b
        };
        b->setup.engine = engine_new(net, &nowhere);
        b->setup.metrics = metrics_new();
        b->s = (struct serve){ .setup = &b->setup, .api = { .setup = &b->setup, .metrics = b->setup.metrics } };
        b->s.api.answers = answers_new();
        b->s.config_arena = (struct arena)ARENA_INIT(4096);
        if (store_open(&b->setup.store, b->dir->path, STORE_WRITE, &err) < 0 || serve_configure(&b->s, &err) < 0)
                return -1;
        log_file_hush(b->s.log);
        struct pass_setup pass_setup = {
                .net = net, .engine = b->setup.engine, .endpoint = &nowhere, .store = b->setup.store, .config = &b->s.config
        };
        *state = b;
        return pass_open(&pass_setup, &b->s.api.pass, &err);
}

static int tear_down(void **state) {
        struct bench *b = *state;
        pass_free(b->s.api.pass);
        serve_forget_config(&b->s);
        answers_free(b->s.api.answers);
        log_attach(NULL);
        log_file_free(b->s.log);
        store_close(b->setup.store);
        engine_free(b->setup.engine);
        metrics_free(b->setup.metrics);
        net_free(b->setup.net);
        int r = remove_dir((void **)&b->dir);
        free(b);
        return r;
}

static void read_anew_and_go_on(struct bench *b) {
        api_config_changed(&b->s.api);
        serve_look_at_config(&b->s);
}

static void what_was_in_force_meanwhile_goes(void **state) {
        struct bench *b = *state;
        const char *of_the_turn = b->s.config.monitor.label_key;
        read_anew_and_go_on(b);
        size_t before = allocated();
        for (size_t i = 0; i < ROUNDS; i++)
                read_anew_and_go_on(b);
        assert_true(allocated() < before + LEFT_OVER);
        /* What the last turn may have pointed to can still be read. */
        assert_string_equal(of_the_turn, "autoheal");
        assert_non_null(b->s.retired);
        assert_null(b->s.retired->next);
        serve_forget_retired(&b->s);
        assert_null(b->s.retired);
}

static void within_one_round_all_of_it_can_be_read(void **state) {
        struct bench *b = *state;
        read_anew_and_go_on(b);
        const char *before = b->s.config.monitor.label_key;
        api_config_changed(&b->s.api);
        assert_string_equal(before, "autoheal");
}

/* ---- Changes by hand ---- */

static int turn_over(void *arg, struct state *s, struct event_list *events, struct error *err) {
        size_t *n = arg;
        (void)err;
        if (++*n % 2)
                record_maintenance_on(s, events, NULL, 0, "a reason", clock_read());
        else
                (void)record_maintenance_off(s, events, NULL, clock_read());
        return 0;
}

static void change_often(struct bench *b) {
        struct error err = ERROR_INIT;
        size_t n = 0;
        for (size_t i = 0; i < 4; i++)
                assert_int_equal(pass_change(b->s.api.pass, turn_over, &n, &err), 0);
        size_t before = allocated();
        for (size_t i = 0; i < ROUNDS; i++)
                assert_int_equal(pass_change(b->s.api.pass, turn_over, &n, &err), 0);
        assert_true(allocated() < before + LEFT_OVER);
        assert_false(pass_state(b->s.api.pass)->maintenance.enabled);
        assert_int_equal(pass_change(b->s.api.pass, turn_over, &n, &err), 0);
        assert_string_equal(pass_state(b->s.api.pass)->maintenance.reason, "a reason");
}

static void changes_before_the_first_turn(void **state) {
        change_often(*state);
}

static void changes_after_the_last_turn(void **state) {
        struct bench *b = *state;
        struct observation nobody = { .n = 0 };
        b->s.api.pass->turns = 1;
        b->s.api.pass->seen.observation = &nobody;
        change_often(b);
        b->s.api.pass->seen.observation = NULL;
}

/* ---- What is kept of answers ---- */

static size_t n_made;

static void make(struct api *api, struct json_writer *w) {
        n_made++;
        json_str(w, api->config_error);
}

static void check_kept(struct bench *b, size_t made, const char *body) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct http_request rq = { .query = "" };
        struct call call = { .api = &b->s.api, .rq = &rq, .a = &a, .reply = HTTP_REPLY_INIT };
        api_answer_kept(&call, KEPT_STATUS, make);
        assert_int_equal(n_made, made);
        assert_string_equal(buf_str(&call.reply.body), body);
        http_reply_release(&call.reply);
}

static void what_is_kept_of_answers_goes_too(void **state) {
        struct bench *b = *state;
        n_made = 0;
        check_kept(b, 1, "null");
        read_anew_and_go_on(b);
        check_kept(b, 2, "null");
        b->why = "one";
        read_anew_and_go_on(b);
        check_kept(b, 3, "\"one\"");
        b->why = "two";
        read_anew_and_go_on(b);
        check_kept(b, 4, "\"two\"");
        b->why = NULL;
        read_anew_and_go_on(b);
        check_kept(b, 5, "null");
}

#define with_bench(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                with_bench(what_was_in_force_meanwhile_goes), with_bench(within_one_round_all_of_it_can_be_read),
                with_bench(changes_before_the_first_turn),    with_bench(changes_after_the_last_turn),
                with_bench(what_is_kept_of_answers_goes_too),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
