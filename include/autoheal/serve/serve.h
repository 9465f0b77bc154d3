/* SPDX-License-Identifier: MIT */
/*
 * SERVE. The pass that goes on, its HTTP API, its metrics and its page, until somebody asks it to stop. One thread, one poll.
 * It never calls the engine itself: it asks for a turn, changes what is remembered through store, or shows what pass holds.
 */
#ifndef AUTOHEAL_SERVE_SERVE_H
#define AUTOHEAL_SERVE_SERVE_H

#include "autoheal/pass/pass.h"

struct metrics;

/* All borrowed; must outlive serve_run(). */
struct serve_setup {
        struct net *net;
        struct engine *engine;
        const struct endpoint *endpoint;
        struct store *store; /* opened for writing, pass.lock held */
        const char *data_dir;
        const char *identity;    /* for the log: as whom it runs; "" says nothing */
        struct metrics *metrics; /* whoever has the engine counts its requests there */
        /*
         * Reads config.json and the environment anew. *ret lives in a; the issues as config_load() gives them. ERR_CONFIG: what is
         * in force stays in force.
         */
        int (*load_config)(void *arg, struct config *ret, struct config_issues *issues, struct arena *a, struct error *err);
        void *arg;
        const struct env_var *env; /* the environment, as load_config() reads it */
        size_t n_env;
        const char *token; /* NULL: from AUTOHEAL_API_TOKEN, AUTOHEAL_API_TOKEN_FILE or the data directory */
        bool no_auth;
        bool print_link; /* to standard error, once it listens: where the page is, with the token */
        /* Set or counted up by watches on net. serve_run() looks at them after each round. */
        const volatile bool *stop;       /* nothing new; end when what is under way has ended */
        const volatile bool *abandon;    /* end now, and leave it to the engine */
        const volatile unsigned *reload; /* read the configuration and open the log anew */
        const volatile unsigned *look;   /* a whole list, now */
};

/*
 * Runs until it is told to stop, and says what went wrong itself. 0: everything under way was recorded. ERR_INTERRUPTED: it was abandoned. ERR_IO: an address
 * cannot be listened on; the text says how to choose another.
 */
MUST_USE int serve_run(const struct serve_setup *setup, struct error *err);

#endif
