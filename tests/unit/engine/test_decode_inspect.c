/* SPDX-License-Identifier: MIT */
/* One container in full as plain data: shapes of engines 20.10 to 28 and of Podman, and hostile ones. */
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

static struct container fresh(void) {
        return (struct container){
                .id = ID_A,
                .name = "listed",
                .image = "listed:1",
                .image_id = "sha256:listed",
                .network_mode = "listednet",
                .state = CONTAINER_RUNNING,
                .health = HEALTH_UNKNOWN,
                .status = "Up 5 minutes",
                .up_s = 300,
                .state_error = "",
                .probe_output = "",
        };
}

static int inspect(const char *text, struct container *c, struct error *err) {
        char *copy AUTO_FREE = exact(text, strlen(text));

        return decode_inspect(copy, strlen(text), &arena, c, err);
}

static struct container inspected(const char *members) {
        struct container c = fresh();
        struct error err = ERROR_INIT;

        if (inspect(arena_printf(&arena, "{\"Id\":\"" ID_A "\"%s%s}", *members ? "," : "", members), &c, &err) < 0)
                fail_msg("%s", err.msg);
        assert_true(c.inspected);
        return c;
}

/* Appends item n times between open and shut. */
static void repeat(struct buf *b, const char *open, const char *item, size_t n, const char *shut) {
        buf_add_str(b, open);
        for (size_t i = 0; i < n; i++) {
                if (i)
                        buf_add_char(b, ',');
                buf_add_str(b, item);
        }
        buf_add_str(b, shut);
}

/* As engine 28 answers. */
static void inspect_of_28(void **state) {
        const struct container c = inspected(
                "\"Created\":\"2025-10-31T13:00:00.5Z\",\"Path\":\"sleep\",\"Args\":[\"1000\"],\"State\":{\"Status\":\"running\","
                "\"Running\":true,\"Paused\":false,\"Restarting\":false,\"OOMKilled\":true,\"Dead\":false,\"Pid\":77,\"ExitCode\":"
                "0,"
                "\"Error\":\"\",\"StartedAt\":\"2025-10-31T13:57:51.076821987Z\",\"FinishedAt\":\"0001-01-01T00:00:00Z\","
                "\"Health\":{\"Status\":\"unhealthy\",\"FailingStreak\":3,\"Log\":[{\"Start\":\"2025-10-31T13:58:00Z\","
                "\"End\":\"2025-10-31T13:58:01Z\",\"ExitCode\":0,\"Output\":\"fine\"},{\"Start\":\"2025-10-31T14:58:30+01:00\","
                "\"End\":\"2025-10-31T14:58:31.25+01:00\",\"ExitCode\":7,\"Output\":\"connection refused\\n\"}]}},"
                "\"Image\":\"sha256:" ID_B "\",\"Name\":\"/web\",\"RestartCount\":4,\"HostConfig\":{\"NetworkMode\":\"bridge\","
                "\"RestartPolicy\":{\"Name\":\"on-failure\",\"MaximumRetryCount\":5},\"AutoRemove\":true},"
                "\"Config\":{\"Image\":\"bb:latest\",\"Labels\":{\"autoheal\":\"true\"},\"StopSignal\":\"SIGQUIT\",\"StopTimeout\":"
                "30},"
                "\"NetworkSettings\":{\"Networks\":{}}");

        (void)state;
        assert_string_equal(c.id, ID_A);
        assert_string_equal(c.name, "web");
        assert_string_equal(c.image, "bb:latest");
        assert_string_equal(c.image_id, "sha256:" ID_B);
        assert_string_equal(container_label(&c, "autoheal"), "true");
        assert_string_equal(c.network_mode, "bridge");
        assert_int_equal(c.state, CONTAINER_RUNNING);
        assert_int_equal(c.health, HEALTH_UNHEALTHY);
        assert_int_equal(c.up_s, 300);
        assert_int_equal(c.started_us, INT64_C(1761919071076821));
        assert_int_equal(c.finished_us, 0);
        assert_int_equal(c.exit_code, 0);
        assert_true(c.oom_killed);
        assert_string_equal(c.state_error, "");
        assert_int_equal(c.policy, POLICY_ON_FAILURE);
        assert_int_equal(c.policy_max, 5);
        assert_int_equal(c.restart_count, 4);
        assert_int_equal(c.stop_timeout_s, 30);
        assert_int_equal(c.stop_signal, SIGQUIT);
        assert_true(c.auto_remove);
        assert_int_equal(c.failing_streak, 3);
        assert_int_equal(c.probe_start_us, INT64_C(1761919110000000));
        assert_int_equal(c.probe_end_us, INT64_C(1761919111250000));
        assert_int_equal(c.probe_exit_code, 7);
        assert_string_equal(c.probe_output, "connection refused\n");
}

