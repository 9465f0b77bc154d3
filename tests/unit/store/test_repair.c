/* SPDX-License-Identifier: MIT */
/* Whatever one file has become: it is kept, what the others tell of it is rebuilt, and what nobody can tell is named. */
#include "autoheal/util/base.h"

#include "store_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#define T1       INT64_C(1761919071076821)
#define T2       INT64_C(1761920595123456)
#define ISO1     "\"2025-10-31T13:57:51.076821+00:00\""
#define ISO2     "\"2025-10-31T14:23:15.123456+00:00\""
#define ISO1_1S  "\"2025-10-31T13:57:52.076821+00:00\"" /* the engine took a second */
#define ISO2_1S  "\"2025-10-31T14:23:16.123456+00:00\""
#define WINDOW_S 600
#define HELD_US  (T2 + WINDOW_S * US_PER_S)

static const struct now now = { .mono_ms = 1, .wall_us = T2 };

enum { CONTAINERS, QUARANTINE, COUNTS, MAINTENANCE, PASS, EVENTS, FILES };

/* web was quarantined by hand, db by autoheal after two restarts, api restarted once after it was released. */
static const struct {
        const char *name, *text, *outcome;
} files[FILES] = {
        [CONTAINERS] = { "containers.json",
                         "{\n\"web\":{\"quarantined_by\":\"person\",\"quarantine_reason\":\"requested\",\"quarantined_at\":" ISO1
                         "},\n"
                         "\"db\":{\"last_restart\":" ISO2 ",\"last_own_restart\":" ISO2
                         ",\"quarantined_by\":\"autoheal\",\"quarantine_reason\":\"max-restarts\",\"quarantined_at\":" ISO2 "},\n"
                         "\"api\":{\"last_restart\":" ISO2 ",\"last_own_restart\":" ISO2 "}\n}",
                         "2 quarantines kept, and events.json tells why and by whom of each; the last restart of 2 containers "
                         "rebuilt; not known any more: " },
        [QUARANTINE] = { "quarantine.json", "[\"web\",\"db\"]", "2 quarantines rebuilt from containers.json" },
        [COUNTS] = { "restart_counts.json", "{\"db\":[" ISO1 "," ISO2 "],\"api\":[" ISO2 "]}",
                     "3 restarts of 2 containers rebuilt from events.json and containers.json; restarts that these two do not" },
        [MAINTENANCE] = { "maintenance.json", "{\"enabled\":true,\"start_time\":" ISO1 ",\"x\":1}",
                          "brought back from maintenance.json.last: maintenance of all containers is on" },
        [PASS] = { "pass.json", "{\"engine\":{\"endpoint\":\"e\"},\"last_pass\":{\"time\":" ISO2 "}}",
                   "made anew; not known any more: which engine" },
        [EVENTS] = { "events.json",
                     "[\n{\"timestamp\":" ISO1 ",\"event_type\":\"quarantine\",\"status\":\"quarantined\",\"stable_id\":\"web\","
                     "\"reason\":\"requested\"},\n"
                     "{\"timestamp\":" ISO1_1S ",\"event_type\":\"restart\",\"status\":\"success\",\"stable_id\":\"api\","
                     "\"duration_ms\":1000},\n"
                     "{\"timestamp\":" ISO1_1S ",\"event_type\":\"unquarantine\",\"status\":\"success\",\"stable_id\":\"api\"},\n"
                     "{\"timestamp\":" ISO1_1S ",\"event_type\":\"restart\",\"status\":\"failure\",\"stable_id\":\"db\","
                     "\"duration_ms\":1000},\n"
                     "{\"timestamp\":" ISO2_1S ",\"event_type\":\"restart\",\"status\":\"success\",\"container_name\":\"d (db)\","
                     "\"duration_ms\":1000},\n"
                     "{\"timestamp\":" ISO2_1S ",\"event_type\":\"restart\",\"status\":\"unknown\",\"stable_id\":\"api\","
                     "\"duration_ms\":1000},\n"
                     "{\"timestamp\":" ISO2 ",\"event_type\":\"quarantine\",\"status\":\"quarantined\",\"stable_id\":\"db\","
                     "\"reason\":\"max-restarts\"}\n]",
                     "the history begins anew" },
};

