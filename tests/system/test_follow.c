/* SPDX-License-Identifier: MIT */
/* events --follow: every event once and none lost, whoever writes the history and however; and how it ends. */
#include "support/stream.h"

#include "autoheal/os/clock.h"
#include "autoheal/util/timefmt.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES "events --follow --format {{.Container}}"

/* An event as the reference service writes it. */
#define EVENT(name, second)                                                                                                        \
        "{\"timestamp\":\"2026-01-31T12:00:" second "+00:00\",\"container_id\":\"\",\"container_name\":\"" name                    \
        "\",\"event_type\":\"restart\",\"restart_count\":1,\"status\":\"success\",\"message\":\"m\"}"
#define SPREAD(name, second)                                                                                                       \
        "  {\n    \"timestamp\": \"2026-01-31T12:00:" second "Z\",\n    \"container_id\": \"\",\n    \"container_name\": \"" name  \
        "\",\n    \"event_type\": \"restart\",\n    \"restart_count\": 1,\n    \"status\": \"success\",\n    \"message\": "        \
        "\"m\"\n  }"

static void check_out(const struct stream *st, const char *expected) {
        AUTO_FREE char *out = stream_out(st);
        assert_string_equal(out, expected);
}

static void check_no_errors(const struct stream *st) {
        AUTO_FREE char *err = stream_err(st);
        assert_string_equal(err, "");
}

/* The file appears whole under its name, as every writer of ours does it. */
static void replace(struct scene *s, const char *text) {
        AUTO_FREE char *from = path_join(s->data, "next"), *to = path_join(s->data, "events.json");
        data_put(s, "next", text);
        if (rename(from, to) < 0)
                fail_msg("cannot rename '%s'", from);
}

