/* SPDX-License-Identifier: MIT */
/* A container of the plan as JSON: in the reference service's words, and in those of `ps --format json`. */
#ifndef AUTOHEAL_SERVE_CONTAINER_JSON_H
#define AUTOHEAL_SERVE_CONTAINER_JSON_H

#include "serve/api.h"

/* One element of GET /api/containers. */
void container_write(struct json_writer *w, struct api *api, const struct plan_item *item);
/* The object of GET /api/containers/{id}. */
void container_write_details(struct json_writer *w, struct api *api, const struct plan_item *item);
/* The members of ps, for whoever opened the object. */
void container_write_item(struct json_writer *w, const struct plan_item *item);

#endif
