/* SPDX-License-Identifier: MIT */
/* A message in words: its title, its lines, how urgent it is. */
#include "notify_internal.h"

#include "autoheal/util/text.h"
#include "autoheal/util/timefmt.h"

#define LINES_MAX 16
#define TEXT_MAX  ((size_t)64 * 1024)

static const char *or_empty(const char *s) {
        return s ? s : "";
}

/* ---- How urgent ---- */

const char *priority_name(enum priority p) {
        static const char *const names[PRIORITY_MAX_] = { "low", "normal", "high", "critical" };

        return names[p];
}

bool message_is_bad(const struct message *m) {
        static const char *const bad[] = { "quarantine", "storm", "crash_loop", "store", "notify", "orphaned" };

        if (str_eq(m->status, "failure") || str_eq(m->status, "unknown") || str_eq(m->status, "lost"))
                return true;
        for (size_t i = 0; i < N_ELEMENTS(bad); i++)
                if (str_eq(m->event, bad[i]) && !str_eq(m->status, "success") && !str_eq(m->status, "ended"))
                        return true;
        return false;
}

enum priority message_priority(const struct message *m) {
        if (message_is_bad(m))
                return PRIORITY_HIGH;
        return str_eq(m->event, "auto_monitor") ? PRIORITY_LOW : PRIORITY_NORMAL;
}

/* ---- The title ---- */

static const char *headline(const struct message *m) {
        static const struct {
                const char *event, *words;
        } titles[] = {
                { "quarantine", "Container Quarantined" },
                { "unquarantine", "Container Unquarantined" },
                { "auto_unquarantine", "Container Released From Quarantine" },
                { "recovered", "Container Recovered" },
                { "auto_monitor", "Container Auto-Monitored" },
                { "notify", "Container Needs Attention" },
                { "crash_loop", "Container In A Crash Loop" },
                { "health_check", "Health Check" },
                { "orphaned", "Container Orphaned" },
                { "config", "Configuration" },
                { "storm", "Many Containers Are Down" },
                { "engine", "Docker Engine" },
                { "store", "Data Directory" },
                { "maintenance", "Maintenance" },
                { "hook", "Hook" },
                { EVENT_WORD_TEST, "\xF0\x9F\xA7\xAA Test Notification" },
        };

        if (str_eq(m->event, "restart"))
                return str_eq(m->status, "success")   ? "Container Restarted"
                       : str_eq(m->status, "failure") ? "Container Restart Failed"
                                                      : "Container Restart: Outcome Unknown";
        if (str_eq(m->event, "quarantine") && !str_eq(m->status, "quarantined"))
                return "Container Could Not Be Stopped";
        for (size_t i = 0; i < N_ELEMENTS(titles); i++)
                if (str_eq(titles[i].event, m->event))
                        return titles[i].words;
        return "docker-autoheal";
}

static const char *printable(const char *text, struct arena *a) {
        struct buf b AUTO(buf_release) = BUF_INIT(TEXT_MAX);

        text_escape(&b, slice_str(or_empty(text)));
        return arena_strdup(a, buf_str(&b));
}

/* At most max bytes, whole characters, with "..." where something is missing. max >= 4. */
static const char *cut(const char *text, size_t max, struct arena *a) {
        size_t len = strlen(text), n = 0;

        if (len <= max)
                return text;
        for (size_t used; n < len; n += used) {
                used = utf8_sequence(text + n, len - n, NULL);
                used = used ? used : 1;
                if (n + used > max - 3)
                        break;
        }
        return arena_printf(a, "%.*s...", (int)n, text);
}

const char *message_title(const struct message *m, size_t max, struct arena *a) {
        const char *name = printable(m->container_name, a), *host = printable(m->host, a);
        const char *title = headline(m);

        if (*name)
                title = arena_printf(a, "%s: %s", title, name);
        if (*host)
                title = arena_printf(a, "%s (%s)", title, host);
        return cut(title, max, a);
}

/* ---- The lines ---- */

struct line {
        const char *name, *value;
};
struct lines {
        struct line items[LINES_MAX];
        size_t n;
};

static void add(struct lines *l, const char *name, const char *value) {
        if (value && *value && l->n < LINES_MAX)
                l->items[l->n++] = (struct line){ name, value };
}

static const char *shown_time(int64_t us, struct arena *a) {
        char text[TIME_ISO_SIZE];

        if (us == 0)
                return NULL;
        (void)time_format_iso(us, text);
        return arena_printf(a, "%.10s %.8s UTC", text, text + 11);
}

const char *message_time(const struct message *m, struct arena *a) {
        char text[TIME_ISO_SIZE];

        (void)time_format_iso(m->at_us, text);
        return arena_strdup(a, text);
}

static const char *container(const struct message *m, struct arena *a) {
        if (!m->container_name || !m->stable_id || str_eq(m->container_name, m->stable_id))
                return m->container_name ? m->container_name : m->stable_id;
        return arena_printf(a, "%s (%s)", m->container_name, m->stable_id);
}

