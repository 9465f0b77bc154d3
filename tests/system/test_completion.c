/* SPDX-License-Identifier: MIT */
/* `__complete`: what is offered where, the protocol to the letter, and that nothing from outside can break it. */
#include "support/scene.h"

/* argv and its last word, which is being typed and may be empty; the answer without the line for people on standard error. */
static const char *complete(struct scene *s, const char *before, const char *typed) {
        const char *argv[32];
        AUTO_FREE char *words = xstrdup(before);
        size_t n = 0;
        char *rest;
        for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
                assert_true(n + 2 < N_ELEMENTS(argv));
                argv[n++] = word;
        }
        argv[n++] = typed;
        argv[n] = NULL;
        const struct output *o = scene_run_ask(s, argv, (struct run_ask){ 0 });
        check_exit(o, 0);
        return o->out;
}

#define check_offers(s, before, typed, answer) assert_string_equal(complete((s), "__complete autoheal " before, (typed)), (answer))

/* One of the lines is that. */
static void check_line(const char *answer, const char *line) {
        char text[512];
        snprintf(text, sizeof(text), "\n%s\n", line);
        if (strncmp(answer, text + 1, strlen(text) - 1) != 0)
                check_contains(answer, text);
}

static void check_no_candidate(const char *answer, const char *value) {
        for (const char *line = answer; *line; line = strchr(line, '\n') + 1)
                if (strcspn(line, "\t\n") == strlen(value))
                        assert_int_not_equal(strncmp(line, value, strlen(value)), 0);
}

static void prepare(struct scene *s) {
        scene_world(s, "container web health=healthy label=autoheal=true label=com.docker.compose.project=shop\n"
                       "container worker label=autoheal=true label=tier=back\n"
                       "container db state=exited exit=0 label=tier=data\n");
}

/* ---- Words of our own ---- */

static void test_commands(void **state) {
        struct scene *s = *state;
        const char *answer = complete(s, "__complete autoheal", "");
        check_line(answer, "ps\tList containers with verdict, restarts and next action");
        check_line(answer, "maintenance\tSuspend restarts for a while, of all containers or of some");
        check_no_candidate(answer, "help");
        check_no_candidate(answer, "config set");
        check_contains(answer, "\n:4\n");
        assert_string_equal(s->last.err, "Completion ended with directive: ShellCompDirectiveNoFileComp\n");
        check_offers(s, "", "una", ":4\n");
        check_offers(s, "", "unq", "unquarantine\tRelease containers from quarantine and count their restarts anew\n:4\n");
        check_offers(s, "events", "", "clear\tRemove the whole history of events\n:4\n");
        check_offers(s, "--dry-run", "ru", "run\tMake one pass (as without a command)\n:4\n");
        check_line(complete(s, "__complete autoheal maintenance", ""),
                   "on\tBegin maintenance, or move start and end of what is on");
        check_line(complete(s, "__complete autoheal help config", ""), "set\tSet a key in the configuration file");
        check_offers(s, "help", "doc", "doctor\tLook for what keeps autoheal from working, and say what helps\n:4\n");
        check_offers(s, "ps", "", ":4\n");
        assert_int_equal(fake_count(s->fake, ""), 0);
}

static void test_without_descriptions(void **state) {
        struct scene *s = *state;
        assert_string_equal(complete(s, "__completeNoDesc autoheal", "p"), "ping\nprune\nps\n:4\n");
        assert_string_equal(complete(s, "__completeNoDesc", "p"), "ping\nprune\nps\n:4\n");
        assert_string_equal(complete(s, "__completeNoDesc autoheal ps", "--f"), "--filter\n--format\n:4\n");
}

