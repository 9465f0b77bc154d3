/* SPDX-License-Identifier: MIT */
/* ps --filter: docker's grammar, what each key compares, and how several go together. */
#include "cli/filter.h"
#include "support/check.h"

/* One container that all tests look at. */
static const struct label labels[] = {
        { "tier", "db" }, { "empty", "" }, { "com.docker.compose.project", "shop" }, { "formula", "a=b" }
};
static const struct container box = { .id = "0123456789abcdef",
                                      .name = "shop-db-1",
                                      .labels = labels,
                                      .n_labels = N_ELEMENTS(labels),
                                      .state = CONTAINER_RUNNING,
                                      .health = HEALTH_UNHEALTHY };
static const struct plan_item item = { .container = &box,
                                       .monitored = true,
                                       .monitor_reason = REASON_NONE,
                                       .verdict = VERDICT_FAILING,
                                       .verdict_reason = REASON_UNHEALTHY,
                                       .decision = DECISION_HOLD,
                                       .reason = REASON_COOLDOWN };

/* Filters, separated by blanks where a test has several. */
static struct string_list_option split(char *words) {
        struct string_list_option list = { .n = 0 };
        char *rest = NULL;
        for (char *w = strtok_r(words, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
                list.items[list.n++] = w;
        return list;
}

static bool fits_item(const char *filters, const struct plan_item *it) {
        AUTO_FREE char *words = xstrdup(filters);
        struct string_list_option list = split(words);
        struct buf known AUTO(buf_release) = BUF_INIT(2048);
        struct item_filter *f = NULL;
        struct error err = ERROR_INIT;
        if (filter_new(&f, &list, &known, &err) < 0)
                fail_msg("'%s': %s", filters, err.msg);
        bool fits = filter_fits(f, it);
        filter_free(f);
        return fits;
}

static bool fits(const char *filters) {
        return fits_item(filters, &item);
}

static void refuses(const char *one, enum err_code code, const char *message, const char *known_begins) {
        struct string_list_option list = { .items = { one }, .n = 1 };
        struct buf known AUTO(buf_release) = BUF_INIT(2048);
        struct item_filter *f = NULL;
        struct error err = ERROR_INIT;
        assert_int_equal(filter_new(&f, &list, &known, &err), -1);
        assert_null(f);
        assert_int_equal(err.code, code);
        assert_string_equal(err.msg, message);
        if (!*known_begins)
                assert_string_equal(buf_str(&known), "");
        else if (strncmp(buf_str(&known), known_begins, strlen(known_begins)) != 0)
                fail_msg("'%s' does not begin with '%s'", buf_str(&known), known_begins);
}

static void test_every_key_compares_what_it_says(void **state) {
        (void)state;
        const struct {
                const char *fits, *does_not;
        } pairs[] = {
                { "id=0123", "id=123" },
                { "id=0123456789abcdef", "id=0123456789abcdef0" },
                { "name=db", "name=web" },
                { "label=tier", "label=tie" },
                { "label=tier=db", "label=tier=web" },
                { "label=empty=", "label=tier=" },
                { "label=formula=a=b", "label=formula=a" },
                { "project=shop", "project=sho" },
                { "state=running", "state=exited" },
                { "health=unhealthy", "health=none" },
                { "verdict=failing", "verdict=ok" },
                { "decision=hold", "decision=restart" },
                { "reason=cooldown", "reason=backoff" },
                { "reason=unhealthy", "reason=healthy" },
                { "monitored=true", "monitored=false" },
                { "quarantined=false", "quarantined=true" },
        };
        for (size_t i = 0; i < N_ELEMENTS(pairs); i++) {
                if (!fits(pairs[i].fits))
                        fail_msg("'%s' does not fit", pairs[i].fits);
                if (fits(pairs[i].does_not))
                        fail_msg("'%s' fits", pairs[i].does_not);
        }
}

static void test_a_name_is_a_regular_expression_with_or_without_the_slash(void **state) {
        (void)state;
        assert_true(fits("name=^shop-"));
        assert_true(fits("name=^/shop-db-1$"));
        assert_true(fits("name=/shop"));
        assert_true(fits("name=^(web|shop)-db-[0-9]+$"));
        assert_true(fits("name="));
        assert_false(fits("name=^db"));
        assert_false(fits("name=shop-db$"));
        refuses("name=[", ERR_INVALID, "invalid filter 'name=[': not a regular expression", "");
}

static void test_a_reason_is_any_of_those_that_a_row_shows(void **state) {
        struct plan_item unmonitored = item;
        (void)state;
        unmonitored.monitored = false;
        unmonitored.monitor_reason = REASON_EXCLUDED;
        unmonitored.reason = REASON_NONE;
        assert_true(fits_item("reason=excluded", &unmonitored));
        assert_true(fits_item("reason=unhealthy", &unmonitored));
        assert_false(fits("reason=excluded"));
}

static void test_different_keys_are_anded_the_same_is_ored_and_labels_are_anded(void **state) {
        (void)state;
        assert_true(fits("verdict=failing state=running"));
        assert_false(fits("verdict=failing state=exited"));
        assert_true(fits("verdict=ok verdict=failing"));
        assert_true(fits("name=web state=running name=db"));
        assert_true(fits("monitored=true monitored=false"));
        assert_true(fits("label=tier=db label=empty"));
        assert_false(fits("label=tier=db label=other"));
        assert_true(fits(""));
}

static void test_the_grammar_is_dockers(void **state) {
        struct string_list_option list = { .items = { "", " VERDICT = failing\t", "Label=tier" }, .n = 3 };
        struct buf known AUTO(buf_release) = BUF_INIT(2048);
        struct item_filter *f = NULL;
        (void)state;
        assert_int_equal(filter_new(&f, &list, &known, NULL), 0);
        assert_true(filter_fits(f, &item));
        filter_free(f);
        refuses("nope", ERR_USAGE,
                "invalid argument \"nope\" for \"-f, --filter\" flag: bad format of filter (expected name=value)", "");
        refuses(" ", ERR_USAGE, "invalid argument \" \" for \"-f, --filter\" flag: bad format of filter (expected name=value)", "");
        refuses("a=b", ERR_INVALID, "invalid filter 'a'", "decision, health, id, label, monitored, name, ");
        refuses("status=running", ERR_INVALID, "invalid filter 'status' (did you mean state?)", "decision, ");
        refuses("is=x", ERR_INVALID, "invalid filter 'is' (did you mean id?)", "decision, ");
        refuses("=b", ERR_INVALID, "invalid filter ''", "decision, ");
        refuses("label=", ERR_INVALID, "invalid filter 'label=': a label is KEY or KEY=VALUE", "");
        refuses("label==x", ERR_INVALID, "invalid filter 'label==x': a label is KEY or KEY=VALUE", "");
}

static void test_an_unknown_word_lists_those_that_there_are(void **state) {
        (void)state;
        refuses("verdict=sick", ERR_INVALID, "invalid filter 'verdict=sick'", "ok, starting, failing, ");
        refuses("state=", ERR_INVALID, "invalid filter 'state='", "unknown, created, running, ");
        refuses("health=well", ERR_INVALID, "invalid filter 'health=well'", "unknown, none, starting, healthy, unhealthy");
        refuses("decision=x", ERR_INVALID, "invalid filter 'decision=x'", "none, restart, stop, ");
        refuses("reason=x", ERR_INVALID, "invalid filter 'reason=x'", "not-monitored, excluded, ");
        refuses("monitored=maybe", ERR_INVALID, "invalid filter 'monitored=maybe'", "true, false");
        refuses("verdict=\033[31m", ERR_INVALID, "invalid filter 'verdict=\\x1b[31m'", "ok, ");
        assert_true(fits("monitored=1"));
        assert_true(fits("quarantined=F"));
}

static bool wants_unmonitored(const char *one) {
        struct string_list_option list = { .items = { one }, .n = 1 };
        struct buf known AUTO(buf_release) = BUF_INIT(2048);
        struct item_filter *f = NULL;
        assert_int_equal(filter_new(&f, &list, &known, NULL), 0);
        bool wants = filter_wants_unmonitored(f);
        filter_free(f);
        return wants;
}

static void test_asking_for_what_is_not_monitored_shows_it(void **state) {
        (void)state;
        assert_true(wants_unmonitored("monitored=false"));
        assert_true(wants_unmonitored("reason=not-monitored"));
        assert_true(wants_unmonitored("reason=kubernetes"));
        assert_false(wants_unmonitored("monitored=true"));
        assert_false(wants_unmonitored("reason=healthy"));
        assert_false(wants_unmonitored("state=exited"));
        assert_false(wants_unmonitored("name=web"));
}

static void test_completion_finds_keys_and_words(void **state) {
        size_t n = 0;
        (void)state;
        for (const char *key; (key = filter_key(n)); n++)
                if (n > 0)
                        assert_true(strcmp(filter_key(n - 1), key) < 0);
        assert_int_equal(n, 11);
        assert_string_equal(filter_word("monitored", 0), "true");
        assert_string_equal(filter_word("verdict", VERDICT_FAILING), "failing");
        assert_null(filter_word("monitored", 2));
        assert_null(filter_word("reason", REASON_MAX_));
        assert_null(filter_word("name", 0));
        assert_null(filter_word("nope", 0));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_key_compares_what_it_says),
                cmocka_unit_test(test_a_name_is_a_regular_expression_with_or_without_the_slash),
                cmocka_unit_test(test_a_reason_is_any_of_those_that_a_row_shows),
                cmocka_unit_test(test_different_keys_are_anded_the_same_is_ored_and_labels_are_anded),
                cmocka_unit_test(test_the_grammar_is_dockers),
                cmocka_unit_test(test_an_unknown_word_lists_those_that_there_are),
                cmocka_unit_test(test_asking_for_what_is_not_monitored_shows_it),
                cmocka_unit_test(test_completion_finds_keys_and_words),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
