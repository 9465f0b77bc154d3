/* SPDX-License-Identifier: MIT */
/* An HTTP request, and whether its answer is the one that is expected. Redirects are not followed: they are an answer. */
#include "probe_internal.h"

#include "autoheal/util/text.h"

#define BODY_MAX    ((size_t)1024 * 1024) /* of a body that must hold something */
#define HEADERS_MAX ((size_t)64 * 1024)

/* Not place by place: a container that chooses both would hold up everything for seconds, again and again. */
static bool holds(struct slice body, const char *text) {
        return memmem(body.p, body.n, text, strlen(text)) != NULL;
}

static void keep_output(struct probe *p, struct slice body) {
        size_t n = body.n < sizeof(p->result.output) - 1 ? body.n : sizeof(p->result.output) - 1;
        if (n > 0)
                memcpy(p->result.output, body.p, n);
        p->result.output[n] = '\0';
}

static void answered(void *arg, const struct net_answer *answer, const struct error *err) {
        struct probe *p = arg;
        p->request = NULL;
        if (err) {
                probe_end(p, CHECK_FAILED, "%s", err->msg);
                return;
        }
        keep_output(p, answer->body);
        if (answer->status != p->check.expected_status)
                probe_end(p, CHECK_FAILED, "HTTP %ld in place of %lld", answer->status, (long long)p->check.expected_status);
        else if (p->check.expected_body && !holds(answer->body, p->check.expected_body))
                probe_end(p, CHECK_FAILED, "HTTP %ld, but its body does not hold what is expected", answer->status);
        else
                probe_end(p, CHECK_PASSED, "HTTP %ld", answer->status);
}

/* It names whom the server takes itself for, not where the request goes. */
static const char *host_header(const struct health_check *check) {
        for (size_t i = 0; check->headers && check->headers[i]; i++) {
                struct slice value = slice_str(check->headers[i]);
                if (!slice_skip_nocase(&value, "host:"))
                        continue;
                slice_skip_blanks(&value);
                return value.n > 0 ? value.p : NULL;
        }
        return NULL;
}

void probe_http_start(struct probe *p) {
        const struct health_check *check = &p->check;
        const struct net_tls tls = { .verify = !check->insecure_tls };
        bool is_local = check->from_label || health_check_is_local(check->url);
        struct slice url = slice_str(check->url);
        struct net_ask ask = { .method = "GET",
                               .url = check->url,
                               .tls = slice_skip_nocase(&url, "https://") ? &tls : NULL,
                               .headers = check->headers,
                               .address = is_local ? p->ask.address : NULL,
                               .host = host_header(check),
                               .user_agent = "autoheal",
                               .timeout_ms = probe_timeout_ms(p),
                               .connect_timeout_ms = probe_timeout_ms(p),
                               .max_body = check->expected_body ? BODY_MAX : sizeof(p->result.output),
                               .cut_body = true,
                               .max_headers = HEADERS_MAX,
                               .once = true };
        if (is_local && !p->ask.address)
                probe_end(p, CHECK_UNKNOWN, "the container has no address of its own: an exec check needs none");
        /* The error may show the whole address, which may hold a secret. */
        else if (net_ask(p->net, &ask, answered, p, &p->request, NULL) < 0)
                probe_end(p, CHECK_UNKNOWN, "the request cannot be made: look at its address and headers");
}
