/* SPDX-License-Identifier: MIT */
/* Notifications from the outside: what each service gets, what becomes of what cannot be delivered, and that no secret gets out. */
#include "autoheal/util/buf.h"
#include "support/catcher.h"
#include "support/service.h"

#include <signal.h>
#include <sys/stat.h>

#define SICK   "container shop_web health=unhealthy label=autoheal=true started=-600 probe=\"<b>connection</b> & *refused*\"\n"
#define SECRET "S3cr3tOfTheTests"

static struct catcher *catcher;

static int setup(void **state) {
        int r = scene_setup(state);
        struct scene *s = *state;

        catcher = catcher_start(s->dir);
        return r;
}

static int teardown(void **state) {
        catcher_stop(catcher);
        return scene_teardown(state);
}
#define notify_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* "$" in services is the catcher's address. more: further members of the document, with a comma at their end. */
static void configure_with(struct scene *s, const char *more, const char *services) {
        struct buf b AUTO(buf_release) = BUF_INIT(65536);

        buf_addf(&b, "{%s\"notifications\":{\"enabled\":true,\"event_filters\":[\"restart\",\"quarantine\"],\"services\":[", more);
        for (const char *p = services; *p; p++)
                if (*p == '$')
                        buf_addf(&b, "http://127.0.0.1:%d", catcher_port(catcher));
                else
                        buf_add_char(&b, *p);
        buf_add_str(&b, "]}}");
        data_put(s, "config.json", buf_str(&b));
}

static void configure(struct scene *s, const char *services) {
        configure_with(s, "", services);
}

/* A moment of the outbox is over: what is due in it is due now. */
static void let_wait_end(struct scene *s) {
        AUTO_FREE char *text = data_get(s, "outbox.json");
        struct buf b AUTO(buf_release) = BUF_INIT(1024 * 1024);

        for (const char *p = text; *p; p++) {
                static const char due[] = "\"due\":\"";

                buf_add_char(&b, *p);
                if (strncmp(p, due, strlen(due)) == 0) {
                        buf_add_str(&b, "due\":\"2020");
                        p += strlen(due) + 3;
                }
        }
        data_put(s, "outbox.json", buf_str(&b));
}

static struct json_value parse_body(const char *request, struct json_doc **ret) {
        const char *body = catcher_body(request);

        if (json_parse(body, strlen(body), 10000, ret, NULL) < 0)
                fail_msg("no JSON: %s", request);
        return json_root(*ret);
}

static void check_text(struct json_value v, const char *path, const char *part) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        const char *text = json_string(json_at(v, path), &a);

        assert_non_null(text);
        check_contains(text, part);
}

/* ---- What each gets ---- */

/* One restart, told to this service. */
static char *restart_told(struct scene *s, const char *service, const char *path) {
        char *request;

        configure(s, service);
        scene_world(s, SICK);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(catcher_count(catcher, ""), 1);
        request = catcher_request(catcher, path, 0);
        assert_non_null(request);
        return request;
}

static void a_webhook_gets_all_that_is_known(void **state) {
        AUTO_FREE char *r = restart_told(*state,
                                         "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"$/hook?token=" SECRET "\",\"headers\":"
                                         "{\"X-Token\":\"" SECRET "\",\"content-type\":\"application/vnd.x+json\"}}",
                                         "POST /hook?token=" SECRET " ");
        struct json_doc *doc AUTO_JSON = NULL;
        struct json_value v = parse_body(r, &doc);

        check_contains(r, "X-Token: " SECRET);
        check_contains(r, "Content-Type: application/vnd.x+json");
        check_keys(v, "title, message, priority, event");
        check_json(v, "title", "\"Container Restarted: shop_web (fake-host)\"");
        check_json(v, "priority", "\"normal\"");
        check_text(v, "message", "**Container:** shop_web\n**Event:** restart\n**Status:** success\n**Restart Count:** 1 of 3\n");
        check_json(v, "event.type", "\"restart\"");
        check_json(v, "event.container_name", "\"shop_web\"");
        check_json(v, "event.restart_count", "1");
        check_json(v, "event.max_restarts", "3");
        check_json(v, "event.health_output", "\"<b>connection</b> & *refused*\"");
}

