/* SPDX-License-Identifier: MIT */
/* The life of the answers that are kept; what handlers call is in api.h. */
#ifndef AUTOHEAL_SERVE_KEEP_H
#define AUTOHEAL_SERVE_KEEP_H

#include "serve/api.h"

struct answers *answers_new(void);
void answers_free(struct answers *k); /* NULL is fine */

/* If-None-Match names this tag, or any. */
bool client_has(const struct http_request *rq, const char *etag);

#endif
