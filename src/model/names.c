/* SPDX-License-Identifier: MIT */
/* The words of the model's enums, as the engine says them and as they stand in files and output, both ways. */
#include "autoheal/model/hook.h"
#include "autoheal/model/state.h"

/* A table whose last word is missing does not compile; the unit test finds a hole in the middle. */
#define COVERS(table, max) _Static_assert(N_ELEMENTS(table) == (max), #table " must name every value")

static const char *const container_states[] = {
        [CONTAINER_UNKNOWN] = "unknown",       [CONTAINER_CREATED] = "created",
        [CONTAINER_RUNNING] = "running",       [CONTAINER_PAUSED] = "paused",
        [CONTAINER_RESTARTING] = "restarting", [CONTAINER_REMOVING] = "removing",
        [CONTAINER_EXITED] = "exited",         [CONTAINER_DEAD] = "dead",
};
COVERS(container_states, CONTAINER_STATE_MAX_);

static const char *const healths[] = {
        [HEALTH_UNKNOWN] = "unknown", [HEALTH_NONE] = "none",           [HEALTH_STARTING] = "starting",
        [HEALTH_HEALTHY] = "healthy", [HEALTH_UNHEALTHY] = "unhealthy",
};
COVERS(healths, HEALTH_MAX_);

static const char *const restart_policies[] = {
        [POLICY_NO] = "no",
        [POLICY_ALWAYS] = "always",
        [POLICY_UNLESS_STOPPED] = "unless-stopped",
        [POLICY_ON_FAILURE] = "on-failure",
};
COVERS(restart_policies, POLICY_MAX_);

static const char *const verdicts[] = {
        [VERDICT_OK] = "ok",
        [VERDICT_STARTING] = "starting",
        [VERDICT_FAILING] = "failing",
        [VERDICT_STOPPING] = "stopping",
        [VERDICT_STOPPED] = "stopped",
        [VERDICT_PAUSED] = "paused",
        [VERDICT_RESTARTING] = "restarting",
        [VERDICT_CREATED] = "created",
        [VERDICT_REMOVING] = "removing",
        [VERDICT_UNKNOWN] = "unknown",
};
COVERS(verdicts, VERDICT_MAX_);

static const char *const decisions[] = {
        [DECISION_NONE] = "none",
        [DECISION_RESTART] = "restart",
        [DECISION_STOP] = "stop",
        [DECISION_NOTIFY] = "notify",
        [DECISION_QUARANTINE] = "quarantine",
        [DECISION_RELEASE] = "release",
        [DECISION_HOLD] = "hold",
        [DECISION_SKIP] = "skip",
};
COVERS(decisions, DECISION_MAX_);

