/* SPDX-License-Identifier: MIT */
/*
 * An engine that wants TLS on both sides (dockerd --tlsverify), and what stands in its way: each answer beside what docker's
 * own client says in the same situation.
 */
#include "support/engine.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* Two authorities; the server's certificate is for 127.0.0.1 alone; "expired" ended yesterday. */
static const char make_certificates[] =
        "cd \"$1\" || exit\n"
        "key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'\n"
        "ca() { openssl req -x509 $key -keyout $1-key.pem -out $1.pem -days 30 -subj /CN=$1; }\n"
        "leaf() {\n"
        "  openssl req $key -keyout $1-key.pem -out $1.csr -subj /CN=$1 &&\n"
        "  printf 'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=serverAuth,clientAuth\\n' >$1.ext &&\n"
        "  openssl x509 -req -in $1.csr -CA $2.pem -CAkey $2-key.pem -CAcreateserial -out $1.pem -extfile $1.ext -days $3\n"
        "}\n"
        "{ ca ca && ca other && leaf server ca 10 && leaf cert ca 10 && leaf stranger other 10 && leaf expired ca -1; } 2>&1 &&\n"
        "mv cert-key.pem key.pem && mkdir lone && cp ca.pem lone/ && mkdir wrong && cp other.pem wrong/ca.pem && cp cert.pem "
        "key.pem wrong/";

static char *pki;
static char port[8], host[64], ca[128], cert[128], key[128];
static const char *options[] = { "--host", host, "--tlsverify", "--tlscacert", ca, "--tlscert", cert, "--tlskey", key, NULL };

/* A port that nobody listens at. */
static void choose_port(char ret[static 8]) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t len = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
        (void)snprintf(ret, 8, "%u", (unsigned)ntohs(address.sin_port));
        close(fd);
}

static bool somebody_listens(void *arg) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        address.sin_port = htons((uint16_t)strtoul(arg, NULL, 10));
        bool listens = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
        close(fd);
        return listens;
}

static int tls_group_setup(void **state) {
        struct output o;
        pki = temp_dir_make();
        const char *const argv[] = { "/bin/sh", "-c", make_certificates, "sh", pki, NULL };
        const char *const env[] = { "PATH=/usr/local/bin:/usr/bin:/bin", NULL };
        run_program(&(struct run_ask){ .argv = argv, .env = env }, &o);
        check_exit(&o, 0);
        output_release(&o);
        choose_port(port);
        (void)snprintf(host, sizeof(host), "tcp://127.0.0.1:%s", port);
        (void)snprintf(ca, sizeof(ca), "%s/ca.pem", pki);
        (void)snprintf(cert, sizeof(cert), "%s/server.pem", pki);
        (void)snprintf(key, sizeof(key), "%s/server-key.pem", pki);
        return engine_group_setup_with(state, options);
}

static int tls_group_teardown(void **state) {
        int result = engine_group_teardown(state);
        temp_dir_remove(TAKE(pki));
        return result;
}

/* $PKI, $ENGINE (by TLS) and $PORT in commands; nothing else says where the engine is. */
static int tls_setup(void **state) {
        char pair[160];
        int result = world_setup(state);
        struct world *w = *state;
        world_env(w, "DOCKER_HOST");
        (void)snprintf(pair, sizeof(pair), "PKI=%s", pki);
        world_env(w, pair);
        (void)snprintf(pair, sizeof(pair), "ENGINE=%s", host);
        world_env(w, pair);
        (void)snprintf(pair, sizeof(pair), "PORT=%s", port);
        world_env(w, pair);
        return result;
}
#define tls_test(test) cmocka_unit_test_setup_teardown(test, tls_setup, world_teardown)

#define VERIFIED       "--tlsverify --tlscacert $PKI/ca.pem --tlscert $PKI/cert.pem --tlskey $PKI/key.pem -H $ENGINE "

