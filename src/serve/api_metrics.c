/* SPDX-License-Identifier: MIT */
/* GET /metrics, on the API's listener and on its own. */
#include "serve/routes.h"

#include "autoheal/os/clock.h"

static void get_metrics(struct call *call) {
        if (!call->api->config->observability.prometheus_enabled) {
                api_error(call, 404, "metrics are off: observability.prometheus_enabled is false");
                return;
        }
        metrics_write(call->api->metrics, clock_read(), &call->reply.body);
        if (call->reply.body.overflowed) {
                buf_clear(&call->reply.body);
                api_error(call, 500, "the metrics are larger than an answer may be");
                return;
        }
        call->reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
}

const struct route api_metrics_routes[] = {
        { .method = HTTP_GET,
          .path = "/metrics",
          .right = RIGHT_FREE,
          .handle = get_metrics,
          .summary = "Metrics for Prometheus, as text",
          .codes = "200,404" },
        { .path = NULL },
};
