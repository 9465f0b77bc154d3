/* SPDX-License-Identifier: MIT */
/* The bearer token of the API: found or made at the start, compared in constant time, and wrong ones answered slowly. */
#include "serve/token.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/file.h"
#include "autoheal/os/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#define FILE_NAME    "api_token"
#define FILE_MAX     ((size_t)4096)
#define RANDOM_BYTES 32
#define SLOW_MS      500
#define TELL_MS      60000

/* ---- Where it comes from ---- */

static int check(const char *token, size_t len, const char *source, struct error *err) {
        for (size_t i = 0; i < len; i++)
                if (token[i] <= ' ' || token[i] > '~')
                        return error_set(err, ERR_CONFIG, "the API token in %s may hold printable ASCII characters only, no blanks",
                                         source);
        if (len < TOKEN_MIN)
                return error_set(err, ERR_CONFIG, "the API token in %s is too short: it needs at least %d characters", source,
                                 TOKEN_MIN);
        if (len >= TOKEN_SIZE)
                return error_set(err, ERR_CONFIG, "the API token in %s is too long: at most %d characters", source, TOKEN_SIZE - 1);
        return 0;
}

static int take(char ret[static TOKEN_SIZE], char **ret_source, const char *token, const char *source, struct error *err) {
        size_t len = strlen(token);
        if (check(token, len, source, err) < 0)
                return -1;
        memcpy(ret, token, len + 1);
        *ret_source = xstrdup(source);
        return 0;
}

/* Editors end a file with a line break. */
static int take_file(char ret[static TOKEN_SIZE], char **ret_source, int dirfd, const char *name, const char *shown,
                     struct error *err) {
        struct buf text AUTO(buf_release) = BUF_INIT(FILE_MAX);
        if (file_read(dirfd, name, &text, err) < 0)
                return -1;
        while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]))
                text.data[--text.len] = '\0';
        if (memchr(buf_str(&text), '\0', text.len))
                return error_set(err, ERR_CONFIG, "the API token in %s may hold printable ASCII characters only, no blanks", shown);
        return take(ret, ret_source, buf_str(&text), shown, err);
}

static int make_random(char ret[static TOKEN_SIZE], struct error *err) {
        unsigned char bytes[RANDOM_BYTES];
        size_t have = 0;
        while (have < sizeof(bytes)) {
                ssize_t n = getrandom(bytes + have, sizeof(bytes) - have, 0);
                if (n < 0 && errno != EINTR)
                        return error_set_errno(err, errno, "making an API token");
                have += n > 0 ? (size_t)n : 0;
        }
        for (size_t i = 0; i < sizeof(bytes); i++)
                (void)snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
        return 0;
}

static int make_file(char ret[static TOKEN_SIZE], char **ret_source, int dirfd, const char *shown, struct error *err) {
        char line[TOKEN_SIZE + 1], source[5200];
        struct error why = ERROR_INIT;
        if (make_random(ret, err) < 0)
                return -1;
        int n = snprintf(line, sizeof(line), "%s\n", ret);
        if (file_replace(dirfd, FILE_NAME, line, (size_t)n, FILE_DURABLE, &why) < 0)
                (void)snprintf(source, sizeof(source), "no file (%s): nobody knows it, and nothing can be changed over HTTP",
                               why.msg);
        else
                (void)snprintf(source, sizeof(source), "%s", shown);
        *ret_source = xstrdup(source);
        return 0;
}

/* Others who can read it can do all that it allows. */
static int check_private(int dirfd, const char *shown, struct error *err) {
        struct stat st;
        if (fstatat(dirfd, FILE_NAME, &st, 0) < 0)
                return 0;
        if (st.st_mode & 077)
                return error_set(err, ERR_CONFIG,
                                 "%s can be read by other users: chmod 600 '%s', or remove it and a new one is made", shown, shown);
        return 0;
}

static int from_data_dir(char ret[static TOKEN_SIZE], char **ret_source, const char *data_dir, struct error *err) {
        char shown[4200];
        struct error why = ERROR_INIT;
        AUTO_CLOSE int dirfd = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (dirfd < 0)
                return error_set_errno(err, errno, "opening '%s'", data_dir);
        (void)snprintf(shown, sizeof(shown), "%s/" FILE_NAME, data_dir);
        if (check_private(dirfd, shown, err) < 0)
                return -1;
        if (take_file(ret, ret_source, dirfd, FILE_NAME, shown, &why) == 0)
                return 0;
        if (why.code == ERR_NOT_FOUND)
                return make_file(ret, ret_source, dirfd, shown, err);
        if (err)
                *err = why;
        return -1;
}

int token_find(char ret[static TOKEN_SIZE], char **ret_source, const char *given, const char *data_dir,
               const char *(*get_env)(const char *name), struct error *err) {
        const char *value = get_env("AUTOHEAL_API_TOKEN"), *file = get_env("AUTOHEAL_API_TOKEN_FILE");
        struct error why = ERROR_INIT;
        if (given)
                return take(ret, ret_source, given, "the command line", err);
        if (value && *value)
                return take(ret, ret_source, value, "AUTOHEAL_API_TOKEN", err);
        if (file && *file) {
                if (take_file(ret, ret_source, AT_FDCWD, file, file, &why) < 0)
                        return error_set(err, ERR_CONFIG, "AUTOHEAL_API_TOKEN_FILE: %s", why.msg);
                return 0;
        }
        return from_data_dir(ret, ret_source, data_dir, err);
}

