/* SPDX-License-Identifier: MIT */
/* `docker autoheal version`. */
#include "cli_internal.h"

#include "metadata_json.h"

#define DOCUMENT_MAX ((size_t)4096)

int cmd_version(struct cli *cli) {
        struct error err = ERROR_INIT;
        bool json = false;
        if (output_is_json(&cli->options, &json, &err) < 0)
                return session_fail(&err);
        if (!json) {
                (void)printf("docker-autoheal version %s (engine API %s to %s)\n", AUTOHEAL_VERSION, ENGINE_API_MIN,
                             ENGINE_API_MAX);
                return 0;
        }
        struct buf b AUTO(buf_release) = BUF_INIT(DOCUMENT_MAX);
        struct json_writer w;
        json_writer_init(&w, &b, JSON_COMPACT);
        json_begin_object(&w);
        json_key(&w, "version");
        json_str(&w, AUTOHEAL_VERSION);
        json_key(&w, "min_api_version");
        json_str(&w, ENGINE_API_MIN);
        json_key(&w, "max_api_version");
        json_str(&w, ENGINE_API_MAX);
        json_end_object(&w);
        (void)printf("%s\n", buf_str(&b));
        return 0;
}