static void put_intact(const struct fixture *f) {
        for (size_t i = 0; i < FILES; i++)
                put(f, files[i].name, files[i].text);
        put(f, "maintenance.json.last", files[MAINTENANCE].text);
}

/* A directory after store_repair(), loaded. */
struct repaired {
        struct store *store;
        struct arena arena;
        struct store_repair *repairs;
        size_t n;
        struct state state;
};

static void repair(struct repaired *r, const struct fixture *f) {
        *r = (struct repaired){ .store = open_store(f, STORE_WRITE), .arena = ARENA_INIT(16 * 1024) };
        assert_ok(store_lock_state(r->store, &why));
        assert_ok(store_repair(r->store, now, WINDOW_S, &r->arena, &r->repairs, &r->n, &why));
        assert_ok(store_load(r->store, &r->state, &r->arena, &why));
}

static void repair_end(struct repaired *r) {
        state_release(&r->state);
        arena_release(&r->arena);
        store_close(r->store);
}

static const struct memory *memory_of(const struct repaired *r, const char *id) {
        const struct memory *m = state_find(&r->state, id);

        if (!m)
                fail_msg("nothing is remembered of %s", id);
        return m;
}

static void assert_quarantine(const struct repaired *r, const char *id, enum quarantined_by by, enum reason reason, int64_t us) {
        assert_int_equal(memory_of(r, id)->quarantined, by);
        assert_int_equal(memory_of(r, id)->quarantine_reason, reason);
        assert_int_equal(memory_of(r, id)->quarantined_us, us);
}

static void assert_restarts(const struct repaired *r, const char *id, size_t n, const int64_t *us) {
        const struct memory *m = memory_of(r, id);

        assert_int_equal(m->n_restarts, n);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(m->restarts_us[i], us[i]);
}

static void assert_all_known(const struct repaired *r, bool pass_known) {
        assert_int_equal(r->state.n, 3);
        assert_quarantine(r, "web", QUARANTINED_BY_PERSON, REASON_REQUESTED, T1);
        assert_quarantine(r, "db", QUARANTINED_BY_AUTOHEAL, REASON_MAX_RESTARTS, T2);
        assert_quarantine(r, "api", QUARANTINED_NOT, REASON_NONE, 0);
        assert_restarts(r, "web", 0, NULL);
        assert_restarts(r, "db", 2, (const int64_t[]){ T1, T2 });
        assert_restarts(r, "api", 1, (const int64_t[]){ T2 });
        assert_int_equal(memory_of(r, "db")->last_restart_us, T2);
        assert_int_equal(memory_of(r, "db")->last_own_restart_us, T2);
        assert_int_equal(memory_of(r, "api")->last_restart_us, T2);
        for (size_t i = 0; i < r->state.n; i++)
                assert_int_equal(r->state.memories[i].held_until_us, 0);
        assert_true(r->state.maintenance.enabled);
        assert_int_equal(r->state.maintenance.start_us, T1);
        assert_int_equal(r->state.maintenance.until_us, 0);
        assert_string_equal(r->state.engine_endpoint, pass_known ? "e" : "");
        assert_int_equal(r->state.last_pass_us, pass_known ? T2 : 0);
}

static void assert_bytes(struct fixture *f, const char *name, const char *bytes, size_t len) {
        char path[256];
        struct buf is AUTO(buf_release) = BUF_INIT(32 * 1024 * 1024);
        FILE *file;
        char chunk[4096];
        size_t n;

        file_path(f, name, path);
        file = fopen(path, "r");
        if (!file)
                fail_msg("there is no %s", name);
        while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
                buf_add(&is, chunk, n);
        (void)fclose(file);
        assert_int_equal(is.len, len);
        assert_memory_equal(buf_str(&is), bytes, len);
}