/* ---- Is it the one? ---- */

bool token_is(const char *token, struct slice shown) {
        size_t len = strlen(token);
        unsigned char a[TOKEN_SIZE] = { 0 }, b[TOKEN_SIZE] = { 0 };
        memcpy(a, token, len);
        memcpy(b, shown.p, shown.n < TOKEN_SIZE ? shown.n : TOKEN_SIZE);
        volatile unsigned char differ = (unsigned char)(shown.n != len || len == 0);
        for (size_t i = 0; i < TOKEN_SIZE; i++)
                differ = (unsigned char)(differ | (a[i] ^ b[i]));
        return differ == 0;
}

/* ---- Guessing ---- */

/* The answers to wrong tokens wait, and after too many of them tokens that nobody has looked at yet. */
struct guess {
        struct guess *next;
        struct token_guard *guard;
        struct call *call; /* NULL: it does not wait for this any more */
        uint64_t timer;    /* of a wrong one: when its place is free again */
        char peer[48];
};

struct token_guard {
        struct net *net;
        char *source;
        struct guess *wrong, *unknown; /* oldest first */
        size_t most;
        int64_t told_ms; /* when the log was told last; 0: not yet */
        unsigned untold; /* wrong ones since */
};

struct token_guard *token_guard_new(struct net *net, size_t most) {
        struct token_guard *g = xcalloc(1, sizeof(*g));
        g->net = net;
        g->most = most;
        return g;
}

void token_guard_free(struct token_guard *g) {
        if (!g)
                return;
        while (g->wrong) {
                struct guess *next = g->wrong->next;
                net_timer_cancel(g->net, g->wrong->timer);
                free(g->wrong);
                g->wrong = next;
        }
        free(g->source);
        free(g);
}

const char *token_guard_source(const struct token_guard *g) {
        return g && g->source ? g->source : "";
}

void token_guard_set_source(struct token_guard *g, char *source) {
        free(g->source);
        g->source = source;
}

static struct guess *add(struct token_guard *g, struct guess **list, struct call *call) {
        struct guess *guess = xcalloc(1, sizeof(*guess));
        guess->guard = g;
        guess->call = call;
        (void)snprintf(guess->peer, sizeof(guess->peer), "%s", http_conn_peer(call->conn));
        while (*list)
                list = &(*list)->next;
        *list = guess;
        return guess;
}

static void drop(struct guess **list, struct guess *guess) {
        while (*list != guess)
                list = &(*list)->next;
        *list = guess->next;
        free(guess);
}

static size_t count_wrong(const struct token_guard *g, const char *peer) {
        size_t n = 0;
        for (const struct guess *w = g->wrong; w && n <= g->most; w = w->next)
                n += str_eq(w->peer, peer);
        return n;
}

static bool is_shut(const struct token_guard *g, const char *peer) {
        return count_wrong(g, peer) > g->most;
}

static struct guess *first_to_be_tried(const struct token_guard *g) {
        for (struct guess *u = g->unknown; u; u = u->next)
                if (!is_shut(g, u->peer))
                        return u;
        return NULL;
}

static void place_is_free(void *arg) {
        struct guess *wrong = arg, *next;
        struct token_guard *g = wrong->guard;
        struct call *call = wrong->call;
        drop(&g->wrong, wrong);
        if (call)
                api_answer(call);
        while ((next = first_to_be_tried(g))) {
                call = next->call;
                drop(&g->unknown, next);
                api_again(call);
        }
}

/* Its place stays taken: else one that does not wait for the answer could try as many as it likes. */
static void guesser_gone(void *arg) {
        struct guess *wrong = arg;
        wrong->call = NULL;
}

static void unknown_gone(void *arg) {
        struct guess *unknown = arg;
        drop(&unknown->guard->unknown, unknown);
}

bool token_may_be_tried(struct call *call) {
        struct token_guard *g = call->api->guard;
        if (!g || !is_shut(g, http_conn_peer(call->conn)))
                return true;
        api_later(call, unknown_gone, add(g, &g->unknown, call));
        return false;
}

/* One line a minute, however many there are. */
static void tell_the_log(struct token_guard *g, const char *peer) {
        int64_t now_ms = clock_read().mono_ms;
        if (g->told_ms && now_ms - g->told_ms < TELL_MS) {
                g->untold++;
                return;
        }
        if (g->untold > 0)
                log_note(LEVEL_WARNING, "http", "%s showed a wrong API token; %u more came since the last such line", peer,
                         g->untold);
        else
                log_note(LEVEL_WARNING, "http", "%s showed a wrong API token", peer);
        g->told_ms = now_ms;
        g->untold = 0;
}

bool token_slow_down(struct call *call) {
        struct token_guard *g = call->api->guard;
        if (!g)
                return true;
        tell_the_log(g, http_conn_peer(call->conn));
        struct guess *wrong = add(g, &g->wrong, call);
        wrong->timer = net_timer(g->net, SLOW_MS, place_is_free, wrong);
        if (!is_shut(g, wrong->peer)) {
                api_later(call, guesser_gone, wrong);
                return true;
        }
        wrong->call = NULL;
        return false;
}
