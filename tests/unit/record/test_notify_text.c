/* SPDX-License-Identifier: MIT */
/* Messages in words and as letters: what is said, how it is escaped, and how long it may be. */
#include "autoheal/json/reader.h"
#include "record/notify_internal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A container that means harm: markup of all kinds, mentions, escapes, line breaks, bytes that are no UTF-8. */
#define HARM "<!channel> @everyone **b** `x` [l](http://e) & \"q\" \x1b[31m\r\nBcc: e@e\xff \xE2\x80\xAE_u_"

static struct arena arena;

static int setup(void **state) {
        (void)state;
        arena = (struct arena)ARENA_INIT(16384);
        return 0;
}

static int teardown(void **state) {
        (void)state;
        arena_release(&arena);
        return 0;
}
#define text_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static struct message harmful(void) {
        return (struct message){ .id = "1",
                                 .service = "s",
                                 .at_us = INT64_C(1761918000) * US_PER_S,
                                 .host = HARM,
                                 .event = "quarantine",
                                 .status = "quarantined",
                                 .container_id = "c0ffee",
                                 .container_name = HARM,
                                 .stable_id = HARM,
                                 .text = HARM,
                                 .reason = "max-restarts",
                                 .health_output = HARM,
                                 .restart_count = 3,
                                 .max_restarts = 3,
                                 .has_exit_code = true,
                                 .exit_code = 137,
                                 .oom_killed = true,
                                 .more = 2,
                                 .more_failed = 1,
                                 .more_since_us = INT64_C(1761917000) * US_PER_S };
}

static struct target everything(void) {
        static const char *const to[] = { "a@b.c" };
        static const char *const headers[] = { NULL };

        return (struct target){ .name = "s",
                                .url = "https://h/x",
                                .bot_token = "1:a",
                                .app_token = "a",
                                .user_key = "u",
                                .api_token = "t",
                                .chat_id = "7",
                                .topic = "t",
                                .server_url = "https://h",
                                .from = "f@b.c",
                                .to = { to, 1 },
                                .headers = headers };
}

static const struct notify_kind *const kinds[] = { &notify_webhook, &notify_discord, &notify_slack,    &notify_telegram,
                                                   &notify_ntfy,    &notify_gotify,  &notify_pushover, &notify_apprise,
                                                   &notify_email,   &notify_alert };

static struct letter letter_of(const struct notify_kind *kind, const struct message *m) {
        struct letter l = { .url = NULL };
        struct target t = everything();
        struct error err = ERROR_INIT;

        assert_int_equal(kind->write(&l, &t, m, &arena, &err), 0);
        return l;
}

static void all_is_said(void **state) {
        struct message m = harmful();
        const char *text;

        (void)state;
        m.host = "h1";
        m.container_name = "web-1";
        m.stable_id = "shop_web";
        m.text = "3 restarts";
        m.health_output = "refused";
        text = message_text(&m, &style_plain, 4096, &arena);
        assert_string_equal(
                text, "Host: h1\nContainer: web-1 (shop_web)\nEvent: quarantine\nStatus: quarantined\nRestart Count: 3 of 3\n"
                      "Time: 2025-10-31 13:40:00 UTC\nMessage: 3 restarts\nReason: max-restarts\n"
                      "Exit Code: 137 (out of memory)\nAlso: 2 more of these since 2025-10-31 13:23:20 UTC, 1 of them failed\n"
                      "Release: docker autoheal unquarantine shop_web\nLast Output: refused");
        assert_string_equal(message_title(&m, 256, &arena), "Container Quarantined: web-1 (h1)");
        assert_int_equal(message_priority(&m), PRIORITY_HIGH);
}

