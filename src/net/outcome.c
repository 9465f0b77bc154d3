/* SPDX-License-Identifier: MIT */
/* What became of a request: an answer, or an error in words that say what is wrong rather than how a library calls it. */
#include "net/net_internal.h"

#include <errno.h>

static const char *reason_text(const struct net_request *r, CURLcode code) {
        return r->error_text[0] ? r->error_text : curl_easy_strerror(code);
}

static int unreachable(const struct net_request *r, CURLcode code, int sys_errno, struct error *err) {
        char text[128];

        if (sys_errno)
                (void)error_set(err, ERR_CONNECT, "cannot connect: %s", strerror_r(sys_errno, text, sizeof(text)));
        else
                (void)error_set(err, ERR_CONNECT, "cannot connect: %s", reason_text(r, code));
        err->sys_errno = sys_errno;
        return -1;
}

/* False as long as nothing of the request can have been sent to its peer. */
static bool was_sent(const struct net_request *r) {
        curl_off_t connected = 0, handshake = 0;
        long sent = 0, new_connections = 0;

        (void)curl_easy_getinfo(r->easy, CURLINFO_NUM_CONNECTS, &new_connections);
        (void)curl_easy_getinfo(r->easy, CURLINFO_APPCONNECT_TIME_T, &handshake);
        (void)curl_easy_getinfo(r->easy, CURLINFO_CONNECT_TIME_T, &connected);
        (void)curl_easy_getinfo(r->easy, CURLINFO_REQUEST_SIZE, &sent);
        /* What is sent before the handshake is for a proxy. Without a new connection it is a reused one, or its name was never found. */
        if (r->tls)
                return new_connections == 0 ? sent > 0 : handshake > 0;
        /* On a reused connection nothing is connected, but something is sent. */
        return connected > 0 || sent > 0;
}

static int timed_out(const struct net_request *r, CURLcode code, struct error *err) {
        if (!was_sent(r))
                return unreachable(r, code, ETIMEDOUT, err);
        return error_set(err, ERR_TIMEOUT, "no answer within %lld ms", (long long)r->timeout_ms);
}

/* The peer's own word for why it ended the TLS connection, "" if it said nothing. OpenSSL says "... tlsv13 alert certificate required, errno 0". */
static void read_alert(const char *text, char *ret, size_t size) {
        static const char mark[] = " alert ";
        const char *alert = strstr(text, "SSL routines::");

        ret[0] = '\0';
        alert = alert ? strstr(alert, mark) : NULL;
        if (!alert)
                return;
        (void)snprintf(ret, size, "%s", alert + strlen(mark));
        ret[strcspn(ret, ",")] = '\0';
}

static bool is_about_certificates(const char *alert) {
        return strstr(alert, "certificate") || str_eq(alert, "unknown ca");
}

/* OpenSSL's words are for those who know its source. */
static int no_tls(const struct net_request *r, CURLcode code, const char *alert, struct error *err) {
        const char *text = reason_text(r, code), *routine = strstr(text, "SSL routines::");

        if (*alert)
                (void)error_set(err, ERR_CONNECT, "remote error: tls: %s", alert);
        else if (strstr(text, "wrong version number"))
                (void)error_set(err, ERR_CONNECT, "tls: the server gave an answer without TLS to a TLS client");
        else if (strstr(text, "SSL_ERROR_SYSCALL"))
                (void)error_set(err, ERR_CONNECT, "tls: the server closed the connection during the handshake");
        else
                (void)error_set(err, ERR_CONNECT, "%s", routine ? routine + strlen("SSL routines::") : text);
        err->sys_errno = is_about_certificates(alert) ? EKEYREJECTED : 0;
        return -1;
}

/*
 * With TLS 1.3 a server looks at our certificate when the handshake is over for us, and before it reads the request. If it was
 * quick to hang up, its alert is lost: libcurl cannot send, or not even tell who the peer was.
 */
