/* SPDX-License-Identifier: MIT */
/*
 * What hooks.pre_restart says to a restart. It is asked before anything is written down, and what it was asked is thought about
 * anew when it has answered: whoever recovers meanwhile, or is stopped by a person, is not restarted, and a pass that is killed
 * while it waits has begun nothing.
 */
#include "decide_internal.h"

/* About this very run of the container: one that was started anew meanwhile is another matter. */
static const struct hook_asked *find_asked(const struct subject *s) {
        const struct decide_input *in = s->round->in;

        for (size_t i = 0; i < in->n_asked; i++) {
                const struct hook_asked *x = &in->asked[i];

                if (str_eq(x->container_id, s->c->id) &&
                    (x->answered_us == 0 || (x->started_us == s->c->started_us && x->finished_us == s->c->finished_us)))
                        return x;
        }
        return NULL;
}

/* A veto holds until the next look that begins by itself, and is asked for again then. */
static int64_t holds_until_us(const struct subject *s, const struct hook_asked *x, bool refused) {
        const struct config *cfg = s->round->in->config;
        int64_t holds_s = refused ? cfg->monitor.interval_seconds : HOOK_ANSWER_HOLDS_S;

        return x->answered_us + holds_s * US_PER_S;
}

struct consent decide_consent(const struct subject *s) {
        const struct config *cfg = s->round->in->config;
        int64_t now_us = s->round->in->now.wall_us;
        const struct hook_asked *x = find_asked(s);

        if (cfg->hooks.pre_restart.n == 0 || !decide_is_broken(s) || decide_wants_stop(s))
                return (struct consent){ .is = CONSENT_NEEDLESS };
        if (!x)
                return (struct consent){ .is = CONSENT_TO_ASK };
        if (x->answered_us == 0) {
                int64_t until_us = x->asked_us + cfg->hooks.timeout_seconds * US_PER_S;

                return (struct consent){ CONSENT_ASKED, x, until_us > now_us ? until_us : 0 };
        }

        bool refused = !x->agreed && cfg->hooks.pre_restart_veto;
        int64_t until_us = holds_until_us(s, x, refused);

        /* By a clock that was set back, an answer from the future would hold for ever. */
        if (now_us >= until_us || x->answered_us > now_us)
                return (struct consent){ .is = CONSENT_TO_ASK };
        /* What was seen before it answered may not be so any more. */
        if (x->answered_us > s->round->in->observation->at.wall_us)
                return (struct consent){ .is = CONSENT_ASKED, .asked = x };
        return (struct consent){ refused ? CONSENT_REFUSED : CONSENT_GIVEN, x, refused ? until_us : 0 };
}

bool decide_is_as_good_as_down(const struct subject *s) {
        struct consent c;

        if (!s->sel->monitored)
                return false;
        c = decide_consent(s);
        return c.is == CONSENT_ASKED || c.is == CONSENT_GIVEN || (c.is == CONSENT_TO_ASK && s->item->wants_hook);
}

const char *decide_veto_key(const struct subject *s) {
        return arena_printf(s->round->a, "veto:%lld", (long long)s->m->episode_us);
}
