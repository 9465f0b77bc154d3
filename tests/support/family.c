/* SPDX-License-Identifier: MIT */
/* Containers that depend on each other, as family.h tells. */
#include "support/family.h"

void family_run(struct world *w, const char *name, const char *options) {
        world_do(w, "docker run -d --name %s " MONITORED SICKENABLE "%s " PLAIN, name, options);
}

void family_settle(struct world *w, const char *const *names) {
        for (; *names; names++)
                world_await(w, *names, HEALTH, "healthy");
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_silent(o);
}

struct wish {
        struct world *w;
        const char *container;
        size_t n;
};

static bool is_restarted(void *arg) {
        struct wish *wish = arg;
        check_exit(world_run(wish->w, "docker autoheal"), 0);
        return world_count_events(wish->w, "restart", wish->container) >= wish->n;
}

void family_await_restart(struct world *w, const char *container, size_t n) {
        struct wish wish = { w, container, n };
        if (!eventually(is_restarted, &wish, WORLD_AWAIT_MS))
                fail_msg("'%s' was not restarted for the %zu. time", container, n);
        world_await(w, container, HEALTH, "healthy");
}

static bool is_quiet(void *arg) {
        struct world *w = arg;
        char *before AUTO_FREE = world_starts(w);
        for (int i = 0; i < 3; i++)
                check_exit(world_run(w, "docker autoheal"), 0);
        char *after AUTO_FREE = world_starts(w);
        return str_eq(before, after);
}

void family_comes_to_rest(struct world *w) {
        assert_true(eventually(is_quiet, w, WORLD_AWAIT_MS));
        check_quiet_pass(w);
}

bool family_is_before(struct world *w, const char *first, const char *second) {
        char *a AUTO_FREE = world_inspect(w, first, STARTED), *b AUTO_FREE = world_inspect(w, second, STARTED);
        return strcmp(a, b) < 0;
}
