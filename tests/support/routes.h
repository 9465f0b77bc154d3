/* SPDX-License-Identifier: MIT */
/* The routes of a running serve, as its /openapi.json tells them. */
#ifndef SUPPORT_ROUTES_H
#define SUPPORT_ROUTES_H

#include "autoheal/json/reader.h"

#define ROUTES_MAX 64

struct api_route {
        char name[128];                  /* "POST /api/containers/{id}/restart" */
        char method[8], shape[128];      /* its two parts */
        char path[128];                  /* with "web" in place of {id}, and "ops" of {name} */
        bool has_body, is_free, changes; /* what it takes, and who may */
};

struct api_routes {
        struct api_route items[ROUTES_MAX];
        size_t n;
};

/* Asks the serve of support/rest.h; fails the test if there are hardly any. */
void routes_read(struct api_routes *ret);
/* Of the document in the last answer: what it says of that route's answers. Missing: there is no such route. */
struct json_value routes_responses(struct json_value document, const char *name);
/* The methods of that path, in the words and the order of an Allow header. */
void routes_allow(const struct api_routes *routes, const char *path, char ret[static 64]);

#endif
