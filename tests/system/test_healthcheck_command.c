/* SPDX-License-Identifier: MIT */
/* `docker autoheal healthcheck add`, `ls` and `rm`: what they write, and what they refuse. */
#include "support/scene.h"

static void test_add_ls_rm(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web label=monitoring.id=shop.web label=autoheal=true\n");
        check_exit(scene_run(s, "healthcheck add web --tcp 80 --interval 1m --retries 5"), 0);
        AUTO_FREE char *text = data_get(s, "config.json");
        check_contains(text, "\"shop.web\"");
        check_contains(text, "\"interval_seconds\": 60");
        check_contains(scene_run(s, "healthcheck ls")->out, "port 80");
        check_exit(scene_run(s, "healthcheck add web --docker"), 0);
        check_contains(scene_run(s, "healthcheck ls")->out, "the container has no health check of its own");
        check_exit(scene_run(s, "healthcheck add web --exec [\"a\",\"b\"]"), 0);
        check_contains(scene_run(s, "healthcheck ls")->out, "a b");
        const struct output *o = scene_run(s, "healthcheck rm web nobody");
        check_exit(o, 1);
        assert_string_equal(o->out, "web\n");
        check_contains(o->err, "No such container: nobody");
        AUTO_FREE char *after = data_get(s, "config.json");
        check_lacks(after, "shop.web");
        assert_int_equal(count_events(s, "config", "shop.web"), 4);
}

static void test_one_that_will_not_run_is_said_so(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web\ncontainer db label=autoheal=true label=autoheal.check.exec=true\n");
        const struct output *o = scene_run(s, "healthcheck add web --tcp 80");
        check_exit(o, 0);
        check_contains(o->err, "WARNING: 'web' is not monitored, so that its check is not run: docker autoheal monitor web");
        o = scene_run(s, "healthcheck add db --tcp 80");
        check_exit(o, 0);
        check_contains(o->err, "WARNING: a label autoheal.check.exec of 'db' wins over it");
        check_lacks(o->err, "not monitored");
        check_lacks(scene_run(s, "healthcheck rm web")->err, "not monitored");
}

static void test_what_cannot_be_added(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web\n");
        check_exit(scene_run(s, "healthcheck add web"), 125);
        check_exit(scene_run(s, "healthcheck add web --tcp 80 --docker"), 125);
        check_exit(scene_run(s, "healthcheck add web --tcp 0"), 125);
        check_exit(scene_run(s, "healthcheck add web --tcp 80 --expect 200"), 125);
        check_exit(scene_run(s, "healthcheck add web --exec []"), 125);
        check_exit(scene_run(s, "healthcheck add web --http http://localhost --header a"), 125);
        const struct output *o = scene_run(s, "healthcheck add web --http ftp://localhost");
        check_exit(o, 1);
        check_contains(o->err,
                       "custom_health_checks['web'].http_endpoint: must be an address that begins with http:// or https://");
        check_exit(scene_run(s, "healthcheck add nobody --docker"), 1);
        o = scene_run(s, "healthcheck test web");
        check_exit(o, 1);
        check_contains(o->err, "container 'web' has no check of ours: docker autoheal healthcheck add");
        assert_false(file_there(s->data, "config.json"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_add_ls_rm),
                scene_test(test_one_that_will_not_run_is_said_so),
                scene_test(test_what_cannot_be_added),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
