/* SPDX-License-Identifier: MIT */
/* The words for how and what to heal, as they stand in the document and on labels. */
#include "config/config_internal.h"

static const char *const modes[] = {
        [MODE_BOTH] = "both",
        [MODE_HEALTH] = "health",
        [MODE_ON_FAILURE] = "on-failure",
};
_Static_assert(N_ELEMENTS(modes) == MODE_MAX_, "every mode has a word");

static const char *const actions[] = {
        [ACTION_RESTART] = "restart",
        [ACTION_STOP] = "stop",
        [ACTION_NOTIFY] = "notify",
        [ACTION_NONE] = "none",
};
_Static_assert(N_ELEMENTS(actions) == ACTION_MAX_, "every action has a word");

const char *heal_mode_name(enum heal_mode m) {
        return (size_t)m < N_ELEMENTS(modes) ? modes[m] : "unknown";
}

const char *heal_action_name(enum heal_action a) {
        return (size_t)a < N_ELEMENTS(actions) ? actions[a] : "unknown";
}

enum heal_mode heal_mode_parse(const char *word) {
        for (size_t i = 0; i < N_ELEMENTS(modes); i++)
                if (str_eq(modes[i], word))
                        return (enum heal_mode)i;
        return MODE_MAX_;
}

enum heal_action heal_action_parse(const char *word) {
        for (size_t i = 0; i < N_ELEMENTS(actions); i++)
                if (str_eq(actions[i], word))
                        return (enum heal_action)i;
        return ACTION_MAX_;
}
