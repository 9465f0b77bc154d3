/* SPDX-License-Identifier: MIT */
/* The list of containers as plain data: shapes of engines 20.10 and later, and hostile ones. */
#include "autoheal/engine/decode.h"

#include <setjmp.h>
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

static int list_n(const char *text, size_t len, struct container **ret, size_t *ret_n, struct error *err) {
        char *copy AUTO_FREE = exact(text, len);

        return decode_list(copy, len, &arena, ret, ret_n, err);
}

static struct container *list(const char *text, size_t *ret_n) {
        struct container *containers;
        struct error err = ERROR_INIT;

        if (list_n(text, strlen(text), &containers, ret_n, &err) < 0)
                fail_msg("%s", err.msg);
        return containers;
}

/* A list of one container with these further members. */
static struct container *listed(const char *members) {
        size_t n;
        struct container *c = list(arena_printf(&arena, "[{\"Id\":\"" ID_A "\"%s%s}]", *members ? "," : "", members), &n);

        assert_int_equal(n, 1);
        assert_string_equal(c->id, ID_A);
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

/* As engine 20.10 answers. */
static void list_of_20_10(void **state) {
        static const char text[] =
                "[{\"Id\":\"" ID_A "\",\"Names\":[\"/other/db\",\"/web\"],\"Image\":\"bb:latest\",\"ImageID\":\"sha256:" ID_B "\","
                "\"Command\":\"sleep "
                "1000\",\"Created\":1761918000,\"Ports\":[{\"IP\":\"0.0.0.0\",\"PrivatePort\":80,\"Type\":\"tcp\"}],"
                "\"Labels\":{\"autoheal\":\"true\",\"com.docker.compose.project\":\"p\",\"empty\":\"\"},"
                "\"State\":\"running\",\"Status\":\"Up 5 minutes (unhealthy)\",\"HostConfig\":{\"NetworkMode\":\"default\"},"
                "\"NetworkSettings\":{\"Networks\":{\"bridge\":{\"IPAMConfig\":null,\"IPAddress\":\"172.17.0.2\",\"IPPrefixLen\":"
                "16,"
                "\"GlobalIPv6Address\":\"2001:db8::2\"},\"idle\":{\"IPAddress\":\"\",\"GlobalIPv6Address\":\"\"},"
                "\"back\":{\"IPAddress\":\"10.0.0.9\"}}},\"Mounts\":[]},"
                "{\"Id\":\"" ID_B "\",\"Names\":null,\"Image\":\"" ID_B "\",\"ImageID\":\"\",\"Created\":0,\"Labels\":null,"
                "\"State\":\"removing\",\"Status\":\"Removal In Progress\",\"HostConfig\":{\"NetworkMode\":\"container:" ID_A "\"},"
                "\"NetworkSettings\":{\"Networks\":{}}}]\n";
        size_t n;
        const struct container *c = list(text, &n);

        (void)state;
        assert_int_equal(n, 2);
        assert_string_equal(c[0].id, ID_A);
        assert_string_equal(c[0].name, "web");
        assert_string_equal(c[0].image, "bb:latest");
        assert_string_equal(c[0].image_id, "sha256:" ID_B);
        assert_int_equal(c[0].n_labels, 3);
        assert_string_equal(container_label(&c[0], "autoheal"), "true");
        assert_string_equal(container_label(&c[0], "empty"), "");
        assert_int_equal(c[0].state, CONTAINER_RUNNING);
        assert_int_equal(c[0].health, HEALTH_UNHEALTHY);
        assert_string_equal(c[0].status, "Up 5 minutes (unhealthy)");
        assert_int_equal(c[0].up_s, 300);
        assert_int_equal(c[0].created_us, SECONDS(INT64_C(1761918000)));
        assert_string_equal(c[0].network_mode, "default");
        assert_int_equal(c[0].n_addresses, 3);
        assert_string_equal(c[0].addresses[0], "172.17.0.2");
        assert_string_equal(c[0].addresses[1], "2001:db8::2");
        assert_string_equal(c[0].addresses[2], "10.0.0.9");
        assert_int_equal(c[0].n_networks, 3);
        assert_string_equal(c[0].networks[0], "bridge");
        assert_string_equal(c[0].networks[2], "back");
        assert_false(c[0].inspected);
        assert_string_equal(c[1].name, "");
        assert_int_equal(c[1].n_labels, 0);
        assert_int_equal(c[1].state, CONTAINER_REMOVING);
        assert_int_equal(c[1].health, HEALTH_NONE);
        assert_int_equal(c[1].up_s, -1);
        assert_int_equal(c[1].created_us, 0);
        assert_string_equal(c[1].network_mode, "container:" ID_A);
        assert_int_equal(c[1].n_addresses, 0);
}

static const struct list_health_row {
        const char *members;
        enum container_state state;
        enum health health;
} list_health_rows[] = {
        { "\"State\":\"running\",\"Status\":\"Up 3 seconds\"", CONTAINER_RUNNING, HEALTH_NONE },
        { "\"State\":\"running\",\"Status\":\"Up 3 seconds (health: starting)\"", CONTAINER_RUNNING, HEALTH_STARTING },
        { "\"State\":\"running\",\"Status\":\"something new\"", CONTAINER_RUNNING, HEALTH_UNKNOWN },
        { "\"State\":\"running\",\"Status\":null", CONTAINER_RUNNING, HEALTH_UNKNOWN },
        { "\"State\":\"exited\",\"Status\":\"Exited (137) 5 seconds ago\"", CONTAINER_EXITED, HEALTH_NONE },
        { "\"State\":\"exited\",\"Status\":\"\"", CONTAINER_EXITED, HEALTH_NONE },
        { "\"State\":\"paused\",\"Status\":\"Up 1 minute (Paused)\"", CONTAINER_PAUSED, HEALTH_NONE },
        { "\"State\":\"restarting\",\"Status\":\"Restarting (1) 4 seconds ago\"", CONTAINER_RESTARTING, HEALTH_NONE },
        { "\"State\":\"dead\",\"Status\":\"Dead\"", CONTAINER_DEAD, HEALTH_NONE },
        { "\"State\":\"hibernating\",\"Status\":\"Up 1 second\"", CONTAINER_UNKNOWN, HEALTH_NONE },
        { "\"State\":7,\"Status\":\"Up 1 second\"", CONTAINER_UNKNOWN, HEALTH_NONE },
        { "\"Status\":\"Up 1 second\"", CONTAINER_UNKNOWN, HEALTH_NONE },
        /* API 1.52: the object wins over the text. */
        { "\"State\":\"running\",\"Status\":\"Up 3 seconds\",\"Health\":{\"Status\":\"unhealthy\",\"FailingStreak\":3}",
          CONTAINER_RUNNING, HEALTH_UNHEALTHY },
        { "\"Health\":{\"Status\":\"healthy\"},\"State\":\"running\",\"Status\":\"Up 3 seconds (unhealthy)\"", CONTAINER_RUNNING,
          HEALTH_HEALTHY },
        { "\"State\":\"running\",\"Status\":\"Up 3 seconds (unhealthy)\",\"Health\":{\"Status\":\"none\"}", CONTAINER_RUNNING,
          HEALTH_NONE },
        { "\"State\":\"running\",\"Status\":\"Up 3 seconds\",\"Health\":{\"Status\":\"poorly\"}", CONTAINER_RUNNING,
          HEALTH_UNKNOWN },
        { "\"State\":\"paused\",\"Status\":\"Up 1 minute (Paused)\",\"Health\":{\"Status\":\"unhealthy\"}", CONTAINER_PAUSED,
          HEALTH_UNHEALTHY },
        /* What is no health object leaves the text. */
        { "\"State\":\"running\",\"Status\":\"Up 3 seconds (unhealthy)\",\"Health\":null", CONTAINER_RUNNING, HEALTH_UNHEALTHY },
        { "\"State\":\"running\",\"Status\":\"Up 3 seconds (unhealthy)\",\"Health\":\"healthy\"", CONTAINER_RUNNING,
          HEALTH_UNHEALTHY },
        { "\"State\":\"running\",\"Status\":\"Up 3 seconds (unhealthy)\",\"Health\":{\"Status\":\"\"}", CONTAINER_RUNNING,
          HEALTH_UNHEALTHY },
};

static void list_health(void **state) {
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(list_health_rows); i++) {
                const struct list_health_row *row = &list_health_rows[i];
                const struct container *c = listed(row->members);

                if (c->state != row->state || c->health != row->health)
                        fail_msg("%s: %s, %s", row->members, container_state_name(c->state), health_name(c->health));
        }
}

