/* SPDX-License-Identifier: MIT */
/* ps --watch: on a terminal a table that stays in its place, elsewhere the rows that changed; it goes on and writes nothing. */
#include "support/screen.h"
#include "support/stream.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WORLD "container web health=healthy label=autoheal=true\ncontainer db health=healthy label=autoheal=true\ncontainer other\n"
#define LISTS "GET /v1.51/containers/json"
#define ROWS  "ps --watch --format '{{.Name}} {{.Verdict}} {{.Reason}}'"

static void check_out(const struct stream *st, const char *expected) {
        AUTO_FREE char *out = stream_out(st);
        assert_string_equal(out, expected);
}

static void check_err(const struct stream *st, const char *expected) {
        AUTO_FREE char *err = stream_err(st);
        assert_string_equal(err, expected);
}

/* Whatever was so before is seen: a whole look lies between. */
static void await_look(struct scene *s) {
        fake_await(s->fake, "containers/json", fake_count(s->fake, "containers/json") + 2);
}

static void test_all_rows_and_then_those_that_change(void **state) {
        struct scene *s = *state;
        struct stream st, table, json, names;
        scene_world(s, WORLD);
        stream_start(&st, s, ROWS);
        stream_start(&table, s, "ps -w");
        stream_start(&json, s, "ps -w --format json");
        stream_start(&names, s, "ps -w -q");
        stream_await(&st, "\n", 2);
        stream_await(&table, "\n", 3);
        await_look(s);
        scene_world(s, "container db health=unhealthy\n");
        stream_await(&st, "\n", 3);
        stream_await(&table, "\n", 4);
        stream_await(&json, "\n", 3);
        stream_await(&names, "\n", 3);
        await_look(s);
        check_out(&st, "web ok healthy\ndb ok healthy\ndb failing unhealthy\n");
        check_out(&names, "web\ndb\ndb\n");
        AUTO_FREE char *out = stream_out(&table), *objects = stream_out(&json);
        check_contains(out, "CONTAINER ID   NAME      VERDICT   MONITORED   RESTARTS   QUARANTINED   NEXT ACTION\n");
        check_contains(out, "db        failing (unhealthy)   yes         0/3        no            restart\n");
        assert_int_equal(count_text(out, "NAME"), 1);
        check_lacks(out, "\033");
        struct json_lines lines;
        json_lines_parse(&lines, objects);
        assert_int_equal(lines.n, 3);
        check_json(json_root(lines.docs[2]), "verdict", "\"failing\"");
        json_lines_release(&lines);
        check_err(&st, "");
        assert_int_equal(stream_end(&st, SIGINT), 130);
        assert_int_equal(stream_end(&table, SIGTERM), 130);
        assert_int_equal(stream_end(&json, SIGHUP), 130);
        assert_int_equal(stream_end(&names, SIGTERM), 130);
}

static void test_containers_come_and_go(void **state) {
        struct scene *s = *state;
        struct stream st;
        scene_world(s, WORLD);
        stream_start(&st, s, ROWS);
        stream_await(&st, "\n", 2);
        scene_world(s, "container new health=starting label=autoheal=true\nremove web\nremove other\n");
        stream_await(&st, "\n", 4);
        /* Another container of the same name is another one. */
        scene_world(s, "container web health=healthy label=autoheal=true "
                       "id=7777777777777777777777777777777777777777777777777777777777777777\n");
        stream_await(&st, "\n", 5);
        await_look(s);
        check_out(&st, "web ok healthy\ndb ok healthy\nnew starting starting\nweb removing gone\nweb ok healthy\n");
        assert_int_equal(stream_end(&st, SIGTERM), 130);
}

