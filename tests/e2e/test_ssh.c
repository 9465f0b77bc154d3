/* SPDX-License-Identifier: MIT */
/*
 * An engine behind ssh: a real sshd on this machine with keys, port and configuration of its own. Its other end runs the real
 * docker, which finds the engine by the environment that sshd gives it, or by a path in the URL. Whatever happens, no ssh is left
 * behind.
 */
#include "autoheal/util/buf.h"
#include "support/engine.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * $1: the directory, $2: the port. The engine is where $1/docker.sock leads. The client finds its configuration through a wrapper
 * that writes down each start.
 */
static const char make_ssh[] =
        "cd \"$1\" && mkdir -p bin none /run/sshd &&\n"
        "ssh-keygen -q -t ed25519 -N '' -f host_key && ssh-keygen -q -t ed25519 -N '' -f id &&\n"
        "printf '%s\\n' \"Port $2\" 'ListenAddress 127.0.0.1' \"HostKey $1/host_key\" 'PidFile none' \"AuthorizedKeysFile "
        "$1/id.pub\" \\\n"
        "  'StrictModes no' 'UsePAM no' 'PasswordAuthentication no' 'KbdInteractiveAuthentication no' 'PermitRootLogin yes' \\\n"
        "  'MaxStartups 10:30:100' \"SetEnv DOCKER_CONFIG=$1/none DOCKER_HOST=unix://$1/docker.sock PATH=$PATH\" >sshd_config &&\n"
        "printf '[127.0.0.1]:%s %s\\n' \"$2\" \"$(cut -d' ' -f1,2 host_key.pub)\" >known_hosts &&\n"
        "printf '%s\\n' \"IdentityFile $1/id\" 'IdentitiesOnly yes' \"UserKnownHostsFile $1/known_hosts\" 'GlobalKnownHostsFile "
        "none' >config &&\n"
        "printf '#!/bin/sh\\necho start >>%s/starts\\nexec /usr/bin/ssh -F %s/config \"$@\"\\n' \"$1\" \"$1\" >bin/ssh && chmod "
        "755 bin/ssh";

static char *place; /* of keys and configurations, and of a link to the engine */
static char port[8];
static pid_t sshd;

static void choose_port(void) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t len = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
        (void)snprintf(port, sizeof(port), "%u", (unsigned)ntohs(address.sin_port));
        close(fd);
}

static bool sshd_listens(void *arg) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        (void)arg;
        address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool listens = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
        close(fd);
        return listens;
}

/* The PATH of both ends, to be freed: the docker that is tested is found on the other one too. */
static char *path_variable(const char *first) {
        const char *rest = getenv("PATH");
        struct buf pair AUTO(buf_release) = BUF_INIT(8192);
        buf_addf(&pair, "PATH=%s%s:/usr/local/sbin:/usr/sbin:/sbin", first, rest ? rest : "/usr/local/bin:/usr/bin:/bin");
        return xstrdup(buf_str(&pair));
}

static void sshd_start(void) {
        AUTO_FREE char *config = path_join(place, "sshd_config");
        const char *const argv[] = { "/usr/sbin/sshd", "-D", "-f", config, NULL };
        const char *const env[] = { "PATH=/usr/local/bin:/usr/bin:/bin", NULL };
        sshd = run_background(&(struct run_ask){ .argv = argv, .env = env }, -1);
        assert_true(eventually(sshd_listens, NULL, WORLD_AWAIT_MS));
}

/* Those who are logged in stay so. */
static void sshd_stop(void) {
        (void)run_end(sshd, SIGTERM);
        sshd = 0;
}

static int ssh_group_setup(void **state) {
        struct output o;
        place = temp_dir_make();
        choose_port();
        const char *const argv[] = { "/bin/sh", "-c", make_ssh, "sh", place, port, NULL };
        AUTO_FREE char *path = path_variable("");
        const char *const env[] = { path, NULL };
        run_program(&(struct run_ask){ .argv = argv, .env = env }, &o);
        check_exit(&o, 0);
        output_release(&o);
        sshd_start();
        return engine_group_setup(state);
}

