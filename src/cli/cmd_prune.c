/* SPDX-License-Identifier: MIT */
/* `docker autoheal prune`: forgets containers that are gone, and their quarantine. */
#include "cli_internal.h"

#include "autoheal/os/clock.h"

struct prune {
        struct change change;
        const char **ids; /* of whom it is about; later of whom was forgotten */
        size_t n;
};

/* An id that two live containers claim is theirs as well, although both go by their names meanwhile. */
static bool is_there(const struct pass *pass, const char *stable_id) {
        const struct selection *sel = pass_selection(pass);
        for (size_t i = 0; i < pass_observation(pass)->n; i++)
                if (str_eq(sel[i].stable_id, stable_id) || str_eq(sel[i].claimed_id, stable_id))
                        return true;
        return false;
}

static void add_row(struct table *t, const struct memory *m, int64_t now_us, struct arena *a) {
        table_add(t, m->stable_id);
        table_add(t, m->name);
        table_add(t, m->quarantined == QUARANTINED_NOT ? "no" : m->quarantined == QUARANTINED_BY_PERSON ? "by hand" : "yes");
        table_add(t, arena_printf(a, "%lld", (long long)m->lifetime_restarts));
        table_add(t, m->gone_us ? show_time(m->gone_us, now_us, false, a) : "since the last pass");
}

/* Fills p->ids, and shows them as a table. */
static int list_gone(struct prune *p, bool show, struct error *err) {
        static const char *const header[] = { "STABLE ID", "NAME", "QUARANTINED", "RESTARTS", "GONE" };
        struct change *ch = &p->change;
        struct arena *a = &ch->arena;
        struct state known AUTO(state_release);
        struct table t;
        state_init(&known, a);
        if (store_load(ch->session.store, &known, a, err) < 0)
                return -1;
        decide_settle_names(&known, pass_observation(ch->pass), pass_selection(ch->pass));
        p->ids = arena_array(a, known.n, sizeof(*p->ids));
        table_init(&t, a, header, N_ELEMENTS(header));
        for (size_t i = 0; i < known.n; i++) {
                const struct memory *m = &known.memories[i];
                if (is_there(ch->pass, m->stable_id))
                        continue;
                p->ids[p->n++] = m->stable_id;
                add_row(&t, m, clock_read().wall_us, a);
        }
        if (show && p->n > 0)
                table_print(&t, stdout);
        else if (show)
                (void)printf("nothing is remembered of containers that are gone\n");
        (void)fflush(stdout);
        return 0;
}

static void forget(void *arg, struct change *ch) {
        struct prune *p = arg;
        struct now now = clock_read();
        size_t n = 0;
        for (size_t i = 0; i < p->n; i++)
                if (!is_there(ch->pass, p->ids[i]) && record_prune(&ch->after, &ch->events, p->ids[i], now))
                        p->ids[n++] = p->ids[i];
        p->n = n;
}

/* 1: go on, 0: there is nothing to do. */
static int ask(struct prune *p, const struct options *o, struct error *err) {
        if (list_gone(p, !o->yes, err) < 0)
                return -1;
        if (p->n == 0 || o->yes)
                return p->n > 0;
        int yes = confirm(o, "pruning", "This will forget these containers, and that they are quarantined.", err);
        /* Compose may have made one anew while the question stood. */
        if (yes > 0 && change_look(&p->change, ENGINE_NEEDED, err) < 0)
                return -1;
        return yes;
}

int cmd_prune(struct cli *cli) {
        struct prune p = { .n = 0 };
        struct error err = ERROR_INIT;
        bool saved = false;
        int go = change_open(&p.change, cli, ENGINE_NEEDED, &err) < 0 ? -1 : ask(&p, &cli->options, &err);
        int status = 0;
        if (go < 0 || (go > 0 && change_save(&p.change, forget, &p, &saved, &err) < 0))
                status = session_fail(&err);
        for (size_t i = 0; saved && i < p.n; i++)
                print_line(stdout, "%s", p.ids[i]);
        change_close(&p.change);
        return status;
}
