/* SPDX-License-Identifier: MIT */
/* Mail: one message, handed to an SMTP server. */
#include "net/net_internal.h"

#include <curl/curl.h>

#define ANSWER_MAX ((size_t)16 * 1024)

static size_t give_message(char *to, size_t size, size_t count, void *arg) {
        struct net_request *r = arg;
        size_t room = size * count, left = r->message_len - r->message_sent, n = left < room ? left : room;

        memcpy(to, r->message + r->message_sent, n);
        r->message_sent += n;
        return n;
}

static bool is_implicit(const struct net_mail *mail) {
        return strncmp(mail->url, "smtps://", strlen("smtps://")) == 0;
}

static bool is_loopback(const char *url) {
        static const char *const hosts[] = { "localhost", "127.0.0.1", "[::1]" };
        const char *host = strstr(url, "://") + strlen("://");

        for (size_t i = 0; i < N_ELEMENTS(hosts); i++) {
                size_t n = strlen(hosts[i]);

                if (strncmp(host, hosts[i], n) == 0 && (host[n] == '\0' || host[n] == ':' || host[n] == '/'))
                        return true;
        }
        return false;
}

/* A password in the address itself is one too. */
static long security(const struct net_mail *mail) {
        if (mail->password || strchr(mail->url, '@'))
                return CURLUSESSL_ALL;
        return is_loopback(mail->url) ? CURLUSESSL_NONE : CURLUSESSL_TRY;
}

static int check(const struct net_mail *mail, struct error *err) {
        if (!is_implicit(mail) && strncmp(mail->url, "smtp://", strlen("smtp://")) != 0)
                return error_set(err, ERR_INVALID, "the address of a mail server begins with smtps:// or smtp://");
        if (!mail->to[0])
                return error_set(err, ERR_INVALID, "a mail needs a recipient");
        if (mail->timeout_ms <= 0)
                return error_set(err, ERR_INVALID, "a request needs a time-out");
        return 0;
}

static bool add_recipients(struct net_request *r, const struct net_mail *mail) {
        for (size_t i = 0; mail->to[i]; i++) {
                struct curl_slist *longer = curl_slist_append(r->recipients, mail->to[i]);

                if (!longer)
                        return false;
                r->recipients = longer;
        }
        return true;
}

static unsigned set_options(struct net_request *r, const struct net_mail *mail) {
        CURL *easy = r->easy;
        unsigned failed = 0;

        failed |= curl_easy_setopt(easy, CURLOPT_URL, mail->url);
        failed |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, is_implicit(mail) ? "smtps" : "smtp");
        failed |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
        failed |= curl_easy_setopt(easy, CURLOPT_USE_SSL, security(mail));
        failed |= destination_set_tls(easy, mail->tls);
        failed |= destination_set_limits(easy, mail->timeout_ms, mail->connect_timeout_ms);
        if (mail->username && mail->password) {
                failed |= curl_easy_setopt(easy, CURLOPT_USERNAME, mail->username);
                failed |= curl_easy_setopt(easy, CURLOPT_PASSWORD, mail->password);
        }
        failed |= curl_easy_setopt(easy, CURLOPT_MAIL_FROM, mail->from);
        failed |= !add_recipients(r, mail);
        failed |= curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, r->recipients);
        failed |= curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        failed |= curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_message);
        failed |= curl_easy_setopt(easy, CURLOPT_READDATA, r);
        failed |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        failed |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
        return failed;
}

int net_send_mail(struct net *n, const struct net_mail *mail, net_done_fn *done, void *arg, struct net_request **ret,
                  struct error *err) {
        struct net_request *r;

        if (check(mail, err) < 0)
                return -1;
        r = request_new(n, done, arg);
        r->mail = r->changes = true;
        r->tls = is_implicit(mail);
        r->timeout_ms = mail->timeout_ms;
        r->body.max = ANSWER_MAX;
        r->cut_body = true;
        r->message = xstrdup(mail->message);
        r->message_len = strlen(mail->message);
        r->easy = curl_easy_init();
        if (!r->easy || set_options(r, mail)) {
                request_free(r);
                return error_set(err, ERR_FAILED, "cannot prepare a mail");
        }
        if (request_begin(r, err) < 0) {
                request_free(r);
                return -1;
        }
        *ret = r;
        return 0;
}
