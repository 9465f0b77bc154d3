/* SPDX-License-Identifier: MIT */
/* From an ssh:// URL to the command that is the connection: each word of it, and what is refused. */
#include "engine/endpoint_internal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define INVALID "ssh host connection is not valid: invalid SSH URL: "
#define FIXED   "|-o ConnectTimeout=30|-T|--|"
#define REMOTE  "|docker system dial-stdio"

static const char *joined(const char *const *command, struct arena *a) {
        const char *text = command[0];

        for (size_t i = 1; command[i]; i++)
                text = arena_printf(a, "%s|%s", text, command[i]);
        return text;
}

static void commands(void **state) {
        static const struct {
                const char *address, *command;
        } rows[] = {
                { "ssh://h", "ssh" FIXED "h" REMOTE },
                { "ssh://me@h", "ssh|-l|me" FIXED "h" REMOTE },
                { "ssh://me@h:2222", "ssh|-l|me|-p|2222" FIXED "h" REMOTE },
                { "ssh://h:", "ssh" FIXED "h" REMOTE },
                { "ssh://@h", "ssh" FIXED "h" REMOTE },
                { "ssh://h?", "ssh" FIXED "h" REMOTE },
                { "ssh://h#", "ssh" FIXED "h" REMOTE },
                { "SSH://h", "ssh" FIXED "h" REMOTE },
                { "ssh://h/", "ssh" FIXED "h" REMOTE },
                { "ssh://h//", "ssh" FIXED "h" REMOTE },
                { "ssh://[::1]:22/", "ssh|-p|22" FIXED "::1" REMOTE },
                { "ssh://[fe80::1%25eth0]", "ssh" FIXED "fe80::1%eth0" REMOTE },
                { "ssh://a@b@c", "ssh|-l|a@b" FIXED "c" REMOTE },
                { "ssh://h:22:33", "ssh|-p|33" FIXED "h:22" REMOTE },
                { "ssh://u%20x@h", "ssh|-l|u x" FIXED "h" REMOTE },
                /* No option of ssh, whatever it looks like. */
                { "ssh://-oProxyCommand=x", "ssh" FIXED "-oProxyCommand=x" REMOTE },
                { "ssh://-oProxyCommand=x@h", "ssh|-l|-oProxyCommand=x" FIXED "h" REMOTE },
                /* The other socket. What is in its path is one word for the shell over there. */
                { "ssh://h/run/user/1000/docker.sock",
                  "ssh" FIXED "h|docker --host=unix:///run/user/1000/docker.sock system dial-stdio" },
                { "ssh://h/a%20b", "ssh" FIXED "h|docker '--host=unix:///a b' system dial-stdio" },
                { "ssh://h/a;reboot", "ssh" FIXED "h|docker '--host=unix:///a;reboot' system dial-stdio" },
                { "ssh://h/$(reboot)", "ssh" FIXED "h|docker '--host=unix:///$(reboot)' system dial-stdio" },
                { "ssh://h/it's", "ssh" FIXED "h|docker '--host=unix:///it'\\''s' system dial-stdio" },
                { "ssh://h/%27%27", "ssh" FIXED "h|docker '--host=unix:///'\\'''\\''' system dial-stdio" },
                { "ssh://h/\xc3\xa4", "ssh" FIXED "h|docker '--host=unix:///\xc3\xa4' system dial-stdio" },
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct endpoint ep = { .unix_socket = NULL };
                struct error err = ERROR_INIT;

                if (address_set(&ep, rows[i].address, &a, &err) < 0)
                        fail_msg("'%s': %s", rows[i].address, err.msg);
                assert_string_equal(joined(ep.command, &a), rows[i].command);
                assert_string_equal(ep.text, rows[i].address);
                assert_string_equal(ep.base_url, "http://docker.example.com");
                assert_string_equal(ep.host, "");
                assert_null(ep.unix_socket);
        }
}

static void refusals(void **state) {
        static const struct {
                const char *address, *message;
        } rows[] = {
                { "ssh://me:secret@h", INVALID "plain-text password is not supported" },
                { "ssh://me:@h", INVALID "plain-text password is not supported" },
                { "ssh://:@h", INVALID "plain-text password is not supported" },
                { "ssh://", INVALID "hostname is empty" },
                { "ssh://me@", INVALID "hostname is empty" },
                { "ssh://:22", INVALID "hostname is empty" },
                { "ssh:h", INVALID "hostname is empty" },
                { "ssh://h?x=y", INVALID "query parameters are not allowed: \"x=y\"" },
                { "ssh://h?a\"b", INVALID "query parameters are not allowed: \"a\\\"b\"" },
                { "ssh://h/p?x#y", INVALID "query parameters are not allowed: \"x\"" },
                { "ssh://h#f", INVALID "fragments are not allowed: \"f\"" },
                { "ssh://h#a%20b", INVALID "fragments are not allowed: \"a b\"" },
                { "ssh://h/a%0ab", INVALID "control characters are not allowed" },
                { "ssh://u%1bx@h", INVALID "control characters are not allowed" },
                { "ssh://h/a%00b", "parse \"ssh://h/a%00b\": invalid URL escape \"%00\"" },
                { "ssh://h:abc", "parse \"ssh://h:abc\": invalid port \":abc\" after host" },
                { "ssh://h/%zz", "parse \"ssh://h/%zz\": invalid URL escape \"%zz\"" },
                { "ssh://u%zz@h", "parse \"ssh://u%zz@h\": invalid URL escape \"%zz\"" },
                { "ssh://h x", "parse \"ssh://h x\": invalid character \" \" in host name" },
                { "ssh://u x@h", "parse \"ssh://u x@h\": net/url: invalid userinfo" },
                { "ssh://[::1", "parse \"ssh://[::1\": missing ']' in host" },
                { "ssh://h/a\nb", "parse \"ssh://h/a\\nb\": net/url: invalid control character in URL" },
                /* A password is not shown. */
                { "ssh://me:secret@h:x", "parse \"ssh://me:xxxxx@h:x\": invalid port \":x\" after host" },
                { "ssh://me:sec@ret@h:x/y@z", "parse \"ssh://me:xxxxx@h:x/y@z\": invalid port \":x\" after host" },
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct endpoint ep = { .unix_socket = NULL };
                struct error err = ERROR_INIT;

                if (address_set(&ep, rows[i].address, &a, &err) == 0)
                        fail_msg("'%s' became '%s'", rows[i].address, joined(ep.command, &a));
                assert_string_equal(err.msg, rows[i].message);
                assert_int_equal(err.code, ERR_INVALID);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(commands),
                cmocka_unit_test(refusals),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
