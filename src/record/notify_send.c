/* SPDX-License-Identifier: MIT */
/* One attempt to deliver one message: its secrets, its letter, and what the answer means. */
#include "notify_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/file.h"
#include "autoheal/util/text.h"
#include "autoheal/util/timefmt.h"

#include <fcntl.h>

#define TIMEOUT_MS  15000
#define CONNECT_MS  5000
#define ANSWER_MAX  ((size_t)64 * 1024)
#define SECRET_MAX  ((size_t)64 * 1024)
#define LETTER_MAX  ((size_t)256 * 1024)
#define TOKENS_MAX  2000
#define WORDS_MAX   160
#define SECRETS_MAX 64
/* Nobody guards what is shorter, and any sentence may hold it. */
#define SECRET_LEAST 4
/* Shorter parts of an address are words. */
#define PART_LEAST  10
#define WAIT_MOST_S 86400

struct attempt {
        struct arena arena;
        struct net *net;
        struct net_request *request;
        const struct notify_kind *kind;
        const char *secrets[SECRETS_MAX]; /* none of them gets into a message of ours */
        size_t n_secrets;
        bool mail;
        sent_fn *done;
        void *arg;
};

static const struct notify_kind *const kinds[SERVICE_TYPE_MAX_] = {
        [SERVICE_WEBHOOK] = &notify_webhook,   [SERVICE_DISCORD] = &notify_discord, [SERVICE_SLACK] = &notify_slack,
        [SERVICE_TELEGRAM] = &notify_telegram, [SERVICE_NTFY] = &notify_ntfy,       [SERVICE_GOTIFY] = &notify_gotify,
        [SERVICE_PUSHOVER] = &notify_pushover, [SERVICE_APPRISE] = &notify_apprise, [SERVICE_EMAIL] = &notify_email,
        [SERVICE_ALERT] = &notify_alert,
};

/* ---- Secrets ---- */

/* A copy: the configuration may be another one when the answer comes. */
static void keep_secret(struct attempt *x, const char *secret) {
        if (secret && strlen(secret) >= SECRET_LEAST && x->n_secrets < SECRETS_MAX)
                x->secrets[x->n_secrets++] = arena_strdup(&x->arena, secret);
}

/* Each part that may be a token of its own. */
static void keep_parts(struct attempt *x, const char *text) {
        while (*text) {
                size_t n = strcspn(text, "/?&=#:");

                if (n >= PART_LEAST)
                        keep_secret(x, arena_strndup(&x->arena, text, n));
                text += n + (text[n] != '\0');
        }
}

/* text may have been cut within one: the beginning is enough. */
static bool shows_secret(const struct attempt *x, const char *text) {
        char begin[PART_LEAST + 1];

        for (size_t i = 0; i < x->n_secrets; i++) {
                (void)snprintf(begin, sizeof(begin), "%s", x->secrets[i]);
                if (strstr(text, begin))
                        return true;
        }
        return false;
}

/* All but the host, which is no secret. */
static void keep_address(struct attempt *x, const char *url) {
        const char *host = url ? strstr(url, "://") : NULL, *path, *at;

        if (!host)
                return;
        host += strlen("://");
        path = host + strcspn(host, "/?#");
        at = memrchr(host, '@', (size_t)(path - host));
        if (at)
                keep_parts(x, arena_strndup(&x->arena, host, (size_t)(at - host)));
        keep_secret(x, path);
        keep_parts(x, path);
}

/* The first line: editors end a file with a line break. */
static int read_secret(struct attempt *x, const char *path, const char **ret, struct error *err) {
        struct buf text AUTO(buf_release) = BUF_INIT(SECRET_MAX);
        size_t n;

        if (file_read(AT_FDCWD, path, &text, err) < 0)
                return -1;
        n = strcspn(buf_str(&text), "\r\n");
        if (n == 0)
                return error_set(err, ERR_INVALID, "'%s' is empty", path);
        *ret = arena_strndup(&x->arena, buf_str(&text), n);
        return 0;
}

