/* SPDX-License-Identifier: MIT */
/* The data directory: broken files, another engine's directory, two passes at once, no room to write, a kill at the worst moment. */
#include "support/scene.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static const char *const sick_world = "container web health=unhealthy label=autoheal=true\n";

/* ---- Files that do not parse ---- */

static void check_refused(struct scene *s, const char *name, const char *content, const char *const *expected) {
        scene_world(s, sick_world);
        data_put(s, name, content);
        AUTO_FREE char *before = state_snapshot(s);
        const struct output *o = scene_run(s, "run");
        check_exit(o, 78);
        check_contains(o->err, name);
        for (; *expected; expected++)
                check_contains(o->err, *expected);
        assert_int_equal(o->out_len, 0);
        assert_int_equal(scene_posts(s), 0);
        AUTO_FREE char *after = state_snapshot(s), *text = data_get(s, name);
        assert_string_equal(before, after);
        assert_string_equal(text, content);
}

static void test_broken_config(void **state) {
        check_refused(*state, "config.json", "{\n  \"restart\": {\"mode\": }\n}\n",
                      (const char *[]){ "line 2", "column 23", NULL });
}

static void test_truncated_config(void **state) {
        check_refused(*state, "config.json", "{\"restart\": {\"mode\": \"bo",
                      (const char *[]){ "line 1", ": edit it, or replace it: docker autoheal config import FILE", NULL });
}

static void test_all_errors_of_a_config(void **state) {
        check_refused(*state, "config.json", "{\"restart\": {\"mode\": \"sometimes\", \"max_parallel\": 65}}\n",
                      (const char *[]){ "restart.mode", "sometimes", "on-failure", "restart.max_parallel", "64", NULL });
}

static void test_broken_variable(void **state) {
        struct scene *s = *state;
        scene_world(s, sick_world);
        scene_env(s, "AUTOHEAL_RESTART_COOLDOWN_SECONDS=soon");
        const struct output *o = scene_run(s, "run");
        check_exit(o, 78);
        check_contains(o->err, "AUTOHEAL_RESTART_COOLDOWN_SECONDS");
        check_contains(o->err, "soon");
        assert_int_equal(scene_posts(s), 0);
}

/* Reading commands refuse with the place and touch nothing; a pass keeps the broken file, makes it anew, says so, and goes on. */
static void check_rebuilt(struct scene *s, const char *name, const char *content) {
        scene_first_pass(s);
        scene_world(s, sick_world);
        file_put(s->data, name, content);
        AUTO_FREE char *path = path_join(s->data, name);
        assert_int_equal(chmod(path, 0600), 0);
        AUTO_FREE char *before = state_snapshot(s);
        const struct output *o = scene_run(s, "ps");
        check_exit(o, 78);
        check_contains(o->err, name);
        check_contains(o->err, ": the next pass sets it aside and rebuilds it: docker autoheal run\n");
        AUTO_FREE char *after = state_snapshot(s);
        assert_string_equal(before, after);

        o = scene_run(s, "run");
        check_exit(o, 0);
        check_contains(o->out, ".corrupt-");
        AUTO_FREE char *listing = dir_snapshot(s->data, ""), *events = data_get(s, "events.json");
        check_contains(listing, ".corrupt-");
        check_contains(events, "\"store\"");
        check_contains(events, name);
        check_exit(scene_run(s, "ps"), 0);
}

static void test_broken_state_files(void **state) {
        const char *names[] = { "quarantine.json", "restart_counts.json", "containers.json", "maintenance.json", "pass.json" };
        for (size_t i = 0; i < N_ELEMENTS(names); i++) {
                check_rebuilt(*state, names[i], "[\"web\",\n");
                scene_teardown(state);
                scene_setup(state);
        }
}

static void test_files_of_the_wrong_shape(void **state) {
        check_rebuilt(*state, "quarantine.json", "{\"web\": true}\n");
        scene_teardown(state);
        scene_setup(state);
        check_rebuilt(*state, "restart_counts.json", "[1, 2, 3]\n");
}

