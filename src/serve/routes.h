/* SPDX-License-Identifier: MIT */
/* The tables of routes, each in the file of its resource. */
#ifndef AUTOHEAL_SERVE_ROUTES_H
#define AUTOHEAL_SERVE_ROUTES_H

#include "serve/api.h"

extern const struct route api_status_routes[];
extern const struct route api_containers_routes[];
extern const struct route api_maintenance_routes[];
extern const struct route api_events_routes[];
extern const struct route api_pass_routes[];
extern const struct route api_config_routes[];
extern const struct route api_healthchecks_routes[];
extern const struct route api_notifications_routes[];
extern const struct route api_metrics_routes[];
extern const struct route api_openapi_routes[];
extern const struct route web_routes[];

#endif