static int ssh_group_teardown(void **state) {
        int result = engine_group_teardown(state);
        if (sshd)
                sshd_stop();
        temp_dir_remove(TAKE(place));
        return result;
}

/* $URL in commands is the engine by ssh; nothing else says where it is. */
static int ssh_setup(void **state) {
        char pair[512];
        int result = world_setup(state);
        struct world *w = *state;
        AUTO_FREE char *starts = path_join(place, "starts");
        AUTO_FREE char *engine = path_join(place, "docker.sock");
        (void)unlink(starts);
        (void)unlink(engine);
        assert_int_equal(symlink(w->host + strlen("unix://"), engine), 0);
        (void)snprintf(pair, sizeof(pair), "%s/bin:", place);
        AUTO_FREE char *path = path_variable(pair);
        world_env(w, path);
        (void)snprintf(pair, sizeof(pair), "URL=ssh://127.0.0.1:%s", port);
        world_env(w, pair);
        (void)snprintf(pair, sizeof(pair), "PORT=%s", port);
        world_env(w, pair);
        world_env(w, "DOCKER_HOST");
        return result;
}

/* How many processes are ssh clients of this test. */
static size_t count_clients(void) {
        DIR *proc = opendir("/proc");
        AUTO_FREE char *config = path_join(place, "config");
        size_t n = 0;
        for (struct dirent *e; proc && (e = readdir(proc));) {
                char path[300], line[4096];
                (void)snprintf(path, sizeof(path), "/proc/%s/cmdline", e->d_name);
                FILE *f = e->d_name[0] >= '1' && e->d_name[0] <= '9' ? fopen(path, "r") : NULL;
                size_t len = f ? fread(line, 1, sizeof(line) - 1, f) : 0;
                n += len > 0 && memmem(line, len, config, strlen(config) + 1) != NULL;
                if (f)
                        (void)fclose(f);
        }
        if (proc)
                closedir(proc);
        return n;
}

static bool no_client_is_left(void *arg) {
        (void)arg;
        return count_clients() == 0;
}

/* An older docker asks by ssh as well before it calls its plugin, and may be gone a moment before that ssh. */
static int ssh_teardown(void **state) {
        bool gone =
                count_clients() == 0 || (world_docker_version(*state) < 28 && eventually(no_client_is_left, NULL, WORLD_AWAIT_MS));
        if (!gone)
                print_error("%zu ssh processes are left\n", count_clients());
        return world_teardown(state) < 0 || !gone ? -1 : 0;
}
#define ssh_test(test) cmocka_unit_test_setup_teardown(test, ssh_setup, ssh_teardown)

static size_t count_starts(void) {
        AUTO_FREE char *text = file_get(place, "starts");
        return text ? strlen(text) / strlen("start\n") : 0;
}

/* For what an older docker does not let through to its plugin, or asks by ssh itself before: the plugin is called as by 28. */
static const char *as_28(struct world *w) {
        return world_docker_version(w) < 28 ? AS_28 : "";
}

/* A container that crashed, and may be restarted at once. */
static char *make_crashed(struct world *w) {
        world_no_waits(w);
        world_do(w, "docker -H '%s' run -d --name job " MONITORED "autoheal-demo sh -c 'exit 3'", w->host);
        world_await(w, "job", STATUS, "exited");
        return world_inspect(w, "job", STARTED);
}

static void check_heals(struct world *w, const char *flags) {
        AUTO_FREE char *before = make_crashed(w);
        world_do(w, "docker %s ps -a --format '{{.Names}}'", flags);
        assert_string_equal(w->last.out, "job\n");
        world_do(w, "docker %s autoheal run", flags);
        AUTO_FREE char *after = world_inspect(w, "job", STARTED);
        assert_string_not_equal(before, after);
}

