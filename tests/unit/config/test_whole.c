/* SPDX-License-Identifier: MIT */
/* The whole configuration as a document, and the edits that come of one that is sent back. */
#include "autoheal/config/remote.h"
#include "edit_fixture.h"

struct held {
        struct buf text;
        struct json_doc *file, *doc;
};

static void held_release(struct held *h) {
        json_doc_free(h->doc);
        json_doc_free(h->file);
        buf_release(&h->text);
}

/* With the file's own text, which must outlive it, and variables. */
static void hold(struct fixture *f, struct held *ret, const char *file, const struct env_var *env, size_t n_env) {
        *ret = (struct held){ .text = BUF_INIT(CONFIG_MAX), .file = parsed(file) };
        assert_int_equal(load_with(f, file, env, n_env), 0);
        config_whole(&ret->text, &f->cfg, json_root(ret->file));
        ret->doc = parsed(buf_str(&ret->text));
}

static void check_raw(struct json_value root, const char *path, const char *raw) {
        struct slice is = json_raw(config_at(root, path));

        if (!slice_eq(is, raw))
                fail_msg("%s is %.*s, not %s", path, (int)is.n, is.p, raw);
}

static void every_setting_has_its_place(void **data) {
        struct fixture *f = *data;
        struct held h AUTO(held_release);
        const struct setting_info *settings;
        size_t n = config_settings(&settings);

        hold(f, &h, "{}", NULL, 0);
        for (size_t i = 0; i < n; i++)
                if (*settings[i].initial)
                        check_raw(json_root(h.doc), settings[i].path, settings[i].initial);
                else
                        assert_false(json_present(config_at(json_root(h.doc), settings[i].path)));
}

static void what_holds_is_shown(void **data) {
        struct fixture *f = *data;
        struct held h AUTO(held_release);
        const struct env_var env = { "AUTOHEAL_RESTART_COOLDOWN_SECONDS", "5" };

        hold(f, &h,
             "{\"restart\":{\"cooldown_seconds\":9,\"stop_timeout_seconds\":7,\"backoff\":{\"multiplier\":1.1}},\"filters\":{"
             "\"whitelist_labels\":[{\"a\":\"b\",\"c\":\"d\"}],\"blacklist_names\":[\"x*\"]},\"containers\":{\"restart_counts\":{"
             "\"w\":2}},"
             "\"uptime_kuma\":{\"api_token\":\"t\"},\"alerts\":{\"webhook\":\"h\"},\"mine\":1}",
             &env, 1);
        check_raw(json_root(h.doc), "restart.cooldown_seconds", "5");
        check_raw(json_root(h.doc), "restart.stop_timeout_seconds", "7");
        check_raw(json_root(h.doc), "restart.backoff.multiplier", "1.1");
        check_raw(json_root(h.doc), "filters.whitelist_labels", "[{\"a\":\"b\"},{\"c\":\"d\"}]");
        check_raw(json_root(h.doc), "filters.blacklist_names", "[\"x*\"]");
        check_raw(json_root(h.doc), "containers.restart_counts", "{\"w\":2}");
        check_raw(json_root(h.doc), "uptime_kuma.api_token", "\"t\"");
        check_raw(json_root(h.doc), "alerts.webhook", "\"h\"");
        assert_false(json_present(config_at(json_root(h.doc), "mine")));
}

/* ---- Edits ---- */

static size_t edits_of(struct fixture *f, const struct held *h, const char *section, const char *given,
                       const struct config_edit **ret) {
        struct json_doc *doc AUTO_JSON = parsed(given);

        f->issues = (struct config_issues)CONFIG_ISSUES_INIT(&f->arena);
        return config_edits(section, json_root(doc), json_root(h->doc), json_root(h->file), &f->issues, ret);
}

static void what_is_as_it_was_is_no_edit(void **data) {
        struct fixture *f = *data;
        struct held h AUTO(held_release);
        const struct env_var env = { "AUTOHEAL_RESTART_COOLDOWN_SECONDS", "5" };
        const struct config_edit *edits;

        hold(f, &h, "{\"restart\":{\"max_restarts\":4},\"mine\":{\"a\":1},\"alerts\":{\"webhook\":\"h\"}}", &env, 1);
        assert_int_equal(edits_of(f, &h, "", buf_str(&h.text), &edits), 4);
        for (size_t i = 0; i < 4; i++)
                assert_null(edits[i].json);
        assert_int_equal(
                edits_of(f, &h, "", "{\"restart\":{\"max_restarts\":4.0,\"cooldown_seconds\":5},\"mine\":{\"a\":1}}", &edits), 0);
        assert_int_equal(f->issues.n, 0);
}

