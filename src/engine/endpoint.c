/* SPDX-License-Identifier: MIT */
/* Which engine: the docker CLI's rules for flags, environment and contexts. */
#include "endpoint_internal.h"

#define DEFAULT_CONTEXT "default" /* what flags and environment name; never stored */

/* Docker takes an empty variable as unset. */
static const char *env(const char *(*get_env)(const char *name), const char *name) {
        const char *value = get_env(name);

        return value && *value ? value : NULL;
}

static bool given(const char *s) {
        return s && *s;
}

/* The context's name, and who says so: NULL where the name follows from there being an address, or nothing at all. */
static int choose_context(const struct docker_flags *flags, const struct docker_config *cfg,
                          const char *(*get_env)(const char *name), const char **ret_name, const char **ret_source,
                          struct error *err) {
        *ret_name = DEFAULT_CONTEXT;
        *ret_source = NULL;
        if (flags->host && given(flags->context))
                return error_set(err, ERR_FAILED, "conflicting options: cannot specify both --host and --context");
        if (given(flags->context)) {
                *ret_name = flags->context;
                *ret_source = "--context";
        } else if (flags->host || env(get_env, "DOCKER_HOST")) {
                return 0;
        } else if (env(get_env, "DOCKER_CONTEXT")) {
                *ret_name = env(get_env, "DOCKER_CONTEXT");
                *ret_source = "DOCKER_CONTEXT";
        } else if (given(cfg->current_context)) {
                *ret_name = cfg->current_context;
                *ret_source = "currentContext";
        }
        return 0;
}

/* Any value of the variables asks for TLS, "0" too, and so does --tlsverify=false: TLS without verification. */
static bool wants_tls(const struct docker_flags *flags, const char *(*get_env)(const char *name)) {
        bool tls = flags->tls_given ? flags->tls : env(get_env, "DOCKER_TLS") != NULL;

        return tls || flags->tls_verify_given || env(get_env, "DOCKER_TLS_VERIFY");
}

/* What flags and environment name. */
static int resolve_default(struct endpoint *ret, const struct docker_flags *flags, const struct docker_config *cfg,
                           const char *(*get_env)(const char *name), struct arena *a, struct error *err) {
        const char *value = flags->host, *address;

        ret->source = "-H";
        if (!value) {
                value = env(get_env, "DOCKER_HOST");
                ret->source = value ? "DOCKER_HOST" : "default";
        }
        ret->tls = wants_tls(flags, get_env);
        if (address_complete(value ? value : "", ret->tls, &address, a, err) < 0 ||
            tls_from_flags(ret, flags, cfg, get_env, a, err) < 0)
                return -1;
        return address_set(ret, address, a, err);
}

/* Takes what is stored as it is: docker completes nothing there, and flags and variables about TLS do not count. */
static int resolve_stored(struct endpoint *ret, const struct docker_config *cfg, const char *source, struct arena *a,
                          struct error *err) {
        const char *address;

        ret->source = source;
        if (context_read(ret, cfg->dir, ret->context, &address, a, err) < 0)
                return -1;
        if (!*address && address_complete("", false, &address, a, err) < 0)
                return -1;
        return address_set(ret, address, a, err);
}

int endpoint_resolve(struct endpoint *ret, const struct docker_flags *flags, const struct docker_config *cfg,
                     const char *(*get_env)(const char *name), struct arena *a, struct error *err) {
        struct endpoint found = { .unix_socket = NULL };
        const char *name, *source;
        int r;

        if (choose_context(flags, cfg, get_env, &name, &source, err) < 0)
                return -1;
        ret->context = found.context = arena_strdup(a, name);
        if (str_eq(name, DEFAULT_CONTEXT))
                r = resolve_default(&found, flags, cfg, get_env, a, err);
        else
                r = resolve_stored(&found, cfg, source, a, err);
        if (r < 0 || tls_check(&found, err) < 0 || headers_set(&found, cfg, get_env, a, err) < 0)
                return -1;
        if (!found.tls) {
                found.tls_verify = false;
                found.tls_ca = found.tls_cert = found.tls_key = NULL;
        }
        *ret = found;
        return 0;
}
