/* SPDX-License-Identifier: MIT */
/* All that can be asked: one table a resource. */
#include "serve/routes.h"

const struct route *const api_tables[] = {
        api_status_routes,
        api_containers_routes,
        api_maintenance_routes,
        api_events_routes,
        api_pass_routes,
        api_config_routes,
        api_healthchecks_routes,
        api_notifications_routes,
        api_metrics_routes,
        api_openapi_routes,
        web_routes,
        NULL,
};
