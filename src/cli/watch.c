/* SPDX-License-Identifier: MIT */
/* `ps --watch`: looks every two seconds, and shows what it sees or what has changed of it. */
#include "live.h"
#include "ps.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/file.h"
#include "autoheal/os/log.h"
#include "autoheal/os/terminal.h"
#include "autoheal/os/watch_file.h"
#include "autoheal/util/strmap.h"
#include "autoheal/util/text.h"

#include <unistd.h>

#define FRAME_MAX    ((size_t)16 * 1024 * 1024)
#define LINE_MAX_LEN ((size_t)64 * 1024)
/* The engine's clock is known to the second, so what is counted on it seems to move that much. */
#define SAME_UNTIL_US (2 * US_PER_S)

struct watch {
        struct live live;
        struct session *session;
        const struct ps *ps;
        struct printer *printer; /* of the rows that changed; not of frames */
        struct watch_file *config;
        struct error config_error; /* why config.json cannot be used as it is now */
        struct pass *pass;         /* the last look that saw something */
        int64_t seen_us;           /* when that was */
        struct error away;         /* what kept the last look from it; ERR_NONE: nothing */
        bool on_terminal;
        int size_fd; /* tells of another size of the terminal; -1 */
};

/* ---- Looking ---- */

/* Between two looks the directory may have come, or be another, and its configuration too. */
static int refresh(struct watch *w, struct error *err) {
        struct session *s = w->session;
        if (session_stop_writing(s, err) < 0)
                return -1;
        if (watch_file_changed(w->config)) {
                error_clear(&w->config_error);
                (void)!session_read_config(s, &w->config_error);
        }
        if (w->config_error.code == ERR_NONE)
                return 0;
        *err = w->config_error;
        return -1;
}

static int look(struct watch *w, struct pass **ret, struct error *err) {
        struct pass *pass = NULL;
        if (refresh(w, err) < 0 || session_look(w->session, false, &pass, err) < 0) {
                pass_free(pass);
                return -1;
        }
        *ret = pass;
        return 0;
}

static bool is_unreached(const struct error *err) {
        return err->code == ERR_CONNECT || err->code == ERR_TIMEOUT || err->code == ERR_PROTOCOL;
}

static const char *explain_away(const struct error *err, struct arena *a) {
        return is_unreached(err) ? arena_printf(a, "engine not reached: %s", err->msg) : err->msg;
}

/* ---- Frames, on a terminal ---- */

static void add_line(struct buf *out, struct slice line, size_t columns) {
        AUTO_FREE char *text = strndup(line.p, line.n);
        size_t width = text ? text_width(text) : 0;
        struct buf cut AUTO(buf_release) = BUF_INIT(LINE_MAX_LEN);
        if (!text)
                return;
        text_ellipsis(&cut, text, columns && width > columns ? columns : SIZE_MAX);
        buf_add(out, buf_str(&cut), cut.len);
        /* In the last column it would erase what has just been written there. */
        if (!columns || width < columns)
                buf_add_str(out, "\033[K");
        buf_add_char(out, '\n');
}

static size_t count_lines(const char *text) {
        size_t n = 0;
        for (const char *p = text; (p = strchr(p, '\n')); p++)
                n++;
        return n;
}

void watch_frame(struct buf *out, const char *text, size_t columns, size_t rows) {
        struct slice rest = slice_str(text), line;
        size_t n = count_lines(text), room = rows > 1 ? rows - 1 : n;
        size_t shown = n <= room ? n : room - 1;
        char more[64];
        buf_add_str(out, "\033[H");
        for (size_t i = 0; i < shown && slice_split(&rest, '\n', &line); i++)
                add_line(out, line, columns);
        if (shown < n) {
                (void)snprintf(more, sizeof(more), "... and %zu more lines", n - shown);
                add_line(out, slice_str(more), columns);
        }
        buf_add_str(out, "\033[J");
}

