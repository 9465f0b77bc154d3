/* SPDX-License-Identifier: MIT */
/* What the state files look like, and that nothing in them is lost: neither ours nor what others put there. */
#include "autoheal/util/base.h"

#include "store_fixture.h"

#define T1 INT64_C(1761919071076821) /* 2025-10-31T13:57:51.076821+00:00 */
#define T2 INT64_C(1761920595123456) /* 2025-10-31T14:23:15.123456+00:00 */

/* As the reference service wrote them. */
static void put_reference_files(const struct fixture *f) {
        put(f, "quarantine.json", "[\n  \"shop_web\",\n  \"old-name\"\n]");
        put(f, "restart_counts.json",
            "{\n  \"shop_web\": [\n    \"2025-10-31T13:57:51.076821+00:00\",\n    \"2025-10-31T14:23:15.123456+00:00\"\n  ],\n"
            "  \"shop_db\": 7\n}");
        put(f, "maintenance.json", "{\n  \"enabled\": true,\n  \"start_time\": \"2025-10-31T13:57:51.076821+00:00\"\n}");
}

static void reference_files(void **state) {
        struct fixture *f = *state;
        struct memory *web, *db, *old;
        struct change c;

        put_reference_files(f);
        change_begin(&c, f);
        assert_int_equal(c.prev.n, 3);
        web = state_find(&c.prev, "shop_web");
        db = state_find(&c.prev, "shop_db");
        old = state_find(&c.prev, "old-name");
        assert_non_null(web);
        assert_non_null(db);
        assert_non_null(old);
        assert_int_equal(web->quarantined, QUARANTINED_BY_AUTOHEAL);
        assert_int_equal(web->quarantined_us, 0);
        assert_int_equal(web->n_restarts, 2);
        assert_int_equal(web->restarts_us[0], T1);
        assert_int_equal(web->restarts_us[1], T2);
        assert_false(web->lifetime_known);
        assert_int_equal(web->restart_count, -1);
        assert_null(web->raw.p);
        assert_int_equal(old->quarantined, QUARANTINED_BY_AUTOHEAL);
        assert_int_equal(db->quarantined, QUARANTINED_NOT);
        assert_int_equal(db->n_restarts, 0);
        assert_true(db->lifetime_known);
        assert_int_equal(db->lifetime_restarts, 7);
        assert_true(c.prev.maintenance.enabled);
        assert_int_equal(c.prev.maintenance.start_us, T1);
        assert_int_equal(c.prev.maintenance.until_us, 0);
        change_end(&c);
}

static void the_reference_shapes_are_kept(void **state) {
        struct fixture *f = *state;
        struct memory *m;
        struct change c;

        put_reference_files(f);
        change_begin(&c, f);
        m = state_get(&c.next, "api");
        m->quarantined = QUARANTINED_BY_PERSON;
        memory_add_restart(m, T2, &c.arena);
        change_save(&c);
        assert_string_equal(get(f, "quarantine.json"), "[\n  \"shop_web\",\n  \"old-name\",\n  \"api\"\n]");
        assert_string_equal(get(f, "restart_counts.json"),
                            "{\n  \"shop_web\": [\n    \"2025-10-31T13:57:51.076821+00:00\",\n    "
                            "\"2025-10-31T14:23:15.123456+00:00\"\n  ],\n  \"shop_db\": 7,\n  \"api\": [\n    "
                            "\"2025-10-31T14:23:15.123456+00:00\"\n  ]\n}");
        /* the total is ours from now on */
        assert_string_equal(get(f, "containers.json"),
                            "{\n\"shop_web\":{\"quarantined_by\":\"autoheal\"},\n\"old-name\":{\"quarantined_by\":\"autoheal\"},\n"
                            "\"shop_db\":{\"lifetime_restarts\":7},\n\"api\":{\"quarantined_by\":\"person\"}\n}\n");
}

/* A total must not be lost when restart times take its place. */
static void a_total_becomes_ours(void **state) {
        struct fixture *f = *state;
        struct memory *m;
        struct change c;

        put(f, "restart_counts.json", "{\"db\": 7}");
        change_begin(&c, f);
        memory_add_restart(state_get(&c.next, "db"), T1, &c.arena);
        change_save(&c);
        assert_null(strstr(get(f, "restart_counts.json"), "7,"));
        change_begin(&c, f);
        m = state_find(&c.prev, "db");
        assert_int_equal(m->lifetime_restarts, 7);
        assert_int_equal(m->n_restarts, 1);
        change_end(&c);
        /* and containers.json is believed more than an old total */
        put(f, "restart_counts.json", "{\"db\": 3}");
        change_begin(&c, f);
        assert_int_equal(state_find(&c.prev, "db")->lifetime_restarts, 7);
        change_end(&c);
}

