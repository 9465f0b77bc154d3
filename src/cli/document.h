/* SPDX-License-Identifier: MIT */
/* What the commands about config.json share: reading it and a person's file, changing it under the lock, and saying so. */
#ifndef AUTOHEAL_CLI_DOCUMENT_H
#define AUTOHEAL_CLI_DOCUMENT_H

#include "autoheal/config/edit.h"
#include "cli_internal.h"

/* ---- Reading ---- */

/* config.json for messages. Lives in the session. */
const char *document_shown(struct session *s);
/* The present document as far as it is JSON; *ret is NULL, without an error, if there is none. To be freed. */
MUST_USE int document_parse(struct session *s, struct json_doc **ret, struct error *err);
/* A file that a person named, or standard input for "-". Text and shown name live in a. */
MUST_USE int document_read_input(const char *name, struct arena *a, const char **ret_shown, const char **ret_text, size_t *ret_len,
                                 struct error *err);

/* ---- Changing, within a change_fn ---- */

/*
 * Reads config.json again, applies the edits, judges what comes of it and writes it. Issues are those of config_judge(); with
 * a new error among them it is ERR_INVALID, and nothing is written. *ret_written is false where nothing changes.
 */
MUST_USE int document_change(struct change *ch, const struct config_edit *edits, size_t n, struct config_issues *issues,
                             bool *ret_written, struct error *err);
/* Adds a `config` event: message, then " by <who>". stable_id: NULL if it is about no container. */
void document_event(struct change *ch, const char *stable_id, const char *message);
/* As change_save(), for apply functions that keep an error of their own and the mark that config.json was written. */
MUST_USE int document_save(struct change *ch, change_fn *apply, void *arg, const struct error *apply_error, const bool *written,
                           struct error *err);

/* ---- Saying ---- */

/* A whole line, however long, without anything that a terminal acts on. */
void print_whole(FILE *out, const char *text);
/* The same, cut to that many columns. */
const char *cut_text(const char *text, size_t columns, struct arena *a);
/* One line on standard error for each error; with_known: for those too that the present document has already. */
void document_print_errors(const struct config_issues *issues, bool with_known);
/* One for each issue; an error among them is one that was there before. */
void document_print_warnings(struct session *s, const struct config_issues *issues);
/* The settings in a document that are kept and not acted on: "alerts.enabled, ui.refresh_seconds and 3 more". NULL: none. Lives in a. */
const char *document_kept(struct json_value root, struct arena *a);
#define DOCUMENT_KEPT "kept as it is, this version does nothing with it"
/* Says so if an environment variable, or a label of a container, wins over the setting. The engine is asked for a moment only. */
void document_say_who_wins(struct session *s, const char *path);

#endif
