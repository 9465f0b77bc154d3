/* SPDX-License-Identifier: MIT */
/*
 * The fields of a container in a plan and of a stored event, the same wherever they are printed. A command makes its shape of
 * them, adds fields of its own behind, and fills a row with item_values() or event_values().
 */
#ifndef AUTOHEAL_CLI_ITEMS_H
#define AUTOHEAL_CLI_ITEMS_H

#include "printer.h"

/* clang-format off */
enum item_field {
        ITEM_NAME, ITEM_ID, ITEM_STABLE_ID, ITEM_IMAGE, ITEM_STATE, ITEM_HEALTH, ITEM_VERDICT,
        ITEM_MONITORED, ITEM_QUARANTINED, ITEM_DECISION, ITEM_REASON, ITEM_DETAIL, ITEM_UNTIL,
        ITEM_RESTARTS, ITEM_MAX_RESTARTS, ITEM_RESULT, ITEM_ERROR, ITEM_STATUS, ITEM_MONITORED_TEXT,
        ITEM_MONITOR_DETAIL, ITEM_VERDICT_TEXT, ITEM_VERDICT_DETAIL, ITEM_RESTARTS_TEXT,
        ITEM_QUARANTINED_TEXT, ITEM_NEXT_ACTION, N_ITEM_FIELDS,
};
#define ITEM_FIELDS                                                              \
        [ITEM_NAME] = { "name", "Name", "NAME" },                                \
        [ITEM_ID] = { "id", "ID", "CONTAINER ID" },                              \
        [ITEM_STABLE_ID] = { "stable_id", "StableID", "STABLE ID" },             \
        [ITEM_IMAGE] = { "image", "Image", "IMAGE" },                            \
        [ITEM_STATE] = { "state", "State", "STATE" },                            \
        [ITEM_HEALTH] = { "health", "Health", "HEALTH" },                        \
        [ITEM_VERDICT] = { "verdict", "Verdict", "VERDICT" },                    \
        [ITEM_MONITORED] = { "monitored", "Monitored", "MONITORED" },            \
        [ITEM_QUARANTINED] = { "quarantined", "Quarantined", "QUARANTINED" },    \
        [ITEM_DECISION] = { "decision", "Decision", "DECISION" },                \
        [ITEM_REASON] = { "reason", "Reason", "REASON" },                        \
        [ITEM_DETAIL] = { "detail", "Detail", "DETAIL" },                        \
        [ITEM_UNTIL] = { "until", "Until", "UNTIL" },                            \
        [ITEM_RESTARTS] = { "restarts", "Restarts", "RESTARTS" },                \
        [ITEM_MAX_RESTARTS] = { "max_restarts", "MaxRestarts", "MAX RESTARTS" }, \
        [ITEM_RESULT] = { "result", "Result", "RESULT" },                        \
        [ITEM_ERROR] = { "error", "Error", "ERROR" },                            \
        [ITEM_STATUS] = { NULL, "Status", "STATUS" },                            \
        [ITEM_MONITORED_TEXT] = { NULL, "MonitoredText", "MONITORED" },          \
        [ITEM_MONITOR_DETAIL] = { NULL, "MonitorDetail", "MONITOR DETAIL" },     \
        [ITEM_VERDICT_TEXT] = { NULL, "VerdictText", "VERDICT" },                \
        [ITEM_VERDICT_DETAIL] = { NULL, "VerdictDetail", "VERDICT DETAIL" },     \
        [ITEM_RESTARTS_TEXT] = { NULL, "RestartsText", "RESTARTS" },             \
        [ITEM_QUARANTINED_TEXT] = { NULL, "QuarantinedText", "QUARANTINED" },    \
        [ITEM_NEXT_ACTION] = { NULL, "NextAction", "NEXT ACTION" }
/* clang-format on */

/* ret: N_ITEM_FIELDS of them, borrowed from item and from a. */
void item_values(struct value *ret, const struct plan_item *item, int64_t now_us, bool no_trunc, struct arena *a);

/* The first is the object as it was stored, which is what JSON shows: with keys that this version does not know. */
/* clang-format off */
enum event_field {
        EVENT_FIELD_OBJECT, EVENT_FIELD_TIMESTAMP, EVENT_FIELD_CONTAINER_ID,
        EVENT_FIELD_CONTAINER_NAME, EVENT_FIELD_TYPE, EVENT_FIELD_RESTART_COUNT, EVENT_FIELD_STATUS,
        EVENT_FIELD_MESSAGE, EVENT_FIELD_STABLE_ID, EVENT_FIELD_REASON, EVENT_FIELD_EXIT_CODE,
        EVENT_FIELD_OOM_KILLED, EVENT_FIELD_HEALTH_OUTPUT, EVENT_FIELD_DURATION_MS,
        EVENT_FIELD_CONTAINER, N_EVENT_FIELDS,
};
#define EVENT_FIELDS                                                                            \
        [EVENT_FIELD_OBJECT] = { "", NULL, NULL },                                              \
        [EVENT_FIELD_TIMESTAMP] = { "timestamp", "Timestamp", "TIME" },                         \
        [EVENT_FIELD_CONTAINER_ID] = { "container_id", "ContainerID", "CONTAINER ID" },         \
        [EVENT_FIELD_CONTAINER_NAME] = { "container_name", "ContainerName", "CONTAINER NAME" }, \
        [EVENT_FIELD_TYPE] = { "event_type", "EventType", "EVENT" },                            \
        [EVENT_FIELD_RESTART_COUNT] = { "restart_count", "RestartCount", "RESTARTS" },          \
        [EVENT_FIELD_STATUS] = { "status", "Status", "STATUS" },                                \
        [EVENT_FIELD_MESSAGE] = { "message", "Message", "MESSAGE" },                            \
        [EVENT_FIELD_STABLE_ID] = { "stable_id", "StableID", "STABLE ID" },                     \
        [EVENT_FIELD_REASON] = { "reason", "Reason", "REASON" },                                \
        [EVENT_FIELD_EXIT_CODE] = { "exit_code", "ExitCode", "EXIT CODE" },                     \
        [EVENT_FIELD_OOM_KILLED] = { "oom_killed", "OOMKilled", "OOM KILLED" },                 \
        [EVENT_FIELD_HEALTH_OUTPUT] = { "health_output", "HealthOutput", "HEALTH OUTPUT" },     \
        [EVENT_FIELD_DURATION_MS] = { "duration_ms", "DurationMS", "DURATION" },                \
        [EVENT_FIELD_CONTAINER] = { NULL, "Container", "CONTAINER" }
/* clang-format on */

/* ret: N_EVENT_FIELDS of them, borrowed from e and from a. */
void event_values(struct value *ret, const struct stored_event *e, struct arena *a);

#endif