static void order_and_doubles_of_restarts(void **state) {
        struct fixture *f = *state;
        struct memory *m;
        struct change c;

        put(f, "restart_counts.json",
            "{\"a\":[\"2025-10-31T13:00:00Z\"],"
            "\"a\":[\"2025-10-31T14:23:15.123456Z\",\"2025-10-31T15:57:51.076821+02:00\",\"2025-10-31 "
            "13:57:51.076821\",\"1969-12-31T00:00:00Z\"]}");
        change_begin(&c, f);
        m = state_find(&c.prev, "a");
        assert_int_equal(m->n_restarts, 2);
        assert_int_equal(m->restarts_us[0], T1);
        assert_int_equal(m->restarts_us[1], T2);
        change_end(&c);
}

static void many_restarts(void **state) {
        struct fixture *f = *state;
        struct buf text AUTO(buf_release) = BUF_INIT(16 * 1024 * 1024);
        struct memory *m;
        struct change c;

        buf_add_str(&text, "{\"a\":[\"2025-10-31T00:00:00Z\"");
        for (int i = 99999; i > 0; i--)
                buf_addf(&text, ",\"2025-10-31T00:00:00.%06d+00:00\"", i);
        buf_add_str(&text, "]}");
        put_bytes(f, "restart_counts.json", text.data, text.len);
        change_begin(&c, f);
        m = state_find(&c.prev, "a");
        assert_int_equal(m->n_restarts, 100000);
        for (size_t i = 1; i < m->n_restarts; i++)
                assert_true(m->restarts_us[i - 1] < m->restarts_us[i]);
        change_end(&c);
}

static void fill_memory(struct memory *m, struct arena *a) {
        static const char *said[] = { "label:autoheal.cooldown=\"x\"", "h\xc3\xa9" };

        m->container_id = "0123456789abcdef";
        m->image_id = "sha256:1";
        m->config_hash = "cafe";
        m->name = "shop-web-1";
        m->started_us = T1;
        m->finished_us = T1 + 1;
        m->restart_count = 0;
        m->lifetime_restarts = 12;
        m->lifetime_known = true;
        m->episode_us = T1 + 2;
        m->episode_restarts = 3;
        m->verdict = VERDICT_FAILING;
        m->verdict_us = T1 + 3;
        m->ok_us = T1 + 4;
        m->ok_started_us = T1 + 5;
        m->paused_us = T1 + 6;
        m->last_restart_us = T1 + 7;
        m->last_own_restart_us = T1 + 8;
        m->own_action_us = T1 + 9;
        m->own_action_end_us = T1 + 14;
        m->first_exited_us = T1 + 10;
        m->own_started_us = T1 + 20;
        m->parent = "vpn";
        m->parent_started_us = T1 + 21;
        m->gone_us = T1 + 12;
        m->quarantined = QUARANTINED_BY_PERSON;
        m->quarantine_reason = REASON_MAX_RESTARTS;
        m->quarantined_us = T1 + 11;
        m->intent = DECISION_STOP;
        m->exit_told = TOLD_CRASHED;
        m->engine_stopped = true;
        m->held_until_us = T1 + 13;
        m->check = (struct check_memory){ .print = "0123456789abcdef",
                                          .started_us = T1 + 20,
                                          .run_us = T1 + 21,
                                          .streak = 4,
                                          .detail = "HTTP 503 in place of 200",
                                          .exec_id = "fedcba",
                                          .exec_pid = 4711,
                                          .outcome = CHECK_FAILED,
                                          .told = STANDING_UNPROVEN,
                                          .proven = true,
                                          .lingers = true,
                                          .no_timeout = true };
        m->said = said;
        m->n_said = 2;
        memory_add_restart(m, T1, a);
        memory_add_restart(m, T2, a);
}

static void assert_same_memory(const struct memory *x, const struct memory *y) {
        assert_string_equal(x->stable_id, y->stable_id);
        assert_string_equal(x->container_id, y->container_id);
        assert_string_equal(x->image_id, y->image_id);
        assert_string_equal(x->config_hash, y->config_hash);
        assert_string_equal(x->name, y->name);
        assert_int_equal(x->started_us, y->started_us);
        assert_int_equal(x->finished_us, y->finished_us);
        assert_int_equal(x->restart_count, y->restart_count);
        assert_int_equal(x->lifetime_restarts, y->lifetime_restarts);
        assert_int_equal(x->lifetime_known, y->lifetime_known);
        assert_int_equal(x->episode_us, y->episode_us);
        assert_int_equal(x->episode_restarts, y->episode_restarts);
        assert_int_equal(x->verdict, y->verdict);
        assert_int_equal(x->verdict_us, y->verdict_us);
        assert_int_equal(x->ok_us, y->ok_us);
        assert_int_equal(x->ok_started_us, y->ok_started_us);
        assert_int_equal(x->paused_us, y->paused_us);
        assert_int_equal(x->last_restart_us, y->last_restart_us);
        assert_int_equal(x->last_own_restart_us, y->last_own_restart_us);
        assert_int_equal(x->own_action_us, y->own_action_us);
        assert_int_equal(x->own_action_end_us, y->own_action_end_us);
        assert_int_equal(x->first_exited_us, y->first_exited_us);
        assert_int_equal(x->own_started_us, y->own_started_us);
        assert_string_equal(x->parent, y->parent);
        assert_int_equal(x->parent_started_us, y->parent_started_us);
        assert_int_equal(x->gone_us, y->gone_us);
        assert_int_equal(x->intent, y->intent);
        assert_int_equal(x->exit_told, y->exit_told);
        assert_int_equal(x->engine_stopped, y->engine_stopped);
        assert_int_equal(x->held_until_us, y->held_until_us);
        assert_int_equal(x->quarantined, y->quarantined);
        assert_int_equal(x->quarantine_reason, y->quarantine_reason);
        assert_int_equal(x->quarantined_us, y->quarantined_us);
        assert_int_equal(x->n_said, y->n_said);
        for (size_t i = 0; i < x->n_said; i++)
                assert_string_equal(x->said[i], y->said[i]);
        assert_int_equal(x->n_restarts, y->n_restarts);
        for (size_t i = 0; i < x->n_restarts; i++)
                assert_int_equal(x->restarts_us[i], y->restarts_us[i]);
}

