/* SPDX-License-Identifier: MIT */
/*
 * Numbers for Prometheus: kept here, written as text exposition format 0.0.4. Their names and meanings stand in docs/metrics.md.
 * Series that name a container are there as long as the container is.
 *
 * One registry serves a process. serve shows it over HTTP and counts from its own beginning; a one-shot pass shows the cumulative
 * counters that pass.json keeps (state.counters), and writes the file for the node exporter's textfile collector.
 */
#ifndef AUTOHEAL_RECORD_METRICS_H
#define AUTOHEAL_RECORD_METRICS_H

#include "autoheal/model/state.h"
#include "autoheal/util/buf.h"
#include "autoheal/util/error.h"

struct metrics;
struct metrics *metrics_new(void);
void metrics_free(struct metrics *m); /* NULL is fine */

/*
 * What was found and decided in a turn: gauges; decisions are counted when they differ from the container's last one. Forgets the
 * series of containers that are gone. Before metrics_health_read() of the same turn, which needs to know who is there.
 */
void metrics_turn(struct metrics *m, const struct plan *plan, const struct state *state, struct now now, int64_t duration_ms);
/* Engine health states that were read in a whole list, once each: how many, and which of them were unhealthy. */
void metrics_health_read(struct metrics *m, const struct plan *plan);
/* How long it took; that it was done is counted by its event. */
void metrics_result(struct metrics *m, const struct result *result);
/* Restarts, quarantines and recoveries; recovered events carry the length of the episode. */
void metrics_event(struct metrics *m, const struct event *event);
/* A run of a check of ours. */
void metrics_check(struct metrics *m, const struct check_result *result);
/* What came of a message to a service. */
void metrics_notified(struct metrics *m, const char *service, enum notified what);
/* The cumulative counters are what the state says from now on, and so are the time of the last pass, maintenance and storm. */
void metrics_restore(struct metrics *m, const struct state *state);

void metrics_engine_up(struct metrics *m, bool up);                              /* it is down until this says otherwise */
void metrics_config_valid(struct metrics *m, bool valid);                        /* it is until this says otherwise */
void metrics_engine_request(struct metrics *m, const char *operation, int code); /* code 0: no answer */
void metrics_engine_event(struct metrics *m, const char *action);
void metrics_http_answer(struct metrics *m, int status);

/* All of it, as text. process_* is read from /proc/self now. */
void metrics_write(struct metrics *m, struct now now, struct buf *out);
/* The cumulative part and the gauges of one pass, for the textfile; labels in alphabetical order, no time stamps. */
void metrics_write_textfile(struct metrics *m, struct now now, struct buf *out);

#endif
