/* SPDX-License-Identifier: MIT */
/* Telegram's Bot API: sendMessage in its HTML, of which three characters have to be escaped; at most 4096 characters. */
#include "notify_internal.h"

#define SERVER    "https://api.telegram.org"
#define TITLE_MAX ((size_t)256)
#define TEXT_MAX  ((size_t)3072)
#define WHOLE_MAX ((size_t)8192)

static const struct style html = { "<b>", "</b>", escape_angles };

static int write(struct letter *ret, const struct target *t, const struct message *m, struct arena *a, struct error *err) {
        struct buf text AUTO(buf_release) = BUF_INIT(WHOLE_MAX);
        struct json_text j;

        if (need(t->bot_token, "bot_token", err) < 0 || need(t->chat_id, "chat_id", err) < 0)
                return -1;
        if (strpbrk(t->bot_token, "/?#% \\"))
                return error_set(err, ERR_INVALID, "bot_token must not contain blanks, nor any of / ? # \\ and the percent sign");
        buf_add_str(&text, "<b>");
        escape_angles(&text, message_title(m, TITLE_MAX, a));
        buf_addf(&text, "</b>\n\n%s", message_text(m, &html, TEXT_MAX, a));
        json_text_begin(&j);
        json_begin_object(&j.w);
        json_member(&j.w, "chat_id", t->chat_id);
        json_member(&j.w, "text", buf_str(&text));
        json_member(&j.w, "parse_mode", "HTML");
        json_key(&j.w, "link_preview_options");
        json_begin_object(&j.w);
        json_key(&j.w, "is_disabled");
        json_boolean(&j.w, true);
        json_end_object(&j.w);
        if (message_priority(m) == PRIORITY_LOW) {
                json_key(&j.w, "disable_notification");
                json_boolean(&j.w, true);
        }
        json_end_object(&j.w);
        *ret = (struct letter){
                .url = url_join(t->server_url ? t->server_url : SERVER, arena_printf(a, "bot%s/sendMessage", t->bot_token), a),
                .body = json_text_end(&j, a),
        };
        return 0;
}

static bool took(long status, struct json_value answer, const char **why) {
        bool ok = false;

        (void)status;
        (void)why;
        return json_bool(json_get(answer, "ok"), &ok) && ok;
}

/* It sends no Retry-After. */
static struct json_value wait(struct json_value answer) {
        return json_get(json_get(answer, "parameters"), "retry_after");
}

const struct notify_kind notify_telegram = { .write = write, .took = took, .refusal = "description", .wait = wait };