static void round_trip(void **state) {
        struct fixture *f = *state;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct state want;
        struct change c;

        state_init(&want, &a);
        fill_memory(state_get(&want, "shop_web"), &a);
        fill_memory(state_get(&want, "a \"hostile\"\n\xff id"), &a);
        want.engine_endpoint = "unix:///var/run/docker.sock";
        want.engine_id = "ID:1";
        want.engine_api = "1.41";
        want.last_pass_us = T2;
        want.storm_us = T1;
        want.last_summary = (struct pass_summary){ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 };

        change_begin(&c, f);
        assert_ok(store_save(c.store, &c.prev, &want, false, &why));
        change_end(&c);
        change_begin(&c, f);
        assert_int_equal(c.prev.n, 2);
        assert_same_memory(state_find(&c.prev, "shop_web"), state_find(&want, "shop_web"));
        assert_non_null(state_find(&c.prev, "a \"hostile\"\n\xef\xbf\xbd id"));
        assert_string_equal(c.prev.engine_endpoint, want.engine_endpoint);
        assert_string_equal(c.prev.engine_id, "ID:1");
        assert_string_equal(c.prev.engine_api, "1.41");
        assert_int_equal(c.prev.last_pass_us, T2);
        assert_int_equal(c.prev.storm_us, T1);
        assert_memory_equal(&c.prev.last_summary, &want.last_summary, sizeof(want.last_summary));
        change_end(&c);
        state_release(&want);
}

static void file_texts(void **state) {
        struct fixture *f = *state;
        struct memory *m;
        struct change c;

        change_begin(&c, f);
        m = state_get(&c.next, "b");
        m->quarantined = QUARANTINED_BY_AUTOHEAL;
        m->quarantine_reason = REASON_MAX_RESTARTS;
        m->quarantined_us = T1;
        m->verdict = VERDICT_OK;
        m->verdict_us = T2;
        (void)state_get(&c.next, "nothing-to-remember");
        state_get(&c.next, "a")->container_id = "0123";
        c.next.engine_endpoint = "unix:///var/run/docker.sock";
        c.next.last_pass_us = T2;
        c.next.last_summary.monitored = 2;
        change_save(&c);
        assert_string_equal(get(f, "containers.json"),
                            "{\n\"b\":{\"verdict\":\"ok\",\"verdict_since\":\"2025-10-31T14:23:15.123456+00:00\","
                            "\"quarantined_by\":\"autoheal\",\"quarantine_reason\":\"max-restarts\","
                            "\"quarantined_at\":\"2025-10-31T13:57:51.076821+00:00\"},\n\"a\":{\"container_id\":\"0123\"}\n}\n");
        assert_string_equal(get(f, "quarantine.json"), "[\n  \"b\"\n]");
        assert_null(get(f, "restart_counts.json"));
        assert_null(get(f, "maintenance.json"));
        assert_string_equal(
                get(f, "pass.json"),
                "{\"engine\":{\"endpoint\":\"unix:///var/run/docker.sock\"},\"last_pass\":{\"time\":"
                "\"2025-10-31T14:23:15.123456+00:00\",\"monitored\":2,\"ok\":0,\"failing\":0,\"restarted\":0,\"stopped\":0,"
                "\"held\":0,\"quarantined\":0,\"newly_quarantined\":0,\"released\":0,\"failed\":0,\"unknown\":0,\"under_way\":0,"
                "\"duration_ms\":0}}\n");
        assert_int_equal(look(f, "pass.json").st_mode & 07777, 0600);
}

