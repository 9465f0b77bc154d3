/* SPDX-License-Identifier: MIT */
/* A message that says that it is a test, sent once. */
#include "notify_internal.h"

#include "autoheal/os/clock.h"

struct notify_test {
        struct attempt *attempt;
        notify_tested_fn *done;
        void *arg;
};

static void tested(void *arg, const struct sent *sent) {
        struct notify_test *t = arg;
        struct error err = ERROR_INIT;

        if (!sent->done)
                (void)error_set(&err, ERR_FAILED, "%s", sent->why);
        t->done(t->arg, sent->done ? NULL : &err);
        free(t);
}

static struct message test_of(const struct service *service, const char *host) {
        return (struct message){ .id = "test",
                                 .service = service->name,
                                 .at_us = clock_read().wall_us,
                                 .host = host,
                                 .event = EVENT_WORD_TEST,
                                 .status = "success",
                                 .text = "this is a test: docker-autoheal can tell you what happens" };
}

int notify_check(const struct service *service, struct error *err) {
        struct message m = test_of(service, "");

        return attempt_check(service, &m, err);
}

int notify_test_begin(struct net *net, const struct service *service, const char *host, notify_tested_fn *done, void *arg,
                      struct notify_test **ret, struct error *err) {
        struct notify_test *t = xcalloc(1, sizeof(*t));
        struct message m = test_of(service, host);

        t->done = done;
        t->arg = arg;
        if (attempt_begin(net, service, &m, tested, t, &t->attempt, err) < 0) {
                free(t);
                return -1;
        }
        *ret = t;
        return 0;
}

void notify_test_cancel(struct notify_test *t) {
        if (!t)
                return;
        attempt_cancel(t->attempt);
        free(t);
}
