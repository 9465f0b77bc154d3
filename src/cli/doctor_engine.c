/* SPDX-License-Identifier: MIT */
/* Which engine is meant, whether it answers, and why not. */
#include "doctor.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/self.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define HTTP_BAD_REQUEST  400
#define HTTP_SERVER_ERROR 500
#define SYSTEM_ENGINE     "unix:///var/run/docker.sock"
#define MOUNT_THE_SOCKET  "-v /var/run/docker.sock:/var/run/docker.sock, as an option of docker run for this container"

/* One GET /info, of the engine that is meant or of another one. */
struct introduction {
        bool came;
        struct error err; /* ERR_NONE: it answered */
        struct clock_reading clock;
        char version[65], id[129];
};

static void info_came(void *arg, const struct engine_info *info, const struct error *err) {
        struct introduction *in = arg;
        in->came = true;
        in->clock.answered_us = clock_read().wall_us;
        if (err) {
                in->err = *err;
                return;
        }
        in->clock.engine_us = info->engine_now_us;
        (void)snprintf(in->version, sizeof(in->version), "%s", info->server_version);
        (void)snprintf(in->id, sizeof(in->id), "%s", info->id);
}

/* False if somebody asks us to stop. */
static bool introduce(struct doctor *d, struct engine *engine, struct introduction *ret) {
        *ret = (struct introduction){ .clock.asked_us = clock_read().wall_us };
        if (engine_get_info(engine, info_came, ret, &ret->err) < 0)
                return true;
        return doctor_wait(d, &ret->came);
}

static bool in_container(void) {
        char id[SELF_ID_SIZE];
        self_container_id(id);
        return id[0] != '\0';
}

/* "unix:///run/docker.sock (DOCKER_HOST)" */
static const char *endpoint_name(struct doctor *d) {
        const struct endpoint *e = &d->session.endpoint;
        bool stored = e->context && !str_eq(e->context, "default");
        if (stored)
                return arena_printf(&d->session.arena, "%s (context '%s', from %s)", e->text, e->context, e->source);
        return arena_printf(&d->session.arena, "%s (%s)", e->text, e->source);
}

/* ---- Why there is no answer ---- */

static const char *service_remedy(const struct doctor *d) {
        const char *path = d->session.endpoint.unix_socket;
        if (in_container())
                return path ? MOUNT_THE_SOCKET : NULL;
        if (path && strncmp(path, "/run/user/", strlen("/run/user/")) == 0)
                return "systemctl --user status docker";
        return "systemctl status docker";
}

static const char *permission_remedy(struct doctor *d, const struct stat *st) {
        struct arena *a = &d->session.arena;
        if (in_container())
                return arena_printf(a, "--group-add %u, as an option of docker run for this container", st->st_gid);
        if (st->st_gid == 0 || !(st->st_mode & S_IWGRP))
                return arena_printf(a, "sudo %s doctor", d->session.cli->program);
        if (doctor_listed_in_group(st->st_gid, geteuid()))
                return arena_printf(a, "newgrp %s, or log in anew: you were added to the group after this session began",
                                    doctor_group_word(d, st->st_gid));
        return arena_printf(a, "sudo usermod -aG %s %s, then log in anew (who may use the socket is as good as root)",
                            doctor_group_word(d, st->st_gid), doctor_user_word(d, geteuid()));
}

static void find_no_permission(struct doctor *d) {
        const char *path = d->session.endpoint.unix_socket;
        struct stat st;
        if (stat(path, &st) < 0) {
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM,
                            arena_printf(&d->session.arena, "sudo %s doctor", d->session.cli->program),
                            "%s may not reach %s: a directory on the way to it is closed to this user", doctor_user(d, geteuid()),
                            endpoint_name(d));
                return;
        }
        doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM, permission_remedy(d, &st),
                    "permission denied at %s: the socket belongs to %s and group %s (mode %04o), and %s is %s", endpoint_name(d),
                    doctor_user(d, st.st_uid), doctor_group(d, st.st_gid), st.st_mode & 07777U, doctor_user(d, geteuid()),
                    doctor_in_group(st.st_gid) ? "kept out by its mode" : "not in that group");
}

static void find_no_socket(struct doctor *d, const struct error *err) {
        const char *path = d->session.endpoint.unix_socket, *at = endpoint_name(d);
        struct stat st;
        if (stat(path, &st) < 0)
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM, service_remedy(d),
                            "there is no socket at %s: the engine does not run, or listens elsewhere", at);
        else if (S_ISDIR(st.st_mode) && store_look(path) != STORE_EMPTY)
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM, "name the engine's socket, " SYSTEM_ENGINE " mostly",
                            "%s is a directory, not a socket", at);
        else if (S_ISDIR(st.st_mode))
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM,
                            arena_printf(&d->session.arena, "rmdir %s, then start the engine", doctor_word(d, path)),
                            "%s is a directory, not a socket: a container that mounts it was started while the engine's socket was "
                            "not there",
                            at);
        else if (err->sys_errno == ECONNREFUSED)
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM, service_remedy(d),
                            "nobody listens at %s: the engine that made this socket has ended", at);
        else
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM, service_remedy(d), "%s: %s", at, err->msg);
}

