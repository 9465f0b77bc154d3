/* SPDX-License-Identifier: MIT */
/* The journal of events as plain data: its order, its end, and what is no event. */
#include "autoheal/engine/decode.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

#define ID16       "0123456789abcdef"
#define ID_A       ID16 ID16 ID16 ID16
#define ID_B       "b" ID16 ID16 ID16 "123456789abcdef"
#define SECONDS(s) ((s)*US_PER_S)

static struct arena arena = ARENA_INIT(64 * 1024);

static int release_arena(void **state) {
        (void)state;
        arena_release(&arena);
        return 0;
}

/* A copy of exactly that length, so that a sanitizer sees every byte read behind the end. */
static char *exact(const char *text, size_t len) {
        char *copy = xmalloc(len);

        memcpy(copy, text, len);
        return copy;
}

static int events_n(const char *text, size_t len, struct engine_events *ret, struct error *err) {
        char *copy AUTO_FREE = exact(text, len);

        return decode_events(copy, len, &arena, ret, err);
}

static struct engine_events events(const char *text) {
        struct engine_events ret;
        struct error err = ERROR_INIT;

        if (events_n(text, strlen(text), &ret, &err) < 0)
                fail_msg("%s", err.msg);
        return ret;
}

/* As engine 20.10 tells them, with the old members. */
static void events_of_20_10(void **state) {
        const struct engine_events e = events(
                "{\"status\":\"kill\",\"id\":\"" ID_A
                "\",\"from\":\"bb\",\"Type\":\"container\",\"Action\":\"kill\",\"Actor\":{\"ID\":\"" ID_A
                "\",\"Attributes\":{\"image\":\"bb\",\"name\":\"web\",\"signal\":\"15\"}},\"scope\":\"local\",\"time\":1761919071,"
                "\"timeNano\":1761919071076821987}\n"
                "{\"status\":\"die\",\"id\":\"" ID_A "\",\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"" ID_A
                "\",\"Attributes\":{\"exitCode\":\"137\",\"name\":\"web\"}},\"time\":1761919072,\"timeNano\":1761919072000000000}\n"
                "{\"Type\":\"network\",\"Action\":\"disconnect\",\"Actor\":{\"ID\":\"" ID_B
                "\",\"Attributes\":{}},\"time\":1761919073}\n"
                "{\"Type\":\"container\",\"Action\":\"health_status: unhealthy\",\"Actor\":{\"ID\":\"" ID_B
                "\"},\"time\":1761919074}\n");

        (void)state;
        assert_int_equal(e.n, 3);
        assert_false(e.truncated);
        assert_string_equal(e.events[0].action, "kill");
        assert_string_equal(e.events[0].id, ID_A);
        assert_string_equal(e.events[0].name, "web");
        assert_int_equal(e.events[0].signal, SIGTERM);
        assert_int_equal(e.events[0].exit_code, -1);
        assert_int_equal(e.events[0].at_us, INT64_C(1761919071076821));
        assert_string_equal(e.events[1].action, "die");
        assert_int_equal(e.events[1].exit_code, 137);
        assert_int_equal(e.events[1].signal, 0);
        assert_string_equal(e.events[2].action, "health_status: unhealthy");
        assert_string_equal(e.events[2].id, ID_B);
        assert_string_equal(e.events[2].name, "");
        assert_int_equal(e.events[2].at_us, SECONDS(INT64_C(1761919074)));
}

static void events_of_old_and_new_members(void **state) {
        const struct engine_events e =
                events("{\"status\":\"start\",\"id\":\"" ID_A "\",\"time\":1}"
                       "{\"status\":\"old\",\"id\":\"" ID_A "\",\"Action\":\"new\",\"Actor\":{\"ID\":\"" ID_B "\"},\"time\":2}");

        (void)state;
        assert_int_equal(e.n, 2);
        assert_string_equal(e.events[0].action, "start");
        assert_string_equal(e.events[0].id, ID_A);
        assert_string_equal(e.events[1].action, "new");
        assert_string_equal(e.events[1].id, ID_B);
}

/* Braces and quotes in strings end nothing; a torn last one is dropped. */
static void events_one_after_another(void **state) {
        static const char one[] = "{\"Action\":\"exec_create: sh -c \\\"}{\\\\\",\"Actor\":{\"ID\":\"" ID_A "\"},\"time\":1}";
        struct buf text AUTO(buf_release) = BUF_INIT(4096);
        struct engine_events e;
        struct error err = ERROR_INIT;

        (void)state;
        buf_addf(&text, " \r\n%s%s\t%s", one, one, one);
        e = events(buf_str(&text));
        assert_int_equal(e.n, 3);
        assert_string_equal(e.events[2].action, "exec_create: sh -c \"}{\\");
        for (size_t cut = 1; cut < strlen(one); cut++) {
                assert_int_equal(events_n(text.data, text.len - cut, &e, &err), 0);
                assert_int_equal(e.n, 2);
        }
        assert_int_equal(events("").n, 0);
        assert_int_equal(events("\n\n").n, 0);
}

