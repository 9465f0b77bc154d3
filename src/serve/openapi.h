/* SPDX-License-Identifier: MIT */
/* The description of the API from its tables of routes. */
#ifndef AUTOHEAL_SERVE_OPENAPI_H
#define AUTOHEAL_SERVE_OPENAPI_H

#include "serve/api.h"

/* One object. */
void openapi_write(struct json_writer *w);
const char *openapi_right_name(enum right right); /* "free", "read", "change" */
/* Of a page that is text alone. */
void openapi_page_headers(struct call *call);

#endif
