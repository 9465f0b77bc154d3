/* SPDX-License-Identifier: MIT */
/* A terminal as a person sees it, by tmux. */
#include "support/screen.h"

#include "autoheal/util/buf.h"

#define TMUX        "/usr/bin/tmux"
#define PATIENCE_MS 20000
#define WORDS_MAX   16

/* Runs tmux with these words; its output is to be freed. */
static char *tmux(const struct screen *sc, const char *const *env, const char *const *words) {
        static const char *const plain[] = { "PATH=/usr/bin:/bin", "LANG=C.UTF-8", NULL };
        const char *argv[WORDS_MAX + 8] = { TMUX, "-u", "-f", "/dev/null", "-S", sc->socket };
        struct output o;
        for (size_t i = 0; words[i] && i < WORDS_MAX; i++)
                argv[6 + i] = words[i];
        run_program(&(struct run_ask){ .argv = argv, .env = env ? env : plain }, &o);
        check_exit(&o, 0);
        char *out = xstrdup(o.out);
        output_release(&o);
        return out;
}

#define TMUX_WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void tmux_do(const struct screen *sc, const char *const *words) {
        free(tmux(sc, NULL, words));
}

void screen_open(struct screen *sc, struct scene *s, unsigned columns, unsigned rows) {
        char x[16], y[16], path[4096];
        const char *env[SCENE_ENV_MAX + 8] = { "LANG=C.UTF-8", path };
        size_t n = 2;
        *sc = (struct screen){ .socket = path_join(s->dir, "tmux") };
        snprintf(path, sizeof(path), "AUTOHEAL=%s", getenv("AUTOHEAL_BIN"));
        for (size_t i = 0; i < s->n_env; i++)
                env[n++] = s->env[i];
        snprintf(x, sizeof(x), "%u", columns);
        snprintf(y, sizeof(y), "%u", rows);
        free(tmux(sc, env, TMUX_WORDS("new-session", "-d", "-x", x, "-y", y, "/bin/sh")));
}

void screen_close(struct screen *sc) {
        tmux_do(sc, TMUX_WORDS("kill-server"));
        free(sc->socket);
        *sc = (struct screen){ 0 };
}

void screen_resize(const struct screen *sc, unsigned columns, unsigned rows) {
        char x[16], y[16];
        snprintf(x, sizeof(x), "%u", columns);
        snprintf(y, sizeof(y), "%u", rows);
        tmux_do(sc, TMUX_WORDS("resize-window", "-x", x, "-y", y));
}

void screen_type(const struct screen *sc, const char *text) {
        tmux_do(sc, TMUX_WORDS("send-keys", "-l", "--", text));
        tmux_do(sc, TMUX_WORDS("send-keys", "Enter"));
}

void screen_key(const struct screen *sc, const char *key) {
        tmux_do(sc, TMUX_WORDS("send-keys", key));
}

static char *without_blanks_at_the_end(char *text) {
        struct buf out = BUF_INIT((size_t)1024 * 1024);
        struct slice rest = slice_str(text), line;
        size_t end = 0;
        while (slice_split(&rest, '\n', &line)) {
                while (line.n > 0 && line.p[line.n - 1] == ' ')
                        line.n--;
                buf_add(&out, line.p, line.n);
                buf_add_char(&out, '\n');
                end = line.n > 0 ? out.len : end;
        }
        free(text);
        char *kept = xmalloc(end + 1);
        memcpy(kept, buf_str(&out), end);
        kept[end] = '\0';
        buf_release(&out);
        return kept;
}

char *screen_text(const struct screen *sc) {
        return without_blanks_at_the_end(tmux(sc, NULL, TMUX_WORDS("capture-pane", "-p")));
}

struct awaited {
        const struct screen *screen;
        const char *text;
        bool wanted;
};

static bool is_so(void *arg) {
        const struct awaited *w = arg;
        AUTO_FREE char *text = screen_text(w->screen);
        return (strstr(text, w->text) != NULL) == w->wanted;
}

static void await(const struct screen *sc, const char *text, bool wanted) {
        struct awaited w = { .screen = sc, .text = text, .wanted = wanted };
        if (eventually(is_so, &w, PATIENCE_MS))
                return;
        AUTO_FREE char *seen = screen_text(sc);
        fail_msg("'%s' %s\n--- screen\n%s", text, wanted ? "did not come" : "did not go", seen);
}

void screen_await(const struct screen *sc, const char *text) {
        await(sc, text, true);
}

void screen_await_gone(const struct screen *sc, const char *text) {
        await(sc, text, false);
}

/* Where its output ends is told by a line that is neither in what is typed nor left from the command before. */
char *screen_run(struct screen *sc, const char *command, int *ret_status) {
        struct buf line AUTO(buf_release) = BUF_INIT(8192);
        char mark[32];
        snprintf(mark, sizeof(mark), "ended-%u=", ++sc->commands);
        buf_addf(&line, "clear; %s; echo en''ded-%u=$?", command, sc->commands);
        screen_type(sc, buf_str(&line));
        screen_await(sc, mark);
        char *text = without_blanks_at_the_end(tmux(sc, NULL, TMUX_WORDS("capture-pane", "-p", "-e")));
        char *end = strstr(text, mark);
        if (!end)
                fail_msg("no end of '%s' in\n%s", command, text);
        *ret_status = (int)strtol(end + strlen(mark), NULL, 10);
        *end = '\0';
        return text;
}