/* As it was when it was seen: an engine that cannot be reached moves nothing on. */
static void print_rows(const struct watch *w, FILE *out) {
        struct arena a AUTO(arena_release) = ARENA_INIT((size_t)64 * 1024);
        const struct plan *plan = pass_plan(w->pass);
        struct printer *p = NULL;
        /* The same format was good when the command began. */
        if (!w->ps->options->quiet && ps_open_printer(w->ps, &p, &a, NULL) < 0)
                return;
        if (p)
                printer_to(p, out);
        for (size_t i = 0; i < plan->n; i++)
                if (ps_shows(w->ps, &plan->items[i]))
                        ps_print_item(w->ps, p, out, &plan->items[i], w->seen_us);
        if (p)
                printer_close(p);
}

static void draw(const struct watch *w) {
        struct buf frame AUTO(buf_release) = BUF_INIT(FRAME_MAX);
        struct arena a AUTO(arena_release) = ARENA_INIT(1024);
        AUTO_FREE char *text = NULL;
        size_t len = 0, columns = 0, rows = 0;
        FILE *out = open_memstream(&text, &len);
        if (!out)
                return;
        if (w->away.code != ERR_NONE)
                (void)fprintf(out, "%s\n\n", explain_away(&w->away, &a));
        print_rows(w, out);
        (void)fclose(out);
        (void)terminal_size(STDOUT_FILENO, &columns, &rows);
        watch_frame(&frame, text, columns, rows);
        (void)fwrite(buf_str(&frame), 1, frame.len, stdout);
}

/* ---- Changes, elsewhere ---- */

static bool until_differs(int64_t a_us, int64_t b_us) {
        if (a_us == 0 || b_us == 0)
                return a_us != b_us;
        return a_us - b_us > SAME_UNTIL_US || b_us - a_us > SAME_UNTIL_US;
}

bool watch_differs(const struct plan_item *a, const struct plan_item *b) {
        return !str_eq(a->container->name, b->container->name) || !str_eq(a->stable_id, b->stable_id) ||
               !str_eq(a->container->image, b->container->image) || a->container->state != b->container->state ||
               a->container->health != b->container->health || a->verdict != b->verdict || a->verdict_reason != b->verdict_reason ||
               a->monitored != b->monitored || a->monitor_reason != b->monitor_reason || a->quarantined != b->quarantined ||
               a->decision != b->decision || a->reason != b->reason || a->restarts != b->restarts ||
               a->max_restarts != b->max_restarts || until_differs(a->until_us, b->until_us);
}

static void print_gone(const struct watch *w, const struct plan_item *was, int64_t now_us) {
        struct container box = *was->container;
        struct plan_item item = *was;
        box.state = CONTAINER_REMOVING;
        box.health = HEALTH_NONE;
        item.container = &box;
        item.verdict = VERDICT_REMOVING;
        item.verdict_reason = REASON_REMOVING;
        item.verdict_detail = item.detail = "it is not there any more";
        item.decision = DECISION_SKIP;
        item.reason = REASON_GONE;
        item.until_us = 0;
        ps_print_item(w->ps, w->printer, stdout, &item, now_us);
}

/* What is not shown any more is shown once more, as it is now: whoever reads along would take it for what it was. */
static void print_changes(const struct watch *w, const struct plan *before, const struct plan *now, int64_t now_us) {
        struct strmap there AUTO(strmap_release) = STRMAP_INIT;
        struct strmap here AUTO(strmap_release) = STRMAP_INIT;
        for (size_t i = 0; i < before->n; i++)
                strmap_set(&there, before->items[i].container->id, i);
        for (size_t i = 0; i < now->n; i++) {
                const struct plan_item *item = &now->items[i];
                size_t at = strmap_get(&there, item->container->id);
                const struct plan_item *was = at == STRMAP_NONE ? NULL : &before->items[at];
                bool was_shown = was && ps_shows(w->ps, was), is_shown = ps_shows(w->ps, item);
                strmap_set(&here, item->container->id, i);
                if (was_shown != is_shown || (is_shown && watch_differs(was, item)))
                        ps_print_item(w->ps, w->printer, stdout, item, now_us);
        }
        for (size_t i = 0; i < before->n; i++)
                if (ps_shows(w->ps, &before->items[i]) && strmap_get(&here, before->items[i].container->id) == STRMAP_NONE)
                        print_gone(w, &before->items[i], now_us);
}

