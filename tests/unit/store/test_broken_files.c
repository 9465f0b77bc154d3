/* SPDX-License-Identifier: MIT */
/* A file that is not what it should be is refused with its place, and stays as it is. */
#include "autoheal/util/base.h"

#include "store_fixture.h"

static const char *const names[] = { "containers.json",  "quarantine.json", "restart_counts.json",
                                     "maintenance.json", "pass.json",       "events.json" };

/* Not JSON at all, and where that shows. */
static const struct {
        const char *text;
        size_t len; /* 0: strlen */
        const char *place;
} not_json[] = {
        { "", 0, "line 1, column 1" },
        { " \n ", 0, "line 2, column " },
        { "{", 0, "line 1, column " },
        { "[", 0, "line 1, column " },
        { "nul", 0, "line 1, column 4" },
        { "[1,]", 0, "line 1, column 4" },
        { "{\"a\":}", 0, "line 1, column " },
        { "{'a':1}", 0, "line 1, column 2" },
        { "[]\n]", 0, "line 2, column 1" },
        { "[\"\xff\"]", 0, "line 1, column 3" },
        { "{\n  \"a\" 1}", 0, "line 2, column " },
        { "[\"\\x\"]", 0, "line 1, column " },
        { "[\"a\n\"]", 0, "line 1, column " },
        { "[\"open", 0, "line 1, column " },
        { "[01]", 0, "line 1, column " },
        { "[]\0", 3, "line 1, column 3" },
        { "\0\0\0\0", 4, "line 1, column 1" },
        { "\xef\xbb\xbf[]", 0, "line 1, column 1" },
};

/* JSON, but not what belongs there. */
static const struct {
        const char *name, *text, *want;
} wrong[] = {
        { "containers.json", "[]", "line 1, column 1: the whole file must be an object, not an array" },
        { "containers.json", "{\"a\":1}", "line 1, column 6: what is remembered of a container must be an object, not a number" },
        { "containers.json", "{\"a\":{\n\"name\":5}}", "line 2, column 8: 'a.name' must be a string, not 5" },
        { "containers.json", "{\"a\":{\"started_at\":5}}", "column 20: 'a.started_at' must be a time in ISO 8601, not 5" },
        { "containers.json", "{\"a\":{\"ok_since\":\"today\"}}",
          "column 18: 'a.ok_since' must be a time in ISO 8601, not \"today\"" },
        { "containers.json", "{\"a\":{\"gone_since\":\"long\"}}",
          "column 20: 'a.gone_since' must be a time in ISO 8601, not \"long\"" },
        { "containers.json", "{\"a\":{\"restart_count\":-1}}", "'a.restart_count' must be a whole number, 0 or more, not -1" },
        { "containers.json", "{\"a\":{\"restart_count\":1.5}}", "'a.restart_count' must be a whole number, 0 or more, not 1.5" },
        { "containers.json", "{\"a\":{\"lifetime_restarts\":[]}}", "must be a whole number, 0 or more, not an array" },
        { "containers.json", "{\"a\":{\"said\":\"x\"}}", "'a.said' must be an array of strings" },
        { "containers.json", "{\"a\":{\"said\":[\"x\",7]}}", "column 19: 'a.said' must be an array of strings, not 7" },
        { "containers.json", "{\"a\":{\"quarantined_by\":true}}", "'a.quarantined_by' must be a string, not true" },
        { "containers.json", "{\"\\u001b[31m\":{\"name\":5}}", "\\x1b[31m.name" },
        { "quarantine.json", "{}", "line 1, column 1: the list of quarantined containers must be an array, not an object" },
        { "quarantine.json", "null", "must be an array, not null" },
        { "quarantine.json", "[\"a\",\n 5]", "line 2, column 2: a quarantined container must be a string, not a number" },
        { "quarantine.json", "[null]", "a quarantined container must be a string, not null" },
        { "restart_counts.json", "[]", "line 1, column 1: the whole file must be an object" },
        { "restart_counts.json", "{\"a\":\"x\"}", "column 6: 'a' must be an array of times or a total, not a string" },
        { "restart_counts.json", "{\"a\":null}", "'a' must be an array of times or a total, not null" },
        { "restart_counts.json", "{\"a\":[5]}", "column 7: a restart of 'a' must be a time in ISO 8601" },
        { "restart_counts.json", "{\"a\":[\"2025-13-01T00:00:00Z\"]}", "column 7: a restart of 'a' must be a time in ISO 8601" },
        { "restart_counts.json", "{\"a\":-1}", "the total of 'a' must be a whole number, 0 or more" },
        { "restart_counts.json", "{\"a\":1e3}", "the total of 'a' must be a whole number, 0 or more" },
        { "maintenance.json", "true", "line 1, column 1: the whole file must be an object" },
        { "maintenance.json", "{\"enabled\":\"yes\"}", "column 12: 'enabled' must be true or false, not \"yes\"" },
        { "maintenance.json", "{\"enabled\":true,\"start_time\":1}", "'start_time' must be a time in ISO 8601, not 1" },
        { "maintenance.json", "{\"enabled\":true,\"until\":\"later\"}", "'until' must be a time in ISO 8601, not \"later\"" },
        { "maintenance.json", "{\"scopes\":{}}", "'scopes' must be an array, not an object" },
        { "maintenance.json", "{\"scopes\":[1]}", "column 12: a scope must be an object, not a number" },
        { "maintenance.json", "{\"scopes\":[{\"kind\":\"moon\",\"value\":\"x\"}]}", "column 12: the 'kind' of a scope must be" },
        { "maintenance.json", "{\"scopes\":[{\"kind\":\"label\",\"value\":\"\"}]}", "the 'value' of a scope must be a string" },
        { "maintenance.json", "{\"reason\":1}", "'reason' must be a string, not 1" },
        { "containers.json", "{\"a\":{\"intent\":{}}}", "'a.intent' must be a string, not an object" },
        { "containers.json", "{\"a\":{\"engine_stopped\":1}}", "'a.engine_stopped' must be true or false, not 1" },
        { "containers.json", "{\"a\":{\"held_until\":1}}", "'a.held_until' must be a time in ISO 8601, not 1" },
        { "pass.json", "{\"storm_since\":true}", "'storm_since' must be a time in ISO 8601, not true" },
        { "pass.json", "[]", "line 1, column 1: the whole file must be an object" },
        { "pass.json", "{\"engine\":\"x\"}", "column 11: 'engine' must be an object, not a string" },
        { "pass.json", "{\"last_pass\":3}", "'last_pass' must be an object, not a number" },
        { "pass.json", "{\"engine\":{\"id\":3}}", "'engine.id' must be a string, not 3" },
        { "pass.json", "{\"last_pass\":{\"time\":\"x\"}}", "'last_pass.time' must be a time in ISO 8601" },
        { "pass.json", "{\"last_pass\":{\"ok\":\"x\"}}", "'last_pass.ok' must be a whole number" },
        { "events.json", "{}", "line 1, column 1: the whole file must be an array" },
        { "events.json", "[{},\n3]", "line 2, column 1: an event must be an object, not a number" },
};

