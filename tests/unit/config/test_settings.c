/* SPDX-License-Identifier: MIT */
/* The table: its defaults, the names of its variables, and that the documentation has every row as it is. */
#include "fixture.h"

#include <ctype.h>

static void defaults_are_the_documented_ones(void **data) {
        struct fixture *f = *data;
        struct config *c = &f->cfg;

        config_defaults(c);
        assert_int_equal(c->monitor.interval_seconds, 30);
        assert_string_equal(c->monitor.label_key, "autoheal");
        assert_string_equal(c->monitor.label_value, "true");
        assert_false(c->monitor.include_all);
        assert_false(c->monitor.include_swarm_tasks);
        assert_int_equal(c->containers.selected.n, 0);
        assert_int_equal(c->containers.excluded.n, 0);
        assert_int_equal(c->containers.n_restart_counts, 0);
        assert_int_equal(c->filters.whitelist_names.n, 0);
        assert_int_equal(c->filters.blacklist_names.n, 0);
        assert_int_equal(c->filters.whitelist_labels.n, 0);
        assert_int_equal(c->filters.blacklist_labels.n, 0);
        assert_string_equal(c->restart.mode_word, "both");
        assert_int_equal(c->restart.mode, MODE_BOTH);
        assert_int_equal(c->restart.cooldown_seconds, 60);
        assert_int_equal(c->restart.max_restarts, 3);
        assert_int_equal(c->restart.max_restarts_window_seconds, 600);
        assert_true(c->restart.release_seconds == SECONDS_NULL);
        assert_int_equal(c->restart.start_grace_seconds, 0);
        assert_true(c->restart.backoff_enabled);
        assert_int_equal(c->restart.backoff_initial_seconds, 10);
        assert_true(c->restart.backoff_multiplier > 1.99 && c->restart.backoff_multiplier < 2.01);
        assert_int_equal(c->restart.backoff_max_seconds, 300);
        assert_true(c->restart.respect_manual_stop);
        assert_int_equal(c->restart.exit_grace_seconds, 10);
        assert_int_equal(c->restart.max_exit_age_seconds, 86400);
        assert_int_equal(c->restart.verify_seconds, 30);
        assert_true(c->restart.stop_timeout_seconds == SECONDS_NULL);
        assert_int_equal(c->restart.max_parallel, 16);
        assert_true(c->restart.auto_unquarantine);
        assert_true(c->restart.after_engine_restart);
        assert_false(c->restart.stop_crash_loops);
        assert_int_equal(c->restart.deploy_hold_seconds, 20);
        assert_true(c->brake.enabled);
        assert_int_equal(c->brake.max_failing_percent, 55);
        assert_int_equal(c->brake.min_failing, 3);
        assert_int_equal(c->brake.restarts_per_interval, 1);
        assert_int_equal(c->brake.max_unavailable, 1);
        assert_int_equal(c->ui.max_log_entries, 1000);
}

static void a_default_written_down_is_accepted_as_it_is(void **data) {
        struct fixture *f = *data;
        const struct setting_info *settings;
        size_t n = config_settings(&settings);

        for (size_t i = 0; i < n; i++)
                if (!settings[i].kept)
                        check_clean(f, document(&f->arena, settings[i].path, settings[i].initial));
}

static void variable_names_follow_from_paths(void **data) {
        struct fixture *f = *data;
        const struct setting_info *settings;
        size_t n = config_settings(&settings), with_variable = 0;

        for (size_t i = 0; i < n; i++) {
                char *wanted = arena_printf(&f->arena, "AUTOHEAL_%s", settings[i].path);

                if (!settings[i].env)
                        continue;
                with_variable++;
                assert_false(settings[i].kept);
                for (char *p = wanted; *p; p++)
                        *p = *p == '.' ? '_' : (char)toupper((unsigned char)*p);
                assert_string_equal(settings[i].env, wanted);
        }
        assert_true(with_variable > 25);
}

static void paths_are_unique(void **data) {
        const struct setting_info *settings;
        size_t n = config_settings(&settings);

        (void)data;
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < i; j++)
                        assert_string_not_equal(settings[i].path, settings[j].path);
}

static void mode_words_lead_to_their_mode(void **data) {
        struct fixture *f = *data;

        for (unsigned m = 0; m < MODE_MAX_; m++) {
                const char *word = arena_printf(&f->arena, "\"%s\"", heal_mode_name(m));

                assert_int_equal(load(f, document(&f->arena, "restart.mode", word)), 0);
                assert_int_equal(f->cfg.restart.mode, m);
                assert_string_equal(f->cfg.restart.mode_word, heal_mode_name(m));
        }
}

/* ---- documentation ---- */

static char *read_documentation(struct arena *a) {
        FILE *file = fopen("docs/configuration.md", "rb");
        char *text = arena_alloc(a, 65536);
        size_t n;

        if (!file)
                fail_msg("docs/configuration.md cannot be read: run the tests from the top of the source tree");
        n = fread(text, 1, 65535, file);
        assert_int_equal(fclose(file), 0);
        assert_true(n > 0 && n < 65535);
        /* It sets in code what the help texts, which are shown on a terminal, have plain. */
        char *to = text;
        for (const char *from = text; *from; from++)
                if (*from != '`')
                        *to++ = *from;
        *to = '\0';
        return text;
}

static void documentation_has_every_setting(void **data) {
        struct fixture *f = *data;
        struct arena *a = &f->arena;
        const char *text = read_documentation(a);
        const struct setting_info *settings;
        size_t n = config_settings(&settings);

        for (size_t i = 0; i < n; i++) {
                const struct setting_info *s = &settings[i];
                const char *row = s->kept ? arena_printf(a, "\n| %s | %s | %s |\n", s->path, s->type, s->range)
                                          : arena_printf(a, "\n| %s | %s | %s | %s | %s | %s |\n", s->path, s->type, s->initial,
                                                         s->range, s->env ? s->env : "", s->help);

                if (!strstr(text, row))
                        fail_msg("docs/configuration.md lacks the row%s", row);
                assert_null(strchr(s->help, '`'));
        }
}

static void documentation_has_every_label(void **data) {
        struct fixture *f = *data;
        struct arena *a = &f->arena;
        const char *text = read_documentation(a);
        const struct label_info *labels;
        size_t n = config_labels(&labels);

        for (size_t i = 0; i < n; i++) {
                const struct label_info *l = &labels[i];
                const char *prefix = l->whole ? "" : *l->key ? "autoheal." : "autoheal";
                const char *row = arena_printf(a, "\n| %s%s | %s | %s |\n", prefix, l->key, l->type, l->help);

                if (!strstr(text, row))
                        fail_msg("docs/configuration.md lacks the row%s", row);
                assert_null(strchr(l->help, '`'));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(defaults_are_the_documented_ones), WITH_LOAD(a_default_written_down_is_accepted_as_it_is),
                WITH_LOAD(variable_names_follow_from_paths), WITH_LOAD(paths_are_unique),
                WITH_LOAD(mode_words_lead_to_their_mode),    WITH_LOAD(documentation_has_every_setting),
                WITH_LOAD(documentation_has_every_label),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
