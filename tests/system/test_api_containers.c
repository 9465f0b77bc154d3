/* SPDX-License-Identifier: MIT */
/* Containers over HTTP: what is told of them, and what can be done about them. */
#include "autoheal/util/buf.h"
#include "support/rest.h"

static struct json_value named(const struct rest_answer *a, const char *name) {
        struct json_iter it = json_iter(rest_root(a));

        while (json_next(&it))
                if (json_string_eq(json_get(it.value, "name"), name))
                        return it.value;
        fail_msg("no '%s' in %s", name, a->body);
        return (struct json_value){ .doc = NULL };
}

static void the_list_has_its_fields(void **state) {
        struct scene *s = *state;
        struct json_value web;

        scene_world(s, "container web health=healthy label=autoheal=true label=com.docker.compose.project=shop "
                       "label=com.docker.compose.service=web\n"
                       "container old state=exited exit=3\n");
        rest_start(s);
        const struct rest_answer *a = rest_get("/api/containers");
        check_status(a, 200);
        assert_int_equal(json_count(rest_root(a)), 1);
        web = named(a, "web");
        check_keys(web,
                   "id, name, image, status, state, labels, health, restart_count, monitored, quarantined, uptime_kuma_status, "
                   "uptime_kuma_monitor_name, full_id, stable_id, status_text, monitored_because, verdict, verdict_reason, "
                   "verdict_detail, decision, reason, detail, until, restarts, max_restarts, quarantined_by, quarantine_reason, "
                   "quarantined_since");
        check_json(web, "status", "\"running\"");
        check_json(web, "state.Running", "true");
        check_json(web, "health.status", "\"healthy\"");
        check_json(web, "stable_id", "\"shop_web\"");
        check_json(web, "monitored", "true");
        check_json(web, "quarantined", "false");
        assert_int_equal(json_raw(json_get(web, "id")).n, 12 + 2);
        assert_int_equal(json_raw(json_get(web, "full_id")).n, 64 + 2);
        assert_int_equal(json_count(rest_root(rest_get("/api/containers?include_stopped=true"))), 2);
        check_json(named(rest_get("/api/containers?include_stopped=1"), "old"), "status", "\"exited\"");
        check_refused(rest_get("/api/containers?include_stopped=maybe"), "query,include_stopped",
                      "Input should be a valid boolean, unable to interpret input");
}

static void one_is_looked_at(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        scene_world(s, "container web health=unhealthy streak=4 probe=refused probe-exit=2 policy=always "
                       "label=com.docker.compose.project=shop label=com.docker.compose.service=web\n");
        rest_start(s);
        fake_forget(s->fake);
        a = rest_get("/api/containers/shop_web");
        check_status(a, 200);
        check_json(rest_root(a), "name", "\"web\"");
        check_json(rest_root(a), "networks", "[\"bridge\"]");
        check_json(rest_root(a), "restart_policy.Name", "\"always\"");
        check_json(rest_root(a), "compose_project", "\"shop\"");
        check_json(rest_root(a), "compose_service", "\"web\"");
        check_json(rest_root(a), "health.status", "\"unhealthy\"");
        check_json(rest_root(a), "health.failing_streak", "4");
        check_json(rest_root(a), "health.log.ExitCode", "2");
        check_json(rest_root(a), "monitored", "false");
        check_json(rest_root(a), "recent_restart_count", "0");
        check_json(rest_root(a), "total_restart_count", "0");
        check_json(rest_root(a), "custom_health_check", "null");
        assert_int_equal(json_type(json_get(rest_root(a), "started_at")), JSON_STRING);
        assert_true(fake_count(s->fake, "/json ->") >= 1);
}

static void names_of_one(void **state) {
        struct scene *s = *state;
        char path[128];

        scene_world(s, "container web label=monitoring.id=a/b\n"
                       "container web2\n");
        rest_start(s);
        AUTO_FREE char *id = xstrdup(rest_get("/api/containers/web")->body + strlen("{\"id\":\""));
        id[12] = '\0';
        (void)snprintf(path, sizeof(path), "/api/containers/%s", id);
        check_json(rest_root(rest_get(path)), "name", "\"web\"");
        check_json(rest_root(rest_get("/api/containers/a%2Fb")), "name", "\"web\"");
        const struct rest_answer *a = rest_get("/api/containers/nobody");
        check_status(a, 404);
        check_json(rest_root(a), "detail", "\"Container not found\"");
        check_status(rest_get("/api/containers/..%2F..%2Fetc%2Fpasswd"), 404);
}