static void remove_file(const struct fixture *f, const char *name) {
        char path[256];

        file_path(f, name, path);
        assert_int_equal(unlink(path), 0);
}

static void assert_repaired(struct fixture *f, size_t file, const char *bytes, size_t len) {
        const char *name = files[file].name;
        char kept[128];
        struct repaired r;

        put_bytes(f, name, bytes, len);
        repair(&r, f);
        assert_all_known(&r, file != PASS);
        if (file == PASS && len == 0) {
                assert_int_equal(r.n, 0);
                put(f, name, files[file].text);
                repair_end(&r);
                return;
        }
        if (r.n != 1)
                fail_msg("%s of %zu bytes: %zu repairs", name, len, r.n);
        (void)snprintf(kept, sizeof(kept), "%s.corrupt-20251031T142315Z", name);
        assert_string_equal(r.repairs[0].file, name);
        assert_string_equal(r.repairs[0].kept_as, kept);
        assert_int_equal(strncmp(r.repairs[0].error, "line ", 5), 0);
        if (strncmp(r.repairs[0].outcome, files[file].outcome, strlen(files[file].outcome)) != 0)
                fail_msg("%s: '%s'", name, r.repairs[0].outcome);
        assert_bytes(f, kept, bytes, len);
        remove_file(f, kept);
        /* and it is a file like any other again */
        assert_ok(store_repair(r.store, now, WINDOW_S, &r.arena, &r.repairs, &r.n, &why));
        assert_int_equal(r.n, 0);
        repair_end(&r);
        put(f, name, files[file].text);
}

static void intact_files_are_left_alone(void **state) {
        struct fixture *f = *state;
        struct stat before[FILES], after;
        struct repaired r;

        put_intact(f);
        for (size_t i = 0; i < FILES; i++)
                before[i] = look(f, files[i].name);
        repair(&r, f);
        assert_int_equal(r.n, 0);
        assert_all_known(&r, true);
        /* what this handle knows to be good is not read again, and a file that breaks now is seen all the same */
        put(f, "quarantine.json", "[");
        assert_ok(store_repair(r.store, now, WINDOW_S, &r.arena, &r.repairs, &r.n, &why));
        assert_int_equal(r.n, 1);
        put(f, "events.json", "[");
        assert_ok(store_repair(r.store, now, WINDOW_S, &r.arena, &r.repairs, &r.n, &why));
        assert_int_equal(r.n, 1);
        assert_string_equal(r.repairs[0].file, "events.json");
        repair_end(&r);
        for (size_t i = 0; i < FILES; i++) {
                after = look(f, files[i].name);
                assert_int_equal(same_file(&before[i], &after), i != QUARANTINE && i != EVENTS);
        }
}

static void cut_at_every_byte(void **state) {
        struct fixture *f = *state;

        put_intact(f);
        for (size_t file = 0; file < FILES; file++)
                for (size_t len = 0; len < strlen(files[file].text); len++)
                        assert_repaired(f, file, files[file].text, len);
}