static void unknown_keys_survive_in_place(void **state) {
        struct fixture *f = *state;
        struct change c;

        put(f, "containers.json",
            "{\"z\":{\"mood\":{\"x\": [1, "
            "2]},\"name\":\"z-1\",\"later\":null},\n\"only-unknown\":{\"mood\":1},\"a\":{\"name\":\"a-1\"}}");
        put(f, "pass.json",
            "{\"storm\":true,\"engine\":{\"flavour\":\"x\",\"endpoint\":\"e\"},\"dials\":[1.50],\"last_pass\":{\"turns\":3}}");
        change_begin(&c, f);
        state_find(&c.next, "z")->name = "z-2";
        state_find(&c.next, "z")->container_id = "77";
        state_get(&c.next, "new")->name = "n";
        c.next.engine_id = "ID";
        c.next.last_pass_us = T2;
        change_save(&c);
        assert_string_equal(get(f, "containers.json"),
                            "{\n\"z\":{\"mood\":{\"x\": [1, 2]},\"name\":\"z-2\",\"later\":null,\"container_id\":\"77\"},\n"
                            "\"only-unknown\":{\"mood\":1},\n\"a\":{\"name\":\"a-1\"},\n\"new\":{\"name\":\"n\"}\n}\n");
        assert_string_equal(
                get(f, "pass.json"),
                "{\"storm\":true,\"engine\":{\"flavour\":\"x\",\"endpoint\":\"e\",\"id\":\"ID\"},\"dials\":[1.50],"
                "\"last_pass\":{\"turns\":3,\"time\":\"2025-10-31T14:23:15.123456+00:00\",\"monitored\":0,\"ok\":0,\"failing\":0,"
                "\"restarted\":0,\"stopped\":0,\"held\":0,\"quarantined\":0,\"newly_quarantined\":0,\"released\":0,\"failed\":0,"
                "\"unknown\":0,\"under_way\":0,\"duration_ms\":0}}\n");
}

/* An older pass.json has none; what was counted of a container that is gone goes, what others put there stays. */
static void counters_are_kept(void **state) {
        struct fixture *f = *state;
        struct change c;

        put(f, "pass.json", "{\"engine\":{\"endpoint\":\"e\"}}");
        change_begin(&c, f);
        assert_int_equal(c.prev.counters.n, 0);
        assert_int_equal(c.prev.counters.checks, 0);
        counters_get(&c.next.counters, "web\n\"1\"")->restarts = 3;
        counters_get(&c.next.counters, "idle");
        c.next.counters.checks = 12;
        change_save(&c);
        assert_string_equal(
                get(f, "pass.json"),
                "{\"engine\":{\"endpoint\":\"e\"},\"last_pass\":{},\"counters\":{\"health_checks\":12,\"quarantines\":0,"
                "\"containers\":{\"web\\n\\\"1\\\"\":{\"restarts\":3,\"restart_failures\":0,\"health_checks_failed\":0}}}}\n");

        put(f, "pass.json",
            "{\"counters\":{\"mood\":1,\"quarantines\":2,\"containers\":{\"web\":{\"x\":[1],\"restarts\":9223372036854775807,"
            "\"health_checks_failed\":5},\"gone\":{\"restarts\":1}},\"health_checks\":7}}");
        change_begin(&c, f);
        assert_int_equal(c.next.counters.n, 2);
        assert_int_equal(counters_find(&c.next.counters, "web")->restarts, INT64_MAX);
        counters_add(&counters_find(&c.next.counters, "web")->restarts, 1);
        counters_keep(&c.next.counters, (bool[]){ true, false });
        assert_null(counters_find(&c.next.counters, "gone"));
        change_save(&c);
        assert_string_equal(
                get(f, "pass.json"),
                "{\"counters\":{\"mood\":1,\"quarantines\":2,\"containers\":{\"web\":{\"x\":[1],\"restarts\":9223372036854775807,"
                "\"health_checks_failed\":5,\"restart_failures\":0}},\"health_checks\":7},\"engine\":{},\"last_pass\":{}}\n");
}

static void counters_that_are_none_are_told(void **state) {
        static const char *const texts[] = { "{\"counters\":[]}", "{\"counters\":{\"containers\":5}}",
                                             "{\"counters\":{\"containers\":{\"web\":1}}}", "{\"counters\":{\"health_checks\":-1}}",
                                             "{\"counters\":{\"containers\":{\"web\":{\"restarts\":\"x\"}}}}" };
        struct fixture *f = *state;

        for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct state st AUTO(state_release);
                struct error err = ERROR_INIT;
                struct store *s;

                put(f, "pass.json", texts[i]);
                s = open_store(f, STORE_READ);
                state_init(&st, &a);
                assert_int_equal(store_load(s, &st, &a, &err), -1);
                assert_int_equal(err.code, ERR_CONFIG);
                assert_non_null(strstr(err.msg, "counters"));
                store_close(s);
        }
}

static void unknown_keys_survive_a_rename(void **state) {
        struct fixture *f = *state;
        struct change c;

        put(f, "containers.json", "{\"0123456789ab\":{\"mood\":{\"x\":1},\"name\":\"web\"},\"b\":{\"name\":\"b\"}}");
        put(f, "quarantine.json", "[\"0123456789ab\",\"b\"]");
        change_begin(&c, f);
        state_rename(&c.next, "0123456789ab", "shop_web");
        change_save(&c);
        assert_string_equal(get(f, "containers.json"),
                            "{\n\"b\":{\"name\":\"b\",\"quarantined_by\":\"autoheal\"},\n"
                            "\"shop_web\":{\"mood\":{\"x\":1},\"name\":\"web\",\"quarantined_by\":\"autoheal\"}\n}\n");
        assert_string_equal(get(f, "quarantine.json"), "[\n  \"b\",\n  \"shop_web\"\n]");
}

