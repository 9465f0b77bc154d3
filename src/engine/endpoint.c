/* SPDX-License-Identifier: MIT */
/* Which engine: the docker CLI's rules for flags, environment and contexts. */
#include "endpoint_internal.h"

#include "autoheal/util/slice.h"

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

/*
 * Another tool's variable, where the environment says that such are meant: in our image, not where docker would go elsewhere. Its
 * tcps:// is TLS, with files of its own.
 */
static const char *other_address(const char *(*get_env)(const char *name), bool *ret_tls) {
        const char *heed = env(get_env, "AUTOHEAL_OTHER_NAMES"), *value = env(get_env, "DOCKER_SOCK");
        struct slice rest = slice_str(value ? value : "");
        bool yes;

        if (!value || !heed || !parse_bool(heed, &yes) || !yes)
                return NULL;
        *ret_tls = slice_skip(&rest, "tcps://");
        return value;
}

static int resolve_other(struct endpoint *ret, const char *value, bool tls, struct arena *a, struct error *err) {
        const char *address;

        ret->source = "DOCKER_SOCK";
        if (*value == '/')
                value = arena_printf(a, "unix://%s", value);
        if (tls) {
                value = arena_printf(a, "tcp://%s", value + strlen("tcps://"));
                ret->tls = ret->tls_verify = true;
                ret->tls_ca = "/certs/ca.pem";
                ret->tls_cert = "/certs/client-cert.pem";
                ret->tls_key = "/certs/client-key.pem";
        }
        if (address_complete(value, ret->tls, &address, a, err) < 0)
                return -1;
        return address_set(ret, address, a, err);
}

/* What flags and environment name. */
static int resolve_default(struct endpoint *ret, const struct docker_flags *flags, const struct docker_config *cfg,
                           const char *(*get_env)(const char *name), struct arena *a, struct error *err) {
        const char *value = flags->host, *address, *other;
        bool other_tls = false;

        ret->source = "-H";
        if (!value) {
                value = env(get_env, "DOCKER_HOST");
                ret->source = value ? "DOCKER_HOST" : "default";
        }
        if (!value && (other = other_address(get_env, &other_tls)) != NULL)
                return resolve_other(ret, other, other_tls, a, err);
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