static void print_all(const struct watch *w, int64_t now_us) {
        const struct plan *plan = pass_plan(w->pass);
        for (size_t i = 0; i < plan->n; i++)
                if (ps_shows(w->ps, &plan->items[i]))
                        ps_print_item(w->ps, w->printer, stdout, &plan->items[i], now_us);
}

/* ---- Both ---- */

static void show(struct watch *w, struct pass *pass) {
        int64_t now_us = clock_read().wall_us;
        struct pass *before = w->pass;
        w->pass = pass;
        w->seen_us = now_us;
        if (w->on_terminal) {
                draw(w);
        } else {
                if (before)
                        print_changes(w, pass_plan(before), pass_plan(pass), now_us);
                else
                        print_all(w, now_us);
                printer_flush(w->printer);
        }
        pass_free(before);
}

/*
 * Once, however long it lasts and whatever the engine says meanwhile: a terminal shows it all the time, a log has to be told
 * when it is over as well.
 */
static void note_away(struct watch *w, const struct error *why) {
        struct arena a AUTO(arena_release) = ARENA_INIT(1024);
        bool news = w->away.code == ERR_NONE || (w->away.code == ERR_CONFIG) != (why->code == ERR_CONFIG);
        w->away = *why;
        if (w->on_terminal)
                draw(w);
        else if (news)
                log_error("%s", explain_away(why, &a));
}

static void note_back(struct watch *w) {
        if (w->away.code != ERR_NONE && !w->on_terminal)
                log_error("%s", is_unreached(&w->away) ? "engine reached again" : "going on");
        error_clear(&w->away);
}

/* Waits for the next look; a terminal of another size is drawn for at once. */
static int pause_between(struct watch *w, struct error *err) {
        int64_t end_ms = clock_read().mono_ms + LIVE_EVERY_MS;
        for (;;) {
                int64_t left_ms = end_ms - clock_read().mono_ms;
                if (left_ms <= 0)
                        return 0;
                if (live_wake_on(&w->live, w->size_fd, err) < 0 || live_wait(&w->live, left_ms, err) < 0)
                        return -1;
                if (w->size_fd < 0 || clock_read().mono_ms >= end_ms)
                        continue;
                terminal_size_seen(w->size_fd);
                draw(w);
                if (live_flush(&w->live, err) < 0)
                        return -1;
        }
}

static int watch(struct watch *w, struct error *err) {
        struct pass *pass = NULL;
        if (look(w, &pass, err) < 0)
                return -1;
        for (;;) {
                struct error why = ERROR_INIT;
                if (pass) {
                        note_back(w);
                        show(w, pass);
                }
                if (live_flush(&w->live, err) < 0 || pause_between(w, err) < 0)
                        return -1;
                pass = NULL;
                if (look(w, &pass, &why) < 0 && why.code != ERR_INTERRUPTED)
                        note_away(w, &why);
        }
}

int watch_containers(struct session *s, const struct ps *ps, struct printer *p) {
        struct error err = ERROR_INIT;
        struct watch w = { .session = s, .ps = ps, .printer = p, .size_fd = -1 };
        w.on_terminal = isatty(STDOUT_FILENO) && !printer_is_json(p);
        w.config = watch_file_new(s->location.path, "config.json");
        (void)watch_file_changed(w.config);
        if (w.on_terminal)
                w.size_fd = terminal_watch_size();
        int r = live_open(&w.live, s, &err);
        if (r == 0)
                r = watch(&w, &err);
        net_unwatch(s->net, w.size_fd);
        fd_close(&w.size_fd);
        watch_file_free(w.config);
        pass_free(w.pass);
        return r < 0 ? live_status(&w.live, &err) : 0;
}
