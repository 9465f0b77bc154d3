/* SPDX-License-Identifier: MIT */
/* What the router asks of auth.c beyond api_may(): which other pages may read an answer. */
#ifndef AUTOHEAL_SERVE_AUTH_H
#define AUTOHEAL_SERVE_AUTH_H

#include "serve/api.h"

/* Where the request comes from a page that ui.cors_origins names: that it may read the answer. */
void auth_cors_headers(struct call *call);
/* The same for the question before the request: what it may send. */
void auth_preflight_headers(struct call *call, const char *methods);

#endif
