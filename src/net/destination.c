/* SPDX-License-Identifier: MIT */
/* Where a request goes and how: libcurl's options for address, proxy, TLS and time-outs. */
#include "net/net_internal.h"

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

static unsigned set_tls(CURL *easy, const struct net_tls *tls) {
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

unsigned destination_set(CURL *easy, const struct net_ask *ask) {
        unsigned failed = 0;

        failed |= curl_easy_setopt(easy, CURLOPT_URL, ask->url);
        failed |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, ask->tls ? "https" : "http");
        failed |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        failed |= set_proxy(easy, ask);
        if (ask->tls)
                failed |= set_tls(easy, ask->tls);
        if (ask->unix_socket && ask->unix_socket[0] == '@')
                failed |= curl_easy_setopt(easy, CURLOPT_ABSTRACT_UNIX_SOCKET, ask->unix_socket + 1);
        else if (ask->unix_socket)
                failed |= curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, ask->unix_socket);
        failed |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        /* Without it a name server that never answers holds up the whole loop: libcurl joins the thread that waits for it. */
        failed |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
        /* A stream goes on: net.c waits for its beginning. A peer that vanished without a word would leave it waiting for ever. */
        if (ask->stream)
                failed |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
        else
                failed |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, bounded_ms(ask->timeout_ms));
        if (ask->fresh)
                failed |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        if (ask->connect_timeout_ms > 0)
                failed |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, bounded_ms(ask->connect_timeout_ms));
        return failed;
}
