/* SPDX-License-Identifier: MIT */
/* Hooks as processes: begun, read, waited for, ended. */
#include "hook_internal.h"

#include "autoheal/os/child.h"
#include "autoheal/os/clock.h"
#include "autoheal/os/file.h"
#include "autoheal/util/tail.h"
#include "autoheal/util/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/wait.h>
#include <unistd.h>

#define DOCUMENT_MAX  ((size_t)64 * 1024)
#define CHUNK         4096
#define CHUNKS_MAX    16   /* pieces of its output that are read in one round: whoever prints for ever must not stop the loop */
#define PATIENCE_MS   2000 /* from SIGTERM to SIGKILL, and from that to not waiting any longer */
#define LOOK_FIRST_MS 2    /* between two looks whether it has ended, and twice as long each time ... */
#define LOOK_MOST_MS  250  /* ... up to this */

/* What the engine waits where neither the container nor the configuration names a time. */
#define ENGINE_STOP_TIMEOUT_S 10
#define ARGUMENTS             4

struct run {
        TAILQ_ENTRY(run) link;
        struct hooks *hooks;
        struct hook_result result;
        struct arena arena; /* argv, environment and document */
        const char **argv;
        const char *const *environment;
        struct buf document;
        int64_t limit_s;

        bool begun, told; /* told: done was called */
        struct child child;
        pid_t pid, group; /* group: the same, once it has ended */
        int out;          /* what it prints; -1: closed */
        int verdict;      /* why it could not be run; -1: closed */
        struct tail said;
        int64_t began_mono_ms, look_ms;
        uint64_t look_timer, limit_timer;
        enum { GOES_ON, LATE, ENDED } how; /* why it was sent a signal */
        bool killed;
};

struct hooks {
        struct net *net;
        hook_done_fn *done;
        void *arg;
        TAILQ_HEAD(run_list, run) runs; /* in the order in which they were asked for */
        uint64_t begin_timer;
        bool ending;
};

const struct string_list *hook_command(const struct config *cfg, enum hook which) {
        switch (which) {
        case HOOK_PRE_RESTART:
                return &cfg->hooks.pre_restart;
        case HOOK_POST_RESTART:
                return &cfg->hooks.post_restart;
        default:
                return &cfg->hooks.on_quarantine;
        }
}

/* ---- The end of one ---- */

static void close_output(struct run *r) {
        if (r->out >= 0)
                net_unwatch(r->hooks->net, r->out);
        fd_close(&r->out);
}

static void free_run(struct run *r) {
        TAILQ_REMOVE(&r->hooks->runs, r, link);
        close_output(r);
        fd_close(&r->verdict);
        net_timer_cancel(r->hooks->net, r->look_timer);
        net_timer_cancel(r->hooks->net, r->limit_timer);
        buf_release(&r->document);
        arena_release(&r->arena);
        free(r);
}

static void begin_soon(struct hooks *h);

/* why NULL: it ended by itself. */
static void tell(struct run *r, const char *why) {
        char line[TAIL_MAX + 1];

        r->told = true;
        r->result.ok = !why;
        r->result.duration_ms = r->begun ? clock_read().mono_ms - r->began_mono_ms : 0;
        (void)text_escape_into(r->result.why, sizeof(r->result.why), why ? why : "");
        (void)text_escape_into(r->result.said, sizeof(r->result.said), tail_line(&r->said, line, sizeof(r->result.said)));
        begin_soon(r->hooks);
        r->hooks->done(r->hooks->arg, &r->result);
}

static void tell_end(struct run *r, bool gone) {
        char status[CHILD_STATUS_SIZE], why[sizeof(r->result.why)];
        struct error err = ERROR_INIT;

        if (r->how == LATE) {
                (void)snprintf(why, sizeof(why), "%s: not done after %lld s", gone ? "killed" : "killed, and not gone even so",
                               (long long)r->limit_s);
                tell(r, why);
        } else if (r->how == ENDED) {
                tell(r, "ended, because autoheal ends");
        } else if (child_verdict(r->verdict, r->argv[0], &err) < 0) {
                tell(r, err.msg);
        } else if (!WIFEXITED(r->child.wait_status) || WEXITSTATUS(r->child.wait_status) != 0) {
                tell(r, child_status_text(r->child.wait_status, status));
        } else {
                tell(r, NULL);
        }
}

/* ---- While it runs ---- */

/* False once nothing more can come. */
static bool read_output(struct run *r) {
        char chunk[CHUNK];

        for (int i = 0; i < CHUNKS_MAX; i++) {
                ssize_t n = read(r->out, chunk, sizeof(chunk));

                if (n > 0)
                        tail_add(&r->said, chunk, (size_t)n);
                else
                        return n < 0 && (errno == EAGAIN || errno == EINTR);
        }
        return true;
}