/* A newer version's reason is not replaced by nothing, but goes with the quarantine. */
static void an_unknown_reason_survives(void **state) {
        struct fixture *f = *state;
        struct change c;

        put(f, "containers.json", "{\"a\":{\"quarantined_by\":\"autoheal\",\"quarantine_reason\":\"mood\"}}");
        put(f, "quarantine.json", "[\"a\"]");
        change_begin(&c, f);
        state_find(&c.next, "a")->name = "a-1";
        change_save(&c);
        assert_non_null(strstr(get(f, "containers.json"), "\"quarantine_reason\":\"mood\""));
        change_begin(&c, f);
        state_find(&c.next, "a")->quarantined = QUARANTINED_NOT;
        change_save(&c);
        assert_string_equal(get(f, "containers.json"), "{\n\"a\":{\"name\":\"a-1\"}\n}\n");
        assert_string_equal(get(f, "quarantine.json"), "[]");
}

static void quarantine_json_says_whether(void **state) {
        struct fixture *f = *state;
        struct change c;

        put(f, "containers.json",
            "{\"a\":{\"name\":\"a-1\",\"quarantined_by\":\"person\",\"quarantine_reason\":\"requested\",\"quarantined_at\":"
            "\"2025-10-31T13:57:51.076821+00:00\"},"
            "\"b\":{\"quarantined_by\":\"person\",\"quarantined_at\":\"2025-10-31T13:57:51.076821+00:00\"}}");
        put(f, "quarantine.json", "[\"c\",\"b\",\"c\"]");
        change_begin(&c, f);
        assert_int_equal(state_find(&c.prev, "a")->quarantined, QUARANTINED_NOT);
        assert_int_equal(state_find(&c.prev, "a")->quarantined_us, 0);
        assert_int_equal(state_find(&c.prev, "b")->quarantined, QUARANTINED_BY_PERSON);
        assert_int_equal(state_find(&c.prev, "b")->quarantined_us, T1);
        assert_int_equal(state_find(&c.prev, "c")->quarantined, QUARANTINED_BY_AUTOHEAL);
        change_save(&c);
        /* else a later quarantine would find the old details again */
        assert_null(strstr(get(f, "containers.json"), "requested"));
        assert_string_equal(get(f, "quarantine.json"), "[\"c\",\"b\",\"c\"]");
}

/* Only a list that is there and does not name a container has released it. */
static void a_missing_list_releases_nobody(void **state) {
        struct fixture *f = *state;
        struct change c;

        put(f, "containers.json",
            "{\"a\":{\"quarantined_by\":\"person\",\"quarantine_reason\":\"requested\"},\"b\":{\"name\":\"b-1\"}}");
        change_begin(&c, f);
        assert_int_equal(state_find(&c.prev, "a")->quarantined, QUARANTINED_BY_PERSON);
        assert_int_equal(state_find(&c.prev, "a")->quarantine_reason, REASON_REQUESTED);
        assert_int_equal(state_find(&c.prev, "b")->quarantined, QUARANTINED_NOT);
        change_save(&c);
        assert_string_equal(get(f, "quarantine.json"), "[\n  \"a\"\n]");
        put(f, "quarantine.json", "[]");
        change_begin(&c, f);
        assert_int_equal(state_find(&c.prev, "a")->quarantined, QUARANTINED_NOT);
        change_end(&c);
}

static void a_dropped_memory_is_gone(void **state) {
        struct fixture *f = *state;
        struct change c;

        put(f, "containers.json", "{\"a\":{\"name\":\"a-1\",\"x\":1},\"b\":{\"name\":\"b-1\"}}");
        put(f, "restart_counts.json", "{\"a\":[\"2025-10-31T13:57:51.076821Z\"]}");
        change_begin(&c, f);
        state_drop(&c.next, "a");
        change_save(&c);
        assert_string_equal(get(f, "containers.json"), "{\n\"b\":{\"name\":\"b-1\"}\n}\n");
        assert_string_equal(get(f, "restart_counts.json"), "{}");
}

static void a_quiet_save_writes_pass_json_alone(void **state) {
        static const char *const names[] = { "containers.json", "quarantine.json", "restart_counts.json", "maintenance.json" };
        struct fixture *f = *state;
        struct stat before[N_ELEMENTS(names)], pass, after;
        struct change c;

        put(f, "containers.json", "{ \"a\" : { \"name\" : \"a-1\", \"quarantined_by\":\"person\" } }");
        put(f, "quarantine.json", "[ \"a\", \"a\" ]");
        put(f, "restart_counts.json", "{\"a\":[]}");
        put(f, "maintenance.json", "{}");
        put(f, "pass.json", "{}");
        for (size_t i = 0; i < N_ELEMENTS(names); i++)
                before[i] = look(f, names[i]);
        pass = look(f, "pass.json");
        change_begin(&c, f);
        assert_ok(store_save(c.store, &c.prev, &c.next, true, &why));
        after = look(f, "pass.json");
        assert_true(same_file(&pass, &after));
        change_save(&c);
        for (size_t i = 0; i < N_ELEMENTS(names); i++) {
                after = look(f, names[i]);
                if (!same_file(&before[i], &after))
                        fail_msg("%s was written", names[i]);
        }
        after = look(f, "pass.json");
        assert_int_not_equal(pass.st_ino, after.st_ino);
        assert_int_equal(pass.st_mode, after.st_mode);
}

