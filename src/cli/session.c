/* SPDX-License-Identifier: MIT */
/* Opens what a command needs (engine, data directory, configuration) and finds the container a person named. */
#include "cli_internal.h"

#include "autoheal/os/log.h"
#include "autoheal/os/self.h"
#include "autoheal/os/wake.h"
#include "autoheal/util/text.h"

#include <unistd.h>

#define PATIENCE_S 2

extern char **environ;

static const char *get_env(const char *name) {
        return getenv(name);
}

static bool in_container(void) {
        char id[SELF_ID_SIZE];
        self_container_id(id);
        return id[0] != '\0';
}

static struct env_var *environment(struct arena *a, size_t *ret_n) {
        size_t n = 0;
        while (environ[n])
                n++;
        struct env_var *vars = arena_array(a, n, sizeof(*vars));
        *ret_n = 0;
        for (size_t i = 0; i < n; i++) {
                const char *eq = strchr(environ[i], '=');
                if (!eq)
                        continue;
                vars[*ret_n].name = arena_strndup(a, environ[i], (size_t)(eq - environ[i]));
                vars[(*ret_n)++].value = eq + 1;
        }
        return vars;
}

const char *session_describe(struct session *s, const struct config_issue *issue) {
        if (config_is_variable(issue->where))
                return arena_printf(&s->arena, "environment: %s: %s", issue->where, issue->message);
        return arena_printf(&s->arena, "%s/config.json: %s: %s", s->location.path, issue->where, issue->message);
}

static bool wants_warnings(const struct session *s) {
        return isatty(STDERR_FILENO) || s->cli->options.verbose;
}

/* Warnings would turn every run of cron into mail: they are for a person who looks, or asks with -v. */
static void print_warnings(struct session *s) {
        if (s->docker_config.warning)
                log_warn("%s", s->docker_config.warning);
        /* Those of serve go to its log, at the start and whenever it reads the configuration anew. */
        if (!wants_warnings(s) || s->cli->command->run == cmd_serve)
                return;
        for (size_t i = 0; i < s->issues.n; i++)
                if (!s->issues.items[i].is_note)
                        log_warn("%s", session_describe(s, &s->issues.items[i]));
}

/* One line for each: the last one is what the caller prints. A file that does not parse has no list, only err. */
static void print_all_errors_but_last(struct session *s, struct error *err) {
        const struct config_issue *last = NULL;
        for (size_t i = 0; i < s->issues.n; i++) {
                if (!s->issues.items[i].is_error)
                        continue;
                if (last)
                        log_error("%s", session_describe(s, last));
                last = &s->issues.items[i];
        }
        if (last)
                (void)error_set(err, ERR_CONFIG, "%s", session_describe(s, last));
        else if (s->env && !err->remedy_at)
                (void)error_remedy(err, SESSION_CONFIG_REMEDY);
}

int session_read_config(struct session *s, struct error *err) {
        struct arena *a = &s->config_arena;
        arena_release(a);
        s->config_text = NULL;
        s->env = NULL;
        s->issues = (struct config_issues)CONFIG_ISSUES_INIT(a);
        if (store_read_config(s->store, a, &s->config_text, &s->config_len, err) < 0)
                return -1;
        s->env = environment(a, &s->n_env);
        const char *shown = arena_printf(a, "%s/config.json", s->location.path);
        return config_load(&s->config, shown, s->config_text, s->config_len, s->env, s->n_env, &s->issues, a, err);
}

static int open_config(struct session *s, struct error *err) {
        if (session_read_config(s, err) < 0) {
                print_all_errors_but_last(s, err);
                return -1;
        }
        print_warnings(s);
        return 0;
}

int session_locate(struct session *s, struct error *err) {
        const char *flag = s->cli->options.data_dir, *env = getenv("AUTOHEAL_DATA_DIR"),
                   *unknown = s->docker_config.data_dir_unknown;
        if (unknown && !flag && !(env && *env)) {
                (void)error_set(err, ERR_CONFIG, "%s", unknown);
                return error_remedy(err, "repair it or use --data-dir");
        }
        if (!s->endpoint.context)
                return error_set(err, ERR_FAILED, "it is not known which context is meant, and so which data directory");
        return store_locate(&s->location, flag, s->docker_config.data_dir, s->endpoint.context, in_container(), err);
}

/*
 * All commands do, not only serve: its files are closed to a root who may not override their permissions, and what root makes beside
 * them is closed to it.
 */
int session_become(struct session *s, struct error *err) {
        const struct endpoint *e = &s->endpoint;
        const char *token = getenv("AUTOHEAL_API_TOKEN_FILE"), *files[5];
        const char *const wanted[] = { e->tls_ca, e->tls_cert, e->tls_key, token };
        size_t n = 0;
        /* Without an endpoint doctor goes on. */
        if (getuid() != 0 || geteuid() != 0 || !e->base_url || !in_container())
                return 0;
        if (e->command) {
                (void)snprintf(s->identity, sizeof(s->identity), "stays root: ssh needs root's keys");
                return 0;
        }
        for (size_t i = 0; i < N_ELEMENTS(wanted); i++)
                if (wanted[i] && *wanted[i])
                        files[n++] = wanted[i];
        files[n] = NULL;
        struct identity_needs needs = { .socket = e->unix_socket, .data_dir = s->location.path, .files = files };
        if (identity_take(&needs, s->identity, err) < 0)
                return -1;
        log_debug("%s", s->identity);
        return 0;
}

