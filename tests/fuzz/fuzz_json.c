/* SPDX-License-Identifier: MIT */
/* Fuzz target: whatever json_parse() accepts answers every getter, and what is written from it reads back as the same. */
#include "autoheal/json/writer.h"

#define MAX_TOKENS 10000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
        if (!holds)
                abort();
}

static void ask_scalar(struct json_value v, struct arena *a) {
        int64_t i;
        double d;
        bool b;
        size_t line, column;
        const char *s = json_string(v, a);
        enum json_type type = json_type(v);

        require((s != NULL) == (type == JSON_STRING));
        require(!s || json_string_eq(v, s));
        require(json_bool(v, &b) == (type == JSON_BOOL));
        bool fits_double = json_double(v, &d);
        require(!fits_double || type == JSON_NUMBER);
        require(!json_int(v, &i) || fits_double);
        json_position(v, &line, &column);
        require(line >= 1 && column >= 1);
}

/* Asks v for everything and writes it anew. */
static void walk(struct json_value v, struct json_writer *w, struct arena *a) {
        enum json_type type = json_type(v);
        struct json_iter it = json_iter(v);
        size_t n = 0;

        ask_scalar(v, a);
        if (type == JSON_OBJECT)
                json_begin_object(w);
        else if (type == JSON_ARRAY)
                json_begin_array(w);
        else if (type == JSON_STRING)
                json_str(w, json_string(v, a));
        else
                json_raw_value(w, json_raw(v));
        for (; json_next(&it); n++) {
                if (type == JSON_OBJECT) {
                        const char *key = json_key_string(&it, a);
                        require(json_present(json_get(v, key)) && json_present(json_get_nocase(v, key)));
                        json_key(w, key);
                }
                walk(it.value, w, a);
        }
        require(n == json_count(v));
        if (type == JSON_OBJECT)
                json_end_object(w);
        else if (type == JSON_ARRAY)
                json_end_array(w);
}

static struct json_doc *read_back(const char *text, size_t len) {
        struct json_doc *doc = NULL;
        require(json_parse(text, len, MAX_TOKENS, &doc, NULL) == 0);
        return doc;
}

static void write_root(struct buf *out, struct json_value root, enum json_style style, struct arena *a) {
        struct json_writer w;
        json_writer_init(&w, out, style);
        walk(root, &w, a);
        require(!out->overflowed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct json_doc *doc AUTO_JSON = NULL;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct buf compact AUTO(buf_release) = BUF_INIT(64 * 1024 * 1024);
        struct buf pretty AUTO(buf_release) = BUF_INIT(64 * 1024 * 1024);
        struct buf again AUTO(buf_release) = BUF_INIT(64 * 1024 * 1024);
        struct error err = ERROR_INIT;

        if (json_parse((const char *)data, size, MAX_TOKENS, &doc, &err) < 0) {
                require(err.code == ERR_INVALID || err.code == ERR_TOO_LARGE);
                return 0;
        }
        struct slice raw = json_raw(json_root(doc));
        struct json_doc *from_raw AUTO_JSON = read_back(raw.p, raw.n);
        write_root(&compact, json_root(from_raw), JSON_COMPACT, &a);
        write_root(&pretty, json_root(doc), JSON_PRETTY, &a);
        struct json_doc *from_pretty AUTO_JSON = read_back(pretty.data, pretty.len);
        write_root(&again, json_root(from_pretty), JSON_COMPACT, &a);
        require(again.len == compact.len && memcmp(again.data, compact.data, compact.len) == 0);

        struct buf merged AUTO(buf_release) = BUF_INIT(64 * 1024 * 1024);
        struct json_writer w;
        const struct json_member ours[] = { { "a", slice_str("1") }, { "b", { NULL, 0 } } };
        json_writer_init(&w, &merged, JSON_COMPACT);
        json_merge_object(&w, json_root(doc), ours, N_ELEMENTS(ours));
        struct json_doc *from_merged AUTO_JSON = NULL;
        require(json_parse(merged.data, merged.len, MAX_TOKENS + 3, &from_merged, NULL) == 0);
        int64_t one = 0;
        require(json_int(json_get(json_root(from_merged), "a"), &one) && one == 1);
        require(!json_present(json_get(json_root(from_merged), "b")));
        return 0;
}
