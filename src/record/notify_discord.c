/* SPDX-License-Identifier: MIT */
/* Discord: a webhook that gets one embed. A title has 256 characters at most, a description 4096. */
#include "notify_internal.h"

#define TITLE_MAX ((size_t)256)
#define TEXT_MAX  ((size_t)4096)
#define NAME      "Docker Auto-Heal"

static void escape(struct buf *out, const char *text) {
        for (; *text; text++) {
                if (strchr("\\*_~`|[]()<>", *text))
                        buf_add_char(out, '\\');
                buf_add_char(out, *text);
        }
}

static const struct style discord = { "", "", escape };

static void write_embed(struct json_writer *w, const struct message *m, struct arena *a) {
        static const int64_t colours[PRIORITY_MAX_] = { 0x95a5a6, 0x3498db, 0xf39c12, 0xe74c3c };

        json_begin_object(w);
        json_member(w, "title", message_title(m, TITLE_MAX, a));
        json_member(w, "description", message_text(m, &discord, TEXT_MAX, a));
        json_key(w, "color");
        json_num(w, colours[message_priority(m)]);
        json_member(w, "timestamp", message_time(m, a));
        json_key(w, "footer");
        json_begin_object(w);
        json_member(w, "text", NAME);
        json_end_object(w);
        json_end_object(w);
}

static int write(struct letter *ret, const struct target *t, const struct message *m, struct arena *a, struct error *err) {
        struct json_text j;

        if (need(t->url, "url", err) < 0)
                return -1;
        json_text_begin(&j);
        json_begin_object(&j.w);
        json_key(&j.w, "embeds");
        json_begin_array(&j.w);
        write_embed(&j.w, m, a);
        json_end_array(&j.w);
        json_member(&j.w, "username", t->username ? t->username : NAME);
        /* Whatever a container is called, nobody is called by it. */
        json_key(&j.w, "allowed_mentions");
        json_begin_object(&j.w);
        json_key(&j.w, "parse");
        json_begin_array(&j.w);
        json_end_array(&j.w);
        json_end_object(&j.w);
        json_end_object(&j.w);
        *ret = (struct letter){ .url = t->url, .body = json_text_end(&j, a) };
        return 0;
}

const struct notify_kind notify_discord = { .write = write };
