/* SPDX-License-Identifier: MIT */
/*
 * One change of config.json over HTTP, for the handlers: what stands in the file is read under the state lock, the new text is
 * judged as a whole, and either all of it comes into force or nothing changes.
 *
 *         struct change c AUTO(change_end);
 *         if (!change_begin(&c, call, "restart"))
 *                 return;
 *         ... edits, from change_present(&c) and the body ...
 *         if (change_commit(&c, edits, n))
 *                 change_success(&c, "Restart configuration updated");
 *
 * Whatever returns false has answered.
 */
#ifndef AUTOHEAL_SERVE_CHANGE_H
#define AUTOHEAL_SERVE_CHANGE_H

#include "autoheal/config/remote.h"
#include "serve/api.h"

/* What is said of a member that has to be there. */
#define CHANGE_MISSING "Field required"

struct change {
        struct call *call;
        const char *below; /* where in the document the body stands: "", "restart", "notifications.services[2]" */
        struct config_issues issues;
        const char *text; /* config.json; NULL: there is none */
        size_t len;
        struct json_doc *doc; /* NULL: there is none, or it is broken */
        struct error broken;  /* why it is */
        struct buf whole;     /* of config_whole() */
        struct json_doc *whole_doc;
        struct json_doc *standing; /* of a file that is not in force, and no broken JSON */
        bool locked;
        bool judges;    /* and no more: nothing is written */
        bool replaces;  /* the whole: what was wrong before is no excuse */
        bool takes_out; /* what is doubtful in the rest was there before, even if it stands elsewhere now */
};

/* 409 with the place if config.json is broken. */
bool change_begin(struct change *c, struct call *call, const char *below);
/* The same for what replaces the whole: it may be broken. What is known of the host's settings counts as present then. */
bool change_begin_anew(struct change *c, struct call *call);
void change_end(struct change *c);

/* The document in the file; missing if there is none. */
struct json_value change_present(const struct change *c);
/* What holds, of all settings. */
struct json_value change_whole(const struct change *c);
/* What would hold if the file came into force: the same, unless it cannot. What is equal to that is no change. */
struct json_value change_standing(const struct change *c);

/* The body with its masks replaced by what `present` has there; text lives in the call, *ret is to be freed. */
bool change_unmask(struct change *c, struct slice text, struct json_value root, struct json_value present, struct json_doc **ret);
/* Something is wrong with what was sent: place below the body, or a path of the document. */
void change_issue(struct change *c, const char *where, const char *message);
/* True if something is wrong: then it answered 422 with all of it. */
bool change_refused(struct change *c);

/* Judges, writes, applies and tells. Nothing is written where nothing changes. */
bool change_commit(struct change *c, const struct config_edit *edits, size_t n);
/* The same of a whole document, after a copy of the present one. */
bool change_replace(struct change *c, const char *text, size_t len);
/* {"status", "message", and "warnings" where there are some}; the object stays open. */
void change_success_begin(struct change *c, struct json_writer *w, const char *message);
void change_success(struct change *c, const char *message);

/* ---- api_config.c ---- */

/* config.json as it stands; NULL if there is none, or it is broken. Its text lives in a; to be freed. */
struct json_doc *config_file_now(struct api *api, struct arena *a);
/* All settings as they hold now, of config_whole(). The same. */
struct json_doc *config_whole_now(struct api *api, struct arena *a);
/* PUT of some settings below a section; answer: what is said when it is done. */
void config_put(struct call *call, const char *section, void (*answer)(struct change *c));
/* ?secrets=true, which needs the token. False after an answer. */
bool config_wants_secrets(struct call *call, bool *ret);

#endif