static void discord_gets_an_embed(void **state) {
        AUTO_FREE char *r = restart_told(*state, "{\"name\":\"d\",\"type\":\"discord\",\"url\":\"$/discord/1/x\"}", "/discord/1/x");
        struct json_doc *doc AUTO_JSON = NULL;
        struct json_value v = parse_body(r, &doc);
        struct json_iter embeds = json_iter(json_at(v, "embeds"));

        check_contains(r, "Content-Type: application/json");
        check_json(v, "username", "\"Docker Auto-Heal\"");
        check_json(v, "allowed_mentions", "{\"parse\":[]}");
        assert_true(json_next(&embeds));
        check_json(embeds.value, "title", "\"Container Restarted: shop_web (fake-host)\"");
        check_json(embeds.value, "color", "3447003");
        check_text(embeds.value, "description", "Container: shop\\_web\n");
        check_text(embeds.value, "description", "Last Output: \\<b\\>connection\\</b\\> & \\*refused\\*");
}

static void slack_gets_blocks(void **state) {
        AUTO_FREE char *r = restart_told(*state, "{\"name\":\"s\",\"type\":\"slack\",\"url\":\"$/slack\"}", "/slack");
        struct json_doc *doc AUTO_JSON = NULL;
        struct json_value v = parse_body(r, &doc);
        struct json_iter blocks = json_iter(json_at(v, "blocks"));

        check_json(v, "text", "\"Container Restarted: shop_web (fake-host)\"");
        assert_true(json_next(&blocks));
        check_json(blocks.value, "type", "\"header\"");
        check_json(blocks.value, "text.type", "\"plain_text\"");
        assert_true(json_next(&blocks));
        check_json(blocks.value, "text.type", "\"mrkdwn\"");
        check_text(blocks.value, "text.text", "*Container:* shop_web\n");
        check_text(blocks.value, "text.text", "&lt;b&gt;connection&lt;/b&gt; &amp; *refused*");
}

static void telegram_gets_html(void **state) {
        AUTO_FREE char *r = restart_told(
                *state, "{\"name\":\"t\",\"type\":\"telegram\",\"bot_token\":\"1:x\",\"chat_id\":\"-7\",\"server_url\":\"$\"}",
                "POST /bot1:x/sendMessage ");
        struct json_doc *doc AUTO_JSON = NULL;
        struct json_value v = parse_body(r, &doc);

        check_json(v, "chat_id", "\"-7\"");
        check_json(v, "parse_mode", "\"HTML\"");
        check_text(v, "text", "<b>Container Restarted: shop_web (fake-host)</b>\n\n<b>Host:</b> fake-host\n");
        check_text(v, "text", "<b>Last Output:</b> &lt;b&gt;connection&lt;/b&gt; &amp; *refused*");
}

static void ntfy_gets_headers(void **state) {
        AUTO_FREE char *r = restart_told(*state,
                                         "{\"name\":\"n\",\"type\":\"ntfy\",\"topic\":\"alerts\",\"server_url\":\"$/\","
                                         "\"username\":\"phil\",\"password\":\"mypass\"}",
                                         "POST /alerts ");

        check_contains(r, "Title: Container Restarted: shop_web (fake-host)\r\n");
        check_contains(r, "Priority: 3\r\n");
        check_contains(r, "Tags: whale,docker\r\n");
        check_contains(r, "Authorization: Basic cGhpbDpteXBhc3M=\r\n");
        check_contains(catcher_body(r), "Host: fake-host\nContainer: shop_web\n");
        check_contains(catcher_body(r), "Last Output: <b>connection</b> & *refused*");
}

static void ntfy_takes_a_token(void **state) {
        AUTO_FREE char *r = restart_told(
                *state, "{\"name\":\"n\",\"type\":\"ntfy\",\"topic\":\"alerts\",\"server_url\":\"$\",\"api_token\":\"tk_1\"}",
                "POST /alerts ");

        check_contains(r, "Authorization: Bearer tk_1\r\n");
}

static void gotify_gets_its_token_in_a_header(void **state) {
        AUTO_FREE char *r =
                restart_told(*state, "{\"name\":\"g\",\"type\":\"gotify\",\"server_url\":\"$/gotify\",\"app_token\":\"A1\"}",
                             "POST /gotify/message ");
        struct json_doc *doc AUTO_JSON = NULL;
        struct json_value v = parse_body(r, &doc);

        check_contains(r, "X-Gotify-Key: A1\r\n");
        check_json(v, "priority", "5");
        check_text(v, "message", "Container: shop_web\n");
}

static void pushover_gets_a_form(void **state) {
        AUTO_FREE char *r = restart_told(
                *state, "{\"name\":\"p\",\"type\":\"pushover\",\"user_key\":\"uk\",\"api_token\":\"at\",\"server_url\":\"$\"}",
                "POST /1/messages.json ");

        check_contains(r, "Content-Type: application/x-www-form-urlencoded\r\n");
        check_contains(catcher_body(r), "token=at&user=uk&title=Container%20Restarted%3A%20shop_web%20%28fake-host%29&message=");
        check_contains(catcher_body(r), "%3Cb%3Econnection%3C%2Fb%3E%20%26%20%2Arefused%2A");
        check_contains(catcher_body(r), "&priority=0&timestamp=");
}

