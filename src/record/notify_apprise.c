/* SPDX-License-Identifier: MIT */
/* An Apprise API server, which passes it on. */
#include "notify_internal.h"

#define TITLE_MAX ((size_t)256)
#define TEXT_MAX  ((size_t)8192)

static const char *type_of(const struct message *m) {
        static const char *const good[] = { "success", "enabled", "ended", "back" };

        if (str_eq(m->status, "failure") || str_eq(m->event, "quarantine"))
                return "failure";
        if (message_is_bad(m))
                return "warning";
        for (size_t i = 0; i < N_ELEMENTS(good); i++)
                if (str_eq(m->status, good[i]))
                        return "success";
        return "info";
}

/* Its plugins look for mentions in what they pass on, even in plain text. */
static int write(struct letter *ret, const struct target *t, const struct message *m, struct arena *a, struct error *err) {
        struct json_text j;

        if (need(t->url, "url", err) < 0)
                return -1;
        json_text_begin(&j);
        json_begin_object(&j.w);
        json_member(&j.w, "title", message_defused(message_title(m, TITLE_MAX, a), a));
        json_member(&j.w, "body", message_defused(message_text(m, &style_plain, TEXT_MAX, a), a));
        json_member(&j.w, "type", type_of(m));
        json_member(&j.w, "format", "text");
        json_end_object(&j.w);
        *ret = (struct letter){ .url = t->url, .headers = t->headers, .body = json_text_end(&j, a) };
        return 0;
}

/* 204 is its word for: there is nobody to pass it on to. */
static bool took(long status, struct json_value answer, const char **why) {
        (void)answer;
        if (status == 204)
                *why = "nobody is configured there to be told";
        return status != 204;
}

const struct notify_kind notify_apprise = { .write = write, .took = took, .refusal = "error" };