static void garbage_of_every_kind(void **state) {
        static const char zeros[4096], utf16[] = "[\0\"\0a\0\"\0]\0";
        static const struct {
                const char *bytes;
                size_t len; /* 0: strlen */
        } garbage[] = {
                { " \n ", 0 },
                { "null", 0 },
                { "true", 0 },
                { "7", 0 },
                { "\"web\"", 0 },
                { "[1]", 0 },
                { "[null]", 0 },
                { "[[\"web\"]]", 0 },
                { "{\"a\":}", 0 },
                { "{'a':1}", 0 },
                { "[01]", 0 },
                { "nul", 0 },
                { "{}{}", 0 },
                { "[\"web\"] x", 0 },
                { "{\"a\":1,}", 0 },
                { "[\"\xff\"]", 0 },
                { "[\"\\x\"]", 0 },
                { "[\"a\nb\"]", 0 },
                { "[\"open", 0 },
                { "\xef\xbb\xbf[]", 0 },
                { "NaN", 0 },
                { "{\"a\" 1}", 0 },
                { "enabled: true", 0 },
                { "<html></html>", 0 },
                { "/* [] */ []", 0 },
                { "\x1f\x8b\x08", 0 },
                { "\x7f"
                  "ELF",
                  0 },
                { "Segmentation fault\n", 0 },
                { zeros, 1 },
                { zeros, sizeof(zeros) },
                { utf16, sizeof(utf16) - 1 },
                { "<<<<<<< HEAD\n[]\n", 0 },
        };
        struct fixture *f = *state;
        char deep[400];
        char *large AUTO_FREE = xcalloc(1, 100000);

        memset(deep, '[', 200);
        memset(deep + 200, ']', 200);
        memset(large, 'A', 100000);
        put_intact(f);
        for (size_t file = 0; file < FILES; file++) {
                for (size_t i = 0; i < N_ELEMENTS(garbage); i++)
                        assert_repaired(f, file, garbage[i].bytes, garbage[i].len ? garbage[i].len : strlen(garbage[i].bytes));
                assert_repaired(f, file, deep, sizeof(deep));
                assert_repaired(f, file, large, 100000);
        }
}

/* Valid JSON of a wrong type, deep inside. */
static void one_wrong_value(void **state) {
        struct fixture *f = *state;
        static const struct {
                size_t file;
                const char *text;
        } wrong[] = {
                { CONTAINERS, "{\"web\":{\"quarantined_by\":\"person\",\"quarantined_at\":5}}" },
                { QUARANTINE, "[\"web\",\"db\",3]" },
                { COUNTS, "{\"db\":[\"yesterday\"]}" },
                { MAINTENANCE, "{\"enabled\":\"no\"}" },
                { PASS, "{\"last_pass\":[]}" },
                { EVENTS, "[{},[]]" },
        };

        put_intact(f);
        for (size_t i = 0; i < N_ELEMENTS(wrong); i++)
                assert_repaired(f, wrong[i].file, wrong[i].text, strlen(wrong[i].text));
}

static void too_large(void **state) {
        struct fixture *f = *state;
        size_t len = 16 * 1024 * 1024 + 1;
        char *text AUTO_FREE = xcalloc(1, len + 1);
        struct repaired r;

        memset(text, ' ', len);
        put_intact(f);
        put_bytes(f, "quarantine.json", text, len);
        repair(&r, f);
        assert_int_equal(r.n, 1);
        assert_string_equal(r.repairs[0].error, "larger than the 16 MiB that are read");
        assert_bytes(f, r.repairs[0].kept_as, text, len);
        assert_all_known(&r, true);
        repair_end(&r);
}

