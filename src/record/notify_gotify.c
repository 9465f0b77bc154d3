/* SPDX-License-Identifier: MIT */
/* Gotify: POST /message with the application's token in a header. */
#include "notify_internal.h"

#define TITLE_MAX ((size_t)256)
#define TEXT_MAX  ((size_t)8192)

static int write(struct letter *ret, const struct target *t, const struct message *m, struct arena *a, struct error *err) {
        static const int64_t levels[PRIORITY_MAX_] = { 2, 5, 8, 10 };
        const char **headers = arena_array(a, 2, sizeof(*headers));
        struct json_text j;

        if (need(t->server_url, "server_url", err) < 0 || need(t->app_token, "app_token", err) < 0)
                return -1;
        headers[0] = arena_printf(a, "X-Gotify-Key: %s", t->app_token);
        json_text_begin(&j);
        json_begin_object(&j.w);
        json_member(&j.w, "title", message_title(m, TITLE_MAX, a));
        json_member(&j.w, "message", message_text(m, &style_plain, TEXT_MAX, a));
        json_key(&j.w, "priority");
        json_num(&j.w, levels[message_priority(m)]);
        json_end_object(&j.w);
        *ret = (struct letter){ .url = url_join(t->server_url, "message", a), .headers = headers, .body = json_text_end(&j, a) };
        return 0;
}

/* It answers with the message. */
static bool took(long status, struct json_value answer, const char **why) {
        int64_t id;

        (void)status;
        (void)why;
        return json_int(json_get(answer, "id"), &id);
}

const struct notify_kind notify_gotify = { .write = write, .took = took, .refusal = "errorDescription" };
