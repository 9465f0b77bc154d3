/* SPDX-License-Identifier: MIT */
/* `docker autoheal version`. */
#include "printer.h"

#include "metadata_json.h"

static const struct field fields[] = {
        { "version", "Version", "VERSION" },
        { "min_api_version", "MinAPIVersion", "MIN API VERSION" },
        { "max_api_version", "MaxAPIVersion", "MAX API VERSION" },
};
static const struct shape shape = { fields, N_ELEMENTS(fields), NULL };

int cmd_version(struct cli *cli) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct error err = ERROR_INIT;
        struct printer *p = NULL;
        if (printer_open(&p, &cli->options, &shape, &a, &err) < 0)
                return session_fail(&err);
        if (printer_is_plain(p)) {
                (void)printf("docker-autoheal version %s (engine API %s to %s)\n", AUTOHEAL_VERSION, ENGINE_API_MIN,
                             ENGINE_API_MAX);
                return 0;
        }
        const struct value row[] = { value_text(AUTOHEAL_VERSION), value_text(ENGINE_API_MIN), value_text(ENGINE_API_MAX) };
        printer_row(p, row);
        printer_close(p);
        return 0;
}