static const struct list_name_row {
        const char *names, *name;
} list_name_rows[] = {
        { "[\"/web\"]", "web" },
        { "[\"web\"]", "web" },
        { "[\"/a/web\",\"/b/web\",\"/web\",\"/late\"]", "web" },
        { "[\"/a/web\"]", "" },
        { "[]", "" },
        { "null", "" },
        { "[\"\",\"/\",null,5,{},\"/web\"]", "web" },
        { "\"/web\"", "" },
        { "{\"x\":\"/web\"}", "" },
};

static void list_names(void **state) {
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(list_name_rows); i++) {
                const struct container *c = listed(arena_printf(&arena, "\"Names\":%s", list_name_rows[i].names));

                if (!str_eq(c->name, list_name_rows[i].name))
                        fail_msg("%s: '%s'", list_name_rows[i].names, c->name);
        }
}

static void list_without_anything(void **state) {
        static const char *const members[] = {
                "",
                "\"Names\":null,\"Image\":null,\"ImageID\":null,\"Labels\":null,\"State\":null,\"Status\":null,\"Created\":null,"
                "\"HostConfig\":null,\"NetworkSettings\":null,\"Health\":null",
                "\"Names\":{},\"Image\":1,\"ImageID\":[],\"Labels\":[\"a\"],\"State\":true,\"Status\":{},\"Created\":"
                "\"1761918000\","
                "\"HostConfig\":[],\"NetworkSettings\":7,\"Health\":false",
                "\"Created\":1.5,\"HostConfig\":{\"NetworkMode\":null},\"NetworkSettings\":{\"Networks\":null}",
                "\"Created\":-5,\"HostConfig\":{\"NetworkMode\":{}},\"NetworkSettings\":{\"Networks\":[{\"IPAddress\":\"10.0.0.1\"}"
                "]}",
                "\"NetworkSettings\":{\"Networks\":{\"a\":null,\"b\":5,\"c\":[],\"d\":{\"IPAddress\":null,\"GlobalIPv6Address\":6}}"
                "}",
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(members); i++) {
                const struct container *c = listed(members[i]);

                assert_string_equal(c->name, "");
                assert_string_equal(c->image, "");
                assert_string_equal(c->image_id, "");
                assert_string_equal(c->network_mode, "");
                assert_string_equal(c->status, "");
                assert_string_equal(c->state_error, "");
                assert_string_equal(c->probe_output, "");
                assert_int_equal(c->state, CONTAINER_UNKNOWN);
                assert_int_equal(c->n_labels, 0);
                assert_int_equal(c->n_addresses, 0);
                assert_int_equal(c->created_us, 0);
                assert_int_equal(c->up_s, -1);
        }
}