static bool was_turned_away(const struct net_request *r, CURLcode code) {
        long new_connections = 0;

        (void)curl_easy_getinfo(r->easy, CURLINFO_NUM_CONNECTS, &new_connections);
        return new_connections > 0 &&
               (code == CURLE_SEND_ERROR || strncmp(r->error_text, "getpeername()", strlen("getpeername()")) == 0);
}

static int turned_away(struct error *err) {
        (void)error_set(err, ERR_CONNECT, "tls: the server closed the connection right after the handshake");
        err->sys_errno = EKEYREJECTED;
        return -1;
}

static int no_answer(const struct net_request *r, CURLcode code, struct error *err) {
        char alert[64];

        read_alert(reason_text(r, code), alert, sizeof(alert));
        if (r->tls && (!was_sent(r) || is_about_certificates(alert)))
                return no_tls(r, code, alert, err);
        if (r->tls && was_turned_away(r, code))
                return turned_away(err);
        (void)error_set(err, ERR_PROTOCOL, "no proper HTTP answer: %s", reason_text(r, code));
        if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY)
                err->sys_errno = EBADMSG;
        return -1;
}

/* libcurl names the command that was refused and the reply's code, and nothing that we sent. */
static int mail_outcome(const struct net_request *r, CURLcode code, struct error *err) {
        long sys_errno = 0;

        (void)curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &sys_errno);
        switch (code) {
        case CURLE_OK:
                return 0;
        case CURLE_OPERATION_TIMEDOUT:
                return timed_out(r, code, err);
        case CURLE_COULDNT_CONNECT:
                return unreachable(r, code, sys_errno ? (int)sys_errno : EAGAIN, err);
        case CURLE_COULDNT_RESOLVE_HOST:
                return unreachable(r, code, 0, err);
        case CURLE_USE_SSL_FAILED:
                return error_set(err, ERR_CONNECT, "the server offers no TLS, and without it no password is sent");
        case CURLE_LOGIN_DENIED:
                return error_set(err, ERR_PROTOCOL, "the server refuses user name and password");
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CONNECT_ERROR:
                return error_set(err, ERR_CONNECT, "tls: %s", reason_text(r, code));
        default:
                return error_set(err, ERR_PROTOCOL, "%s", reason_text(r, code));
        }
}

int outcome_of(const struct net_request *r, CURLcode code, struct error *err) {
        long sys_errno = 0, status = 0;

        if (r->mail)
                return mail_outcome(r, code, err);

        if (r->connects && code == CURLE_OK)
                return 0;
        (void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
        /* To libcurl an answer that breaks off within its header is one without a body. Taken for one, it would say of an
         * action that was cut off that it succeeded. */
        if (code == CURLE_OK && (!r->header_complete || status < 200))
                return error_set(err, ERR_PROTOCOL, "no proper HTTP answer: it ends within its header");
        if (r->no_http) {
                (void)error_set(err, ERR_PROTOCOL, "no proper HTTP answer: it begins with no status");
                err->sys_errno = EBADMSG;
                return -1;
        }
        if (code == CURLE_OK || (r->cut_body && r->body.overflowed))
                return 0;
        if (r->body.overflowed)
                return error_set(err, ERR_TOO_LARGE, "the answer is larger than %zu bytes", r->body.max);
        /* libcurl keeps one header line whole before it shows it, and calls one that is too long for it out of memory. */
        if (r->header_bytes > r->max_headers || code == CURLE_OUT_OF_MEMORY)
                return error_set(err, ERR_TOO_LARGE, "the header of the answer is too large");
        if (code == CURLE_OPERATION_TIMEDOUT)
                return timed_out(r, code, err);
        (void)curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &sys_errno);
        /* libcurl keeps the system's reason, but not that of a unix socket whose queue is full. */
        if (code == CURLE_COULDNT_CONNECT)
                return unreachable(r, code, sys_errno ? (int)sys_errno : EAGAIN, err);
        if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY)
                return unreachable(r, code, 0, err);
        if (code == CURLE_URL_MALFORMAT)
                return error_set(err, ERR_INVALID, "malformed URL: %s", reason_text(r, code));
        return no_answer(r, code, err);
}