static int take_text(struct attempt *x, const struct service_text *t, const char *name, const char **ret, struct error *err) {
        *ret = t->text;
        if (t->file && read_secret(x, t->file, ret, err) < 0)
                return error_wrap(err, "%s", name);
        keep_secret(x, *ret);
        return 0;
}

static int take_headers(struct attempt *x, const struct service *s, struct target *ret, struct error *err) {
        const char **lines = arena_array(&x->arena, s->n_headers + 1, sizeof(*lines));
        size_t n = 0;

        for (size_t i = 0; i < s->n_headers; i++) {
                struct slice name = slice_str(s->headers[i].name);
                const char *value;

                if (take_text(x, &s->headers[i].value, "headers", &value, err) < 0)
                        return -1;
                value = value ? value : "";
                if (slice_eq_nocase(name, "Content-Type"))
                        ret->content_type = value;
                else if (slice_eq_nocase(name, "User-Agent"))
                        ret->user_agent = value;
                else
                        lines[n++] = arena_printf(&x->arena, "%s: %s", s->headers[i].name, value);
        }
        ret->headers = lines;
        return 0;
}

static int take_target(struct attempt *x, const struct service *s, struct target *ret, struct error *err) {
        struct target t = { .name = s->name,
                            .json_key = s->json_key,
                            .username = s->username,
                            .chat_id = s->chat_id,
                            .topic = s->topic,
                            .server_url = s->server_url,
                            .from = s->from,
                            .to = s->to };
        const struct {
                const struct service_text *text;
                const char *name, **to;
        } texts[] = {
                { &s->url, "url", &t.url },
                { &s->password, "password", &t.password },
                { &s->bot_token, "bot_token", &t.bot_token },
                { &s->app_token, "app_token", &t.app_token },
                { &s->user_key, "user_key", &t.user_key },
                { &s->api_token, "api_token", &t.api_token },
        };

        for (size_t i = 0; i < N_ELEMENTS(texts); i++)
                if (take_text(x, texts[i].text, texts[i].name, texts[i].to, err) < 0)
                        return -1;
        keep_address(x, t.url);
        keep_address(x, t.server_url);
        if (take_headers(x, s, &t, err) < 0)
                return -1;
        *ret = t;
        return 0;
}

/* ---- The answer ---- */

/* A peer's words, short, on one line, and without what is ours. */
static void take_words(const struct attempt *x, const char *words, char *ret, size_t size) {
        char shown[WORDS_MAX];

        for (size_t i = 0; i < x->n_secrets; i++)
                if (strstr(words, x->secrets[i]))
                        return;
        (void)snprintf(ret, size, ": %s", text_escape_into(shown, sizeof(shown), words));
}

/* The service's own words; NULL: it says none. */
static const char *refusal(struct attempt *x, struct json_value answer) {
        struct json_value says = x->kind->refusal ? json_get(answer, x->kind->refusal) : (struct json_value){ .doc = NULL };
        struct json_iter it = json_iter(says);

        if (json_type(says) == JSON_ARRAY)
                return json_next(&it) ? json_string(it.value, &x->arena) : NULL;
        return json_string(says, &x->arena);
}

static int64_t parse_wait(const char *text) {
        struct slice rest = slice_str(text);
        uint64_t s;
        int64_t us;

        if (slice_number(&rest, WAIT_MOST_S, &s) && rest.n == 0)
                return (int64_t)s;
        if (!time_parse_http_date(slice_str(text), &us))
                return 0;
        us -= clock_read().wall_us;
        return us > 0 ? us / US_PER_S + 1 : 0;
}

static int64_t wait_of(const struct attempt *x, const struct net_answer *answer, struct json_value body) {
        int64_t s = 0;

        if (*answer->retry_after || !x->kind->wait || !json_present(body))
                return parse_wait(answer->retry_after);
        if (!json_int(x->kind->wait(body), &s) || s < 0)
                return 0;
        return s < WAIT_MOST_S ? s : WAIT_MOST_S;
}

