/* SPDX-License-Identifier: MIT */
/* A program in the container, and its exit code. */
#include "probe_internal.h"

#include "autoheal/util/text.h"

/* The engine knows the exit code a moment after the output has ended; what closed its output may run on for long. */
#define LOOK_FIRST_MS 100
#define LOOK_MOST_MS  1000
/* `timeout` itself needs its moment, and so does its watcher (busybox) after the program has ended. */
#define GRACE_MS 2000
/* For what the engine is asked before: it may be busy, or an ssh away. */
#define ENGINE_MS 20000
#define WORDS_MAX ((size_t)300)

/* `timeout -s KILL 10` in front of the words. */
#define WRAP_WORDS 4
/* What SIGKILL makes of it. */
#define EXIT_KILLED 137

static void time_is_up(void *arg);
static void make(struct probe *p);
static void look(struct probe *p);
static void search(struct probe *p);
static void look_at_next(struct probe *p);

static void keep_id(struct probe *p, const char *exec_id) {
        (void)snprintf(p->result.exec_id, sizeof(p->result.exec_id), "%s", exec_id);
        p->result.exec_pid = 0;
}

static void look_later(struct probe *p, net_timer_fn *fn) {
        p->look_ms = p->look_ms == 0 ? LOOK_FIRST_MS : 2 * p->look_ms < LOOK_MOST_MS ? 2 * p->look_ms : LOOK_MOST_MS;
        net_timer_cancel(p->net, p->look_timer);
        p->look_timer = net_timer(p->net, p->look_ms, fn, p);
}

/* ---- Its end ---- */

/* What it printed, in one line. */
static const char *printed(const struct probe *p, char ret[static 160]) {
        char line[160];
        size_t n = 0;
        for (const char *at = buf_str(&p->output); *at && n + 1 < sizeof(line); at++) {
                bool is_break = *at == '\n' || *at == '\r';
                if (is_break && (n == 0 || line[n - 1] == ' '))
                        continue;
                line[n++] = is_break ? ' ' : *at;
        }
        while (n > 0 && line[n - 1] == ' ')
                n--;
        line[n] = '\0';
        return text_escape_into(ret, 160, line);
}

static void end(struct probe *p, enum check_outcome outcome, const char *what) {
        char text[160];
        (void)snprintf(p->result.output, sizeof(p->result.output), "%s", buf_str(&p->output));
        (void)printed(p, text);
        probe_end(p, outcome, "%s%s%s", what, *text ? ": " : "", text);
}

/* The engine says so in the output of the exec itself, or in the refusal to start it. */
static bool says_no_timeout(const char *text) {
        return strstr(text, "timeout") && (strstr(text, "not found") || strstr(text, "no such file"));
}

static void without_timeout(struct probe *p) {
        p->result.no_timeout = true;
        buf_clear(&p->output);
        make(p);
}

static void not_run(struct probe *p, const char *why) {
        if (p->wrapped && says_no_timeout(why))
                without_timeout(p);
        else
                probe_end(p, CHECK_UNKNOWN, "it could not be run: %s", why);
}

static void has_ended(struct probe *p, const struct engine_exec *exec) {
        char text[160], what[64];
        long long seconds = (long long)probe_timeout_ms(p) / 1000;
        if (exec->pid == 0 && (exec->exit_code == 126 || exec->exit_code == 127)) {
                not_run(p, says_no_timeout(buf_str(&p->output)) ? buf_str(&p->output) : printed(p, text));
                return;
        }
        if (exec->exit_code < 0) {
                probe_end(p, CHECK_UNKNOWN, "the engine does not say what became of it");
                return;
        }
        if (exec->exit_code == 0)
                (void)snprintf(what, sizeof(what), "exit code 0");
        else if (p->time_is_up && p->wrapped)
                (void)snprintf(what, sizeof(what), "killed after %lld s", seconds);
        else
                (void)snprintf(what, sizeof(what), "exit code %lld", (long long)exec->exit_code);
        end(p, exec->exit_code == 0 ? CHECK_PASSED : CHECK_FAILED, what);
}

static void outlived(struct probe *p) {
        char what[96];
        p->result.lingers = true;
        (void)snprintf(what, sizeof(what), "no end within %lld s, and it cannot be ended from outside",
                       (long long)probe_timeout_ms(p) / 1000);
        end(p, CHECK_FAILED, what);
}

