/* SPDX-License-Identifier: MIT */
/* events.json: its shape, its limits, and reading what any version has written. */
#include "autoheal/util/base.h"

#include "store_fixture.h"

#include "autoheal/json/reader.h"

#define OLD_EVENT                                                                                                                  \
        "{\"timestamp\": \"2025-10-31T13:57:51.076821Z\",\n \"container_id\": \"736c\", \"container_name\": \"slow (slow)\", "     \
        "\"event_type\": \"restart\", \"restart_count\": 1, \"status\": \"success\", \"message\": \"Restart \\u00e9\", \"x\": "    \
        "1.50}"

static void append(const struct fixture *f, const struct event *events, size_t n, int64_t max) {
        struct store *s = open_store(f, STORE_WRITE);

        assert_ok(store_lock_state(s, &why));
        assert_ok(store_append_events(s, events, n, max, &why));
        store_close(s);
}

static struct event numbered(int64_t i) {
        return (struct event){ .at_us = NOW_US + i, .type = EVENT_RESTART, .restart_count = i, .duration_ms = -1 };
}

static struct stored_event *read_all(const struct fixture *f, struct arena *a, size_t *ret_n) {
        struct store *s = open_store(f, STORE_READ);
        struct stored_event *events = NULL;

        assert_ok(store_read_events(s, a, &events, ret_n, &why));
        store_close(s);
        return events;
}

/* Whoever waits for events must not take a file that is away for one that was emptied. */
static void no_file_is_not_an_empty_one(void **state) {
        struct fixture *f = *state;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        size_t n = 7;

        assert_null(read_all(f, &a, &n));
        assert_int_equal(n, 0);
        put(f, "events.json", "[]");
        n = 7;
        assert_non_null(read_all(f, &a, &n));
        assert_int_equal(n, 0);
}

static void shape(void **state) {
        struct fixture *f = *state;
        const struct event events[] = {
                {
                        .at_us = NOW_US + 1,
                        .type = EVENT_RESTART,
                        .container_id = "0123",
                        .container_name = "shop-web-1",
                        .stable_id = "shop_web",
                        .restart_count = 2,
                        .status = "success",
                        .message = "restarted: \"unhealthy\"",
                        .reason = "unhealthy",
                        .has_exit_code = true,
                        .exit_code = 137,
                        .oom_killed = true,
                        .health_output = "curl: (7)\n",
                        .duration_ms = 0,
                },
                { .at_us = NOW_US, .type = EVENT_CONFIG, .status = "success", .message = "m", .duration_ms = -1 },
                { .at_us = NOW_US, .type = EVENT_UNQUARANTINE, .stable_id = "gone", .duration_ms = -1 },
        };

        append(f, events, N_ELEMENTS(events), 1000);
        assert_string_equal(
                get(f, "events.json"),
                "[\n{\"timestamp\":\"2025-10-31T13:40:00.000001+00:00\",\"container_id\":\"0123\",\"container_name\":\"shop-web-1 "
                "(shop_web)\",\"event_type\":\"restart\",\"restart_count\":2,\"status\":\"success\",\"message\":\"restarted: "
                "\\\"unhealthy\\\"\",\"stable_id\":\"shop_web\",\"reason\":\"unhealthy\",\"exit_code\":137,\"oom_killed\":true,"
                "\"health_output\":\"curl: (7)\\n\",\"duration_ms\":0},\n"
                "{\"timestamp\":\"2025-10-31T13:40:00.000000+00:00\",\"container_id\":\"\",\"container_name\":\"\",\"event_type\":"
                "\"config\",\"restart_count\":0,\"status\":\"success\",\"message\":\"m\"},\n"
                "{\"timestamp\":\"2025-10-31T13:40:00.000000+00:00\",\"container_id\":\"\",\"container_name\":\"gone (gone)\","
                "\"event_type\":\"unquarantine\",\"restart_count\":0,\"status\":\"\",\"message\":\"\",\"stable_id\":\"gone\"}\n]"
                "\n");
        assert_int_equal(look(f, "events.json").st_mode & 07777, 0600);
}

static void nothing_new_writes_nothing(void **state) {
        struct fixture *f = *state;

        append(f, NULL, 0, 10);
        assert_null(get(f, "events.json"));
        put(f, "events.json", "broken");
        append(f, NULL, 0, 10);
        assert_string_equal(get(f, "events.json"), "broken");
}

static void what_is_there_is_kept(void **state) {
        struct fixture *f = *state;
        struct event e = numbered(5);

        put(f, "events.json", "[" OLD_EVENT ", {\"timestamp\":\"not a time\"}\n]");
        append(f, &e, 1, 1000);
        assert_non_null(
                strstr(get(f, "events.json"), "[\n" OLD_EVENT ",\n{\"timestamp\":\"not a time\"},\n{\"timestamp\":\"2025-"));
}

static void the_oldest_go_first(void **state) {
        struct fixture *f = *state;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct event events[5];
        struct stored_event *got;
        size_t n;

        for (int64_t i = 0; i < 5; i++)
                events[i] = numbered(i);
        append(f, events, 5, 4);
        got = read_all(f, &a, &n);
        assert_int_equal(n, 4);
        assert_int_equal(got[0].restart_count, 1);
        assert_int_equal(got[3].restart_count, 4);
        append(f, events, 1, 2);
        got = read_all(f, &a, &n);
        assert_int_equal(n, 2);
        assert_int_equal(got[0].restart_count, 4);
        assert_int_equal(got[1].restart_count, 0);
}

