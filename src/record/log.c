/* SPDX-License-Identifier: MIT */
/* An event as a line of the log: how serious it is, whose it is, and what it says. */
#include "autoheal/record/record.h"

#include "autoheal/os/log.h"

static enum log_level level_of(const struct event *e) {
        if (str_eq(e->status, "failure") || str_eq(e->status, "lost"))
                return LEVEL_ERROR;
        if (str_eq(e->status, "unknown") || e->type == EVENT_QUARANTINE || e->type == EVENT_STORM || e->type == EVENT_STORE)
                return LEVEL_WARNING;
        return LEVEL_INFO;
}

static const char *module_of(const struct event *e) {
        if (e->type == EVENT_ENGINE)
                return "engine";
        return e->type == EVENT_CONFIG && !e->container_name ? "config" : "pass";
}

void record_log(const struct event *e) {
        const char *name = e->container_name, *module = module_of(e), *type = event_type_name(e->type);
        if (!name && str_eq(module, type))
                log_note(level_of(e), module, "%s", e->message);
        else
                log_note(level_of(e), module, "%s%s%s: %s", type, name ? " " : "", name ? name : "", e->message);
}