/* What a person needs at night is not what has to go first. */
static void a_long_output_takes_nothing_from_the_rest(void **state) {
        struct message m = harmful();
        char output[OUTBOX_TEXT_MAX + 1], words[OUTBOX_TEXT_MAX + 1];
        const char *text;

        (void)state;
        memset(output, 'o', OUTBOX_TEXT_MAX);
        output[OUTBOX_TEXT_MAX] = '\0';
        memset(words, 'w', 500);
        (void)snprintf(words + 500, sizeof(words) - 500, "; release with: docker autoheal unquarantine shop_web");
        m.host = "h1";
        m.container_name = m.stable_id = "shop_web";
        m.text = words;
        m.health_output = output;
        text = message_text(&m, &style_plain, 1024, &arena);
        assert_true(strlen(text) <= 1024);
        assert_non_null(strstr(text, "www; release with: docker autoheal unquarantine shop_web\n"));
        assert_non_null(strstr(text, "Last Output: oooooooo"));
        /* Where even that has no room, the command has a line of its own. */
        memset(words, 'w', OUTBOX_TEXT_MAX - 60);
        (void)snprintf(words + OUTBOX_TEXT_MAX - 60, 61, "; release with: docker autoheal unquarantine shop_web");
        text = message_text(&m, &style_plain, 1024, &arena);
        assert_true(strlen(text) <= 1024);
        assert_non_null(strstr(text, "\nRelease: docker autoheal unquarantine shop_web\n"));
}

static void titles_tell_failure_from_success(void **state) {
        struct message m = { .event = "restart", .status = "failure", .container_name = "web" };

        (void)state;
        assert_string_equal(message_title(&m, 256, &arena), "Container Restart Failed: web");
        assert_int_equal(message_priority(&m), PRIORITY_HIGH);
        m.status = "success";
        assert_string_equal(message_title(&m, 256, &arena), "Container Restarted: web");
        assert_int_equal(message_priority(&m), PRIORITY_NORMAL);
        m.event = "auto_monitor";
        assert_int_equal(message_priority(&m), PRIORITY_LOW);
        m.event = "of_a_later_version";
        m.container_name = NULL;
        assert_string_equal(message_title(&m, 256, &arena), "docker-autoheal");
}

/* Neither a line break nor an escape of a terminal gets into any letter as such. */
static void no_control_character_gets_through(void **state) {
        struct message m = harmful();

        (void)state;
        for (size_t k = 0; k < N_ELEMENTS(kinds); k++) {
                struct letter l = letter_of(kinds[k], &m);

                assert_null(strchr(l.body, '\x1b'));
                assert_null(strstr(l.body, "\nBcc"));
                assert_null(strstr(l.body, "\xE2\x80\xAE"));
                for (size_t i = 0; l.headers && l.headers[i]; i++)
                        for (const char *p = l.headers[i]; *p; p++)
                                assert_true((unsigned char)*p >= ' ' && (unsigned char)*p < 0x7f);
        }
}

static void json_is_json(void **state) {
        static const size_t of_json[] = { 0, 1, 2, 3, 5, 7, 9 };
        struct message m = harmful();

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(of_json); i++) {
                struct json_doc *doc AUTO_JSON = NULL;
                struct letter l = letter_of(kinds[of_json[i]], &m);

                assert_int_equal(json_parse(l.body, strlen(l.body), 1000, &doc, NULL), 0);
                assert_null(l.content_type);
        }
}

static void each_keeps_to_its_limits(void **state) {
        static char longest[OUTBOX_TEXT_MAX + 1];
        struct message m = harmful();

        (void)state;
        memset(longest, '<', sizeof(longest) - 1);
        m.text = m.health_output = m.container_name = m.stable_id = m.host = longest;
        assert_true(strlen(message_title(&m, 150, &arena)) <= 150);
        assert_true(strlen(message_text(&m, &style_plain, 1024, &arena)) <= 1024);

        struct json_doc *doc AUTO_JSON = NULL;
        struct letter l = letter_of(&notify_telegram, &m);
        assert_int_equal(json_parse(l.body, strlen(l.body), 1000, &doc, NULL), 0);
        assert_true(strlen(json_string(json_get(json_root(doc), "text"), &arena)) <= 4096);
        assert_true(strlen(letter_of(&notify_ntfy, &m).body) <= 4096);
}

