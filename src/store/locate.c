/* SPDX-License-Identifier: MIT */
/* Which directory is the data directory, and who says so. */
#include "store_internal.h"

#include "autoheal/os/file.h"
#include "autoheal/util/sha256.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONTEXTS          "contexts"
#define CONTEXT_NAME_MAX  200
#define CONTEXT_PATH_SIZE (sizeof(CONTEXTS "/") + CONTEXT_NAME_MAX)
#define CHOOSE            "choose the data directory with --data-dir or AUTOHEAL_DATA_DIR"

/* Any of these makes a directory ours. The locks are the first that a new one gets. */
static const char *const our_files[] = {
        "config.json", "events.json", "quarantine.json", "restart_counts.json", "maintenance.json",     "containers.json",
        "pass.json",   "pass.lock",   "state.lock",      STORE_OUTBOX,          STORE_MAINTENANCE_LAST, "api_token",
};

static void closedirp(DIR **d) {
        if (*d)
                (void)closedir(*d);
}

/* ret->path = base + "/" + rest; rest may be "". */
static int set_path(struct store_location *ret, const char *base, const char *rest, const char *source, struct error *err) {
        struct store_location l = { .source = source };
        size_t base_len = strlen(base);
        bool slash = *rest && (base_len == 0 || base[base_len - 1] != '/');
        int n = snprintf(l.path, sizeof(l.path), "%s%s%s", base, slash ? "/" : "", rest);

        if (n < 0 || (size_t)n >= sizeof(l.path))
                return error_set(err, ERR_CONFIG, "the data directory's path from %s is too long: at most %zu bytes", source,
                                 sizeof(l.path) - 1);
        *ret = l;
        return 0;
}

/* Messages and locks outlive a change of directory, so the path is made absolute. */
static int set_given(struct store_location *ret, const char *path, const char *source, struct error *err) {
        char cwd[sizeof(ret->path)];

        if (*path == '/')
                return set_path(ret, path, "", source, err);
        if (!getcwd(cwd, sizeof(cwd)))
                return error_set_errno(err, errno, "cannot tell the current directory, which '%s' from %s is relative to", path,
                                       source);
        return set_path(ret, cwd, path, source, err);
}

static int find_home(char *ret, size_t size, struct error *err) {
        const char *home = getenv("HOME");
        struct passwd entry, *found = NULL;
        char text[4096];

        /* systemd starts system services without HOME. */
        if ((!home || *home != '/') && getpwuid_r(geteuid(), &entry, text, sizeof(text), &found) == 0 && found)
                home = found->pw_dir;
        if (!home || *home != '/' || strlen(home) >= size)
                return error_set(err, ERR_CONFIG, "cannot tell the home directory: set HOME, or " CHOOSE);
        memcpy(ret, home, strlen(home) + 1);
        return 0;
}

static int set_from_docker(struct store_location *ret, const char *value, struct error *err) {
        const char *source = "plugins.autoheal.data-dir";
        char home[sizeof(ret->path)];

        if (*value == '/')
                return set_path(ret, value, "", source, err);
        if (strncmp(value, "~/", 2) != 0 && !str_eq(value, "~"))
                return error_set(err, ERR_CONFIG,
                                 "plugins.autoheal.data-dir in docker's config.json must begin with '/' or '~/', not '%s'", value);
        if (find_home(home, sizeof(home), err) < 0)
                return -1;
        return set_path(ret, home, value[1] ? value + 2 : "", source, err);
}

/* "" for the default context: the directory itself. */
static void find_context(const char *context, char ret[CONTEXT_PATH_SIZE]) {
        static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
                          rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";
        size_t n = strlen(context);
        char id[SHA256_HEX_SIZE];

        ret[0] = '\0';
        if (str_eq(context, "default"))
                return;
        if (n < 2 || n > CONTEXT_NAME_MAX || !strchr(first, *context) || context[strspn(context, rest)]) {
                sha256_hex(id, context, n);
                context = id;
        }
        (void)snprintf(ret, CONTEXT_PATH_SIZE, CONTEXTS "/%s", context);
}

static int set_default(struct store_location *ret, const char *context, struct error *err) {
        const char *state = getenv("XDG_STATE_HOME");
        struct store_location base;
        char home[sizeof(ret->path)];

        /* The XDG specification: a relative path is invalid and to be ignored. */
        if (state && *state == '/') {
                if (set_path(&base, state, "docker-autoheal", "default", err) < 0)
                        return -1;
        } else if (find_home(home, sizeof(home), err) < 0 ||
                   set_path(&base, home, ".local/state/docker-autoheal", "default", err) < 0) {
                return -1;
        }
        return set_path(ret, base.path, context, "default", err);
}

