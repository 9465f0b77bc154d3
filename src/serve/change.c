/* SPDX-License-Identifier: MIT */
/* Changing config.json over HTTP: under the lock, judged as a whole, and told as an event that names what was changed. */
#include "serve/change.h"

#include "autoheal/os/clock.h"
#include "autoheal/util/text.h"

#define WHOLE_MAX   (4 * CONFIG_MAX)
#define NAMED_MAX   10
#define TOLD_MAX    1000
#define NAME_COLUMN 120
#define SHOWN       "config.json"

static const struct json_value nothing;

/* ---- What there is ---- */

struct json_value change_present(const struct change *c) {
        return c->doc ? json_root(c->doc) : nothing;
}

struct json_value change_whole(const struct change *c) {
        return c->whole_doc ? json_root(c->whole_doc) : nothing;
}

/* Of a file that is not in force: what it says itself, and what variables say. */
static int read_standing(struct change *c, struct error *err) {
        const struct setting_info *settings;
        size_t n = config_settings(&settings), n_edits = 0;
        struct config_edit *edits = arena_array(c->call->a, n, sizeof(*edits));
        struct buf text AUTO(buf_release) = BUF_INIT(WHOLE_MAX);

        for (size_t i = 0; i < n; i++)
                if (settings[i].env && getenv(settings[i].env))
                        edits[n_edits++] = (struct config_edit){
                                settings[i].path,
                                config_json(settings[i].path, config_at(change_whole(c), settings[i].path), true, c->call->a),
                        };
        if (config_edit(&text, SHOWN, c->text, c->len, edits, n_edits, err) < 0)
                return -1;
        return json_parse(arena_strndup(c->call->a, buf_str(&text), text.len), text.len, CONFIG_TOKENS_MAX, &c->standing, err);
}

struct json_value change_standing(const struct change *c) {
        return c->standing ? json_root(c->standing) : change_whole(c);
}

static int read_present(struct change *c, struct error *err) {
        struct store *store = c->call->api->setup->store;

        if (store_lock_state(store, err) < 0)
                return -1;
        c->locked = true;
        if (store_read_config(store, c->call->a, &c->text, &c->len, err) < 0)
                return -1;
        if (c->text && json_parse(c->text, c->len, CONFIG_TOKENS_MAX, &c->doc, &c->broken) == 0 &&
            json_type(json_root(c->doc)) != JSON_OBJECT) {
                (void)error_set(&c->broken, ERR_CONFIG, "line 1, column 1: must be an object");
                json_doc_free(TAKE(c->doc));
        }
        config_whole(&c->whole, c->call->api->config, change_present(c));
        if (json_parse(buf_str(&c->whole), c->whole.len, CONFIG_TOKENS_MAX, &c->whole_doc, err) < 0)
                return -1;
        return c->call->api->config_error && c->broken.code == ERR_NONE ? read_standing(c, err) : 0;
}

static bool begin(struct change *c, struct call *call, const char *below) {
        struct error err = ERROR_INIT;

        *c = (struct change){ .call = call, .below = below, .whole = BUF_INIT(WHOLE_MAX), .broken = ERROR_INIT };
        c->issues = (struct config_issues)CONFIG_ISSUES_INIT(call->a);
        api_look_at_config(call->api);
        if (read_present(c, &err) == 0)
                return true;
        api_fail(call, &err);
        return false;
}

bool change_begin(struct change *c, struct call *call, const char *below) {
        if (!begin(c, call, below))
                return false;
        if (c->broken.code == ERR_NONE)
                return true;
        api_error(call, 409, SHOWN " is broken and was left as it is: %s; mend it, or import another one", c->broken.msg);
        return false;
}

bool change_begin_anew(struct change *c, struct call *call) {
        bool begun = begin(c, call, "");

        c->replaces = true;
        return begun;
}

static void unlock(struct change *c) {
        if (c->locked)
                store_unlock_state(c->call->api->setup->store);
        c->locked = false;
}

void change_end(struct change *c) {
        unlock(c);
        json_doc_free(c->doc);
        json_doc_free(c->whole_doc);
        json_doc_free(c->standing);
        buf_release(&c->whole);
}

