/* SPDX-License-Identifier: MIT */
/* The docker CLI's stored contexts: meta.json says where the engine is, the files beside it how it is known. */
#include "endpoint_internal.h"

#include "autoheal/json/reader.h"
#include "autoheal/util/sha256.h"

#include <errno.h>
#include <sys/stat.h>

#define TOKENS_MAX ((size_t)100 * 1000)

/* NULL, or what is wrong: v has another type than that; null and a missing one pass. */
static const char *check_type(const char *name, struct json_value v, enum json_type type, struct arena *a) {
        enum json_type is = json_type(v);

        if (is == type || is == JSON_MISSING || is == JSON_NULL)
                return NULL;
        return arena_printf(a, "'%s' must be %s, not %s", name, json_type_name(type), json_type_name(is));
}

/* NULL, or what is wrong. What docker would not take is not taken, even where only its neighbour is needed. */
static const char *check_meta(struct json_value root, struct arena *a) {
        struct json_value endpoints = json_get_nocase(root, "Endpoints");
        struct json_iter it = json_iter(endpoints);
        const char *wrong = check_type("the whole file", root, JSON_OBJECT, a);

        if (!wrong)
                wrong = check_type("Name", json_get_nocase(root, "Name"), JSON_STRING, a);
        if (!wrong)
                wrong = check_type("Metadata", json_get_nocase(root, "Metadata"), JSON_OBJECT, a);
        if (!wrong)
                wrong = check_type("Endpoints", endpoints, JSON_OBJECT, a);
        while (!wrong && json_next(&it))
                wrong = check_type(arena_printf(a, "Endpoints.%s", json_key_string(&it, a)), it.value, JSON_OBJECT, a);
        return wrong;
}

static int read_meta(struct endpoint *ret, struct json_value root, const char **ret_address, struct arena *a, struct error *err) {
        struct json_value docker = json_get(json_get_nocase(root, "Endpoints"), "docker");
        struct json_value host = json_get_nocase(docker, "Host"), skip_verify = json_get_nocase(docker, "SkipTLSVerify");
        const char *wrong = check_meta(root, a);
        bool skip = false;

        if (!wrong)
                wrong = check_type("Endpoints.docker.Host", host, JSON_STRING, a);
        if (!wrong)
                wrong = check_type("Endpoints.docker.SkipTLSVerify", skip_verify, JSON_BOOL, a);
        if (wrong)
                return error_set(err, ERR_INVALID, "%s", wrong);
        (void)json_bool(skip_verify, &skip);
        ret->tls = skip;
        ret->tls_verify = !skip;
        *ret_address = json_type(host) == JSON_STRING ? json_string(host, a) : "";
        return 0;
}

static int load_meta(struct endpoint *ret, const char *path, const char *name, const char **ret_address, struct arena *a,
                     struct error *err) {
        struct buf text AUTO(buf_release) = BUF_INIT(DOCKER_FILE_MAX);
        struct json_doc *doc AUTO_JSON = NULL;
        const char *quoted = go_quote(name, a);
        struct error why = ERROR_INIT;
        struct json_value docker;

        if (docker_file_read(path, &text, &why) < 0)
                return error_set(err, ERR_INVALID, "context %s: %s%s", quoted,
                                 why.code == ERR_NOT_FOUND ? "context not found: " : "", why.msg);
        if (json_parse(buf_str(&text), text.len, TOKENS_MAX, &doc, &why) < 0 ||
            read_meta(ret, json_root(doc), ret_address, a, &why) < 0)
                return error_set(err, ERR_INVALID, "context %s: parsing %s: %s", quoted, path, why.msg);
        docker = json_get(json_get_nocase(json_root(doc), "Endpoints"), "docker");
        if (json_type(docker) == JSON_MISSING)
                return error_set(err, ERR_INVALID, "cannot find docker endpoint in context");
        if (json_type(docker) == JSON_NULL)
                return error_set(err, ERR_INVALID, "endpoint \"docker\" is not of type EndpointMeta");
        return 0;
}

/*
 * *ret is the file, or NULL if there is none. One that is there and cannot be read is not taken for none: TLS would be less than
 * was meant.
 */
static int find_pem(const char *dir, const char *file, const char *name, const char **ret, struct arena *a, struct error *err) {
        struct buf text AUTO(buf_release) = BUF_INIT(DOCKER_FILE_MAX);
        const char *path = path_in(dir, file, a), *quoted = go_quote(name, a);
        struct error why = ERROR_INIT;
        struct stat st;

        *ret = NULL;
        if (lstat(path, &st) == 0 ? S_ISDIR(st.st_mode) : errno == ENOENT)
                return 0;
        if (docker_file_read(path, &text, &why) == 0) {
                *ret = path;
                return 0;
        }
        if (why.code == ERR_NOT_FOUND)
                return error_set(err, ERR_INVALID,
                                 "failed to retrieve TLS data (%s) for context %s: TLS data for %s/docker/%s does not exist", file,
                                 quoted, name, file);
        return error_set(err, ERR_INVALID,
                         "failed to retrieve TLS data (%s) for context %s: failed to read TLS data for endpoint docker: %s", file,
                         quoted, why.msg);
}

/* The directory alone asks for TLS, whatever is in it. */
static int read_tls(struct endpoint *ret, const char *dir, const char *name, struct arena *a, struct error *err) {
        struct stat st;

        if (stat(dir, &st) < 0) {
                if (errno == ENOENT || errno == ENOTDIR)
                        return 0;
                return error_set(err, ERR_INVALID, "failed to retrieve context tls files for context %s: open %s: %s",
                                 go_quote(name, a), dir, docker_errno_text(errno, a));
        }
        if (!S_ISDIR(st.st_mode))
                return 0;
        ret->tls = true;
        if (find_pem(dir, "ca.pem", name, &ret->tls_ca, a, err) < 0 ||
            find_pem(dir, "cert.pem", name, &ret->tls_cert, a, err) < 0 ||
            find_pem(dir, "key.pem", name, &ret->tls_key, a, err) < 0)
                return -1;
        if (!ret->tls_cert || !ret->tls_key)
                ret->tls_cert = ret->tls_key = NULL;
        return 0;
}

int context_read(struct endpoint *ret, const char *dir, const char *name, const char **ret_address, struct arena *a,
                 struct error *err) {
        const char *contexts = path_in(dir, "contexts", a), *meta, *tls;
        char id[SHA256_HEX_SIZE];

        sha256_hex(id, name, strlen(name));
        meta = arena_printf(a, "%s/meta/%s/meta.json", contexts, id);
        tls = arena_printf(a, "%s/tls/%s/docker", contexts, id);
        if (load_meta(ret, meta, name, ret_address, a, err) < 0 || read_tls(ret, tls, name, a, err) < 0)
                return error_wrap(err, "unable to resolve docker endpoint");
        return 0;
}
