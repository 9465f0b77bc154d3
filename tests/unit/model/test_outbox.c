/* SPDX-License-Identifier: MIT */
/* The box of messages: one a minute, merging, bounds, back-off, clocks. */
#include "autoheal/model/outbox.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define T0 (INT64_C(1761918000) * US_PER_S)

static struct arena arena;
static struct outbox box;

static int setup(void **state) {
        (void)state;
        arena = (struct arena)ARENA_INIT(4096);
        outbox_init(&box, &arena);
        return 0;
}

static int teardown(void **state) {
        (void)state;
        arena_release(&arena);
        return 0;
}
#define box_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static struct now at(int64_t s) {
        return (struct now){ .wall_us = T0 + s * US_PER_S };
}

static const char *add(const char *id, const char *service, const char *name, const char *event, const char *status, int64_t s) {
        struct message m = { .service = service, .stable_id = name, .event = event, .status = status, .at_us = T0 + s * US_PER_S };

        return outbox_add(&box, &m, id, at(s));
}

static void the_first_is_due_at_once(void **state) {
        (void)state;
        add("a", "ops", "web", "restart", "success", 0);
        assert_int_equal(box.n, 1);
        assert_int_equal(box.messages[0].due_us, T0);
        assert_int_equal(box.messages[0].more, 0);
        /* Another container, event or service is another matter. */
        add("b", "ops", "db", "restart", "success", 0);
        add("c", "ops", "web", "quarantine", "quarantined", 0);
        add("d", "dev", "web", "restart", "success", 0);
        assert_int_equal(box.n, 4);
}

static void what_was_said_waits_a_minute_and_is_summed_up(void **state) {
        (void)state;
        add("a", "ops", "web", "restart", "success", 0);
        outbox_begin(&box, outbox_find(&box, "a"), at(1));
        /* One that is on its way takes nothing in. */
        add("b", "ops", "web", "restart", "failure", 5);
        assert_int_equal(box.n, 2);
        outbox_remove(&box, "a");
        add("c", "ops", "web", "restart", "success", 20);
        add("d", "ops", "web", "restart", "success", 50);
        assert_int_equal(box.n, 1);
        const struct message *m = &box.messages[0];
        assert_string_equal(m->id, "b");
        assert_int_equal(m->due_us, T0 + 61 * US_PER_S);
        assert_int_equal(m->more, 2);
        assert_int_equal(m->more_failed, 1);
        assert_int_equal(m->more_since_us, T0 + 5 * US_PER_S);
        assert_int_equal(m->at_us, T0 + 50 * US_PER_S);
        assert_string_equal(m->status, "success");
}

/* Of two processes one delivers: what the other leaves is beside what may be on its way there, and becomes part of what waits. */
static void what_another_process_leaves_is_not_lost(void **state) {
        struct message m = { .service = "ops", .stable_id = "web", .event = "quarantine", .status = "quarantined" };

        (void)state;
        add("a", "ops", "web", "quarantine", "failure", 0);
        m.at_us = T0 + 5 * US_PER_S;
        assert_null(outbox_leave(&box, &m, "b", at(5)));
        assert_int_equal(box.n, 2);
        struct message left = box.messages[1];
        assert_string_equal(left.id, "b");
        outbox_remove(&box, "b");
        left.more = 2;
        left.more_since_us = T0 - US_PER_S;
        outbox_take_in(&box, &left);
        assert_int_equal(box.n, 1);
        assert_string_equal(box.messages[0].id, "a");
        assert_string_equal(box.messages[0].status, "quarantined");
        assert_int_equal(box.messages[0].more, 3);
        assert_int_equal(box.messages[0].more_failed, 1);
        assert_int_equal(box.messages[0].more_since_us, T0 - US_PER_S);
        /* On its way it takes nothing in, and the minute holds for what was left meanwhile. */
        outbox_begin(&box, &box.messages[0], at(10));
        outbox_take_in(&box, &left);
        assert_int_equal(box.n, 2);
        assert_int_equal(box.messages[1].due_us, T0 + 70 * US_PER_S);
        assert_int_equal(box.messages[1].more, 2);
        /* What is older does not speak. */
        left.at_us = T0 - 9 * US_PER_S;
        left.status = "old";
        left.more = INT64_MAX;
        outbox_take_in(&box, &left);
        assert_int_equal(box.n, 2);
        assert_string_equal(box.messages[1].status, "quarantined");
        assert_true(box.messages[1].more == INT64_MAX);
}

static void after_a_minute_it_is_due_at_once_again(void **state) {
        (void)state;
        add("a", "ops", "web", "restart", "success", 0);
        outbox_begin(&box, outbox_find(&box, "a"), at(0));
        outbox_remove(&box, "a");
        outbox_settle(&box, at(60));
        assert_int_equal(box.n_told, 0);
        add("b", "ops", "web", "restart", "success", 60);
        assert_int_equal(box.messages[0].due_us, T0 + 60 * US_PER_S);
}