/* ---- What is wrong with it ---- */

static bool is_below(const char *where, const char *below) {
        size_t n = strlen(below);

        return strncmp(where, below, n) == 0 && (where[n] == '\0' || where[n] == '.' || where[n] == '[');
}

static void write_key(struct json_writer *w, struct slice key) {
        uint64_t index;
        struct slice digits = key;

        if (slice_number(&digits, UINT32_MAX, &index) && digits.n == 0)
                json_num(w, (int64_t)index);
        else
                json_strn(w, key);
}

/* ["body","notifications","services",0,"url"] of "notifications.services[0].url"; in brackets also a name: ['shop.web']. */
static void write_place(struct json_writer *w, const struct change *c, const char *where) {
        const char *p = *c->below && is_below(where, c->below) ? where + strlen(c->below) : where;

        json_begin_array(w);
        json_str(w, "body");
        while (*p) {
                const char *end;

                p += *p == '.';
                if (p[0] == '[' && p[1] == '\'' && (end = strstr(p, "']")) != NULL) {
                        json_strn(w, (struct slice){ p + 2, (size_t)(end - p) - 2 });
                        p = end + 2;
                } else if (p[0] == '[' && (end = strchr(p, ']')) != NULL) {
                        write_key(w, (struct slice){ p + 1, (size_t)(end - p) - 1 });
                        p = end + 1;
                } else {
                        size_t n = p[0] == '[' ? strlen(p) : strcspn(p, ".[");

                        if (n > 0)
                                json_strn(w, (struct slice){ p, n });
                        p += n;
                }
        }
        json_end_array(w);
}

/* What the present document has wrong is not of this change, unless it is still in the way. */
static bool counts(const struct change *c, const struct config_issue *issue) {
        return issue->is_error && (!issue->known || c->replaces) && !(c->takes_out && issue->refused);
}

static size_t count_errors(const struct change *c) {
        size_t n = 0;

        for (size_t i = 0; i < c->issues.n; i++)
                n += counts(c, &c->issues.items[i]);
        return n;
}

void change_issue(struct change *c, const char *where, const char *message) {
        config_add_error(&c->issues, where, message);
}

bool change_refused(struct change *c) {
        struct json_writer w;
        const char *missing = "";
        size_t told = 0;

        if (count_errors(c) == 0)
                return false;
        c->call->reply.status = c->judges ? 200 : 422;
        api_json(c->call, &w);
        json_begin_object(&w);
        if (c->judges) {
                json_key(&w, "status");
                json_str(&w, "invalid");
        }
        json_key(&w, "detail");
        json_begin_array(&w);
        for (size_t i = 0; i < c->issues.n; i++) {
                const struct config_issue *issue = &c->issues.items[i];

                /* Of what is missing the check of the whole says again that it must be set. */
                if (!counts(c, issue) || str_eq(issue->where, missing) || told++ >= TOLD_MAX)
                        continue;
                if (str_eq(issue->message, CHANGE_MISSING))
                        missing = issue->where;
                json_begin_object(&w);
                json_key(&w, "type");
                json_str(&w, str_eq(issue->message, CHANGE_MISSING) ? "missing" : "value_error");
                json_key(&w, "loc");
                write_place(&w, c, issue->where);
                json_key(&w, "msg");
                json_str(&w, issue->message);
                json_end_object(&w);
        }
        json_end_array(&w);
        json_end_object(&w);
        return true;
}

bool change_unmask(struct change *c, struct slice text, struct json_value root, struct json_value present, struct json_doc **ret) {
        struct buf clear AUTO(buf_release) = BUF_INIT(CONFIG_MAX);
        struct error err = ERROR_INIT;

        config_unmask(&clear, text, root, present, &c->issues);
        if (clear.overflowed)
                api_error(c->call, 413, "larger than the %zu MiB that are read", CONFIG_MAX / 1024 / 1024);
        else if (json_parse(arena_strndup(c->call->a, buf_str(&clear), clear.len), clear.len, CONFIG_TOKENS_MAX, ret, &err) < 0)
                api_fail(c->call, &err);
        else
                return true;
        return false;
}

/* ---- Doing it ---- */

