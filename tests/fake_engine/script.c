/* SPDX-License-Identifier: MIT */
/* The fake engine's script language: one command a line, words that may be quoted. */
#include "fake_engine.h"

#include <fnmatch.h>

#define MAX_WORDS 64

/* Up to two hexadecimal digits at *p. */
static char read_hex(const char **p) {
        unsigned value = 0;
        for (int i = 0; i < 2 && strchr("0123456789abcdefABCDEF", **p) && **p; i++) {
                char digit[2] = { **p, '\0' };
                value = value * 16 + (unsigned)strtoul(digit, NULL, 16);
                (*p)++;
        }
        return (char)value;
}

static char read_escape(const char **p) {
        char c = **p;
        if (c)
                (*p)++;
        switch (c) {
        case 'n':
                return '\n';
        case 'r':
                return '\r';
        case 't':
                return '\t';
        case 'e':
                return '\033';
        case 'x':
                return read_hex(p);
        default:
                return c;
        }
}

/* One word: blanks end it, except inside double quotes, where backslash escapes hold too. False if a quote stays open. */
static bool read_word(const char **p, struct buf *out) {
        bool quoted = false;
        buf_clear(out);
        buf_add_str(out, "");
        while (**p && (quoted || !strchr(" \t", **p))) {
                char c = *(*p)++;
                if (c == '"')
                        quoted = !quoted;
                else if (c == '\\' && quoted)
                        buf_add_char(out, read_escape(p));
                else
                        buf_add_char(out, c);
        }
        return !quoted;
}

static bool split_words(const char *line, struct words *ret) {
        struct buf word AUTO(buf_release) = BUF_INIT(4 * 1024 * 1024);
        const char *p = line;
        for (;;) {
                p += strspn(p, " \t");
                if (!*p || *p == '#')
                        return true;
                if (ret->n == MAX_WORDS || !read_word(&p, &word))
                        return false;
                words_add(ret, buf_str(&word));
        }
}

/* "key=value" becomes key, and *ret_value points behind the sign; NULL where there is none. */
static char *split_pair(char *word, const char **ret_value) {
        char *sign = strchr(word, '=');
        *ret_value = NULL;
        if (sign) {
                *sign = '\0';
                *ret_value = sign + 1;
        }
        return word;
}

static bool set_pairs(struct world *w, struct fake_container *c, const struct words *words, size_t first, const char **ret_why) {
        for (size_t i = first; i < words->n; i++) {
                const char *value;
                AUTO_FREE char *pair = xstrdup(words->items[i]);
                const char *key = split_pair(pair, &value);
                *ret_why = "expected key=value";
                if (!value || !container_set(w, c, key, value, ret_why))
                        return false;
        }
        return true;
}

static bool run_container(struct world *w, const struct words *words, const char **ret_why) {
        *ret_why = "container NAME [key=value...]";
        if (words->n < 2)
                return false;
        struct fake_container *c = world_container(w, words->items[1]);
        bool ok = set_pairs(w, c, words, 2, ret_why);
        container_settle(c, world_now_us(w) - 60 * US_PER_S);
        return ok;
}

static bool run_population(struct world *w, const struct words *words, const char **ret_why) {
        int64_t n;
        *ret_why = "population COUNT HEALTH [key=value...]";
        if (words->n < 3 || !parse_int64(words->items[1], 0, 100000, &n))
                return false;
        for (int64_t i = 0; i < n; i++) {
                char name[32];
                snprintf(name, sizeof(name), "member-%04lld", (long long)i);
                struct fake_container *c = world_container(w, name);
                set_text(&c->health, words->items[2]);
                if (!set_pairs(w, c, words, 3, ret_why))
                        return false;
                container_settle(c, world_now_us(w) - 60 * US_PER_S);
        }
        return true;
}

static bool run_on_restart(struct world *w, const struct words *words, const char **ret_why) {
        *ret_why = "on-restart NAME [key=value...]: no such container";
        struct fake_container *c = words->n > 1 ? world_find(w, words->items[1]) : NULL;
        if (!c)
                return false;
        words_clear(&c->on_restart);
        *ret_why = "expected key=value";
        for (size_t i = 2; i < words->n; i++) {
                if (!strchr(words->items[i], '='))
                        return false;
                words_add(&c->on_restart, words->items[i]);
        }
        return true;
}

