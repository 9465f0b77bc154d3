/* SPDX-License-Identifier: MIT */
/* An event as a line of the log: how serious it is, whose it is, and what it says. */
#include "autoheal/record/record.h"

#include "autoheal/os/log.h"
#include "autoheal/util/timefmt.h"

static enum log_level level_of(const struct event *e) {
        if (str_eq(e->status, "failure") || str_eq(e->status, "lost"))
                return LEVEL_ERROR;
        if (str_eq(e->status, "unknown") || e->type == EVENT_QUARANTINE || e->type == EVENT_STORM || e->type == EVENT_STORE ||
            e->type == EVENT_ORPHANED || e->type == EVENT_HOOK)
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

void record_log_hook(const struct hook_result *r) {
        log_note(r->ok ? LEVEL_INFO : LEVEL_DEBUG, "hook", "%s %s: %s in %.1f s%s%s", hook_name(r->hook), r->container_name,
                 r->ok ? "done" : r->why, (double)r->duration_ms / 1000.0, *r->said ? ": " : "", r->said);
}

void record_log_notified(const char *service, enum notified what, const char *why, int64_t again_s) {
        char again[DURATION_SIZE];
        duration_format(again_s, again);
        switch (what) {
        case NOTIFIED_SENT:
                log_note(LEVEL_DEBUG, "notify", "told '%s'", service);
                break;
        case NOTIFIED_FAILED:
                log_note(LEVEL_WARNING, "notify", "telling '%s' failed: %s; tried again in %s", service, why, again);
                break;
        case NOTIFIED_DROPPED:
                log_note(LEVEL_WARNING, "notify", "the oldest message to '%s' is dropped: %s", service, why);
                break;
        default: /* it is an event, which has a line of its own */
                break;
        }
}