static void an_ambiguous_name(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        scene_world(s, "container one id=abc0000000000000000000000000000000000000000000000000000000000001\n"
                       "container two id=abc0000000000000000000000000000000000000000000000000000000000002\n");
        rest_start(s);
        a = rest_get("/api/containers/abc0");
        check_status(a, 409);
        check_json(rest_root(a), "detail", "\"'abc0' fits several containers: one, two\"");
        check_status(rest_post("/api/containers/abc0/restart", NULL), 409);
        check_status(rest_post("/api/containers/abc0/quarantine", NULL), 409);
        check_status(rest_post("/api/containers/abc0/unquarantine", NULL), 409);
        check_status(rest_post("/api/containers/select", "{\"container_ids\":[\"abc0\"],\"enabled\":true}"), 409);
        assert_int_equal(scene_posts(s), 0);
        check_status(rest_get("/api/containers/abc0000000000000000000000000000000000000000000000000000000000002"), 200);
}

static void an_engine_that_hangs(void **state) {
        struct scene *s = *state;

        scene_world(s, "container web health=healthy\n");
        rest_start(s);
        fake_script(s->fake, "fault inspect hang container=web\n");
        check_status(rest_get("/api/containers/web"), 504);
        check_status(rest_get("/api/containers"), 200);
}

/* ---- Restart ---- */

static void a_restart_by_hand(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        scene_world(s, "container web health=healthy label=autoheal=true\n");
        rest_start(s);
        a = rest_post("/api/containers/web/restart", NULL);
        check_status(a, 200);
        check_json(rest_root(a), "status", "\"success\"");
        check_json(rest_root(a), "message", "\"Container web restarted\"");
        assert_int_equal(fake_count(s->fake, "/restart ->"), 1);
        assert_int_equal(count_events(s, "restart", "web"), 1);
        check_status(rest_post("/api/containers/nobody/restart", NULL), 404);
}

/* The engine has not told of it, and the next list is far away. */
static void a_restart_of_one_just_made(void **state) {
        struct scene *s = *state;

        rest_start(s);
        check_status(rest_post("/api/containers/fresh/restart", NULL), 404);
        scene_world(s, "container fresh\n");
        check_status(rest_post("/api/containers/fresh/restart", NULL), 200);
        assert_int_equal(scene_posts(s), 1);
}

static void a_restart_that_the_engine_refuses(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        scene_world(s, "container web health=healthy\n");
        rest_start(s);
        fake_script(s->fake, "fault restart 500 message=\"no space\"\n");
        a = rest_post("/api/containers/web/restart", NULL);
        check_status(a, 502);
        check_contains(a->body, "{\"detail\":\"Failed to restart container");
}

static bool slow_has_exited(void *arg) {
        (void)arg;
        return strstr(rest_get("/api/containers/slow/explain")->body, "\"exited\"") != NULL;
}

static void a_stop_after_a_refused_restart_is_a_stop(void **state) {
        struct scene *s = *state;

        scene_no_waits(s);
        scene_env(s, "AUTOHEAL_RESTART_EXIT_GRACE_SECONDS=0");
        scene_world(s, "container slow state=paused label=autoheal=true\n");
        rest_start(s);
        check_status(rest_post("/api/containers/slow/restart", NULL), 502);
        fake_script(s->fake, "container slow state=running\nevent unpause slow\n"
                             "container slow exit=137 finished=0\nevent kill slow 0 signal=15\nevent kill slow 0 signal=9\n"
                             "event die slow 0 exitCode=137\nevent stop slow 0\n");
        assert_true(eventually(slow_has_exited, NULL, 30000));
        check_json(rest_root(rest_get("/api/containers/slow/explain")), "reason", "\"manual-stop\"");
        assert_int_equal(scene_posts(s), 1);
}

/* ---- Quarantine ---- */

