/* SPDX-License-Identifier: MIT */
/* `docker autoheal ping`: asks a running serve how it is, for HEALTHCHECK. */
#include "cli_internal.h"

#include "autoheal/os/log.h"

#define PATIENCE_MS 5000
#define ANSWER_MAX  ((size_t)64 * 1024)
#define UNIX_PREFIX "unix://"

struct ping {
        struct session session;
        const char *socket; /* NULL: it is asked over TCP */
        const char *url;
        bool answered;
        int status; /* of the program */
};

static int take_url(struct ping *p, const char *url, struct error *err) {
        struct arena *a = &p->session.arena;
        if (strncmp(url, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0 && url[strlen(UNIX_PREFIX)] == '/') {
                p->socket = url + strlen(UNIX_PREFIX);
                p->url = "http://localhost/health";
                return 0;
        }
        size_t len = strlen(url);
        if (strncmp(url, "http://", strlen("http://")) != 0)
                return error_set(err, ERR_USAGE,
                                 "invalid argument \"%s\" for \"--url\" flag: must be http://host:port or unix:///path", url);
        while (len > 0 && url[len - 1] == '/')
                len--;
        p->url = arena_printf(a, "%.*s/health", (int)len, url);
        return 0;
}

/* Who listens everywhere listens at home too. */
static const char *at_home(const char *address) {
        if (str_eq(address, "0.0.0.0"))
                return "127.0.0.1";
        return str_eq(address, "::") ? "::1" : address;
}

/* A serve whose config.json was spoilt goes on with what it read before; what the environment says it has read as well. */
static int read_config(struct ping *p, struct error *err) {
        struct session *s = &p->session;
        struct error wrong = ERROR_INIT;
        if (session_open_config(s, s->cli, STORE_READ, &wrong, err) < 0)
                return -1;
        if (wrong.code == ERR_NONE)
                return 0;
        struct config_issues unread = CONFIG_ISSUES_INIT(&s->arena);
        return config_load(&s->config, "", NULL, 0, s->env, s->n_env, &unread, &s->arena, err);
}

static int find_address(struct ping *p, struct error *err) {
        const struct config *c = &p->session.config;
        if (read_config(p, err) < 0)
                return -1;
        if (!c->ui.enable)
                return error_set(err, ERR_FAILED, "serve answers no questions: ui.enable is false");
        const char *address = at_home(c->ui.listen_address);
        if (strncmp(address, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
                return take_url(p, address, err);
        bool v6 = strchr(address, ':') != NULL;
        return take_url(p,
                        arena_printf(&p->session.arena, "http://%s%s%s:%lld", v6 ? "[" : "", address, v6 ? "]" : "",
                                     (long long)c->ui.listen_port),
                        err);
}

/* True if /health says false, and nothing else. */
static bool denies(struct json_value health, const char *key) {
        bool is = true;
        return json_bool(json_get(health, key), &is) && !is;
}

static void print_health(const struct net_answer *answer) {
        struct json_doc *doc AUTO_JSON = NULL;
        struct json_value health = { .doc = NULL };
        if (json_parse(answer->body.p, answer->body.n, 10000, &doc, NULL) == 0)
                health = json_root(doc);
        (void)printf("healthy%s%s\n",
                     denies(health, "config_valid") ? "; config.json cannot be used, what it said before holds" : "",
                     denies(health, "state_saved") ? "; the state cannot be saved" : "");
}

static void answered(void *arg, const struct net_answer *answer, const struct error *err) {
        struct ping *p = arg;
        p->answered = true;
        p->status = 1;
        if (err) {
                log_error("serve does not answer at %s: %s", p->socket ? p->socket : p->url, err->msg);
        } else if (answer->status == 200) {
                p->status = 0;
                print_health(answer);
        } else if (answer->status == 503) {
                log_error("unhealthy: no turn was made for three intervals");
        } else {
                log_error("%s answers %ld, not as serve does", p->socket ? p->socket : p->url, answer->status);
        }
}

static int ask(struct ping *p, struct error *err) {
        struct net_request *unused = NULL;
        struct net_ask question = { .method = "GET",
                                    .url = p->url,
                                    .unix_socket = p->socket,
                                    .user_agent = "docker-autoheal",
                                    .timeout_ms = PATIENCE_MS,
                                    .connect_timeout_ms = PATIENCE_MS,
                                    .max_body = ANSWER_MAX };
        if (net_new(&p->session.net, err) < 0 || net_ask(p->session.net, &question, answered, p, &unused, err) < 0)
                return -1;
        while (!p->answered && net_run(p->session.net))
                continue;
        return 0;
}

int cmd_ping(struct cli *cli) {
        struct ping p = { .status = 1, .session = { .cli = cli, .arena = ARENA_INIT((size_t)16 * 1024) } };
        const char *url = cli->options.url;
        struct error err = ERROR_INIT;
        int r = url ? take_url(&p, url, &err) : find_address(&p, &err);
        if (r == 0)
                r = ask(&p, &err);
        if (r < 0)
                p.status = session_fail(&err);
        session_close(&p.session);
        return p.status;
}