static void apprise_gets_a_body(void **state) {
        AUTO_FREE char *r = restart_told(*state, "{\"name\":\"a\",\"type\":\"apprise\",\"url\":\"$/notify/key\"}", "/notify/key");
        struct json_doc *doc AUTO_JSON = NULL;
        struct json_value v = parse_body(r, &doc);

        check_keys(v, "title, body, type, format");
        check_json(v, "type", "\"success\"");
        check_json(v, "format", "\"text\"");
}

static void the_alert_of_the_earlier_service_is_the_event(void **state) {
        struct scene *s = *state;
        struct buf b AUTO(buf_release) = BUF_INIT(4096);
        struct json_doc *doc AUTO_JSON = NULL;

        buf_addf(&b, "{\"alerts\":{\"webhook\":\"http://127.0.0.1:%d/alert\"},\"restart\":{\"max_restarts\":1}}",
                 catcher_port(catcher));
        data_put(s, "config.json", buf_str(&b));
        scene_world(s, SICK "on-restart shop_web health=unhealthy\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(catcher_count(catcher, ""), 0);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(catcher_count(catcher, ""), 1);
        AUTO_FREE char *r = catcher_request(catcher, "POST /alert ", 0);
        struct json_value v = parse_body(r, &doc);
        check_keys(v, "timestamp, container_id, container_name, event_type, restart_count, status, message");
        check_json(v, "event_type", "\"quarantine\"");
        check_json(v, "status", "\"quarantined\"");
        check_json(v, "container_name", "\"shop_web (shop_web)\"");
}

static void a_quarantine_says_how_it_is_released(void **state) {
        struct scene *s = *state;

        configure_with(s, "\"restart\":{\"max_restarts\":1},",
                       "{\"name\":\"n\",\"type\":\"ntfy\",\"topic\":\"t\",\"server_url\":\"$\"}");
        scene_world(s, SICK "on-restart shop_web health=unhealthy probe=\"still down\"\n");
        check_exit(scene_run(s, "run"), 0);
        check_exit(scene_run(s, "run"), 0);
        AUTO_FREE char *r = catcher_request(catcher, "POST /t ", 1);
        assert_non_null(r);
        check_contains(r, "Title: Container Quarantined: shop_web (fake-host)\r\n");
        check_contains(r, "Priority: 4\r\n");
        check_contains(r, "Restart Count: 1 of 1\n");
        check_contains(r, "release with: docker autoheal unquarantine shop_web\n");
        check_contains(r, "Last Output: still down");
}

/* ---- Which events ---- */

static void filters_choose_and_a_label_that_asks_is_always_told(void **state) {
        struct scene *s = *state;
        struct buf b AUTO(buf_release) = BUF_INIT(4096);

        buf_addf(&b,
                 "{\"notifications\":{\"enabled\":true,\"event_filters\":[\"quarantine\"],\"services\":[{\"name\":\"w\",\"type\":"
                 "\"webhook\",\"url\":\"http://127.0.0.1:%d/w\"}]}}",
                 catcher_port(catcher));
        data_put(s, "config.json", buf_str(&b));
        scene_world(s, SICK "container look health=unhealthy label=autoheal=true label=autoheal.action=notify started=-600\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(catcher_count(catcher, ""), 1);
        AUTO_FREE char *r = catcher_request(catcher, "/w", 0);
        check_contains(r, "\"title\":\"Container Needs Attention: look (fake-host)\"");
}

static void nothing_is_told_unless_it_is_enabled(void **state) {
        struct scene *s = *state;
        struct buf b AUTO(buf_release) = BUF_INIT(4096);

        buf_addf(&b, "{\"notifications\":{\"services\":[{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"http://127.0.0.1:%d/w\"}]}}",
                 catcher_port(catcher));
        data_put(s, "config.json", buf_str(&b));
        scene_world(s, SICK);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(catcher_count(catcher, ""), 0);
        assert_false(file_there(s->data, "outbox.json"));
        configure(s, "{\"name\":\"w\",\"type\":\"webhook\",\"enabled\":false,\"url\":\"$/w\"}");
        fake_script(s->fake, "container db health=unhealthy label=autoheal=true started=-600\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(catcher_count(catcher, ""), 0);
}

static void what_a_command_does_is_told_by_the_next_pass(void **state) {
        struct scene *s = *state;

        configure(s, "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"$/w\"}");
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        size_t n = catcher_count(catcher, "");
        check_exit(scene_run(s, "quarantine web"), 0);
        assert_int_equal(catcher_count(catcher, ""), n);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(catcher_count(catcher, ""), n + 1);
        AUTO_FREE char *r = catcher_request(catcher, "/w", n);
        check_contains(r, "quarantined by hand");
}

/* ---- What goes wrong ---- */

static void what_fails_waits_for_a_later_pass(void **state) {
        struct scene *s = *state;

        configure(s, "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"$/w?token=" SECRET "\"}");
        catcher_refuse(catcher, 500);
        scene_world(s, SICK);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
        AUTO_FREE char *box = data_get(s, "outbox.json");
        check_contains(box, "\"attempts\":1");
        check_lacks(box, SECRET);
        check_lacks(box, "127.0.0.1");
        /* Its time has not come. */
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(catcher_count(catcher, ""), 1);
        catcher_refuse(catcher, 0);
        let_wait_end(s);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(catcher_count(catcher, ""), 2);
        AUTO_FREE char *after = data_get(s, "outbox.json");
        check_contains(after, "\"messages\":[]");
        AUTO_FREE char *pass = data_get(s, "pass.json");
        check_contains(pass, "\"notifications\":{\"w\":{\"sent\":1,\"failed\":1,\"given_up\":0,\"dropped\":0}}");
}

/* Tests what `run -v` and the log say of an attempt, and that the container was healed. */
static void check_failure(struct scene *s, const char *service, const char *why) {
        configure(s, service);
        scene_world(s, SICK);
        const struct output *o = scene_run(s, "run -v");
        check_exit(o, 0);
        assert_int_equal(scene_posts(s), 1);
        check_contains(o->err, why);
        check_lacks(o->err, SECRET);
        check_lacks(o->out, SECRET);
        check_printable(o);
        AUTO_FREE char *log = data_get(s, "logs/autoheal.log");
        check_contains(log, why);
        check_lacks(log, SECRET);
        AUTO_FREE char *box = data_get(s, "outbox.json");
        check_contains(box, "\"attempts\":1");
        check_lacks(box, SECRET);
}

static void a_redirect_is_not_followed(void **state) {
        check_failure(*state, "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"$/302/" SECRET "\"}",
                      "telling 'w' failed: the service answers 302: it redirects, which is not followed");
        assert_int_equal(catcher_count(catcher, "/elsewhere"), 0);
}

static void too_many_requests_say_when_to_come_again(void **state) {
        check_failure(*state, "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"$/429/" SECRET "\"}",
                      "telling 'w' failed: the service answers 429; t");
        AUTO_FREE char *log = data_get(*state, "logs/autoheal.log");
        check_contains(log, "tried again in 50m");
}

static void telegram_says_it_in_its_answer(void **state) {
        check_failure(*state,
                      "{\"name\":\"t\",\"type\":\"telegram\",\"bot_token\":\"" SECRET
                      "\",\"chat_id\":\"1\",\"server_url\":\"$/busy\"}",
                      "telling 't' failed: the service answers 429: Too Many Requests: retry after 3000; t");
        AUTO_FREE char *log = data_get(*state, "logs/autoheal.log");
        check_contains(log, "tried again in 50m");
}

/* The key is a part of the address. */
static void a_part_of_an_address_is_not_shown(void **state) {
        check_failure(*state, "{\"name\":\"a\",\"type\":\"apprise\",\"url\":\"$/echo/" SECRET "?tag=x\"}",
                      "telling 'a' failed: the service answers 403; t");
}

static void nobody_is_there(void **state) {
        check_failure(*state, "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"http://127.0.0.1:1/" SECRET "\"}",
                      "telling 'w' failed: cannot connect: Connection refused");
}

static void what_is_no_http_is_said(void **state) {
        check_failure(*state, "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"$/garbage/" SECRET "\"}",
                      "telling 'w' failed: no proper HTTP answer");
}

static void a_page_of_html_is_no_telegram(void **state) {
        check_failure(*state,
                      "{\"name\":\"t\",\"type\":\"telegram\",\"bot_token\":\"" SECRET
                      "\",\"chat_id\":\"1\",\"server_url\":\"$/lie\"}",
                      "telling 't' failed: what answers 200 there has not taken it");
}

static void a_no_with_200_is_a_no(void **state) {
        check_failure(*state,
                      "{\"name\":\"t\",\"type\":\"telegram\",\"bot_token\":\"" SECRET
                      "\",\"chat_id\":\"1\",\"server_url\":\"$/no\"}",
                      "telling 't' failed: what answers 200 there has not taken it: not today");
}

static void pushover_says_no_with_a_status(void **state) {
        check_failure(*state,
                      "{\"name\":\"p\",\"type\":\"pushover\",\"user_key\":\"" SECRET "\",\"api_token\":\"" SECRET
                      "\",\"server_url\":\"$/no\"}",
                      "telling 'p' failed: what answers 200 there has not taken it: not today");
}

static void an_apprise_without_recipients_tells_nobody(void **state) {
        check_failure(*state, "{\"name\":\"a\",\"type\":\"apprise\",\"url\":\"$/204/" SECRET "\"}",
                      "has not taken it: nobody is configured there to be told");
}

static void what_a_service_repeats_is_not_shown(void **state) {
        check_failure(*state,
                      "{\"name\":\"t\",\"type\":\"telegram\",\"bot_token\":\"" SECRET
                      "\",\"chat_id\":\"1\",\"server_url\":\"$/echo\"}",
                      "telling 't' failed: the service answers 403");
}

static void an_answer_without_end_is_cut(void **state) {
        struct scene *s = *state;

        configure(s, "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"$/huge/x\"}");
        scene_world(s, SICK);
        check_exit(scene_run(s, "run"), 0);
        AUTO_FREE char *box = data_get(s, "outbox.json");
        check_contains(box, "\"messages\":[]");
}

/* A slow one takes its ten seconds after the restart, not before, and not from the others. */
static void a_slow_one_delays_nobody(void **state) {
        struct scene *s = *state;

        configure(s, "{\"name\":\"slow\",\"type\":\"webhook\",\"url\":\"$/slow/x\"},"
                     "{\"name\":\"ok\",\"type\":\"webhook\",\"url\":\"$/fine\"}");
        scene_world(s, SICK "container db health=unhealthy label=autoheal=true started=-600\n");
        pid_t pid = scene_start(s, "run");
        catcher_await(catcher, "/slow/", 1);
        catcher_await(catcher, "/fine", 2);
        assert_int_equal(scene_posts(s), 2);
        assert_int_equal(run_await(pid, 20000), 0);
        AUTO_FREE char *box = data_get(s, "outbox.json");
        check_contains(box, "\"service\":\"slow\"");
        check_contains(box, "\"attempts\":1");
        assert_int_equal(catcher_count(catcher, "/slow/"), 1);
        AUTO_FREE char *log = data_get(s, "logs/autoheal.log");
        check_contains(log, "telling 'slow' failed: no answer within 1");
        /* The next pass does not wait for it again. */
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(catcher_count(catcher, "/slow/"), 1);
}

static void a_broken_outbox_is_said_by_a_command(void **state) {
        struct scene *s = *state;

        configure(s, "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"$/w\"}");
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        data_put(s, "outbox.json", "{\"messages\":[{]");
        const struct output *o = scene_run(s, "quarantine web");
        check_exit(o, 0);
        check_contains(o->err, "outbox.json was broken and is kept as outbox.json.corrupt-");
        AUTO_FREE char *box = data_get(s, "outbox.json");
        check_contains(box, "quarantined by hand");
}

static void a_broken_outbox_is_set_aside(void **state) {
        struct scene *s = *state;

        configure(s, "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"$/w\"}");
        data_put(s, "outbox.json", "{\"messages\":[{]");
        scene_world(s, SICK);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(catcher_count(catcher, "/w"), 1);
        assert_int_equal(count_events(s, "store", NULL), 1);
        AUTO_FREE char *events = data_get(s, "events.json");
        check_contains(events, "outbox.json was broken and is kept as outbox.json.corrupt-");
}

static void after_a_day_it_is_given_up(void **state) {
        struct scene *s = *state;

        configure(s, "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"$/w\"}");
        data_put(s, "outbox.json",
                 "{\"x\":1,\"messages\":[{\"id\":\"a\",\"service\":\"w\",\"queued\":\"2020-01-01T00:00:00+00:00\",\"due\":"
                 "\"2020-01-02T00:00:00+00:00\",\"event_type\":\"restart\",\"container_name\":\"db\"},{\"id\":\"b\",\"service\":"
                 "\"w\","
                 "\"queued\":\"2020-01-01T00:00:00+00:00\",\"event_type\":\"quarantine\"},{\"id\":\"c\",\"service\":\"gone\","
                 "\"queued\":\"2020-01-01T00:00:00+00:00\",\"event_type\":\"quarantine\"}]}");
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(count_events(s, "notify", NULL), 1);
        AUTO_FREE char *events = data_get(s, "events.json");
        check_contains(events, "gave up telling 'w' after a day: 2 messages, the oldest about restart of 'db'");
        AUTO_FREE char *box = data_get(s, "outbox.json");
        check_contains(box, "\"messages\":[]");
        check_contains(box, "\"x\":1");
        AUTO_FREE char *pass = data_get(s, "pass.json");
        check_contains(pass, "\"given_up\":2");
}

/* ---- Many ---- */

static void a_flood_is_one_message_with_a_count(void **state) {
        struct scene *s = *state;
        struct json_doc *doc AUTO_JSON = NULL;

        configure(s, "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"$/w\"}");
        scene_no_waits(s);
        scene_env(s, "AUTOHEAL_RESTART_MAX_RESTARTS=100");
        scene_world(s, SICK "on-restart shop_web health=unhealthy\n");
        for (int i = 0; i < 6; i++)
                check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 6);
        assert_int_equal(catcher_count(catcher, "/w"), 1);
        let_wait_end(s);
        fake_script(s->fake, "container shop_web health=healthy\n");
        check_exit(scene_run(s, "run"), 0);
        AUTO_FREE char *r = catcher_request(catcher, "/w", 1);
        assert_non_null(r);
        struct json_value v = parse_body(r, &doc);
        check_json(v, "event.type", "\"restart\"");
        check_json(v, "event.more", "4");
        check_text(v, "message", "**Also:** 4 more of these since ");
}

/* ---- Secrets in files ---- */

static void a_secret_is_read_when_it_is_needed(void **state) {
        struct scene *s = *state;
        struct buf b AUTO(buf_release) = BUF_INIT(4096);

        buf_addf(&b,
                 "{\"name\":\"g\",\"type\":\"gotify\",\"server_url\":\"$/gotify\",\"app_token\":{\"file\":\"%s/token\"}},"
                 "{\"name\":\"m\",\"type\":\"gotify\",\"server_url\":\"$/gotify\",\"app_token\":{\"file\":\"%s/missing\"}}",
                 s->dir, s->dir);
        file_put(s->dir, "token", SECRET "\n");
        configure(s, buf_str(&b));
        scene_world(s, SICK);
        const struct output *o = scene_run(s, "run -v");
        check_exit(o, 0);
        check_contains(o->err, "telling 'm' failed: app_token: opening");
        AUTO_FREE char *r = catcher_request(catcher, "/gotify/message", 0);
        check_contains(r, "X-Gotify-Key: " SECRET "\r\n");
        file_put(s->dir, "token", "another");
        check_exit(scene_run(s, "notify test g"), 0);
        AUTO_FREE char *next = catcher_request(catcher, "/gotify/message", 1);
        check_contains(next, "X-Gotify-Key: another\r\n");
}

static void the_alert_is_read_from_a_file(void **state) {
        struct scene *s = *state;
        struct buf b AUTO(buf_release) = BUF_INIT(4096);

        buf_addf(&b, "http://127.0.0.1:%d/alert/" SECRET "\n", catcher_port(catcher));
        file_put(s->dir, "alert", buf_str(&b));
        buf_clear(&b);
        buf_addf(&b, "config set alerts.webhook {\"file\":\"%s/alert\"}", s->dir);
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        check_exit(scene_run(s, "%s", buf_str(&b)), 0);
        const struct output *o = scene_run(s, "config get alerts.webhook");
        check_contains(o->out, "/alert\"}");
        check_exit(scene_run(s, "run"), 0);
        check_exit(scene_run(s, "quarantine web"), 0);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(catcher_count(catcher, "POST /alert/" SECRET " "), 1);
        check_exit(scene_run(s, "notify test alerts.webhook"), 0);
        assert_int_equal(catcher_count(catcher, "POST /alert/" SECRET " "), 2);
        AUTO_FREE char *log = data_get(s, "logs/autoheal.log");
        check_lacks(log, SECRET);
}

/* ---- The command ---- */

static void the_command_says_what_the_services_said(void **state) {
        struct scene *s = *state;

        configure(s, "{\"name\":\"good\",\"type\":\"webhook\",\"url\":\"$/fine\"},"
                     "{\"name\":\"bad\",\"type\":\"webhook\",\"url\":\"$/500/" SECRET "\"},"
                     "{\"name\":\"off\",\"type\":\"webhook\",\"enabled\":false,\"url\":\"$/off\"},"
                     "{\"name\":\"wrong\",\"type\":\"telegram\",\"chat_id\":\"1\"}");
        const struct output *o = scene_run(s, "notify test");
        check_exit(o, 1);
        check_contains(o->out, "good: sent\n");
        check_contains(o->err, "bad: not sent: the service answers 500");
        check_contains(o->err, "wrong: not sent: bot_token must be set for a telegram service");
        check_lacks(o->err, SECRET);
        assert_int_equal(catcher_count(catcher, "/off"), 0);
        o = scene_run(s, "notify test off");
        check_exit(o, 0);
        assert_string_equal(o->out, "off: sent\n");
        o = scene_run(s, "notify test none");
        check_exit(o, 1);
        check_contains(o->err, "no notification service 'none': there are 'good', 'bad', 'off', 'wrong'");
        AUTO_FREE char *r = catcher_request(catcher, "/off", 0);
        check_contains(r, "Test Notification");
        data_put(s, "config.json", "{}");
        o = scene_run(s, "notify test");
        check_exit(o, 1);
        check_contains(o->err, "no notification service is enabled");
}

/* ---- What waits, and what is wrong, is shown ---- */

static void status_counts_what_waits(void **state) {
        struct scene *s = *state;

        configure(s, "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"$/w\"}");
        scene_world(s, SICK);
        check_lacks(scene_run(s, "status")->out, "Notifications:");
        check_contains(scene_run(s, "status --format json")->out, "\"notifications_waiting\":0");
        catcher_refuse(catcher, 500);
        check_exit(scene_run(s, "run"), 0);
        check_contains(scene_run(s, "status")->out, "Notifications:   1 waiting, the oldest: ");
        check_contains(scene_run(s, "status --format json")->out, "\"notifications_waiting\":1");
        data_put(s, "outbox.json", "{\"messages\":[{]");
        const struct output *o = scene_run(s, "status");
        check_exit(o, 0);
        check_contains(o->out, "Notifications:   unknown\n");
        check_contains(o->err, "outbox.json: line 1, column ");
        check_contains(scene_run(s, "status --format json")->out, "\"notifications_waiting\":null");
}

static void doctor_looks_at_services(void **state) {
        struct scene *s = *state;
        struct buf b AUTO(buf_release) = BUF_INIT(4096);

        configure(s, "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"$/w\"}");
        scene_world(s, SICK);
        check_lacks(scene_run(s, "doctor")->out, "notification");
        catcher_refuse(catcher, 500);
        check_exit(scene_run(s, "run"), 0);
        check_contains(scene_run(s, "doctor")->out, "1 message waits for 'w', the oldest for ");
        check_contains(scene_run(s, "doctor")->out, "-> docker autoheal notify test w");
        buf_addf(&b, "{\"name\":\"g\",\"type\":\"gotify\",\"server_url\":\"$\",\"app_token\":{\"file\":\"%s/none\"}}", s->dir);
        configure(s, buf_str(&b));
        const struct output *o = scene_run(s, "doctor");
        check_exit(o, 1);
        check_contains(o->out, "notification service 'g' is told nothing: app_token: opening '");
        buf_clear(&b);
        buf_addf(&b, "%s/token", s->dir);
        file_put(s->dir, "token", SECRET "\n");
        assert_int_equal(chmod(buf_str(&b), 0666), 0);
        buf_clear(&b);
        buf_addf(&b, "{\"name\":\"g\",\"type\":\"gotify\",\"server_url\":\"$\",\"app_token\":{\"file\":\"%s/token\"}}", s->dir);
        configure(s, buf_str(&b));
        o = scene_run(s, "doctor");
        check_exit(o, 1);
        check_contains(o->out, "notification service 'g' is told nothing: app_token: ");
        check_contains(o->out, "-> run 'chmod go-w ");
        check_lacks(o->out, SECRET);
        configure(s, "");
        check_contains(scene_run(s, "doctor")->out, "notifications.enabled is true, but no service is enabled: nobody is told");
        data_put(s, "config.json",
                 "{\"notifications\":{\"services\":[{\"name\":\"a\",\"type\":\"slack\",\"url\":\"https://h/x\"}]}}");
        check_contains(scene_run(s, "doctor")->out,
                       "1 notification service is configured, and told nothing: notifications.enabled is false");
}

/* ---- serve ---- */

static void serve_tells_at_once_and_again(void **state) {
        struct scene *s = *state;

        configure(s, "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"$/w\"},{\"name\":\"slow\",\"type\":\"webhook\",\"url\":\"$/"
                     "slow/x\"}");
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        pid_t pid = service_start(s, "");
        service_await(s, "/health", "healthy");
        fake_script(s->fake, "container web health=unhealthy\n");
        service_await_events(s, "restart", "web", 1);
        catcher_await(catcher, "/slow/", 1);
        /* What a person does meanwhile in another process is found in the outbox. */
        check_exit(scene_run(s, "quarantine web"), 0);
        assert_int_equal(kill(pid, SIGUSR1), 0);
        service_await_log(s, "telling 'slow' failed", 1);
        catcher_await(catcher, "/w", 2);
        service_await(s, "/api/status", "\"quarantined_containers\":1");
        assert_int_equal(run_end(pid, SIGTERM), 0);
        AUTO_FREE char *box = data_get(s, "outbox.json");
        check_contains(box, "\"service\":\"slow\"");
        check_lacks(box, "\"service\":\"w\",\"queued\"");
}

/* What a command leaves is about the same container and event as what serve sends just now, or keeps until the service is back. */
static void what_commands_leave_beside_what_waits_is_told(void **state) {
        struct scene *s = *state;
        struct json_doc *doc AUTO_JSON = NULL;

        configure(s, "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"$/w\"}");
        catcher_refuse(catcher, 503);
        scene_world(s, "container web health=healthy label=autoheal=true\ncontainer db health=healthy label=autoheal=true\n");
        pid_t pid = service_start(s, "");
        service_await(s, "/health", "healthy");
        check_exit(scene_run(s, "quarantine web"), 0);
        assert_int_equal(kill(pid, SIGUSR1), 0);
        service_await_log(s, "telling 'w' failed: the service answers 503", 1);
        check_exit(scene_run(s, "unquarantine web"), 0);
        check_exit(scene_run(s, "quarantine web"), 0);
        /* Its turn finds what they left, and the restart is more to be told. */
        fake_script(s->fake, "container db health=unhealthy\nevent \"health_status: unhealthy\" db\n");
        service_await_log(s, "telling 'w' failed: the service answers 503", 2);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        catcher_refuse(catcher, 0);
        size_t n = catcher_count(catcher, "/w");
        let_wait_end(s);
        check_exit(scene_run(s, "run"), 0);
        AUTO_FREE char *r = catcher_request(catcher, "/w", n);
        while (r && !strstr(r, "\"type\":\"quarantine\"")) {
                free(r);
                r = catcher_request(catcher, "/w", ++n);
        }
        assert_non_null(r);
        check_json(parse_body(r, &doc), "event.more", "1");
}

static void serve_ends_and_begins_with_what_waits(void **state) {
        struct scene *s = *state;

        configure(s, "{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"$/w\"}");
        catcher_refuse(catcher, 503);
        scene_world(s, SICK);
        pid_t pid = service_start(s, "");
        service_await_log(s, "telling 'w' failed: the service answers 503; tried again in 10s", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        catcher_refuse(catcher, 0);
        let_wait_end(s);
        size_t n = catcher_count(catcher, "/w");
        pid = service_start(s, "");
        catcher_await(catcher, "/w", n + 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        AUTO_FREE char *box = data_get(s, "outbox.json");
        check_lacks(box, "\"attempts\"");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                notify_test(a_webhook_gets_all_that_is_known),
                notify_test(discord_gets_an_embed),
                notify_test(slack_gets_blocks),
                notify_test(telegram_gets_html),
                notify_test(ntfy_gets_headers),
                notify_test(ntfy_takes_a_token),
                notify_test(gotify_gets_its_token_in_a_header),
                notify_test(pushover_gets_a_form),
                notify_test(apprise_gets_a_body),
                notify_test(the_alert_of_the_earlier_service_is_the_event),
                notify_test(a_quarantine_says_how_it_is_released),
                notify_test(filters_choose_and_a_label_that_asks_is_always_told),
                notify_test(nothing_is_told_unless_it_is_enabled),
                notify_test(what_a_command_does_is_told_by_the_next_pass),
                notify_test(what_fails_waits_for_a_later_pass),
                notify_test(a_redirect_is_not_followed),
                notify_test(too_many_requests_say_when_to_come_again),
                notify_test(telegram_says_it_in_its_answer),
                notify_test(a_part_of_an_address_is_not_shown),
                notify_test(nobody_is_there),
                notify_test(what_is_no_http_is_said),
                notify_test(a_page_of_html_is_no_telegram),
                notify_test(a_no_with_200_is_a_no),
                notify_test(pushover_says_no_with_a_status),
                notify_test(an_apprise_without_recipients_tells_nobody),
                notify_test(what_a_service_repeats_is_not_shown),
                notify_test(an_answer_without_end_is_cut),
                notify_test(a_slow_one_delays_nobody),
                notify_test(a_broken_outbox_is_set_aside),
                notify_test(a_broken_outbox_is_said_by_a_command),
                notify_test(after_a_day_it_is_given_up),
                notify_test(a_flood_is_one_message_with_a_count),
                notify_test(a_secret_is_read_when_it_is_needed),
                notify_test(the_command_says_what_the_services_said),
                notify_test(status_counts_what_waits),
                notify_test(doctor_looks_at_services),
                notify_test(the_alert_is_read_from_a_file),
                notify_test(serve_tells_at_once_and_again),
                notify_test(what_commands_leave_beside_what_waits_is_told),
                notify_test(serve_ends_and_begins_with_what_waits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
