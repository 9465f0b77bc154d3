/* SPDX-License-Identifier: MIT */
/* Values as JSON, for the files of this folder that change and show the document. */
#ifndef AUTOHEAL_CONFIG_EDIT_INTERNAL_H
#define AUTOHEAL_CONFIG_EDIT_INTERNAL_H

#include "autoheal/config/edit.h"
#include "autoheal/util/strmap.h"
#include "config/config_internal.h"

/* ---- typed.c ---- */

/* An integer, number, boolean, text or list with commas, as variables are written, as JSON. NULL if it is malformed, or the setting is of another kind. */
const char *typed_json(const struct setting_info *s, const char *text, struct arena *a);

/* What is said of a setting that is the host's, before the remedy. */
#define CONFIG_NOT_FROM_AFAR "cannot be changed over HTTP, for it concerns the host: "

/* As a JSON string. */
const char *typed_text(const char *text, struct arena *a);

/* ---- secrets.c ---- */

/* What is known of a place in the document, coming from the root: are there secrets? */
struct place {
        enum {
                PLACE_BY_NAME, /* names of members tell */
                PLACE_OPEN,    /* no: this version knows all that can be there */
                PLACE_IDS,     /* members are named by stable ids, which tell nothing */
                PLACE_SERVICE, /* a notification service: all but what is known to be none */
                PLACE_SERVER,  /* where it runs: a secret unless it is an address and nothing else */
                PLACE_SECRET,
        } kind;
        char section[64]; /* of the table, as long as it is one; "" the root */
        bool in_table;
};
struct place place_root(void);
struct place place_enter(const struct place *outer, const char *key);
/* Does a text hold an address that carries credentials: user:password@host, or ?token=...? */
bool has_secret_address(const char *text);
void place_write(struct json_writer *w, const struct place *p, struct json_value v, bool secrets);

/* ---- diff.c ---- */

/* Order, layout and how a number is written count for nothing. masks_fit: CONFIG_MASK in a is the same as anything in b. */
bool values_same(struct json_value a, struct json_value b, bool masks_fit, struct arena *scratch);

/* ---- members.c ---- */

/* The members of an object by name, the last of each name. */
struct members {
        struct strmap index;
        struct json_value *values;
        const char **keys;
        size_t n; /* names, each once, in the order of the document */
};
void members_list(struct members *ret, struct json_value object, struct arena *a);
void members_release(struct members *m);
struct json_value members_get(const struct members *m, const char *key);

#endif