static void test_flags(void **state) {
        struct scene *s = *state;
        check_offers(
                s, "prune", "-",
                "--data-dir\tData directory\n--verbose\tPrint warnings off a terminal too\n-v\tPrint warnings off a terminal too\n"
                "--yes\tDon't ask for confirmation\n-y\tDon't ask for confirmation\n:4\n");
        check_offers(s, "prune -y --data-dir x", "-",
                     "--verbose\tPrint warnings off a terminal too\n-v\tPrint warnings off a terminal too\n:4\n");
        check_offers(s, "prune --yes=false", "--y", ":4\n");
        check_offers(s, "ps -f a=b", "--fi", "--filter\tShow containers that fit only (e.g. \"verdict=failing\")\n:4\n");
        /* Only the first line of a help text. */
        check_offers(s, "ps", "--fo", "--format\tFormat output using a custom template:\n:4\n");
        check_offers(s, "maintenance", "-", ":4\n");
        check_no_candidate(complete(s, "__complete autoheal", "-"), "--context");
        check_line(complete(s, "__complete", "-"), "-D\tEnable debug mode");
        check_offers(s, "unquarantine --", "-", ":4\n");
}

static void test_values(void **state) {
        struct scene *s = *state;
        check_offers(s, "ps --format", "", "json\ntable\n:4\n");
        check_offers(s, "ps", "--format=j", "json\n:4\n");
        check_offers(s, "status --format", "", "json\n:4\n");
        check_offers(s, "events --type", "auto", "auto_unquarantine\nauto_monitor\n:4\n");
        check_offers(s, "events", "--type=qu", "quarantine\n:4\n");
        check_offers(s, "run", "--dry-run=", "false\ntrue\n:4\n");
        check_offers(s, "run", "--wait=", ":4\n");
        check_offers(s, "ps -a", "-f=ver", "verdict=\n:6\n");
        check_offers(s, "ps -f", "verdict=fa", "verdict=failing\n:4\n");
        check_offers(s, "ps --filter", "nope=", ":4\n");
        check_offers(s, "events -n", "", ":4\n");
        check_offers(s, "status --data-dir", "", ":16\n");
        check_offers(s, "config import", "", ":0\n");
        check_offers(s, "config import a", "", ":4\n");
        check_offers(s, "config export -o", "", ":0\n");
        assert_string_equal(complete(s, "__complete -l", "wa"), "warn\n:4\n");
        assert_string_equal(complete(s, "__complete", "--log-level=e"), "error\n:4\n");
}

static void test_configuration(void **state) {
        struct scene *s = *state;
        check_offers(s, "config get", "brake.en",
                     "brake.enabled\tslow down when so many are down that the cause is likely the host (a storm)\n:4\n");
        check_offers(s, "config set restart.mode", "", "both\nhealth\non-failure\n:4\n");
        check_offers(s, "config set brake.enabled", "t", "true\n:4\n");
        check_offers(s, "config set restart.max_restarts", "", "3\tdefault\n:4\n");
        check_offers(s, "config set monitor.label_key", "", "autoheal\tdefault\n:4\n");
        check_offers(s, "config set nope", "", ":4\n");
        check_offers(s, "config set restart.mode both", "", ":4\n");
        check_no_candidate(complete(s, "__complete autoheal config unset restart.mode", "restart.m"), "restart.mode");
}

/* ---- What the engine knows ---- */

static void test_containers(void **state) {
        struct scene *s = *state;
        prepare(s);
        check_offers(s, "explain", "w", "web\nworker\n:4\n");
        check_offers(s, "explain web", "", ":4\n");
        check_offers(s, "quarantine web", "", "worker\ndb\n:4\n");
        check_offers(s, "monitor db worker -v", "", "web\n:4\n");
        check_offers(s, "ignore --", "d", "db\n:4\n");
        scene_env(s, "DOCKER_COMPLETION_SHOW_CONTAINER_IDS=yes");
        const char *answer = complete(s, "__complete autoheal explain", "");
        size_t lines = 0;
        for (const char *line = answer; *line; line = strchr(line, '\n') + 1)
                lines++;
        assert_int_equal(lines, 7);
        assert_int_equal(scene_posts(s), 0);
        assert_false(file_there(s->dir, "data"));
}