/* Heals a crashed container through docker, called in this environment with these global flags. */
static void check_heals(struct world *w, const char *environment, const char *flags) {
        world_no_waits(w);
        world_do(w, "docker -H '%s' run -d --name job " MONITORED "autoheal-demo sh -c 'exit 3'", w->host);
        world_await(w, "job", STATUS, "exited");
        AUTO_FREE char *before = world_inspect(w, "job", STARTED);
        world_do(w, "%s docker %s ps -a --format '{{.Names}}'", environment, flags);
        assert_string_equal(w->last.out, "job\n");
        world_do(w, "%s docker %s autoheal run", environment, flags);
        AUTO_FREE char *after = world_inspect(w, "job", STARTED);
        assert_string_not_equal(before, after);
}

static void test_flags(void **state) {
        check_heals(*state, "", VERIFIED);
}

static void test_environment(void **state) {
        static const char environment[] = "export DOCKER_CERT_PATH=$PKI DOCKER_TLS_VERIFY=1 DOCKER_HOST=$ENGINE;";
        struct world *w = *state;
        check_heals(w, environment, "");
        world_do(w, "%s docker autoheal status", environment);
        check_contains(w->last.out, host);
}

static void test_stored_context(void **state) {
        struct world *w = *state;
        world_do(w, "docker context create prod --docker host=$ENGINE,ca=$PKI/ca.pem,cert=$PKI/cert.pem,key=$PKI/key.pem");
        check_heals(w, "", "--context prod");
        world_do(w, "docker context use prod && docker autoheal ps -q");
        check_contains(w->last.out, "job\n");
}

static void test_unverified(void **state) {
        struct world *w = *state;
        /* Its authority is another one, and its name too; who does not look does not mind. */
        world_do(w, "docker context create blind --docker "
                    "host=tcp://localhost:$PORT,skip-tls-verify=true,cert=$PKI/cert.pem,key=$PKI/key.pem");
        check_heals(w, "", "--context blind");
        world_do(w,
                 "docker --tls --tlscacert $PKI/other.pem --tlscert $PKI/cert.pem --tlskey $PKI/key.pem -H tcp://localhost:$PORT "
                 "autoheal ps -q");
        check_contains(w->last.out, "job\n");
}

/* Both clients fail with that exit code, in those words. */
static void check_both_fail(struct world *w, const char *flags, const char *words, const char *our_cause) {
        const struct output *o = world_run(w, "docker %s ps", flags);
        check_exit(o, 1);
        check_contains(o->err, words);
        assert_string_equal(o->out, "");
        o = world_run(w, "docker %s autoheal ps", flags);
        check_exit(o, 1);
        check_contains(o->err, words);
        check_contains(o->err, our_cause);
        assert_string_equal(o->out, "");
        check_printable(o);
        assert_false(file_there(w->dir, "data"));
}

#define NO_CLIENT                                                                                                                  \
        "the server probably has client authentication (--tlsverify) enabled; check your TLS client certification settings: Get "  \
        "\"https://"

/* Whether the engine's own word for it arrives depends on who is quicker. */
static void test_failures_of_certificates(void **state) {
        static const struct {
                const char *flags, *words, *our_cause;
        } rows[] = {
                { "--tlsverify --tlscacert $PKI/other.pem --tlscert $PKI/cert.pem --tlskey $PKI/key.pem -H $ENGINE",
                  "error during connect: Get \"https://127.0.0.1:",
                  "/_ping\": SSL certificate problem: unable to get local issuer certificate" },
                { "--tlsverify --tlscacert $PKI/ca.pem --tlscert $PKI/cert.pem --tlskey $PKI/key.pem -H tcp://localhost:$PORT",
                  "error during connect: Get \"https://localhost:",
                  "no alternative certificate subject name matches target host name 'localhost'" },
                { "--tlsverify --tlscacert $PKI/ca.pem -H $ENGINE", NO_CLIENT, "/_ping\": " },
                { "--tls --tlscacert $PKI/ca.pem -H $ENGINE", NO_CLIENT, "/_ping\": " },
                { "--tlsverify --tlscacert $PKI/ca.pem --tlscert $PKI/stranger.pem --tlskey $PKI/stranger-key.pem -H $ENGINE",
                  NO_CLIENT, "/_ping\": " },
        };
        struct world *w = *state;
        for (size_t i = 0; i < N_ELEMENTS(rows); i++)
                check_both_fail(w, rows[i].flags, rows[i].words, rows[i].our_cause);
        world_do(w, "docker context create lone --docker host=$ENGINE,ca=$PKI/ca.pem");
        check_both_fail(w, "--context lone", NO_CLIENT, "/_ping\": ");
        /* The certificate is not checked, but the engine still checks ours. */
        world_do(w, "docker context create nobody --docker host=$ENGINE,skip-tls-verify=true");
        check_both_fail(w, "--context nobody", NO_CLIENT, "/_ping\": ");
}