static const char *name_changes(const struct config_difference *diff, size_t n, struct arena *a) {
        struct buf names AUTO(buf_release) = BUF_INIT(4096);
        char shown[NAME_COLUMN];

        for (size_t i = 0; i < n && i < NAMED_MAX; i++)
                buf_addf(&names, "%s%s", i ? ", " : "", text_escape_into(shown, sizeof(shown), diff[i].path));
        if (n > NAMED_MAX)
                buf_addf(&names, " and %zu more", n - NAMED_MAX);
        return arena_strdup(a, n ? buf_str(&names) : "nothing but its layout");
}

/* The event and everything else that follows from a new config.json. Without the lock: the history is written under it too. */
static void applied(struct change *c, struct json_value new, const char *verb, const char *kept_as) {
        struct call *call = c->call;
        struct arena *a = call->a;
        size_t n = 0;
        const struct config_difference *diff = config_diff(change_present(c), new, a, &n);
        const char *peer = http_conn_peer(call->conn);
        const struct event e = { .at_us = clock_read().wall_us,
                                 .type = EVENT_CONFIG,
                                 .status = "changed",
                                 .message = arena_printf(a, "configuration %s over HTTP from %s: %s%s%s%s", verb, peer,
                                                         name_changes(diff, n, a), kept_as ? " (the one before: " : "",
                                                         kept_as ? kept_as : "", kept_as ? ")" : ""),
                                 .reason = reason_name(REASON_REQUESTED),
                                 .duration_ms = -1 };

        unlock(c);
        pass_tell(call->api->pass, &e);
        api_config_changed(call->api);
        api_changed(call->api);
}

/* 422 for what is new, 409 for what stood there before and would keep the file from being read. */
static bool judge(struct change *c, const char *text, size_t len) {
        struct error err = ERROR_INIT;
        size_t errors = 0, new_errors = 0, from = c->issues.n;
        const struct config_issue *first = NULL;

        if (config_judge(SHOWN, text, len, c->text, c->len, &c->issues, &errors, &new_errors, &err) < 0) {
                api_fail(c->call, &err);
                return false;
        }
        if (change_refused(c))
                return false;
        for (size_t i = c->issues.n; i > from; i--)
                if (c->issues.items[i - 1].is_error && c->issues.items[i - 1].known)
                        first = &c->issues.items[i - 1];
        if (first)
                api_error(c->call, 409, SHOWN " is not in force, and would not be after this: %s: %s", first->where,
                          first->message);
        return !first;
}

static bool write_new(struct change *c, const struct buf *text, struct json_value new, bool keeps) {
        struct store *store = c->call->api->setup->store;
        struct error err = ERROR_INIT;
        const char *kept_as = NULL;

        if (c->judges)
                return true;
        if (c->text && c->len == text->len && memcmp(c->text, buf_str(text), c->len) == 0)
                return true;
        if ((keeps && store_keep_config(store, clock_read(), c->call->a, &kept_as, &err) < 0) ||
            store_write_config(store, buf_str(text), text->len, &err) < 0) {
                api_fail(c->call, &err);
                return false;
        }
        applied(c, new, keeps ? "imported" : "changed", kept_as);
        return true;
}

static bool find_variable(const struct change *c, const struct setting_info *s, struct env_var *ret) {
        const struct serve_setup *setup = c->call->api->setup;

        return config_variable(s, setup->env, setup->n_env, c->call->a, ret);
}

/* Whoever sets it should know that nothing will come of it. */
static bool is_in_vain(const struct change *c, const struct config_edit *edit, const struct setting_info *s) {
        return s->kept && !c->takes_out && edit->json && !str_eq(edit->json, "false") && !str_eq(edit->json, "null");
}

/* A variable wins over what the file says, and whoever sets it should know. */
static void warn_of_the_futile(struct change *c, const struct config_edit *edits, size_t n) {
        for (size_t i = 0; i < n; i++) {
                const struct setting_info *s = config_find_setting(edits[i].path);
                struct env_var set;

                if (s && find_variable(c, s, &set))
                        config_add_warning(&c->issues, s->path,
                                           arena_printf(c->call->a, "%s is set in the environment of serve and wins", set.name));
                if (s && is_in_vain(c, &edits[i], s))
                        config_add_warning(&c->issues, s->path, "kept as it is, this version does nothing with it");
        }
}

