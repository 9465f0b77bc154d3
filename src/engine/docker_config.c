/* SPDX-License-Identifier: MIT */
/* The docker CLI's config.json, read as docker reads it: what is wrong with it is a warning, and what could be read counts. */
#include "engine_decode_internal.h"

#include "autoheal/os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>

#define CONFIG_MAX  ((size_t)1024 * 1024)
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

static const char *in_dir(const char *dir, const char *name, struct arena *a) {
        size_t n = strlen(dir);

        return arena_printf(a, "%s%s%s", dir, n == 0 || dir[n - 1] == '/' ? "" : "/", name);
}

static const char *config_dir(const struct docker_flags *flags, struct arena *a) {
        const char *from_env = getenv("DOCKER_CONFIG");

        if (flags->config_dir && *flags->config_dir)
                return arena_strdup(a, flags->config_dir);
        if (from_env && *from_env)
                return arena_strdup(a, from_env);
        return in_dir(user_home(a), ".docker", a);
}

/* As Go words it: with a small letter. */
static const char *reason(int sys_errno, struct arena *a) {
        char buffer[128], *text = arena_strdup(a, strerror_r(sys_errno, buffer, sizeof(buffer)));

        if (*text >= 'A' && *text <= 'Z')
                *text = (char)(*text - 'A' + 'a');
        return text;
}

/* NULL, or the warning. A missing file is an empty one. */
static const char *load(const char *path, struct buf *text, struct arena *a) {
        /* Not blocking, so that a pipe in its place cannot hang us. */
        int fd AUTO_CLOSE = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        char chunk[8192];
        ssize_t n;

        if (fd < 0 && errno == ENOENT)
                return NULL;
        if (fd < 0)
                return arena_printf(a, "Error loading config file: open %s: %s", path, reason(errno, a));
        while ((n = read(fd, chunk, sizeof(chunk))) != 0 && !text->overflowed) {
                if (n > 0)
                        buf_add(text, chunk, (size_t)n);
                else if (errno != EINTR)
                        return arena_printf(a, "Error parsing config file (%s): read %s: %s", path, path, reason(errno, a));
        }
        if (text->overflowed)
                return arena_printf(a, "Error loading config file: %s: larger than %zu bytes", path, CONFIG_MAX);
        return NULL;
}

/* The member as text; "" where it is missing. One of another type is worth a warning. */
static const char *read_string(struct json_value object, const char *key, const char *path, struct docker_config *ret,
                               struct arena *a) {
        struct json_value v = json_get_nocase(object, key);

        if (json_type(v) == JSON_STRING)
                return json_string(v, a);
        if (json_type(v) != JSON_MISSING && json_type(v) != JSON_NULL)
                ret->warning = arena_printf(a, "Error parsing config file (%s): '%s' must be a string, not %s", path, key,
                                            json_type_name(json_type(v)));
        return "";
}

static void parse(const struct buf *text, const char *path, struct docker_config *ret, struct arena *a) {
        struct json_doc *doc AUTO_JSON = NULL;
        struct error why = ERROR_INIT;
        const char *data = buf_str(text);
        size_t begin = decode_skip_space(data, text->len, 0), len = text->len - begin, object_len = 0;
        struct json_value root;

        if (len == 0)
                return;
        /* Go reads the first value and ignores what follows it. */
        if (data[begin] == '{')
                object_len = decode_object_length(data + begin, len);
        if (json_parse(data + begin, object_len ? object_len : len, TOKENS_MAX, &doc, &why) < 0) {
                ret->warning = arena_printf(a, "Error parsing config file (%s): %s", path, why.msg);
                return;
        }
        root = json_root(doc);
        if (json_type(root) != JSON_OBJECT && json_type(root) != JSON_NULL) {
                ret->warning = arena_printf(a, "Error parsing config file (%s): expected an object, got %s", path,
                                            json_type_name(json_type(root)));
                return;
        }
        ret->current_context = read_string(root, "currentContext", path, ret, a);
        ret->data_dir = read_string(json_get_nocase(json_get_nocase(root, "plugins"), "autoheal"), "data-dir", path, ret, a);
}

void docker_config_read(struct docker_config *ret, const struct docker_flags *flags, struct arena *a) {
        struct buf text AUTO(buf_release) = BUF_INIT(CONFIG_MAX);
        const char *path;

        *ret = (struct docker_config){ .dir = config_dir(flags, a), .current_context = "", .data_dir = "", .warning = NULL };
        path = in_dir(ret->dir, "config.json", a);
        ret->warning = load(path, &text, a);
        if (!ret->warning)
                parse(&text, path, ret, a);
}
