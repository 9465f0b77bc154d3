/* SPDX-License-Identifier: MIT */
/* Which certificates are meant, and whether they could be ones. */
#include "endpoint_internal.h"

#include <errno.h>
#include <sys/stat.h>

#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n\t "

/* Docker takes an empty variable as unset. */
static bool is_set(const char *(*get_env)(const char *name), const char *name) {
        const char *value = get_env(name);

        return value && *value;
}

/* The file of a flag, or the usual one if it is there. NULL: none. */
static const char *own_file(const char *flag, const char *dir, const char *name, struct arena *a) {
        const char *usual;
        struct stat st;

        if (flag)
                return *flag ? arena_strdup(a, flag) : NULL;
        usual = path_in(dir, name, a);
        return stat(usual, &st) < 0 && errno == ENOENT ? NULL : usual;
}

static int look_at(const char *path, struct error *err) {
        struct buf text AUTO(buf_release) = BUF_INIT(DOCKER_FILE_MAX);

        if (path && docker_file_read(path, &text, err) < 0) {
                (void)error_wrap(err, "unable to resolve docker endpoint");
                if (err)
                        err->code = ERR_INVALID;
                return -1;
        }
        return 0;
}

int tls_from_flags(struct endpoint *ret, const struct docker_flags *flags, const struct docker_config *cfg,
                   const char *(*get_env)(const char *name), struct arena *a, struct error *err) {
        const char *dir = is_set(get_env, "DOCKER_CERT_PATH") ? get_env("DOCKER_CERT_PATH") : cfg->cert_dir;

        if (!ret->tls)
                return 0;
        ret->tls_verify = flags->tls_verify_given ? flags->tls_verify : is_set(get_env, "DOCKER_TLS_VERIFY");
        ret->tls_cert = own_file(flags->tls_cert, dir, "cert.pem", a);
        ret->tls_key = own_file(flags->tls_key, dir, "key.pem", a);
        /* Unlike those it must be there, even where nothing will be verified. */
        if (!flags->tls_ca)
                ret->tls_ca = path_in(dir, "ca.pem", a);
        else if (*flags->tls_ca)
                ret->tls_ca = arena_strdup(a, flags->tls_ca);
        if (look_at(ret->tls_ca, err) < 0 || look_at(ret->tls_cert, err) < 0 || look_at(ret->tls_key, err) < 0)
                return -1;
        if (!ret->tls_cert || !ret->tls_key)
                ret->tls_cert = ret->tls_key = NULL;
        return 0;
}

/* A block of any name: which kinds of keys there are is for the TLS library to know. */
static bool has_pem_block(const char *text) {
        const char *begin = strstr(text, "-----BEGIN ");

        return begin && strstr(begin, "-----END ");
}

/* One that holds nothing but base64: docker skips certificates with headers. */
static bool has_certificate(const char *text) {
        static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";

        for (const char *p = text; (p = strstr(p, begin)) != NULL;) {
                size_t n;

                p += strlen(begin);
                n = strspn(p, BASE64);
                /* DER begins with a sequence of more than 255 bytes, which is "MI". */
                if (strncmp(p + strspn(p, "\r\n\t "), "MI", 2) == 0 && strncmp(p + n, end, strlen(end)) == 0)
                        return true;
        }
        return false;
}

int tls_check(const struct endpoint *ep, struct error *err) {
        struct buf ca AUTO(buf_release) = BUF_INIT(DOCKER_FILE_MAX), cert AUTO(buf_release) = BUF_INIT(DOCKER_FILE_MAX),
                      key AUTO(buf_release) = BUF_INIT(DOCKER_FILE_MAX);

        if (!ep->tls)
                return 0;
        if (ep->tls_ca && docker_file_read(ep->tls_ca, &ca, err) < 0)
                return -1;
        if (ep->tls_ca && !has_certificate(buf_str(&ca)))
                return error_set(err, ERR_INVALID, "failed to retrieve context tls info: ca.pem seems invalid");
        if (!ep->tls_cert)
                return 0;
        if (docker_file_read(ep->tls_cert, &cert, err) < 0 || docker_file_read(ep->tls_key, &key, err) < 0)
                return -1;
        if (!has_pem_block(buf_str(&key)))
                return error_set(err, ERR_INVALID, "no valid private key found");
        if (strstr(buf_str(&key), "DEK-Info:"))
                return error_set(err, ERR_INVALID,
                                 "private key is encrypted - support for encrypted private keys has been removed, see "
                                 "https://docs.docker.com/go/deprecated/");
        /* The TLS library would ask for its password, on the terminal or of nobody. */
        if (strstr(buf_str(&key), "-----BEGIN ENCRYPTED PRIVATE KEY-----"))
                return error_set(err, ERR_INVALID, "failed to retrieve context tls info: tls: failed to parse private key");
        if (!has_certificate(buf_str(&cert)))
                return error_set(err, ERR_INVALID,
                                 "failed to retrieve context tls info: tls: failed to find any PEM data in certificate input");
        return 0;
}
