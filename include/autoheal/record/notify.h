/* SPDX-License-Identifier: MIT */
/*
 * Telling people what happened: events become messages in the outbox (outbox.json), and messages are delivered to the services
 * of notifications.services and to alerts.webhook, beside whatever else runs on the same net.
 *
 *     n = notify_new(&setup);                    reads the outbox, and begins to deliver what waits in it
 *     notify_post(n, ...)                        under the state lock, when events were saved
 *     net_run()                                  does the rest: attempts, retries, what is written down about them
 *     notify_finish(n, 10000, ...)               at the end of a single pass: waits for what is under way, and no longer
 *     notify_free(n);
 *
 * Which events: those of notifications.event_filters (none: all), to each service that is enabled; what a container's label asks
 * to be notified of always. alerts.webhook gets quarantines only. A message is in the outbox, durably, before it is sent, and
 * leaves it when the service has taken it: a kill between the two repeats it, and loses nothing. One service gets one message
 * at a time; services do not wait for one another. What fails is tried again (see model/outbox.h) and given up after a day,
 * with one event for each service. Messages to a service that is not configured any more are dropped.
 *
 * Nothing here blocks or fails a pass: where the outbox cannot be written the messages are kept in memory and written later, and
 * are lost only if the process ends before that. Secrets that the configuration keeps in files are read for each delivery. No
 * address, token or answer of a service that holds one gets into an error, the log or the outbox.
 */
#ifndef AUTOHEAL_RECORD_NOTIFY_H
#define AUTOHEAL_RECORD_NOTIFY_H

#include "autoheal/config/config.h"
#include "autoheal/model/state.h"
#include "autoheal/net/net.h"
#include "autoheal/store/store.h"

struct notify;

/* All borrowed. */
struct notify_setup {
        struct net *net;
        struct store *store;         /* opened for writing */
        const struct config *config; /* may be exchanged between two rounds of net_run() */
        const char *host;            /* whose containers these are, for people */
        /* What came of an attempt. why: "" unless it says what went wrong; again_s: when it is tried again; 0: it is not. */
        void (*on_result)(void *arg, const char *service, enum notified what, const char *why, int64_t again_s);
        /* Something to be put into the history; never to be posted. */
        void (*on_event)(void *arg, const struct event *event);
        /* The outbox cannot be written ("why"), or can again (NULL). */
        void (*on_trouble)(void *arg, const struct error *why);
        void *arg;
};

struct notify *notify_new(const struct notify_setup *setup);
void notify_free(struct notify *n); /* what is under way is cancelled; NULL is fine */

/* What a turn knows and the event does not say: the limit that goes with its restart_count; 0: not known. */
typedef int64_t notify_limit_fn(void *arg, const struct event *event);

struct notify_news {
        /*
         * The state as it was read before the events were announced in the next one (store_announce_events()) and saved. What an
         * interrupted writer announced and did not come to post is in it: of the last hour it is posted first. NULL: none.
         */
        const struct state *before;
        const struct event *events;
        size_t n;
        notify_limit_fn *limit; /* NULL: it is not known */
        void *arg;
};

/*
 * After the events were saved; best with the state lock held. Without it (locked false), because it cannot be had, they are kept in
 * memory and written later. To be called in each turn, with or without events: what others have put into the outbox is found here.
 */
void notify_post(struct notify *n, const struct notify_news *news, bool locked);
/*
 * The same for who delivers nothing himself, under the state lock: whoever reconciles next will. ret_kept: what was wrong with the
 * outbox and became of it, to be told; as it was if nothing was.
 */
#define NOTIFY_KEPT_SIZE 512
MUST_USE int notify_leave(struct store *s, const struct config *config, const char *host, const struct notify_news *news,
                          char ret_kept[static NOTIFY_KEPT_SIZE], struct error *err);

/*
 * Runs the net until nothing is under way or due any more, limit_ms at most, or until *interrupted. What is under way then is
 * given back to the outbox; at the end of the time as a failure if the service was asked at least five seconds before. *unwritten is what could not be written; ERR_NONE: nothing.
 */
void notify_finish(struct notify *n, int64_t limit_ms, const volatile bool *interrupted, struct error *unwritten);
/* Attempts are under way, or would begin now. */
bool notify_is_busy(const struct notify *n);
/* What was counted since the last call comes to c. True if it was anything. */
bool notify_count(struct notify *n, struct counters *c);

/* ---- By hand ---- */

/* The service of that name; alerts.webhook, if one is set, by SERVICE_ALERT_NAME. *ret's strings are those of the configuration. */
bool notify_find(const struct config *config, const char *name, struct service *ret);

/* Nothing is sent: could it be? ERR_* as below. */
MUST_USE int notify_check(const struct service *service, struct error *err);

/* err NULL: the service has taken it. */
typedef void notify_tested_fn(void *arg, const struct error *err);
struct notify_test;
/*
 * Sends a message that says that it is a test, now and once, whether or not notifications are enabled. -1: it cannot be
 * (ERR_INVALID: the service is not configured as it must be; ERR_CONFIG, ERR_IO, ERR_NOT_FOUND: a file with a secret).
 */
MUST_USE int notify_test_begin(struct net *net, const struct service *service, const char *host, notify_tested_fn *done, void *arg,
                               struct notify_test **ret, struct error *err);
/* Without calling done. NULL is fine. */
void notify_test_cancel(struct notify_test *t);

#endif