/* Both lists are gone: the events tell of some, and whom nobody tells of is left alone for a while. */
static void both_lists(void **state) {
        struct fixture *f = *state;
        struct repaired r;

        put_intact(f);
        put(f, "restart_counts.json", "{\"db\":[" ISO2 "],\"old\":[" ISO2 "]}");
        put(f, "events.json",
            "[{\"timestamp\":" ISO1 ",\"event_type\":\"quarantine\",\"status\":\"quarantined\",\"stable_id\":\"web\","
            "\"reason\":\"requested\"},"
            "{\"timestamp\":" ISO1 ",\"event_type\":\"quarantine\",\"status\":\"quarantined\",\"container_name\":\"d (db)\"},"
            "{\"timestamp\":" ISO1 ",\"event_type\":\"quarantine\",\"status\":\"quarantined\",\"stable_id\":\"api\"},"
            "{\"timestamp\":" ISO2 ",\"event_type\":\"auto_unquarantine\",\"status\":\"success\",\"stable_id\":\"api\"},"
            "{\"timestamp\":" ISO2 ",\"event_type\":\"quarantine\",\"status\":\"failure\",\"stable_id\":\"api\"},"
            "{\"timestamp\":" ISO2 ",\"event_type\":\"recovered\",\"status\":\"healthy\",\"stable_id\":\"cache\"},"
            "{\"timestamp\":" ISO1 ",\"event_type\":\"quarantine\",\"status\":\"quarantined\",\"stable_id\":\"not-stopped\"},"
            "{\"timestamp\":" ISO2 ",\"event_type\":\"quarantine\",\"status\":\"failure\",\"stable_id\":\"not-stopped\","
            "\"message\":\"the stop was not done by the engine and is taken back\"}]");
        put(f, "containers.json", "{\"web\":{\"quarantined_by\":\"per");
        /* The second time is what comes after a kill between the two writes. */
        for (int i = 0; i < 2; i++) {
                put(f, "quarantine.json", "[\"web\",");
                repair(&r, f);
                assert_quarantine(&r, "web", QUARANTINED_BY_PERSON, REASON_REQUESTED, T1);
                assert_quarantine(&r, "db", QUARANTINED_BY_AUTOHEAL, REASON_NONE, T1);
                assert_int_equal(memory_of(&r, "db")->held_until_us, 0);
                assert_int_equal(memory_of(&r, "old")->held_until_us, HELD_US);
                assert_int_equal(memory_of(&r, "cache")->held_until_us, HELD_US);
                assert_null(state_find(&r.state, "not-stopped"));
                assert_int_equal(r.state.held_until_us, HELD_US);
                assert_true(!state_find(&r.state, "api") || memory_of(&r, "api")->held_until_us == 0);
                if (i == 0) {
                        assert_int_equal(r.n, 2);
                        assert_string_equal(r.repairs[0].file, "containers.json");
                        assert_string_equal(
                                r.repairs[1].outcome,
                                "2 quarantines rebuilt from events.json; of 2 more containers it is not known; quarantines that no "
                                "file tells of are lost, so nothing is done about any container until 2025-10-31T14:33:15Z");
                }
                repair_end(&r);
        }
}

static void both_lists_and_the_events(void **state) {
        struct fixture *f = *state;
        struct repaired r;

        put_intact(f);
        put(f, "containers.json", "");
        put(f, "quarantine.json", "");
        put(f, "events.json", "");
        repair(&r, f);
        assert_int_equal(r.n, 3);
        assert_int_equal(r.state.n, 2);
        assert_int_equal(memory_of(&r, "db")->held_until_us, HELD_US);
        assert_int_equal(memory_of(&r, "db")->last_restart_us, T2);
        assert_int_equal(memory_of(&r, "api")->held_until_us, HELD_US);
        assert_string_equal(get(f, "events.json"), "[]\n");
        repair_end(&r);
}

/* A directory of the reference service, which has no containers.json yet. */
static void a_list_without_containers_json(void **state) {
        struct fixture *f = *state;
        struct repaired r;

        put_intact(f);
        remove_file(f, "containers.json");
        put(f, "quarantine.json", "[\"web\"");
        repair(&r, f);
        assert_int_equal(r.n, 1);
        assert_quarantine(&r, "web", QUARANTINED_BY_PERSON, REASON_REQUESTED, T1);
        assert_quarantine(&r, "db", QUARANTINED_BY_AUTOHEAL, REASON_MAX_RESTARTS, T2);
        assert_quarantine(&r, "api", QUARANTINED_NOT, REASON_NONE, 0);
        assert_int_equal(memory_of(&r, "api")->held_until_us, 0);
        repair_end(&r);
}

/* Nobody was ever quarantined, so there is no list. */
static void containers_json_without_a_list(void **state) {
        struct fixture *f = *state;
        struct repaired r;

        put(f, "containers.json", "{");
        put(f, "restart_counts.json", "{\"db\":[" ISO2 "]}");
        repair(&r, f);
        assert_int_equal(r.n, 1);
        assert_int_equal(memory_of(&r, "db")->held_until_us, 0);
        assert_int_equal(memory_of(&r, "db")->last_restart_us, T2);
        repair_end(&r);
}