static void test_what_leaves_the_filter_is_shown_once_more(void **state) {
        struct scene *s = *state;
        struct stream st;
        scene_world(s, WORLD);
        stream_start(&st, s, ROWS " --filter verdict=failing");
        await_look(s);
        scene_world(s, "container db health=unhealthy\ncontainer other health=unhealthy\n");
        stream_await(&st, "\n", 1);
        scene_world(s, "container db health=healthy\n");
        stream_await(&st, "\n", 2);
        scene_world(s, "container db health=starting\ncontainer web health=starting\n");
        await_look(s);
        check_out(&st, "db failing unhealthy\ndb ok healthy\n");
        assert_int_equal(stream_end(&st, SIGTERM), 130);
}

static void test_it_says_that_the_engine_is_away_and_recovers(void **state) {
        struct scene *s = *state;
        struct stream st;
        scene_world(s, WORLD);
        stream_start(&st, s, ROWS);
        stream_await(&st, "\n", 2);
        fake_stop(s->fake);
        s->fake = NULL;
        stream_await_err(&st, "\n", 1);
        s->fake = fake_start(s->dir, "container db health=unhealthy label=autoheal=true\n", true);
        stream_await_err(&st, "\n", 2);
        stream_await(&st, "\n", 4);
        check_out(&st, "web ok healthy\ndb ok healthy\ndb failing unhealthy\nweb removing gone\n");
        /* How it is worded depends on whether it went during a look or between two. */
        AUTO_FREE char *err = stream_err(&st);
        assert_int_equal(strncmp(err, "engine not reached: ", strlen("engine not reached: ")), 0);
        assert_string_equal(strchr(err, '\n'), "\nengine reached again\n");
        assert_int_equal(stream_end(&st, SIGTERM), 130);
}

/* One line as long as it is away, whatever it is that fails; the configuration is another matter. */
static void test_an_engine_that_fails_in_several_ways(void **state) {
        struct scene *s = *state;
        struct stream st;
        scene_world(s, WORLD);
        stream_start(&st, s, ROWS);
        stream_await(&st, "\n", 2);
        scene_world(s, "fault list cut=0\n");
        stream_await_err(&st, "\n", 1);
        scene_world(s, "no-faults\nfault list 500 message=one\n");
        await_look(s);
        scene_world(s, "no-faults\nfault list 500 message=two\n");
        await_look(s);
        data_put(s, "config.json", "nonsense");
        stream_await_err(&st, "config.json: line 1", 1);
        data_put(s, "config.json", "{}");
        stream_await_err(&st, "\n", 3);
        scene_world(s, "no-faults\n");
        stream_await_err(&st, "\n", 4);
        AUTO_FREE char *err = stream_err(&st);
        check_contains(err, "engine not reached: ");
        check_contains(err, "two");
        check_lacks(err, "one");
        assert_int_equal(count_text(err, "\n"), 4);
        assert_int_equal(stream_end(&st, SIGTERM), 130);
}

/* The list fails while another answer of the same look is still on its way, which comes when that look is long over. */
static void test_an_answer_that_comes_too_late(void **state) {
        struct scene *s = *state;
        struct stream st;
        scene_world(s, WORLD);
        stream_start(&st, s, ROWS);
        stream_await(&st, "\n", 2);
        scene_world(s, "fault list cut=0\nfault info drip=5\n");
        stream_await_err(&st, "engine not reached: ", 1);
        await_look(s);
        scene_world(s, "no-faults\n");
        stream_await_err(&st, "engine reached again\n", 1);
        await_look(s);
        AUTO_FREE char *err = stream_err(&st);
        assert_int_equal(count_text(err, "\n"), 2);
        assert_int_equal(stream_end(&st, SIGTERM), 130);
}

static void test_at_first_the_engine_must_be_there(void **state) {
        struct scene *s = *state;
        scene_env(s, "DOCKER_HOST=unix:///nowhere/docker.sock");
        check_exit(scene_run(s, "ps --watch"), 1);
        assert_string_equal(s->last.out, "");
        check_contains(s->last.err, "Cannot connect to the Docker daemon at unix:///nowhere/docker.sock");
        check_exit(scene_run(s, "ps --watch --filter nope"), 125);
        check_exit(scene_run(s, "ps --watch --format {{.Nope}}"), 1);
}