static void list_skips_what_has_no_id(void **state) {
        static const char text[] = "[null,1,\"x\",[],{},{\"Id\":null},{\"Id\":5},{\"Id\":\"\"},{\"Id\":\"" ID16 "\"},"
                                   "{\"Id\":\"" ID_A "0\"},{\"Id\":\"/" ID16 ID16 ID16 "123456789abcdef\"},"
                                   "{\"Id\":\"g" ID16 ID16 ID16 "123456789abcdef\"},{\"Id\":\"" ID_B "\"},"
                                   "{\"Id\":\"../" ID16 ID16 ID16 "3456789abcdef\"}]";
        size_t n;
        const struct container *c = list(text, &n);

        (void)state;
        assert_int_equal(n, 1);
        assert_string_equal(c[0].id, ID_B);
        (void)list("[]", &n);
        assert_int_equal(n, 0);
}

static void list_refused(void **state) {
        static const struct {
                const char *text, *message;
        } rows[] = {
                { "{}", "reading the list of containers from the engine: expected an array, got an object" },
                { "{\"message\":\"no\"}", "reading the list of containers from the engine: expected an array, got an object" },
                { "null", "reading the list of containers from the engine: expected an array, got null" },
                { "\"x\"", "reading the list of containers from the engine: expected an array, got a string" },
                { "", "reading the list of containers from the engine: line 1, column 1: " },
                { "[", "reading the list of containers from the engine: line 1, column 2: " },
                { "[{\"Id\":\"" ID_A "\"}", "reading the list of containers from the engine: line 1, column " },
                { "[] []", "reading the list of containers from the engine: line 1, column 4: " },
                { "<html>", "reading the list of containers from the engine: line 1, column 1: " },
        };
        struct container *c = NULL;
        size_t n = 77;

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct error err = ERROR_INIT;

                assert_int_equal(list_n(rows[i].text, strlen(rows[i].text), &c, &n, &err), -1);
                assert_int_equal(err.code, ERR_PROTOCOL);
                if (strncmp(err.msg, rows[i].message, strlen(rows[i].message)) != 0)
                        fail_msg("%s: %s", rows[i].text, err.msg);
                assert_null(c);
                assert_int_equal(n, 77);
        }
}

