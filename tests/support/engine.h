/* SPDX-License-Identifier: MIT */
/*
 * A real engine for end-to-end tests, and a world in it for each test. One test program has one engine of its own
 * (scripts/private-engine.sh; root only), started in the group's setup. However the program ends, a guardian process
 * removes the engine with its containers and directory.
 *
 * A world is a home, docker's client configuration with $AUTOHEAL_BIN installed as the plugin, and room for a data
 * directory (not made yet); its teardown removes every container. Commands are given as a person types them and run by
 * /bin/sh in a clean environment. Whatever AddressSanitizer, UndefinedBehaviorSanitizer or (with TEST_VALGRIND=1)
 * valgrind reports about the plugin fails the test in which it happened.
 *
 *         static void test_something(void **state) {
 *                 struct world *w = *state;
 *                 world_do(w, "docker run -d --name web --label autoheal=true autoheal-demo sh -c 'exit 3'");
 *                 world_await(w, "web", "{{.State.Status}}", "exited");
 *                 const struct output *o = world_run(w, "docker autoheal");
 *                 check_exit(o, 0);
 *         }
 *         ... world_test(test_something) in the list, cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown)
 */
#ifndef SUPPORT_ENGINE_H
#define SUPPORT_ENGINE_H

#include "support/check.h"
#include "support/files.h"
#include "support/run.h"

#define WORLD_ENV_MAX  32
#define WORLD_AWAIT_MS 60000

struct private_engine;
struct proxy;
struct recorder;

int engine_group_setup(void **state);
/* The same with more options for dockerd, which end with NULL and must outlive the group. */
int engine_group_setup_with(void **state, const char *const *options);
int engine_group_teardown(void **state);

struct world {
        struct private_engine *engine;
        struct recorder *recorder;
        struct proxy *proxy;
        char *dir;
        char *data;                   /* what AUTOHEAL_DATA_DIR names */
        char *share;                  /* an empty directory for containers to mount: $SHARE in commands */
        char *host;                   /* the engine itself: unix://... */
        char *env[WORLD_ENV_MAX + 1]; /* ends with NULL */
        size_t n_env;
        struct output last;
};

int world_setup(void **state);
int world_teardown(void **state);
#define world_test(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

/* "NAME=value" for every command from now on, instead of an earlier value; "NAME" alone takes it out. */
void world_env(struct world *w, const char *pair);
/* Restarts need not wait: no exit grace, no cooldown, no back-off. */
void world_no_waits(struct world *w);
/* From now on DOCKER_HOST names a recorder between the commands and the engine. */
struct recorder *world_record(struct world *w);
/* A proxy in front of the engine (support/proxy.h), for those whose DOCKER_HOST names it. */
struct proxy *world_proxy(struct world *w);

/* The engine comes to an end, and starts again with the containers that it had. The teardown starts it if the test did not. */
enum engine_end {
        ENGINE_HALT,  /* as an upgrade does: it stops its containers and ends */
        ENGINE_CRASH, /* killed; its containers live on without it */
        ENGINE_CUT,   /* killed with all its containers, as by a power failure */
};
void world_engine_end(struct world *w, enum engine_end how);
void world_engine_start(struct world *w);

/* Runs one shell command. The result is valid until the next one. */
const struct output *world_run(struct world *w, const char *command, ...) PRINTF(2, 3);
/* The same, and the test fails unless it exits with 0. */
void world_do(struct world *w, const char *command, ...) PRINTF(2, 3);
/* The same in the background; "exec" in front makes the pid the program's own. To be ended with run_end(). */
pid_t world_start(struct world *w, const char *command);
/* Ends the plugin that this docker runs, by a signal of its own: docker before 25 passes none on. docker's exit code. */
int world_serve_end(struct world *w, pid_t pid);

/* The first number of docker's version, such as 28. */
int world_docker_version(struct world *w);
/* In front of a command: calls the plugin with the same arguments as docker 28 does, where an older docker stands in the way. */
#define AS_28 "docker() { \"$DOCKER_CONFIG/cli-plugins/docker-autoheal\" \"$@\"; }; "

/* What `docker inspect --format` prints of that container, without the newline, to be freed; "" if there is none. */
char *world_inspect(struct world *w, const char *container, const char *format);
/* Polls until that is value; the test fails after WORLD_AWAIT_MS. */
void world_await(struct world *w, const char *container, const char *format, const char *value);
/* Fails the test unless that is value now. */
#define check_inspect(w, container, format, value) check_inspect_at((w), (container), (format), (value), __FILE__, __LINE__)
void check_inspect_at(struct world *w, const char *container, const char *format, const char *value, const char *file, int line);
/* Name, state and StartedAt of every container, sorted, to be freed: two equal texts mean that none was started or stopped between. */
char *world_starts(struct world *w);
/* Fails the test unless `docker autoheal ps --all` says so of the container now: check_judged(w, "web", "stopped", "manual-stop"). */
#define check_judged(w, name, verdict, reason) check_judged_at((w), (name), (verdict), (reason), __FILE__, __LINE__)
void check_judged_at(struct world *w, const char *name, const char *verdict, const char *reason, const char *file, int line);
/* Runs a pass; fails the test unless it says nothing and sends the engine nothing but questions. Records from now on. */
#define check_quiet_pass(w) check_quiet_pass_at((w), __FILE__, __LINE__)
void check_quiet_pass_at(struct world *w, const char *file, int line);

/* Polls until directory holds a file of that name. */
void world_await_file(const char *dir, const char *name);

/* Whatever is remembered becomes so many seconds older, as if the clock had been set forward meanwhile; back if negative. */
void world_age(struct world *w, int64_t seconds);

/* How many events of that type events.json holds for the container of that name (NULL: any). */
size_t world_count_events(struct world *w, const char *type, const char *container);
/* Fails the test unless the last of them has that member: check_event(w, "restart", "web", "exit_code", "3"). */
#define check_event(w, type, container, path, raw) check_event_at((w), (type), (container), (path), (raw), __FILE__, __LINE__)
void check_event_at(struct world *w, const char *type, const char *container, const char *path, const char *raw, const char *file,
                    int line);
/* Fails the test unless that file of the data directory has that member: check_data(w, "containers.json", "web.verdict", "\"ok\""). */
#define check_data(w, name, path, raw) check_data_at((w), (name), (path), (raw), __FILE__, __LINE__)
void check_data_at(struct world *w, const char *name, const char *path, const char *raw, const char *file, int line);

/* Formats and program text that many tests use. A container becomes sick with SICKEN and is well again after a restart. */
#define STATUS     "{{.State.Status}}"
#define STARTED    "{{.State.StartedAt}}"
#define HEALTH     "{{.State.Health.Status}}"
#define MONITORED  "--label autoheal=true "
#define SICKENABLE "--tmpfs /run --health-cmd 'test ! -e /run/sick' --health-interval 1s --health-retries 1 "
#define SICKEN     "docker exec %s touch /run/sick"
#define SHARED     "-v \"$SHARE\":/share "
/* Ends at once when it is told to. */
#define OBEDIENT "sh -c 'trap \"exit 0\" TERM; sleep 1000 & wait'"
/* Has to be killed; writes /share/asked when it is asked to end. */
#define STUBBORN "sh -c 'trap \"touch /share/asked\" TERM; while :; do sleep 1000 & wait; done'"

#endif
