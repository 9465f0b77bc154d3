/* SPDX-License-Identifier: MIT */
/* Metrics as text exposition format 0.0.4: what stands in docs/metrics.md, in that order. */
#include "metrics_internal.h"

#include "autoheal/os/process.h"
#include "autoheal/record/record.h"
#include "metadata_json.h"

/* ---- Lines ---- */

static void head(struct buf *out, const char *name, const char *type, const char *help) {
        buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_value(struct buf *out, const char *value) {
        for (; *value; value++) {
                if (*value == '\\')
                        buf_add_str(out, "\\\\");
                else if (*value == '"')
                        buf_add_str(out, "\\\"");
                else if (*value == '\n')
                        buf_add_str(out, "\\n");
                else
                        buf_add_char(out, *value);
        }
}

static void labelled(struct buf *out, const char *name, const char *label, const char *value, int64_t n) {
        buf_addf(out, "%s{%s=\"", name, label);
        add_value(out, value);
        buf_addf(out, "\"} %lld\n", (long long)n);
}

static void gauge(struct buf *out, const char *name, const char *help, int64_t n) {
        head(out, name, "gauge", help);
        buf_addf(out, "%s %lld\n", name, (long long)n);
}

static void counter(struct buf *out, const char *name, const char *help, int64_t n) {
        head(out, name, "counter", help);
        buf_addf(out, "%s %lld\n", name, (long long)n);
}

/* Thousandths without a detour over floating point, and so over a locale. */
static void add_ms(struct buf *out, int64_t ms) {
        buf_addf(out, "%lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
}

static void seconds(struct buf *out, const char *name, const char *type, const char *help, int64_t ms) {
        head(out, name, type, help);
        buf_addf(out, "%s ", name);
        add_ms(out, ms);
        buf_add_char(out, '\n');
}

static void histogram(struct buf *out, const struct histogram *h) {
        uint64_t sum = 0;

        head(out, h->name, "histogram", h->help);
        for (size_t i = 0; i < h->n_bounds; i++) {
                sum += h->counts[i];
                buf_addf(out, "%s_bucket{le=\"%s\"} %llu\n", h->name, h->bounds[i].le, (unsigned long long)sum);
        }
        sum += h->counts[h->n_bounds];
        buf_addf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum ", h->name, (unsigned long long)sum, h->name);
        add_ms(out, h->sum_ms);
        buf_addf(out, "\n%s_count %llu\n", h->name, (unsigned long long)sum);
}

/* ---- What is the case ---- */

static void write_gauges(const struct metrics *m, struct now now, struct buf *out) {
        const struct maintenance_end *e = &m->maintenance;
        bool maintenance = e->enabled && !record_maintenance_is_over(e->until_us, now);

        head(out, "autoheal_build_info", "gauge", "Always 1; the version is the label.");
        labelled(out, "autoheal_build_info", "version", AUTOHEAL_VERSION, 1);
        gauge(out, "autoheal_engine_up", "1 if the engine answered the last time it was asked for its containers.", m->engine_up);
        gauge(out, "autoheal_config_valid", "1 if config.json and the environment are in force as they are.", m->config_valid);
        gauge(out, "autoheal_maintenance_mode", "1 while maintenance of all containers is on.", maintenance);
        gauge(out, "autoheal_storm", "1 while so many containers are down that restarts are slowed down.", m->storm);
        if (m->last_pass_us != 0)
                seconds(out, "autoheal_last_pass_timestamp_seconds", "gauge", "When the containers were last judged (Unix time).",
                        m->last_pass_us / US_PER_MS);
        if (!m->has_turn)
                return;
        gauge(out, "autoheal_containers_monitored", "Containers that are monitored.", m->monitored);
        gauge(out, "autoheal_containers_quarantined", "Monitored containers that are in quarantine.", m->quarantined);
        head(out, "autoheal_containers", "gauge", "Monitored containers by verdict.");
        for (size_t v = 0; v < VERDICT_MAX_; v++)
                labelled(out, "autoheal_containers", "verdict", verdict_name((enum verdict)v), m->verdicts[v]);
}

/* ---- What was counted ---- */

static void by_container(const struct metrics *m, struct buf *out, const char *name, const char *help, size_t offset) {
        head(out, name, "counter", help);
        for (size_t i = 0; i < m->counters.n; i++) {
                int64_t n;

                memcpy(&n, (const char *)&m->counters.items[i] + offset, sizeof(n));
                labelled(out, name, "container_name", m->counters.items[i].label, n);
        }
}

static void write_notifications(const struct counters *c, struct buf *out) {
        static const char name[] = "autoheal_notifications_total";

        head(out, name, "counter", "Messages to notification services, by what came of them.");
        for (size_t i = 0; i < c->n_services; i++)
                for (int k = 0; k < NOTIFIED_MAX_; k++) {
                        buf_addf(out, "%s{result=\"%s\",service=\"", name, notified_name((enum notified)k));
                        add_value(out, c->services[i].service);
                        buf_addf(out, "\"} %lld\n", (long long)c->services[i].n[k]);
                }
}

static void write_counters(const struct metrics *m, struct buf *out) {
        by_container(m, out, "autoheal_container_restarts_total", "Restarts and starts that the engine did for autoheal.",
                     offsetof(struct container_counts, restarts));
        by_container(m, out, "autoheal_restart_failures_total",
                     "Restarts and starts that the engine refused, or gave no answer to in time.",
                     offsetof(struct container_counts, restart_failures));
        counter(out, "autoheal_quarantines_total", "Containers that autoheal put into quarantine.", m->counters.quarantines);
        counter(out, "autoheal_health_checks_total",
                "Health states of monitored containers that were read, and checks of ours that ended.", m->counters.checks);
        by_container(m, out, "autoheal_health_checks_failed_total",
                     "Health states that were unhealthy, and checks of ours that failed.",
                     offsetof(struct container_counts, checks_failed));
        write_notifications(&m->counters, out);
}

static void add_decision(struct buf *out, const char *name, size_t d, size_t r, uint64_t n) {
        if (n > 0)
                buf_addf(out, "%s{decision=\"%s\",reason=\"%s\"} %llu\n", name, decision_name((enum decision)d),
                         reason_name((enum reason)r), (unsigned long long)n);
}

static void write_decisions(const struct metrics *m, struct buf *out) {
        head(out, "autoheal_decisions_total", "counter", "Decisions, each counted when it differs from the container's last one.");
        for (size_t d = 0; d < DECISION_MAX_; d++)
                for (size_t r = 0; r < REASON_MAX_; r++)
                        add_decision(out, "autoheal_decisions_total", d, r, m->decided[d][r]);
}

static void add_code(struct buf *out, int code) {
        if (code == CODE_NONE)
                buf_add_str(out, "none");
        else if (code == CODE_OTHER)
                buf_add_str(out, "other");
        else
                buf_addf(out, "%d", code);
}

static void write_requests(const struct metrics *m, struct buf *out) {
        head(out, "autoheal_engine_requests_total", "counter", "Requests to the engine, by the HTTP status of its answer.");
        for (size_t i = 0; i < m->requests.n; i++) {
                buf_add_str(out, "autoheal_engine_requests_total{code=\"");
                add_code(out, m->requests.items[i].code);
                buf_addf(out, "\",operation=\"%s\"} %llu\n", m->requests.items[i].word, (unsigned long long)m->requests.items[i].n);
        }
        head(out, "autoheal_events_received_total", "counter", "Events about containers that the engine told as they happened.");
        for (size_t i = 0; i < m->events.n; i++)
                labelled(out, "autoheal_events_received_total", "action", m->events.items[i].word, (int64_t)m->events.items[i].n);
        head(out, "autoheal_http_requests_total", "counter", "Answers that were given over HTTP, by status.");
        for (size_t i = 0; i < m->answers.n; i++) {
                buf_add_str(out, "autoheal_http_requests_total{code=\"");
                add_code(out, m->answers.items[i].code);
                buf_addf(out, "\"} %llu\n", (unsigned long long)m->answers.items[i].n);
        }
}

/* ---- The process ---- */

static void write_process(struct buf *out) {
        struct process_usage u = process_usage();

        if (u.cpu_ms >= 0)
                seconds(out, "process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", u.cpu_ms);
        if (u.max_fds >= 0)
                gauge(out, "process_max_fds", "Maximum number of open file descriptors.", u.max_fds);
        if (u.open_fds >= 0)
                gauge(out, "process_open_fds", "Number of open file descriptors.", u.open_fds);
        if (u.resident_size >= 0)
                gauge(out, "process_resident_memory_bytes", "Resident memory size in bytes.", u.resident_size);
        if (u.start_us >= 0)
                seconds(out, "process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.",
                        u.start_us / US_PER_MS);
        if (u.virtual_size >= 0)
                gauge(out, "process_virtual_memory_bytes", "Virtual memory size in bytes.", u.virtual_size);
}

void metrics_write(struct metrics *m, struct now now, struct buf *out) {
        write_gauges(m, now, out);
        write_counters(m, out);
        write_decisions(m, out);
        histogram(out, &m->restart_duration);
        histogram(out, &m->time_to_recover);
        histogram(out, &m->pass_duration);
        write_requests(m, out);
        write_process(out);
}

/* ---- One pass ---- */

static void write_took(struct buf *out, const char *name, const char *help, const struct took_list *l) {
        if (l->n == 0)
                return;
        head(out, name, "gauge", help);
        for (size_t i = 0; i < l->n; i++) {
                buf_addf(out, "%s{container_name=\"", name);
                add_value(out, l->items[i].label);
                buf_add_str(out, "\"} ");
                add_ms(out, l->items[i].ms > 0 ? l->items[i].ms : 0);
                buf_add_char(out, '\n');
        }
}

void metrics_write_textfile(struct metrics *m, struct now now, struct buf *out) {
        write_gauges(m, now, out);
        write_counters(m, out);
        if (!m->has_turn)
                return;
        head(out, "autoheal_last_pass_decisions", "gauge", "Decisions of the last pass about monitored containers.");
        for (size_t d = 0; d < DECISION_MAX_; d++)
                for (size_t r = 0; r < REASON_MAX_; r++)
                        add_decision(out, "autoheal_last_pass_decisions", d, r, (uint64_t)m->present[d][r]);
        seconds(out, "autoheal_last_pass_duration_seconds", "gauge", "How long the last pass took.", m->last_duration_ms);
        write_took(out, "autoheal_last_pass_restart_duration_seconds", "How long a restart of the last pass took.", &m->restarts);
        write_took(out, "autoheal_last_pass_time_to_recover_seconds",
                   "How long a container was not well that the last pass found well again.", &m->recoveries);
}
