/* SPDX-License-Identifier: MIT */
/* custom_health_checks: what each kind of check needs. */
#include "autoheal/config/remote.h"
#include "config/objects.h"

#define CHECKS_MAX 2000

static const struct field fields[] = {
        { .name = "container_id", .kind = FIELD_TEXT },
        { .name = "check_type", .kind = FIELD_TEXT },
        { .name = "interval_seconds", .kind = FIELD_INT, .min = 1, .max = SECONDS_MAX, .initial = "30" },
        { .name = "timeout_seconds", .kind = FIELD_INT, .min = 1, .max = 3600, .initial = "10" },
        { .name = "retries", .kind = FIELD_INT, .min = 1, .max = 1000, .initial = "3" },
        { .name = "http_endpoint", .kind = FIELD_TEXT },
        { .name = "http_expected_status", .kind = FIELD_INT, .min = 100, .max = 599, .initial = "200" },
        { .name = "tcp_port", .kind = FIELD_INT, .min = 1, .max = 65535 },
        { .name = "exec_command", .kind = FIELD_ARGV },
        { .name = "http_expected_body", .kind = FIELD_BODY },
        { .name = "http_headers", .kind = FIELD_HEADERS },
        { .name = "http_insecure_tls", .kind = FIELD_BOOL, .initial = "false" },
};

static void check_type(const struct object *o) {
        struct arena *a = o->issues->arena;
        const char *word = json_string(json_get(o->value, "check_type"), a);

        if (str_eq(word, "http"))
                object_require(o, "http_endpoint", "an http check");
        else if (str_eq(word, "tcp"))
                object_require(o, "tcp_port", "a tcp check");
        else if (str_eq(word, "exec"))
                object_require(o, "exec_command", "an exec check");
        else if (!str_eq(word, "docker"))
                object_issue(o, "check_type",
                             word ? arena_printf(a, "must be one of http, tcp, exec, docker (is %s)", quoted(a, word))
                                  : "must be one of http, tcp, exec, docker");
        object_require_address(o, "http_endpoint", "http", "https");
}

void checks_check(struct load *l, const struct setting_info *s, struct json_value v) {
        struct arena *a = l->issues->arena;
        struct json_iter it = json_iter(v);

        for (size_t i = 0; i < CHECKS_MAX && json_next(&it); i++) {
                const struct object o = { .issues = l->issues,
                                          .where = config_place(s->path, json_key_string(&it, a), a),
                                          .value = it.value,
                                          .fields = fields,
                                          .n = N_ELEMENTS(fields) };

                if (json_type(it.value) != JSON_OBJECT)
                        continue;
                object_check(&o);
                check_type(&o);
        }
        if (json_count(v) > CHECKS_MAX)
                issue_lax(l->issues, s->path, "has more than 2000 checks", "must have at most 2000 checks");
}

void config_write_check(struct json_writer *w, struct json_value check, bool secrets) {
        object_write(w, "custom_health_checks.id", check, fields, N_ELEMENTS(fields), secrets);
}
