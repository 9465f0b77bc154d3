/* SPDX-License-Identifier: MIT */
/* Checks of our own by HTTP and TCP, against a server whose paths say what it answers: what they say, when they run, what follows. */
#include "support/catcher.h"
#include "support/port.h"
#include "support/scene.h"

#include "autoheal/util/buf.h"
#include "autoheal/util/now.h"
#include "autoheal/util/timefmt.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct catcher *app;

static int setup(void **state) {
        int r = scene_setup(state);
        struct scene *s = *state;
        app = catcher_start(s->dir);
        return r;
}

static int teardown(void **state) {
        catcher_stop(app);
        return scene_teardown(state);
}

#define with_app(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* A container at this machine's own address, whose check asks the server for that path. */
static void container(struct scene *s, const char *name, const char *path, const char *more) {
        char lines[1024];
        (void)snprintf(lines, sizeof(lines),
                       "container %s address=127.0.0.1 label=autoheal=true label=autoheal.check.http=http://localhost:%d%s %s\n",
                       name, catcher_port(app), path, more);
        scene_world(s, lines);
}

static const char *set_label(const char *name, const char *value) {
        static char text[4][256];
        static size_t next;
        char *ret = text[next++ % N_ELEMENTS(text)];
        (void)snprintf(ret, sizeof(text[0]), "label=autoheal.check.%s=%s", name, value);
        return ret;
}

/* What is remembered of the check, as JSON; "" none. To be freed. */
static char *remembered(struct scene *s, const char *id, const char *key) {
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = data_json(s, "containers.json", &text);
        struct slice raw = json_raw(json_get(json_get(json_root(doc), id), key));
        return raw.p ? strndup(raw.p, raw.n) : xstrdup("");
}

static void check_remembered(struct scene *s, const char *id, const char *key, const char *raw) {
        AUTO_FREE char *is = remembered(s, id, key);
        assert_string_equal(is, raw);
}

/* As if the last run had begun that long ago. */
static void let_pass(struct scene *s, const char *id, int64_t seconds) {
        AUTO_FREE char *text = data_get(s, "containers.json"), *was = remembered(s, id, "check_run_at");
        char iso[TIME_ISO_SIZE];
        int64_t us;
        assert_true(time_parse_iso((struct slice){ was + 1, strlen(was) - 2 }, &us));
        time_format_iso(us - seconds * US_PER_S, iso);
        struct buf changed AUTO(buf_release) = BUF_INIT((size_t)1024 * 1024);
        char *key = strstr(strstr(text, id), "\"check_run_at\":");
        char *at = key + strlen("\"check_run_at\":") + 1;
        buf_add(&changed, text, (size_t)(at - text));
        buf_add_str(&changed, iso);
        buf_add_str(&changed, at + strlen(was) - 2);
        data_put(s, "containers.json", buf_str(&changed));
}

/* ---- What they say ---- */

static void check_test(struct scene *s, const char *status, const char *message) {
        const struct output *o = scene_run(s, "healthcheck test --format json web");
        char wanted[64];
        check_exit(o, strcmp(status, "passed") == 0 ? 0 : 1);
        (void)snprintf(wanted, sizeof(wanted), "\"status\":\"%s\"", status);
        check_contains(o->out, wanted);
        check_contains(o->out, message);
        scene_world(s, "remove web\n");
}

