/* SPDX-License-Identifier: MIT */
/* Programs of the host around the restarts of a real engine: they see the container before and after, and may say no. */
#include "autoheal/util/buf.h"
#include "support/engine.h"

/* Both hooks are this script; it uses the engine itself, as docker's client does. */
static void set_hooks(struct world *w, const char *script, const char *settings) {
        struct buf text AUTO(buf_release) = BUF_INIT(4096);
        buf_addf(&text, "cd '%s'\n%s\n", w->dir, script);
        file_put(w->dir, "hook.sh", buf_str(&text));
        world_do(w, "docker autoheal config set hooks.pre_restart '[\"/bin/sh\",\"%s/hook.sh\"]'", w->dir);
        world_do(w, "docker autoheal config set hooks.post_restart '[\"/bin/sh\",\"%s/hook.sh\"]'", w->dir);
        if (*settings)
                world_do(w, "docker autoheal config set %s", settings);
}

static void make_sick(struct world *w, const char *name) {
        world_do(w, "docker run -d --name %s " MONITORED SICKENABLE "autoheal-demo " OBEDIENT, name);
        world_await(w, name, HEALTH, "healthy");
        world_do(w, SICKEN, name);
        world_await(w, name, HEALTH, "unhealthy");
}

static void test_before_and_after(void **state) {
        struct world *w = *state;
        make_sick(w, "web");
        AUTO_FREE char *before = world_inspect(w, "web", STARTED);
        set_hooks(w,
                  "echo $AUTOHEAL_HOOK $AUTOHEAL_HOOK_STATUS $(docker inspect --format '" STARTED
                  "' \"$AUTOHEAL_HOOK_CONTAINER\") >>said",
                  "");
        check_exit(world_run(w, "docker autoheal"), 0);
        AUTO_FREE char *after = world_inspect(w, "web", STARTED), *said = file_get(w->dir, "said");
        struct buf expected AUTO(buf_release) = BUF_INIT(4096);
        buf_addf(&expected, "pre_restart %s\npost_restart success %s\n", before, after);
        assert_string_not_equal(before, after);
        assert_string_equal(said, buf_str(&expected));
}

static void test_veto(void **state) {
        struct world *w = *state;
        make_sick(w, "web");
        AUTO_FREE char *before = world_inspect(w, "web", STARTED);
        set_hooks(w, "[ -e allowed ] || { echo a backup runs; exit 1; }", "hooks.pre_restart_veto true");
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_contains(o->out, "web: hooks.pre_restart says no: exit status 1: a backup runs");
        check_inspect(w, "web", STARTED, before);
        o = world_run(w, "docker autoheal explain web");
        check_contains(o->out, "hooks.pre_restart is asked first, which has said no before");
        file_put(w->dir, "allowed", "");
        check_exit(world_run(w, "docker autoheal"), 0);
        AUTO_FREE char *after = world_inspect(w, "web", STARTED);
        assert_string_not_equal(before, after);
        assert_int_equal(world_count_events(w, "hook", "web"), 1);
        assert_int_equal(world_count_events(w, "restart", "web"), 1);
}

/* What was true when it was asked is not when it has answered. */
static void test_stopped_by_a_person_meanwhile(void **state) {
        struct world *w = *state;
        make_sick(w, "web");
        set_hooks(w, "docker stop -t 1 \"$AUTOHEAL_HOOK_CONTAINER\"", "");
        check_exit(world_run(w, "docker autoheal"), 0);
        check_inspect(w, "web", STATUS, "exited");
        assert_int_equal(world_count_events(w, "restart", "web"), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_before_and_after),
                world_test(test_veto),
                world_test(test_stopped_by_a_person_meanwhile),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