static const char *const reasons[] = {
        [REASON_NONE] = "none",
        [REASON_NOT_MONITORED] = "not-monitored",
        [REASON_EXCLUDED] = "excluded",
        [REASON_LABEL_FALSE] = "label-false",
        [REASON_FILTERED] = "filtered",
        [REASON_SELF] = "self",
        [REASON_SWARM_TASK] = "swarm-task",
        [REASON_ONE_OFF] = "one-off",
        [REASON_KUBERNETES] = "kubernetes",
        [REASON_HEALTHY] = "healthy",
        [REASON_RUNNING] = "running",
        [REASON_STARTING] = "starting",
        [REASON_START_GRACE] = "start-grace",
        [REASON_UNPAUSED] = "unpaused",
        [REASON_UNHEALTHY] = "unhealthy",
        [REASON_CHECK] = "check",
        [REASON_CHECK_PENDING] = "check-pending",
        [REASON_UNPROVEN] = "unproven",
        [REASON_CHECK_UNKNOWN] = "check-unknown",
        [REASON_EXITED] = "exited",
        [REASON_START_FAILED] = "start-failed",
        [REASON_STALE_NETWORK] = "stale-network",
        [REASON_PARENT_RESTARTED] = "parent-restarted",
        [REASON_ORPHANED] = "orphaned",
        [REASON_ENGINE_RESTART] = "engine-restart",
        [REASON_STOPPING] = "stopping",
        [REASON_FINISHED] = "finished",
        [REASON_MANUAL_STOP] = "manual-stop",
        [REASON_UNEXPLAINED_STOP] = "unexplained-stop",
        [REASON_CORPSE] = "corpse",
        [REASON_PAUSED] = "paused",
        [REASON_RESTARTING] = "restarting",
        [REASON_CRASH_LOOP] = "crash-loop",
        [REASON_CREATED] = "created",
        [REASON_REMOVING] = "removing",
        [REASON_UNSEEN] = "unseen",
        [REASON_UNKNOWN] = "unknown",
        [REASON_IN_FLIGHT] = "in-flight",
        [REASON_RECOVERED] = "recovered",
        [REASON_MODE] = "mode",
        [REASON_QUARANTINED] = "quarantined",
        [REASON_PROVEN] = "proven",
        [REASON_NEW_VERSION] = "new-version",
        [REASON_MAINTENANCE] = "maintenance",
        [REASON_ACTION] = "action",
        [REASON_EXIT_GRACE] = "exit-grace",
        [REASON_DEPLOY] = "deploy",
        [REASON_PARENT] = "parent",
        [REASON_STORM] = "storm",
        [REASON_ROLLING] = "rolling",
        [REASON_REBUILT] = "rebuilt",
        [REASON_MAX_RESTARTS] = "max-restarts",
        [REASON_COOLDOWN] = "cooldown",
        [REASON_BACKOFF] = "backoff",
        [REASON_PARALLEL] = "parallel",
        [REASON_HOOK] = "hook",
        [REASON_VETOED] = "vetoed",
        [REASON_UNRECORDED] = "unrecorded",
        [REASON_STOPPED] = "stopped",
        [REASON_REQUESTED] = "requested",
        [REASON_GONE] = "gone",
};
COVERS(reasons, REASON_MAX_);

static const char *const outcomes[] = {
        [OUTCOME_NONE] = "none",       [OUTCOME_SUCCESS] = "success", [OUTCOME_FAILURE] = "failure",
        [OUTCOME_UNKNOWN] = "unknown", [OUTCOME_GONE] = "gone",
};
COVERS(outcomes, OUTCOME_MAX_);

static const char *const event_types[] = {
        [EVENT_RESTART] = "restart",
        [EVENT_QUARANTINE] = "quarantine",
        [EVENT_UNQUARANTINE] = "unquarantine",
        [EVENT_AUTO_UNQUARANTINE] = "auto_unquarantine",
        [EVENT_RECOVERED] = "recovered",
        [EVENT_AUTO_MONITOR] = "auto_monitor",
        [EVENT_NOTIFY] = "notify",
        [EVENT_CONFIG] = "config",
        [EVENT_STORM] = "storm",
        [EVENT_CRASH_LOOP] = "crash_loop",
        [EVENT_ENGINE] = "engine",
        [EVENT_STORE] = "store",
        [EVENT_MAINTENANCE] = "maintenance",
        [EVENT_ORPHANED] = "orphaned",
        [EVENT_HEALTH_CHECK] = "health_check",
        [EVENT_HOOK] = "hook",
};
COVERS(event_types, EVENT_TYPE_MAX_);

static const char *const hooks[] = {
        [HOOK_PRE_RESTART] = "pre_restart",
        [HOOK_POST_RESTART] = "post_restart",
        [HOOK_ON_QUARANTINE] = "on_quarantine",
};
COVERS(hooks, HOOK_MAX_);

static const char *const check_outcomes[] = {
        [CHECK_NOT_RUN] = "none", [CHECK_PASSED] = "passed", [CHECK_FAILED] = "failed", [CHECK_UNKNOWN] = "unknown"
};
COVERS(check_outcomes, CHECK_OUTCOME_MAX_);

static const char *const check_standings[] = {
        [STANDING_NONE] = "none",     [STANDING_PENDING] = "pending",   [STANDING_PASSED] = "passed",
        [STANDING_FAILED] = "failed", [STANDING_UNPROVEN] = "unproven", [STANDING_UNKNOWN] = "unknown",
};
COVERS(check_standings, STANDING_MAX_);