static void at_most_16_mib(void **state) {
        struct fixture *f = *state;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct buf text AUTO(buf_release) = BUF_INIT(32 * 1024 * 1024);
        char *big AUTO_FREE = xcalloc(1, 1024 * 1024 + 1);
        struct event e = numbered(99);
        struct stored_event *got;
        size_t n;

        memset(big, 'x', 1024 * 1024);
        for (int i = 0; i < 20; i++)
                buf_addf(&text, "%s{\"restart_count\":%d,\"message\":\"%s\"}", i ? "," : "[", i, big);
        buf_add_str(&text, "]");
        put_bytes(f, "events.json", text.data, text.len);
        append(f, &e, 1, 1000);
        assert_true(look(f, "events.json").st_size <= 16 * 1024 * 1024);
        got = read_all(f, &a, &n);
        assert_int_equal(n, 16);
        assert_int_equal(got[0].restart_count, 5);
        assert_int_equal(got[15].restart_count, 99);
}

static void health_output_is_cut_between_characters(void **state) {
        struct fixture *f = *state;
        struct event events[3] = { numbered(0), numbered(1), numbered(2) };
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        static const size_t want[] = { 1024, 1023, 1021 };
        struct stored_event *got;
        char text[3][2001];
        size_t n;

        for (size_t i = 0; i < 3; i++) {
                memset(text[i], 'x', 2000);
                text[i][2000] = '\0';
                events[i].health_output = text[i];
        }
        memcpy(text[1] + 1023, "\xc3\xa9", 2);
        memcpy(text[2] + 1021, "\xf0\x9f\x98\x80", 4);
        append(f, events, 3, 10);
        got = read_all(f, &a, &n);
        assert_int_equal(n, 3);
        for (size_t i = 0; i < 3; i++) {
                struct json_doc *doc AUTO_JSON = NULL;

                assert_ok(json_parse(got[i].raw.p, got[i].raw.n, 1000, &doc, &why));
                assert_int_equal(strlen(json_string(json_get(json_root(doc), "health_output"), &a)), want[i]);
        }
}

static void hostile_text(void **state) {
        struct fixture *f = *state;
        struct event e = numbered(0);
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct stored_event *got;
        size_t n;

        e.message = "\x1b[31m\xff\"],[";
        e.container_name = "a\nb";
        e.stable_id = "x) (y";
        append(f, &e, 1, 10);
        for (const char *c = get(f, "events.json"); *c; c++)
                assert_true(*c == '\n' || (unsigned char)*c >= 0x20);
        got = read_all(f, &a, &n);
        assert_int_equal(n, 1);
        assert_string_equal(got[0].message, "\x1b[31m\xef\xbf\xbd\"],[");
        assert_string_equal(got[0].stable_id, "x) (y");
}

static void any_version_is_read(void **state) {
        struct fixture *f = *state;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct stored_event *got;
        size_t n;

        put(f, "events.json",
            "[" OLD_EVENT ",\n"
            "{\"timestamp\":\"2025-10-31T15:57:51.076821+02:00\",\"container_name\":\"web-1 (shop (x))\",\"event_type\":\"storm\"},"
            "{\"timestamp\":\"2025-10-31T13:57:51.076821\",\"container_name\":\"web\",\"stable_id\":\"s\",\"reason\":\"exited\"},"
            "{\"timestamp\":\"yesterday\",\"container_name\":5,\"restart_count\":\"x\"},{\"container_name\":\" ()\"}]");
        got = read_all(f, &a, &n);
        assert_int_equal(n, 5);
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(got[i].at_us, INT64_C(1761919071076821));
        assert_string_equal(got[0].container_name, "slow (slow)");
        assert_string_equal(got[0].stable_id, "slow");
        assert_string_equal(got[0].container_id, "736c");
        assert_string_equal(got[0].message, "Restart \xc3\xa9");
        assert_string_equal(got[0].status, "success");
        assert_string_equal(got[0].reason, "");
        assert_int_equal(got[0].restart_count, 1);
        assert_int_equal(got[0].raw.n, strlen(OLD_EVENT));
        assert_memory_equal(got[0].raw.p, OLD_EVENT, strlen(OLD_EVENT));
        assert_string_equal(got[1].stable_id, "shop (x)");
        assert_string_equal(got[1].type, "storm");
        assert_string_equal(got[2].stable_id, "s");
        assert_string_equal(got[2].reason, "exited");
        assert_int_equal(got[3].at_us, 0);
        assert_string_equal(got[3].container_name, "");
        assert_int_equal(got[3].restart_count, 0);
        assert_string_equal(got[4].stable_id, "");
}

static void clearing(void **state) {
        struct fixture *f = *state;
        struct store *s = open_store(f, STORE_WRITE);
        size_t n = 99;

        assert_ok(store_lock_state(s, &why));
        assert_ok(store_clear_events(s, &n, &why));
        assert_int_equal(n, 0);
        assert_null(get(f, "events.json"));
        put(f, "events.json", "[{},{}]");
        assert_ok(store_clear_events(s, &n, &why));
        assert_int_equal(n, 2);
        assert_string_equal(get(f, "events.json"), "[]\n");
        store_close(s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                fixture_test(no_file_is_not_an_empty_one),
                fixture_test(shape),
                fixture_test(nothing_new_writes_nothing),
                fixture_test(what_is_there_is_kept),
                fixture_test(the_oldest_go_first),
                fixture_test(at_most_16_mib),
                fixture_test(health_output_is_cut_between_characters),
                fixture_test(hostile_text),
                fixture_test(any_version_is_read),
                fixture_test(clearing),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