/* A release by hand, in the list, has the last word over the events; the last own restart is not counted twice. */
static void what_counts_as_a_restart(void **state) {
        struct fixture *f = *state;
        struct repaired r;

        put(f, "containers.json",
            "{\"only-here\":{\"last_own_restart\":" ISO2 "},\"before-release\":{\"last_own_restart\":" ISO1
            "},\"engine\":{\"last_own_restart\":" ISO2 "}}");
        put(f, "events.json",
            "[{\"timestamp\":" ISO2 ",\"event_type\":\"unquarantine\",\"status\":\"success\",\"stable_id\":\"before-release\"},"
            "{\"timestamp\":" ISO2_1S ",\"event_type\":\"restart\",\"status\":\"success\",\"reason\":\"engine-restart\","
            "\"stable_id\":\"engine\",\"duration_ms\":1000},"
            "{\"timestamp\":" ISO1 ",\"event_type\":\"restart\",\"status\":\"gone\",\"stable_id\":\"gone\"},"
            "{\"timestamp\":\"soon\",\"event_type\":\"restart\",\"status\":\"success\",\"stable_id\":\"no-time\"},"
            "{\"timestamp\":" ISO1 ",\"event_type\":\"restart\",\"status\":\"unknown\",\"stable_id\":\"taken\"},"
            "{\"timestamp\":" ISO2 ",\"event_type\":\"restart\",\"status\":\"failure\",\"stable_id\":\"taken\","
            "\"message\":\"was not done by the engine and is taken back\"},"
            "{\"timestamp\":" ISO2 ",\"event_type\":\"restart\",\"status\":\"success\",\"stable_id\":\"twice\"},"
            "{\"timestamp\":" ISO1 ",\"event_type\":\"restart\",\"status\":\"success\",\"stable_id\":\"twice\"},"
            "{\"timestamp\":" ISO2 ",\"event_type\":\"restart\",\"status\":\"success\",\"stable_id\":\"twice\"},"
            "{\"timestamp\":" ISO2 ",\"event_type\":\"restart\",\"status\":\"success\",\"container_name\":\"nameless\"}]");
        put(f, "restart_counts.json", "{\"x\"");
        repair(&r, f);
        assert_int_equal(r.n, 1);
        assert_string_equal(get(f, "restart_counts.json"),
                            "{\n  \"only-here\": [\n    " ISO2 "\n  ],\n  \"twice\": [\n    " ISO1 ",\n    " ISO2 "\n  ]\n}");
        repair_end(&r);
}

/* As many as fit, all of one container: neither time nor memory runs away. */
static void many_events_of_one_container(void **state) {
        struct fixture *f = *state;
        struct buf text AUTO(buf_release) = BUF_INIT(32 * 1024 * 1024);
        struct repaired r;

        buf_add_char(&text, '[');
        for (int i = 0; i < 50000; i++)
                buf_addf(&text,
                         "%s{\"timestamp\":\"2025-10-31T00:00:00.%06dZ\",\"event_type\":\"restart\",\"status\":\"success\","
                         "\"stable_id\":\"a\"}",
                         i ? "," : "", 50000 - i);
        buf_add_char(&text, ']');
        put_bytes(f, "events.json", text.data, text.len);
        put(f, "restart_counts.json", "");
        put(f, "containers.json", "");
        repair(&r, f);
        assert_int_equal(memory_of(&r, "a")->n_restarts, 50000);
        repair_end(&r);
}

static void maintenance_that_nobody_remembers(void **state) {
        static const char *const last[] = { NULL, "", "{\"enabled\":\"x\"}" };
        struct fixture *f = *state;
        struct repaired r;

        for (size_t i = 0; i < N_ELEMENTS(last); i++) {
                put(f, "maintenance.json", "{enabled: true}");
                if (last[i])
                        put(f, "maintenance.json.last", last[i]);
                repair(&r, f);
                assert_int_equal(r.n, 1);
                assert_true(r.state.maintenance.enabled);
                assert_int_equal(r.state.maintenance.until_us, HELD_US);
                assert_string_equal(r.state.maintenance.reason, "maintenance.json was broken");
                assert_string_equal(
                        r.repairs[0].outcome,
                        "there is no good maintenance.json.last: whether restarts were suspended is not known, so they are "
                        "until 2025-10-31T14:33:15Z");
                repair_end(&r);
        }
}