static const char *const quarantiners[] = {
        [QUARANTINED_NOT] = "none",
        [QUARANTINED_BY_AUTOHEAL] = "autoheal",
        [QUARANTINED_BY_PERSON] = "person",
};
COVERS(quarantiners, QUARANTINED_BY_MAX_);

static const char *pick(const char *const *names, size_t n, size_t value) {
        return value < n ? names[value] : "unknown";
}

/* Position of the word, `otherwise` if it is none of them (NULL included). */
static size_t position(const char *const *names, size_t n, const char *word, size_t otherwise) {
        for (size_t i = 0; i < n; i++)
                if (str_eq(names[i], word))
                        return i;
        return otherwise;
}

#define PICK(table, value)               pick(table, N_ELEMENTS(table), (size_t)(value))
#define POSITION(table, word, otherwise) position(table, N_ELEMENTS(table), word, otherwise)

const char *container_state_name(enum container_state s) {
        return PICK(container_states, s);
}

enum container_state container_state_parse(const char *word) {
        return (enum container_state)POSITION(container_states, word, CONTAINER_UNKNOWN);
}

const char *health_name(enum health h) {
        return PICK(healths, h);
}

enum health health_parse(const char *word) {
        return (enum health)POSITION(healths, word, HEALTH_UNKNOWN);
}

const char *restart_policy_name(enum restart_policy p) {
        return PICK(restart_policies, p);
}

enum restart_policy restart_policy_parse(const char *word) {
        return (enum restart_policy)POSITION(restart_policies, word, POLICY_NO);
}

const char *verdict_name(enum verdict v) {
        return PICK(verdicts, v);
}

enum verdict verdict_parse(const char *word) {
        return (enum verdict)POSITION(verdicts, word, VERDICT_UNKNOWN);
}

const char *decision_name(enum decision d) {
        return PICK(decisions, d);
}

enum decision decision_parse(const char *word) {
        return (enum decision)POSITION(decisions, word, DECISION_MAX_);
}

const char *reason_name(enum reason r) {
        return PICK(reasons, r);
}

enum reason reason_parse(const char *word) {
        return (enum reason)POSITION(reasons, word, REASON_MAX_);
}

bool reason_keeps_out(enum reason r) {
        switch (r) {
        case REASON_NOT_MONITORED:
        case REASON_EXCLUDED:
        case REASON_LABEL_FALSE:
        case REASON_FILTERED:
        case REASON_SELF:
        case REASON_SWARM_TASK:
        case REASON_ONE_OFF:
        case REASON_KUBERNETES:
                return true;
        default:
                return false;
        }
}

const char *outcome_name(enum outcome o) {
        return PICK(outcomes, o);
}

const char *event_type_name(enum event_type t) {
        return PICK(event_types, t);
}

const char *hook_name(enum hook h) {
        return PICK(hooks, h);
}

const char *check_outcome_name(enum check_outcome o) {
        return PICK(check_outcomes, o);
}

enum check_outcome check_outcome_parse(const char *word) {
        return (enum check_outcome)POSITION(check_outcomes, word, CHECK_NOT_RUN);
}

const char *check_standing_name(enum check_standing s) {
        return PICK(check_standings, s);
}

enum check_standing check_standing_parse(const char *word) {
        return (enum check_standing)POSITION(check_standings, word, STANDING_NONE);
}

const char *quarantined_by_name(enum quarantined_by q) {
        return PICK(quarantiners, q);
}

enum quarantined_by quarantined_by_parse(const char *word) {
        return (enum quarantined_by)POSITION(quarantiners, word, QUARANTINED_BY_AUTOHEAL);
}

static const char *const scope_kind_names[] = {
        [SCOPE_CONTAINER] = "container",
        [SCOPE_PROJECT] = "project",
        [SCOPE_LABEL] = "label",
};
_Static_assert(N_ELEMENTS(scope_kind_names) == SCOPE_MAX_, "every kind of scope has a name");

const char *scope_kind_name(enum scope_kind k) {
        return scope_kind_names[k];
}
