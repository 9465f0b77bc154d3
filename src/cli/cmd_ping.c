/* SPDX-License-Identifier: MIT */
/* `docker autoheal ping`: asks a running serve how it is, for HEALTHCHECK. */
#include "cli_internal.h"

#include "autoheal/os/log.h"

#define PATIENCE_MS 5000
#define ANSWER_MAX  ((size_t)64 * 1024)
#define UNIX_PREFIX "unix://"
#define API_PLACE   "api "
#define UNHEALTHY   "unhealthy: no turn was made for three intervals"

struct ping {
        struct session session;
        struct lock_holder serve; /* unless --url says whom to ask */
        const char *socket;       /* NULL: it is asked over TCP */
        const char *url;          /* NULL: it answers no questions */
        bool answered;
        int status; /* of the program */
};

static bool take_url(struct ping *p, const char *url) {
        if (strncmp(url, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0 && url[strlen(UNIX_PREFIX)] == '/') {
                p->socket = url + strlen(UNIX_PREFIX);
                p->url = "http://localhost/health";
                return true;
        }
        size_t len = strlen(url);
        if (strncmp(url, "http://", strlen("http://")) != 0)
                return false;
        while (len > 0 && url[len - 1] == '/')
                len--;
        p->url = arena_printf(&p->session.arena, "%.*s/health", (int)len, url);
        return true;
}

static int take_flag(struct ping *p, const char *url, struct error *err) {
        if (take_url(p, url))
                return 0;
        return error_set(err, ERR_USAGE, "invalid argument \"%s\" for \"--url\" flag: must be http://host:port or unix:///path",
                         url);
}

/* Who listens everywhere listens at home too. */
static const char *at_home(const char *url, struct arena *a) {
        static const char *const homes[][2] = { { "http://0.0.0.0:", "http://127.0.0.1:" }, { "http://[::]:", "http://[::1]:" } };
        for (size_t i = 0; i < N_ELEMENTS(homes); i++)
                if (strncmp(url, homes[i][0], strlen(homes[i][0])) == 0)
                        return arena_printf(a, "%s%s", homes[i][1], url + strlen(homes[i][0]));
        return url;
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

/* Where the configuration would have it listen; NULL: nowhere. */
static const char *configured_url(struct ping *p) {
        const struct config *c = &p->session.config;
        const char *address = c->ui.listen_address;
        if (!c->ui.enable)
                return NULL;
        if (strncmp(address, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
                return address;
        bool v6 = strchr(address, ':') != NULL;
        return arena_printf(&p->session.arena, "http://%s%s%s:%lld", v6 ? "[" : "", address, v6 ? "]" : "",
                            (long long)c->ui.listen_port);
}

/* Where it says that it listens; NULL: nowhere. */
static const char *told_url(struct ping *p) {
        for (const char *line = p->serve.places; *line; line += strcspn(line, "\n"), line += *line == '\n')
                if (strncmp(line, API_PLACE, strlen(API_PLACE)) == 0)
                        return arena_strndup(&p->session.arena, line + strlen(API_PLACE), strcspn(line, "\n") - strlen(API_PLACE));
        return NULL;
}

/* The configuration may have changed since it began. Where that cannot be seen (it could not write it down), it has to do. */
static int find_address(struct ping *p, struct error *err) {
        struct session *s = &p->session;
        bool held = false;
        if (read_config(p, err) < 0 || store_look_pass(s->store, &held, &p->serve, err) < 0)
                return -1;
        if (!held || (p->serve.pid && !p->serve.serves))
                return error_set(err, ERR_FAILED, "no serve is in charge of data directory '%s'", s->location.path);
        bool told = p->serve.places[0] != '\0';
        const char *url = told ? told_url(p) : configured_url(p);
        if (!url || take_url(p, at_home(url, &s->arena)))
                return 0;
        return error_set(err, ERR_FAILED, "%s: no place where serve could be asked: '%s'", told ? "pass.lock" : "ui.listen_address",
                         url);
}

/* Without an API only its turns show how it is. While the engine is away none is due. */
static int judge_by_turns(struct ping *p, struct error *err) {
        struct session *s = &p->session;
        struct error why = ERROR_INIT;
        struct engine_list list;
        int64_t us;
        if (idle_read(s, &p->serve, &us, err) < 0)
                return -1;
        p->status = 0;
        if (!idle_is_too_long(s, us)) {
                (void)printf("healthy; it has no API, so its last turn was looked at\n");
                return 0;
        }
        if (session_connect(s, err) < 0)
                return -1;
        if (session_list_briefly(s, &list, &why) == 0) {
                p->status = 1;
                log_error(UNHEALTHY);
        } else if (why.code == ERR_INTERRUPTED) {
                *err = why;
                return -1;
        } else {
                (void)printf("healthy; the engine is away\n");
        }
        return 0;
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
                log_error(UNHEALTHY);
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
        int r = url ? take_flag(&p, url, &err) : find_address(&p, &err);
        if (r == 0)
                r = p.url ? ask(&p, &err) : judge_by_turns(&p, &err);
        if (r < 0)
                p.status = session_fail(&err);
        session_close(&p.session);
        return p.status;
}