static void look(void *arg);

/*
 * Looked at again and again: a handler for SIGCHLD would be the whole program's, and not every kernel and sandbox has descriptors
 * for processes.
 */
static void look_soon(struct run *r) {
        net_timer_cancel(r->hooks->net, r->look_timer);
        r->look_timer = net_timer(r->hooks->net, r->look_ms, look, r);
        r->look_ms = 2 * r->look_ms < LOOK_MOST_MS ? 2 * r->look_ms : LOOK_MOST_MS;
}

static void look_often(struct run *r) {
        r->look_ms = LOOK_FIRST_MS;
        look_soon(r);
}

/* In this order: what it printed before it ended is there, and its group can be reached by its number only until then. */
static void take_end(struct run *r) {
        r->group = r->pid;
        if (r->out >= 0)
                (void)read_output(r);
        close_output(r);
        net_timer_cancel(r->hooks->net, r->limit_timer);
        r->limit_timer = 0;
        child_signal_group(&r->child, SIGKILL);
        (void)child_ended(&r->child);
        r->look_ms = LOOK_FIRST_MS;
        if (!r->told)
                tell_end(r, true);
}

static bool is_ours(const struct hooks *h, pid_t pid) {
        const struct run *r = NULL;

        TAILQ_FOREACH(r, &h->runs, link) {
                if (r->child.pid == pid)
                        return true;
        }
        return net_owns_process(h->net, pid);
}

/* Where we are the first process of a container, what has left the group of its hook becomes ours, and stays a zombie unless waited for. */
static void forget_fugitives(const struct hooks *h) {
        pid_t pid = child_first_ended();

        while (pid > 0 && !is_ours(h, pid) && child_forget(pid))
                pid = child_first_ended();
}

static void look(void *arg) {
        struct run *r = arg;

        r->look_timer = 0;
        forget_fugitives(r->hooks);
        if (r->group == 0 && child_is_over(&r->child))
                take_end(r);
        if (r->group && child_group_is_gone(r->group))
                free_run(r);
        else
                look_soon(r);
}

static void output_came(void *arg, int fd) {
        struct run *r = arg;

        (void)fd;
        if (read_output(r))
                return;
        close_output(r);
        look_often(r);
}

/* One that even SIGKILL does not end is stuck in the kernel: nobody waits for it any longer, but it stays until it is gone. */
static void time_is_over(void *arg) {
        struct run *r = arg;

        r->limit_timer = 0;
        if (r->killed) {
                tell_end(r, false);
                return;
        }
        if (r->how == GOES_ON)
                r->how = LATE;
        r->killed = true;
        child_signal_group(&r->child, SIGKILL);
        r->limit_timer = net_timer(r->hooks->net, PATIENCE_MS, time_is_over, r);
        look_often(r);
}

/* ---- Its beginning ---- */

/* A file that nobody else has, to be read from its beginning: as much as there is, whether or not it is read. */
static int open_document(const struct buf *document, struct error *err) {
        AUTO_CLOSE int fd = memfd_create("autoheal-hook", MFD_CLOEXEC);
        int ret;

        if (fd < 0 || write(fd, buf_str(document), document->len) != (ssize_t)document->len || lseek(fd, 0, SEEK_SET) != 0)
                return error_set_errno(err, errno, "writing what it is to read");
        ret = fd;
        fd = -1;
        return ret;
}

static int start(struct run *r, struct error *err) {
        AUTO_CLOSE int in = open_document(&r->document, err);
        int ends[2];

        if (in < 0)
                return -1;
        if (pipe2(ends, O_CLOEXEC) < 0)
                return error_set_errno(err, errno, "making a pipe for what it prints");

        AUTO_CLOSE int out = ends[1];

        r->out = ends[0];
        if (fcntl(r->out, F_SETFL, O_NONBLOCK) < 0)
                return error_set_errno(err, errno, "making a pipe for what it prints");
        if (net_watch(r->hooks->net, r->out, output_came, r, err) < 0)
                return -1;
        return child_start_alone(&r->child, r->argv, r->environment, in, out, &r->verdict, err);
}

static void begin(struct run *r) {
        struct error err = ERROR_INIT;

        r->begun = true;
        r->began_mono_ms = clock_read().mono_ms;
        if (start(r, &err) < 0) {
                tell(r, err.msg);
                free_run(r);
                return;
        }
        r->pid = r->child.pid;
        r->limit_timer = net_timer(r->hooks->net, r->limit_s * 1000, time_is_over, r);
        look_often(r);
}

/* The next one that waits, if there is room. Whoever is told of an end may ask for more. */
static struct run *next_to_begin(const struct hooks *h) {
        struct run *r = NULL, *found = NULL;
        size_t n = 0;

