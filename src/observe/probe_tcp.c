/* SPDX-License-Identifier: MIT */
/* A connection to a port of the container. */
#include "probe_internal.h"

static void connected(void *arg, const struct net_answer *answer, const struct error *err) {
        struct probe *p = arg;
        (void)answer;
        p->request = NULL;
        if (err)
                probe_end(p, CHECK_FAILED, "port %lld: %s", (long long)p->check.port, err->msg);
        else
                probe_end(p, CHECK_PASSED, "port %lld takes connections", (long long)p->check.port);
}

void probe_tcp_start(struct probe *p) {
        struct error err = ERROR_INIT;
        if (!p->ask.address)
                probe_end(p, CHECK_UNKNOWN, "the container has no address of its own: an exec check needs none");
        else if (net_connect(p->net, p->ask.address, p->check.port, probe_timeout_ms(p), connected, p, &p->request, &err) < 0)
                probe_end(p, CHECK_UNKNOWN, "%s", err.msg);
}