static bool run_remove(struct world *w, const struct words *words, const char **ret_why) {
        bool found = false;
        *ret_why = "remove NAME: no such container";
        struct fake_container *c = words->n == 2 ? world_find(w, words->items[1]) : NULL;
        if (c) {
                world_remove(w, c);
                return true;
        }
        for (size_t i = w->n; words->n == 2 && i-- > 0;) {
                if (fnmatch(words->items[1], w->containers[i]->name, 0) != 0)
                        continue;
                world_remove(w, w->containers[i]);
                found = true;
        }
        return found;
}

static bool run_event(struct world *w, const struct words *words, const char **ret_why) {
        int64_t at_s = 0;
        *ret_why = "event ACTION NAME [SECONDS [ATTRIBUTE=VALUE]]";
        struct fake_container *c = words->n > 2 ? world_find(w, words->items[2]) : NULL;
        if (!c || (words->n > 3 && !parse_int64(words->items[3], -4000000000, 4000000000, &at_s)))
                return false;
        world_event(w, c, words->items[1], words->n > 4 ? words->items[4] : "", world_now_us(w) + at_s * US_PER_S);
        return true;
}

/* What N health probes leave in the journal. */
static bool run_flood(struct world *w, const struct words *words, const char **ret_why) {
        int64_t n;
        *ret_why = "flood N NAME";
        struct fake_container *c = words->n == 3 ? world_find(w, words->items[2]) : NULL;
        if (!c || !parse_int64(words->items[1], 1, 100000, &n))
                return false;
        for (int64_t i = 0; i < n; i++) {
                world_event(w, c, "exec_create: /bin/probe", "execID=0f", world_now_us(w));
                world_event(w, c, "exec_start: /bin/probe", "execID=0f", world_now_us(w));
                world_event(w, c, "exec_die", "exitCode=0", world_now_us(w));
        }
        return true;
}

static bool run_new_journal(struct world *w, const struct words *words, const char **ret_why) {
        *ret_why = "new-journal";
        world_new_journal(w);
        return words->n == 1;
}

static bool run_engine_restart(struct world *w, const struct words *words, const char **ret_why) {
        bool killed = words->n == 2 && str_eq(words->items[1], "killed");
        *ret_why = "engine-restart [killed]";
        if (words->n > 2 || (words->n == 2 && !killed))
                return false;
        world_engine_restart(w, killed);
        return true;
}

/* "100", "64K", "100M" */
static bool read_size(const char *text, int64_t *ret) {
        struct slice in = slice_str(text);
        uint64_t n;
        if (!slice_number(&in, 1u << 30, &n))
                return false;
        if (slice_skip(&in, "K"))
                n <<= 10;
        else if (slice_skip(&in, "M"))
                n <<= 20;
        *ret = (int64_t)n;
        return in.n == 0;
}

static bool set_fault_flag(struct fault *f, const char *word) {
        struct {
                const char *word;
                bool *flag;
        } flags[] = {
                { "hang", &f->hang },       { "garbage", &f->garbage }, { "not-http", &f->not_http },
                { "chunked", &f->chunked }, { "done", &f->done },       { "half", &f->half },
        };
        for (size_t i = 0; i < N_ELEMENTS(flags); i++) {
                if (str_eq(word, flags[i].word))
                        return *flags[i].flag = true;
        }
        return parse_int64(word, 100, 599, &f->status);
}

static bool set_fault(struct fault *f, const char *key, const char *value) {
        if (!value)
                return set_fault_flag(f, key);
        if (str_eq(key, "refuse") || str_eq(key, "status"))
                return parse_int64(value, 100, 599, &f->status);
        if (str_eq(key, "times"))
                return parse_int64(value, 1, INT64_MAX, &f->times);
        if (str_eq(key, "skip"))
                return parse_int64(value, 0, INT64_MAX, &f->skip);
        if (str_eq(key, "delay"))
                return parse_int64(value, 1, 600000, &f->delay_ms);
        if (str_eq(key, "cut"))
                return parse_int64(value, 0, INT64_MAX, &f->cut);
        if (str_eq(key, "truncate"))
                return parse_int64(value, 0, INT64_MAX, &f->truncate);
        if (str_eq(key, "stall"))
                return parse_int64(value, 0, INT64_MAX, &f->stall);
        if (str_eq(key, "drip"))
                return parse_int64(value, 1, 60000, &f->drip_ms);
        if (str_eq(key, "huge"))
                return read_size(value, &f->huge);
        if (str_eq(key, "message") || str_eq(key, "container")) {
                set_text(str_eq(key, "message") ? &f->message : &f->container, value);
                return true;
        }
        return false;
}

