/* SPDX-License-Identifier: MIT */
/* What a Compose file of the most used shell tool asks for by its variables, done by us. */
#include "support/catcher.h"
#include "support/rest.h"
#include "support/service.h"

#include <sys/stat.h>

#define SICK   "container web health=unhealthy started=-600 probe=\"@everyone <!channel> <b>down</b>\"\n"
#define SECRET "S3cr3tOfTheTests"

static struct catcher *catcher;

static int setup(void **state) {
        int r = rest_scene_setup(state);
        struct scene *s = *state;

        catcher = catcher_start(s->dir);
        scene_env(s, "AUTOHEAL_OTHER_NAMES=true");
        scene_env(s, "AUTOHEAL_CONTAINER_LABEL=all");
        scene_world(s, SICK);
        return r;
}

static int teardown(void **state) {
        catcher_stop(catcher);
        return rest_scene_teardown(state);
}
#define other_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* "$" in the value is the catcher's address. */
static void set_address(struct scene *s, const char *name, const char *path) {
        char pair[256];

        snprintf(pair, sizeof(pair), "%s=http://127.0.0.1:%d%s", name, catcher_port(catcher), path);
        scene_env(s, pair);
}

/* A text that the body has at that key, and the only one. */
static char *told_at(const char *path, const char *key) {
        AUTO_FREE char *request = catcher_request(catcher, path, 0);
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct json_doc *doc AUTO_JSON = NULL;
        const char *body, *text;

        assert_non_null(request);
        body = catcher_body(request);
        assert_int_equal(json_parse(body, strlen(body), 100, &doc, NULL), 0);
        check_keys(json_root(doc), key);
        text = json_string(json_get(json_root(doc), key), &a);
        assert_non_null(text);
        return xstrdup(text);
}

static void webhook_url_gets_one_text(void **state) {
        struct scene *s = *state;

        set_address(s, "WEBHOOK_URL", "/hook/" SECRET);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(catcher_count(catcher, ""), 1);

        AUTO_FREE char *text = told_at("POST /hook/" SECRET " ", "content");

        check_contains(text, "Container Restarted: web (fake-host)\n");
        check_contains(text, "Restart Count: 1 of 3\n");
        /* Nobody is called, whatever shows it. */
        check_lacks(text, "@");
        check_lacks(text, "<");
        check_contains(text, "everyone");
}

static void webhook_json_key_says_where(void **state) {
        struct scene *s = *state;

        set_address(s, "WEBHOOK_URL", "/hook");
        scene_env(s, "WEBHOOK_JSON_KEY=text");
        check_exit(scene_run(s, "run"), 0);

        AUTO_FREE char *text = told_at("POST /hook ", "text");

        check_contains(text, "Container Restarted: web");
}

static void apprise_url_gets_what_apprise_wants(void **state) {
        struct scene *s = *state;

        set_address(s, "APPRISE_URL", "/notify/autoheal");
        check_exit(scene_run(s, "run"), 0);

        AUTO_FREE char *request = catcher_request(catcher, "POST /notify/autoheal ", 0);

        assert_non_null(request);
        check_contains(request, "\"title\":\"Container Restarted: web (fake-host)\"");
        check_contains(request, "\"body\":\"");
}

static void what_fails_is_tried_again_and_tells_no_secret(void **state) {
        struct scene *s = *state;
        const struct output *o;

        set_address(s, "WEBHOOK_URL", "/500/" SECRET);
        o = scene_run(s, "run -v");
        check_exit(o, 0);
        check_contains(o->err, "telling 'WEBHOOK_URL' failed: the service answers 500");
        check_lacks(o->err, SECRET);

        AUTO_FREE char *outbox = data_get(s, "outbox.json");

        check_contains(outbox, "WEBHOOK_URL");
        check_lacks(outbox, SECRET);
        o = scene_run(s, "config export --secrets");
        check_lacks(o->out, SECRET);
}

static void they_can_be_tried(void **state) {
        struct scene *s = *state;

        set_address(s, "WEBHOOK_URL", "/hook");
        assert_string_equal(scene_run(s, "notify test WEBHOOK_URL")->out, "WEBHOOK_URL: sent\n");
        assert_int_equal(catcher_count(catcher, "/hook"), 1);
}

/* They may be meant for other programs. */
static void without_being_told_to_nobody_heeds_them(void **state) {
        struct scene *s = *state;

        set_address(s, "WEBHOOK_URL", "/hook");
        set_address(s, "APPRISE_URL", "/notify");
        scene_env(s, "POST_RESTART_SCRIPT=/nonexistent");
        scene_env(s, "DOCKER_SOCK=/nonexistent");
        scene_env(s, "AUTOHEAL_OTHER_NAMES");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(catcher_count(catcher, ""), 0);
}