static void markup_is_escaped(void **state) {
        struct message m = harmful();

        (void)state;
        assert_non_null(strstr(letter_of(&notify_telegram, &m).body, "&lt;!channel&gt;"));
        assert_null(strstr(letter_of(&notify_telegram, &m).body, "<!channel>"));
        assert_non_null(strstr(letter_of(&notify_slack, &m).body, "*Message:* &lt;!channel&gt;"));
        assert_non_null(strstr(letter_of(&notify_discord, &m).body, "\\\\*\\\\*b\\\\*\\\\*"));
}

/* Its plugins for Discord and Slack look for mentions in what they are to pass on, also in plain text. */
static void apprise_passes_on_no_mention(void **state) {
        struct message m = harmful();
        const char *body = letter_of(&notify_apprise, &m).body;

        (void)state;
        assert_null(strpbrk(body, "@<>"));
        assert_non_null(strstr(body, "\uff20everyone"));
        assert_non_null(strstr(body, "\u2039!channel\u203a"));
}

static void mail_is_mail(void **state) {
        struct message m = harmful();
        struct letter l;

        (void)state;
        m.at_us = 0;
        l = letter_of(&notify_email, &m);
        assert_true(l.mail);
        assert_non_null(strstr(l.body, "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\nFrom: f@b.c\r\nTo: a@b.c\r\nSubject: "));
        for (const char *line = l.body; *line; line = strstr(line, "\r\n") + 2)
                assert_true(strcspn(line, "\r\n") <= 998 && strstr(line, "\r\n"));
        m.at_us = INT64_C(1761918000) * US_PER_S;
        assert_non_null(strstr(letter_of(&notify_email, &m).body, "Date: Fri, 31 Oct 2025 13:40:00 +0000\r\n"));
        m.at_us = -5;
        assert_non_null(strstr(letter_of(&notify_email, &m).body, "Date: Thu, 01 Jan 1970"));
}

static void what_is_missing_is_named(void **state) {
        static const char *const needs[] = { "url",        "url",      "url", "bot_token", "topic",
                                             "server_url", "user_key", "url", "url",       "alerts.webhook" };
        struct message m = harmful();

        (void)state;
        for (size_t k = 0; k < N_ELEMENTS(kinds); k++) {
                struct target none = { .name = "s" };
                struct error err = ERROR_INIT;
                struct letter l;

                assert_int_equal(kinds[k]->write(&l, &none, &m, &arena, &err), -1);
                assert_int_equal(err.code, ERR_INVALID);
                assert_non_null(strstr(err.msg, needs[k]));
        }
}

static void addresses_are_plain(void **state) {
        static const char *const bad[] = { "a@b\r\nRCPT TO:<e@e>", "<a@b>", "a b@c", "", "\xC3\xBC@b", "a@b,c@d" };
        struct message m = harmful();

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
                struct target t = everything();
                struct error err = ERROR_INIT;
                struct letter l;

                t.to = (struct string_list){ &bad[i], 1 };
                assert_int_equal(notify_email.write(&l, &t, &m, &arena, &err), -1);
                t = everything();
                t.from = bad[i];
                assert_int_equal(notify_email.write(&l, &t, &m, &arena, &err), -1);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                text_test(a_long_output_takes_nothing_from_the_rest),
                text_test(all_is_said),
                text_test(titles_tell_failure_from_success),
                text_test(no_control_character_gets_through),
                text_test(json_is_json),
                text_test(each_keeps_to_its_limits),
                text_test(markup_is_escaped),
                text_test(apprise_passes_on_no_mention),
                text_test(mail_is_mail),
                text_test(what_is_missing_is_named),
                text_test(addresses_are_plain),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
