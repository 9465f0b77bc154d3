/* SPDX-License-Identifier: MIT */
/* Pushover: a form; a title of at most 250 characters, a message of at most 1024. */
#include "notify_internal.h"

#include "autoheal/util/text.h"

#define SERVER    "https://api.pushover.net"
#define TITLE_MAX ((size_t)250)
#define TEXT_MAX  ((size_t)1024)
#define FORM_MAX  ((size_t)16 * 1024)

static void add(struct buf *out, const char *name, const char *value) {
        buf_addf(out, "%s%s=", out->len ? "&" : "", name);
        text_percent_encode(out, value);
}

static int write(struct letter *ret, const struct target *t, const struct message *m, struct arena *a, struct error *err) {
        static const char *const levels[PRIORITY_MAX_] = { "-1", "0", "1", "1" };
        struct buf form AUTO(buf_release) = BUF_INIT(FORM_MAX);

        if (need(t->user_key, "user_key", err) < 0 || need(t->api_token, "api_token", err) < 0)
                return -1;
        add(&form, "token", t->api_token);
        add(&form, "user", t->user_key);
        add(&form, "title", message_title(m, TITLE_MAX, a));
        add(&form, "message", message_text(m, &style_plain, TEXT_MAX, a));
        add(&form, "priority", levels[message_priority(m)]);
        add(&form, "timestamp", arena_printf(a, "%lld", (long long)(m->at_us / US_PER_S)));
        if (form.overflowed)
                return error_set(err, ERR_INVALID, "user_key or api_token is too long");
        *ret = (struct letter){ .url = url_join(t->server_url ? t->server_url : SERVER, "1/messages.json", a),
                                .content_type = "application/x-www-form-urlencoded",
                                .body = arena_strdup(a, buf_str(&form)) };
        return 0;
}

static bool took(long status, struct json_value answer, const char **why) {
        int64_t n = 0;

        (void)status;
        (void)why;
        return json_int(json_get(answer, "status"), &n) && n == 1;
}

const struct notify_kind notify_pushover = { .write = write, .took = took, .refusal = "errors" };
