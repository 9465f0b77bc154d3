/* SPDX-License-Identifier: MIT */
/* Slack, and what takes its incoming webhooks: a header of at most 150 characters and a section of at most 3000. */
#include "notify_internal.h"

#define TITLE_MAX ((size_t)150)
#define TEXT_MAX  ((size_t)3000)

/* The three characters that Slack wants to be escaped; with them a text cannot name a channel, a person or a link. */
static const struct style slack = { "*", "*", escape_angles };

static void write_block(struct json_writer *w, const char *block, const char *type, const char *text) {
        json_begin_object(w);
        json_member(w, "type", block);
        json_key(w, "text");
        json_begin_object(w);
        json_member(w, "type", type);
        json_member(w, "text", text);
        json_end_object(w);
        json_end_object(w);
}

static int write(struct letter *ret, const struct target *t, const struct message *m, struct arena *a, struct error *err) {
        struct buf text AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        const char *title = message_title(m, TITLE_MAX, a);
        struct json_text j;

        if (need(t->url, "url", err) < 0)
                return -1;
        escape_angles(&text, title);
        json_text_begin(&j);
        json_begin_object(&j.w);
        json_member(&j.w, "text", buf_str(&text));
        json_key(&j.w, "blocks");
        json_begin_array(&j.w);
        write_block(&j.w, "header", "plain_text", title);
        write_block(&j.w, "section", "mrkdwn", message_text(m, &slack, TEXT_MAX, a));
        json_end_array(&j.w);
        json_end_object(&j.w);
        *ret = (struct letter){ .url = t->url, .body = json_text_end(&j, a) };
        return 0;
}

const struct notify_kind notify_slack = { .write = write };