/* What the command line does while a pass asks the engine. */
static void a_change_in_between_is_not_lost(void **state) {
        struct fixture *f = *state;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct store *pass = open_store(f, STORE_WRITE);
        struct state seen, fresh, next;
        struct change c;

        assert_ok(store_load(pass, &seen, &a, &why));
        change_begin(&c, f);
        state_get(&c.next, "by-hand")->quarantined = QUARANTINED_BY_PERSON;
        change_save(&c);

        assert_ok(store_lock_state(pass, &why));
        assert_ok(store_load(pass, &fresh, &a, &why));
        state_copy(&next, &fresh, &a);
        state_get(&next, "by-pass")->quarantined = QUARANTINED_BY_AUTOHEAL;
        assert_ok(store_save(pass, &fresh, &next, false, &why));
        store_unlock_state(pass);
        assert_string_equal(get(f, "quarantine.json"), "[\n  \"by-hand\",\n  \"by-pass\"\n]");
        state_release(&seen);
        state_release(&fresh);
        state_release(&next);
        store_close(pass);
}

static void twice_under_one_lock(void **state) {
        struct fixture *f = *state;
        struct state third;
        struct change c;

        put(f, "containers.json", "{\"a\":{\"x\":1}}");
        change_begin(&c, f);
        state_get(&c.next, "a")->quarantined = QUARANTINED_BY_PERSON;
        assert_ok(store_save(c.store, &c.prev, &c.next, false, &why));
        state_copy(&third, &c.next, &c.arena);
        state_get(&third, "b")->quarantined = QUARANTINED_BY_PERSON;
        assert_ok(store_save(c.store, &c.next, &third, false, &why));
        state_release(&third);
        change_end(&c);
        assert_string_equal(get(f, "quarantine.json"), "[\n  \"a\",\n  \"b\"\n]");
        assert_string_equal(get(f, "containers.json"),
                            "{\n\"a\":{\"x\":1,\"quarantined_by\":\"person\"},\n\"b\":{\"quarantined_by\":\"person\"}\n}\n");
}

static void maintenance_forms(void **state) {
        struct fixture *f = *state;
        struct change c;

        put(f, "maintenance.json", "{\"enabled\":false,\"start_time\":null}");
        change_begin(&c, f);
        assert_false(c.prev.maintenance.enabled);
        assert_int_equal(c.prev.maintenance.start_us, 0);
        change_end(&c);
        put(f, "maintenance.json", "{\"enabled\":true,\"reason\":\"disks\",\"until\":\"2025-10-31T16:23:15.123456+02:00\"}");
        change_begin(&c, f);
        assert_true(c.prev.maintenance.enabled);
        assert_int_equal(c.prev.maintenance.until_us, T2);
        change_save(&c);
        assert_string_equal(get(f, "maintenance.json"),
                            "{\"enabled\":true,\"reason\":\"disks\",\"until\":\"2025-10-31T16:23:15.123456+02:00\"}");
        /* what somebody else wrote is kept as well */
        assert_string_equal(get(f, "maintenance.json.last"),
                            "{\"enabled\":true,\"reason\":\"disks\",\"until\":\"2025-10-31T16:23:15.123456+02:00\"}");
}

static void maintenance_is_written_as_the_reference_writes_it(void **state) {
        struct fixture *f = *state;
        struct stat before, after;
        struct change c;

        change_begin(&c, f);
        c.next.maintenance.enabled = true;
        c.next.maintenance.start_us = T1;
        change_save(&c);
        assert_string_equal(get(f, "maintenance.json"),
                            "{\n  \"enabled\": true,\n  \"start_time\": \"2025-10-31T13:57:51.076821+00:00\"\n}");
        assert_string_equal(get(f, "maintenance.json.last"),
                            "{\n  \"enabled\": true,\n  \"start_time\": \"2025-10-31T13:57:51.076821+00:00\"\n}");
        before = look(f, "maintenance.json");
        change_begin(&c, f);
        c.next.engine_id = "another";
        change_save(&c);
        after = look(f, "maintenance.json");
        assert_true(same_file(&before, &after));
        change_begin(&c, f);
        c.next.maintenance = (struct maintenance){ .reason = "" };
        change_save(&c);
        assert_string_equal(get(f, "maintenance.json"), "{\n  \"enabled\": false,\n  \"start_time\": null\n}");
        assert_string_equal(get(f, "maintenance.json.last"), "{\n  \"enabled\": false,\n  \"start_time\": null\n}");
}