static void test_flag(void **state) {
        check_heals(*state, "-H $URL");
}

static void test_environment(void **state) {
        struct world *w = *state;
        world_do(w, "echo DOCKER_HOST=$URL");
        w->last.out[strcspn(w->last.out, "\n")] = '\0';
        AUTO_FREE char *pair = xstrdup(w->last.out);
        world_env(w, pair);
        check_heals(w, "");
        world_do(w, "docker autoheal status");
        check_contains(w->last.out, strchr(pair, '=') + 1);
        world_env(w, "DOCKER_HOST");
}

static void test_stored_context(void **state) {
        struct world *w = *state;
        world_do(w, "docker context create far --docker host=$URL");
        check_heals(w, "--context far");
}

/* Nothing but the path leads to the engine then. */
static void test_path_in_the_url(void **state) {
        struct world *w = *state;
        AUTO_FREE char *engine = path_join(place, "docker.sock");
        AUTO_FREE char *before = make_crashed(w);
        assert_int_equal(unlink(engine), 0);
        world_do(w, "%sdocker -H $URL%s autoheal run", as_28(w), w->host + strlen("unix://"));
        AUTO_FREE char *after = world_inspect(w, "job", STARTED);
        assert_string_not_equal(before, after);
}

static void test_one_ssh_asks_all_questions(void **state) {
        struct world *w = *state;
        const char *as = as_28(w);
        /* The first pass asks for the engine's id beside the list. */
        world_do(w, "%sdocker -H $URL autoheal run", as);
        size_t first = count_starts();
        world_do(w, "%sdocker -H $URL autoheal run", as);
        assert_int_equal(count_starts(), first + 1);
        AUTO_FREE char *before = make_crashed(w);
        world_do(w, "%sdocker -H $URL autoheal run", as);
        AUTO_FREE char *after = world_inspect(w, "job", STARTED);
        assert_string_not_equal(before, after);
        /* One more for the questions, and one for the restart. */
        assert_int_equal(count_starts(), first + 3);
}

static void test_many_at_once(void **state) {
        struct world *w = *state;
        world_env(w, "AUTOHEAL_RESTART_EXIT_GRACE_SECONDS=0");
        world_env(w, "AUTOHEAL_BRAKE_ENABLED=false");
        world_env(w, "AUTOHEAL_RESTART_MAX_PARALLEL=4");
        world_do(w,
                 "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do docker -H '%s' run -d --name job-$i " MONITORED
                 "autoheal-demo sh -c 'exit 3' || exit; done",
                 w->host);
        world_await(w, "job-12", STATUS, "exited");
        world_do(w, "%sdocker -H $URL autoheal run -v", as_28(w));
        check_contains(w->last.out, ": 12 restarted, ");
        /* All were looked at through few connections, and each restart had its own. */
        assert_true(count_starts() > 12);
        assert_true(count_starts() <= 4 + 12);
}

/* What is printed comes through the connection of the exec itself; one that hangs is let go, and its ssh with it. */
static void test_a_check_in_the_container(void **state) {
        struct world *w = *state;
        world_do(w,
                 "docker -H '%s' run -d --name db " MONITORED "--label 'autoheal.check.exec=echo well; test ! -e /run/sick || "
                 "sleep 555' --label autoheal.check.timeout=2 --tmpfs /run autoheal-demo " OBEDIENT,
                 w->host);
        const struct output *o = world_run(w, "%sdocker -H $URL autoheal healthcheck test db", as_28(w));
        check_exit(o, 0);
        check_contains(o->out, "passed: exit code 0: well");
        world_do(w, "docker -H '%s' exec db touch /run/sick", w->host);
        o = world_run(w, "%sdocker -H $URL autoheal healthcheck test db", as_28(w));
        check_exit(o, 1);
        check_contains(o->out, "no end within 2 s, and it cannot be ended from outside: well");
}

