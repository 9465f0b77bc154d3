/* SPDX-License-Identifier: MIT */
/* Mail, through a real SMTP server on the loopback: with TLS and a password, and without. */
#include "autoheal/util/buf.h"
#include "support/scene.h"

#include <signal.h>
#include <unistd.h>

#ifndef MAIL_SERVER
#define MAIL_SERVER "tests/support/mail_server.py"
#endif
#define SECRET   "S3cr3tOfTheTests"
#define AWAIT_MS 20000
#define SICK     "container shop_web health=unhealthy label=autoheal=true started=-600 probe=\"gr\xC3\xBC\xC3\x9F\x65\"\n"

static pid_t server;
static int port;

static void run_openssl(struct scene *s) {
        AUTO_FREE char *cert = path_join(s->dir, "cert.pem"), *key = path_join(s->dir, "key.pem");
        struct output o = { 0 };
        const char *const argv[] = { "/usr/bin/openssl",
                                     "req",
                                     "-x509",
                                     "-newkey",
                                     "ec",
                                     "-pkeyopt",
                                     "ec_paramgen_curve:P-256",
                                     "-nodes",
                                     "-days",
                                     "2",
                                     "-subj",
                                     "/CN=localhost",
                                     "-addext",
                                     "subjectAltName=IP:127.0.0.1",
                                     "-keyout",
                                     key,
                                     "-out",
                                     cert,
                                     NULL };

        run_program(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, &o);
        check_exit(&o, 0);
        output_release(&o);
}

static void start(struct scene *s, const char *mode) {
        const char *const argv[] = { "/usr/bin/python3", MAIL_SERVER, s->dir, mode, NULL };
        char line[32] = "";
        int fds[2];

        run_openssl(s);
        assert_int_equal(pipe(fds), 0);
        server = run_background(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, fds[1]);
        close(fds[1]);
        if (read(fds[0], line, sizeof(line) - 1) <= 0)
                fail_msg("the mail server does not start");
        close(fds[0]);
        port = (int)strtol(line, NULL, 10);
}

static int teardown(void **state) {
        if (server > 0)
                (void)run_end(server, SIGKILL);
        server = 0;
        return scene_teardown(state);
}
#define mail_test(test) cmocka_unit_test_setup_teardown(test, scene_setup, teardown)

static void configure(struct scene *s, const char *scheme, const char *rest) {
        struct buf b AUTO(buf_release) = BUF_INIT(8192);

        buf_addf(&b,
                 "{\"notifications\":{\"enabled\":true,\"services\":[{\"name\":\"m\",\"type\":\"email\",\"url\":\"%s://"
                 "127.0.0.1:%d\","
                 "\"from\":\"heal@example.org\",%s}]}}",
                 scheme, port, rest);
        data_put(s, "config.json", buf_str(&b));
}

static void trust(struct scene *s) {
        struct buf b AUTO(buf_release) = BUF_INIT(8192);

        buf_addf(&b, "SSL_CERT_FILE=%s/cert.pem", s->dir);
        scene_env(s, buf_str(&b));
}

#define LOGIN "\"username\":\"heal\",\"password\":\"" SECRET "\",\"to\":[\"ops@example.org\",\"night@example.org\"]"

static void check_mail(struct scene *s, const char *first_line) {
        AUTO_FREE char *mail = file_get(s->dir, "mail-0");

        assert_non_null(mail);
        check_contains(mail, first_line);
        check_contains(mail, "From: heal@example.org\r\n");
        check_contains(mail, "Subject: Container Restarted: shop_web (fake-host)\r\n");
        check_contains(mail, "Content-Type: text/plain; charset=utf-8\r\n");
        check_contains(mail, "Content-Transfer-Encoding: base64\r\n");
        check_contains(mail, "Auto-Submitted: auto-generated\r\n");
        check_contains(mail, "Message-ID: <");
        check_lacks(mail, SECRET);
}

static void told_over(struct scene *s, const char *mode, const char *scheme) {
        start(s, mode);
        trust(s);
        configure(s, scheme, LOGIN);
        scene_world(s, SICK);
        const struct output *o = scene_run(s, "run -v");
        check_exit(o, 0);
        assert_string_equal(o->err, "");
        check_mail(s, "from=heal@example.org to=ops@example.org,night@example.org tls=True user=heal\n");
        AUTO_FREE char *mail = file_get(s->dir, "mail-0");
        check_contains(mail, "To: ops@example.org,\r\n night@example.org\r\n");
}

static void with_starttls_and_a_password(void **state) {
        told_over(*state, "starttls", "smtp");
}

static void with_tls_from_the_beginning(void **state) {
        struct scene *s = *state;

        start(s, "smtps");
        trust(s);
        configure(s, "smtps", LOGIN);
        scene_world(s, SICK);
        check_exit(scene_run(s, "run"), 0);
        check_mail(s, "from=heal@example.org to=ops@example.org,night@example.org");
}

static void without_a_password_to_this_machine(void **state) {
        struct scene *s = *state;

        start(s, "plain");
        configure(s, "smtp", "\"to\":\"ops@example.org\"");
        scene_world(s, SICK);
        check_exit(scene_run(s, "run"), 0);
        check_mail(s, "from=heal@example.org to=ops@example.org tls=False user=\n");
}

static void check_not_sent(struct scene *s, const char *why) {
        scene_world(s, SICK);
        const struct output *o = scene_run(s, "run -v");
        check_exit(o, 0);
        assert_int_equal(scene_posts(s), 1);
        check_contains(o->err, why);
        check_lacks(o->err, SECRET);
        assert_false(file_there(s->dir, "mail-0"));
        AUTO_FREE char *log = data_get(s, "logs/autoheal.log");
        check_lacks(log, SECRET);
        AUTO_FREE char *box = data_get(s, "outbox.json");
        check_lacks(box, SECRET);
        check_lacks(box, "example.org");
}

static void a_password_is_not_sent_in_clear(void **state) {
        struct scene *s = *state;

        start(s, "plain");
        configure(s, "smtp", LOGIN);
        check_not_sent(s, "telling 'm' failed: the server offers no TLS, and without it no password is sent");
}

static void a_certificate_that_nobody_knows_is_refused(void **state) {
        struct scene *s = *state;

        start(s, "starttls");
        configure(s, "smtp", LOGIN);
        check_not_sent(s, "telling 'm' failed: tls: SSL certificate problem");
}

static void a_wrong_password_is_said(void **state) {
        struct scene *s = *state;

        start(s, "starttls");
        trust(s);
        configure(s, "smtp", "\"username\":\"heal\",\"password\":\"wrong-" SECRET "\",\"to\":[\"ops@example.org\"]");
        check_not_sent(s, "telling 'm' failed: the server refuses user name and password");
}

static void a_recipient_that_is_refused_is_said(void **state) {
        struct scene *s = *state;

        start(s, "plain");
        configure(s, "smtp", "\"to\":[\"nobody@example.org\"]");
        check_not_sent(s, "telling 'm' failed: RCPT failed: 550");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                mail_test(with_starttls_and_a_password),
                mail_test(with_tls_from_the_beginning),
                mail_test(without_a_password_to_this_machine),
                mail_test(a_password_is_not_sent_in_clear),
                mail_test(a_certificate_that_nobody_knows_is_refused),
                mail_test(a_wrong_password_is_said),
                mail_test(a_recipient_that_is_refused_is_said),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
