/* SPDX-License-Identifier: MIT */
/* The small answers of the engine: information and errors. */
#include "autoheal/engine/decode.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena arena = ARENA_INIT(64 * 1024);

static int release_arena(void **state) {
        (void)state;
        arena_release(&arena);
        return 0;
}

static void information(void **state) {
        static const char text[] = "{\"ID\":\"7TRN:IPZB\",\"Containers\":14,\"ServerVersion\":\"20.10.24\",\"Labels\":[]}";
        struct engine_info info = { .id = "untouched" };
        struct error err = ERROR_INIT;

        (void)state;
        assert_int_equal(decode_info(text, strlen(text), &arena, &info, &err), 0);
        assert_string_equal(info.id, "7TRN:IPZB");
        assert_string_equal(info.server_version, "20.10.24");
        assert_int_equal(info.engine_now_us, 0);
        assert_int_equal(decode_info("{\"ID\":null}", 11, &arena, &info, &err), 0);
        assert_string_equal(info.id, "");
        assert_string_equal(info.server_version, "");
        info.id = "untouched";
        assert_int_equal(decode_info("[1]", 3, &arena, &info, &err), -1);
        assert_int_equal(err.code, ERR_PROTOCOL);
        assert_string_equal(err.msg, "reading information from the engine: expected an object, got an array");
        assert_string_equal(info.id, "untouched");
}

static void error_messages(void **state) {
        static const struct {
                const char *body, *message;
        } rows[] = {
                { "{\"message\":\"No such container: x\"}\n", "No such container: x" },
                { "{\"message\":\"\"}", "" },
                { "{\"cause\":\"c\",\"message\":\"m\",\"response\":404}", "m" },
                { "{\"Message\":\"m\"}", NULL },
                { "{\"message\":null}", NULL },
                { "{\"message\":5}", NULL },
                { "[\"message\"]", NULL },
                { "\"message\"", NULL },
                { "page not found\n", NULL },
                { "{\"message\":\"m\"", NULL },
                { "", NULL },
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                const char *message = decode_error_message(rows[i].body, strlen(rows[i].body), &arena);

                if (rows[i].message ? !str_eq(message, rows[i].message) : message != NULL)
                        fail_msg("%s: %s", rows[i].body, message ? message : "no message");
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(information, release_arena),
                cmocka_unit_test_teardown(error_messages, release_arena),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