static void test_answers(void **state) {
        struct scene *s = *state;
        container(s, "web", "/fine/", "");
        check_test(s, "passed", "HTTP 200");
        container(s, "web", "/500/x", "");
        check_test(s, "failed", "HTTP 500 in place of 200");
        container(s, "web", "/500/x", set_label("expect", "500"));
        check_test(s, "passed", "HTTP 500");
        /* A redirect is an answer. */
        container(s, "web", "/302/x", "");
        check_test(s, "failed", "HTTP 302 in place of 200");
        container(s, "web", "/lie/x", set_label("expect", "log"));
        check_test(s, "passed", "HTTP 200");
        container(s, "web", "/lie/x", set_label("expect", "welcome"));
        check_test(s, "failed", "does not hold what is expected");
        container(s, "web", "/garbage/x", "");
        check_test(s, "failed", "no proper HTTP answer");
        container(s, "web", "/slow/x", set_label("timeout", "1"));
        check_test(s, "failed", "no answer within 1000 ms");
        /* One that never ends is read as far as is of use. */
        container(s, "web", "/huge/x", "");
        check_test(s, "passed", "HTTP 200");
        container(s, "web", "/huge/x", set_label("expect", "not-in-there"));
        check_test(s, "failed", "does not hold what is expected");
        assert_int_equal(catcher_count(app, "GET /elsewhere"), 0);
}

/* A server of one child: it says that for ever, or hangs up at once where there is nothing to say. */
static pid_t talker(const char *first, const char *again, int *ret_port) {
        struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
        socklen_t len = sizeof(addr);
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(listener, (struct sockaddr *)&addr, len), 0);
        assert_int_equal(listen(listener, 16), 0);
        assert_int_equal(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
        *ret_port = ntohs(addr.sin_port);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                signal(SIGPIPE, SIG_IGN);
                for (;;) {
                        int fd = accept(listener, NULL, NULL);
                        char request[4096];
                        if (*first && read(fd, request, sizeof(request)) < 0)
                                _exit(1);
                        bool goes_on = write(fd, first, strlen(first)) >= 0 && *again;
                        while (goes_on)
                                goes_on = write(fd, again, strlen(again)) > 0;
                        close(fd);
                }
        }
        close(listener);
        return pid;
}

static void end_talker(pid_t pid) {
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void tls_container(struct scene *s, int port, const char *more) {
        char lines[512];
        (void)snprintf(lines, sizeof(lines),
                       "container web address=127.0.0.1 %s label=autoheal.check.http=https://localhost:%d/fine\n", more, port);
        scene_world(s, lines);
}

/* openssl's server, with a certificate that nobody vouches for. */
static pid_t tls_server(struct scene *s, int port) {
        char command[1024];
        (void)snprintf(
                command, sizeof(command),
                "cd %s && openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=localhost 2>/dev/null",
                s->dir);
        assert_int_equal(system(command), 0);
        (void)snprintf(command, sizeof(command),
                       "cd %s && exec openssl s_server -accept 127.0.0.1:%d -key key -cert cert -www -quiet", s->dir, port);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                execl("/bin/sh", "sh", "-c", command, (char *)NULL);
                _exit(1);
        }
        return pid;
}

static bool takes_connections(void *arg) {
        struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        addr.sin_port = htons((uint16_t) * (const int *)arg);
        bool r = connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0;
        close(fd);
        return r;
}

static void test_tls(void **state) {
        struct scene *s = *state;
        int plain, port = port_free();
        pid_t pid = talker("HTTP/1.1 200 OK\r\n\r\n", "", &plain);
        tls_container(s, plain, "");
        check_test(s, "failed", "tls: the server gave an answer without TLS");
        end_talker(pid);
        pid = tls_server(s, port);
        assert_true(eventually(takes_connections, &port, 20000));
        tls_container(s, port, "");
        check_test(s, "failed", "certificate");
        scene_world(s, "container web address=127.0.0.1\n");
        check_exit(scene_run(s, "healthcheck add web --insecure --http https://localhost:%d/", port), 0);
        check_test(s, "passed", "HTTP 200");
        end_talker(pid);
}

static void test_endless_headers(void **state) {
        struct scene *s = *state;
        char lines[512];
        int port;
        pid_t pid = talker("HTTP/1.1 200 OK\r\n", "X-More: and more, and more, and more\r\n", &port);
        (void)snprintf(lines, sizeof(lines), "container web address=127.0.0.1 label=autoheal.check.http=http://localhost:%d/\n",
                       port);
        scene_world(s, lines);
        check_test(s, "failed", "header of the answer is too large");
        end_talker(pid);
}