static void test_scopes(void **state) {
        struct scene *s = *state;
        prepare(s);
        check_offers(s, "maintenance on", "", "web\nworker\ndb\nproject:shop\nlabel:\n:4\n");
        check_offers(s, "maintenance on", "p", "project:shop\n:4\n");
        check_offers(s, "maintenance on", "la", "label:\n:6\n");
        check_offers(s, "maintenance on", "label:ti", "label:tier\n:6\n");
        check_offers(s, "maintenance on", "label:tier=", ":6\n");
        check_offers(s, "maintenance off", "", ":4\n");
        check_exit(scene_run(s, "maintenance on project:shop label:tier=back db"), 0);
        check_offers(s, "maintenance off", "", "project:shop\nlabel:tier=back\ndb\n:4\n");
        check_offers(s, "maintenance off db", "", "project:shop\nlabel:tier=back\n:4\n");
}

static void test_no_engine(void **state) {
        struct scene *s = *state;
        scene_env(s, "DOCKER_HOST=unix:///nonexistent/docker.sock");
        check_offers(s, "explain", "", ":1\n");
        check_offers(s, "maintenance on", "", ":1\n");
        scene_env(s, "DOCKER_HOST=bogus://x");
        check_offers(s, "explain", "", ":1\n");
        check_offers(s, "unquarantine", "", ":4\n");
        scene_env(s, "DOCKER_HOST");
        scene_env(s, "DOCKER_CONTEXT=nope");
        check_offers(s, "explain", "", ":1\n");
}

/* An answer that does not come does not hold up the person at the keyboard. */
static void test_a_silent_engine(void **state) {
        struct scene *s = *state;
        prepare(s);
        scene_world(s, "fault list hang\n");
        check_offers(s, "explain", "", ":1\n");
        scene_world(s, "no-faults\nfault list 500\n");
        check_offers(s, "explain", "", ":1\n");
        scene_world(s, "no-faults\nfault list truncate=40\n");
        check_offers(s, "explain", "", ":1\n");
}

static void test_standalone_flags_count(void **state) {
        struct scene *s = *state;
        char before[512];
        prepare(s);
        scene_env(s, "DOCKER_HOST=unix:///nonexistent/docker.sock");
        snprintf(before, sizeof(before), "__complete -H %s explain", fake_host(s->fake));
        assert_string_equal(complete(s, before, "we"), "web\n:4\n");
}

/* ---- What the data directory knows ---- */

static void test_quarantined(void **state) {
        struct scene *s = *state;
        prepare(s);
        check_offers(s, "unquarantine", "", ":4\n");
        assert_false(file_there(s->dir, "data"));
        check_exit(scene_run(s, "quarantine web db"), 0);
        AUTO_FREE char *before = data_snapshot(s);
        scene_env(s, "DOCKER_HOST=unix:///nonexistent/docker.sock");
        fake_forget(s->fake);
        check_offers(s, "unquarantine", "", "web\ndb\n:4\n");
        check_offers(s, "unquarantine", "d", "db\n:4\n");
        check_offers(s, "unquarantine web", "", "db\n:4\n");
        AUTO_FREE char *after = data_snapshot(s);
        assert_string_equal(before, after);
        assert_int_equal(fake_count(s->fake, ""), 0);
        file_put(s->data, "quarantine.json", "[\"web\",");
        check_offers(s, "unquarantine", "", ":1\n");
}