/* What others write meanwhile is seen: the directory itself, the configuration, the state. */
static void test_it_reads_what_others_write_and_writes_nothing(void **state) {
        struct scene *s = *state;
        struct stream st;
        scene_world(s, WORLD);
        stream_start(&st, s, "ps --watch --format '{{.Name}} {{.MonitoredText}} {{.QuarantinedText}}'");
        stream_await(&st, "\n", 2);
        await_look(s);
        assert_false(file_there(s->dir, "data"));
        check_exit(scene_run(s, "quarantine db"), 0);
        stream_await(&st, "db yes yes\n", 1);
        data_put(s, "config.json", "{\"containers\": {\"excluded\": [\"web\"]}}");
        stream_await(&st, "web no (excluded) no\n", 1);
        data_put(s, "config.json", "{\"containers\": nonsense}");
        stream_await_err(&st, "config.json: line 1, column ", 1);
        data_put(s, "config.json", "{}");
        stream_await_err(&st, "going on\n", 1);
        stream_await(&st, "web yes no\n", 2);
        AUTO_FREE char *before = data_snapshot(s);
        await_look(s);
        AUTO_FREE char *after = data_snapshot(s);
        assert_string_equal(before, after);
        assert_int_equal(stream_end(&st, SIGTERM), 130);
}

