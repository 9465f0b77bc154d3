/* SPDX-License-Identifier: MIT */
/* What a person is told about containers of a real engine, by passes and by serve. */
#include "support/catcher.h"
#include "support/engine.h"

#include <unistd.h>

static struct catcher *catcher;

static int setup(void **state) {
        int r = world_setup(state);
        struct world *w = *state;

        catcher = catcher_start(w->dir);
        world_do(w,
                 "mkdir -m 700 -p \"$AUTOHEAL_DATA_DIR\" && echo "
                 "'{\"restart\":{\"max_restarts\":1},\"notifications\":{\"enabled\":true,"
                 "\"services\":[{\"name\":\"ops\",\"type\":\"webhook\",\"url\":\"http://127.0.0.1:%d/"
                 "ops\"},{\"name\":\"dead\",\"type\":"
                 "\"slack\",\"url\":\"http://127.0.0.1:%d/500/x\"}]}}' >\"$AUTOHEAL_DATA_DIR/config.json\"",
                 catcher_port(catcher), catcher_port(catcher));
        world_no_waits(w);
        return r;
}

static int teardown(void **state) {
        catcher_stop(catcher);
        return world_teardown(state);
}
#define notify_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static struct json_value event_of(size_t n, struct json_doc **ret, char **ret_request) {
        const char *body;

        *ret_request = catcher_request(catcher, "/ops", n);
        assert_non_null(*ret_request);
        body = catcher_body(*ret_request);
        assert_int_equal(json_parse(body, strlen(body), 1000, ret, NULL), 0);
        return json_get(json_root(*ret), "event");
}

static void fall_sick(struct world *w) {
        world_do(w, "docker run -d --name sick " MONITORED
                    "--tmpfs /run --health-cmd 'test ! -e /run/sick || { echo \"<no> disk & all\"; false; }' --health-interval 1s "
                    "--health-retries 1 autoheal-demo " OBEDIENT);
        world_await(w, "sick", HEALTH, "healthy");
        world_do(w, SICKEN, "sick");
}

static void a_pass_tells_of_restart_and_quarantine(void **state) {
        struct world *w = *state;
        struct json_doc *doc AUTO_JSON = NULL, *crash AUTO_JSON = NULL, *end AUTO_JSON = NULL;
        AUTO_FREE char *request = NULL, *second = NULL, *third = NULL, *host = NULL;

        fall_sick(w);
        world_await(w, "sick", HEALTH, "unhealthy");
        world_do(w, "docker autoheal");
        struct json_value e = event_of(0, &doc, &request);
        check_json(e, "type", "\"restart\"");
        check_json(e, "container_name", "\"sick\"");
        check_json(e, "restart_count", "1");
        check_json(e, "max_restarts", "1");
        check_contains(request, "<no> disk & all");
        /* The engine's name for its host. */
        world_do(w, "docker info --format '{{.Name}}'");
        host = xstrdup(w->last.out);
        host[strcspn(host, "\n")] = '\0';
        check_contains(request, host);
        world_do(w, "docker run -d --name crash " MONITORED "autoheal-demo sh -c 'exit 3'");
        world_await(w, "crash", STATUS, "exited");
        world_do(w, "docker autoheal");
        e = event_of(1, &crash, &second);
        check_json(e, "exit_code", "3");
        world_await(w, "crash", STATUS, "exited");
        world_do(w, "docker autoheal");
        e = event_of(2, &end, &third);
        check_json(e, "type", "\"quarantine\"");
        check_json(e, "container_name", "\"crash\"");
        check_contains(third, "docker autoheal unquarantine crash");
        /* What the dead one did not get is still there, and nothing that would tell where it lives. */
        world_do(w, "grep -q '\"service\":\"dead\"' \"$AUTOHEAL_DATA_DIR/outbox.json\"");
        world_do(w, "! grep -rq '127.0.0.1' \"$AUTOHEAL_DATA_DIR/outbox.json\" \"$AUTOHEAL_DATA_DIR/logs\"");
}

static void serve_tells_beside_its_healing(void **state) {
        struct world *w = *state;
        struct json_doc *doc AUTO_JSON = NULL;
        AUTO_FREE char *request = NULL;

        world_env(w, "AUTOHEAL_UI_ENABLE=false");
        world_env(w, "AUTOHEAL_OBSERVABILITY_PROMETHEUS_ENABLED=false");
        pid_t pid = world_start(w, "exec docker autoheal serve");
        fall_sick(w);
        catcher_await(catcher, "/ops", 1);
        check_json(event_of(0, &doc, &request), "type", "\"restart\"");
        assert_int_equal(world_serve_end(w, pid), 0);
}

static void the_command_goes_through_docker(void **state) {
        struct world *w = *state;

        check_exit(world_run(w, "docker autoheal notify test"), 1);
        check_contains(w->last.out, "ops: sent\n");
        check_contains(w->last.err, "dead: not sent: the service answers 500");
        world_do(w, "docker autoheal notify test ops");
        assert_int_equal(catcher_count(catcher, "/ops"), 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                notify_test(a_pass_tells_of_restart_and_quarantine),
                notify_test(serve_tells_beside_its_healing),
                notify_test(the_command_goes_through_docker),
        };

        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