/* ---- Waiting for it ---- */

static void set_time(struct probe *p, bool runs) {
        p->runs = runs;
        net_timer_cancel(p->net, p->timer);
        p->timer = net_timer(p->net, runs ? probe_timeout_ms(p) : ENGINE_MS, time_is_up, p);
}

static void look_again(void *arg) {
        struct probe *p = arg;
        p->look_timer = 0;
        look(p);
}

static void looked(void *arg, const struct engine_exec *exec, const struct error *err) {
        struct probe *p = arg;
        if (!err && exec->pid)
                p->result.exec_pid = exec->pid;
        if (err)
                probe_end(p, CHECK_UNKNOWN, "%s", err->msg);
        else if (exec->running && p->last_chance)
                outlived(p);
        else if (exec->running)
                look_later(p, look_again);
        else if (p->waits)
                make(p);
        else
                has_ended(p, exec);
}

static void look(struct probe *p) {
        struct error err = ERROR_INIT;
        net_timer_cancel(p->net, p->look_timer);
        p->look_timer = 0;
        engine_cancel(p->engine, p);
        if (engine_exec_look(p->engine, p->result.exec_id, looked, p, &err) < 0)
                probe_end(p, CHECK_UNKNOWN, "%s", err.msg);
}

static void printed_some(void *arg, struct slice piece) {
        struct probe *p = arg;
        size_t room = PROBE_OUTPUT_MAX - p->output.len;
        /* The rest is heard and thrown away: an engine that finds nobody listening says that the exec has ended when it has not. */
        buf_add(&p->output, piece.p, piece.n < room ? piece.n : room);
}

static void output_ended(void *arg, const struct error *err) {
        struct probe *p = arg;
        /* The engine that refuses to start it says why. That it broke off says nothing about what runs. */
        if (err && (err->code == ERR_ENGINE || err->code == ERR_NOT_FOUND))
                not_run(p, err->msg);
        else
                look(p);
}

/* ---- Beginning it ---- */

/* From here on its time counts: an ssh takes its own. */
static void began(void *arg) {
        set_time(arg, true);
}

static void created(void *arg, const char *exec_id, const struct error *err) {
        static const struct engine_exec_fns fns = { .output = printed_some, .end = output_ended, .began = began };
        struct probe *p = arg;
        struct error failed = ERROR_INIT;
        if (err) {
                probe_end(p, CHECK_UNKNOWN, "it could not be run: %s", err->msg);
                return;
        }
        keep_id(p, exec_id);
        if (engine_exec_start(p->engine, exec_id, &fns, p, &failed) < 0)
                probe_end(p, CHECK_UNKNOWN, "%s", failed.msg);
}

/* ---- Its time limit ---- */

/* What was killed for its time, or was not to be ended, goes on: it hangs. Of what came to its end by itself nothing is known. */
static bool hangs(const struct probe *p) {
        return p->ask.last_hung || (p->ask.last_failed && p->killed);
}

static void still_there(struct probe *p) {
        p->result.lingers = true;
        probe_end(p, hangs(p) ? CHECK_FAILED : CHECK_UNKNOWN,
                  "what an earlier run left in the container has not ended: it is not run again before that");
}

static void time_is_up(void *arg) {
        struct probe *p = arg;
        p->timer = 0;
        if (p->lives) {
                still_there(p);
                return;
        }
        if (!p->runs) {
                probe_end(p, CHECK_UNKNOWN, "the engine did not answer in time");
                return;
        }
        p->last_chance = p->time_is_up || p->waits || !p->wrapped;
        p->time_is_up = true;
        if (!p->last_chance)
                p->timer = net_timer(p->net, GRACE_MS, time_is_up, p);
        else
                look(p);
}

