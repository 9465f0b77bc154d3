/* SPDX-License-Identifier: MIT */
/* What all decoders need, and the two answers that are only a word or two: /info and errors. */
#include "engine_decode_internal.h"

int decode_parse(const char *text, size_t len, size_t max_tokens, enum json_type want, const char *what, struct json_doc **ret_doc,
                 struct error *err) {
        struct json_doc *doc AUTO_JSON = NULL;
        struct error why = ERROR_INIT;
        enum json_type type;

        if (json_parse(text, len, max_tokens, &doc, &why) < 0)
                return error_set(err, why.code == ERR_TOO_LARGE ? ERR_TOO_LARGE : ERR_PROTOCOL, "reading %s from the engine: %s",
                                 what, why.msg);
        type = json_type(json_root(doc));
        if (type != want)
                return error_set(err, ERR_PROTOCOL, "reading %s from the engine: expected %s, got %s", what, json_type_name(want),
                                 json_type_name(type));
        *ret_doc = TAKE(doc);
        return 0;
}

void decode_members(struct json_value object, const struct member *members, size_t n) {
        struct json_iter it = json_iter(object);

        while (json_next(&it))
                for (size_t i = 0; i < n; i++)
                        if (it.key.n == members[i].key.n && memcmp(it.key.p, members[i].key.p, it.key.n) == 0)
                                *members[i].ret = it.value;
}

struct json_iter decode_iter(struct json_value v, enum json_type want) {
        return json_iter(json_type(v) == want ? v : (struct json_value){ 0 });
}

const char *decode_text(struct json_value v, size_t max, struct arena *a) {
        const char *s = json_string(v, a);

        if (!s)
                return "";
        if (strnlen(s, max + 1) <= max)
                return s;
        while (max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80)
                max--;
        return arena_strndup(a, s, max);
}

int64_t decode_int(struct json_value v, int64_t min, int64_t max, int64_t otherwise) {
        int64_t n;

        if (!json_int(v, &n))
                return otherwise;
        return n < min ? min : n > max ? max : n;
}

bool decode_is_id(struct json_value v) {
        struct slice raw = json_raw(v);

        if (json_type(v) != JSON_STRING || raw.n != 64 + 2)
                return false;
        for (size_t i = 1; i <= 64; i++) {
                char c = raw.p[i];

                if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
                        return false;
        }
        return true;
}

const char *decode_name(struct json_value v, struct arena *a) {
        const char *name = decode_text(v, DECODE_TEXT_MAX, a);

        return *name == '/' ? name + 1 : name;
}

void decode_labels(struct json_value v, struct arena *a, struct container *c) {
        struct json_iter it = decode_iter(v, JSON_OBJECT);
        size_t max = it.left, n = 0;
        struct label *labels;

        if (max > DECODE_LABELS_MAX)
                max = DECODE_LABELS_MAX;
        labels = arena_array(a, max, sizeof(*labels));
        while (n < max && json_next(&it)) {
                if (json_type(it.value) != JSON_STRING)
                        continue;
                labels[n].key = decode_text(it.key_value, DECODE_TEXT_MAX, a);
                labels[n].value = decode_text(it.value, DECODE_TEXT_MAX, a);
                n++;
        }
        c->labels = labels;
        c->n_labels = n;
}

size_t decode_object_length(const char *text, size_t len) {
        bool in_string = false;
        size_t depth = 0;

        for (size_t i = 0; i < len; i++) {
                char c = text[i];

                if (in_string && c == '\\')
                        i++;
                else if (c == '"')
                        in_string = !in_string;
                else if (!in_string && c == '{')
                        depth++;
                else if (!in_string && c == '}' && --depth == 0)
                        return i + 1;
        }
        return 0;
}

size_t decode_skip_space(const char *text, size_t len, size_t at) {
        while (at < len && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n'))
                at++;
        return at;
}

int decode_info(const char *text, size_t len, struct arena *a, struct engine_info *ret, struct error *err) {
        struct json_value id = { 0 }, name = { 0 }, server_version = { 0 };
        const struct member members[] = {
                MEMBER("ID", &id),
                MEMBER("Name", &name),
                MEMBER("ServerVersion", &server_version),
        };
        struct json_doc *doc AUTO_JSON = NULL;

        if (decode_parse(text, len, DECODE_OBJECT_TOKENS_MAX, JSON_OBJECT, "information", &doc, err) < 0)
                return -1;
        decode_members(json_root(doc), members, N_ELEMENTS(members));
        *ret = (struct engine_info){
                .id = decode_text(id, DECODE_TEXT_MAX, a),
                .name = decode_text(name, DECODE_TEXT_MAX, a),
                .server_version = decode_text(server_version, DECODE_TEXT_MAX, a),
        };
        return 0;
}

const char *decode_error_message(const char *text, size_t len, struct arena *a) {
        struct json_value message = { 0 };
        const struct member members[] = { MEMBER("message", &message) };
        struct json_doc *doc AUTO_JSON = NULL;

        if (json_parse(text, len, DECODE_OBJECT_TOKENS_MAX, &doc, NULL) < 0)
                return NULL;
        decode_members(json_root(doc), members, N_ELEMENTS(members));
        return json_type(message) == JSON_STRING ? decode_text(message, DECODE_TEXT_MAX, a) : NULL;
}