static void test_action_that_the_handshake_refuses_was_not_done(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_do(w, "docker -H '%s' run -d --name job " MONITORED "autoheal-demo sh -c 'exit 3'", w->host);
        world_await(w, "job", STATUS, "exited");
        AUTO_FREE char *before = world_starts(w);
        const struct output *o = world_run(w, "docker --tlsverify --tlscacert $PKI/ca.pem -H $ENGINE autoheal run");
        check_exit(o, 1);
        AUTO_FREE char *after = world_starts(w);
        assert_string_equal(before, after);
}

static void test_plain_client_of_a_tls_engine(void **state) {
        struct world *w = *state;
        const struct output *o = world_run(w, "docker -H $ENGINE ps");
        check_exit(o, 1);
        AUTO_FREE char *theirs = xstrdup(o->err);
        o = world_run(w, "docker -H $ENGINE autoheal ps");
        check_exit(o, 1);
        assert_string_equal(o->err, theirs);
}

/* Something else listens at port $THERE while both clients ask there. */
static void check_with_server(struct world *w, const char *server, const char *words, const char *our_cause) {
        static const char flags[] = "--tlsverify --tlscacert $PKI/ca.pem -H tcp://127.0.0.1:$THERE";
        char there[8], pair[16];
        choose_port(there);
        (void)snprintf(pair, sizeof(pair), "THERE=%s", there);
        world_env(w, pair);
        pid_t pid = world_start(w, server);
        assert_true(eventually(somebody_listens, there, WORLD_AWAIT_MS));
        check_both_fail(w, flags, words, our_cause);
        (void)run_end(pid, SIGTERM);
        check_both_fail(w, flags, "Cannot connect to the Docker daemon at tcp://127.0.0.1:", "Is the docker daemon running?");
}

static void test_expired_certificate(void **state) {
        check_with_server(
                *state,
                "exec openssl s_server -accept 127.0.0.1:$THERE -cert $PKI/expired.pem -key $PKI/expired-key.pem -www -quiet",
                "error during connect: Get \"https://127.0.0.1:", "SSL certificate problem: certificate has expired");
}

static void test_tls_client_of_a_plain_server(void **state) {
        check_with_server(
                *state, "exec busybox httpd -f -p 127.0.0.1:$THERE -h \"$SHARE\"",
                "error during connect: Get \"https://127.0.0.1:", "tls: the server gave an answer without TLS to a TLS client");
}

static void test_old_tls_is_refused(void **state) {
        check_with_server(*state,
                          "exec openssl s_server -accept 127.0.0.1:$THERE -cert $PKI/server.pem -key $PKI/server-key.pem -tls1_1 "
                          "-cipher ALL:@SECLEVEL=0 -www -quiet",
                          "error during connect: Get \"https://127.0.0.1:", "protocol version");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                tls_test(test_flags),
                tls_test(test_environment),
                tls_test(test_stored_context),
                tls_test(test_unverified),
                tls_test(test_failures_of_certificates),
                tls_test(test_action_that_the_handshake_refuses_was_not_done),
                tls_test(test_plain_client_of_a_tls_engine),
                tls_test(test_expired_certificate),
                tls_test(test_tls_client_of_a_plain_server),
                tls_test(test_old_tls_is_refused),
        };
        return cmocka_run_group_tests(tests, tls_group_setup, tls_group_teardown);
}
