/* SPDX-License-Identifier: MIT */
/* The docker CLI's config.json, read as docker reads it: what is wrong with it is a warning, and what could be read counts. */
#include "endpoint_internal.h"
#include "engine_decode_internal.h"

#include <pwd.h>
#include <unistd.h>

#define TOKENS_MAX  ((size_t)200 * 1000)
#define PASSWD_SIZE 16384

static const char *user_home(struct arena *a) {
        const char *home = getenv("HOME");
        struct passwd entry, *found = NULL;
        char buffer[PASSWD_SIZE];

        if (home && *home)
                return home;
        if (getpwuid_r(getuid(), &entry, buffer, sizeof(buffer), &found) == 0 && found && found->pw_dir)
                return arena_strdup(a, found->pw_dir);
        return "";
}

static const char *usual_dir(struct arena *a) {
        const char *from_env = getenv("DOCKER_CONFIG");

        if (from_env && *from_env)
                return arena_strdup(a, from_env);
        return path_in(user_home(a), ".docker", a);
}

/* NULL, or what is wrong, which is in ret->warning as well. A missing file is an empty one. */
static const char *load(const char *path, struct buf *text, struct docker_config *ret, struct arena *a) {
        struct error why = ERROR_INIT;

        if (docker_file_read(path, text, &why) == 0 || why.code == ERR_NOT_FOUND)
                return NULL;
        if (why.code == ERR_TOO_LARGE || strncmp(why.msg, "open ", strlen("open ")) == 0)
                ret->warning = arena_printf(a, "Error loading config file: %s", why.msg);
        else
                ret->warning = arena_printf(a, "Error parsing config file (%s): %s", path, why.msg);
        if (why.code == ERR_TOO_LARGE)
                return arena_printf(a, "larger than %zu bytes", text->max);
        return docker_errno_text(why.sys_errno, a);
}

/* The member, if it is of that type; a missing one where it is not there. NULL, or what is wrong. */
static const char *read_member(struct json_value object, const char *key, enum json_type type, struct json_value *ret,
                               struct arena *a) {
        struct json_value v = json_get_nocase(object, key);
        enum json_type is = json_type(v);

        *ret = is == type ? v : (struct json_value){ .doc = NULL };
        if (is == type || is == JSON_MISSING || is == JSON_NULL)
                return NULL;
        return arena_printf(a, "'%s' must be %s, not %s", key, json_type_name(type), json_type_name(is));
}

static const char *text_or_empty(struct json_value v, struct arena *a) {
        return json_type(v) == JSON_STRING ? json_string(v, a) : "";
}

/* NULL, or what is wrong; headers that are not text are left out, the others count. */
static const char *read_headers(struct json_value root, struct docker_config *ret, struct arena *a) {
        struct json_value object = { 0 };
        const char *wrong = read_member(root, "HttpHeaders", JSON_OBJECT, &object, a);
        struct json_iter it = decode_iter(object, JSON_OBJECT);
        struct docker_header *headers = arena_array(a, it.left, sizeof(*headers));

        while (json_next(&it)) {
                enum json_type is = json_type(it.value);

                if (is == JSON_STRING)
                        headers[ret->n_headers++] = (struct docker_header){ json_key_string(&it, a), json_string(it.value, a) };
                else if (is != JSON_NULL && !wrong)
                        wrong = arena_printf(a, "'HttpHeaders.%s' must be a string, not %s", json_key_string(&it, a),
                                             json_type_name(is));
        }
        ret->headers = headers;
        return wrong;
}

static const char *read_data_dir(struct json_value root, const char **ret_dir, struct arena *a) {
        struct json_value plugins = { 0 }, ours = { 0 }, dir = { 0 };
        const char *wrong = read_member(root, "plugins", JSON_OBJECT, &plugins, a);

        if (!wrong)
                wrong = read_member(plugins, "autoheal", JSON_OBJECT, &ours, a);
        if (!wrong)
                wrong = read_member(ours, "data-dir", JSON_STRING, &dir, a);
        if (!wrong)
                *ret_dir = text_or_empty(dir, a);
        return wrong;
}

/* Of several things that are wrong the first one is told: once that is repaired, the next one is. */
static void warn(struct docker_config *ret, const char *path, const char *wrong, struct arena *a) {
        if (wrong && !ret->warning)
                ret->warning = arena_printf(a, "Error parsing config file (%s): %s", path, wrong);
}

/* NULL, or why nobody can tell whether a data directory is set. */
static const char *parse(const struct buf *text, const char *path, struct docker_config *ret, struct arena *a) {
        struct json_doc *doc AUTO_JSON = NULL;
        struct error why = ERROR_INIT;
        const char *data = buf_str(text), *wrong = NULL;
        size_t begin = decode_skip_space(data, text->len, 0), len = text->len - begin, object_len = 0;
        struct json_value root, context;

        if (len == 0)
                return NULL;
        /* Go reads the first value and ignores what follows it. */
        if (data[begin] == '{')
                object_len = decode_object_length(data + begin, len);
        if (json_parse(data + begin, object_len ? object_len : len, TOKENS_MAX, &doc, &why) < 0) {
                wrong = arena_strdup(a, why.msg);
                warn(ret, path, wrong, a);
                return wrong;
        }
        root = json_root(doc);
        if (json_type(root) != JSON_OBJECT && json_type(root) != JSON_NULL) {
                wrong = arena_printf(a, "expected an object, got %s", json_type_name(json_type(root)));
                warn(ret, path, wrong, a);
                return wrong;
        }
        warn(ret, path, read_member(root, "currentContext", JSON_STRING, &context, a), a);
        ret->current_context = text_or_empty(context, a);
        warn(ret, path, read_headers(root, ret, a), a);
        wrong = read_data_dir(root, &ret->data_dir, a);
        warn(ret, path, wrong, a);
        return wrong;
}

void docker_config_read(struct docker_config *ret, const struct docker_flags *flags, struct arena *a) {
        struct buf text AUTO(buf_release) = BUF_INIT(DOCKER_FILE_MAX);
        bool given = flags->config_dir && *flags->config_dir;
        const char *path, *wrong;

        *ret = (struct docker_config){ .cert_dir = usual_dir(a), .current_context = "", .data_dir = "" };
        ret->dir = given ? arena_strdup(a, flags->config_dir) : ret->cert_dir;
        path = path_in(ret->dir, "config.json", a);
        wrong = load(path, &text, ret, a);
        if (!wrong)
                wrong = parse(&text, path, ret, a);
        if (wrong)
                ret->data_dir_unknown = arena_printf(a,
                                                     "docker's configuration '%s' cannot be read, so it is not known which data "
                                                     "directory is meant: %s",
                                                     path, wrong);
}