static void make(struct probe *p) {
        const char *argv[WORDS_MAX + WRAP_WORDS + 1];
        struct error err = ERROR_INIT;
        size_t n = 0;
        p->wrapped = !p->result.no_timeout;
        p->waits = p->lives = p->time_is_up = p->last_chance = false;
        p->look_ms = 0;
        if (p->wrapped) {
                argv[n++] = "timeout";
                argv[n++] = "-s";
                argv[n++] = "KILL";
                argv[n++] = arena_printf(&p->arena, "%lld", (long long)probe_timeout_ms(p) / 1000);
        }
        for (size_t i = 0; i < WORDS_MAX && p->words[i]; i++)
                argv[n++] = p->words[i];
        argv[n] = NULL;
        keep_id(p, "");
        set_time(p, false);
        if (engine_exec_create(p->engine, p->ask.container_id, argv, created, p, &err) < 0)
                probe_end(p, CHECK_UNKNOWN, "%s", err.msg);
}

/* ---- One that is under way ---- */

static bool same_words(const char *const *a, const char *const *b) {
        size_t i = 0;
        while (a[i] && b[i] && strcmp(a[i], b[i]) == 0)
                i++;
        return !a[i] && !b[i];
}

static bool is_ours(const struct probe *p, const char *const *argv) {
        static const char *const wrap[] = { "timeout", "-s", "KILL" };
        size_t n = 0;
        while (n < N_ELEMENTS(wrap) && argv[n] && strcmp(argv[n], wrap[n]) == 0)
                n++;
        return same_words(argv, p->words) || (n == N_ELEMENTS(wrap) && argv[n] && same_words(argv + WRAP_WORDS, p->words));
}

static void wait_for(struct probe *p, const char *exec_id, const struct engine_exec *exec) {
        keep_id(p, exec_id);
        p->waits = true;
        set_time(p, true);
        looked(p, exec, NULL);
}

static void looked_beside(void *arg, const struct engine_exec *exec, const struct error *err) {
        struct probe *p = arg;
        if (err || !exec->running || !is_ours(p, exec->argv)) {
                look_at_next(p);
                return;
        }
        wait_for(p, p->beside.ids[p->beside.n], exec);
}

static void look_at_next(struct probe *p) {
        if (p->beside.n == 0 || engine_exec_look(p->engine, p->beside.ids[--p->beside.n], looked_beside, p, NULL) < 0)
                make(p);
}

static void listed(void *arg, const struct engine_execs *execs, const struct error *err) {
        struct probe *p = arg;
        if (!err) {
                p->beside.ids = arena_array(&p->arena, execs->n, sizeof(*p->beside.ids));
                p->beside.n = execs->n;
                for (size_t i = 0; i < execs->n; i++)
                        p->beside.ids[i] = arena_strdup(&p->arena, execs->ids[i]);
        }
        look_at_next(p);
}

static void look_beside(struct probe *p) {
        set_time(p, false);
        p->look_ms = 0;
        if (engine_exec_list(p->engine, p->ask.container_id, listed, p, NULL) < 0)
                make(p);
}

/* ---- What the last run left behind ---- */

static void search_again(void *arg) {
        struct probe *p = arg;
        p->look_timer = 0;
        search(p);
}

static void searched(void *arg, bool lives, const struct error *err) {
        struct probe *p = arg;
        p->lives = !err && lives;
        if (p->lives && hangs(p) && !p->runs)
                set_time(p, true);
        /* An engine that does not let its processes be listed leaves the answer to the one before. */
        if (!p->lives)
                look_beside(p);
        else if (hangs(p) || p->look_ms < LOOK_MOST_MS)
                look_later(p, search_again);
        else
                still_there(p);
}

static void search(struct probe *p) {
        if (engine_find_session(p->engine, p->ask.container_id, p->ask.exec_pid, searched, p, NULL) < 0)
                look_beside(p);
}

static void looked_back(void *arg, const struct engine_exec *exec, const struct error *err) {
        struct probe *p = arg;
        if (!err && exec->pid)
                p->ask.exec_pid = exec->pid;
        p->killed = !err && exec->exit_code == EXIT_KILLED;
        p->result.exec_pid = p->ask.exec_pid;
        if (!err && exec->running)
                wait_for(p, p->ask.exec_id, exec);
        else if (p->ask.exec_pid)
                search(p);
        else
                look_beside(p);
}

void probe_exec_start(struct probe *p) {
        p->words = health_check_argv(&p->check, &p->arena);
        keep_id(p, p->ask.exec_id);
        set_time(p, false);
        if (!p->ask.exec_id[0] || engine_exec_look(p->engine, p->ask.exec_id, looked_back, p, NULL) < 0)
                look_beside(p);
}
