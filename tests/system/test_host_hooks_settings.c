/* SPDX-License-Identifier: MIT */
/* The settings of hooks: how they are written, and what doctor has to say of the programs that they name. */
#include "autoheal/util/buf.h"
#include "support/scene.h"

#include <sys/stat.h>
#include <unistd.h>

static void test_doctor(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *hook = path_join(s->dir, "hook.sh");
        struct buf config AUTO(buf_release) = BUF_INIT(4096);
        scene_world(s, "");
        buf_addf(&config, "{\"hooks\":{\"pre_restart\":[\"/nowhere/hook\"],\"post_restart\":[\"%s\"]}}", hook);
        data_put(s, "config.json", buf_str(&config));
        file_put(s->dir, "hook.sh", "#!/bin/sh\n");
        const struct output *o = scene_run(s, "doctor");
        check_contains(o->out, "hooks.pre_restart cannot be run: /nowhere/hook: No such file or directory");
        check_contains(o->out, "docker autoheal config unset hooks.pre_restart");
        check_contains(o->out, "hooks.post_restart cannot be run: ");
        check_contains(o->out, "chmod +x ");
        assert_int_equal(chmod(hook, 0777), 0);
        o = scene_run(s, "doctor");
        check_lacks(o->out, "hooks.post_restart cannot be run");
        check_contains(o->out, "chmod go-w ");
        assert_int_equal(chmod(hook, 0755), 0);
        o = scene_run(s, "doctor");
        check_lacks(o->out, "hook.sh");
        assert_int_equal(chown(hook, 1234, 1234), 0);
        o = scene_run(s, "doctor");
        check_contains(o->out, "hook.sh' belongs to uid 1234");
        check_contains(o->out, "-> chown ");
        check_lacks(o->out, "choose another directory");
        data_put(s, "config.json", "{\"hooks\":{\"pre_restart\":[\"/tmp\"]}}");
        o = scene_run(s, "doctor");
        check_contains(o->out, "hooks.pre_restart cannot be run: /tmp: Is a directory");
        check_contains(o->out, "docker autoheal config unset hooks.pre_restart");
        scene_env(s, "AUTOHEAL_HOOKS_PRE_RESTART=/nowhere/hook");
        o = scene_run(s, "doctor");
        check_contains(o->out, "-> correct or unset AUTOHEAL_HOOKS_PRE_RESTART where autoheal is started");
        check_lacks(o->out, "config unset hooks.pre_restart");
}

static void test_config_set(void **state) {
        struct scene *s = *state;
        scene_world(s, "");
        check_exit(scene_run(s, "config set hooks.post_restart [\"/x\",\"a\"]"), 0);
        check_exit(scene_run(s, "config set hooks.pre_restart /y"), 0);
        const struct output *o = scene_run(s, "config get hooks.post_restart");
        check_exit(o, 0);
        check_contains(o->out, "[\"/x\",\"a\"]");
        check_contains(scene_run(s, "config get hooks.pre_restart")->out, "[\"/y\"]");
        o = scene_run(s, "config set hooks.pre_restart ./y");
        check_exit(o, 1);
        check_contains(o->err, "must begin with the absolute path of a program, or its name");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_doctor),
                scene_test(test_config_set),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