/* Both fail with that exit code, and for the same reason. An older docker says it in other words. */
static void check_both_fail(struct world *w, const char *url, const char *cause) {
        static const char frame[] = "error during connect: Get \"http://docker.example.com/";
        static const char advice[] = "has exited with exit status 255, make sure the URL is valid, and Docker 18.09 or later is "
                                     "installed on the remote host: stderr=";
        bool new_enough = world_docker_version(w) >= 28;
        const struct output *o = world_run(w, "docker -H %s ps", url);
        check_exit(o, 1);
        check_contains(o->err, frame);
        check_contains(o->err, cause);
        if (new_enough)
                check_contains(o->err, advice);
        o = world_run(w, "docker -H %s autoheal ps", url);
        check_exit(o, 1);
        check_contains(o->err, frame);
        check_contains(o->err, advice);
        check_contains(o->err, cause);
        assert_string_equal(o->out, "");
        check_printable(o);
}

static void test_nobody_listens(void **state) {
        struct world *w = *state;
        sshd_stop();
        check_both_fail(w, "$URL", "Connection refused");
        sshd_start();
        check_heals(w, "-H $URL");
}

static void test_unknown_and_changed_host_key(void **state) {
        struct world *w = *state;
        AUTO_FREE char *known = file_get(place, "known_hosts");
        file_put(place, "known_hosts", "");
        check_both_fail(w, "$URL", "Host key verification failed.");
        AUTO_FREE char *other = file_get(place, "id.pub");
        char line[512];
        (void)snprintf(line, sizeof(line), "[127.0.0.1]:%s %s", port, other);
        file_put(place, "known_hosts", line);
        check_both_fail(w, "$URL", "Host key verification failed.");
        check_contains(w->last.err, "has changed and you have requested strict checking");
        file_put(place, "known_hosts", known);
}

static void test_user_who_may_not(void **state) {
        check_both_fail(*state, "ssh://no-such-user@127.0.0.1:$PORT", "no-such-user@127.0.0.1: Permission denied");
}

static void test_no_engine_there(void **state) {
        struct world *w = *state;
        const char *as = as_28(w);
        const struct output *o = world_run(w, "%sdocker -H $URL/nowhere/docker.sock autoheal ps", as);
        check_exit(o, 1);
        check_contains(o->err, "has exited with exit status 1, make sure the URL is valid");
        check_contains(o->err, "/nowhere/docker.sock");
        check_contains(o->err, "no such file or directory");
}

static void test_no_ssh_here(void **state) {
        static const char frame[] = "error during connect: Get \"http://docker.example.com/";
        static const char cause[] = "\": exec: \"ssh\": executable file not found in $PATH\n";
        struct world *w = *state;
        bool new_enough = world_docker_version(w) >= 28;
        /* valgrind, if it is there, is for the runs that are watched by it. */
        world_do(w, "mkdir \"$SHARE/bin\" && for p in docker valgrind; do "
                    "printf '#!/bin/sh\\nexec %%s \"$@\"\\n' \"$(command -v $p)\" >\"$SHARE/bin/$p\"; chmod 755 \"$SHARE/bin/$p\"; "
                    "done");
        const struct output *o = world_run(w, "PATH=$SHARE/bin; docker -H $URL ps");
        check_exit(o, 1);
        check_contains(o->err, frame);
        if (new_enough)
                check_contains(o->err, cause);
        o = world_run(w, "PATH=$SHARE/bin; docker -H $URL autoheal ps");
        check_exit(o, 1);
        check_contains(o->err, frame);
        check_contains(o->err, cause);
}

/* A pass that waits for a container which has to be killed. */
static pid_t start_long_pass(struct world *w, const char *seconds) {
        world_no_waits(w);
        world_do(w,
                 "docker -H '%s' run -d --name deaf --label autoheal.stop.timeout=%s " MONITORED SICKENABLE SHARED
                 "autoheal-demo " STUBBORN,
                 w->host, seconds);
        world_await(w, "deaf", HEALTH, "healthy");
        world_do(w, "docker -H '%s' exec deaf touch /run/sick", w->host);
        world_await(w, "deaf", HEALTH, "unhealthy");
        pid_t pass = world_start(w, "exec setsid docker -H $URL autoheal run");
        world_await_file(w->share, "asked");
        assert_true(count_clients() > 0);
        return pass;
}