/* History that cannot be read is kept beside the new one; it keeps no container from being healed. */
static void test_broken_events_are_not_overwritten(void **state) {
        struct scene *s = *state;
        scene_world(s, sick_world);
        data_put(s, "events.json", "[{\"timestamp\": \"2025-10-31T13:57:51+00:00\",");
        const struct output *o = scene_run(s, "run");
        check_exit(o, 0);
        check_contains(o->out, "events.json was broken");
        assert_int_equal(fake_count(s->fake, "/restart -> 204"), 1);
        AUTO_FREE char *listing = dir_snapshot(s->data, ""), *counts = data_get(s, "restart_counts.json");
        check_contains(listing, "events.json.corrupt-");
        check_contains(counts, "\"web\"");
        assert_int_equal(count_events(s, "restart", "web"), 1);
        AUTO_FREE char *events = data_get(s, "events.json");
        check_contains(events, "\"store\"");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
}

static void test_foreign_keys_survive(void **state) {
        struct scene *s = *state;
        const char *config = "{\"uptime_kuma\": {\"url\": \"http://x\"}, \"restart\": {\"cooldown_seconds\": 5}}\n";
        scene_world(s, sick_world);
        data_put(s, "config.json", config);
        data_put(s, "maintenance.json", "{\"note\": \"mine\", \"enabled\": false, \"start_time\": null}\n");
        data_put(s, "pass.json", "{\"mine\": [1, 2]}\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
        AUTO_FREE char *config_after = data_get(s, "config.json"), *maintenance = data_get(s, "maintenance.json");
        assert_string_equal(config_after, config);
        check_contains(maintenance, "\"mine\"");
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *pass = data_json(s, "pass.json", &text);
        assert_int_equal(json_count(json_get(json_root(pass), "mine")), 2);
}

/* ---- Whose directory? ---- */

static void test_directory_of_another_engine(void **state) {
        struct scene *s = *state;
        char pair[512];
        scene_first_pass(s);
        AUTO_FREE char *other_dir = path_join(s->dir, "other");
        dir_put(other_dir, 0755);
        struct fake *other =
                fake_start(other_dir, "engine-id OTHER:ENGINE\ncontainer web health=unhealthy label=autoheal=true\n", false);
        snprintf(pair, sizeof(pair), "DOCKER_HOST=%s", fake_host(other));
        scene_env(s, pair);
        AUTO_FREE char *before = state_snapshot(s);
        const struct output *o = scene_run(s, "run");
        size_t posts = fake_count(other, "POST ");
        check_exit(o, 78);
        check_contains(o->err, fake_host(s->fake));
        check_contains(o->err, fake_host(other));
        check_exit(scene_run(s, "ps"), 78);
        check_exit(scene_run(s, "quarantine web"), 78);
        fake_stop(other);
        assert_int_equal(posts, 0);
        AUTO_FREE char *after = state_snapshot(s);
        assert_string_equal(before, after);
}

/* What is remembered may be of another engine than the one that cannot be reached. */
static void test_memory_of_another_endpoint_is_called_so(void **state) {
        struct scene *s = *state;
        scene_world(s, sick_world);
        scene_first_pass(s);
        check_lacks(scene_run(s, "status")->out, "belongs to");
        char expected[4200];
        snprintf(expected, sizeof(expected), "                 belongs to the engine at %s: what follows is of that one\n",
                 fake_host(s->fake));
        scene_env(s, "DOCKER_HOST=unix:///nowhere/docker.sock");
        const struct output *o = scene_run(s, "status");
        check_exit(o, 1);
        check_contains(o->out, expected);
        o = scene_run(s, "status --format json");
        check_contains(o->err, "' belongs to the engine at ");
        check_lacks(o->out, "belongs");
}

static void test_same_engine_by_another_way(void **state) {
        struct scene *s = *state;
        char pair[128];
        scene_first_pass(s);
        scene_world(s, sick_world);
        snprintf(pair, sizeof(pair), "DOCKER_HOST=%s", fake_tcp_host(s->fake));
        scene_env(s, pair);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
}

/* An engine that does not say who it is may be another one: the directory is not handed over to it. */
static void check_unnamed_engine(struct scene *s) {
        char pair[128];
        AUTO_FREE char *before = state_snapshot(s);
        scene_world(s, sick_world);
        scene_world(s, "fault info 403 message=\"forbidden by the proxy\"\n");
        snprintf(pair, sizeof(pair), "DOCKER_HOST=%s", fake_tcp_host(s->fake));
        scene_env(s, pair);
        const char *commands[] = { "run", "run --dry-run", "ps", "quarantine web", "unquarantine web", "explain web" };
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                const struct output *o = scene_run(s, "%s", commands[i]);
                check_exit(o, 78);
                check_contains(o->err, fake_host(s->fake));
                check_contains(o->err, fake_tcp_host(s->fake));
                assert_int_equal(o->out_len, 0);
        }
        assert_int_equal(scene_posts(s), 0);
        AUTO_FREE char *after = state_snapshot(s);
        assert_string_equal(before, after);
}

