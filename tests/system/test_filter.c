/* SPDX-License-Identifier: MIT */
/* ps --filter in the real binary: what is shown, and how it refuses. */
#include "support/scene.h"

#define WORLD                                                                                                                      \
        "container shop-web-1 health=healthy label=autoheal=true label=com.docker.compose.project=shop label=tier=web\n"           \
        "container shop-db-1 health=unhealthy label=autoheal=true label=com.docker.compose.project=shop label=tier=db\n"           \
        "container job exit=3 finished=-60 label=autoheal=true\n"                                                                  \
        "container other health=unhealthy\n"

static void shows(struct scene *s, const char *filters, const char *names) {
        check_exit(scene_run(s, "ps -q %s", filters), 0);
        assert_string_equal(s->last.err, "");
        if (!str_eq(s->last.out, names))
                fail_msg("%s: '%s' instead of '%s'", filters, s->last.out, names);
}

static void test_filters_choose(void **state) {
        struct scene *s = *state;
        scene_world(s, WORLD);
        shows(s, "", "shop-web-1\nshop-db-1\njob\n");
        shows(s, "--filter verdict=failing", "shop-db-1\njob\n");
        shows(s, "-f verdict=failing -f state=running", "shop-db-1\n");
        shows(s, "-f health=healthy --filter=health=unhealthy", "shop-web-1\nshop-db-1\n");
        shows(s, "-f project=shop", "shop-web-1\nshop-db-1\n");
        shows(s, "-f label=tier -f label=tier=db", "shop-db-1\n");
        shows(s, "-f name=^shop-.*-1$", "shop-web-1\nshop-db-1\n");
        shows(s, "-f decision=restart", "shop-db-1\njob\n");
        shows(s, "-f reason=exited", "job\n");
        shows(s, "-f STATE=Running -f verdict=FAILING", "shop-db-1\n");
        shows(s, "-f quarantined=true", "");
}

/* What is hidden without --all stays so, but who asks for it by that very property sees it. */
static void test_hidden_ones_are_shown_to_who_asks_for_them(void **state) {
        struct scene *s = *state;
        scene_world(s, WORLD);
        shows(s, "-f health=unhealthy", "shop-db-1\n");
        shows(s, "-a -f health=unhealthy", "shop-db-1\nother\n");
        shows(s, "-f monitored=false", "other\n");
        shows(s, "-f reason=not-monitored", "other\n");
        shows(s, "-f monitored=false -f health=healthy", "");
}

static void test_no_row_is_a_table_without_rows(void **state) {
        struct scene *s = *state;
        scene_world(s, WORLD);
        check_exit(scene_run(s, "ps --filter name=nobody"), 0);
        assert_string_equal(s->last.out, "CONTAINER ID   NAME      VERDICT   MONITORED   RESTARTS   QUARANTINED   NEXT ACTION\n");
        check_exit(scene_run(s, "ps --filter name=nobody --format json"), 0);
        assert_string_equal(s->last.out, "");
}

static void test_it_refuses_before_it_asks_the_engine(void **state) {
        struct scene *s = *state;
        check_exit(scene_run(s, "ps --filter nope"), 125);
        assert_string_equal(s->last.out, "");
        check_contains(s->last.err,
                       "invalid argument \"nope\" for \"-f, --filter\" flag: bad format of filter (expected name=value)\n\n"
                       "Usage:  docker-autoheal ps [OPTIONS]\n\n");
        check_exit(scene_run(s, "ps -f a=b"), 1);
        assert_string_equal(s->last.err,
                            "invalid filter 'a': must be one of decision, health, id, label, monitored, name, project, "
                            "quarantined, reason, state, verdict\n");
        check_exit(scene_run(s, "ps -f verdict=sick"), 1);
        assert_string_equal(s->last.err, "invalid filter 'verdict=sick': must be one of ok, starting, failing, stopping, stopped, "
                                         "paused, restarting, created, removing, unknown\n");
        check_exit(scene_run(s, "ps -f reason=sick"), 1);
        check_contains(s->last.err, "invalid filter 'reason=sick': must be one of not-monitored, ");
        check_contains(s->last.err, ", gone\n");
        check_exit(scene_run(s, "ps -f name=("), 1);
        assert_string_equal(s->last.err, "invalid filter 'name=(': not a regular expression\n");
        assert_int_equal(fake_count(s->fake, ""), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_filters_choose),
                scene_test(test_hidden_ones_are_shown_to_who_asks_for_them),
                scene_test(test_no_row_is_a_table_without_rows),
                scene_test(test_it_refuses_before_it_asks_the_engine),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
