/* SPDX-License-Identifier: MIT */
/* `docker autoheal config import`: a file in place of config.json, checked as a whole, shown as a diff, and asked for. */
#include "document.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"

#define VALUE_SHOWN 200
#define KEYS_SHOWN  10

struct import {
        struct change change;     /* with --dry-run its session alone */
        const char *shown, *text; /* the file */
        size_t len;
        struct buf new; /* the same, with what was masked */
        struct config_issues issues;
        struct config_difference *diff;
        size_t n_diff;
        const char *does_nothing; /* settings that are only kept; NULL none */
        const char *kept_as;
        bool written;
        struct error err; /* of replacing it */
};

/* ---- Checking ---- */

static int parse_input(struct import *im, struct json_doc **ret, struct error *err) {
        struct error why = ERROR_INIT;
        if (json_parse(im->text, im->len, CONFIG_TOKENS_MAX, ret, &why) < 0)
                return error_set(err, ERR_INVALID, "%s: %s", im->shown, why.msg);
        if (json_type(json_root(*ret)) != JSON_OBJECT)
                return error_set(err, ERR_INVALID, "%s: must be an object (is %s)", im->shown,
                                 json_type_name(json_type(json_root(*ret))));
        return 0;
}

/* Fills im->new and im->diff. All errors are printed, and err tells how many there were. */
static int prepare(struct import *im, struct error *err) {
        struct session *s = &im->change.session;
        struct arena *a = &s->arena;
        struct json_doc *given AUTO_JSON = NULL, *present AUTO_JSON = NULL, *new AUTO_JSON = NULL;
        struct error why = ERROR_INIT;
        size_t errors = 0, new_errors = 0;
        im->issues = (struct config_issues)CONFIG_ISSUES_INIT(a);
        if (parse_input(im, &given, err) < 0)
                return -1;
        if (document_parse(s, &present, &why) < 0)
                log_warn("%.*s: it would be replaced as a whole", error_length(&why), why.msg);
        struct json_value in_place = present ? json_root(present) : (struct json_value){ .doc = NULL };
        config_unmask(&im->new, (struct slice){ im->text, im->len }, json_root(given), in_place, &im->issues);
        size_t unmasked = im->issues.n;
        if (im->new.overflowed)
                return error_set(err, ERR_TOO_LARGE, "%s: larger than the %zu MiB that are read", im->shown,
                                 CONFIG_MAX / 1024 / 1024);
        if (config_judge(im->shown, buf_str(&im->new), im->new.len, s->config_text, s->config_len, &im->issues, &errors,
                         &new_errors, err) < 0)
                return -1;
        document_print_errors(&im->issues, true);
        if (unmasked + errors > 0)
                return error_set(err, ERR_INVALID, "%s: %zu error%s, nothing was changed", im->shown, unmasked + errors,
                                 unmasked + errors == 1 ? "" : "s");
        if (json_parse(buf_str(&im->new), im->new.len, CONFIG_TOKENS_MAX, &new, err) < 0)
                return -1;
        im->does_nothing = document_kept(json_root(new), a);
        im->diff = config_diff(in_place, json_root(new), a, &im->n_diff);
        return 0;
}

/* ---- The diff ---- */

static void print_difference(const struct config_difference *d, struct arena *a) {
        const char *old = d->old ? cut_text(d->old, VALUE_SHOWN, a) : "", *new = d->new ? cut_text(d->new, VALUE_SHOWN, a) : "";
        if (d->kind == DIFFERENCE_ADDED)
                print_whole(stdout, arena_printf(a, "%s: added: %s", d->path, new));
        else if (d->kind == DIFFERENCE_REMOVED)
                print_whole(stdout, arena_printf(a, "%s: removed: %s", d->path, old));
        else
                print_whole(stdout,
                            arena_printf(a, "%s: %s -> %s%s", d->path, old, new, str_eq(old, new) ? " (another value)" : ""));
}

