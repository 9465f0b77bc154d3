/* SPDX-License-Identifier: MIT */
/* Notification services as data, once they were checked. */
#include "config/objects.h"

static struct service_text read_text(struct json_value v, struct arena *a) {
        if (json_string_eq(v, ""))
                return (struct service_text){ NULL, NULL };
        return (struct service_text){ json_string(v, a), json_string(json_get(v, "file"), a) };
}

static const char *read_line(struct json_value v, struct arena *a) {
        return read_text(v, a).text;
}

/* A list of texts, or one alone. */
static struct string_list read_list(struct json_value v, struct arena *a) {
        struct json_iter it = json_iter(v);
        size_t room = json_type(v) == JSON_ARRAY ? json_count(v) : 1, n = 0;
        const char **items = arena_array(a, room, sizeof(*items));

        if (json_type(v) == JSON_STRING)
                items[n++] = json_string(v, a);
        while (json_type(v) == JSON_ARRAY && json_next(&it)) {
                items[n] = json_string(it.value, a);
                n += items[n] != NULL;
        }
        return (struct string_list){ items, n };
}

static void read_headers(struct service *s, struct json_value v, struct arena *a) {
        struct json_iter it = json_iter(v);
        struct service_header *headers = arena_array(a, json_count(v), sizeof(*headers));

        if (json_type(v) != JSON_OBJECT)
                return;
        for (; json_next(&it); s->n_headers++)
                headers[s->n_headers] = (struct service_header){ json_key_string(&it, a), read_text(it.value, a) };
        s->headers = headers;
}

void service_read(struct service *ret, struct json_value v, enum service_type type, const char *wrong, struct arena *a) {
        *ret = (struct service){ .name = read_line(json_get(v, "name"), a), .type = type, .enabled = true };
        /* The issues may not live as long as the configuration. */
        ret->wrong = arena_strdup(a, wrong);
        ret->name = ret->name ? ret->name : "";
        (void)json_bool(json_get(v, "enabled"), &ret->enabled);
        ret->url = read_text(json_get(v, "url"), a);
        ret->password = read_text(json_get(v, "password"), a);
        ret->bot_token = read_text(json_get(v, "bot_token"), a);
        ret->app_token = read_text(json_get(v, "app_token"), a);
        ret->user_key = read_text(json_get(v, "user_key"), a);
        ret->api_token = read_text(json_get(v, "api_token"), a);
        ret->username = read_line(json_get(v, "username"), a);
        ret->chat_id = read_line(json_get(v, "chat_id"), a);
        ret->topic = read_line(json_get(v, "topic"), a);
        ret->server_url = read_line(json_get(v, "server_url"), a);
        ret->from = read_line(json_get(v, "from"), a);
        ret->to = read_list(json_get(v, "to"), a);
        read_headers(ret, json_get(v, "headers"), a);
}
