/* SPDX-License-Identifier: MIT */
/* What is sent: method, headers and body. */
#include "net/net_internal.h"

/* Those that are ours to say, or that would change how the exchange itself works. */
static bool is_ours(struct slice name) {
        static const char *const ours[] = {
                "Accept-Encoding", "Connection",        "Content-Length", "Content-Type", "Expect", "Host", "TE",
                "Trailer",         "Transfer-Encoding", "Upgrade",        "User-Agent"
        };

        for (size_t i = 0; i < N_ELEMENTS(ours); i++) {
                if (slice_eq_nocase(name, ours[i]))
                        return true;
        }
        return false;
}

static bool is_token(struct slice s) {
        static const char others[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

        for (size_t i = 0; i < s.n; i++) {
                if (!s.p[i] || !strchr(others, s.p[i]))
                        return false;
        }
        return s.n > 0;
}

int content_check(const struct net_ask *ask, struct error *err) {
        for (size_t i = 0; ask->headers && ask->headers[i]; i++) {
                struct slice value = slice_str(ask->headers[i]), name;

                if (!memchr(value.p, ':', value.n) || !slice_split(&value, ':', &name) || !is_token(name))
                        return error_set(err, ERR_INVALID, "'%s' is no HTTP header", ask->headers[i]);
                /* Its value may be a secret. */
                for (size_t k = 0; k < value.n; k++) {
                        if (((unsigned char)value.p[k] < ' ' && value.p[k] != '\t') || value.p[k] == 0x7f)
                                return error_set(err, ERR_INVALID, "the value of the HTTP header '%.*s' holds a control character",
                                                 (int)name.n, name.p);
                }
        }
        return 0;
}

static bool add_line(struct net_request *r, const char *line) {
        struct curl_slist *longer = curl_slist_append(r->headers, line);

        if (longer)
                r->headers = longer;
        return longer;
}

static bool add_header(struct net_request *r, const char *line) {
        struct slice value = slice_str(line), name;
        struct buf empty AUTO(buf_release) = BUF_INIT((size_t)64 * 1024);

        (void)slice_split(&value, ':', &name);
        if (is_ours(name))
                return true;
        slice_skip_blanks(&value);
        if (value.n > 0)
                return add_line(r, line);
        /* libcurl takes "Name:" for a header that is not to be sent. */
        buf_add(&empty, name.p, name.n);
        buf_add_char(&empty, ';');
        return add_line(r, buf_str(&empty));
}

/* An empty one is none: libcurl would send one of its own. */
static bool add_content_type(struct net_request *r, const char *type) {
        struct buf line AUTO(buf_release) = BUF_INIT((size_t)4096);

        buf_addf(&line, *type ? "Content-Type: %s" : "Content-Type:%s", type);
        return !line.overflowed && add_line(r, buf_str(&line));
}

static unsigned set_headers(struct net_request *r, const struct net_ask *ask) {
        unsigned failed = 0;

        for (size_t i = 0; ask->headers && ask->headers[i]; i++)
                failed |= !add_header(r, ask->headers[i]);
        if (ask->host) {
                struct buf host AUTO(buf_release) = BUF_INIT((size_t)4096);

                buf_addf(&host, "Host: %s", ask->host);
                failed |= host.overflowed || !add_line(r, buf_str(&host));
        }
        failed |= !add_line(r, "Expect:");
        failed |= !add_content_type(r, ask->body ? (ask->content_type ? ask->content_type : "application/json") : "");
        failed |= curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->headers);
        if (ask->user_agent)
                failed |= curl_easy_setopt(r->easy, CURLOPT_USERAGENT, ask->user_agent);
        return failed;
}

unsigned content_set(struct net_request *r, const struct net_ask *ask) {
        CURL *easy = r->easy;
        const char *body = ask->body ? ask->body : "";
        unsigned failed = set_headers(r, ask);

        if (str_eq(ask->method, "HEAD"))
                failed |= curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        if (!r->changes)
                return failed;
        if (str_eq(ask->method, "POST")) {
                failed |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
                failed |= curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body);
        } else {
                failed |= curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, ask->method);
        }
        /* A request that dies on a reused connection is sent again by libcurl, even if the peer has already acted on it: what
         * changes something gets a connection of its own. */
        failed |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        failed |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
        return failed;
}