static void quarantine_and_release(void **state) {
        struct scene *s = *state;

        scene_world(s, "container web health=healthy label=autoheal=true\n");
        rest_start(s);
        check_status(rest_post("/api/containers/web/quarantine", NULL), 200);
        /* It is seen at once. */
        check_json(named(rest_get("/api/containers"), "web"), "quarantined", "true");
        check_json(named(rest_get("/api/containers"), "web"), "quarantined_by", "\"person\"");
        check_json(rest_root(rest_get("/api/status")), "quarantined_containers", "1");
        AUTO_FREE char *text = data_get(s, "quarantine.json");
        check_contains(text, "web");
        const struct rest_answer *a = rest_post("/api/containers/web/unquarantine", NULL);
        check_json(rest_root(a), "message", "\"Container web removed from quarantine\"");
        check_json(named(rest_get("/api/containers"), "web"), "quarantined", "false");
        assert_int_equal(count_events(s, "quarantine", "web"), 1);
        assert_int_equal(count_events(s, "unquarantine", "web"), 1);
}

static void one_that_is_gone_is_released(void **state) {
        struct scene *s = *state;

        data_put(s, "quarantine.json", "[\"gone\"]");
        rest_start(s);
        check_json(rest_root(rest_get("/api/status")), "quarantined_containers", "1");
        check_status(rest_post("/api/containers/gone/quarantine", NULL), 404);
        check_status(rest_post("/api/containers/gone/unquarantine", NULL), 200);
        check_json(rest_root(rest_get("/api/status")), "quarantined_containers", "0");
        check_status(rest_post("/api/containers/never/unquarantine", NULL), 404);
}

/* Many changes and questions do not make it forget: each is read back from what the others left. */
static void changes_do_not_undo_each_other(void **state) {
        struct scene *s = *state;

        scene_world(s, "container web health=healthy label=autoheal=true\n"
                       "container db health=healthy label=autoheal=true\n");
        rest_start(s);
        check_status(rest_post("/api/containers/web/quarantine", NULL), 200);
        check_status(rest_get("/api/containers/web/explain"), 200);
        check_status(rest_post("/api/pass", NULL), 200);
        check_status(rest_get("/api/plan"), 200);
        check_status(rest_post("/api/containers/db/quarantine", NULL), 200);
        check_status(rest_get("/api/plan"), 200);
        check_status(rest_post("/api/pass", NULL), 200);
        check_status(rest_delete("/api/events"), 200);
        check_status(rest_post("/api/pass", NULL), 200);
        check_json(rest_root(rest_get("/api/status")), "quarantined_containers", "2");
        AUTO_FREE char *text = data_get(s, "quarantine.json");
        check_contains(text, "web");
        check_contains(text, "db");
}

static void why(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        scene_world(s, "container web health=healthy label=autoheal=true\n");
        rest_start(s);
        a = rest_get("/api/containers/web/explain");
        check_status(a, 200);
        check_json(rest_root(a), "verdict", "\"ok\"");
        struct json_iter it = json_iter(json_get(rest_root(a), "rules"));
        assert_true(json_next(&it));
        check_keys(it.value, "rule, decides, reached, finding");
}

/* ---- Select ---- */

static void select_and_exclude(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        scene_world(s, "container web label=com.docker.compose.project=shop label=com.docker.compose.service=web\n");
        data_put(s, "config.json", "{\"containers\":{\"excluded\":[\"web\"]},\"mine\":1}");
        rest_start(s);
        a = rest_post("/api/containers/select", "{\"container_ids\":[\"web\",\"to-come\"],\"enabled\":true}");
        check_status(a, 200);
        check_json(rest_root(a), "message", "\"Updated 2 containers\"");
        a = rest_get("/api/config");
        check_json(rest_root(a), "containers.selected", "[\"shop_web\",\"to-come\"]");
        check_json(rest_root(a), "containers.excluded", "[]");
        check_status(rest_post("/api/pass", NULL), 200);
        check_json(named(rest_get("/api/containers"), "web"), "monitored", "true");
        check_status(rest_post("/api/containers/select", "{\"container_ids\":[\"shop_web\"],\"enabled\":false}"), 200);
        a = rest_get("/api/config");
        check_json(rest_root(a), "containers.selected", "[\"to-come\"]");
        check_json(rest_root(a), "containers.excluded", "[\"shop_web\"]");
        AUTO_FREE char *text = data_get(s, "config.json");
        check_contains(text, "\"mine\":1");
}