static void list_of_too_many(void **state) {
        struct buf text AUTO(buf_release) = BUF_INIT(16 * 1024 * 1024);
        struct error err = ERROR_INIT;
        struct container *c = NULL;
        size_t n = 77;

        (void)state;
        repeat(&text, "[", "{}", 65537, "]");
        assert_int_equal(list_n(text.data, text.len, &c, &n, &err), -1);
        assert_int_equal(err.code, ERR_TOO_LARGE);
        assert_null(c);
}

static void list_bounds_labels(void **state) {
        struct buf text AUTO(buf_release) = BUF_INIT(16 * 1024 * 1024);
        char *value AUTO_FREE = xcalloc(100001, 1);
        const struct container *c;

        (void)state;
        repeat(&text, "\"Labels\":{\"bad\":5,", "\"k\":\"v\"", 5000, "}");
        c = listed(buf_str(&text));
        assert_int_equal(c->n_labels, 4096);
        assert_string_equal(c->labels[4095].value, "v");

        /* 100,000 bytes, of which byte 65,535 begins a character of two. */
        memset(value, 'x', 100000);
        memcpy(value + 65535, "\xc3\xa9", 2);
        buf_clear(&text);
        buf_addf(&text, "\"Labels\":{\"long\":\"%s\",\"after\":\"y\",\"null\":null,\"%s\":\"z\"}", value, value);
        c = listed(buf_str(&text));
        assert_int_equal(c->n_labels, 3);
        assert_int_equal(strlen(container_label(c, "long")), 65535);
        assert_string_equal(container_label(c, "after"), "y");
        assert_int_equal(strlen(c->labels[2].key), 65535);
}

static void list_bounds_addresses(void **state) {
        struct buf text AUTO(buf_release) = BUF_INIT(16 * 1024 * 1024);
        const struct container *c;

        (void)state;
        repeat(&text, "\"NetworkSettings\":{\"Networks\":{\"x\":{\"GlobalIPv6Address\":\"::1\"},",
               "\"n\":{\"IPAddress\":\"10.0.0.1\",\"GlobalIPv6Address\":\"::2\"}", 1000, "}}");
        c = listed(buf_str(&text));
        assert_int_equal(c->n_addresses, 256);
        assert_string_equal(c->addresses[255], "10.0.0.1");
        assert_int_equal(c->n_networks, 256);
}

static void list_text_is_a_c_string(void **state) {
        const struct container *c =
                listed("\"Names\":[\"/a\\u0000b\"],\"Image\":\"\\ud800\",\"Labels\":{\"\\u006b\":\"v\\n\\u00e9\"}");

        (void)state;
        assert_string_equal(c->name, "a\xef\xbf\xbd"
                                     "b");
        assert_string_equal(c->image, "\xef\xbf\xbd");
        assert_string_equal(container_label(c, "k"), "v\n\xc3\xa9");
}

static void list_last_of_equal_members(void **state) {
        const struct container *c = listed(
                "\"State\":\"running\",\"State\":\"exited\",\"Status\":\"Up 1 second\",\"Status\":\"Exited (1) 1 second ago\"");

        (void)state;
        assert_int_equal(c->state, CONTAINER_EXITED);
        assert_int_equal(c->health, HEALTH_NONE);
        assert_int_equal(c->up_s, -1);
}

static void list_bounds_created(void **state) {
        const struct container *c = listed("\"Created\":9223372036854775807");

        (void)state;
        assert_int_equal(c->created_us, INT64_MAX / US_PER_S * US_PER_S);
        assert_int_equal(listed("\"Created\":99999999999999999999")->created_us, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(list_of_20_10, release_arena),
                cmocka_unit_test_teardown(list_health, release_arena),
                cmocka_unit_test_teardown(list_names, release_arena),
                cmocka_unit_test_teardown(list_without_anything, release_arena),
                cmocka_unit_test_teardown(list_skips_what_has_no_id, release_arena),
                cmocka_unit_test_teardown(list_refused, release_arena),
                cmocka_unit_test_teardown(list_of_too_many, release_arena),
                cmocka_unit_test_teardown(list_bounds_labels, release_arena),
                cmocka_unit_test_teardown(list_bounds_addresses, release_arena),
                cmocka_unit_test_teardown(list_text_is_a_c_string, release_arena),
                cmocka_unit_test_teardown(list_last_of_equal_members, release_arena),
                cmocka_unit_test_teardown(list_bounds_created, release_arena),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