static void test_what_is_there_and_then_what_comes(void **state) {
        struct scene *s = *state;
        struct stream st, json;
        scene_world(s, "container web health=unhealthy label=autoheal=true\ncontainer db\n");
        scene_first_pass(s);
        stream_start(&st, s, "events --follow");
        stream_start(&json, s, "events -f --format json -n 1");
        stream_await(&st, "restart ", 1);
        stream_await(&json, "\"restart\"", 1);
        check_exit(scene_run(s, "quarantine web"), 0);
        stream_await(&st, "quarantined", 1);
        stream_await(&json, "\"quarantine\"", 1);
        check_exit(scene_run(s, "unquarantine web"), 0);
        stream_await(&st, "unquarantine ", 1);
        stream_await(&json, "\"unquarantine\"", 1);
        AUTO_FREE char *out = stream_out(&st), *objects = stream_out(&json);
        /* One table: header once, columns where they were, and times that are still true when they are read later. */
        assert_int_equal(count_text(out, "TIME"), 1);
        const char *column = strstr(strstr(out, "CONTAINER"), "EVENT");
        size_t at = (size_t)(column - out);
        for (const char *line = strchr(out, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
                assert_true(line[at - 1] == ' ' && line[at] != ' ');
                assert_true(strncmp(line + 4, "-", 1) == 0 && line[10] == 'T');
        }
        struct json_lines lines;
        json_lines_parse(&lines, objects);
        assert_int_equal(lines.n, 3);
        json_lines_release(&lines);
        check_no_errors(&st);
        assert_int_equal(stream_end(&st, SIGINT), 130);
        assert_int_equal(stream_end(&json, SIGTERM), 130);
}

static void test_it_waits_for_a_directory_that_is_not_there(void **state) {
        struct scene *s = *state;
        struct stream st, table;
        stream_start(&st, s, NAMES);
        stream_start(&table, s, "events --follow");
        /* Events come before and after it has noticed that there is a directory. */
        data_put(s, "other", "");
        replace(s, "[" EVENT("one", "01") "]");
        stream_await(&st, "one\n", 1);
        stream_await(&table, "one ", 1);
        replace(s, "[" EVENT("one", "01") "," EVENT("two", "02") "]");
        stream_await(&st, "two\n", 1);
        check_out(&st, "one\ntwo\n");
        AUTO_FREE char *out = stream_out(&table);
        assert_int_equal(strncmp(out, "TIME ", 5), 0);
        /* And when it is another directory. */
        AUTO_FREE char *away = path_join(s->dir, "away");
        assert_int_equal(rename(s->data, away), 0);
        replace(s, "[" EVENT("three", "03") "]");
        stream_await(&st, "three\n", 1);
        check_out(&st, "one\ntwo\nthree\n");
        check_no_errors(&st);
        assert_int_equal(stream_end(&st, SIGTERM), 130);
        assert_int_equal(stream_end(&table, SIGTERM), 130);
}

static void test_it_makes_nothing(void **state) {
        struct scene *s = *state;
        struct stream st;
        stream_start(&st, s, "events --follow --until 2020-01-01");
        assert_int_equal(stream_end(&st, 0), 0);
        assert_false(file_there(s->dir, "data"));
}

static void test_a_history_that_loses_its_oldest_is_cleared_or_edited(void **state) {
        struct scene *s = *state;
        struct stream st;
        replace(s, "[" EVENT("a", "01") "," EVENT("b", "02") "," EVENT("c", "03") "]");
        stream_start(&st, s, NAMES);
        stream_await(&st, "c\n", 1);
        replace(s, "[" EVENT("c", "03") "," EVENT("d", "04") "]"); /* the oldest dropped */
        stream_await(&st, "d\n", 1);
        replace(s, "[]"); /* cleared */
        replace(s, "[" EVENT("e", "05") "]");
        stream_await(&st, "e\n", 1);
        replace(s, "[" EVENT("e", "05") "," EVENT("f", "06") "," EVENT("g", "07") "]");
        stream_await(&st, "g\n", 1);
        replace(s, "[" EVENT("e", "05") "," EVENT("g", "07") "," EVENT("h", "08") "]"); /* edited in the middle */
        stream_await(&st, "h\n", 1);
        /* Another program writes all of it anew, in its own spelling, and adds one. */
        replace(s, "[\n" SPREAD("e", "05") ",\n" SPREAD("g", "07") ",\n" SPREAD("h", "08") ",\n" SPREAD("i", "09") "\n]\n");
        stream_await(&st, "i\n", 1);
        check_out(&st, "a\nb\nc\nd\ne\nf\ng\nh\ni\n");
        check_no_errors(&st);
        assert_int_equal(stream_end(&st, SIGTERM), 130);
}

/* Tells of the directory being opened and closed, as a look does. */
static int watch_directory(struct scene *s) {
        int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        assert_true(fd >= 0);
        assert_true(inotify_add_watch(fd, s->data, IN_OPEN | IN_CLOSE | IN_MOVED_FROM) >= 0);
        return fd;
}

/* Waits until somebody has looked since a file was moved away. */
static void await_look_without(int fd) {
        char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
        int step = 0;
        while (step < 3) {
                struct pollfd p = { .fd = fd, .events = POLLIN };
                assert_int_equal(poll(&p, 1, 20000), 1);
                ssize_t n = read(fd, buffer, sizeof(buffer));
                for (const char *at = buffer; n > 0 && at < buffer + n;) {
                        static const uint32_t awaited[] = { IN_MOVED_FROM, IN_OPEN, IN_CLOSE };
                        const struct inotify_event *e = (const void *)at;
                        /* The directory's own have no name. */
                        if (step < 3 && (e->mask & awaited[step]) && (step == 0 || e->len == 0))
                                step++;
                        at += sizeof(*e) + e->len;
                }
        }
        close(fd);
}

/* While another program replaces it by hand, or its disk is changed: what comes back has been told. */
static void test_a_history_that_is_away_for_a_moment(void **state) {
        struct scene *s = *state;
        struct stream st;
        AUTO_FREE char *path = path_join(s->data, "events.json"), *aside = path_join(s->data, "aside");
        replace(s, "[" EVENT("a", "01") "," EVENT("b", "02") "]");
        stream_start(&st, s, NAMES);
        stream_await(&st, "b\n", 1);
        int fd = watch_directory(s);
        assert_int_equal(rename(path, aside), 0);
        await_look_without(fd);
        replace(s, "[" EVENT("a", "01") "," EVENT("b", "02") "," EVENT("c", "03") "]");
        stream_await(&st, "c\n", 1);
        check_out(&st, "a\nb\nc\n");
        check_no_errors(&st);
        assert_int_equal(stream_end(&st, SIGTERM), 130);
}

/* The history kept short by the program itself, one event more than it holds at each step. */
static void test_a_full_history(void **state) {
        struct scene *s = *state;
        struct stream st;
        data_put(s, "config.json", "{\"ui\": {\"max_log_entries\": 2}}");
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        stream_start(&st, s, "events --follow --type quarantine --format {{.EventType}}");
        for (size_t i = 1; i <= 4; i++) {
                check_exit(scene_run(s, "quarantine web"), 0);
                stream_await(&st, "quarantine\n", i);
                check_exit(scene_run(s, "unquarantine web"), 0);
        }
        check_exit(scene_run(s, "events clear --yes"), 0);
        check_exit(scene_run(s, "quarantine web"), 0);
        stream_await(&st, "quarantine\n", 5);
        check_out(&st, "quarantine\nquarantine\nquarantine\nquarantine\nquarantine\n");
        assert_int_equal(stream_end(&st, SIGTERM), 130);
}

/* Whoever writes in place leaves it torn for a moment; that is nobody's event and nobody's error. */
static void test_a_writer_in_place(void **state) {
        struct scene *s = *state;
        struct stream st;
        AUTO_FREE char *path = path_join(s->data, "events.json");
        data_put(s, "events.json", "[" EVENT("a", "01") "]");
        stream_start(&st, s, NAMES);
        stream_await(&st, "a\n", 1);
        int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
        const char *first = "[" EVENT("a", "01") ",", *second = EVENT("b", "02") "]";
        assert_int_equal(write(fd, first, strlen(first)), strlen(first));
        assert_int_equal(fsync(fd), 0);
        assert_int_equal(write(fd, second, strlen(second)), strlen(second));
        stream_await(&st, "b\n", 1); /* before it is closed */
        assert_int_equal(close(fd), 0);
        check_out(&st, "a\nb\n");
        check_no_errors(&st);
        assert_int_equal(stream_end(&st, SIGTERM), 130);
}

static void test_a_file_that_stays_broken_is_told_once_and_read_again(void **state) {
        struct scene *s = *state;
        struct stream st;
        replace(s, "[" EVENT("a", "01") "]");
        stream_start(&st, s, NAMES);
        stream_await(&st, "a\n", 1);
        replace(s, "[{\"timestamp\": nonsense");
        stream_await_err(&st, "events.json: line 1, column ", 1);
        replace(s, "[" EVENT("a", "01") "," EVENT("b", "02") "]");
        stream_await(&st, "b\n", 1);
        replace(s, "{}");
        stream_await_err(&st, "events.json: ", 2);
        replace(s, "[" EVENT("b", "02") "," EVENT("c\\u001b[2J", "03") "]");
        stream_await(&st, "c\\x1b[2J\n", 1);
        check_out(&st, "a\nb\nc\\x1b[2J\n");
        AUTO_FREE char *err = stream_err(&st);
        assert_int_equal(count_text(err, "\n"), 2);
        assert_int_equal(stream_end(&st, SIGTERM), 130);
}

static void test_broken_at_first_is_an_error(void **state) {
        struct scene *s = *state;
        data_put(s, "events.json", "nonsense");
        check_exit(scene_run(s, "events --follow"), 78);
        check_contains(s->last.err, "events.json: line 1, column ");
        check_exit(scene_run(s, "events --follow --format {{.Nope}}"), 1);
        check_exit(scene_run(s, "events clear --follow"), 125);
}

static void test_until_ends_it(void **state) {
        struct scene *s = *state;
        char until[TIME_ISO_SIZE];
        replace(s, "[" EVENT("a", "01") "]");
        check_exit(scene_run(s, NAMES " --until 1s"), 0);
        assert_string_equal(s->last.out, "a\n");
        time_format_iso(clock_read().wall_us + 1500 * US_PER_MS, until);
        check_exit(scene_run(s, NAMES " --until %s", until), 0);
        assert_string_equal(s->last.out, "a\n");
        assert_string_equal(s->last.err, "");
        /* Nothing ever came: still a table. */
        replace(s, "[]");
        check_exit(scene_run(s, "events --follow --until 1s"), 0);
        assert_int_equal(strncmp(s->last.out, "TIME ", 5), 0);
}

static void test_until_does_not_end_it_before(void **state) {
        struct scene *s = *state;
        struct stream st;
        replace(s, "[]");
        stream_start(&st, s, NAMES " --until 2999-01-01");
        replace(s, "[" EVENT("a", "01") "]");
        stream_await(&st, "a\n", 1);
        assert_int_equal(stream_end(&st, SIGTERM), 130);
}

static void test_filters_hold_for_what_comes(void **state) {
        struct scene *s = *state;
        struct stream st;
        replace(s, "[" EVENT("a", "01") "," EVENT("b", "02") "," EVENT("a", "03") "," EVENT("a", "04") "]");
        stream_start(&st, s, "events -f -n 2 --container a --format {{.Timestamp}}");
        stream_await(&st, "12:00:04", 1);
        replace(s, "[" EVENT("a", "04") "," EVENT("b", "05") "," EVENT("a", "06") "," EVENT("a", "07") "," EVENT("a", "08") "]");
        stream_await(&st, "12:00:08", 1);
        check_out(&st, "2026-01-31T12:00:03.000000+00:00\n2026-01-31T12:00:04.000000+00:00\n2026-01-31T12:00:06.000000+00:00\n"
                       "2026-01-31T12:00:07.000000+00:00\n2026-01-31T12:00:08.000000+00:00\n");
        assert_int_equal(stream_end(&st, SIGTERM), 130);
}

/* `events --follow | head -n 1` must not go on for ever on a quiet host. */
static void test_it_ends_with_its_reader(void **state) {
        struct scene *s = *state;
        struct stream st = { 0 };
        char byte;
        int fds[2];
        replace(s, "[" EVENT("a", "01") "]");
        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        const char *argv[] = { getenv("AUTOHEAL_BIN"), "events", "--follow", "--format", "{{.Container}}", NULL };
        st.pid = run_background(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, fds[1]);
        close(fds[1]);
        assert_int_equal(read(fds[0], &byte, 1), 1);
        assert_int_equal(byte, 'a');
        close(fds[0]);
        st.out = path_join(s->dir, "none");
        st.err = path_join(s->dir, "none");
        assert_int_equal(stream_end(&st, 0), 1);
}

/* What cannot be written is said once, and ends it. */
static void test_a_full_disk_ends_it(void **state) {
        struct scene *s = *state;
        replace(s, "[" EVENT("a", "01") "]");
        const char *argv[] = { "/bin/sh", "-c", "exec \"$0\" " NAMES " >/dev/full", getenv("AUTOHEAL_BIN"), NULL };
        struct output o;
        run_program(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, &o);
        check_exit(&o, 1);
        assert_string_equal(o.err, "writing to standard output: No space left on device\n");
        output_release(&o);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_what_is_there_and_then_what_comes),
                scene_test(test_it_waits_for_a_directory_that_is_not_there),
                scene_test(test_it_makes_nothing),
                scene_test(test_a_history_that_loses_its_oldest_is_cleared_or_edited),
                scene_test(test_a_history_that_is_away_for_a_moment),
                scene_test(test_a_full_history),
                scene_test(test_a_writer_in_place),
                scene_test(test_a_file_that_stays_broken_is_told_once_and_read_again),
                scene_test(test_broken_at_first_is_an_error),
                scene_test(test_until_ends_it),
                scene_test(test_until_does_not_end_it_before),
                scene_test(test_filters_hold_for_what_comes),
                scene_test(test_it_ends_with_its_reader),
                scene_test(test_a_full_disk_ends_it),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