bool change_commit(struct change *c, const struct config_edit *edits, size_t n) {
        struct buf text AUTO(buf_release) = BUF_INIT(CONFIG_MAX);
        struct json_doc *new AUTO_JSON = NULL;
        struct error err = ERROR_INIT;

        /* Of a file that is not in force even that is refused: nothing of it holds. */
        if (n == 0)
                return c->standing && c->text ? judge(c, c->text, c->len) : !change_refused(c);
        if (config_edit(&text, SHOWN, c->text, c->len, edits, n, &err) < 0 ||
            json_parse(buf_str(&text), text.len, CONFIG_TOKENS_MAX, &new, &err) < 0) {
                api_fail(c->call, &err);
                return false;
        }
        config_check_host(json_root(new), change_present(c), &c->issues);
        if (!judge(c, buf_str(&text), text.len))
                return false;
        warn_of_the_futile(c, edits, n);
        return write_new(c, &text, json_root(new), false);
}

/* Of a broken file nothing is known but what was read last; a variable's value was never in it. */
static struct json_doc *host_of_last_good(struct change *c) {
        const struct setting_info *settings;
        size_t n = config_settings(&settings), n_edits = 0;
        struct config_edit *edits = arena_array(c->call->a, n, sizeof(*edits));
        struct buf text AUTO(buf_release) = BUF_INIT(WHOLE_MAX);
        struct env_var set;
        struct json_doc *doc = NULL;

        for (size_t i = 0; i < n; i++)
                if (!config_is_host(settings[i].path) || find_variable(c, &settings[i], &set))
                        edits[n_edits++] = (struct config_edit){ settings[i].path, NULL };
        if (config_edit(&text, SHOWN, buf_str(&c->whole), c->whole.len, edits, n_edits, NULL) < 0 ||
            json_parse(arena_strndup(c->call->a, buf_str(&text), text.len), text.len, CONFIG_TOKENS_MAX, &doc, NULL) < 0)
                return NULL;
        return doc;
}

bool change_replace(struct change *c, const char *given, size_t len) {
        struct buf text AUTO(buf_release) = BUF_INIT(CONFIG_MAX);
        struct json_doc *asked AUTO_JSON = NULL, *new AUTO_JSON = NULL, *last_good AUTO_JSON = NULL;
        struct error err = ERROR_INIT;
        struct json_value present = change_present(c);
        const struct config_edit *kept;
        size_t n;

        if (c->broken.code != ERR_NONE && (last_good = host_of_last_good(c)) != NULL)
                present = json_root(last_good);
        if (json_parse(given, len, CONFIG_TOKENS_MAX, &asked, &err) < 0) {
                api_fail(c->call, &err);
                return false;
        }
        n = config_keep_host(json_root(asked), present, c->call->a, &kept);
        if (config_edit(&text, SHOWN, given, len, kept, n, &err) < 0 ||
            json_parse(buf_str(&text), text.len, CONFIG_TOKENS_MAX, &new, &err) < 0) {
                api_fail(c->call, &err);
                return false;
        }
        config_check_host(json_root(new), present, &c->issues);
        return judge(c, buf_str(&text), text.len) && write_new(c, &text, json_root(new), true);
}

/* ---- Saying so ---- */

void change_success_begin(struct change *c, struct json_writer *w, const char *message) {
        size_t n = 0;

        api_success_begin(c->call, w, "%s", message);
        for (size_t i = 0; i < c->issues.n; i++) {
                const struct config_issue *issue = &c->issues.items[i];

                if (issue->known || issue->is_error)
                        continue;
                if (n++ == 0) {
                        json_key(w, "warnings");
                        json_begin_array(w);
                }
                json_str(w, arena_printf(c->call->a, "%s: %s", issue->where, issue->message));
        }
        if (n > 0)
                json_end_array(w);
}

void change_success(struct change *c, const char *message) {
        struct json_writer w;

        change_success_begin(c, &w, message);
        json_end_object(&w);
}