/* What there is none of is not counted. */
static void nothing_to_rebuild(void **state) {
        static const struct {
                const char *file, *containers, *outcome;
        } cases[] = {
                { "containers.json", NULL,
                  "not known any more: what was seen of each container, failures and actions under way, lifetime totals" },
                { "quarantine.json", "{}", "containers.json tells that nothing was quarantined" },
                { "quarantine.json", NULL,
                  "events.json tells of no quarantine; quarantines that no file tells of are lost, so nothing is done about any "
                  "container until 2025-10-31T14:33:15Z" },
                { "restart_counts.json", "{}",
                  "events.json and containers.json tell of no restart; restarts that these two do not know of are not counted any "
                  "more" },
                { "restart_counts.json", NULL,
                  "events.json tells of no restart; restarts that it does not know of are not counted any more" },
        };
        struct fixture *f = *state;
        struct repaired r;

        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                put_intact(f);
                for (size_t k = 0; k < FILES; k++)
                        remove_file(f, files[k].name);
                if (cases[i].containers)
                        put(f, "containers.json", cases[i].containers);
                put(f, "events.json", "[]");
                put(f, cases[i].file, "{");
                repair(&r, f);
                assert_int_equal(r.n, 1);
                assert_string_equal(r.repairs[0].outcome, cases[i].outcome);
                repair_end(&r);
        }
}

static void an_earlier_copy_is_never_overwritten(void **state) {
        struct fixture *f = *state;
        struct repaired r;

        put_intact(f);
        put(f, "pass.json.corrupt-20251031T142315Z", "precious");
        put(f, "pass.json", "one");
        repair(&r, f);
        assert_string_equal(r.repairs[0].kept_as, "pass.json.corrupt-20251031T142315Z-2");
        repair_end(&r);
        put(f, "pass.json", "two");
        repair(&r, f);
        assert_string_equal(r.repairs[0].kept_as, "pass.json.corrupt-20251031T142315Z-3");
        repair_end(&r);
        assert_string_equal(get(f, "pass.json.corrupt-20251031T142315Z"), "precious");
        assert_string_equal(get(f, "pass.json.corrupt-20251031T142315Z-2"), "one");
        assert_string_equal(get(f, "pass.json.corrupt-20251031T142315Z-3"), "two");
}

/* Killed after it was kept, before it was replaced: one copy is enough. */
static void a_repair_that_was_killed(void **state) {
        struct fixture *f = *state;
        char path[256], kept[256];
        struct repaired r;
        size_t n;

        put_intact(f);
        put(f, "quarantine.json", "?");
        file_path(f, "quarantine.json", path);
        file_path(f, "quarantine.json.corrupt-20200101T000000Z", kept);
        assert_int_equal(link(path, kept), 0);
        put(f, "state.lock", "");
        n = count_files(f->dir);
        repair(&r, f);
        assert_string_equal(r.repairs[0].kept_as, "quarantine.json.corrupt-20200101T000000Z");
        assert_all_known(&r, true);
        repair_end(&r);
        assert_string_equal(get(f, "quarantine.json.corrupt-20200101T000000Z"), "?");
        assert_int_equal(count_files(f->dir), n);
}

