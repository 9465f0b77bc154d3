/* SPDX-License-Identifier: MIT */
/* What the files of the service itself share: serve.c (the loop), listeners.c (addresses), reload.c (configuration and log). */
#ifndef AUTOHEAL_SERVE_INTERNAL_H
#define AUTOHEAL_SERVE_INTERNAL_H

#include "autoheal/os/log.h"
#include "serve/api.h"
#include "serve/notify_socket.h"

/* A configuration that is not in force any more. */
struct retired {
        struct arena arena;
        struct retired *next;
};

struct serve {
        struct api api; /* first: api_config_changed() finds the rest from it */
        const struct serve_setup *setup;
        struct config config; /* in force; pass and api look at it */
        struct arena config_arena;
        struct retired *retired; /* the newest first; what is remembered of the last turn may still point into the oldest */
        char *config_error;      /* why config.json is not in force; NULL: it is */
        char *listens;           /* where, as the configuration said at the start */
        struct log_file *log;
        struct notifier notifier;
        char status[256]; /* what the system's manager was told last */
        bool ready, stopping;
        bool connected;           /* and that was said */
        bool hanging_up, hung_up; /* the last answers are waited for; that has taken too long */
        bool unsaved, untold;     /* the state, or the history, cannot be written; that was said */
        uint64_t empty_timer;     /* config.json is empty: somebody may just be writing it */
        unsigned reloads, looks;  /* how many were asked for and seen to */
};

/* ---- reload.c ---- */

/* Reads the configuration for the first time and opens the log. */
MUST_USE int serve_configure(struct serve *s, struct error *err);
/* Between two rounds of the loop: looks whether config.json has changed, and reads it if so. */
void serve_look_at_config(struct serve *s);
/* Because somebody asked: a file that is gone counts as well. */
void serve_reload(struct serve *s);
/* No turn knows any of them any more. */
void serve_forget_retired(struct serve *s);
void serve_forget_config(struct serve *s);

/* ---- listeners.c ---- */

/* ERR_IO, ERR_INVALID with the setting that is to be changed. */
MUST_USE int serve_listen(struct serve *s, struct error *err);
/* To the log, once nothing can fail any more. */
void serve_say_places(const struct serve *s);
/* The API listens on a loopback address or a socket. */
bool serve_is_reached_from_here_alone(const struct serve *s);
/* Where a configuration would have us listen, to see whether that has changed. To be freed. */
char *serve_places(const struct config *c);

#endif
