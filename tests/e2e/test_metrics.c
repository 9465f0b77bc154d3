/* SPDX-License-Identifier: MIT */
/* What a pass writes reaches a real Prometheus by way of a real node exporter, and what serve shows at once. */
#include "support/engine.h"
#include "support/port.h"

#include <signal.h>

struct question {
        struct world *w;
        char command[512];
        const char *wanted;
};

static bool answers(void *arg) {
        const struct question *q = arg;
        const struct output *o = world_run(q->w, "%s", q->command);
        return o->exit_code == 0 && strstr(o->out, q->wanted);
}

static void await_answer(struct question *q) {
        if (!eventually(answers, q, WORLD_AWAIT_MS))
                fail_msg("'%s' does not say '%s' but:\n%s%s", q->command, q->wanted, q->w->last.out, q->w->last.err);
}

static pid_t start_exporter(struct world *w, int port) {
        char command[512];
        (void)snprintf(command, sizeof(command),
                       "exec prometheus-node-exporter --web.listen-address=127.0.0.1:%d --collector.disable-defaults "
                       "--collector.textfile --collector.textfile.directory=\"$SHARE\" --log.level=error",
                       port);
        return world_start(w, command);
}

static pid_t start_prometheus(struct world *w, int port, int target) {
        char command[512], text[256];
        (void)snprintf(text, sizeof(text),
                       "scrape_configs: [{job_name: it, scrape_interval: 1s, scrape_timeout: 1s, "
                       "static_configs: [{targets: ['127.0.0.1:%d']}]}]\n",
                       target);
        file_put(w->dir, "prometheus.yml", text);
        (void)snprintf(command, sizeof(command),
                       "exec prometheus --config.file=%s/prometheus.yml --storage.tsdb.path=%s/tsdb "
                       "--web.listen-address=127.0.0.1:%d --log.level=error",
                       w->dir, w->dir, port);
        return world_start(w, command);
}

static void ask_exporter(struct question *q, int port, const char *wanted) {
        (void)snprintf(q->command, sizeof(q->command), "curl -s http://127.0.0.1:%d/metrics", port);
        q->wanted = wanted;
        await_answer(q);
}

static void ask_prometheus(struct question *q, int port, const char *query, const char *wanted) {
        (void)snprintf(q->command, sizeof(q->command), "curl -s -G --data-urlencode 'query=%s' http://127.0.0.1:%d/api/v1/query",
                       query, port);
        q->wanted = wanted;
        await_answer(q);
}

static void make_sick(struct world *w) {
        world_do(w, SICKEN, "sick");
        world_await(w, "sick", HEALTH, "unhealthy");
}