static void scopes_and_what_others_put_beside_them(void **state) {
        static const struct maintenance_scope two[] = {
                { SCOPE_LABEL, "team=\"a\"", T1, 0, "" },
                { SCOPE_PROJECT, "shop", T1, T2, "move" },
        };
        struct fixture *f = *state;
        struct change c;

        put(f, "maintenance.json",
            "{\"by\":\"me\",\"enabled\":false,\"scopes\":[{\"kind\":\"project\",\"ticket\":7,\"value\":\"shop\"}],\"x\":[1]}");
        change_begin(&c, f);
        assert_int_equal(c.prev.maintenance.n_scopes, 1);
        assert_int_equal(c.prev.maintenance.scopes[0].kind, SCOPE_PROJECT);
        assert_string_equal(c.prev.maintenance.scopes[0].value, "shop");
        assert_string_equal(c.prev.maintenance.scopes[0].reason, "");
        assert_int_equal(c.prev.maintenance.scopes[0].until_us, 0);
        c.next.maintenance.scopes = two;
        c.next.maintenance.n_scopes = 2;
        change_save(&c);
        assert_string_equal(
                get(f, "maintenance.json"),
                "{\n  \"by\": \"me\",\n  \"enabled\": false,\n  \"scopes\": [{\"kind\":\"label\",\"value\":\"team=\\\"a\\\"\","
                "\"start_time\":\"2025-10-31T13:57:51.076821+00:00\"},{\"kind\":\"project\",\"ticket\":7,\"value\":\"shop\","
                "\"start_time\":\"2025-10-31T13:57:51.076821+00:00\",\"until\":\"2025-10-31T14:23:15.123456+00:00\","
                "\"reason\":\"move\"}],\n  \"x\": [1],\n  \"start_time\": null\n}");
        change_begin(&c, f);
        assert_int_equal(c.prev.maintenance.n_scopes, 2);
        assert_int_equal(c.prev.maintenance.scopes[1].until_us, T2);
        assert_string_equal(c.prev.maintenance.scopes[0].value, "team=\"a\"");
        assert_string_equal(c.prev.maintenance.scopes[1].reason, "move");
        c.next.maintenance.n_scopes = 0;
        change_save(&c);
        assert_string_equal(get(f, "maintenance.json"),
                            "{\n  \"by\": \"me\",\n  \"enabled\": false,\n  \"x\": [1],\n  \"start_time\": null\n}");
}

/* Words of a newer version are no reason to refuse the whole file. */
static void unknown_words_say_nothing(void **state) {
        struct fixture *f = *state;
        struct change c;

        put(f, "containers.json", "{\"a\":{\"intent\":\"hold\",\"exit_told\":\"mood\",\"engine_stopped\":null}}");
        change_begin(&c, f);
        assert_int_equal(state_find(&c.prev, "a")->intent, DECISION_NONE);
        assert_int_equal(state_find(&c.prev, "a")->exit_told, TOLD_NOTHING);
        assert_false(state_find(&c.prev, "a")->engine_stopped);
        change_end(&c);
}

/* containers.json knows them too from the first save on: quarantine.json may break. */
static void a_listed_quarantine_is_kept_twice(void **state) {
        struct fixture *f = *state;
        struct change c;

        put(f, "quarantine.json", "[\"a\"]");
        change_begin(&c, f);
        change_save(&c);
        assert_string_equal(get(f, "containers.json"), "{\n\"a\":{\"quarantined_by\":\"autoheal\"}\n}\n");
}

/* A kill between the state and its events: whoever saves next tells them, each once. */
static void announced_events_are_told_once(void **state) {
        struct fixture *f = *state;
        const struct event events[] = {
                { .at_us = T1,
                  .type = EVENT_RESTART,
                  .stable_id = "web",
                  .status = "success",
                  .message = "first",
                  .duration_ms = -1 },
                { .at_us = T2,
                  .type = EVENT_RESTART,
                  .stable_id = "web",
                  .status = "success",
                  .message = "second",
                  .duration_ms = -1 },
        };
        struct change c;

        change_begin(&c, f);
        store_announce_events(&c.next, events, 2);
        assert_ok(store_append_events(c.store, events, 1, 1000, &why));
        change_save(&c);
        assert_non_null(strstr(get(f, "containers.json"), "untold"));
        assert_null(strstr(get(f, "events.json"), "second"));

        change_begin(&c, f);
        assert_int_equal(c.prev.n_untold, 2);
        assert_int_equal(c.next.n_untold, 0);
        change_save(&c);
        assert_null(strstr(get(f, "containers.json"), "untold"));
        const char *first = strstr(get(f, "events.json"), "first");
        assert_non_null(first);
        assert_null(strstr(first + 1, "first"));
        assert_non_null(strstr(get(f, "events.json"), "second"));

        change_begin(&c, f);
        assert_int_equal(c.prev.n_untold, 0);
        assert_int_equal(c.prev.n, 0);
        change_end(&c);
}

