/* SPDX-License-Identifier: MIT */
/* Where a request goes and how: libcurl's options for address, proxy, TLS and time-outs. */
#include "net/net_internal.h"

#include <arpa/inet.h>
#include <limits.h>

static long bounded_ms(int64_t ms) {
        return ms > INT_MAX ? INT_MAX : (long)ms;
}

static const char *get_env(const char *name) {
        return getenv(name);
}

static unsigned set_proxy(CURL *easy, const struct net_ask *ask) {
        bool direct = !ask->use_proxy || ask->unix_socket || ask->command;
        const char *proxy = direct ? NULL : proxy_for(ask->url, get_env);
        struct slice rest = slice_str(proxy ? proxy : "");
        unsigned failed = 0;

        /* Go lets a SOCKS proxy look up the name; and without a port it takes that of the scheme, libcurl 1080. */
        if (slice_skip_nocase(&rest, "socks5://"))
                failed |= curl_easy_setopt(easy, CURLOPT_PROXYTYPE, (long)CURLPROXY_SOCKS5_HOSTNAME);
        else if (slice_skip_nocase(&rest, "http://") || (rest.n > 0 && !strstr(rest.p, "://")))
                failed |= curl_easy_setopt(easy, CURLOPT_PROXYPORT, 80L);
        failed |= curl_easy_setopt(easy, CURLOPT_PROXY, rest.n > 0 ? rest.p : "");
        failed |= curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
        /* What a proxy says to CONNECT is no part of the answer. */
        failed |= curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
        return failed;
}

unsigned destination_set_tls(CURL *easy, const struct net_tls *tls) {
        unsigned failed = 0;

        failed |= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
        failed |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls->verify ? 1L : 0L);
        failed |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls->verify ? 2L : 0L);
        /* Without NULL here the system's authorities would count beside it. */
        if (tls->ca) {
                failed |= curl_easy_setopt(easy, CURLOPT_CAINFO, tls->ca);
                failed |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
        }
        if (tls->cert && tls->key) {
                failed |= curl_easy_setopt(easy, CURLOPT_SSLCERT, tls->cert);
                failed |= curl_easy_setopt(easy, CURLOPT_SSLKEY, tls->key);
        }
        return failed;
}

unsigned destination_set_limits(CURL *easy, int64_t timeout_ms, int64_t connect_timeout_ms) {
        unsigned failed = 0;

        failed |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        /* Without it a name server that never answers holds up the whole loop: libcurl joins the thread that waits for it. */
        failed |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
        if (timeout_ms > 0)
                failed |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, bounded_ms(timeout_ms));
        if (connect_timeout_ms > 0)
                failed |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, bounded_ms(connect_timeout_ms));
        return failed;
}

bool destination_address(char ret[static DESTINATION_ADDRESS_SIZE], const char *address) {
        unsigned char unused[sizeof(struct in6_addr)];
        bool is_v6 = inet_pton(AF_INET6, address, unused) == 1;

        if (!is_v6 && inet_pton(AF_INET, address, unused) != 1)
                return false;
        (void)snprintf(ret, DESTINATION_ADDRESS_SIZE, is_v6 ? "[%s]" : "%s", address);
        return true;
}

/* Host header and the name that a certificate must have stay as the URL has them. */
static unsigned set_address(struct net_request *r, const char *address) {
        char host[DESTINATION_ADDRESS_SIZE], line[DESTINATION_ADDRESS_SIZE + 4];

        if (!destination_address(host, address))
                return 1;
        (void)snprintf(line, sizeof(line), "::%s:", host);
        r->connect_to = curl_slist_append(NULL, line);
        return !r->connect_to || curl_easy_setopt(r->easy, CURLOPT_CONNECT_TO, r->connect_to);
}

unsigned destination_set(struct net_request *r, const struct net_ask *ask) {
        CURL *easy = r->easy;
        unsigned failed = 0;

        failed |= curl_easy_setopt(easy, CURLOPT_URL, ask->url);
        failed |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, ask->tls ? "https" : "http");
        failed |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        failed |= set_proxy(easy, ask);
        if (ask->tls)
                failed |= destination_set_tls(easy, ask->tls);
        if (ask->unix_socket && ask->unix_socket[0] == '@')
                failed |= curl_easy_setopt(easy, CURLOPT_ABSTRACT_UNIX_SOCKET, ask->unix_socket + 1);
        else if (ask->unix_socket)
                failed |= curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, ask->unix_socket);
        /* A stream goes on: net.c waits for its beginning. A peer that vanished without a word would leave it waiting for ever. */
        if (ask->stream)
                failed |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
        failed |= destination_set_limits(easy, ask->stream ? 0 : ask->timeout_ms, ask->connect_timeout_ms);
        if (ask->address)
                failed |= set_address(r, ask->address);
        if (ask->once)
                failed |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
        if (ask->fresh || ask->once)
                failed |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        if (ask->username && ask->password) {
                failed |= curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
                failed |= curl_easy_setopt(easy, CURLOPT_USERNAME, ask->username);
                failed |= curl_easy_setopt(easy, CURLOPT_PASSWORD, ask->password);
        }
        return failed;
}
