/* SPDX-License-Identifier: MIT */
/* alerts.webhook, which the earlier service tells of quarantines: the event as it stands in the history. */
#include "notify_internal.h"

static int write(struct letter *ret, const struct target *t, const struct message *m, struct arena *a, struct error *err) {
        const char *name = m->container_name ? m->container_name : "", *id = m->stable_id;
        struct json_text j;

        if (need(t->url, "alerts.webhook", err) < 0)
                return -1;
        json_text_begin(&j);
        json_begin_object(&j.w);
        json_member(&j.w, "timestamp", message_time(m, a));
        json_member(&j.w, "container_id", m->container_id ? m->container_id : "");
        json_member(&j.w, "container_name", id ? arena_printf(a, "%s (%s)", name, id) : name);
        json_member(&j.w, "event_type", m->event);
        json_key(&j.w, "restart_count");
        json_num(&j.w, m->restart_count);
        json_member(&j.w, "status", m->status);
        json_member(&j.w, "message", m->text);
        json_end_object(&j.w);
        *ret = (struct letter){ .url = t->url, .body = json_text_end(&j, a) };
        return 0;
}

const struct notify_kind notify_alert = { .write = write };