/* containers.json is written first and says what was decided; a kill before quarantine.json is made good. */
static void announced_quarantines_and_releases_hold(void **state) {
        struct fixture *f = *state;
        const struct event released = {
                .at_us = T1, .type = EVENT_UNQUARANTINE, .stable_id = "web", .status = "success", .message = "m", .duration_ms = -1
        };
        const struct event quarantined = {
                .at_us = T1, .type = EVENT_QUARANTINE, .stable_id = "db", .status = "quarantined", .message = "m", .duration_ms = -1
        };
        const struct event events[] = { released, quarantined };
        struct change c;

        change_begin(&c, f);
        state_get(&c.next, "web")->quarantined = QUARANTINED_BY_PERSON;
        change_save(&c);
        const char *old = xstrdup(get(f, "quarantine.json"));

        change_begin(&c, f);
        state_get(&c.next, "web")->quarantined = QUARANTINED_NOT;
        state_get(&c.next, "db")->quarantined = QUARANTINED_BY_PERSON;
        store_announce_events(&c.next, events, 2);
        change_save(&c);
        put(f, "quarantine.json", old);
        free((void *)(uintptr_t)old);

        change_begin(&c, f);
        assert_int_equal(state_get(&c.prev, "web")->quarantined, QUARANTINED_NOT);
        assert_int_equal(state_get(&c.prev, "db")->quarantined, QUARANTINED_BY_PERSON);
        change_save(&c);
        assert_string_equal(get(f, "quarantine.json"), "[\n  \"db\"\n]");
        change_begin(&c, f);
        assert_int_equal(c.prev.n_untold, 0);
        assert_int_equal(state_get(&c.prev, "db")->quarantined, QUARANTINED_BY_PERSON);
        change_end(&c);
}

/* What stands in the history was done with: what another program writes afterwards holds. */
static void told_announcements_are_over(void **state) {
        struct fixture *f = *state;
        const struct event released = {
                .at_us = T1, .type = EVENT_UNQUARANTINE, .stable_id = "web", .status = "success", .message = "m", .duration_ms = -1
        };
        struct change c;

        change_begin(&c, f);
        state_get(&c.next, "web")->quarantined = QUARANTINED_BY_PERSON;
        change_save(&c);
        change_begin(&c, f);
        state_get(&c.next, "web")->quarantined = QUARANTINED_NOT;
        store_announce_events(&c.next, &released, 1);
        assert_ok(store_save(c.store, &c.prev, &c.next, false, &why));
        assert_ok(store_append_events(c.store, &released, 1, 1000, &why));
        change_end(&c);

        put(f, "quarantine.json", "[\"web\"]");
        change_begin(&c, f);
        assert_int_equal(state_get(&c.prev, "web")->quarantined, QUARANTINED_BY_AUTOHEAL);
        change_save(&c);
        assert_string_equal(get(f, "quarantine.json"), "[\"web\"]");
}

/* More at once than the history keeps: those that it dropped again are not told a second time. */
static void events_that_were_dropped_again_are_told(void **state) {
        struct fixture *f = *state;
        const struct event events[] = {
                { .at_us = T1,
                  .type = EVENT_CONFIG,
                  .stable_id = "web",
                  .status = "warning",
                  .message = "first",
                  .duration_ms = -1 },
                { .at_us = T2,
                  .type = EVENT_CONFIG,
                  .stable_id = "web",
                  .status = "warning",
                  .message = "second",
                  .duration_ms = -1 },
        };
        struct change c;

        change_begin(&c, f);
        store_announce_events(&c.next, events, 2);
        assert_ok(store_save(c.store, &c.prev, &c.next, false, &why));
        assert_ok(store_append_events(c.store, events, 2, 1, &why));
        change_end(&c);
        change_begin(&c, f);
        change_save(&c);
        assert_null(strstr(get(f, "events.json"), "first"));
        assert_non_null(strstr(get(f, "events.json"), "second"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                fixture_test(announced_events_are_told_once),
                fixture_test(announced_quarantines_and_releases_hold),
                fixture_test(told_announcements_are_over),
                fixture_test(events_that_were_dropped_again_are_told),
                fixture_test(reference_files),
                fixture_test(the_reference_shapes_are_kept),
                fixture_test(a_total_becomes_ours),
                fixture_test(order_and_doubles_of_restarts),
                fixture_test(many_restarts),
                fixture_test(round_trip),
                fixture_test(file_texts),
                fixture_test(unknown_keys_survive_in_place),
                fixture_test(counters_are_kept),
                fixture_test(counters_that_are_none_are_told),
                fixture_test(unknown_keys_survive_a_rename),
                fixture_test(an_unknown_reason_survives),
                fixture_test(quarantine_json_says_whether),
                fixture_test(a_missing_list_releases_nobody),
                fixture_test(a_dropped_memory_is_gone),
                fixture_test(a_quiet_save_writes_pass_json_alone),
                fixture_test(a_change_in_between_is_not_lost),
                fixture_test(twice_under_one_lock),
                fixture_test(maintenance_forms),
                fixture_test(maintenance_is_written_as_the_reference_writes_it),
                fixture_test(scopes_and_what_others_put_beside_them),
                fixture_test(unknown_words_say_nothing),
                fixture_test(a_listed_quarantine_is_kept_twice),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
