/* SPDX-License-Identifier: MIT */
/* config.json for the commands about it: reading, changing under the lock, and saying what came of it. */
#include "document.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/file.h"
#include "autoheal/os/log.h"
#include "autoheal/util/text.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#define PRINTED_MAX (4 * CONFIG_MAX)
#define CHUNK       16384
#define KEPT_SHOWN  5

/* ---- Reading ---- */

const char *document_shown(struct session *s) {
        return arena_printf(&s->arena, "%s/config.json", s->location.path);
}

int document_parse(struct session *s, struct json_doc **ret, struct error *err) {
        struct error why = ERROR_INIT;
        *ret = NULL;
        if (!s->config_text || json_parse(s->config_text, s->config_len, CONFIG_TOKENS_MAX, ret, &why) == 0)
                return 0;
        (void)error_set(err, ERR_CONFIG, "%s: %s", document_shown(s), why.msg);
        return error_remedy(err, SESSION_CONFIG_REMEDY);
}

static int read_all(int fd, const char *shown, struct buf *out, struct error *err) {
        char chunk[CHUNK];
        for (;;) {
                ssize_t n = read(fd, chunk, sizeof(chunk));
                if (n == 0)
                        return 0;
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return error_set_errno(err, errno, "reading '%s'", shown);
                buf_add(out, chunk, (size_t)n);
                if (out->overflowed)
                        return error_set(err, ERR_TOO_LARGE, "%s: larger than the %zu MiB that are read", shown,
                                         CONFIG_MAX / 1024 / 1024);
        }
}

int document_read_input(const char *name, struct arena *a, const char **ret_shown, const char **ret_text, size_t *ret_len,
                        struct error *err) {
        struct buf text AUTO(buf_release) = BUF_INIT(CONFIG_MAX);
        bool is_standard = str_eq(name, "-");
        const char *shown = is_standard ? "standard input" : name;
        AUTO_CLOSE int fd = is_standard ? -1 : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (!is_standard && fd < 0)
                return error_set_errno(err, errno, "opening '%s'", name);
        if (read_all(is_standard ? STDIN_FILENO : fd, shown, &text, err) < 0)
                return -1;
        *ret_shown = shown;
        *ret_text = arena_strndup(a, buf_str(&text), text.len);
        *ret_len = text.len;
        return 0;
}

/* ---- Changing ---- */

int document_change(struct change *ch, const struct config_edit *edits, size_t n, struct config_issues *issues, bool *ret_written,
                    struct error *err) {
        struct buf text AUTO(buf_release) = BUF_INIT(CONFIG_MAX);
        struct store *store = ch->session.store;
        const char *present = NULL, *shown = document_shown(&ch->session);
        size_t len = 0, errors, new_errors;
        if (store_read_config(store, &ch->arena, &present, &len, err) < 0 ||
            config_edit(&text, shown, present, len, edits, n, err) < 0 ||
            config_judge(shown, buf_str(&text), text.len, present, len, issues, &errors, &new_errors, err) < 0)
                return -1;
        if (new_errors > 0)
                return error_set(err, ERR_INVALID, "nothing was changed");
        if (present && text.len == len && memcmp(buf_str(&text), present, len) == 0)
                return 0;
        if (store_write_config(store, buf_str(&text), text.len, err) < 0)
                return -1;
        *ret_written = true;
        return 0;
}

static const char *user(struct arena *a) {
        struct passwd entry, *found = NULL;
        char room[4096];
        if (getpwuid_r(getuid(), &entry, room, sizeof(room), &found) == 0 && found)
                return arena_strdup(a, found->pw_name);
        return arena_printf(a, "uid %u", (unsigned)getuid());
}

void document_event(struct change *ch, const char *stable_id, const char *message) {
        event_list_add(&ch->events, &(struct event){ .at_us = clock_read().wall_us,
                                                     .type = EVENT_CONFIG,
                                                     .container_name = stable_id,
                                                     .stable_id = stable_id,
                                                     .status = "changed",
                                                     .message = arena_printf(&ch->arena, "%s by %s", message, user(&ch->arena)),
                                                     .reason = reason_name(REASON_REQUESTED),
                                                     .duration_ms = -1 });
}

int document_save(struct change *ch, change_fn *apply, void *arg, const struct error *apply_error, const bool *written,
                  struct error *err) {
        struct error why = ERROR_INIT;
        bool saved = false;
        if (change_save(ch, apply, arg, &saved, &why) < 0 && apply_error->code == ERR_NONE) {
                if (err)
                        *err = why;
                /* The history alone: 78 would say that nothing was changed. */
                if (*written && !saved && err) {
                        err->code = ERR_FAILED;
                        return error_wrap(err, "done, but it could not be added to the history");
                }
                return -1;
        }
        if (apply_error->code == ERR_NONE)
                return 0;
        if (err)
                *err = *apply_error;
        return -1;
}

/* ---- Saying ---- */

void print_whole(FILE *out, const char *text) {
        struct buf safe AUTO(buf_release) = BUF_INIT(PRINTED_MAX);
        text_escape(&safe, slice_str(text));
        (void)fprintf(out, "%s\n", buf_str(&safe));
}

const char *cut_text(const char *text, size_t columns, struct arena *a) {
        struct buf safe AUTO(buf_release) = BUF_INIT(PRINTED_MAX), cut AUTO(buf_release) = BUF_INIT(PRINTED_MAX);
        text_escape(&safe, slice_str(text));
        text_ellipsis(&cut, buf_str(&safe), columns);
        return arena_strdup(a, buf_str(&cut));
}

void document_print_errors(const struct config_issues *issues, bool with_known) {
        for (size_t i = 0; i < issues->n; i++)
                if (issues->items[i].is_error && (with_known || !issues->items[i].known))
                        log_error("%s: %s", issues->items[i].where, issues->items[i].message);
}

void document_print_warnings(struct session *s, const struct config_issues *issues) {
        for (size_t i = 0; i < issues->n; i++)
                log_warn("%s%s", session_describe(s, &issues->items[i]),
                         issues->items[i].is_error ? ": nothing is healed until that is mended" : "");
}

const char *document_kept(struct json_value root, struct arena *a) {
        struct buf b AUTO(buf_release) = BUF_INIT(4096);
        const struct setting_info *settings;
        size_t n = config_settings(&settings), found = 0;
        for (size_t i = 0; i < n; i++)
                if (settings[i].kept && json_present(config_at(root, settings[i].path)) && ++found <= KEPT_SHOWN)
                        buf_addf(&b, "%s%s", found > 1 ? ", " : "", settings[i].path);
        if (found > KEPT_SHOWN)
                buf_addf(&b, " and %zu more", found - KEPT_SHOWN);
        return found ? arena_strdup(a, buf_str(&b)) : NULL;
}