static bool has_our_file(int dirfd) {
        struct stat st;

        for (size_t i = 0; i < N_ELEMENTS(our_files); i++)
                if (fstatat(dirfd, our_files[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
                        return true;
        return false;
}

static bool is_dots(const char *name) {
        return str_eq(name, ".") || str_eq(name, "..");
}

/* NULL if it is no directory, or may not be listed. */
static DIR *open_below(int parent, const char *name) {
        int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

        if (fd >= 0 && !d)
                (void)close(fd);
        return d;
}

/* Somebody else's directory may hold one that is called so as well. */
static bool has_our_contexts(int parent) {
        DIR *d AUTO(closedirp) = open_below(parent, CONTEXTS);
        const struct dirent *e;

        while (d && (e = readdir(d)) != NULL) {
                AUTO_CLOSE int context = -1;

                if (is_dots(e->d_name))
                        continue;
                context = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
                if (context >= 0 && has_our_file(context))
                        return true;
        }
        return false;
}

/* A directory that holds nothing but directories in which nothing is. */
static bool is_hollow(int parent, const char *name) {
        DIR *d AUTO(closedirp) = open_below(parent, name);
        const struct dirent *e, *below;

        if (!d)
                return false;
        while ((e = readdir(d)) != NULL) {
                DIR *inner AUTO(closedirp) = is_dots(e->d_name) ? NULL : open_below(dirfd(d), e->d_name);

                if (!inner && !is_dots(e->d_name))
                        return false;
                while (inner && (below = readdir(inner)) != NULL)
                        if (!is_dots(below->d_name))
                                return false;
        }
        return true;
}

/* A new file system's lost+found does not count, nor does a context's directory that no file has come into yet. */
static bool is_empty(DIR *d) {
        const struct dirent *e;

        while ((e = readdir(d)) != NULL)
                if (!is_dots(e->d_name) && !str_eq(e->d_name, "lost+found") &&
                    !(str_eq(e->d_name, CONTEXTS) && is_hollow(dirfd(d), CONTEXTS)))
                        return false;
        return true;
}

/* In this order: what came into it in between is ours, and our locks come first. */
static enum store_content look_into(DIR *d) {
        if (is_empty(d))
                return STORE_EMPTY;
        return has_our_file(dirfd(d)) || has_our_contexts(dirfd(d)) ? STORE_OURS : STORE_FOREIGN;
}

enum store_content store_look(const char *path) {
        DIR *d AUTO(closedirp) = opendir(path);

        return d ? look_into(d) : STORE_MISSING;
}

static bool can_be_made(const char *path) {
        char parent[4096];
        const char *slash = strrchr(path, '/');
        size_t n = slash && slash > path ? (size_t)(slash - path) : 1;

        if (!slash || n >= sizeof(parent))
                return false;
        memcpy(parent, path, n);
        parent[n] = '\0';
        return faccessat(AT_FDCWD, parent, W_OK | X_OK, AT_EACCESS) == 0;
}

/* There is no such directory. */
static int look_for_link(const char *path, struct error *err) {
        struct error why = ERROR_INIT;

        if (path_check_links(path, &why) == 0)
                return 0;
        return error_set(err, ERR_CONFIG, "%s, and may be the data directory: " CHOOSE, why.msg);
}

/* Whether the directory is to be used. It is not passed over when nobody can tell: a second memory would restart twice. */
static int look_at(const char *path, bool in_container, bool *ret_use, struct error *err) {
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *d AUTO(closedirp) = fd >= 0 ? fdopendir(fd) : NULL;

        if (fd >= 0 && d)
                *ret_use = look_into(d) != STORE_FOREIGN;
        else if (fd >= 0) {
                (void)close(fd);
                return error_set(err, ERR_FAILED, "cannot list '%s'", path);
        } else if (errno == ENOENT) {
                if (look_for_link(path, err) < 0)
                        return -1;
                *ret_use = in_container && can_be_made(path);
        } else if (errno == ENOTDIR)
                *ret_use = false;
        else if (errno == EACCES)
                return error_set(err, ERR_CONFIG, "'%s' may be the data directory, but this user may not look into it: " CHOOSE,
                                 path);
        else
                return error_set_errno(err, errno, "cannot open '%s', which may be the data directory", path);
        return 0;
}

int store_locate_around(struct store_location *ret, const char *flag, const char *docker_config_value, const char *context,
                        bool in_container, const char *data, struct error *err) {
        char below[CONTEXT_PATH_SIZE];
        const char *env = getenv("AUTOHEAL_DATA_DIR");
        bool use;

        if (flag && !*flag)
                return error_set(err, ERR_USAGE, "--data-dir needs the path of a directory, not ''");
        if (flag)
                return set_given(ret, flag, "--data-dir", err);
        if (env && *env)
                return set_given(ret, env, "AUTOHEAL_DATA_DIR", err);
        if (docker_config_value && *docker_config_value)
                return set_from_docker(ret, docker_config_value, err);
        if (look_at(data, in_container, &use, err) < 0)
                return -1;
        find_context(context, below);
        return use ? set_path(ret, data, below, "/data", err) : set_default(ret, below, err);
}

int store_locate(struct store_location *ret, const char *flag, const char *docker_config_value, const char *context,
                 bool in_container, struct error *err) {
        return store_locate_around(ret, flag, docker_config_value, context, in_container, "/data", err);
}