static int use_events(struct store *s, int way, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct stored_event *events;
        size_t n;

        if (way == 0)
                return store_read_events(s, &a, &events, &n, err);
        if (way == 1)
                return store_append_events(s, &(struct event){ .at_us = NOW_US, .duration_ms = -1 }, 1, 10, err);
        return store_clear_events(s, &n, err);
}

static int use_state(struct store *s, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct state st;

        if (store_load(s, &st, &a, err) < 0)
                return -1;
        state_release(&st);
        return 0;
}

static void assert_refused(struct fixture *f, const char *name, const char *text, size_t len, const char *want) {
        struct store *s = open_store(f, STORE_WRITE);
        bool events = str_eq(name, "events.json");
        struct stat before, after;
        char path[256];

        put_bytes(f, name, text, len);
        before = look(f, name);
        file_path(f, name, path);
        assert_ok(store_lock_state(s, &why));
        for (int way = 0; way < (events ? 3 : 1); way++) {
                struct error err = ERROR_INIT;

                assert_int_equal(events ? use_events(s, way, &err) : use_state(s, &err), -1);
                assert_int_equal(err.code, ERR_CONFIG);
                if (strncmp(err.msg, path, strlen(path)) != 0 || !strstr(err.msg, want))
                        fail_msg("'%s' in %s: '%s' lacks '%s'", text, name, err.msg, want);
                if (!events)
                        assert_string_equal(store_broken_file(s), name);
        }
        after = look(f, name);
        assert_true(same_file(&before, &after));
        assert_int_equal(remove(path), 0);
        store_close(s);
}

static void not_json_at_all(void **state) {
        struct fixture *f = *state;

        for (size_t i = 0; i < N_ELEMENTS(names); i++)
                for (size_t k = 0; k < N_ELEMENTS(not_json); k++) {
                        size_t len = not_json[k].len ? not_json[k].len : strlen(not_json[k].text);

                        if (len > 0 || !str_eq(names[i], "pass.json"))
                                assert_refused(f, names[i], not_json[k].text, len, not_json[k].place);
                }
}