/* Without the request that failed: Get "http://...": why */
static const char *cause_of(const struct error *err) {
        const char *why = strstr(err->msg, "\": ");
        return why ? why + strlen("\": ") : err->msg;
}

static bool is_about_name(const struct error *err) {
        return strcasestr(err->msg, "resolve") != NULL;
}

static void find_no_connection(struct doctor *d, const struct error *err) {
        const struct endpoint *e = &d->session.endpoint;
        const char *at = endpoint_name(d);
        char why[128];
        if (e->unix_socket && (err->sys_errno == EACCES || err->sys_errno == EPERM))
                find_no_permission(d);
        else if (e->unix_socket)
                find_no_socket(d, err);
        else if (e->command)
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM,
                            arena_printf(&d->session.arena, "docker -H %s version", doctor_word(d, e->text)),
                            "no way through ssh to %s: %s", at, cause_of(err));
        else if (err->sys_errno)
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM, "ask on that host: systemctl status docker; ss -tln",
                            "no connection to %s: %s", at, strerror_r(err->sys_errno, why, sizeof(why)));
        else
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM,
                            is_about_name(err) ? arena_printf(&d->session.arena, "getent hosts %s", doctor_word(d, e->host)) : NULL,
                            "no connection to %s: %s", at, cause_of(err));
}

/* Shows what certificate the engine has, and what is wrong with it. */
static const char *tls_remedy(struct doctor *d) {
        const struct endpoint *e = &d->session.endpoint;
        const char *separator = strstr(e->base_url, "://"), *address = separator ? separator + strlen("://") : e->base_url;
        struct arena *a = &d->session.arena;
        const char *peer = arena_strndup(a, address, strcspn(address, "/"));
        return arena_printf(a, "openssl s_client -connect %s%s%s </dev/null", doctor_word(d, peer), e->tls_ca ? " -CAfile " : "",
                            e->tls_ca ? doctor_word(d, e->tls_ca) : "");
}

static void find_tls_trouble(struct doctor *d, const struct error *err) {
        const struct endpoint *e = &d->session.endpoint;
        doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM, tls_remedy(d),
                    "no connection to %s with TLS (authorities: %s, certificate: %s, the engine's certificate is %s): %s",
                    endpoint_name(d), e->tls_ca ? e->tls_ca : "the system's", e->tls_cert ? e->tls_cert : "none",
                    e->tls_verify ? "checked" : "not checked", cause_of(err));
}

static void find_no_answer(struct doctor *d, const struct error *err) {
        const struct endpoint *e = &d->session.endpoint;
        const char *fixed = getenv("DOCKER_API_VERSION");
        if (err->code == ERR_CONNECT && e->tls && err->sys_errno == 0 && !is_about_name(err))
                find_tls_trouble(d, err);
        else if (err->code == ERR_CONNECT)
                find_no_connection(d, err);
        else if (err->code == ERR_TIMEOUT)
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM, "journalctl -u docker -n 50, on the engine's host",
                            "%s: it takes connections, and hangs", err->msg);
        else if (fixed && *fixed && (err->code == ERR_INVALID || err->http_status == HTTP_BAD_REQUEST))
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM, "unset DOCKER_API_VERSION, so that the version is negotiated",
                            "DOCKER_API_VERSION=%s does not fit the engine at %s: %s", fixed, endpoint_name(d), err->msg);
        else if (err->http_status >= HTTP_SERVER_ERROR)
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM, "is the engine behind the proxy running? systemctl status docker",
                            "something answers at %s that cannot reach the engine behind it (HTTP status %d)", endpoint_name(d),
                            err->http_status);
        else if (err->http_status && err->http_status != HTTP_BAD_REQUEST)
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM, "set PING=1 on the socket proxy",
                            "%s refuses GET /_ping, with which every command begins (HTTP status %d)", endpoint_name(d),
                            err->http_status);
        else if (err->code == ERR_ENGINE)
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM,
                            "update the engine to one that speaks API " ENGINE_API_MIN " or later", "%s: %s", endpoint_name(d),
                            err->msg);
        else if (err->code == ERR_PROTOCOL && !e->tls && !e->unix_socket)
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM,
                            "if it wants TLS: docker --tlsverify, DOCKER_TLS_VERIFY=1, or a context with certificates",
                            "no usable answer from %s: %s", endpoint_name(d), cause_of(err));
        else
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM, NULL, "no usable answer from %s: %s", endpoint_name(d),
                            cause_of(err));
}