static void events_in_order_of_time(void **state) {
        const struct engine_events e =
                events("{\"Action\":\"c\",\"id\":\"" ID_A "\",\"time\":3}{\"Action\":\"a\",\"id\":\"" ID_A
                       "\",\"time\":1}{\"Action\":\"d\",\"id\":\"" ID_A "\",\"time\":3}{\"Action\":\"b\",\"id\":\"" ID_A
                       "\",\"time\":2}{\"Action\":\"e\",\"id\":\"" ID_A "\",\"time\":3}");

        (void)state;
        assert_int_equal(e.n, 5);
        for (size_t i = 0; i < e.n; i++)
                assert_int_equal(e.events[i].action[0], (char)('a' + (int)i));
}

static void events_that_tell_nothing(void **state) {
        const struct engine_events e = events(
                "{}{\"Type\":\"container\"}{\"Type\":null,\"Action\":\"die\",\"id\":\"" ID_A "\",\"time\":1}"
                "{\"Action\":\"die\",\"Actor\":{\"ID\":\"short\"},\"time\":1}{\"Action\":\"die\",\"Actor\":{\"ID\":\"" ID_A "\"}}"
                "{\"Action\":\"\",\"Actor\":{\"ID\":\"" ID_A "\"},\"time\":1}{\"Action\":5,\"Actor\":{\"ID\":\"" ID_A
                "\"},\"time\":1}"
                "{\"Action\":\"die\",\"Actor\":{\"ID\":\"" ID_A "\"},\"time\":-1}"
                "{\"Action\":\"die\",\"Actor\":{\"ID\":\"" ID_A
                "\",\"Attributes\":{\"exitCode\":137,\"signal\":15,\"name\":null}},\"time\":1}"
                "{\"Action\":\"die\",\"Actor\":{\"ID\":\"" ID_A
                "\",\"Attributes\":{\"exitCode\":\"-5\",\"signal\":\"?\"}},\"time\":1}");

        (void)state;
        assert_int_equal(e.n, 2);
        for (size_t i = 0; i < e.n; i++) {
                assert_int_equal(e.events[i].exit_code, -1);
                assert_int_equal(e.events[i].signal, 0);
                assert_string_equal(e.events[i].name, "");
        }
}

static void events_refused(void **state) {
        static const char *const texts[] = { "[]", "x", "{}x", "{} {a}", "{\"a\":1,}", "null", "}", "{\"Action\":\"\x01\"}" };
        struct engine_events e = { .n = 77 };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
                struct error err = ERROR_INIT;

                if (events_n(texts[i], strlen(texts[i]), &e, &err) == 0)
                        fail_msg("accepted: %s", texts[i]);
                assert_int_equal(err.code, ERR_PROTOCOL);
                assert_int_equal(e.n, 77);
        }
}

static void events_up_to_a_limit(void **state) {
        struct buf text AUTO(buf_release) = BUF_INIT(16 * 1024 * 1024);
        struct engine_events e;

        (void)state;
        for (int i = 1; i <= 10000; i++)
                buf_addf(&text, "{\"Action\":\"die\",\"id\":\"" ID_A "\",\"time\":%d}\n", i);
        e = events(buf_str(&text));
        assert_int_equal(e.n, 10000);
        assert_false(e.truncated);
        buf_add_str(&text, "{\"Action\":\"die\",\"id\":\"" ID_A "\",\"time\":10001}");
        e = events(buf_str(&text));
        assert_int_equal(e.n, 10000);
        assert_true(e.truncated);
        assert_int_equal(e.events[9999].at_us, SECONDS(INT64_C(10000)));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(events_of_20_10, release_arena),
                cmocka_unit_test_teardown(events_of_old_and_new_members, release_arena),
                cmocka_unit_test_teardown(events_one_after_another, release_arena),
                cmocka_unit_test_teardown(events_in_order_of_time, release_arena),
                cmocka_unit_test_teardown(events_that_tell_nothing, release_arena),
                cmocka_unit_test_teardown(events_refused, release_arena),
                cmocka_unit_test_teardown(events_up_to_a_limit, release_arena),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
