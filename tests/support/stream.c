/* SPDX-License-Identifier: MIT */
/* The binary while it runs. */
#include "support/stream.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000

size_t count_text(const char *text, const char *needle) {
        size_t n = 0;
        for (const char *p = text; (p = strstr(p, needle)); p += strlen(needle))
                n++;
        return n;
}

void stream_start(struct stream *st, struct scene *s, const char *arguments) {
        const char *binary = getenv("AUTOHEAL_BIN");
        char line[8192];
        static unsigned serial;
        char name[32];
        if (!binary)
                fail_msg("AUTOHEAL_BIN does not name the binary");
        snprintf(name, sizeof(name), "out.%u", ++serial);
        st->out = path_join(s->dir, name);
        snprintf(name, sizeof(name), "err.%u", serial);
        st->err = path_join(s->dir, name);
        /* The files are there before anybody reads them, and the shell becomes the program. */
        file_put("/", st->out, "");
        file_put("/", st->err, "");
        snprintf(line, sizeof(line), "exec '%s' %s >>'%s' 2>>'%s'", binary, arguments, st->out, st->err);
        const char *argv[] = { "/bin/sh", "-c", line, NULL };
        st->pid = run_background(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, -1);
}

char *stream_out(const struct stream *st) {
        return file_get("/", st->out);
}

char *stream_err(const struct stream *st) {
        return file_get("/", st->err);
}

struct awaited {
        const char *file, *text;
        size_t times;
};

static bool is_there(void *arg) {
        const struct awaited *w = arg;
        AUTO_FREE char *content = file_get("/", w->file);
        return content && count_text(content, w->text) >= w->times;
}

static void await(const struct stream *st, const char *file, const char *text, size_t times) {
        struct awaited w = { .file = file, .text = text, .times = times };
        if (eventually(is_there, &w, PATIENCE_MS))
                return;
        AUTO_FREE char *out = stream_out(st), *err = stream_err(st);
        fail_msg("'%s' did not come %zu times\n--- output\n%s\n--- errors\n%s", text, times, out, err);
}

void stream_await(const struct stream *st, const char *text, size_t times) {
        await(st, st->out, text, times);
}

void stream_await_err(const struct stream *st, const char *text, size_t times) {
        await(st, st->err, text, times);
}

static bool has_ended(void *arg) {
        siginfo_t info = { 0 };
        const struct stream *st = arg;
        return waitid(P_PID, (id_t)st->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == st->pid;
}

int stream_end(struct stream *st, int signo) {
        if (signo)
                kill(st->pid, signo);
        bool ended = eventually(has_ended, st, PATIENCE_MS);
        int code = run_end(st->pid, ended ? 0 : SIGKILL);
        AUTO_FREE char *out = stream_out(st), *err = stream_err(st);
        free(st->out);
        free(st->err);
        *st = (struct stream){ 0 };
        if (!ended)
                fail_msg("it did not end\n--- output\n%s\n--- errors\n%s", out, err);
        return code;
}