static void a_script_is_run_with_that_tools_arguments(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *script = path_join(s->dir, "script"), *said = path_join(s->dir, "said");
        char text[512];

        snprintf(text, sizeof(text), "#!/bin/sh\nprintf '%%s\\n' \"$#\" \"$@\" >%s\n", said);
        file_put(s->dir, "script", text);
        assert_int_equal(chmod(script, 0700), 0);
        snprintf(text, sizeof(text), "POST_RESTART_SCRIPT=%s -x", script);
        scene_env(s, text);
        scene_env(s, "AUTOHEAL_DEFAULT_STOP_TIMEOUT=20");
        check_exit(scene_run(s, "run"), 0);

        AUTO_FREE char *is = file_get(s->dir, "said");

        assert_non_null(is);
        check_contains(is, "5\n-x\n/web\n");
        check_contains(is, "\nrunning\n20\n");
}

static void docker_sock_is_where_the_engine_is(void **state) {
        struct scene *s = *state;
        char text[512];

        snprintf(text, sizeof(text), "DOCKER_SOCK=%s", fake_host(s->fake) + strlen("unix://"));
        scene_env(s, text);
        scene_env(s, "DOCKER_HOST");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
        check_contains(scene_run(s, "doctor")->out, "(DOCKER_SOCK)");
}

/* That tool never starts anything. */
static void jobs_that_have_ended_are_left_alone(void **state) {
        struct scene *s = *state;
        const struct output *o;

        scene_world(s, "container done state=exited exit=0 finished=-60\ncontainer failed state=exited exit=3 finished=-60\n"
                       "container chosen state=exited exit=3 finished=-60 label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(fake_count(s->fake, "/restart"), 1);
        o = scene_run(s, "explain chosen");
        check_contains(o->out, "mode health does not heal what is exited");
}

static void serve_says_in_one_line_who_chooses_and_what_follows(void **state) {
        struct scene *s = *state;

        rest_start(s);
        service_await_log(
                s,
                "config - INFO - AUTOHEAL_CONTAINER_LABEL: it chooses the containers, and only unhealthy ones are restarted "
                "(restart.mode is health); what was restarted 3 times within 10m is quarantined",
                1);
}

static void the_api_shows_who_says_what(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        scene_env(s, "AUTOHEAL_INTERVAL=7");
        rest_start(s);
        a = rest_put("/api/config", "{\"monitor\":{\"interval_seconds\":9}}");
        check_status(a, 200);
        check_contains(a->body, "AUTOHEAL_INTERVAL is set in the environment of serve and wins");
        a = rest_get("/api/config");
        check_json(rest_root(a), "monitor.interval_seconds", "7");
        check_json(rest_root(a), "monitor.include_all", "true");
        check_json(rest_root(a), "restart.mode", "\"health\"");
}

static void what_does_not_parse_is_an_error_at_the_start(void **state) {
        static const char *const bad[] = { "AUTOHEAL_INTERVAL=soon", "AUTOHEAL_START_PERIOD=-1", "AUTOHEAL_ONLY_MONITOR_RUNNING=x",
                                           ("WEBHOOK_URL=" SECRET) };
        struct scene *s = *state;

        for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
                AUTO_FREE char *name = strndup(bad[i], strcspn(bad[i], "="));

                scene_env(s, bad[i]);

                const struct output *o = scene_run(s, "serve");

                check_exit(o, 78);
                check_contains(o->err, "environment: ");
                check_contains(o->err, name);
                check_lacks(o->err, SECRET);
                scene_env(s, name);
        }
        assert_int_equal(scene_posts(s), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                other_test(webhook_url_gets_one_text),
                other_test(webhook_json_key_says_where),
                other_test(apprise_url_gets_what_apprise_wants),
                other_test(what_fails_is_tried_again_and_tells_no_secret),
                other_test(they_can_be_tried),
                other_test(without_being_told_to_nobody_heeds_them),
                other_test(a_script_is_run_with_that_tools_arguments),
                other_test(docker_sock_is_where_the_engine_is),
                other_test(jobs_that_have_ended_are_left_alone),
                other_test(serve_says_in_one_line_who_chooses_and_what_follows),
                other_test(the_api_shows_who_says_what),
                other_test(what_does_not_parse_is_an_error_at_the_start),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