static const char *restarts(const struct message *m, struct arena *a) {
        if (!m->container_name || (!m->restart_count && !m->max_restarts))
                return NULL;
        return m->max_restarts ? arena_printf(a, "%lld of %lld", (long long)m->restart_count, (long long)m->max_restarts)
                               : arena_printf(a, "%lld", (long long)m->restart_count);
}

static const char *exit_code(const struct message *m, struct arena *a) {
        const char *oom = m->oom_killed ? "out of memory" : "";

        if (!m->has_exit_code)
                return m->oom_killed ? oom : NULL;
        return arena_printf(a, "%lld%s%s%s", (long long)m->exit_code, *oom ? " (" : "", oom, *oom ? ")" : "");
}

static const char *more(const struct message *m, struct arena *a) {
        const char *failed = m->more_failed ? arena_printf(a, ", %lld of them failed", (long long)m->more_failed) : "";

        if (m->more == 0)
                return NULL;
        return arena_printf(a, "%lld more of these since %s%s", (long long)m->more, or_empty(shown_time(m->more_since_us, a)),
                            failed);
}

/* longest: what stands behind that in a text is not shown. */
static bool says_it(const char *text, size_t longest, struct arena *a) {
        return text && strstr(text, "docker autoheal unquarantine") && strlen(printable(text, a)) <= longest;
}

static const char *release(const struct message *m, size_t longest, struct arena *a) {
        if (!str_eq(m->status, "quarantined") || !m->stable_id || says_it(m->text, longest, a))
                return NULL;
        return arena_printf(a, "docker autoheal unquarantine %s", m->stable_id);
}

static void collect(struct lines *l, const struct message *m, size_t longest, size_t output, struct arena *a) {
        add(l, "Host", m->host);
        add(l, "Container", container(m, a));
        add(l, "Event", m->event);
        add(l, "Status", m->status);
        add(l, "Restart Count", restarts(m, a));
        add(l, "Time", shown_time(m->at_us, a));
        add(l, "Message", m->text);
        add(l, "Reason", m->reason);
        add(l, "Exit Code", exit_code(m, a));
        add(l, "Also", more(m, a));
        add(l, "Release", release(m, longest, a));
        if (m->health_output)
                add(l, "Last Output", cut(printable(m->health_output, a), output, a));
}

void escape_angles(struct buf *out, const char *text) {
        for (; *text; text++) {
                if (*text == '&')
                        buf_add_str(out, "&amp;");
                else if (*text == '<')
                        buf_add_str(out, "&lt;");
                else if (*text == '>')
                        buf_add_str(out, "&gt;");
                else
                        buf_add_char(out, *text);
        }
}

const char *message_defused(const char *text, struct arena *a) {
        static const char *const alike[][2] = { { "@", "\uff20" }, { "<", "\u2039" }, { ">", "\u203a" } };
        struct buf out AUTO(buf_release) = BUF_INIT(TEXT_MAX);

        for (; *text; text++) {
                size_t i = 0;

                while (i < N_ELEMENTS(alike) && *text != alike[i][0][0])
                        i++;
                if (i < N_ELEMENTS(alike))
                        buf_add_str(&out, alike[i][1]);
                else
                        buf_add_char(&out, *text);
        }
        return arena_strdup(a, buf_str(&out));
}

const struct style style_plain = { "", "", NULL };

static const char *write(const struct message *m, const struct style *s, size_t longest, size_t output, struct arena *a) {
        struct buf b AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        struct lines l = { .n = 0 };

        collect(&l, m, longest, output, a);
        for (size_t i = 0; i < l.n; i++) {
                const char *value = cut(printable(l.items[i].value, a), longest, a);

                buf_addf(&b, "%s%s%s:%s ", i ? "\n" : "", s->bold, l.items[i].name, s->end_bold);
                if (s->escape)
                        s->escape(&b, value);
                else
                        buf_add_str(&b, value);
        }
        return arena_strdup(a, buf_str(&b));
}

const char *message_text(const struct message *m, const struct style *style, size_t max, struct arena *a) {
        static const struct {
                size_t longest, output;
        } steps[] = { { 4096, 4096 }, { 4096, 1024 }, { 4096, 512 }, { 4096, 256 }, { 4096, 128 }, { 4096, 64 },
                      { 512, 64 },    { 256, 64 },    { 128, 64 },   { 64, 64 },    { 32, 32 },    { 16, 16 } };
        const char *text = "";

        for (size_t i = 0; i < N_ELEMENTS(steps); i++) {
                text = write(m, style, steps[i].longest, steps[i].output, a);
                if (strlen(text) <= max)
                        return text;
        }
        /* Only where there is hardly any room. Nothing that is cut here was escaped with more than one character. */
        return cut(text, max, a);
}