static void print_diff(struct import *im) {
        struct session *s = &im->change.session;
        for (size_t i = 0; i < im->n_diff; i++)
                print_difference(&im->diff[i], &s->arena);
        for (size_t i = 0; i < im->issues.n; i++)
                log_warn("%s: %s: %s", im->shown, im->issues.items[i].where, im->issues.items[i].message);
        if (im->does_nothing)
                log_warn("%s: %s: " DOCUMENT_KEPT, im->shown, im->does_nothing);
}

/* ---- Replacing ---- */

static const char *describe(const struct import *im, struct arena *a) {
        struct buf b AUTO(buf_release) = BUF_INIT(4096);
        for (size_t i = 0; i < im->n_diff && i < KEYS_SHOWN; i++)
                buf_addf(&b, "%s%s", i ? ", " : "", cut_text(im->diff[i].path, VALUE_SHOWN, a));
        if (im->n_diff > KEYS_SHOWN)
                buf_addf(&b, " and %zu more", im->n_diff - KEYS_SHOWN);
        return arena_printf(a, "configuration imported from %s, which changes %s%s%s%s", im->shown, buf_str(&b),
                            im->kept_as ? " (the one before: " : "", im->kept_as ? im->kept_as : "", im->kept_as ? ")" : "");
}

static bool same_text(const char *a, size_t n_a, const char *b, size_t n_b) {
        return a && b ? n_a == n_b && memcmp(a, b, n_a) == 0 : !a && !b;
}

/* The diff that was agreed to is one against what was read then. */
static int replace(struct import *im, struct change *ch, struct error *err) {
        const struct session *s = &ch->session;
        const char *text = NULL;
        size_t len = 0;
        if (store_read_config(s->store, &ch->arena, &text, &len, err) < 0)
                return -1;
        if (!same_text(text, len, s->config_text, s->config_len))
                return error_set(err, ERR_FAILED, "config.json was changed by somebody else meanwhile: run it again");
        if (store_keep_config(s->store, clock_read(), &ch->arena, &im->kept_as, err) < 0 ||
            store_write_config(s->store, buf_str(&im->new), im->new.len, err) < 0)
                return -1;
        im->written = true;
        document_event(ch, NULL, describe(im, &ch->arena));
        return 0;
}

static void apply(void *arg, struct change *ch) {
        struct import *im = arg;
        (void)!replace(im, ch, &im->err);
}

/* 1: yes. */
static int ask(const struct import *im, const struct options *o, struct error *err) {
        (void)fflush(stdout);
        return confirm(o, "importing",
                       im->change.session.config_text ? "This will replace config.json. The present one is kept beside it."
                                                      : "This will make config.json.",
                       err);
}

static int import(struct import *im, struct cli *cli, struct error *err) {
        const struct options *o = &cli->options;
        struct session *s = &im->change.session;
        struct error wrong;
        int opened = o->dry_run ? session_open_config(s, cli, STORE_READ, &wrong, err)
                                : change_open_config(&im->change, cli, &wrong, err);
        if (opened < 0 || document_read_input(o->args[0], &s->arena, &im->shown, &im->text, &im->len, err) < 0 ||
            prepare(im, err) < 0)
                return -1;
        if (im->n_diff == 0 && s->config_text && wrong.code == ERR_NONE) {
                (void)printf("nothing would change: config.json says the same\n");
                return 0;
        }
        print_diff(im);
        if (o->dry_run)
                return 0;
        int yes = ask(im, o, err);
        if (yes <= 0)
                return yes;
        return document_save(&im->change, apply, im, &im->err, &im->written, err);
}

int cmd_config_import(struct cli *cli) {
        struct import im = { .new = BUF_INIT(CONFIG_MAX) };
        struct error err = ERROR_INIT;
        int status = import(&im, cli, &err) < 0 ? session_fail(&err) : 0;
        if (im.written && im.kept_as)
                print_line(stdout, "config.json was replaced, the one before is %s", im.kept_as);
        else if (im.written)
                print_line(stdout, "config.json was made");
        if (im.kept_as && !im.written)
                print_line(stderr, "config.json was not replaced; a copy of it is %s", im.kept_as);
        buf_release(&im.new);
        change_close(&im.change);
        return status;
}