static void inspect_of_an_exited_one(void **state) {
        const struct container c = inspected(
                "\"State\":{\"Status\":\"exited\",\"ExitCode\":137,\"OOMKilled\":false,\"Error\":\"cannot join network\","
                "\"StartedAt\":\"2025-10-31T13:57:51Z\",\"FinishedAt\":\"2025-10-31T13:57:52.5Z\"},"
                "\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"unless-stopped\",\"MaximumRetryCount\":0},\"AutoRemove\":false},"
                "\"Config\":{\"Labels\":null}");

        (void)state;
        assert_int_equal(c.state, CONTAINER_EXITED);
        assert_int_equal(c.up_s, -1); /* the list had said that it runs */
        assert_int_equal(c.health, HEALTH_NONE);
        assert_int_equal(c.exit_code, 137);
        assert_int_equal(c.started_us, SECONDS(INT64_C(1761919071)));
        assert_int_equal(c.finished_us, SECONDS(INT64_C(1761919072)) + 500000);
        assert_string_equal(c.state_error, "cannot join network");
        assert_int_equal(c.policy, POLICY_UNLESS_STOPPED);
        assert_int_equal(c.policy_max, 0);
        assert_int_equal(c.stop_signal, SIGTERM);
        assert_true(c.stop_timeout_s == STOP_TIMEOUT_UNSET);
        assert_false(c.auto_remove);
        assert_int_equal(c.n_labels, 0);
}

static void inspect_without_anything(void **state) {
        static const char *const members[] = {
                "",
                "\"Name\":null,\"Image\":null,\"RestartCount\":null,\"State\":null,\"Config\":null,\"HostConfig\":null",
                "\"Name\":5,\"Image\":[],\"RestartCount\":\"4\",\"State\":[],\"Config\":1,\"HostConfig\":\"x\"",
                "\"State\":{\"Status\":1,\"Health\":[],\"StartedAt\":5,\"FinishedAt\":\"yesterday\",\"ExitCode\":\"1\","
                "\"OOMKilled\":1,"
                "\"Error\":null},\"Config\":{\"Image\":\"\",\"StopSignal\":null,\"StopTimeout\":null},\"HostConfig\":{"
                "\"RestartPolicy\":null,"
                "\"AutoRemove\":\"true\",\"NetworkMode\":null}",
                "\"State\":{\"Health\":{\"Status\":\"\",\"FailingStreak\":0,\"Log\":null}},\"Config\":{\"StopSignal\":\"SIGNOPE\","
                "\"StopTimeout\":1.5},\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"\",\"MaximumRetryCount\":-1}}",
                "\"State\":{\"Health\":{\"Status\":\"none\",\"FailingStreak\":-3,\"Log\":{\"x\":{\"Output\":\"x\"}}}},"
                "\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"sometimes\",\"MaximumRetryCount\":null}},\"RestartCount\":-1",
                "\"State\":{\"Health\":{\"Log\":[{\"End\":\"2025-10-31T13:58:01Z\",\"ExitCode\":1,\"Output\":\"x\"},null]}}",
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(members); i++) {
                const struct container c = inspected(members[i]);

                /* What the list said stays ... */
                assert_string_equal(c.name, "listed");
                assert_string_equal(c.image, "listed:1");
                assert_string_equal(c.image_id, "sha256:listed");
                assert_string_equal(c.network_mode, "listednet");
                /* ... but what it is doing now is not known. */
                assert_int_equal(c.state, CONTAINER_UNKNOWN);
                assert_int_equal(c.health, HEALTH_NONE);
                assert_int_equal(c.started_us, 0);
                assert_int_equal(c.finished_us, 0);
                assert_int_equal(c.exit_code, 0);
                assert_false(c.oom_killed);
                assert_string_equal(c.state_error, "");
                assert_int_equal(c.policy, POLICY_NO);
                assert_int_equal(c.policy_max, 0);
                assert_int_equal(c.restart_count, 0);
                assert_true(c.stop_timeout_s == STOP_TIMEOUT_UNSET);
                assert_int_equal(c.stop_signal, SIGTERM);
                assert_false(c.auto_remove);
                assert_int_equal(c.probe_end_us, 0);
                assert_int_equal(c.probe_exit_code, 0);
                assert_string_equal(c.probe_output, "");
        }
}