/* A listener whose queue is full answers no further connection. */
static void test_a_port_that_drops(struct scene *s) {
        struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
        socklen_t len = sizeof(addr);
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), queued[8];
        char lines[256];
        assert_int_equal(bind(listener, (struct sockaddr *)&addr, len), 0);
        assert_int_equal(listen(listener, 0), 0);
        assert_int_equal(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
        for (size_t i = 0; i < N_ELEMENTS(queued); i++) {
                queued[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
                (void)connect(queued[i], (struct sockaddr *)&addr, len);
        }
        (void)snprintf(lines, sizeof(lines),
                       "container web address=127.0.0.1 label=autoheal.check.tcp=%d label=autoheal.check.timeout=1\n",
                       ntohs(addr.sin_port));
        scene_world(s, lines);
        check_test(s, "failed", "cannot connect: Connection timed out");
        (void)snprintf(lines, sizeof(lines),
                       "container web address=127.0.0.1 label=autoheal.check.http=http://localhost:%d/ "
                       "label=autoheal.check.timeout=1\n",
                       ntohs(addr.sin_port));
        scene_world(s, lines);
        check_test(s, "failed", "cannot connect: Connection timed out");
        for (size_t i = 0; i < N_ELEMENTS(queued); i++)
                close(queued[i]);
        close(listener);
}

static void test_ports(void **state) {
        struct scene *s = *state;
        char lines[512];
        int port;
        pid_t pid = talker("", "", &port);
        (void)snprintf(lines, sizeof(lines), "container web address=127.0.0.1 label=autoheal.check.tcp=%d\n", port);
        scene_world(s, lines);
        check_test(s, "passed", "takes connections");
        end_talker(pid);
        scene_world(s, lines);
        check_test(s, "failed", "cannot connect: Connection refused");
        test_a_port_that_drops(s);
        scene_world(s, "container web address=\"\" label=autoheal.check.tcp=80\n");
        check_test(s, "unknown", "no address");
        /* It has no exec for us. */
        scene_world(s, "container web label=autoheal.check.exec=true\n");
        check_test(s, "unknown", "could not be run");
}

static void test_what_a_server_says_reaches_no_terminal(void **state) {
        struct scene *s = *state;
        char lines[512];
        int port;
        pid_t pid = talker("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\x1b[31mred\x07 \xff\xfe \xe2\x80\xae rtl\r\n", "", &port);
        (void)snprintf(
                lines, sizeof(lines),
                "container web address=127.0.0.1 label=autoheal.check.http=http://localhost:%d/ label=autoheal.check.expect=x\n",
                port);
        scene_world(s, lines);
        const struct output *o = scene_run(s, "healthcheck test web");
        check_exit(o, 1);
        check_printable(o);
        check_contains(o->out, "\\x1b[31mred");
        end_talker(pid);
}

/* ---- Who is asked ---- */

static void test_a_label_asks_its_own_container_only(void **state) {
        struct scene *s = *state;
        char lines[512];
        const char *const hosts[] = { "127.0.0.1", "localhost.example.org", "localhost@127.0.0.1", "x:y@localhost", "[::1]" };
        for (size_t i = 0; i < N_ELEMENTS(hosts); i++) {
                (void)snprintf(lines, sizeof(lines),
                               "container web address=127.0.0.1 label=autoheal=true label=autoheal.check.http=http://%s:%d/fine\n",
                               hosts[i], catcher_port(app));
                scene_world(s, lines);
                check_exit(scene_run(s, "run"), 0);
                check_exit(scene_run(s, "healthcheck test web"), 1);
                scene_world(s, "remove web\n");
        }
        assert_int_equal(catcher_count(app, "GET"), 0);
        check_contains(scene_run(s, "events --type config")->out, "must be an address of the container itself");
}

static void test_the_configuration_asks_whom_it_wants(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web label=autoheal=true\n");
        const struct output *o = scene_run(s, "healthcheck add web --http http://127.0.0.1:%d/elsewhere", catcher_port(app));
        check_exit(o, 0);
        assert_string_equal(o->out, "web\n");
        check_exit(scene_run(s, "healthcheck test web"), 0);
        assert_int_equal(catcher_count(app, "GET /elsewhere"), 1);
        check_exit(scene_run(s, "healthcheck add web --header X-A:1 --header X-B:2 --http http://127.0.0.1:%d/again",
                             catcher_port(app)),
                   0);
        check_exit(scene_run(s, "healthcheck test web"), 0);
        AUTO_FREE char *request = catcher_request(app, "GET /again", 0);
        check_contains(request, "\r\nX-A: 1\r\nX-B: 2\r\n");
}

static void test_what_is_sent(void **state) {
        struct scene *s = *state;
        char text[512];
        (void)snprintf(
                text, sizeof(text),
                "{\"custom_health_checks\":{\"web\":{\"check_type\":\"http\",\"http_endpoint\":\"http://localhost:%d/a?b=c\","
                "\"http_headers\":{\"Host\":\"shop.example\",\"X-Key\":\"s3cret\"}}}}",
                catcher_port(app));
        data_put(s, "config.json", text);
        scene_env(s, "http_proxy=http://127.0.0.1:1");
        scene_world(s, "container web address=127.0.0.1 label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        AUTO_FREE char *request = catcher_request(app, "GET /a?b=c HTTP/1.1", 0);
        assert_non_null(request);
        check_contains(request, "\r\nHost: shop.example\r\n");
        check_contains(request, "\r\nX-Key: s3cret\r\n");
        check_lacks(scene_run(s, "healthcheck ls")->out, "b=c");
}

/* ---- When they run ---- */

static void test_one_run_an_interval_however_often_passes_come(void **state) {
        struct scene *s = *state;
        container(s, "web", "/500/x", set_label("interval", "60"));
        for (size_t run = 1; run <= 3; run++) {
                for (int pass = 0; pass < 6; pass++) {
                        if (pass > 0 || run > 1)
                                let_pass(s, "web", 10);
                        check_exit(scene_run(s, "run"), 0);
                }
                assert_int_equal(catcher_count(app, "GET /500/x"), run);
        }
        check_remembered(s, "web", "check_streak", "3");
        assert_int_equal(scene_posts(s), 0);
        assert_int_equal(count_events(s, "health_check", "web"), 1);
        check_contains(scene_run(s, "ps")->out, "starting (unproven)");
}

static void test_a_dry_run_asks_nobody(void **state) {
        struct scene *s = *state;
        container(s, "web", "/fine/", "");
        check_exit(scene_run(s, "run --dry-run"), 0);
        check_exit(scene_run(s, "ps"), 0);
        check_exit(scene_run(s, "explain web"), 0);
        assert_int_equal(catcher_count(app, "GET"), 0);
}

static void test_what_is_not_monitored_or_does_not_run_is_not_asked(void **state) {
        struct scene *s = *state;
        container(s, "web", "/fine/", "label=autoheal=false");
        container(s, "gone", "/fine/", "state=exited");
        container(s, "still", "/fine/", "state=paused");
        container(s, "young", "/fine/", "started=-5");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(catcher_count(app, "GET"), 0);
}

/* ---- What follows ---- */

static void prove(struct scene *s, const char *more) {
        scene_no_waits(s);
        container(s, "web", "/fine/", more);
        check_exit(scene_run(s, "run"), 0);
        check_remembered(s, "web", "check_proven", "true");
        catcher_refuse(app, 503);
}

static void test_three_failures_restart_once(void **state) {
        struct scene *s = *state;
        const struct output *o = NULL;
        prove(s, "");
        for (int run = 1; run <= 3; run++) {
                let_pass(s, "web", 60);
                assert_int_equal(scene_posts(s), 0);
                o = scene_run(s, "run");
                check_exit(o, 0);
        }
        /* Why it was restarted is said once. */
        check_contains(o->out, "web: restarted in ");
        assert_string_equal(o->err, "");
        assert_int_equal(fake_count(s->fake, "/restart"), 1);
        check_contains(scene_run(s, "events --type restart")->out,
                       "its http check failed 3 times in a row: HTTP 503 in place of 200");
        assert_int_equal(count_events(s, "health_check", "web"), 1);
        /* What it said was about the start before. */
        for (int pass = 0; pass < 3; pass++)
                check_exit(scene_run(s, "run"), 0);
        assert_int_equal(fake_count(s->fake, "/restart"), 1);
        assert_int_equal(catcher_count(app, "GET"), 4);
        check_contains(scene_run(s, "ps")->out, "starting");
}

static void test_it_recovers_when_the_check_passes(void **state) {
        struct scene *s = *state;
        prove(s, set_label("retries", "1"));
        let_pass(s, "web", 60);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(fake_count(s->fake, "/restart"), 1);
        catcher_refuse(app, 0);
        /* restart.verify_seconds after the start. */
        scene_world(s, "container web started=-60\n");
        const struct output *o = scene_run(s, "run");
        check_exit(o, 0);
        assert_memory_equal(o->out, "web: recovered after ", 21);
        assert_int_equal(count_events(s, "recovered", "web"), 1);
        check_contains(scene_run(s, "ps")->out, "ok");
        assert_int_equal(fake_count(s->fake, "/restart"), 1);
}

static void test_a_slow_check_holds_up_nobody(void **state) {
        struct scene *s = *state;
        int status;
        container(s, "web", "/slow/x", set_label("timeout", "30"));
        scene_world(s, "container sick health=unhealthy label=autoheal=true\n");
        pid_t pid = scene_start(s, "run");
        fake_await(s->fake, "/restart", 1);
        catcher_await(app, "GET /slow/x", 1);
        assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
}

/* Who falls sick while it is waited for is healed as well. */
static void test_nor_who_falls_sick_meanwhile(void **state) {
        struct scene *s = *state;
        int status;
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        container(s, "web", "/slow/x", set_label("timeout", "300"));
        scene_world(s, "container other health=healthy label=autoheal=true\n");
        pid_t pid = scene_start(s, "run");
        catcher_await(app, "GET /slow/x", 1);
        scene_world(s, "container other health=unhealthy\n");
        fake_await(s->fake, "/restart", 1);
        assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void test_an_interrupted_run_is_none(void **state) {
        struct scene *s = *state;
        int status;
        container(s, "web", "/slow/x", set_label("timeout", "30"));
        pid_t pid = scene_start(s, "run");
        catcher_await(app, "GET /slow/x", 1);
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 130);
        check_remembered(s, "web", "check_run_at", "");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                with_app(test_answers),
                with_app(test_tls),
                with_app(test_endless_headers),
                with_app(test_ports),
                with_app(test_what_a_server_says_reaches_no_terminal),
                with_app(test_a_label_asks_its_own_container_only),
                with_app(test_the_configuration_asks_whom_it_wants),
                with_app(test_what_is_sent),
                with_app(test_one_run_an_interval_however_often_passes_come),
                with_app(test_a_dry_run_asks_nobody),
                with_app(test_what_is_not_monitored_or_does_not_run_is_not_asked),
                with_app(test_three_failures_restart_once),
                with_app(test_it_recovers_when_the_check_passes),
                with_app(test_a_slow_check_holds_up_nobody),
                with_app(test_nor_who_falls_sick_meanwhile),
                with_app(test_an_interrupted_run_is_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