/* Tried every minute on a full disk, it must not fill the directory. */
static void full_disk(void **state) {
        struct fixture *f = *state;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct store_repair *repairs;
        struct rlimit before, none;
        struct error err = ERROR_INIT;
        struct store *s;
        size_t n, n_files;
        int result;

        put_intact(f);
        put(f, "quarantine.json", "?");
        s = open_store(f, STORE_WRITE);
        assert_ok(store_lock_state(s, &why));
        n_files = count_files(f->dir);
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        (void)signal(SIGXFSZ, SIG_IGN);
        none = before;
        none.rlim_cur = 0;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
        result = store_repair(s, now, WINDOW_S, &a, &repairs, &n, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(result, -1);
        assert_int_equal(err.sys_errno, EFBIG);
        assert_int_equal(n, 0);
        assert_string_equal(get(f, "quarantine.json"), "?");
        assert_int_equal(count_files(f->dir), n_files);
        store_close(s);
}

/* The link stays one, and its target is what is replaced. */
static void behind_a_symbolic_link(void **state) {
        struct fixture *f = *state;
        char path[256], target[256];
        struct repaired r;

        put_intact(f);
        file_path(f, "quarantine.json", path);
        (void)snprintf(target, sizeof(target), "%s/elsewhere.json", f->base);
        assert_int_equal(rename(path, target), 0);
        assert_int_equal(symlink(target, path), 0);
        put(f, "quarantine.json", "[broken");
        repair(&r, f);
        assert_int_equal(r.n, 1);
        assert_all_known(&r, true);
        assert_true(S_ISLNK(look(f, "quarantine.json").st_mode));
        assert_true(S_ISREG(look(f, r.repairs[0].kept_as).st_mode));
        assert_string_equal(get(f, r.repairs[0].kept_as), "[broken");
        assert_string_equal(get(f, "quarantine.json"), "[\n  \"web\",\n  \"db\"\n]");
        repair_end(&r);
}

/* Its content may be fine: it is not for us to say. */
static void what_cannot_be_read_is_not_broken(void **state) {
        struct fixture *f = *state;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct store *s = open_store(f, STORE_WRITE);
        struct store_repair *repairs;
        struct error err = ERROR_INIT;
        char path[256];
        size_t n;

        put_intact(f);
        assert_ok(store_lock_state(s, &why));
        file_path(f, "quarantine.json", path);
        assert_int_equal(chmod(path, 0666), 0);
        assert_int_equal(store_repair(s, now, WINDOW_S, &a, &repairs, &n, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err.msg, "may be written by others"));
        assert_string_equal(get(f, "quarantine.json"), files[QUARANTINE].text);
        assert_int_equal(chmod(path, 0644), 0);
        /* the events alone stop nothing */
        file_path(f, "events.json", path);
        assert_int_equal(chmod(path, 0666), 0);
        assert_ok(store_repair(s, now, WINDOW_S, &a, &repairs, &n, &why));
        assert_int_equal(n, 0);
        store_close(s);
}

/* What others put into the files that are good is not lost by a repair that adds to them. */
static void good_files_keep_what_they_hold(void **state) {
        struct fixture *f = *state;
        struct repaired r;

        put(f, "quarantine.json", "[");
        put(f, "restart_counts.json", "{\"db\": [" ISO2 "]}");
        put(f, "maintenance.json", "{}");
        repair(&r, f);
        assert_string_equal(get(f, "restart_counts.json"), "{\"db\": [" ISO2 "]}");
        assert_string_equal(get(f, "maintenance.json"), "{}");
        assert_int_equal(memory_of(&r, "db")->held_until_us, HELD_US);
        repair_end(&r);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                fixture_test(intact_files_are_left_alone),
                fixture_test(cut_at_every_byte),
                fixture_test(garbage_of_every_kind),
                fixture_test(one_wrong_value),
                fixture_test(too_large),
                fixture_test(both_lists),
                fixture_test(both_lists_and_the_events),
                fixture_test(a_list_without_containers_json),
                fixture_test(containers_json_without_a_list),
                fixture_test(what_counts_as_a_restart),
                fixture_test(many_events_of_one_container),
                fixture_test(maintenance_that_nobody_remembers),
                fixture_test(nothing_to_rebuild),
                fixture_test(an_earlier_copy_is_never_overwritten),
                fixture_test(a_repair_that_was_killed),
                fixture_test(full_disk),
                fixture_test(behind_a_symbolic_link),
                fixture_test(what_cannot_be_read_is_not_broken),
                fixture_test(good_files_keep_what_they_hold),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
