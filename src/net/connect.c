/* SPDX-License-Identifier: MIT */
/* A TCP connection that is made and closed. */
#include "net/net_internal.h"

static unsigned set_options(struct net_request *r, const char *url) {
        CURL *easy = r->easy;
        unsigned failed = 0;

        failed |= curl_easy_setopt(easy, CURLOPT_URL, url);
        failed |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
        failed |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
        failed |= curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
        failed |= destination_set_limits(easy, r->timeout_ms, r->timeout_ms);
        failed |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        failed |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
        return failed;
}

int net_connect(struct net *n, const char *address, int64_t port, int64_t timeout_ms, net_done_fn *done, void *arg,
                struct net_request **ret, struct error *err) {
        char host[DESTINATION_ADDRESS_SIZE], url[DESTINATION_ADDRESS_SIZE + 32];
        struct net_request *r;

        if (!destination_address(host, address) || port < 1 || port > UINT16_MAX || timeout_ms <= 0)
                return error_set(err, ERR_INVALID, "cannot connect to port %lld of '%s'", (long long)port, address);
        (void)snprintf(url, sizeof(url), "http://%s:%lld/", host, (long long)port);
        r = request_new(n, done, arg);
        r->connects = true;
        r->timeout_ms = timeout_ms;
        r->easy = curl_easy_init();
        if (!r->easy || set_options(r, url)) {
                request_free(r);
                return error_set(err, ERR_FAILED, "cannot prepare a connection to '%s'", address);
        }
        if (request_begin(r, err) < 0) {
                request_free(r);
                return -1;
        }
        *ret = r;
        return 0;
}
