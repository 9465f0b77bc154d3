/* SPDX-License-Identifier: MIT */
/*
 * One system test's world: a temporary directory with a home and room for a data directory (not made yet), a fake engine,
 * and the real binary ($AUTOHEAL_BIN) run in a clean environment: PATH, HOME, DOCKER_HOST of the fake engine,
 * AUTOHEAL_DATA_DIR, and what scene_env() adds.
 *
 *         static void test_something(void **state) {
 *                 struct scene *s = *state;
 *                 scene_world(s, "container web health=unhealthy label=autoheal=true\n");
 *                 const struct output *o = scene_run(s, "run");
 *                 check_exit(o, 0);
 *         }
 *         ... scene_test(test_something) in the list of tests
 */
#ifndef SUPPORT_SCENE_H
#define SUPPORT_SCENE_H

#include "support/check.h"
#include "support/fake.h"
#include "support/files.h"
#include "support/run.h"

#define SCENE_ENV_MAX 32

struct scene {
        char *dir, *home, *data;
        struct fake *fake;
        char *env[SCENE_ENV_MAX + 1]; /* ends with NULL */
        size_t n_env;
        struct output last;
};

int scene_setup(void **state);
int scene_teardown(void **state);
#define scene_test(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)

/* Script lines for the fake engine. */
void scene_world(struct scene *s, const char *lines);
/* "NAME=value" for every run from now on, instead of an earlier value; "NAME" alone takes it out. */
void scene_env(struct scene *s, const char *pair);

/* Runs the binary with these words (split at blanks) as arguments. The result is valid until the next run. */
const struct output *scene_run(struct scene *s, const char *arguments, ...) PRINTF(2, 3);
/* With all of run_ask to choose from; argv without the program, ends with NULL. argv[0] and env of ask are filled in. */
const struct output *scene_run_ask(struct scene *s, const char *const *argv, struct run_ask ask);
/* The same in the background; ask as in scene_run_ask(). */
pid_t scene_start(struct scene *s, const char *arguments);
pid_t scene_start_ask(struct scene *s, const char *arguments, struct run_ask ask);
/* Requests that change something. */
size_t scene_posts(struct scene *s);

/* Makes the data directory (mode 0700) with that file in it. */
void data_put(struct scene *s, const char *name, const char *text);
/* A file of the data directory, to be freed; NULL if it is not there. */
char *data_get(struct scene *s, const char *name);
/* Parses a file of the data directory; fails the test if it is not there or not JSON. *ret_text and the document are to be freed. */
struct json_doc *data_json(struct scene *s, const char *name, char **ret_text);
/* Snapshots of the data directory, to be freed: all of it, and of its JSON files only (a pass touches the lock files even when it changes nothing). */
char *data_snapshot(struct scene *s);
char *state_snapshot(struct scene *s);
/* How many events of that type events.json holds for that container (by stable id; NULL: any). */
size_t count_events(struct scene *s, const char *type, const char *stable_id);

/*
 * A /data that this system has is looked at before the default directory: from now on this program and what it runs see
 * somebody else's files there. Does nothing where there is none, else takes root.
 */
void scene_hide_data(void);

/* Restarts need not wait for each other: no cooldown, no back-off. */
void scene_no_waits(struct scene *s);
/* Runs a pass that lets the data directory know its engine, and forgets its requests. */
void scene_first_pass(struct scene *s);

#endif
