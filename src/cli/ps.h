/* SPDX-License-Identifier: MIT */
/* What `ps` shows: once (cmd_ps.c), and with --watch again and again (watch.c). */
#ifndef AUTOHEAL_CLI_PS_H
#define AUTOHEAL_CLI_PS_H

#include "filter.h"
#include "printer.h"

struct ps {
        const struct options *options;
        struct item_filter *filter;
};

bool ps_shows(const struct ps *ps, const struct plan_item *item);
/* printer_open() for its rows. */
MUST_USE int ps_open_printer(const struct ps *ps, struct printer **ret, struct arena *a, struct error *err);
/* One row to p, or with --quiet the name to out. Borrows nothing. */
void ps_print_item(const struct ps *ps, struct printer *p, FILE *out, const struct plan_item *item, int64_t now_us);

/*
 * On a terminal a table that is drawn anew where it stands; elsewhere, and as JSON, all rows once and then those that changed. p is
 * where the latter go. Goes on when the engine cannot be reached, except at first. Returns the exit status; what failed has been said.
 */
int watch_containers(struct session *s, const struct ps *ps, struct printer *p);
/* It is worth a row of its own: more than the time that passed tells the two apart. */
bool watch_differs(const struct plan_item *before, const struct plan_item *now);
/*
 * The text as one frame: from the upper left corner, each line cut to the width and ending with what is left of the frame before
 * being erased, no more of them than fit, the last then saying how many are missing. 0 columns or rows: no limit.
 */
void watch_frame(struct buf *out, const char *text, size_t columns, size_t rows);

#endif
