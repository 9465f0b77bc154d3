/* SPDX-License-Identifier: MIT */
/*
 * The engine's JSON as plain data. No sockets, no engine object: fuzzed and unit-tested by themselves. Everything is copied
 * into the arena; text is bounded (names and label values 64 KiB, probe output 4 KiB, 4096 labels) and NUL-free.
 */
#ifndef AUTOHEAL_ENGINE_DECODE_H
#define AUTOHEAL_ENGINE_DECODE_H

#include "autoheal/engine/engine.h"

MUST_USE int decode_list(const char *text, size_t len, struct arena *a, struct container **ret, size_t *ret_n, struct error *err);
MUST_USE int decode_inspect(const char *text, size_t len, struct arena *a, struct container *c, struct error *err);
MUST_USE int decode_info(const char *text, size_t len, struct arena *a, struct engine_info *ret, struct error *err);
/* One JSON object a line (or simply one after another). A torn last line is dropped. */
MUST_USE int decode_events(const char *text, size_t len, struct arena *a, struct engine_events *ret, struct error *err);
/* The id of something that was made, 64 digits at most; what became of one; whether a list of processes has that session. */
MUST_USE int decode_created(const char *text, size_t len, struct arena *a, const char **ret_id, struct error *err);
MUST_USE int decode_exec(const char *text, size_t len, struct arena *a, struct engine_exec *ret, struct error *err);
/* The ids of what runs in a container beside its own program, of an inspect of it: at most ENGINE_EXECS_MAX. */
MUST_USE int decode_execs(const char *text, size_t len, struct arena *a, struct engine_execs *ret, struct error *err);
MUST_USE int decode_session(const char *text, size_t len, int64_t pid, bool *ret_lives, struct error *err);
/*
 * An inspect of a container that shares the network of another one, as the body of a wish for one like it in the network of
 * parent_id. What else it shared with the same container, and volumes without a name of their own, are kept. ERR_FAILED: it shares none.
 */
MUST_USE int decode_recreation(const char *text, size_t len, const char *parent_id, struct arena *a, const char **ret_body,
                               struct error *err);
/* {"message": "..."}; NULL if the body is not that. */
const char *decode_error_message(const char *text, size_t len, struct arena *a);
/* Health and age from the list's Status text: "Up 5 minutes (unhealthy)" gives UNHEALTHY and 300. Pure; also for the status of others. */
void decode_status_text(const char *status, enum health *ret_health, int64_t *ret_up_s, int64_t *ret_exit_code,
                        bool *ret_has_exit_code);
/* "SIGTERM", "TERM", "15" and "RTMIN+3" as a number; 0 if unknown. */
int decode_signal(const char *text);

#endif