static void inspect_numbers(void **state) {
        static const struct {
                const char *json;
                int64_t stop_timeout_s;
        } rows[] = {
                { "0", 0 },
                { "10", 10 },
                { "-1", -1 },
                { "-20", -1 },
                { "2147483648", INT32_MAX },
                { "9223372036854775807", INT32_MAX },
                { "\"10\"", STOP_TIMEOUT_UNSET },
                { "1e3", STOP_TIMEOUT_UNSET },
                { "99999999999999999999", STOP_TIMEOUT_UNSET },
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct container c = inspected(arena_printf(&arena, "\"Config\":{\"StopTimeout\":%s}", rows[i].json));

                if (c.stop_timeout_s != rows[i].stop_timeout_s)
                        fail_msg("%s: %lld", rows[i].json, (long long)c.stop_timeout_s);
        }
}

static void inspect_unknown_health(void **state) {
        (void)state;
        assert_int_equal(inspected("\"State\":{\"Status\":\"running\",\"Health\":{\"Status\":\"poorly\"}}").health, HEALTH_UNKNOWN);
        assert_int_equal(inspected("\"State\":{\"Status\":\"running\",\"Health\":{\"Status\":\"starting\"}}").health,
                         HEALTH_STARTING);
}

static void inspect_cuts_probe_output(void **state) {
        struct buf text AUTO(buf_release) = BUF_INIT(16 * 1024 * 1024);
        struct container c;

        (void)state;
        /* Characters of three bytes: 4096 is no multiple of that. */
        buf_add_str(&text, "\"State\":{\"Health\":{\"Log\":[{\"Output\":\"");
        for (int i = 0; i < 5000; i++)
                buf_add_str(&text, "\xe2\x82\xac");
        buf_add_str(&text, "\"}]}}");
        c = inspected(buf_str(&text));
        assert_int_equal(strlen(c.probe_output), 4095);
        assert_string_equal(c.probe_output + 4092, "\xe2\x82\xac");
}

static void inspect_refused(void **state) {
        static const char *const texts[] = {
                "",
                "[]",
                "{}",
                "{\"Id\":null}",
                "{\"Id\":\"" ID_B "\",\"Name\":\"/other\"}",
                "{\"Id\":\"" ID16 "\",\"Name\":\"/other\"}",
                "{\"Name\":\"/other\",\"State\":{\"Status\":\"exited\"}}",
                "{\"Id\":\"" ID_A "\",\"Name\":\"/other\"",
                "{\"Id\":\"" ID_A "\",\"Name\":\"/other\"}}",
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
                struct error err = ERROR_INIT;
                struct container c = fresh();

                assert_int_equal(inspect(texts[i], &c, &err), -1);
                assert_int_equal(err.code, ERR_PROTOCOL);
                assert_false(c.inspected);
                assert_string_equal(c.name, "listed");
                assert_int_equal(c.state, CONTAINER_RUNNING);
        }
}

static void inspect_of_too_many_tokens(void **state) {
        struct buf text AUTO(buf_release) = BUF_INIT(16 * 1024 * 1024);
        struct error err = ERROR_INIT;
        struct container c = fresh();

        (void)state;
        repeat(&text, "{\"Id\":\"" ID_A "\",\"x\":[", "1", 400000, "]}");
        assert_int_equal(inspect(buf_str(&text), &c, &err), -1);
        assert_int_equal(err.code, ERR_TOO_LARGE);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(inspect_of_28, release_arena),
                cmocka_unit_test_teardown(inspect_of_an_exited_one, release_arena),
                cmocka_unit_test_teardown(inspect_without_anything, release_arena),
                cmocka_unit_test_teardown(inspect_numbers, release_arena),
                cmocka_unit_test_teardown(inspect_unknown_health, release_arena),
                cmocka_unit_test_teardown(inspect_cuts_probe_output, release_arena),
                cmocka_unit_test_teardown(inspect_refused, release_arena),
                cmocka_unit_test_teardown(inspect_of_too_many_tokens, release_arena),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
