/* SPDX-License-Identifier: MIT */
/*
 * A running `serve` in a scene, and requests to it as any client makes them. It listens on a port of its own of the loopback, and
 * its token is REST_TOKEN; it ends with the scene's test or with rest_stop().
 *
 *         rest_start(s);
 *         check_status(rest_put(s, "/api/config/restart", "{\"max_restarts\":5}"), 200);
 */
#ifndef SUPPORT_REST_H
#define SUPPORT_REST_H

#include "support/scene.h"

#define REST_TOKEN "a-token-of-the-tests-0123456789abcdef"

struct rest_answer {
        long status;
        char *head;           /* header lines as they came */
        char *body;           /* NUL-terminated */
        struct json_doc *doc; /* of the body; NULL if it is no JSON */
};

/* Starts it and waits until it is ready and has seen the engine's containers. Without a fake engine in the scene one without containers is made. */
void rest_start(struct scene *s);
struct rest_ask {
        const char *arguments; /* behind "serve"; NULL: none */
        bool disk_full;        /* it can write to no file */
        bool early;            /* waits until it answers only: it need not have seen the engine, nor serve the loopback */
};
void rest_start_as(struct scene *s, struct rest_ask ask);
/* Ends it, which has to go well, and forgets the answer. For teardowns too: does nothing if it does not run. */
void rest_stop(void);

/* Valid until the next request. */
const struct rest_answer *rest_get(const char *path);
const struct rest_answer *rest_send(const char *method, const char *path, const char *content_type, const char *body);
const struct rest_answer *rest_put(const char *path, const char *json);
const struct rest_answer *rest_post(const char *path, const char *json);
const struct rest_answer *rest_delete(const char *path);
/* As curl -F "file=@x" and browsers send a file. */
const struct rest_answer *rest_upload(const char *path, const char *field, const char *text);
/* The next requests go without the token, or with it again. */
void rest_with_token(bool with);

/* One more header line for the next request: "Origin: http://evil.example". It takes the place of the client's own of that name. */
void rest_with_header(const char *line);
/* Where it listens, and who does. */
int rest_port(void);
pid_t rest_pid(void);

struct json_value rest_root(const struct rest_answer *a);
/* Fails the test and shows the body if the status is another one. */
#define check_status(answer, status) check_status_at((answer), (status), __FILE__, __LINE__)
void check_status_at(const struct rest_answer *a, long status, const char *file, int line);
/* 422, and among the errors one at that place ("body,restart,max_restarts") with that message. */
#define check_refused(answer, loc, message) check_refused_at((answer), (loc), (message), __FILE__, __LINE__)
void check_refused_at(const struct rest_answer *a, const char *loc, const char *message, const char *file, int line);

int rest_scene_setup(void **state);
int rest_scene_teardown(void **state);
#define rest_test(test) cmocka_unit_test_setup_teardown(test, rest_scene_setup, rest_scene_teardown)

#endif