static void judge_refusal(struct attempt *x, const struct net_answer *answer, struct json_value body, struct sent *ret) {
        long status = answer->status;
        const char *words = refusal(x, body);
        char tail[WORDS_MAX + 8] = "";

        if (words)
                take_words(x, words, tail, sizeof(tail));
        if (status >= 300 && status < 400)
                (void)snprintf(tail, sizeof(tail), ": it redirects, which is not followed; set the address that it leads to");
        (void)snprintf(ret->why, sizeof(ret->why), "the service answers %ld%s", status, tail);
        ret->wait_s = status == 429 || status == 503 ? wait_of(x, answer, body) : 0;
        ret->rejected = status == 400 || status == 413 || status == 422;
}

static void judge(struct attempt *x, const struct net_answer *answer, struct sent *ret) {
        struct json_doc *doc AUTO_JSON = NULL;
        struct json_value body = { .doc = NULL };
        const char *words = NULL;
        char tail[WORDS_MAX + 8] = "";

        if (answer->body.n > 0 && !answer->truncated && json_parse(answer->body.p, answer->body.n, TOKENS_MAX, &doc, NULL) == 0)
                body = json_root(doc);
        if (answer->status < 200 || answer->status > 299) {
                judge_refusal(x, answer, body, ret);
                return;
        }
        ret->done = !x->kind->took || x->kind->took(answer->status, body, &words);
        if (ret->done)
                return;
        words = words ? words : refusal(x, body);
        if (words)
                take_words(x, words, tail, sizeof(tail));
        (void)snprintf(ret->why, sizeof(ret->why), "what answers %ld there has not taken it%s", answer->status, tail);
}

static void free_attempt(struct attempt *x) {
        arena_release(&x->arena);
        free(x);
}

static void answered(void *arg, const struct net_answer *answer, const struct error *err) {
        struct attempt *x = arg;
        struct sent sent = { .done = false };

        if (err)
                (void)snprintf(sent.why, sizeof(sent.why), "%.*s", (int)sizeof(sent.why) - 1,
                               shows_secret(x, err->msg) ? "it failed, in words that hold a secret" : err->msg);
        else if (x->mail)
                sent.done = true;
        else
                judge(x, answer, &sent);
        x->done(x->arg, &sent);
        free_attempt(x);
}

/* ---- The letter ---- */

static int send_mail(struct attempt *x, const struct target *t, const struct letter *l, const struct net_tls *tls,
                     struct error *err) {
        const char **to = arena_array(&x->arena, t->to.n + 1, sizeof(*to));
        struct net_mail mail = { .url = l->url,
                                 .tls = tls,
                                 .username = t->username,
                                 .password = t->password,
                                 .from = t->from,
                                 .to = to,
                                 .message = l->body,
                                 .timeout_ms = TIMEOUT_MS,
                                 .connect_timeout_ms = CONNECT_MS };

        if (t->to.n)
                memcpy(to, t->to.items, t->to.n * sizeof(*to));
        return net_send_mail(x->net, &mail, answered, x, &x->request, err);
}

static int send_request(struct attempt *x, const struct target *t, const struct letter *l, const struct net_tls *tls,
                        struct error *err) {
        bool https = strncmp(l->url, "https://", strlen("https://")) == 0;
        struct net_ask ask = { .method = "POST",
                               .url = l->url,
                               .tls = https ? tls : NULL,
                               .headers = l->headers,
                               .user_agent = t->user_agent ? t->user_agent : "docker-autoheal",
                               .username = l->username,
                               .password = l->password,
                               .content_type = l->content_type,
                               .body = l->body,
                               .timeout_ms = TIMEOUT_MS,
                               .connect_timeout_ms = CONNECT_MS,
                               .max_body = ANSWER_MAX,
                               .cut_body = true,
                               .use_proxy = true };

        if (!https && strncmp(l->url, "http://", strlen("http://")) != 0)
                return error_set(err, ERR_INVALID, "its address must begin with https:// or http://");
        return net_ask(x->net, &ask, answered, x, &x->request, err);
}