static void test_docker_going_away_ends_it(void **state) {
        struct scene *s = *state;
        struct stream st;
        struct sockaddr_un addr = { .sun_family = AF_UNIX };
        char pair[128], name[64];
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        snprintf(name, sizeof(name), "@docker_cli_watch_%d", (int)getpid());
        memcpy(addr.sun_path, name, strlen(name));
        addr.sun_path[0] = '\0';
        assert_int_equal(bind(fd, (struct sockaddr *)&addr, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
        assert_int_equal(listen(fd, 1), 0);
        snprintf(pair, sizeof(pair), "DOCKER_CLI_PLUGIN_SOCKET=%s", name);
        scene_env(s, pair);
        scene_world(s, WORLD);
        stream_start(&st, s, ROWS);
        int docker = accept(fd, NULL, NULL);
        stream_await(&st, "\n", 2);
        close(docker);
        close(fd);
        assert_int_equal(stream_end(&st, 0), 130);
}

/* ---- On a terminal ---- */

static void test_a_table_stays_in_its_place(void **state) {
        struct scene *s = *state;
        struct screen sc;
        scene_world(s, WORLD "container gone health=unhealthy label=autoheal=true\n");
        screen_open(&sc, s, 100, 10);
        screen_type(&sc, "$AUTOHEAL ps --watch; echo status=$?");
        screen_await(&sc, "gone ");
        screen_await_gone(&sc, "AUTOHEAL"); /* what was typed stood where the table is */
        scene_world(s, "remove gone\ncontainer db health=unhealthy\n");
        screen_await_gone(&sc, "gone ");
        AUTO_FREE char *text = screen_text(&sc);
        const char *expected = "CONTAINER ID   NAME      VERDICT               MONITORED   RESTARTS   QUARANTINED   NEXT ACTION\n";
        assert_int_equal(strncmp(text, expected, strlen(expected)), 0);
        assert_int_equal(count_text(text, "\n"), 3);
        check_contains(text, "db        failing (unhealthy)   yes         0/3        no            restart\n");
        screen_key(&sc, "C-c");
        screen_await(&sc, "status=130");
        AUTO_FREE char *end = screen_text(&sc);
        assert_int_equal(count_text(end, "CONTAINER ID"), 1);
        screen_close(&sc);
}

static void test_it_fits_whatever_the_size(void **state) {
        struct scene *s = *state;
        struct screen sc;
        scene_world(s, "population 30 healthy label=autoheal=true\n");
        screen_open(&sc, s, 100, 10);
        screen_type(&sc, "$AUTOHEAL ps --watch; echo status=$?");
        screen_await(&sc, "... and 23 more lines");
        screen_await(&sc, "CONTAINER ID   NAME");
        screen_resize(&sc, 40, 40);
        screen_await(&sc, "member-0029");
        screen_await(&sc, "\u2026");
        AUTO_FREE char *text = screen_text(&sc);
        assert_int_equal(count_text(text, "\n"), 31);
        screen_resize(&sc, 120, 5);
        screen_await(&sc, "... and 28 more lines");
        screen_await(&sc, "NEXT ACTION");
        screen_key(&sc, "C-c");
        screen_await(&sc, "status=130");
        screen_close(&sc);
}

static void test_a_terminal_shows_that_the_engine_is_away(void **state) {
        struct scene *s = *state;
        struct screen sc;
        scene_world(s, WORLD);
        screen_open(&sc, s, 200, 10);
        screen_type(&sc, "$AUTOHEAL ps --watch");
        screen_await(&sc, "db ");
        scene_world(s, "fault list cut=0\n");
        screen_await(&sc, "engine not reached: ");
        screen_await(&sc, "db "); /* as it was seen last */
        scene_world(s, "no-faults\n");
        screen_await_gone(&sc, "engine not reached: ");
        AUTO_FREE char *text = screen_text(&sc);
        if (count_text(text, "\n") != 3)
                fail_msg("what was said is still there:\n%s", text);
        screen_key(&sc, "C-c");
        screen_close(&sc);
}

static void test_time_goes_on(void **state) {
        struct scene *s = *state;
        struct screen sc;
        scene_world(s, "container web health=unhealthy label=autoheal=true label=autoheal.cooldown=600\non-restart web "
                       "health=unhealthy\n");
        check_exit(scene_run(s, "run"), 0);
        screen_open(&sc, s, 200, 10);
        screen_type(&sc, "$AUTOHEAL ps --watch");
        screen_await(&sc, "(cooldown)");
        AUTO_FREE char *text = screen_text(&sc);
        AUTO_FREE char *left = xstrdup(strstr(text, "restart in "));
        left[strcspn(left, ")")] = '\0';
        screen_await_gone(&sc, left);
        screen_await(&sc, "(cooldown)");
        screen_key(&sc, "C-c");
        screen_close(&sc);
}

/* JSON is for programs, on a terminal too. */
static void test_json_is_not_drawn(void **state) {
        struct scene *s = *state;
        struct screen sc;
        scene_world(s, WORLD);
        screen_open(&sc, s, 200, 40);
        screen_type(&sc, "$AUTOHEAL ps --watch --format json");
        screen_await(&sc, "\"name\":\"db\"");
        scene_world(s, "container db health=unhealthy\n");
        screen_await(&sc, "\"verdict\":\"failing\"");
        screen_await(&sc, "AUTOHEAL");
        screen_key(&sc, "C-c");
        screen_close(&sc);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_all_rows_and_then_those_that_change),
                scene_test(test_containers_come_and_go),
                scene_test(test_what_leaves_the_filter_is_shown_once_more),
                scene_test(test_it_says_that_the_engine_is_away_and_recovers),
                scene_test(test_an_engine_that_fails_in_several_ways),
                scene_test(test_an_answer_that_comes_too_late),
                scene_test(test_at_first_the_engine_must_be_there),
                scene_test(test_it_reads_what_others_write_and_writes_nothing),
                scene_test(test_docker_going_away_ends_it),
                scene_test(test_a_table_stays_in_its_place),
                scene_test(test_it_fits_whatever_the_size),
                scene_test(test_a_terminal_shows_that_the_engine_is_away),
                scene_test(test_time_goes_on),
                scene_test(test_json_is_not_drawn),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
