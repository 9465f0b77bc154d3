/* SPDX-License-Identifier: MIT */
/* What the writer writes, what it refuses to, and how an object is rewritten. */
#include "autoheal/json/writer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
        struct buf out;
        struct json_writer w;
};

static int setup(void **state) {
        struct fixture *f = xcalloc(1, sizeof(*f));
        f->out = (struct buf)BUF_INIT(1024 * 1024);
        json_writer_init(&f->w, &f->out, JSON_COMPACT);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;
        buf_release(&f->out);
        free(f);
        return 0;
}

static void restart(struct fixture *f, enum json_style style) {
        buf_clear(&f->out);
        json_writer_init(&f->w, &f->out, style);
}

static void write_sample(struct json_writer *w) {
        json_begin_object(w);
        json_key(w, "name");
        json_str(w, "web");
        json_key(w, "list");
        json_begin_array(w);
        json_num(w, 1);
        json_begin_object(w);
        json_end_object(w);
        json_begin_array(w);
        json_end_array(w);
        json_end_array(w);
        json_key(w, "inner");
        json_begin_object(w);
        json_key(w, "b");
        json_boolean(w, true);
        json_key(w, "n");
        json_null(w);
        json_end_object(w);
        json_end_object(w);
}

static void test_compact(void **state) {
        struct fixture *f = *state;
        write_sample(&f->w);
        assert_string_equal(buf_str(&f->out), "{\"name\":\"web\",\"list\":[1,{},[]],\"inner\":{\"b\":true,\"n\":null}}");
}

static void test_pretty(void **state) {
        struct fixture *f = *state;
        restart(f, JSON_PRETTY);
        write_sample(&f->w);
        assert_string_equal(buf_str(&f->out), "{\n"
                                              "  \"name\": \"web\",\n"
                                              "  \"list\": [\n"
                                              "    1,\n"
                                              "    {},\n"
                                              "    []\n"
                                              "  ],\n"
                                              "  \"inner\": {\n"
                                              "    \"b\": true,\n"
                                              "    \"n\": null\n"
                                              "  }\n"
                                              "}");
        restart(f, JSON_PRETTY);
        json_begin_array(&f->w);
        json_end_array(&f->w);
        assert_string_equal(buf_str(&f->out), "[]");
}

static void test_scalars(void **state) {
        struct fixture *f = *state;
        struct json_writer *w = &f->w;
        json_begin_array(w);
        json_num(w, 0);
        json_num(w, INT64_MAX);
        json_num(w, INT64_MIN);
        json_boolean(w, false);
        json_null(w);
        json_str(w, NULL);
        json_str(w, "");
        json_strn(w, (struct slice){ NULL, 0 });
        json_strn(w, (struct slice){ "abc", 2 });
        json_raw_value(w, slice_str("{ \"a\": 1 }"));
        json_raw_value(w, (struct slice){ NULL, 0 });
        json_time(w, 0);
        json_time(w, INT64_C(1761919071076821));
        json_end_array(w);
        assert_string_equal(buf_str(&f->out),
                            "[0,9223372036854775807,-9223372036854775808,false,null,null,\"\",\"\",\"ab\",{ \"a\": 1 },null,"
                            "null,\"2025-10-31T13:57:51.076821+00:00\"]");
}

static void test_top_level_scalar(void **state) {
        struct fixture *f = *state;
        restart(f, JSON_PRETTY);
        json_str(&f->w, "alone");
        assert_string_equal(buf_str(&f->out), "\"alone\"");
}