static void select_refuses_what_it_cannot_read(void **state) {
        struct scene *s = *state;

        rest_start(s);
        check_refused(rest_post("/api/containers/select", "{}"), "body,container_ids", "Field required");
        check_refused(rest_post("/api/containers/select", "{}"), "body,enabled", "Field required");
        check_refused(rest_post("/api/containers/select", "{\"container_ids\":\"web\",\"enabled\":true}"), "body,container_ids",
                      "Input should be a valid list");
        check_refused(rest_post("/api/containers/select", "{\"container_ids\":[1],\"enabled\":\"perhaps\"}"), "body,enabled",
                      "Input should be a valid boolean, unable to interpret input");
        check_status(rest_post("/api/containers/select", "[]"), 422);
        check_status(rest_post("/api/containers/select", NULL), 422);
        check_status(rest_post("/api/containers/select", "{"), 422);
        check_status(rest_send("POST", "/api/containers/select", "text/plain", "{}"), 415);
        assert_null(data_get(s, "config.json"));
}

/* Whatever an entry calls it: its name, what it is known by, its id or how that begins. */
static void select_knows_an_entry_by_any_name(void **state) {
        struct scene *s = *state;

        scene_world(s, "container web id=abc0000000000000000000000000000000000000000000000000000000000001 "
                       "label=com.docker.compose.project=shop label=com.docker.compose.service=web\n");
        data_put(s, "config.json",
                 "{\"containers\":{\"selected\":[\"abc000000000\"],\"excluded\":[\"x\",\"web\",\"web\","
                 "\"abc0000000000000000000000000000000000000000000000000000000000001\",\"shop_web\",\"abc000000000\",\"y\"]}}");
        rest_start(s);
        check_status(rest_post("/api/containers/select", "{\"container_ids\":[\"web\",\"abc0\",\"z\",\"z\"],\"enabled\":true}"),
                     200);
        const struct rest_answer *a = rest_get("/api/config");
        check_json(rest_root(a), "containers.selected", "[\"abc000000000\",\"z\"]");
        check_json(rest_root(a), "containers.excluded", "[\"x\",\"y\"]");
}

static char *many_ids(size_t n) {
        struct buf text AUTO(buf_release) = BUF_INIT(1024 * 1024);

        buf_add_str(&text, "{\"enabled\":false,\"container_ids\":[");
        for (size_t i = 0; i < n; i++)
                buf_addf(&text, "%s\"c%zu\"", i ? "," : "", i);
        buf_add_str(&text, "]}");
        return xstrdup(buf_str(&text));
}

static void select_takes_no_more_than_an_engine_has(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *most = many_ids(1000), *more = many_ids(1001), *absurd = many_ids(100000);

        rest_start(s);
        check_refused(rest_post("/api/containers/select", more), "body,container_ids", "List should have at most 1000 items");
        check_refused(rest_post("/api/containers/select", absurd), "body,container_ids", "List should have at most 1000 items");
        assert_null(data_get(s, "config.json"));
        check_status(rest_post("/api/containers/select", most), 200);
        assert_int_equal(json_count(json_at(rest_root(rest_get("/api/config")), "containers.excluded")), 1000);
        check_status(rest_post("/api/containers/select", most), 200);
        assert_int_equal(json_count(json_at(rest_root(rest_get("/api/config")), "containers.excluded")), 1000);
}

static void hostile_names_stay_text(void **state) {
        struct scene *s = *state;

        scene_world(s, "container web label=a=\x1b[31m<script>\n");
        rest_start(s);
        const struct rest_answer *a = rest_get("/api/containers");
        check_status(a, 200);
        check_lacks(a->body, "\x1b");
        a = rest_post("/api/containers/%1b%5b31mx/restart", NULL);
        assert_true(a->status == 400 || a->status == 404);
        check_lacks(a->body, "\x1b");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                rest_test(the_list_has_its_fields),
                rest_test(one_is_looked_at),
                rest_test(names_of_one),
                rest_test(an_ambiguous_name),
                rest_test(an_engine_that_hangs),
                rest_test(a_restart_by_hand),
                rest_test(a_restart_of_one_just_made),
                rest_test(a_restart_that_the_engine_refuses),
                rest_test(a_stop_after_a_refused_restart_is_a_stop),
                rest_test(quarantine_and_release),
                rest_test(one_that_is_gone_is_released),
                rest_test(changes_do_not_undo_each_other),
                rest_test(why),
                rest_test(select_and_exclude),
                rest_test(select_refuses_what_it_cannot_read),
                rest_test(select_knows_an_entry_by_any_name),
                rest_test(select_takes_no_more_than_an_engine_has),
                rest_test(hostile_names_stay_text),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
