/* SPDX-License-Identifier: MIT */
/* The table of settings for those who show it. */
#ifndef AUTOHEAL_SERVE_SETTINGS_TABLE_H
#define AUTOHEAL_SERVE_SETTINGS_TABLE_H

#include "serve/api.h"

/* An array with one object for each setting. file: the document in config.json; missing if there is none. */
void settings_write(struct api *api, struct json_writer *w, struct json_value file, struct arena *a);

#endif