/* ---- The engine that is meant ---- */

static bool answered(const struct doctor *d, const struct error *err) {
        if (err->code == ERR_NONE)
                return true;
        bool refused = err->code == ERR_ENGINE || err->code == ERR_NOT_FOUND;
        return refused && err->http_status && err->http_status != HTTP_BAD_REQUEST && engine_api_version(d->session.engine)[0];
}

static void find_engine(struct doctor *d) {
        const char *api = engine_api_version(d->session.engine), *at = endpoint_name(d);
        const char *kind = engine_is_podman(d->session.engine) ? "Podman" : "Docker";
        const char *fixed = getenv("DOCKER_API_VERSION");
        const char *by = fixed && *fixed ? " (DOCKER_API_VERSION)" : "";
        if (d->engine_version[0])
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_OK, NULL, "%s %s at %s, API %s%s", kind, d->engine_version, at, api, by);
        else
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_OK, NULL, "an engine answers at %s, API %s%s", at, api, by);
}

void doctor_engine(struct doctor *d) {
        struct introduction in;
        struct error err = ERROR_INIT;
        if (d->endpoint_error.code != ERR_NONE) {
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM, "docker context ls", "%s", d->endpoint_error.msg);
                return;
        }
        if (session_connect(&d->session, &err) < 0) {
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_PROBLEM, NULL, "%s", err.msg);
                return;
        }
        if (!introduce(d, d->session.engine, &in))
                return;
        d->connected = answered(d, &in.err);
        if (!d->connected) {
                find_no_answer(d, &in.err);
                return;
        }
        d->info_error = in.err;
        (void)snprintf(d->engine_id, sizeof(d->engine_id), "%s", in.id);
        (void)snprintf(d->engine_version, sizeof(d->engine_version), "%s", doctor_short(d, in.version));
        d->clock = in.clock;
        find_engine(d);
}

/* ---- Another one ---- */

static const char *no_environment(const char *name) {
        (void)name;
        return NULL;
}

/* True if an engine answers at the unix socket that these flags mean, and it is another one than the one that was meant. */
static bool try_engine(struct doctor *d, const struct docker_flags *only, const char *words) {
        struct session *s = &d->session;
        struct docker_config config = s->docker_config;
        struct endpoint endpoint;
        struct introduction in;
        struct stat st;
        /* Headers may hold a secret that is meant for another engine. */
        config.n_headers = 0;
        if (endpoint_resolve(&endpoint, only, &config, no_environment, &s->arena, NULL) < 0 || !endpoint.unix_socket ||
            str_eq(endpoint.unix_socket, s->endpoint.unix_socket))
                return false;
        if (stat(endpoint.unix_socket, &st) < 0 || !S_ISSOCK(st.st_mode))
                return false;
        struct engine *engine = engine_new(s->net, &endpoint);
        bool answers = introduce(d, engine, &in) && in.err.code == ERR_NONE;
        engine_free(engine);
        if (answers)
                doctor_find(d, CHECK_ENGINE, DIAGNOSIS_WARNING, doctor_command(d, words),
                            "another engine does answer, at %s: is that the one you mean?", endpoint.text);
        return answers;
}

/* docker's default context is the system's socket, unless the environment names another. */
static bool try_system(struct doctor *d) {
        const char *host = getenv("DOCKER_HOST");
        bool is_default = !(host && *host) && !str_eq(d->session.endpoint.context, "default");
        return try_engine(d, &(struct docker_flags){ .host = SYSTEM_ENGINE }, is_default ? "-c default" : "-H " SYSTEM_ENGINE);
}

static bool try_context(struct doctor *d, const char *name) {
        return try_engine(d, &(struct docker_flags){ .context = name },
                          arena_printf(&d->session.arena, "-c %s", doctor_word(d, name)));
}

static bool try_rootless(struct doctor *d) {
        const char *runtime = getenv("XDG_RUNTIME_DIR");
        if (!runtime || *runtime != '/')
                return false;
        const char *host = arena_printf(&d->session.arena, "unix://%s/docker.sock", runtime);
        return try_engine(d, &(struct docker_flags){ .host = host },
                          arena_printf(&d->session.arena, "-H %s", doctor_word(d, host)));
}

/* The contexts are those that docker's own installers make. */
void doctor_other_engines(struct doctor *d) {
        if (d->connected || !d->session.net)
                return;
        (void)(try_system(d) || try_context(d, "rootless") || try_context(d, "desktop-linux") || try_rootless(d));
}