static void test_history(void **state) {
        struct scene *s = *state;
        scene_no_waits(s);
        scene_world(s, "container web health=unhealthy label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        data_put(s, "containers.json", "{}");
        check_offers(s, "events --container", "", "web\n:4\n");
        check_offers(s, "events", "--container=w", "web\n:4\n");
}

/* By the name that a person sees, whatever it is remembered by. */
static void test_names_and_stable_ids(void **state) {
        struct scene *s = *state;
        scene_world(s, "container shop-web-1 label=autoheal=true label=com.docker.compose.project=shop "
                       "label=com.docker.compose.service=web "
                       "label=com.docker.compose.container-number=1\n");
        check_exit(scene_run(s, "quarantine shop-web-1"), 0);
        check_offers(s, "unquarantine", "shop-w", "shop-web-1\n:4\n");
        check_offers(s, "unquarantine", "shop_", "shop_web\n:4\n");
}

/* ---- docker's contexts ---- */

static void test_contexts(void **state) {
        struct scene *s = *state;
        const char *names[] = { "remote", "bad name", "evil\\n:0", "$(reboot)", "autoheal" };
        AUTO_FREE char *docker = path_join(s->home, ".docker"), *contexts = path_join(docker, "contexts"),
                       *meta = path_join(contexts, "meta");
        dir_put(docker, 0700);
        assert_string_equal(complete(s, "__complete -c", ""), "default\n:4\n");
        dir_put(contexts, 0700);
        dir_put(meta, 0700);
        for (size_t i = 0; i < N_ELEMENTS(names); i++) {
                char text[128], hash[8];
                snprintf(hash, sizeof(hash), "%zu", i);
                snprintf(text, sizeof(text), "{\"Name\": \"%s\", \"Endpoints\": {}}", names[i]);
                AUTO_FREE char *dir = path_join(meta, hash);
                dir_put(dir, 0700);
                file_put(dir, "meta.json", text);
        }
        AUTO_FREE char *broken = path_join(meta, "broken"), *empty = path_join(meta, "empty");
        dir_put(broken, 0700);
        file_put(broken, "meta.json", "{");
        dir_put(empty, 0700);
        file_put(meta, "file", "");
        const char *answer = complete(s, "__complete --context", "");
        check_line(answer, "default");
        check_line(answer, "remote");
        check_line(answer, "autoheal");
        assert_int_equal(strlen(answer), strlen("default\nremote\nautoheal\n:4\n"));
        assert_string_equal(complete(s, "__complete", "--context=re"), "remote\n:4\n");
}

/* ---- Hostile ---- */

/* Only names that a shell cannot mistake for anything else are offered, and none can end a line. */
static void test_hostile_names(void **state) {
        struct scene *s = *state;
        scene_world(s, "container \"a\\n:0\" label=\"x\\ty=1\"\n"
                       "container \"b\\tc\"\n"
                       "container \"$(touch boom)\"\n"
                       "container \"`touch boom`\"\n"
                       "container \"two words\"\n"
                       "container \"\\e]0;title\\x07\"\n"
                       "container \"q'uote\"\n"
                       "container \"semi;colon\"\n"
                       "container plain label=\"com.docker.compose.project=$(boom)\" label=\"k=a b\"\n"
                       "container nobody nameless=true\n");
        check_offers(s, "explain", "", "plain\n:4\n");
        check_offers(s, "maintenance on", "", "plain\nlabel:\n:4\n");
        check_offers(s, "maintenance on", "label:", "label:com.docker.compose.project\nlabel:k\n:6\n");
        check_offers(s, "maintenance on", "label:k=", ":6\n");
}

static void test_hostile_files(void **state) {
        struct scene *s = *state;
        data_put(s, "quarantine.json", "[\"$(boom)\", \"a\\n:0\", \"fine\"]");
        check_offers(s, "unquarantine", "", "fine\n:4\n");
}

static void test_lines_that_are_none(void **state) {
        struct scene *s = *state;
        check_offers(s, "nope", "", ":1\n");
        check_offers(s, "config nope", "", ":1\n");
        check_offers(s, "ps --nope", "", ":1\n");
        check_offers(s, "ps", "--nope=", ":1\n");
        check_offers(s, "ps --no-trunc=perhaps", "", ":1\n");
        check_offers(s, "ps", "--nope", ":4\n");
        check_offers(s, "maintenance --for 2h", "", ":1\n");
        check_exit(scene_run(s, "__complete autoheal"), 0);
        check_contains(s->last.out, "\n:4\n");
        check_exit(scene_run(s, "__complete"), 0);
        check_contains(s->last.out, "\n:4\n");
        assert_false(file_there(s->dir, "data"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_commands),
                scene_test(test_without_descriptions),
                scene_test(test_flags),
                scene_test(test_values),
                scene_test(test_configuration),
                scene_test(test_containers),
                scene_test(test_scopes),
                scene_test(test_no_engine),
                scene_test(test_a_silent_engine),
                scene_test(test_standalone_flags_count),
                scene_test(test_quarantined),
                scene_test(test_history),
                scene_test(test_names_and_stable_ids),
                scene_test(test_contexts),
                scene_test(test_hostile_names),
                scene_test(test_hostile_files),
                scene_test(test_lines_that_are_none),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