static void test_passes_move_the_counters(void **state) {
        struct world *w = *state;
        struct question q = { .w = w };
        int exporter_port = port_free(), prometheus_port = port_free();
        world_no_waits(w);
        world_do(w, "docker run -d --name sick " MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name well " MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        world_await(w, "sick", HEALTH, "healthy");
        world_await(w, "well", HEALTH, "healthy");
        world_do(w, "docker autoheal run --metrics-file \"$SHARE/autoheal.prom\"");
        pid_t exporter = start_exporter(w, exporter_port), prometheus = start_prometheus(w, prometheus_port, exporter_port);
        ask_exporter(&q, exporter_port, "autoheal_container_restarts_total{container_name=\"sick\"} 0\n");
        check_contains(w->last.out, "node_textfile_scrape_error 0\n");
        check_contains(w->last.out, "autoheal_engine_up 1\n");
        check_contains(w->last.out, "autoheal_containers_monitored 2\n");
        ask_prometheus(&q, prometheus_port, "autoheal_container_restarts_total{container_name=\"sick\"}", ",\"0\"]");

        make_sick(w);
        world_do(w, "docker autoheal run --metrics-file \"$SHARE/autoheal.prom\"");
        ask_exporter(&q, exporter_port, "autoheal_container_restarts_total{container_name=\"sick\"} 1\n");
        check_contains(w->last.out, "autoheal_container_restarts_total{container_name=\"well\"} 0\n");
        check_contains(w->last.out, "autoheal_last_pass_restart_duration_seconds{container_name=\"sick\"} ");
        check_contains(w->last.out, "node_textfile_scrape_error 0\n");
        ask_prometheus(&q, prometheus_port, "autoheal_container_restarts_total{container_name=\"sick\"}", ",\"1\"]");
        ask_prometheus(&q, prometheus_port, "sum(increase(autoheal_container_restarts_total[1m])) > 0", "\"result\":[{");

        world_await(w, "sick", HEALTH, "healthy");
        make_sick(w);
        world_do(w, "docker autoheal");
        world_do(w, "docker rm -f well");
        world_do(w, "docker autoheal run --metrics-file \"$SHARE/autoheal.prom\"");
        ask_exporter(&q, exporter_port, "autoheal_container_restarts_total{container_name=\"sick\"} 2\n");
        check_lacks(w->last.out, "\"well\"");
        (void)run_end(prometheus, SIGTERM);
        (void)run_end(exporter, SIGTERM);
}

static void test_an_engine_that_ended_is_told(void **state) {
        struct world *w = *state;
        struct question q = { .w = w };
        int port = port_free();
        world_do(w, "docker autoheal run --metrics-file \"$SHARE/autoheal.prom\"");
        pid_t exporter = start_exporter(w, port);
        ask_exporter(&q, port, "autoheal_engine_up 1\n");
        world_engine_end(w, ENGINE_HALT);
        const struct output *o = world_run(w, "docker autoheal run --metrics-file \"$SHARE/autoheal.prom\"");
        check_exit(o, 1);
        ask_exporter(&q, port, "autoheal_engine_up 0\n");
        check_contains(w->last.out, "autoheal_last_pass_timestamp_seconds ");
        (void)run_end(exporter, SIGTERM);
}

static void test_serve_is_scraped(void **state) {
        struct world *w = *state;
        struct question q = { .w = w };
        char variable[80];
        int metrics_port = port_free(), api_port = port_free(), prometheus_port = port_free();
        world_no_waits(w);
        (void)snprintf(variable, sizeof(variable), "AUTOHEAL_OBSERVABILITY_METRICS_PORT=%d", metrics_port);
        world_env(w, variable);
        (void)snprintf(variable, sizeof(variable), "AUTOHEAL_UI_LISTEN_PORT=%d", api_port);
        world_env(w, variable);
        world_do(w, "docker run -d --name sick " MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        world_await(w, "sick", HEALTH, "healthy");
        pid_t serve = world_start(w, "exec docker autoheal serve"), prometheus = start_prometheus(w, prometheus_port, metrics_port);
        ask_exporter(&q, metrics_port, "autoheal_container_restarts_total{container_name=\"sick\"} 0\n");
        check_contains(w->last.out, "autoheal_engine_up 1\n");
        check_contains(w->last.out, "autoheal_engine_requests_total{code=\"200\",operation=\"list\"} ");
        ask_prometheus(&q, prometheus_port, "up{job=\"it\"}", ",\"1\"]");
        world_do(w, "curl -s http://127.0.0.1:%d/metrics | promtool check metrics", metrics_port);
        world_do(w, "curl -sI http://127.0.0.1:%d/metrics | grep -i '^content-type: text/plain; version=0.0.4; charset=utf-8'",
                 metrics_port);

        /* It is healed before anybody else could see it unhealthy. */
        world_do(w, SICKEN, "sick");
        ask_prometheus(&q, prometheus_port, "autoheal_container_restarts_total{container_name=\"sick\"}", ",\"1\"]");
        ask_prometheus(&q, prometheus_port, "autoheal_restart_duration_seconds_count", ",\"1\"]");
        ask_prometheus(&q, prometheus_port, "autoheal_decisions_total{decision=\"restart\",reason=\"unhealthy\"}", ",\"1\"]");
        world_do(w, "docker rm -f sick");
        ask_exporter(&q, metrics_port, "autoheal_containers_monitored 0\n");
        check_lacks(w->last.out, "container_name=\"sick\"");
        (void)run_end(prometheus, SIGTERM);
        assert_int_equal(world_serve_end(w, serve), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_passes_move_the_counters),
                world_test(test_an_engine_that_ended_is_told),
                world_test(test_serve_is_scraped),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
