/* SPDX-License-Identifier: MIT */
/*
 * Whom to tell what happens: the elements of notifications.services as data. What is wrong with one was told when the
 * configuration was loaded; it is here all the same, with `wrong`, so that who wants to use it can say why not.
 *
 * A text may stand in the configuration, or in a file that the configuration names; the file is read when it is needed, not here.
 */
#ifndef AUTOHEAL_CONFIG_SERVICES_H
#define AUTOHEAL_CONFIG_SERVICES_H

#include "autoheal/util/base.h"

struct string_list {
        const char *const *items;
        size_t n;
};

enum service_type {
        SERVICE_WEBHOOK,
        SERVICE_DISCORD,
        SERVICE_SLACK,
        SERVICE_TELEGRAM,
        SERVICE_NTFY,
        SERVICE_GOTIFY,
        SERVICE_PUSHOVER,
        SERVICE_APPRISE,
        SERVICE_EMAIL,
        SERVICE_ALERT, /* alerts.webhook, which is no element of the list */
        SERVICE_TYPE_MAX_
};
const char *service_type_name(enum service_type t); /* "webhook"; of SERVICE_ALERT "alert" */

/* Either may be NULL; both: it is not set. */
struct service_text {
        const char *text;
        const char *file; /* absolute path of the file that holds it */
};

struct service_header {
        const char *name;
        struct service_text value;
};

/* Strings are NULL, and lists empty, where nothing was set. */
struct service {
        const char *name;
        enum service_type type;
        bool enabled;
        bool always;       /* a variable asks for it: told whether or not notifications.enabled */
        const char *wrong; /* why it cannot be used: "bot_token must be set for a telegram service"; NULL: it can */
        struct service_text url, password, bot_token, app_token, user_key, api_token;
        const char *json_key; /* of a webhook: the message goes there as text, and nothing else is sent; NULL: all of it */
        const char *username, *chat_id, *topic, *server_url, *from;
        struct string_list to;
        const struct service_header *headers;
        size_t n_headers;
};

/* The name under which alerts.webhook appears in the outbox, the metrics and `notify test`; no service may have it. */
#define SERVICE_ALERT_NAME "alerts.webhook"

/* Variables of another tool that make a service of the same name, which no service of the list may have. */
#define OTHER_NAME_WEBHOOK "WEBHOOK_URL"
#define OTHER_NAME_APPRISE "APPRISE_URL"

#endif