static void test_ctrl_c_waits_for_the_restart(void **state) {
        struct world *w = *state;
        pid_t pass = start_long_pass(w, "3");
        AUTO_FREE char *before = world_inspect(w, "deaf", STARTED);
        /* As a terminal does: to all processes of the job. */
        assert_int_equal(kill(-pass, SIGINT), 0);
        assert_int_equal(run_end(pass, 0), 130);
        assert_true(eventually(no_client_is_left, NULL, WORLD_AWAIT_MS));
        world_await(w, "deaf", HEALTH, "healthy");
        AUTO_FREE char *after = world_inspect(w, "deaf", STARTED);
        assert_string_not_equal(before, after);
        assert_int_equal(world_count_events(w, "restart", "deaf"), 1);
}

static void test_killed_pass_leaves_no_ssh(void **state) {
        struct world *w = *state;
        pid_t pass = start_long_pass(w, "20");
        assert_int_equal(kill(-pass, SIGKILL), 0);
        (void)run_end(pass, 0);
        assert_true(eventually(no_client_is_left, NULL, WORLD_AWAIT_MS));
        world_do(w, "docker -H '%s' kill deaf", w->host);
}

/* Ends all sessions of sshd, as a network that breaks does. */
static void end_sessions(void) {
        char path[64], children[1024];
        (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)sshd, (int)sshd);
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        size_t len = fread(children, 1, sizeof(children) - 1, f);
        (void)fclose(f);
        children[len] = '\0';
        for (char *p = children, *end; *p; p = end) {
                pid_t pid = (pid_t)strtol(p, &end, 10);
                if (end == p)
                        break;
                (void)kill(pid, SIGKILL);
        }
}

static bool is_up_again(void *arg) {
        AUTO_FREE char *status = world_inspect(arg, "deaf", HEALTH);
        return str_eq(status, "healthy");
}

/* Nobody knows then whether the restart was done: it is neither repeated nor forgotten. */
static void test_connection_that_breaks_in_mid_restart(void **state) {
        struct world *w = *state;
        pid_t pass = start_long_pass(w, "3");
        AUTO_FREE char *before = world_inspect(w, "deaf", STARTED);
        end_sessions();
        (void)run_end(pass, 0);
        assert_true(eventually(no_client_is_left, NULL, WORLD_AWAIT_MS));
        check_event(w, "restart", "deaf", "status", "\"unknown\"");
        assert_true(eventually(is_up_again, w, WORLD_AWAIT_MS));
        AUTO_FREE char *after = world_inspect(w, "deaf", STARTED);
        assert_string_not_equal(before, after);
        world_do(w, "docker -H $URL autoheal run");
        AUTO_FREE char *last = world_inspect(w, "deaf", STARTED);
        assert_string_equal(after, last);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                ssh_test(test_flag),
                ssh_test(test_environment),
                ssh_test(test_stored_context),
                ssh_test(test_path_in_the_url),
                ssh_test(test_one_ssh_asks_all_questions),
                ssh_test(test_many_at_once),
                ssh_test(test_a_check_in_the_container),
                ssh_test(test_nobody_listens),
                ssh_test(test_unknown_and_changed_host_key),
                ssh_test(test_user_who_may_not),
                ssh_test(test_no_engine_there),
                ssh_test(test_no_ssh_here),
                ssh_test(test_ctrl_c_waits_for_the_restart),
                ssh_test(test_killed_pass_leaves_no_ssh),
                ssh_test(test_connection_that_breaks_in_mid_restart),
        };
        return cmocka_run_group_tests(tests, ssh_group_setup, ssh_group_teardown);
}