        TAILQ_FOREACH(r, &h->runs, link) {
                n += r->begun && !r->told;
                if (!r->begun && !found)
                        found = r;
        }
        return n < HOOKS_AT_ONCE ? found : NULL;
}

static void begin_those_that_wait(void *arg) {
        struct hooks *h = arg;
        struct run *r;

        h->begin_timer = 0;
        while (!h->ending && (r = next_to_begin(h)))
                begin(r);
}

/* Not at once: whoever asks for one is not told of its end before it has asked. */
static void begin_soon(struct hooks *h) {
        if (h->begin_timer == 0)
                h->begin_timer = net_timer(h->net, 0, begin_those_that_wait, h);
}

/*
 * What follows for a script that was written for another tool: which container, what it was, and how long it had to stop. The name
 * has a slash there, as the engine tells it, and scripts cut that off.
 */
static void add_arguments(const char **argv, const struct hook_news *news, struct arena *a) {
        const struct event *event = news->event;
        int64_t timeout_s = news->stop_timeout_s == STOP_TIMEOUT_UNSET ? ENGINE_STOP_TIMEOUT_S : news->stop_timeout_s;

        argv[0] = arena_printf(a, "/%s", event->container_name ? event->container_name : "");
        argv[1] = arena_printf(a, "%.12s", event->container_id ? event->container_id : "");
        argv[2] = event->has_exit_code ? "exited" : "running";
        argv[3] = arena_printf(a, "%lld", (long long)timeout_s);
}

static const char **make_argv(enum hook which, const struct config *cfg, const struct hook_news *news, struct arena *a) {
        const struct string_list *words = hook_command(cfg, which);
        const char **argv = arena_array(a, words->n + ARGUMENTS + 1, sizeof(*argv));

        for (size_t i = 0; i < words->n; i++)
                argv[i] = arena_strdup(a, words->items[i]);
        if (which == HOOK_POST_RESTART && cfg->hooks.post_restart_args)
                add_arguments(argv + words->n, news, a);
        return argv;
}

void hooks_start(struct hooks *h, enum hook which, const struct config *cfg, const struct hook_news *news) {
        const struct event *event = news->event;
        struct run *r;

        if (h->ending || hook_command(cfg, which)->n == 0)
                return;
        r = xcalloc(1, sizeof(*r));
        r->hooks = h;
        r->arena = (struct arena)ARENA_INIT(8192);
        r->document = (struct buf)BUF_INIT(DOCUMENT_MAX);
        r->argv = make_argv(which, cfg, news, &r->arena);
        r->environment = hook_environment(which, news, &r->arena);
        hook_document(&r->document, which, news);
        r->limit_s = cfg->hooks.timeout_seconds;
        r->child.errors = r->out = r->verdict = -1;
        r->result.hook = which;
        (void)snprintf(r->result.stable_id, sizeof(r->result.stable_id), "%s", event->stable_id ? event->stable_id : "");
        (void)snprintf(r->result.container_id, sizeof(r->result.container_id), "%s",
                       event->container_id ? event->container_id : "");
        (void)snprintf(r->result.container_name, sizeof(r->result.container_name), "%s",
                       event->container_name ? event->container_name : "");
        TAILQ_INSERT_TAIL(&h->runs, r, link);
        begin_soon(h);
}

/* ---- All of them ---- */

struct hooks *hooks_new(struct net *net, hook_done_fn *done, void *arg) {
        struct hooks *h = xcalloc(1, sizeof(*h));

        h->net = net;
        h->done = done;
        h->arg = arg;
        TAILQ_INIT(&h->runs);
        return h;
}

size_t hooks_under_way(const struct hooks *h) {
        const struct run *r;
        size_t n = 0;

        TAILQ_FOREACH(r, &h->runs, link)
        n += !r->told;
        return n;
}

static void end(struct run *r) {
        if (r->told || r->how != GOES_ON)
                return;
        r->how = ENDED;
        child_signal_group(&r->child, SIGTERM);
        net_timer_cancel(r->hooks->net, r->limit_timer);
        r->limit_timer = net_timer(r->hooks->net, PATIENCE_MS, time_is_over, r);
        look_often(r);
}

void hooks_end(struct hooks *h) {
        struct run *r = TAILQ_FIRST(&h->runs);

        if (h->ending)
                return;
        h->ending = true;
        while (r) {
                struct run *next = TAILQ_NEXT(r, link);

                if (r->begun)
                        end(r);
                else
                        free_run(r);
                r = next;
        }
}

void hooks_free(struct hooks *h) {
        if (!h)
                return;
        while (!TAILQ_EMPTY(&h->runs)) {
                struct run *r = TAILQ_FIRST(&h->runs);

                child_signal_group(&r->child, SIGKILL);
                (void)child_ended(&r->child);
                free_run(r);
        }
        net_timer_cancel(h->net, h->begin_timer);
        free(h);
}