static void what_is_named_is_edited(void **data) {
        struct fixture *f = *data;
        struct held h AUTO(held_release);
        const struct config_edit *edits;

        hold(f, &h, "{}", NULL, 0);
        assert_int_equal(edits_of(f, &h, "restart", "{\"max_restarts\":4,\"backoff\":{\"enabled\":false},\"mode\":null}", &edits),
                         3);
        assert_string_equal(edits[0].path, "restart.max_restarts");
        assert_string_equal(edits[0].json, "4");
        assert_string_equal(edits[1].path, "restart.backoff.enabled");
        assert_string_equal(edits[1].json, "false");
        assert_string_equal(edits[2].path, "restart.mode");
        assert_null(edits[2].json);
        assert_int_equal(edits_of(f, &h, "restart", "{\"backoff\":null}", &edits), 4);
        for (size_t i = 0; i < 4; i++)
                assert_null(edits[i].json);
}

static void check_edit(struct fixture *f, const struct held *h, const char *given, const char *json) {
        const struct config_edit *edits;

        if (edits_of(f, h, "", given, &edits) != 1 || !str_eq(edits[0].json, json))
                fail_msg("'%s' is not %s", given, json);
        assert_int_equal(f->issues.n, 0);
}

/* As people typed it into a page. */
static void what_is_lax_is_understood(void **data) {
        struct fixture *f = *data;
        struct held h AUTO(held_release);
        const struct config_edit *edits;

        hold(f, &h, "{\"restart\":{\"max_restarts\":4}}", NULL, 0);
        check_edit(f, &h, "{\"monitor\":{\"interval_seconds\":\"45\"}}", "45");
        check_edit(f, &h, "{\"restart\":{\"backoff\":{\"multiplier\":\"1.5\"}}}", "1.5");
        check_edit(f, &h, "{\"restart\":{\"respect_manual_stop\":\"False\"}}", "false");
        check_edit(f, &h, "{\"restart\":{\"respect_manual_stop\":0}}", "false");
        check_edit(f, &h, "{\"observability\":{\"log_level\":\"debug\"}}", "\"DEBUG\"");
        check_edit(f, &h, "{\"notifications\":{\"enabled\":\"true\"}}", "true");
        /* What it means is what holds already. */
        assert_int_equal(edits_of(f, &h, "",
                                  "{\"restart\":{\"max_restarts\":\"4\",\"respect_manual_stop\":1},"
                                  "\"observability\":{\"log_level\":\"info\"}}",
                                  &edits),
                         0);
        /* What it cannot mean is left to who judges it. */
        check_edit(f, &h, "{\"monitor\":{\"interval_seconds\":\"soon\"}}", "\"soon\"");
        check_edit(f, &h, "{\"restart\":{\"stop_timeout_seconds\":\"null\"}}", "\"null\"");
        check_edit(f, &h, "{\"restart\":{\"respect_manual_stop\":2}}", "2");
        check_edit(f, &h, "{\"observability\":{\"log_level\":\"loud\"}}", "\"loud\"");
        check_edit(f, &h, "{\"monitor\":{\"label_key\":\"1\"}}", "\"1\"");
}

static void what_is_unknown_is_an_error(void **data) {
        struct fixture *f = *data;
        struct held h AUTO(held_release);
        const struct config_edit *edits;

        hold(f, &h, "{\"mine\":{\"a\":1}}", NULL, 0);
        assert_int_equal(
                edits_of(f, &h, "",
                         "{\"restrat\":{},\"restart.mode\":\"both\",\"monitor\":[],\"mine\":{\"a\":2},\"hooks\":{\"a\":1},\"\":1}",
                         &edits),
                0);
        check_issue(&f->issues, true, "restart.mode", "unknown key (a section is an object of its own, a dot does not make one)");
        check_issue(&f->issues, true, "monitor", "must be an object");
        check_issue(&f->issues, true, "mine", "unknown key 'mine'");
        check_issue(&f->issues, true, "hooks.a", "cannot be changed over HTTP, for it concerns the host: change config.json there");
        assert_int_equal(f->issues.n, 6);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(every_setting_has_its_place),  WITH_LOAD(what_holds_is_shown),
                WITH_LOAD(what_is_as_it_was_is_no_edit), WITH_LOAD(what_is_named_is_edited),
                WITH_LOAD(what_is_lax_is_understood),    WITH_LOAD(what_is_unknown_is_an_error),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
