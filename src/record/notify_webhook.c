/* SPDX-License-Identifier: MIT */
/* A webhook of one's own: the message as JSON, as the earlier service sends it and with what is known beyond that. */
#include "notify_internal.h"

#define TEXT_MAX  ((size_t)8192)
#define TITLE_MAX ((size_t)256)
#define CHAT_MAX  ((size_t)1700) /* and a title: Discord refuses more than 2000 characters */

static const struct style markdown = { "**", "**", NULL };

static void write_event(struct json_writer *w, const struct message *m, struct arena *a) {
        json_begin_object(w);
        json_member(w, "type", m->event);
        json_member(w, "container_id", m->container_id);
        json_member(w, "container_name", m->container_name);
        json_member(w, "status", m->status);
        json_key(w, "restart_count");
        json_num(w, m->restart_count);
        json_member(w, "timestamp", message_time(m, a));
        json_member(w, "host", m->host);
        json_member(w, "stable_id", m->stable_id);
        json_member(w, "message", m->text);
        json_member(w, "reason", m->reason);
        json_key(w, "max_restarts");
        if (m->max_restarts)
                json_num(w, m->max_restarts);
        else
                json_null(w);
        json_key(w, "exit_code");
        if (m->has_exit_code)
                json_num(w, m->exit_code);
        else
                json_null(w);
        json_key(w, "oom_killed");
        json_boolean(w, m->oom_killed);
        json_member(w, "health_output", m->health_output);
        json_key(w, "more");
        json_num(w, m->more);
        json_end_object(w);
}

static void write_line(struct json_text *j, const struct target *t, const struct message *m, struct arena *a) {
        const char *text = arena_printf(a, "%s\n%s", message_title(m, TITLE_MAX, a), message_text(m, &style_plain, CHAT_MAX, a));

        /* Nobody knows what shows it: Discord, Slack, Mattermost and others take one text. */
        json_member(&j->w, t->json_key, message_defused(text, a));
}

static void write_all(struct json_text *j, const struct message *m, struct arena *a) {
        json_member(&j->w, "title", message_title(m, TITLE_MAX, a));
        json_member(&j->w, "message", message_text(m, &markdown, TEXT_MAX, a));
        json_member(&j->w, "priority", priority_name(message_priority(m)));
        json_key(&j->w, "event");
        write_event(&j->w, m, a);
}

static int write(struct letter *ret, const struct target *t, const struct message *m, struct arena *a, struct error *err) {
        struct json_text j;

        if (need(t->url, "url", err) < 0)
                return -1;
        json_text_begin(&j);
        json_begin_object(&j.w);
        if (t->json_key)
                write_line(&j, t, m, a);
        else
                write_all(&j, m, a);
        json_end_object(&j.w);
        *ret = (struct letter){ .url = t->url,
                                .body = json_text_end(&j, a),
                                .headers = t->headers,
                                .content_type = t->content_type,
                                .username = t->password ? t->username : NULL,
                                .password = t->password };
        return 0;
}

const struct notify_kind notify_webhook = { .write = write };