/* As curl and Go do it: for authorities that the system does not know. */
static struct net_tls authorities(void) {
        const char *file = getenv("SSL_CERT_FILE");

        return (struct net_tls){ .verify = true, .ca = file && *file ? file : NULL };
}

/* Whatever the layers below say of an address or a header may hold a secret. */
static int hide(const struct attempt *x, struct error *err) {
        if (err && shows_secret(x, err->msg))
                return error_set(err, err->code, "it cannot be asked: its address or a header is malformed");
        return -1;
}

static const char *small_scheme(const char *url, struct arena *a) {
        static const char *const schemes[] = { "https://", "http://", "smtps://", "smtp://" };
        struct slice rest = slice_str(url);

        for (size_t i = 0; i < N_ELEMENTS(schemes); i++)
                if (slice_skip_nocase(&rest, schemes[i]))
                        return arena_printf(a, "%s%s", schemes[i], rest.p);
        return url;
}

static int write_letter(struct attempt *x, const struct service *s, const struct message *m, struct target *t, struct letter *l,
                        struct error *err) {
        if (s->wrong || s->type >= SERVICE_TYPE_MAX_)
                return error_set(err, ERR_INVALID, "%s", s->wrong ? s->wrong : "its type is not known");
        x->kind = kinds[s->type];
        if (take_target(x, s, t, err) < 0)
                return -1;
        if (x->kind->write(l, t, m, &x->arena, err) < 0)
                return hide(x, err);
        l->url = small_scheme(l->url, &x->arena);
        keep_secret(x, l->url);
        x->mail = l->mail;
        return 0;
}

static int begin(struct attempt *x, const struct service *s, const struct message *m, struct error *err) {
        struct net_tls tls = authorities();
        struct letter l = { .url = NULL };
        struct target t;

        if (write_letter(x, s, m, &t, &l, err) < 0)
                return -1;
        return (l.mail ? send_mail(x, &t, &l, &tls, err) : send_request(x, &t, &l, &tls, err)) < 0 ? hide(x, err) : 0;
}

static struct attempt *new_attempt(void) {
        struct attempt *x = xcalloc(1, sizeof(*x));

        x->arena = (struct arena)ARENA_INIT(8192);
        return x;
}

int attempt_begin(struct net *net, const struct service *s, const struct message *m, sent_fn *done, void *arg, struct attempt **ret,
                  struct error *err) {
        struct attempt *x = new_attempt();

        x->net = net;
        x->done = done;
        x->arg = arg;
        if (begin(x, s, m, err) < 0) {
                free_attempt(x);
                return -1;
        }
        *ret = x;
        return 0;
}

int attempt_check(const struct service *s, const struct message *m, struct error *err) {
        struct attempt *x = new_attempt();
        struct letter l = { .url = NULL };
        struct target t;
        int r = write_letter(x, s, m, &t, &l, err);

        free_attempt(x);
        return r;
}

void attempt_cancel(struct attempt *a) {
        if (!a)
                return;
        net_cancel(a->net, a->request);
        free_attempt(a);
}

/* ---- For the kinds ---- */

void json_text_begin(struct json_text *j) {
        j->text = (struct buf)BUF_INIT(LETTER_MAX);
        json_writer_init(&j->w, &j->text, JSON_COMPACT);
}

const char *json_text_end(struct json_text *j, struct arena *a) {
        const char *text = arena_strdup(a, buf_str(&j->text));

        buf_release(&j->text);
        return text;
}

int need(const char *value, const char *name, struct error *err) {
        if (value && *value)
                return 0;
        return error_set(err, ERR_INVALID, "%s is not set", name);
}

const char *url_join(const char *base, const char *rest, struct arena *a) {
        size_t n = strlen(base);

        while (n > 0 && base[n - 1] == '/')
                n--;
        return arena_printf(a, "%.*s/%s", (int)n, base, rest);
}
