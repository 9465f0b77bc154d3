/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: a template (up to the first NUL) is refused with a reason or runs over values from outside (what follows), and
 * unless it holds such characters itself, nothing that a terminal would act on comes out.
 */
#include "cli/template.h"

#include "autoheal/util/text.h"

#define OUTPUT_MAX ((size_t)256 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
        if (!holds)
                abort();
}

static bool is_printable(const char *s, size_t n) {
        uint32_t cp = 0;
        for (size_t len; n; s += len, n -= len) {
                len = utf8_sequence(s, n, &cp);
                if (len == 0 || !text_is_printable(cp))
                        return false;
        }
        return true;
}

static const struct field fields[] = {
        { "text", "Text", "TEXT" },       { "number", "Number", "NUMBER" }, { "yes", "Yes", "YES" },
        { "null", "Null", "NULL" },       { "time", "Time", "TIME" },       { "json", "JSON", "JSON" },
        { "in.side", "In.Side", "SIDE" }, { NULL, "People", "PEOPLE" },
};
static const struct shape shape = { fields, N_ELEMENTS(fields), NULL };

static void run(const struct template *t, const char *text, const char *json, struct buf *out) {
        const struct value row[] = {
                value_text(text),
                value_number((int64_t)strlen(text)),
                value_bool(true),
                value_null(),
                value_time(1761919071076821),
                value_json(json),
                value_text(text),
                value_text(text),
        };
        _Static_assert(N_ELEMENTS(row) == N_ELEMENTS(fields), "one value for each field");
        template_run(t, row, (struct time_style){ .now_us = 1761919071076821, .iso = true }, out);
        require(out->len <= OUTPUT_MAX);
}

/* An array of the text, as the writer makes it. */
static void make_json(const char *text, struct buf *out) {
        struct json_writer w;
        json_writer_init(&w, out, JSON_COMPACT);
        json_begin_array(&w);
        json_str(&w, text);
        json_num(&w, 0);
        json_str(&w, text);
        json_end_array(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct buf json AUTO(buf_release) = BUF_INIT(1024 * 1024), out AUTO(buf_release) = BUF_INIT(OUTPUT_MAX);
        struct buf again AUTO(buf_release) = BUF_INIT(OUTPUT_MAX), header AUTO(buf_release) = BUF_INIT(OUTPUT_MAX);
        const char *typed = arena_strndup(&a, (const char *)data, size);
        size_t len = strlen(typed);
        const char *text = len < size ? typed + len + 1 : "";
        struct error err = ERROR_INIT;
        struct template *t = NULL;

        if (template_parse(&t, typed, &shape, &a, &err) < 0) {
                require(!t && err.code == ERR_INVALID && strncmp(err.msg, "failed to parse template: ", 26) == 0);
                require(is_printable(err.msg, strlen(err.msg)));
                return 0;
        }
        make_json(text, &json);
        run(t, text, buf_str(&json), &out);
        run(t, text, buf_str(&json), &again);
        require(out.len == again.len && memcmp(buf_str(&out), buf_str(&again), out.len) == 0);
        template_run_header(t, &header);
        if (!strstr(typed, "{{")) {
                require(!template_has_action(t) && strcmp(buf_str(&out), typed) == 0 && strcmp(buf_str(&header), typed) == 0);
                return 0;
        }
        if (is_printable(typed, len) && !strchr(typed, '\\') && !out.overflowed)
                require(is_printable(buf_str(&out), out.len) && is_printable(buf_str(&header), header.len));
        return 0;
}