static void test_another_endpoint_that_hides_its_id(void **state) {
        struct scene *s = *state;
        scene_first_pass(s);
        check_unnamed_engine(s);
        scene_world(s, "no-faults\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
}

static void test_endpoint_that_hid_its_id_and_another(void **state) {
        struct scene *s = *state;
        scene_world(s, "fault info 403\n");
        scene_first_pass(s);
        check_unnamed_engine(s);
}

static void test_flag_beats_variable(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *elsewhere = path_join(s->dir, "elsewhere");
        check_exit(scene_run(s, "run --data-dir %s", elsewhere), 0);
        assert_true(file_there(elsewhere, "pass.json"));
        AUTO_FREE char *unused = data_snapshot(s);
        assert_string_equal(unused, "absent\n");
        struct stat st;
        assert_int_equal(stat(elsewhere, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
}

/* Where it is not known which directory is meant, a default one would know nothing of the quarantines in the other. */
static void test_docker_configuration_that_cannot_be_read(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *docker = path_join(s->home, ".docker"), *state_home = path_join(s->home, ".local");
        dir_put(docker, 0700);
        file_put(docker, "config.json", "{\"plugins\": {\"autoheal\": {\"data-dir\": \"/srv/x\"},}}\n");
        scene_world(s, sick_world);
        check_exit(scene_run(s, "run --dry-run"), 0);
        AUTO_FREE char *chosen = path_join(s->dir, "chosen");
        scene_env(s, "AUTOHEAL_DATA_DIR");
        check_exit(scene_run(s, "run --dry-run --data-dir %s", chosen), 0);
        const char *commands[] = { "run", "ps", "status", "quarantine web", "events" };
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                const struct output *o = scene_run(s, "%s", commands[i]);
                check_exit(o, 78);
                check_contains(o->err, "docker's configuration '");
                check_contains(o->err,
                               "/.docker/config.json' cannot be read, so it is not known which data directory is meant: line 1");
                check_contains(o->err, "--data-dir");
                assert_int_equal(o->out_len, 0);
        }
        assert_int_equal(scene_posts(s), 0);
        assert_int_equal(access(state_home, F_OK), -1);
}

/* The disk behind it is not mounted: that releases nobody. */
static void test_link_that_leads_nowhere(void **state) {
        struct scene *s = *state;
        scene_first_pass(s);
        scene_world(s, sick_world);
        AUTO_FREE char *path = path_join(s->data, "quarantine.json");
        (void)remove(path);
        assert_int_equal(symlink("/nowhere/quarantine.json", path), 0);
        const char *commands[] = { "run", "ps", "unquarantine --all" };
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                const struct output *o = scene_run(s, "%s", commands[i]);
                check_exit(o, 78);
                check_contains(o->err, "'quarantine.json' is a symbolic link to '/nowhere/quarantine.json', which is not there");
        }
        assert_int_equal(scene_posts(s), 0);
}

static void test_default_directory(void **state) {
        struct scene *s = *state;
        char pair[512];
        AUTO_FREE char *xdg = path_join(s->dir, "xdg"), *ours = path_join(xdg, "docker-autoheal");
        snprintf(pair, sizeof(pair), "XDG_STATE_HOME=%s", xdg);
        scene_env(s, "AUTOHEAL_DATA_DIR");
        scene_env(s, pair);
        scene_hide_data();
        check_exit(scene_run(s, "run"), 0);
        assert_true(file_there(ours, "pass.json"));
}

/* ---- Who may write there? ---- */

static void need_root(void) {
        if (geteuid() != 0)
                skip();
}

static void test_directory_open_to_others(void **state) {
        struct scene *s = *state;
        scene_world(s, sick_world);
        dir_put(s->data, 0777);
        const struct output *o = scene_run(s, "run");
        check_exit(o, 78);
        check_contains(o->err, s->data);
        check_contains(o->err, "chmod");
        assert_int_equal(scene_posts(s), 0);
        check_exit(scene_run(s, "ps"), 78);
}

static void test_config_open_to_others(void **state) {
        struct scene *s = *state;
        scene_world(s, sick_world);
        data_put(s, "config.json", "{}\n");
        AUTO_FREE char *path = path_join(s->data, "config.json");
        assert_int_equal(chmod(path, 0666), 0);
        const struct output *o = scene_run(s, "run");
        check_exit(o, 78);
        check_contains(o->err, "config.json");
        check_contains(o->err, "chmod");
        assert_int_equal(scene_posts(s), 0);
}

static void test_directory_of_another_user(void **state) {
        struct scene *s = *state;
        need_root();
        scene_world(s, sick_world);
        dir_put(s->data, 0755);
        assert_int_equal(chown(s->data, NOBODY, NOBODY), 0);
        const struct output *o = scene_run(s, "run");
        check_exit(o, 78);
        check_contains(o->err, "chown");
        assert_int_equal(scene_posts(s), 0);
}

/* One of root's, by anybody else. */
static void test_files_that_we_may_not_read(void **state) {
        static const char *const commands[] = { "ps",  "status",        "check", "explain web", "maintenance status",
                                                "run", "quarantine web" };
        static const char *const files[] = { "config.json", "containers.json", "pass.json" };
        struct scene *s = *state;
        need_root();
        scene_world(s, sick_world);
        assert_int_equal(chmod(s->dir, 0755), 0);
        for (size_t i = 0; i < N_ELEMENTS(files) * N_ELEMENTS(commands); i++) {
                const char *file = files[i / N_ELEMENTS(commands)], *command = commands[i % N_ELEMENTS(commands)];
                char word[64];
                snprintf(word, sizeof(word), "%s", command);
                char *argument = strchr(word, ' ');
                if (argument)
                        *argument++ = '\0';
                AUTO_FREE char *path = path_join(s->data, file);
                data_put(s, file, "{}");
                assert_int_equal(chmod(s->data, 0755), 0);
                assert_int_equal(chmod(path, 0600), 0);
                const struct output *o =
                        scene_run_ask(s, (const char *[]){ word, argument, NULL }, (struct run_ask){ .uid = NOBODY });
                /* Maintenance is told whatever the configuration says, with a warning. */
                check_exit(o, str_eq(file, "config.json") && str_eq(word, "maintenance") ? 0 : 78);
                check_contains(o->err, ": it belongs to root: run as root, or choose another with --data-dir\n");
                assert_int_equal(unlink(path), 0);
        }
}

static void check_foreign(struct scene *s, const char *command) {
        AUTO_FREE char *before = data_snapshot(s);
        const struct output *o = scene_run(s, "%s", command);
        check_exit(o, 78);
        check_contains(o->err, "' holds files, none of them autoheal's: choose a new or an empty one with --data-dir\n");
        AUTO_FREE char *after = data_snapshot(s);
        assert_string_equal(before, after);
}

/* A mistyped path would leave our files between those of others. */
static void test_directory_of_other_programs_files(void **state) {
        static const char *const commands[] = {
                "run",         "quarantine web",    "maintenance on", "config set monitor.include_all true",
                "monitor web", "events clear --yes"
        };
        struct scene *s = *state;
        scene_world(s, sick_world);
        data_put(s, "hosts", "127.0.0.1 localhost\n");
        for (size_t i = 0; i < N_ELEMENTS(commands); i++)
                check_foreign(s, commands[i]);
        assert_int_equal(scene_posts(s), 0);
        check_exit(scene_run(s, "ps"), 0);
        check_exit(scene_run(s, "run --dry-run"), 0);
        AUTO_FREE char *path = path_join(s->data, "hosts"), *lost = path_join(s->data, "lost+found");
        assert_int_equal(unlink(path), 0);
        dir_put(lost, 0700);
        check_exit(scene_run(s, "run"), 0);
        data_put(s, "hosts", "127.0.0.1 localhost\n");
        check_exit(scene_run(s, "run"), 0);
}

static void test_directory_that_we_may_not_write(void **state) {
        struct scene *s = *state;
        need_root();
        scene_world(s, sick_world);
        check_exit(scene_run(s, "quarantine web"), 0);
        check_exit(scene_run(s, "unquarantine web"), 0);
        assert_int_equal(chmod(s->data, 0755), 0);
        assert_int_equal(chmod(s->home, 0755), 0);
        AUTO_FREE char *before = data_snapshot(s);
        fake_forget(s->fake);
        const struct output *o = scene_run_ask(s, (const char *[]){ "run", NULL }, (struct run_ask){ .uid = NOBODY });
        check_exit(o, 78);
        check_contains(o->err, s->data);
        assert_int_equal(scene_posts(s), 0);
        AUTO_FREE char *after = data_snapshot(s);
        assert_string_equal(before, after);
}

/* Without memory every pass would be the first one and restart for ever: so nothing is done that cannot be written down. */
static void test_disk_full(void **state) {
        struct scene *s = *state;
        scene_first_pass(s);
        scene_world(s, sick_world);
        AUTO_FREE char *before = state_snapshot(s);
        const struct output *o = scene_run_ask(s, (const char *[]){ "run", NULL }, (struct run_ask){ .disk_full = true });
        check_exit(o, 1);
        check_contains(o->err, s->data);
        assert_int_equal(scene_posts(s), 0);
        AUTO_FREE char *after = state_snapshot(s);
        assert_string_equal(before, after);
        check_exit(scene_run_ask(s, (const char *[]){ "ps", NULL }, (struct run_ask){ .disk_full = true }), 0);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
}

static void test_no_temporary_files_stay(void **state) {
        struct scene *s = *state;
        scene_world(s, sick_world);
        check_exit(scene_run(s, "run"), 0);
        check_exit(scene_run(s, "quarantine web"), 0);
        scene_run_ask(s, (const char *[]){ "run", NULL }, (struct run_ask){ .disk_full = true });
        AUTO_FREE char *all = data_snapshot(s);
        struct slice rest = slice_str(all), line;
        while (slice_split(&rest, '\n', &line)) {
                bool known = slice_skip(&line, ". ");
                const char *names[] = { "config.json ",      "events.json ",     "restart_counts.json ",
                                        "quarantine.json ",  "containers.json ", "pass.json ",
                                        "pass.lock ",        "state.lock ",      "logs ",
                                        "logs/autoheal.log " };
                for (size_t i = 0; !known && i < N_ELEMENTS(names); i++)
                        known = slice_skip(&line, names[i]);
                if (!known && line.n > 0)
                        fail_msg("an unknown file stays: %.*s", (int)line.n, line.p);
        }
}

/* ---- Two at once, and a kill ---- */

static void test_second_pass_ends_with_75(void **state) {
        struct scene *s = *state;
        scene_world(s, sick_world);
        scene_world(s, "fault restart hang\n");
        pid_t first = scene_start(s, "run");
        fake_await(s->fake, "/restart -> hang", 1);
        const struct output *o = scene_run(s, "run");
        check_exit(o, 75);
        check_silent(o);
        check_exit(scene_run(s, "ps"), 0);
        check_exit(scene_run(s, "run --dry-run"), 0);
        check_exit(scene_run(s, "quarantine web"), 0);
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(run_end(first, SIGKILL), 128 + SIGKILL);
        scene_world(s, "no-faults\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
        AUTO_FREE char *quarantine = data_get(s, "quarantine.json");
        check_contains(quarantine, "\"web\"");
}

/* The restart is on disk before the engine is asked: who dies meanwhile has not forgotten it. */
static void test_killed_while_the_restart_hangs(void **state) {
        struct scene *s = *state;
        scene_world(s, sick_world);
        scene_world(s, "fault restart hang\n");
        pid_t pid = scene_start(s, "run");
        fake_await(s->fake, "/restart -> hang", 1);
        assert_int_equal(run_end(pid, SIGKILL), 128 + SIGKILL);
        scene_world(s, "no-faults\n");
        const struct output *o = scene_run(s, "run --format json");
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        struct json_value web = json_line_where(&lines, "name", "web");
        check_json(web, "restarts", "1");
        check_json(web, "decision", "\"hold\"");
        assert_int_equal(scene_posts(s), 1);
}

static void test_killed_again_and_again(void **state) {
        struct scene *s = *state;
        scene_no_waits(s);
        scene_world(s, sick_world);
        scene_world(s, "on-restart web health=unhealthy\nfault restart hang done\n");
        for (size_t i = 1; i <= 3; i++) {
                pid_t pid = scene_start(s, "run");
                fake_await(s->fake, "/restart -> hang", i);
                assert_int_equal(run_end(pid, SIGKILL), 128 + SIGKILL);
        }
        scene_world(s, "no-faults\n");
        scene_run(s, "run");
        assert_int_equal(scene_posts(s), 3);
        AUTO_FREE char *quarantine = data_get(s, "quarantine.json");
        check_contains(quarantine, "\"web\"");
}

/* A command line change between a pass's look and its save is not overwritten. */
static void test_quarantine_during_a_pass_is_kept(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=unhealthy label=autoheal=true\n"
                       "container other health=healthy label=autoheal=true\n"
                       "fault restart delay=1000\n");
        pid_t pid = scene_start(s, "run");
        fake_await(s->fake, "/containers/json?all=1 -> 200", 1);
        check_exit(scene_run(s, "quarantine other"), 0);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        AUTO_FREE char *quarantine = data_get(s, "quarantine.json");
        check_contains(quarantine, "\"other\"");
        assert_int_equal(count_events(s, "restart", "web"), 1);
        assert_int_equal(count_events(s, "quarantine", "other"), 1);
}

static void test_what_is_refused_makes_no_directory(void **state) {
        static const char *const refused[] = { "config import /nowhere/nope.json",
                                               "config set restart.max_parallel 9999",
                                               "monitor nosuch",
                                               "ignore nosuch",
                                               "quarantine nosuch",
                                               "events clear",
                                               "events clear --yes",
                                               "prune --yes",
                                               "unquarantine nosuch" };
        struct scene *s = *state;
        scene_world(s, "container web label=autoheal=true\n");
        file_put(s->dir, "new.json", "{\"restart\":{\"mode\":\"both\"}}");
        (void)scene_run(s, "config import %s/new.json", s->dir);
        assert_int_equal(access(s->data, F_OK), -1);
        for (size_t i = 0; i < N_ELEMENTS(refused); i++) {
                (void)scene_run(s, "%s", refused[i]);
                if (access(s->data, F_OK) == 0)
                        fail_msg("'%s' made the data directory", refused[i]);
        }
        check_exit(scene_run(s, "config set restart.mode health"), 0);
        assert_true(file_there(s->data, "config.json"));
        assert_int_equal(count_events(s, "config", NULL), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_broken_config),
                scene_test(test_truncated_config),
                scene_test(test_all_errors_of_a_config),
                scene_test(test_broken_variable),
                scene_test(test_broken_state_files),
                scene_test(test_files_of_the_wrong_shape),
                scene_test(test_broken_events_are_not_overwritten),
                scene_test(test_foreign_keys_survive),
                scene_test(test_directory_of_another_engine),
                scene_test(test_memory_of_another_endpoint_is_called_so),
                scene_test(test_same_engine_by_another_way),
                scene_test(test_another_endpoint_that_hides_its_id),
                scene_test(test_endpoint_that_hid_its_id_and_another),
                scene_test(test_flag_beats_variable),
                scene_test(test_docker_configuration_that_cannot_be_read),
                scene_test(test_link_that_leads_nowhere),
                scene_test(test_default_directory),
                scene_test(test_directory_open_to_others),
                scene_test(test_config_open_to_others),
                scene_test(test_directory_of_another_user),
                scene_test(test_files_that_we_may_not_read),
                scene_test(test_directory_of_other_programs_files),
                scene_test(test_directory_that_we_may_not_write),
                scene_test(test_disk_full),
                scene_test(test_no_temporary_files_stay),
                scene_test(test_second_pass_ends_with_75),
                scene_test(test_killed_while_the_restart_hangs),
                scene_test(test_killed_again_and_again),
                scene_test(test_quarantine_during_a_pass_is_kept),
                scene_test(test_what_is_refused_makes_no_directory),
        };
        return cmocka_run_group_tests_name("data directory", tests, NULL, NULL);
}