static bool run_fault(struct world *w, const struct words *words, const char **ret_why) {
        struct fault f = { .times = -1, .cut = -1, .truncate = -1, .stall = -1 };
        *ret_why = "fault OPERATION KIND... : see docs/testing.md";
        if (words->n < 3)
                return false;
        f.any = str_eq(words->items[1], "any");
        f.op = op_parse(words->items[1]);
        if (!f.any && f.op == OP_MAX_)
                return false;
        for (size_t i = 2; i < words->n; i++) {
                const char *value;
                AUTO_FREE char *pair = xstrdup(words->items[i]);
                const char *key = split_pair(pair, &value);
                if (!set_fault(&f, key, value)) {
                        fault_release(&f);
                        return false;
                }
        }
        w->faults = xrealloc(w->faults, (w->n_faults + 1) * sizeof(*w->faults));
        w->faults[w->n_faults++] = f;
        return true;
}

static bool run_no_faults(struct world *w, const struct words *words, const char **ret_why) {
        *ret_why = "no-faults";
        for (size_t i = 0; i < w->n_faults; i++)
                fault_release(&w->faults[i]);
        w->n_faults = 0;
        return words->n == 1;
}

static bool run_release(struct world *w, const struct words *words, const char **ret_why) {
        *ret_why = "release";
        w->releases++;
        return words->n == 1;
}

static bool run_clock(struct world *w, const struct words *words, const char **ret_why) {
        int64_t s;
        *ret_why = "clock SECONDS";
        if (words->n != 2 || !parse_int64(words->items[1], -4000000000, 4000000000, &s))
                return false;
        w->clock_shift_us = s * US_PER_S;
        return true;
}

static bool run_text(struct world *w, const struct words *words, const char **ret_why) {
        const char *what = words->items[0];
        *ret_why = "expected one value";
        if (words->n != 2)
                return false;
        set_text(str_eq(what, "api")       ? &w->api
                 : str_eq(what, "server")  ? &w->server
                 : str_eq(what, "version") ? &w->version
                                           : &w->engine_id,
                 words->items[1]);
        return true;
}

static const struct command {
        const char *name;
        bool (*run)(struct world *w, const struct words *words, const char **ret_why);
} commands[] = {
        { "container", run_container },
        { "population", run_population },
        { "on-restart", run_on_restart },
        { "remove", run_remove },
        { "event", run_event },
        { "fault", run_fault },
        { "flood", run_flood },
        { "new-journal", run_new_journal },
        { "engine-restart", run_engine_restart },
        { "no-faults", run_no_faults },
        { "release", run_release },
        { "clock", run_clock },
        { "api", run_text },
        { "server", run_text },
        { "version", run_text },
        { "engine-id", run_text },
};

static bool run_line(struct world *w, const char *line, const char **ret_why) {
        struct words words AUTO(words_clear) = { 0 };
        *ret_why = "a quote stays open, or there are too many words";
        if (!split_words(line, &words))
                return false;
        if (words.n == 0)
                return true;
        for (size_t i = 0; i < N_ELEMENTS(commands); i++)
                if (str_eq(words.items[0], commands[i].name))
                        return commands[i].run(w, &words, ret_why);
        *ret_why = "no such command";
        return false;
}

bool script_run(struct world *w, const char *text, struct buf *ret_why) {
        struct slice rest = slice_str(text), line;
        for (size_t number = 1; slice_split(&rest, '\n', &line); number++) {
                const char *why;
                AUTO_FREE char *copy = strndup(line.p, line.n);
                if (copy && run_line(w, copy, &why))
                        continue;
                buf_addf(ret_why, "line %zu: %s: %s\n", number, why, copy ? copy : "");
                return false;
        }
        return true;
}