static void test_escapes(void **state) {
        struct fixture *f = *state;
        static const struct {
                const char *s, *text;
        } rows[] = {
                { "a\"b\\c/d", "\"a\\\"b\\\\c/d\"" },
                { "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
                { "\x01\x1b[0m\x1f", "\"\\u0001\\u001b[0m\\u001f\"" },
                { "\x7f", "\"\\u007f\"" },
                { "\xc2\x80\xc2\x9b\xc2\xa0", "\"\\u0080\\u009b\xc2\xa0\"" },
                { "\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\xe2\x81\xa5\xe2\x81\xa6",
                  "\"\xe2\x80\xa7\\u2028\\u2029\\u202a\xe2\x81\xa5\\u2066\"" },
                { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
                { "\xff", "\"\xef\xbf\xbd\"" },
                { "a\xc3", "\"a\xef\xbf\xbd\"" },
                { "\x80z", "\"\xef\xbf\xbdz\"" },
                { "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
                { "\xc0\x80\n", "\"\xef\xbf\xbd\xef\xbf\xbd\\n\"" },
        };
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                restart(f, JSON_COMPACT);
                json_str(&f->w, rows[i].s);
                assert_string_equal(buf_str(&f->out), rows[i].text);
        }
        restart(f, JSON_COMPACT);
        json_strn(&f->w, (struct slice){ "a\0b", 3 });
        assert_string_equal(buf_str(&f->out), "\"a\\u0000b\"");
        restart(f, JSON_COMPACT);
        json_begin_object(&f->w);
        json_key(&f->w, "k\n\"\xff");
        json_null(&f->w);
        json_end_object(&f->w);
        assert_string_equal(buf_str(&f->out), "{\"k\\n\\\"\xef\xbf\xbd\":null}");
}

static void test_every_byte_pair_reads_back_as_utf8(void **state) {
        struct fixture *f = *state;
        for (unsigned i = 0x100; i < 0x10000; i += 3) {
                struct json_doc *doc AUTO_JSON = NULL;
                struct error err = ERROR_INIT;
                char s[2] = { (char)(i >> 8), (char)(i & 0xff) };
                restart(f, JSON_COMPACT);
                json_strn(&f->w, (struct slice){ s, 2 });
                if (json_parse(f->out.data, f->out.len, 1, &doc, &err) < 0)
                        fail_msg("%04x: %s", i, err.msg);
                if (i < 0x8000 && s[1] > 0) {
                        char text[] = { s[0], s[1], '\0' };
                        assert_true(json_string_eq(json_root(doc), text));
                }
        }
}

static void test_ceiling_of_the_buffer(void **state) {
        (void)state;
        struct buf small AUTO(buf_release) = BUF_INIT(10);
        struct json_writer w;
        json_writer_init(&w, &small, JSON_COMPACT);
        write_sample(&w);
        assert_true(small.overflowed);
        assert_int_equal(small.len, 10);
}

/* Misuse: each function brings a fresh writer to the point where its last call must abort. */

static void key_at_top(struct json_writer *w) {
        json_key(w, "a");
}

static void key_in_array(struct json_writer *w) {
        json_begin_array(w);
        json_key(w, "a");
}

static void two_keys(struct json_writer *w) {
        json_begin_object(w);
        json_key(w, "a");
        json_key(w, "b");
}

static void null_key(struct json_writer *w) {
        json_begin_object(w);
        json_key(w, NULL);
}

static void value_without_key(struct json_writer *w) {
        json_begin_object(w);
        json_num(w, 1);
}

static void container_without_key(struct json_writer *w) {
        json_begin_object(w);
        json_begin_array(w);
}

static void key_without_value(struct json_writer *w) {
        json_begin_object(w);
        json_key(w, "a");
        json_end_object(w);
}

static void end_of_nothing(struct json_writer *w) {
        json_end_object(w);
}

static void end_array_of_nothing(struct json_writer *w) {
        json_end_array(w);
}

static void array_ended_as_object(struct json_writer *w) {
        json_begin_array(w);
        json_end_object(w);
}

static void object_ended_as_array(struct json_writer *w) {
        json_begin_object(w);
        json_end_array(w);
}

static void ended_twice(struct json_writer *w) {
        json_begin_array(w);
        json_end_array(w);
        json_end_array(w);
}

static void two_values_at_top(struct json_writer *w) {
        json_num(w, 1);
        json_num(w, 2);
}

static void value_behind_the_end(struct json_writer *w) {
        json_begin_object(w);
        json_end_object(w);
        json_begin_object(w);
}

static void too_deep(struct json_writer *w) {
        for (unsigned i = 0; i <= JSON_MAX_DEPTH; i++)
                json_begin_array(w);
}

static bool aborts(void (*misuse)(struct json_writer *)) {
        pid_t pid = fork();
        if (pid == 0) {
                const struct rlimit no_core = { 0, 0 };
                struct buf out = BUF_INIT(4096);
                struct json_writer w;
                setrlimit(RLIMIT_CORE, &no_core);
                signal(SIGABRT, SIG_DFL);
                json_writer_init(&w, &out, JSON_COMPACT);
                misuse(&w);
                _exit(0);
        }
        int status = 0;
        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void test_misuse_aborts(void **state) {
        (void)state;
        assert_true(aborts(key_at_top));
        assert_true(aborts(key_in_array));
        assert_true(aborts(two_keys));
        assert_true(aborts(null_key));
        assert_true(aborts(value_without_key));
        assert_true(aborts(container_without_key));
        assert_true(aborts(key_without_value));
        assert_true(aborts(end_of_nothing));
        assert_true(aborts(end_array_of_nothing));
        assert_true(aborts(array_ended_as_object));
        assert_true(aborts(object_ended_as_array));
        assert_true(aborts(ended_twice));
        assert_true(aborts(two_values_at_top));
        assert_true(aborts(value_behind_the_end));
        assert_true(aborts(too_deep));
        assert_false(aborts(write_sample));
}

static void test_deepest(void **state) {
        struct fixture *f = *state;
        struct json_doc *doc AUTO_JSON = NULL;
        for (unsigned i = 0; i < JSON_MAX_DEPTH / 2; i++) {
                json_begin_array(&f->w);
                json_begin_object(&f->w);
                json_key(&f->w, "a");
        }
        json_null(&f->w);
        for (unsigned i = 0; i < JSON_MAX_DEPTH / 2; i++) {
                json_end_object(&f->w);
                json_end_array(&f->w);
        }
        assert_int_equal(json_parse(f->out.data, f->out.len, 1000, &doc, NULL), 0);
}

/* Merges into old (NULL: missing) and compares. */
static void assert_merged(struct fixture *f, enum json_style style, const char *old, const struct json_member *members, size_t n,
                          const char *want) {
        struct json_doc *doc AUTO_JSON = NULL;
        struct json_doc *merged AUTO_JSON = NULL;
        struct error err = ERROR_INIT;
        if (old && json_parse(old, strlen(old), 1000, &doc, &err) < 0)
                fail_msg("%s: %s", old, err.msg);
        restart(f, style);
        json_merge_object(&f->w, json_root(doc), members, n);
        assert_string_equal(buf_str(&f->out), want);
        assert_int_equal(json_parse(f->out.data, f->out.len, 1000, &merged, NULL), 0);
}

static void test_merge(void **state) {
        struct fixture *f = *state;
        const struct json_member ours[] = {
                { "enabled", slice_str("true") },
                { "gone", { NULL, 0 } },
                { "start_time", slice_str("null") },
                { "never_there", { NULL, 0 } },
        };
        size_t n = N_ELEMENTS(ours);
        assert_merged(f, JSON_COMPACT, "{\"x\":1, \"enabled\" : false,\"y\":{ \"z\": [] }}", ours, n,
                      "{\"x\":1,\"enabled\":true,\"y\":{ \"z\": [] },\"start_time\":null}");
        assert_merged(f, JSON_COMPACT, "{\"gone\":[1,{}],\"start_time\":\"t\",\"enabled\":0}", ours, n,
                      "{\"start_time\":null,\"enabled\":true}");
        assert_merged(f, JSON_COMPACT, "{}", ours, n, "{\"enabled\":true,\"start_time\":null}");
        assert_merged(f, JSON_COMPACT, NULL, ours, n, "{\"enabled\":true,\"start_time\":null}");
        assert_merged(f, JSON_COMPACT, "[{\"x\":1}]", ours, n, "{\"enabled\":true,\"start_time\":null}");
        assert_merged(f, JSON_COMPACT, "\"x\"", ours, n, "{\"enabled\":true,\"start_time\":null}");
        assert_merged(f, JSON_COMPACT, "{\"a\":1}", NULL, 0, "{\"a\":1}");
        assert_merged(f, JSON_PRETTY, "{\"x\":[1],\"enabled\":0}", ours, n,
                      "{\n  \"x\": [1],\n  \"enabled\": true,\n  \"start_time\": null\n}");
}

static void test_merge_keeps_foreign_bytes(void **state) {
        struct fixture *f = *state;
        const struct json_member ours[] = { { "a", slice_str("9") } };
        assert_merged(f, JSON_COMPACT, "{\"\\u00e9\\/\":1.50,\"s\":\"\\u0041\\ud83d\",\"big\":1e400,\"x\":1,\"x\":2}", ours, 1,
                      "{\"\\u00e9\\/\":1.50,\"s\":\"\\u0041\\ud83d\",\"big\":1e400,\"x\":1,\"x\":2,\"a\":9}");
}

static void test_merge_duplicates(void **state) {
        struct fixture *f = *state;
        const struct json_member ours[] = { { "a", slice_str("9") }, { "b", { NULL, 0 } } };
        const struct json_member twice[] = { { "a", slice_str("1") }, { "c", slice_str("3") }, { "a", slice_str("2") } };
        assert_merged(f, JSON_COMPACT, "{\"a\":1,\"b\":1,\"x\":0,\"\\u0061\":2,\"b\":2,\"a\":3}", ours, 2, "{\"a\":9,\"x\":0}");
        assert_merged(f, JSON_COMPACT, "{\"\\u0061\":1}", ours, 2, "{\"\\u0061\":9}");
        assert_merged(f, JSON_COMPACT, "{\"a\":0}", twice, 3, "{\"a\":2,\"c\":3}");
        assert_merged(f, JSON_COMPACT, "{}", twice, 3, "{\"c\":3,\"a\":2}");
}

static void test_merge_inside_an_object(void **state) {
        struct fixture *f = *state;
        const struct json_member ours[] = { { "a", slice_str("1") } };
        json_begin_object(&f->w);
        json_key(&f->w, "inner");
        json_merge_object(&f->w, json_root(NULL), ours, 1);
        json_key(&f->w, "next");
        json_num(&f->w, 2);
        json_end_object(&f->w);
        assert_string_equal(buf_str(&f->out), "{\"inner\":{\"a\":1},\"next\":2}");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_compact),
                TEST(test_pretty),
                TEST(test_scalars),
                TEST(test_top_level_scalar),
                TEST(test_escapes),
                TEST(test_every_byte_pair_reads_back_as_utf8),
                TEST(test_ceiling_of_the_buffer),
                TEST(test_misuse_aborts),
                TEST(test_deepest),
                TEST(test_merge),
                TEST(test_merge_keeps_foreign_bytes),
                TEST(test_merge_duplicates),
                TEST(test_merge_inside_an_object),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
