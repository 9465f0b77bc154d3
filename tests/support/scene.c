/* SPDX-License-Identifier: MIT */
/* One system test's world. */
#include "support/scene.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define MAX_ARGUMENTS 64

static char *printf_alloc(const char *name, const char *value) {
        size_t n = strlen(name) + strlen(value) + 2;
        char *text = xmalloc(n);
        snprintf(text, n, "%s=%s", name, value);
        return text;
}

static void add_env(struct scene *s, const char *name, const char *value) {
        AUTO_FREE char *pair = printf_alloc(name, value);
        scene_env(s, pair);
}

int scene_setup(void **state) {
        struct scene *s = xcalloc(1, sizeof(*s));
        s->dir = temp_dir_make();
        s->home = path_join(s->dir, "home");
        s->data = path_join(s->dir, "data");
        dir_put(s->home, 0700);
        s->fake = fake_start(s->dir, "", true);
        add_env(s, "PATH", "/usr/bin:/bin");
        add_env(s, "HOME", s->home);
        add_env(s, "DOCKER_HOST", fake_host(s->fake));
        add_env(s, "AUTOHEAL_DATA_DIR", s->data);
        /* Most scenes are small and all sick, which would look like a storm. */
        add_env(s, "AUTOHEAL_BRAKE_ENABLED", "false");
        *state = s;
        return 0;
}

int scene_teardown(void **state) {
        struct scene *s = *state;
        fake_stop(s->fake);
        output_release(&s->last);
        for (size_t i = 0; i < s->n_env; i++)
                free(s->env[i]);
        free(s->home);
        free(s->data);
        temp_dir_remove(s->dir);
        free(s);
        return 0;
}

void scene_world(struct scene *s, const char *lines) {
        fake_script(s->fake, lines);
}

static void drop_env(struct scene *s, const char *name, size_t name_len) {
        for (size_t i = 0; i < s->n_env; i++) {
                if (strncmp(s->env[i], name, name_len) != 0 || s->env[i][name_len] != '=')
                        continue;
                free(s->env[i]);
                s->env[i] = s->env[--s->n_env];
                s->env[s->n_env] = NULL;
                return;
        }
}

void scene_env(struct scene *s, const char *pair) {
        size_t name_len = strcspn(pair, "=");
        drop_env(s, pair, name_len);
        if (pair[name_len] == '\0')
                return;
        if (s->n_env == SCENE_ENV_MAX)
                fail_msg("too many variables");
        s->env[s->n_env++] = xstrdup(pair);
        s->env[s->n_env] = NULL;
}

/* Splits at blanks into argv, whose first place is left for the program. *ret_copy holds the words. */
static void split_arguments(const char *arguments, const char *argv[static MAX_ARGUMENTS], char **ret_copy) {
        size_t n = 0;
        char *rest;
        *ret_copy = xstrdup(arguments);
        for (char *word = strtok_r(*ret_copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
                if (n + 1 == MAX_ARGUMENTS)
                        fail_msg("too many arguments");
                argv[n++] = word;
        }
        argv[n] = NULL;
}

static const char *binary(void) {
        const char *path = getenv("AUTOHEAL_BIN");
        if (!path)
                fail_msg("AUTOHEAL_BIN does not name the binary");
        return path;
}

const struct output *scene_run_ask(struct scene *s, const char *const *argv, struct run_ask ask) {
        const char *full[MAX_ARGUMENTS + 1] = { binary() };
        for (size_t i = 0; argv[i] && i + 2 < N_ELEMENTS(full); i++)
                full[i + 1] = argv[i];
        ask.argv = full;
        ask.env = (const char *const *)(const void *)s->env;
        output_release(&s->last);
        run_program(&ask, &s->last);
        return &s->last;
}

const struct output *scene_run(struct scene *s, const char *arguments, ...) {
        const char *argv[MAX_ARGUMENTS];
        char line[4096];
        AUTO_FREE char *words = NULL;
        va_list ap;
        va_start(ap, arguments);
        vsnprintf(line, sizeof(line), arguments, ap);
        va_end(ap);
        split_arguments(line, argv, &words);
        return scene_run_ask(s, argv, (struct run_ask){ 0 });
}

pid_t scene_start(struct scene *s, const char *arguments) {
        return scene_start_ask(s, arguments, (struct run_ask){ 0 });
}

pid_t scene_start_ask(struct scene *s, const char *arguments, struct run_ask ask) {
        const char *argv[MAX_ARGUMENTS], *full[MAX_ARGUMENTS + 1] = { binary() };
        AUTO_FREE char *words = NULL;
        split_arguments(arguments, argv, &words);
        for (size_t i = 0; argv[i]; i++)
                full[i + 1] = argv[i];
        ask.argv = full;
        ask.env = (const char *const *)(const void *)s->env;
        return run_background(&ask, -1);
}

void data_put(struct scene *s, const char *name, const char *text) {
        if (mkdir(s->data, 0700) < 0 && errno != EEXIST)
                fail_msg("cannot make '%s': %s", s->data, strerror(errno));
        file_put(s->data, name, text);
}

char *data_get(struct scene *s, const char *name) {
        return file_get(s->data, name);
}

struct json_doc *data_json(struct scene *s, const char *name, char **ret_text) {
        struct json_doc *doc = NULL;
        struct error err = ERROR_INIT;
        *ret_text = data_get(s, name);
        if (!*ret_text)
                fail_msg("the data directory has no '%s'", name);
        if (json_parse(*ret_text, strlen(*ret_text), 1000000, &doc, &err) < 0)
                fail_msg("%s: %s", name, err.msg);
        return doc;
}

char *data_snapshot(struct scene *s) {
        return dir_snapshot(s->data, "");
}

char *state_snapshot(struct scene *s) {
        return dir_snapshot(s->data, ".json");
}

size_t scene_posts(struct scene *s) {
        return fake_count(s->fake, "POST ");
}

size_t count_events(struct scene *s, const char *type, const char *stable_id) {
        size_t n = 0;
        if (!file_there(s->data, "events.json"))
                return 0;
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = data_json(s, "events.json", &text);
        struct json_iter it = json_iter(json_root(doc));
        while (json_next(&it)) {
                bool type_fits = json_string_eq(json_get(it.value, "event_type"), type);
                if (type_fits && (!stable_id || json_string_eq(json_get(it.value, "stable_id"), stable_id)))
                        n++;
        }
        return n;
}

void scene_hide_data(void) {
        struct stat st;
        if (stat("/data", &st) < 0 || !S_ISDIR(st.st_mode))
                return;
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("tmpfs", "/data", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") < 0)
                fail_msg("cannot hide /data: %s", strerror(errno));
        file_put("/data", "somebody-elses.txt", "");
}

void scene_no_waits(struct scene *s) {
        scene_env(s, "AUTOHEAL_RESTART_COOLDOWN_SECONDS=0");
        scene_env(s, "AUTOHEAL_RESTART_BACKOFF_ENABLED=false");
}

void scene_first_pass(struct scene *s) {
        const struct output *o = scene_run(s, "run");
        check_exit(o, 0);
        fake_forget(s->fake);
}