/* It is replaced without waiting for the disk, so a power loss may leave it empty; what it held is made anew by a pass. */
static void an_empty_pass_json_is_a_missing_one(void **state) {
        struct fixture *f = *state;
        struct change c;

        put(f, "pass.json", "");
        change_begin(&c, f);
        assert_string_equal(c.prev.engine_endpoint, "");
        assert_int_equal(c.prev.last_pass_us, 0);
        c.next.engine_endpoint = "unix:///var/run/docker.sock";
        c.next.last_pass_us = NOW_US;
        change_save(&c);
        change_begin(&c, f);
        assert_string_equal(c.prev.engine_endpoint, "unix:///var/run/docker.sock");
        assert_int_equal(c.prev.last_pass_us, NOW_US);
        change_end(&c);
}

static void of_a_wrong_type(void **state) {
        for (size_t i = 0; i < N_ELEMENTS(wrong); i++)
                assert_refused(*state, wrong[i].name, wrong[i].text, strlen(wrong[i].text), wrong[i].want);
}

static void too_deep(void **state) {
        char text[401];

        memset(text, '[', 200);
        memset(text + 200, ']', 200);
        text[400] = '\0';
        assert_refused(*state, "quarantine.json", text, 400, "line 1, column ");
}

static void too_large(void **state) {
        struct fixture *f = *state;
        size_t len = 16 * 1024 * 1024 + 1;
        char *text AUTO_FREE = xcalloc(1, len + 1);

        memset(text, ' ', len);
        assert_refused(f, "quarantine.json", text, len, "larger than the 16 MiB");
}

/* A file of another kind could block us for ever. */
static void not_a_file(void **state) {
        struct fixture *f = *state;
        struct store *s = open_store(f, STORE_READ);
        struct error err = ERROR_INIT;
        char path[256];

        file_path(f, "quarantine.json", path);
        assert_int_equal(mkfifo(path, 0600), 0);
        assert_int_equal(use_state(s, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err.msg, "quarantine.json"));
        store_close(s);
}

static void writable_by_others(void **state) {
        struct fixture *f = *state;
        struct store *s = open_store(f, STORE_READ);
        struct error err = ERROR_INIT;
        char path[256];

        put(f, "quarantine.json", "[]");
        file_path(f, "quarantine.json", path);
        assert_int_equal(chmod(path, 0666), 0);
        assert_int_equal(use_state(s, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err.msg, "chmod"));
        store_close(s);
}

/* A missing quarantine.json releases everybody: the link is what tells that it is only out of reach. */
static void a_link_that_leads_nowhere(void **state) {
        static const char *const links[] = { "config.json",      "containers.json", "quarantine.json", "restart_counts.json",
                                             "maintenance.json", "pass.json",       "events.json" };
        struct fixture *f = *state;
        char path[256], want[256];

        for (size_t i = 0; i < N_ELEMENTS(links); i++) {
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct store *s = open_store(f, STORE_WRITE);
                struct error err = ERROR_INIT;
                const char *text;
                size_t len;

                file_path(f, links[i], path);
                assert_int_equal(symlink("/nowhere/at-all", path), 0);
                assert_ok(store_lock_state(s, &why));
                if (i == 0)
                        assert_int_equal(store_read_config(s, &a, &text, &len, &err), -1);
                else if (i == N_ELEMENTS(links) - 1)
                        assert_int_equal(use_events(s, 1, &err), -1);
                else
                        assert_int_equal(use_state(s, &err), -1);
                assert_int_equal(err.code, ERR_CONFIG);
                (void)snprintf(want, sizeof(want), "'%s' is a symbolic link to '/nowhere/at-all', which is not there", links[i]);
                if (!strstr(err.msg, want))
                        fail_msg("'%s' lacks '%s'", err.msg, want);
                store_close(s);
                assert_int_equal(unlink(path), 0);
        }
}

/* One broken file stops the pass before any other is written. */
static void nothing_is_loaded_half(void **state) {
        struct fixture *f = *state;
        struct store *s = open_store(f, STORE_READ);
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct error err = ERROR_INIT;
        struct state st = { .n = 77 };

        put(f, "containers.json", "{\"a\":{\"name\":\"a-1\"}}");
        put(f, "pass.json", "{");
        assert_int_equal(store_load(s, &st, &a, &err), -1);
        assert_int_equal(st.n, 77);
        store_close(s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                fixture_test(not_json_at_all),
                fixture_test(an_empty_pass_json_is_a_missing_one),
                fixture_test(of_a_wrong_type),
                fixture_test(too_deep),
                fixture_test(too_large),
                fixture_test(not_a_file),
                fixture_test(writable_by_others),
                fixture_test(nothing_is_loaded_half),
                fixture_test(a_link_that_leads_nowhere),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