int session_begin(struct session *s, struct cli *cli, struct error *err) {
        *s = (struct session){ .cli = cli, .arena = ARENA_INIT((size_t)64 * 1024), .config_arena = ARENA_INIT((size_t)64 * 1024) };
        const struct docker_flags *flags_given = &cli->options.docker;
        docker_config_read(&s->docker_config, flags_given, &s->arena);
        if (endpoint_resolve(&s->endpoint, flags_given, &s->docker_config, get_env, &s->arena, err) < 0)
                return err->code == ERR_FAILED ? -1 : error_wrap(err, "Failed to initialize");
        return 0;
}

int session_connect(struct session *s, struct error *err) {
        if (net_new(&s->net, err) < 0)
                return -1;
        s->engine = engine_new(s->net, &s->endpoint);
        return interrupt_watch(s, err);
}

struct log_file *session_log(struct session *s) {
        const struct config *c = &s->config;
        struct log_shape shape = { .least = log_level_parse(c->observability.log_level),
                                   .json = str_eq(c->observability.log_format, "json"),
                                   .max_bytes = c->observability.log_max_bytes,
                                   .keep = c->observability.log_keep };
        struct log_file *log = log_file_new(s->location.path, &shape, false);
        log_attach(log);
        for (size_t i = 0; wants_warnings(s) && i < s->issues.n; i++)
                log_note(s->issues.items[i].is_note ? LEVEL_INFO : LEVEL_WARNING, "config", "%s",
                         session_describe(s, &s->issues.items[i]));
        return log;
}

static int open_store(struct session *s, struct cli *cli, enum store_mode mode, struct error *err) {
        if (session_begin(s, cli, err) < 0 || session_locate(s, err) < 0)
                return -1;
        log_debug("engine %s (context %s, from %s), data directory %s (%s)", s->endpoint.text, s->endpoint.context,
                  s->endpoint.source, s->location.path, s->location.source);
        if (session_become(s, err) < 0)
                return -1;
        return store_open(&s->store, s->location.path, mode, err);
}

int session_open(struct session *s, struct cli *cli, enum store_mode mode, struct error *err) {
        if (open_store(s, cli, mode, err) < 0 || open_config(s, err) < 0)
                return -1;
        return session_connect(s, err);
}

int session_open_anyway(struct session *s, struct cli *cli, enum store_mode mode, struct error *err) {
        struct error wrong = ERROR_INIT;
        if (open_store(s, cli, mode, err) < 0)
                return -1;
        if (session_read_config(s, &wrong) == 0) {
                print_warnings(s);
        } else {
                config_defaults(&s->config);
                /* How many are to be kept is not known: none is dropped. */
                s->config.ui.max_log_entries = INT64_MAX;
                log_warn("the configuration cannot be used, and nothing of it is needed for this: %s", wrong.msg);
        }
        return session_connect(s, err);
}

int session_open_config(struct session *s, struct cli *cli, enum store_mode mode, struct error *ret_wrong, struct error *err) {
        error_clear(ret_wrong);
        if (open_store(s, cli, mode, err) < 0)
                return -1;
        config_defaults(&s->config);
        if (session_read_config(s, ret_wrong) < 0 && !s->env) {
                if (err)
                        *err = *ret_wrong;
                return -1;
        }
        if (s->docker_config.warning)
                log_warn("%s", s->docker_config.warning);
        return 0;
}

void session_close(struct session *s) {
        engine_free(s->engine);
        net_free(s->net);
        wake_close();
        store_close(s->store);
        arena_release(&s->config_arena);
        arena_release(&s->arena);
}

int session_stop_writing(struct session *s, struct error *err) {
        store_close(s->store);
        s->store = NULL;
        return store_open(&s->store, s->location.path, STORE_READ, err);
}

int session_look(struct session *s, bool want_trace, struct pass **ret, struct error *err) {
        struct pass_setup setup = { .net = s->net,
                                    .engine = s->engine,
                                    .endpoint = &s->endpoint,
                                    .store = s->store,
                                    .config = &s->config,
                                    .read_only = true,
                                    .want_trace = want_trace,
                                    .interrupted = &s->interrupted,
                                    .abandon = &s->abandon };
        return pass_run(&setup, ret, err);
}

struct brief_look {
        struct engine_list list;
        struct error err;
        bool done, late;
};

static void listed(void *arg, const struct engine_list *list, const struct error *err) {
        struct brief_look *look = arg;
        look->done = true;
        if (err)
                look->err = *err;
        else
                look->list = *list;
}

static void be_late(void *arg) {
        struct brief_look *look = arg;
        look->late = true;
}

int session_list_briefly(struct session *s, struct engine_list *ret, struct error *err) {
        struct brief_look look = { .late = false };
        if (engine_list_containers(s->engine, false, &s->arena, listed, &look, err) < 0)
                return -1;
        uint64_t timer = net_timer(s->net, 1000 * PATIENCE_S, be_late, &look);
        while (!look.done && !look.late && !s->interrupted && net_run(s->net))
                continue;
        net_timer_cancel(s->net, timer);
        if (!look.done) {
                engine_cancel(s->engine, &look);
                return error_set(err, s->interrupted ? ERR_INTERRUPTED : ERR_TIMEOUT, "no answer within %d s", PATIENCE_S);
        }
        if (look.err.code != ERR_NONE) {
                if (err)
                        *err = look.err;
                return -1;
        }
        *ret = look.list;
        return 0;
}

int session_fail(const struct error *err) {
        if (err->code != ERR_INTERRUPTED)
                log_error("%s", err->msg);
        return err_exit_status(err->code);
}

bool session_is_id_prefix(const char *name) {
        size_t len = strlen(name);
        return len > 0 && len <= 64 && strspn(name, "0123456789abcdef") == len;
}

int session_resolve(struct pass *pass, const char *name, struct plan_item **ret, struct error *err) {
        return plan_find(pass_plan(pass), name, ret, err);
}
