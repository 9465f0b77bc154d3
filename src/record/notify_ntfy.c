/* SPDX-License-Identifier: MIT */
/* ntfy: the text as the body (4096 bytes at most, more becomes a file), the rest in headers, which are ASCII. */
#include "notify_internal.h"

#include "autoheal/util/mime.h"

#define SERVER    "https://ntfy.sh"
#define TITLE_MAX ((size_t)200)
#define TEXT_MAX  ((size_t)4000)
#define WORD_MAX  ((size_t)1024)

static int write(struct letter *ret, const struct target *t, const struct message *m, struct arena *a, struct error *err) {
        static const int levels[PRIORITY_MAX_] = { 1, 3, 4, 5 };
        struct buf title AUTO(buf_release) = BUF_INIT(WORD_MAX);
        const char **headers = arena_array(a, 5, sizeof(*headers));
        size_t n = 0;

        if (need(t->topic, "topic", err) < 0)
                return -1;
        mime_header(&title, message_title(m, TITLE_MAX, a), " ");
        headers[n++] = arena_printf(a, "Title: %s", buf_str(&title));
        headers[n++] = arena_printf(a, "Priority: %d", levels[message_priority(m)]);
        headers[n++] = "Tags: whale,docker";
        if (t->api_token)
                headers[n++] = arena_printf(a, "Authorization: Bearer %s", t->api_token);
        *ret = (struct letter){ .url = url_join(t->server_url ? t->server_url : SERVER, t->topic, a),
                                .content_type = "text/plain; charset=utf-8",
                                .headers = headers,
                                .body = message_text(m, &style_plain, TEXT_MAX, a),
                                .username = !t->api_token && t->password ? t->username : NULL,
                                .password = t->password };
        return 0;
}

/* It answers with the message. */
static bool took(long status, struct json_value answer, const char **why) {
        (void)status;
        (void)why;
        return json_type(json_get(answer, "id")) == JSON_STRING;
}

const struct notify_kind notify_ntfy = { .write = write, .took = took, .refusal = "error" };
