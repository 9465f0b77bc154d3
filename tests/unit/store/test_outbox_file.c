/* SPDX-License-Identifier: MIT */
/* outbox.json: what is written is read again, what others put in stays, what is broken is kept aside. */
#include "autoheal/store/outbox.h"

#include "store_fixture.h"

static struct store *open_locked(struct fixture *f) {
        struct store *s = NULL;
        struct error err = ERROR_INIT;

        assert_int_equal(store_open(&s, f->dir, STORE_WRITE, &err), 0);
        assert_int_equal(store_lock_state(s, &err), 0);
        return s;
}

static void what_is_written_is_read_again(void **state) {
        struct fixture *f = *state;
        struct store *s = open_locked(f);
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct error err = ERROR_INIT;
        struct outbox o, back;
        struct message m = { .id = "a",
                             .service = "ops \"x\"",
                             .queued_us = NOW_US,
                             .due_us = NOW_US + 1,
                             .attempts = 2,
                             .at_us = NOW_US,
                             .host = "h",
                             .event = "restart",
                             .status = "failure",
                             .container_id = "c",
                             .container_name = "web",
                             .stable_id = "web",
                             .text = "t\x1b",
                             .reason = "exited",
                             .health_output = "o",
                             .restart_count = 2,
                             .max_restarts = 3,
                             .has_exit_code = true,
                             .exit_code = -1,
                             .oom_killed = true,
                             .more = 4,
                             .more_failed = 1,
                             .more_since_us = NOW_US - 5 };

        assert_false(store_has_outbox(s));
        assert_int_equal(store_read_outbox(s, &a, &o, &err), 0);
        assert_int_equal(o.n, 0);
        outbox_adopt(&o, &m);
        outbox_note_told(&o, &(struct said){ "ops", "web", "restart", NOW_US });
        o.dropped = 7;
        o.taken = "w";
        assert_int_equal(store_write_outbox(s, &o, &err), 0);
        assert_true(store_has_outbox(s));
        assert_false(store_outbox_changed(s));
        assert_int_equal(store_read_outbox(s, &a, &back, &err), 0);
        assert_int_equal(back.n, 1);
        const struct message *b = &back.messages[0];
        assert_string_equal(b->service, m.service);
        assert_string_equal(b->text, m.text);
        assert_string_equal(b->health_output, "o");
        assert_int_equal(b->queued_us, m.queued_us);
        assert_int_equal(b->due_us, m.due_us);
        assert_int_equal(b->attempts, 2);
        assert_true(b->has_exit_code);
        assert_int_equal(b->exit_code, -1);
        assert_true(b->oom_killed);
        assert_int_equal(b->more, 4);
        assert_int_equal(b->more_failed, 1);
        assert_int_equal(b->more_since_us, m.more_since_us);
        assert_int_equal(back.n_told, 1);
        assert_int_equal(back.dropped, 7);
        assert_string_equal(back.taken, "w");
        store_close(s);
}

static void keys_of_others_stay(void **state) {
        struct fixture *f = *state;
        struct store *s;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct error err = ERROR_INIT;
        struct outbox o;

        put(f, "outbox.json",
            "{\"mine\":[1],\"messages\":[{\"id\":\"a\",\"x\":2,\"service\":\"s\",\"event_type\":\"restart\"},{\"id\":\"b\","
            "\"service\":\"s\","
            "\"event_type\":\"later_version\"}]}");
        s = open_locked(f);
        assert_true(store_outbox_changed(s));
        assert_int_equal(store_read_outbox(s, &a, &o, &err), 0);
        assert_int_equal(o.n, 2);
        outbox_remove(&o, "b");
        assert_int_equal(store_write_outbox(s, &o, &err), 0);
        const char *text = get(f, "outbox.json");
        assert_non_null(strstr(text, "\"mine\":[1]"));
        assert_non_null(strstr(text, "\"x\":2"));
        assert_null(strstr(text, "later_version"));
        store_close(s);
}

static void what_is_broken_is_told_and_kept_aside(void **state) {
        static const char *const broken[] = {
                "",
                "[]",
                "{\"messages\":{}}",
                "{\"messages\":[7]}",
                "{\"messages\":[{\"id\":\"a\",\"service\":\"s\"}]}",
                "{\"messages\":[{\"id\":\"a\",\"service\":\"s\",\"event_type\":5}]}",
                "{\"messages\":[{\"id\":\"a\",\"service\":\"s\",\"event_type\":\"e\",\"queued\":\"soon\"}]}",
                "{\"told\":[[]]}",
                "{\"dropped\":-1}"
        };
        struct fixture *f = *state;

        for (size_t i = 0; i < N_ELEMENTS(broken); i++) {
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct now now = { .wall_us = NOW_US };
                struct error err = ERROR_INIT;
                const char *name = NULL;
                struct outbox o;
                struct store *s;

                put(f, "outbox.json", broken[i]);
                s = open_locked(f);
                assert_int_equal(store_read_outbox(s, &a, &o, &err), -1);
                assert_int_equal(err.code, ERR_CONFIG);
                assert_int_equal(store_set_outbox_aside(s, now, &a, &name, &err), 0);
                assert_non_null(strstr(name, "outbox.json.corrupt-20251031T134000Z"));
                assert_false(store_has_outbox(s));
                assert_string_equal(get(f, name), broken[i]);
                store_close(s);
        }
}

static void the_lock_is_tried_and_not_waited_for(void **state) {
        struct fixture *f = *state;
        struct store *holder = open_locked(f), *other = NULL;
        struct error err = ERROR_INIT;

        assert_int_equal(store_open(&other, f->dir, STORE_WRITE, &err), 0);
        assert_false(store_try_lock_state(other));
        store_unlock_state(holder);
        assert_true(store_try_lock_state(other));
        store_close(other);
        store_close(holder);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                fixture_test(what_is_written_is_read_again),
                fixture_test(keys_of_others_stay),
                fixture_test(what_is_broken_is_told_and_kept_aside),
                fixture_test(the_lock_is_tried_and_not_waited_for),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
