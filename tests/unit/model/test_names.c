/* SPDX-License-Identifier: MIT */
/* Every enum value has its own word, and the word leads back to it. */
#include "autoheal/model/state.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ROUND_TRIP(name, parse, max)                                                                                               \
        for (unsigned i = 0; i < (unsigned)(max); i++) {                                                                           \
                assert_non_null(name(i));                                                                                          \
                assert_int_not_equal(strlen(name(i)), 0);                                                                          \
                assert_int_equal(parse(name(i)), i);                                                                               \
        }

static void words_lead_back(void **unused) {
        (void)unused;
        ROUND_TRIP(container_state_name, container_state_parse, CONTAINER_STATE_MAX_)
        ROUND_TRIP(health_name, health_parse, HEALTH_MAX_)
        ROUND_TRIP(restart_policy_name, restart_policy_parse, POLICY_MAX_)
        ROUND_TRIP(verdict_name, verdict_parse, VERDICT_MAX_)
        ROUND_TRIP(decision_name, decision_parse, DECISION_MAX_)
        ROUND_TRIP(reason_name, reason_parse, REASON_MAX_)
        ROUND_TRIP(quarantined_by_name, quarantined_by_parse, QUARANTINED_BY_MAX_)
}

static void words_without_a_way_back_differ(void **unused) {
        (void)unused;
        for (int i = 0; i < (int)OUTCOME_MAX_; i++)
                for (int j = 0; j < i; j++)
                        assert_string_not_equal(outcome_name((enum outcome)i), outcome_name((enum outcome)j));
        for (int i = 0; i < (int)EVENT_TYPE_MAX_; i++)
                for (int j = 0; j < i; j++)
                        assert_string_not_equal(event_type_name((enum event_type)i), event_type_name((enum event_type)j));
}

static void wire_words_are_the_documented_ones(void **unused) {
        (void)unused;
        assert_string_equal(container_state_name(CONTAINER_EXITED), "exited");
        assert_string_equal(health_name(HEALTH_NONE), "none");
        assert_string_equal(restart_policy_name(POLICY_UNLESS_STOPPED), "unless-stopped");
        assert_string_equal(verdict_name(VERDICT_FAILING), "failing");
        assert_string_equal(decision_name(DECISION_RELEASE), "release");
        assert_string_equal(reason_name(REASON_MANUAL_STOP), "manual-stop");
        assert_string_equal(reason_name(REASON_IN_FLIGHT), "in-flight");
        assert_string_equal(outcome_name(OUTCOME_SUCCESS), "success");
        assert_string_equal(event_type_name(EVENT_AUTO_UNQUARANTINE), "auto_unquarantine");
        assert_string_equal(event_type_name(EVENT_AUTO_MONITOR), "auto_monitor");
        assert_string_equal(quarantined_by_name(QUARANTINED_BY_PERSON), "person");
}

static void other_words_have_their_documented_answer(void **unused) {
        static const char *const strange[] = { NULL, "", "Running", "running ", "unhealthy\n", "\xff" };

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(strange); i++) {
                assert_int_equal(container_state_parse(strange[i]), CONTAINER_UNKNOWN);
                assert_int_equal(health_parse(strange[i]), HEALTH_UNKNOWN);
                assert_int_equal(restart_policy_parse(strange[i]), POLICY_NO);
                assert_int_equal(verdict_parse(strange[i]), VERDICT_UNKNOWN);
                assert_int_equal(decision_parse(strange[i]), DECISION_MAX_);
                assert_int_equal(reason_parse(strange[i]), REASON_MAX_);
                assert_int_equal(quarantined_by_parse(strange[i]), QUARANTINED_BY_AUTOHEAL);
        }
}

static void values_outside_the_enum_have_a_word(void **unused) {
        (void)unused;
        assert_string_equal(reason_name(REASON_MAX_), "unknown");
        assert_string_equal(decision_name((enum decision)1000), "unknown");
}

static void reasons_that_keep_out_are_told_from_others(void **unused) {
        static const char *const out[] = { "not-monitored", "excluded",   "label-false", "filtered",
                                           "self",          "swarm-task", "one-off",     "kubernetes" };
        size_t n = 0;

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(out); i++)
                assert_true(reason_keeps_out(reason_parse(out[i])));
        for (int r = 0; r <= REASON_MAX_; r++)
                n += reason_keeps_out((enum reason)r);
        assert_int_equal(n, N_ELEMENTS(out));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(words_lead_back),
                cmocka_unit_test(words_without_a_way_back_differ),
                cmocka_unit_test(wire_words_are_the_documented_ones),
                cmocka_unit_test(other_words_have_their_documented_answer),
                cmocka_unit_test(values_outside_the_enum_have_a_word),
                cmocka_unit_test(reasons_that_keep_out_are_told_from_others),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