static void each_failure_waits_longer(void **state) {
        static const int64_t waits[] = { 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600 };

        (void)state;
        add("a", "ops", "web", "restart", "success", 0);
        for (size_t i = 0; i < N_ELEMENTS(waits); i++)
                assert_int_equal(outbox_failed(&box.messages[0], 0, at(0)), waits[i]);
        assert_int_equal(box.messages[0].attempts, N_ELEMENTS(waits));
        assert_int_equal(box.messages[0].due_us, T0 + 3600 * US_PER_S);
}

static void what_the_service_asks_for_is_heeded_up_to_an_hour(void **state) {
        (void)state;
        add("a", "ops", "web", "restart", "success", 0);
        assert_int_equal(outbox_failed(&box.messages[0], 120, at(0)), 120);
        assert_int_equal(outbox_failed(&box.messages[0], 1, at(0)), 20);
        assert_int_equal(outbox_failed(&box.messages[0], 999999, at(0)), 3600);
}

static void a_day_is_too_old(void **state) {
        (void)state;
        add("a", "ops", "web", "restart", "success", 0);
        assert_false(outbox_is_too_old(&box.messages[0], at(86399)));
        assert_true(outbox_is_too_old(&box.messages[0], at(86400)));
}

static void the_oldest_goes_when_it_is_full(void **state) {
        const char *dropped = NULL;

        (void)state;
        for (int i = 0; i <= OUTBOX_MESSAGES_MAX; i++) {
                const char *id = arena_printf(&arena, "%d", i);

                if (i == 1)
                        outbox_begin(&box, outbox_find(&box, "0"), at(0));
                dropped = add(id, i == 1 ? "second" : "ops", id, "restart", "success", 0);
        }
        assert_string_equal(dropped, "second");
        assert_int_equal(box.n, OUTBOX_MESSAGES_MAX);
        assert_int_equal(box.dropped, 1);
        assert_non_null(outbox_find(&box, "0")); /* on its way */
        assert_null(outbox_find(&box, "1"));
}

static void long_texts_are_cut_between_characters(void **state) {
        char text[OUTBOX_TEXT_MAX + 16];
        struct message m = { .service = "ops", .event = "restart", .text = text, .health_output = text };

        (void)state;
        memset(text, 'a', sizeof(text));
        memcpy(text + OUTBOX_TEXT_MAX - 1, "\xC3\xBC", 2);
        text[sizeof(text) - 1] = '\0';
        (void)outbox_add(&box, &m, "a", at(0));
        assert_int_equal(strlen(box.messages[0].text), OUTBOX_TEXT_MAX - 1);
        assert_int_equal(strlen(box.messages[0].health_output), OUTBOX_TEXT_MAX - 1);
}

static void a_clock_that_was_set_back_blocks_for_a_minute_at_most(void **state) {
        (void)state;
        add("a", "ops", "web", "restart", "success", 100000);
        outbox_begin(&box, outbox_find(&box, "a"), at(100000));
        (void)outbox_failed(&box.messages[0], 0, at(100000));
        outbox_settle(&box, at(0));
        assert_int_equal(box.messages[0].queued_us, T0);
        assert_int_equal(box.messages[0].due_us, T0 + 60 * US_PER_S);
        assert_int_equal(box.told[0].at_us, T0);
}

static void what_was_said_lately_is_bounded(void **state) {
        (void)state;
        for (int i = 0; i < OUTBOX_TOLD_MAX + 5; i++)
                outbox_note_told(&box, &(struct said){ "ops", arena_printf(&arena, "%d", i), "restart", T0 });
        assert_int_equal(box.n_told, OUTBOX_TOLD_MAX);
        assert_string_equal(box.told[0].container, "5");
}

static void a_copy_is_whole(void **state) {
        struct arena other AUTO(arena_release) = ARENA_INIT(4096);
        struct outbox copy;

        (void)state;
        add("a", "ops", "web", "restart", "success", 0);
        outbox_begin(&box, outbox_find(&box, "a"), at(0));
        box.taken = "t";
        box.dropped = 3;
        outbox_copy(&copy, &box, &other);
        assert_int_equal(copy.n, 1);
        assert_true(copy.messages[0].under_way);
        assert_int_equal(copy.n_told, 1);
        assert_int_equal(copy.dropped, 3);
        assert_string_equal(copy.taken, "t");
        assert_ptr_not_equal(copy.messages[0].service, box.messages[0].service);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                box_test(the_first_is_due_at_once),
                box_test(what_was_said_waits_a_minute_and_is_summed_up),
                box_test(what_another_process_leaves_is_not_lost),
                box_test(after_a_minute_it_is_due_at_once_again),
                box_test(each_failure_waits_longer),
                box_test(what_the_service_asks_for_is_heeded_up_to_an_hour),
                box_test(a_day_is_too_old),
                box_test(the_oldest_goes_when_it_is_full),
                box_test(long_texts_are_cut_between_characters),
                box_test(a_clock_that_was_set_back_blocks_for_a_minute_at_most),
                box_test(what_was_said_lately_is_bounded),
                box_test(a_copy_is_whole),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
