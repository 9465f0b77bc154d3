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

/* ---- As data, once it was checked ---- */

static int64_t read_number(struct json_value v, const char *name, int64_t otherwise) {
        (void)json_int(json_get(v, name), &otherwise);
        return otherwise;
}

static const char *read_text(struct json_value v, const char *name, struct arena *a) {
        const char *text = json_string(json_get(v, name), a);

        return text && *text ? text : NULL;
}

static const char *const *read_argv(struct json_value v, struct arena *a) {
        struct json_iter it = json_iter(v);
        const char **argv = arena_array(a, json_count(v) + 1, sizeof(*argv));
        size_t n = 0;

        if (json_type(v) != JSON_ARRAY || json_count(v) == 0)
                return NULL;
        while (json_next(&it)) {
                argv[n] = json_string(it.value, a);
                n += argv[n] != NULL;
        }
        return argv;
}

static const char *const *read_headers(struct json_value v, struct arena *a) {
        struct json_iter it = json_iter(v);
        const char **headers = arena_array(a, json_count(v) + 1, sizeof(*headers));
        size_t n = 0;

        if (json_type(v) != JSON_OBJECT || json_count(v) == 0)
                return NULL;
        while (json_next(&it)) {
                const char *value = json_string(it.value, a);

                if (value)
                        headers[n++] = arena_printf(a, "%s: %s", json_key_string(&it, a), value);
        }
        return headers;
}

static enum health_check_kind read_kind(struct json_value v) {
        for (int k = HEALTH_CHECK_HTTP; k < HEALTH_CHECK_MAX_; k++)
                if (json_string_eq(json_get(v, "check_type"), health_check_kind_name((enum health_check_kind)k)))
                        return (enum health_check_kind)k;
        return HEALTH_CHECK_DOCKER;
}

static void read_check(struct health_check *ret, struct json_value v, const char *wrong, struct arena *a) {
        struct health_check check = HEALTH_CHECK_INIT;

        check.kind = read_kind(v);
        /* The issues may not live as long as the configuration. */
        check.wrong = arena_strdup(a, wrong);
        check.interval_s = read_number(v, "interval_seconds", check.interval_s);
        check.timeout_s = read_number(v, "timeout_seconds", check.timeout_s);
        check.retries = read_number(v, "retries", check.retries);
        check.url = read_text(v, "http_endpoint", a);
        check.expected_status = read_number(v, "http_expected_status", check.expected_status);
        check.expected_body = read_text(v, "http_expected_body", a);
        check.headers = read_headers(json_get(v, "http_headers"), a);
        (void)json_bool(json_get(v, "http_insecure_tls"), &check.insecure_tls);
        check.port = read_number(v, "tcp_port", 0);
        check.argv = read_argv(json_get(v, "exec_command"), a);
        *ret = check;
}

static int by_key(const void *a, const void *b) {
        return strcmp(((const struct health_check_entry *)a)->key, ((const struct health_check_entry *)b)->key);
}

const struct health_check *config_health_check(const struct config *cfg, const char *key) {
        const struct health_check_entry wanted = { .key = key };
        const struct health_check_entry *found = NULL;

        if (cfg->custom_health_checks.n > 0)
                found = bsearch(&wanted, cfg->custom_health_checks.items, cfg->custom_health_checks.n, sizeof(wanted), by_key);
        return found ? &found->check : NULL;
}

void checks_check(struct load *l, const struct setting_info *s, struct json_value v) {
        struct arena *a = l->issues->arena;
        struct json_iter it = json_iter(v);
        struct health_check_entry *entries =
                arena_array(l->arena, json_count(v) < CHECKS_MAX ? json_count(v) : CHECKS_MAX, sizeof(*entries));
        size_t n = 0;

        for (size_t i = 0; i < CHECKS_MAX && json_next(&it); i++) {
                const struct object o = { .issues = l->issues,
                                          .where = config_place(s->path, json_key_string(&it, a), a),
                                          .value = it.value,
                                          .fields = fields,
                                          .n = N_ELEMENTS(fields) };
                size_t from = l->issues->n;

                /* Of a key that comes twice the last counts. */
                if (json_type(it.value) != JSON_OBJECT || json_get(v, json_key_string(&it, a)).tok != it.value.tok)
                        continue;
                object_check(&o);
                check_type(&o);
                entries[n].key = json_key_string(&it, l->arena);
                read_check(&entries[n++].check, it.value, object_first_wrong(&o, from), l->arena);
        }
        qsort(entries, n, sizeof(*entries), by_key);
        l->cfg->custom_health_checks.items = entries;
        l->cfg->custom_health_checks.n = n;
        if (json_count(v) > CHECKS_MAX)
                issue_lax(l->issues, s->path, "has more than 2000 checks", "must have at most 2000 checks");
}

void config_write_check(struct json_writer *w, struct json_value check, bool secrets) {
        object_write(w, "custom_health_checks.id", check, fields, N_ELEMENTS(fields), secrets);
}

/* ---- Changing ---- */

struct json_value config_find_check(struct json_value checks, const char *stable_id, const char *id, const char *name,
                                    const char **ret_key) {
        const char *const keys[] = { stable_id, id, name };

        for (size_t i = 0; i < N_ELEMENTS(keys); i++) {
                struct json_value v = keys[i] ? json_get(checks, keys[i]) : (struct json_value){ .doc = NULL };

                if (json_type(v) != JSON_OBJECT)
                        continue;
                if (ret_key)
                        *ret_key = keys[i];
                return v;
        }
        return (struct json_value){ .doc = NULL };
}

const char *config_checks_with(struct json_value checks, const char *key, struct slice raw, const char *old_key, struct arena *a) {
        struct buf text AUTO(buf_release) = BUF_INIT(4 * CONFIG_MAX);
        const struct json_member members[] = { { old_key, { NULL, 0 } }, { key, raw } };
        struct json_writer w;

        json_writer_init(&w, &text, JSON_COMPACT);
        json_merge_object(&w, checks, members, N_ELEMENTS(members));
        return arena_strdup(a, buf_str(&text));
}
