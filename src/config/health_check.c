/* SPDX-License-Identifier: MIT */
/* A check of our own as data, wherever it was read from. */
#include "autoheal/config/health_check.h"

#include "autoheal/json/reader.h"
#include "autoheal/util/buf.h"
#include "autoheal/util/sha256.h"
#include "autoheal/util/text.h"
#include "config/edit_internal.h"

#define COMMAND_TOKENS_MAX 300
#define WHAT_SIZE          160
#define PRINT_MAX          ((size_t)4 * 1024 * 1024)

const char *health_check_kind_name(enum health_check_kind k) {
        static const char *const names[] = {
                [HEALTH_CHECK_NONE] = "none", [HEALTH_CHECK_HTTP] = "http",     [HEALTH_CHECK_TCP] = "tcp",
                [HEALTH_CHECK_EXEC] = "exec", [HEALTH_CHECK_DOCKER] = "docker",
        };
        _Static_assert(N_ELEMENTS(names) == HEALTH_CHECK_MAX_, "each kind has a name");

        return names[k];
}

/* ---- Commands ---- */

/* NULL: it is none. `[ -e /x ]` is a command of a shell. */
static struct json_doc *parse_array(const char *text) {
        struct json_doc *doc AUTO_JSON = NULL;

        if (json_parse(text, strlen(text), COMMAND_TOKENS_MAX, &doc, NULL) < 0 || json_type(json_root(doc)) != JSON_ARRAY)
                return NULL;
        return TAKE(doc);
}

bool health_check_is_command(const char *text) {
        struct json_doc *doc AUTO_JSON = parse_array(text);
        struct json_iter it;
        size_t n = 0;

        if (!doc)
                return text[strspn(text, " \t\r\n")] != '\0';
        for (it = json_iter(json_root(doc)); json_next(&it); n++)
                if (json_type(it.value) != JSON_STRING || (n == 0 && json_string_eq(it.value, "")))
                        return false;
        return n > 0;
}

static const char *const *words_of(struct json_value array, struct arena *a) {
        struct json_iter it = json_iter(array);
        const char **argv = arena_array(a, json_count(array) + 1, sizeof(*argv));

        for (size_t n = 0; json_next(&it); n++)
                argv[n] = json_string(it.value, a);
        return argv;
}

const char *const *health_check_argv(const struct health_check *check, struct arena *a) {
        struct json_doc *doc AUTO_JSON = NULL;
        const char **argv;

        if (check->argv)
                return check->argv;
        if ((doc = parse_array(check->command)))
                return words_of(json_root(doc), a);
        argv = arena_array(a, 4, sizeof(*argv));
        argv[0] = "/bin/sh";
        argv[1] = "-c";
        argv[2] = check->command;
        return argv;
}

/* ---- Addresses ---- */

bool health_check_is_local(const char *url) {
        static const char name[] = "localhost";
        const char *host = strstr(url, "://");
        size_t n;

        if (!host)
                return false;
        host += strlen("://");
        n = strcspn(host, "/?#:@\\");
        return n == strlen(name) && strncasecmp(host, name, n) == 0 && host[n] != '\\' &&
               !memchr(host + n, '@', strcspn(host + n, "/?#"));
}

/* ---- Telling one from another ---- */

/* Each text with its length in front, so that no two lists come out the same. */
static void add_text(struct buf *out, const char *text) {
        if (text)
                buf_addf(out, "%zu:%s", strlen(text), text);
        buf_add_char(out, ';');
}

static void add_texts(struct buf *out, const char *const *texts) {
        for (size_t i = 0; texts && texts[i]; i++)
                add_text(out, texts[i]);
        buf_add_char(out, ';');
}

const char *health_check_print(const struct health_check *check, char ret[static HEALTH_CHECK_PRINT_SIZE]) {
        struct buf all AUTO(buf_release) = BUF_INIT(PRINT_MAX);
        char hex[SHA256_HEX_SIZE];

        buf_addf(&all, "%s %lld %lld %d;", health_check_kind_name(check->kind), (long long)check->expected_status,
                 (long long)check->port, check->insecure_tls);
        add_text(&all, check->url);
        add_text(&all, check->expected_body);
        add_text(&all, check->command);
        add_texts(&all, check->headers);
        add_texts(&all, check->argv);
        sha256_hex(hex, buf_str(&all), all.len);
        memcpy(ret, hex, HEALTH_CHECK_PRINT_SIZE - 1);
        ret[HEALTH_CHECK_PRINT_SIZE - 1] = '\0';
        return ret;
}

/* ---- The rest ---- */

static const char *const *copy_texts(const char *const *texts, struct arena *a) {
        size_t n = 0;
        const char **copy;

        if (!texts)
                return NULL;
        while (texts[n])
                n++;
        copy = arena_array(a, n + 1, sizeof(*copy));
        for (size_t i = 0; i < n; i++)
                copy[i] = arena_strdup(a, texts[i]);
        return copy;
}

void health_check_copy(struct health_check *ret, const struct health_check *check, struct arena *a) {
        struct health_check copy = *check;

        copy.wrong = arena_strdup(a, check->wrong);
        copy.url = arena_strdup(a, check->url);
        copy.expected_body = arena_strdup(a, check->expected_body);
        copy.command = arena_strdup(a, check->command);
        copy.headers = copy_texts(check->headers, a);
        copy.argv = copy_texts(check->argv, a);
        *ret = copy;
}

/* Without what may be a secret: a user and a password, and what is asked for. */
static void add_url(struct buf *out, const char *url) {
        const char *host = strstr(url, "://"), *end;

        host = host ? host + strlen("://") : url;
        end = host + strcspn(host, "/?#");
        buf_add(out, url, (size_t)(host - url));
        for (const char *at = host; at < end; at++)
                if (*at == '@')
                        host = at + 1;
        buf_add(out, host, strcspn(host, "?#"));
        if (host[strcspn(host, "?#")])
                buf_add_str(out, "?...");
}

/* As the configuration shows it. */
static const char *shown_word(const char *word, struct arena *a) {
        return has_secret_address(word) ? CONFIG_MASK : text_shell_word(word, a);
}

const char *health_check_what(const struct health_check *check, struct arena *a) {
        struct buf text AUTO(buf_release) = BUF_INIT(PRINT_MAX);
        char line[WHAT_SIZE];

        switch (check->kind) {
        case HEALTH_CHECK_HTTP:
                buf_add_str(&text, "GET ");
                add_url(&text, check->url ? check->url : "");
                break;
        case HEALTH_CHECK_TCP:
                buf_addf(&text, "port %lld", (long long)check->port);
                break;
        case HEALTH_CHECK_EXEC:
                if (check->command)
                        buf_add_str(&text, has_secret_address(check->command) ? CONFIG_MASK : check->command);
                for (size_t i = 0; check->argv && check->argv[i]; i++)
                        buf_addf(&text, "%s%s", i ? " " : "", shown_word(check->argv[i], a));
                break;
        case HEALTH_CHECK_DOCKER:
                buf_add_str(&text, "the engine's own health");
                break;
        default:
                break;
        }
        return arena_strdup(a, text_escape_into(line, sizeof(line), buf_str(&text)));
}
