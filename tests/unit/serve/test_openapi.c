/* SPDX-License-Identifier: MIT */
/* What /openapi.json says of every operation: no status twice, and who may. */
#include "serve/openapi.h"
#include "support/check.h"

static struct json_doc *described(struct buf *text) {
        struct json_doc *doc = NULL;
        struct json_writer w;

        json_writer_init(&w, text, JSON_COMPACT);
        openapi_write(&w);
        assert_int_equal(json_parse(buf_str(text), text->len, 100000, &doc, NULL), 0);
        return doc;
}

static void check_codes_once(const char *path, struct json_value responses) {
        struct json_iter it = json_iter(responses);
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        const char *seen = " ";

        while (json_next(&it)) {
                const char *code = arena_printf(&a, " %s ", json_key_string(&it, &a));

                if (strstr(seen, code))
                        fail_msg("%s has%stwice", path, code);
                seen = arena_printf(&a, "%s%s ", seen, code);
        }
}

static const struct route *route_of(const char *path, const char *method) {
        for (size_t t = 0; api_tables[t]; t++)
                for (const struct route *r = api_tables[t]; r->path; r++)
                        if (str_eq(r->path, path) && slice_eq_nocase(slice_str(http_method_name(r->method)), method))
                                return r;
        fail_msg("no route %s %s", method, path);
        return NULL;
}

static void check_operation(const char *path, const char *method, struct json_value operation) {
        static const char *const security[] = {
                [RIGHT_FREE] = "", [RIGHT_READ] = "[{},{\"token\":[]}]", [RIGHT_CHANGE] = "[{\"token\":[]}]"
        };
        struct slice raw = json_raw(json_get(operation, "security"));

        check_codes_once(path, json_get(operation, "responses"));
        if (!slice_eq(raw, security[route_of(path, method)->right]))
                fail_msg("%s %s: security is %.*s", method, path, (int)raw.n, raw.p);
}

static void every_operation_is_described(void **unused) {
        struct buf text AUTO(buf_release) = BUF_INIT(1024 * 1024);
        struct json_doc *doc AUTO_JSON = described(&text);
        struct json_iter path = json_iter(json_get(json_root(doc), "paths"));
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        size_t n = 0;

        (void)unused;
        while (json_next(&path)) {
                struct json_iter method = json_iter(path.value);

                for (; json_next(&method); n++)
                        check_operation(json_key_string(&path, &a), json_key_string(&method, &a), method.value);
        }
        assert_true(n > 30);
}

/* Every change of config.json waits for the state's lock, and writes. What only tries or judges writes nothing. */
static void changes_of_the_configuration_may_fail(void **unused) {
        static const char *const resources[] = { "/api/config", "/api/healthchecks", "/api/notifications",
                                                 "/api/containers/select" };

        (void)unused;
        for (size_t t = 0; api_tables[t]; t++)
                for (const struct route *r = api_tables[t]; r->path; r++)
                        for (size_t i = 0; i < N_ELEMENTS(resources); i++)
                                if (r->right == RIGHT_CHANGE && !strstr(r->path, "/test") && !strstr(r->path, "/validate") &&
                                    strncmp(r->path, resources[i], strlen(resources[i])) == 0 &&
                                    (!strstr(r->codes, "500") || !strstr(r->codes, "503")))
                                        fail_msg("%s %s: %s", http_method_name(r->method), r->path, r->codes);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_operation_is_described),
                cmocka_unit_test(changes_of_the_configuration_may_fail),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
