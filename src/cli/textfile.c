/* SPDX-License-Identifier: MIT */
/* The metrics of one pass as a file for the node exporter's textfile collector. */
#include "cli_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/file.h"
#include "autoheal/os/log.h"
#include "autoheal/record/metrics.h"

#define TEXTFILE_MAX ((size_t)64 * 1024 * 1024)

/* --metrics-file counts as well where config.json cannot be read, and nobody knows what it says. */
static const char *wanted_path(const struct session *s) {
        const char *flag = s->cli->options.metrics_file;
        return flag ? flag : s->config.observability.textfile;
}

/* What keeps a pass from a plan is the engine, unless it is our own directory or somebody who interrupts it. */
static bool engine_is_up(struct pass *pass, const struct error *failure) {
        if (pass && pass_plan(pass))
                return true;
        return failure->code == ERR_CONFIG || failure->code == ERR_IO || failure->code == ERR_LOCKED ||
               failure->code == ERR_INTERRUPTED;
}

static void fill(struct session *s, struct metrics *m, struct pass *pass, const struct error *failure, const struct state *state) {
        bool configured = s->net != NULL;
        metrics_config_valid(m, configured);
        metrics_engine_up(m, configured && engine_is_up(pass, failure));
        if (pass && pass_plan(pass))
                metrics_turn(m, pass_plan(pass), state, clock_read(), pass_summary(pass).duration_ms);
        metrics_restore(m, state);
}

static int write_file(struct session *s, struct metrics *m, struct pass *pass, const struct error *failure, const char *path,
                      struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT((size_t)64 * 1024);
        struct state state AUTO(state_release);
        struct buf text AUTO(buf_release) = BUF_INIT(TEXTFILE_MAX);
        state_init(&state, &a);
        if (store_load(s->store, &state, &a, err) < 0)
                return -1;
        fill(s, m, pass, failure, &state);
        metrics_write_textfile(m, clock_read(), &text);
        if (text.overflowed)
                return error_set(err, ERR_TOO_LARGE, "'%s' would be larger than %zu bytes", path, TEXTFILE_MAX);
        return file_publish(path, text.data, text.len, err);
}

int textfile_write(struct session *s, struct metrics *m, struct pass *pass, const struct error *failure) {
        const char *path = wanted_path(s);
        struct error err = ERROR_INIT;
        if (!path || !s->store)
                return 0;
        if (write_file(s, m, pass, failure, path, &err) == 0)
                return 0;
        log_error("the metrics could not be written: %s", err.msg);
        return 1;
}
