/* SPDX-License-Identifier: MIT */
/* The command line in pflag's grammar, with pflag's words for what is wrong with it: --a, --a=b, --a b, -a, -ab, -ab=c, -a b, --. */
#include "cli_internal.h"

#include "autoheal/util/gotext.h"
#include "autoheal/util/timefmt.h"

#define DURATION_MAX_S (INT64_C(100) * 365 * 86400)

/* ---- One word or flag after the other ---- */

struct reader {
        char **argv;
        int at, end;
        const char *shorts; /* what is left of "-abc"; "" nothing */
        bool only_words;
};

enum token { TOKEN_END, TOKEN_WORD, TOKEN_FLAG, TOKEN_ERROR };

static struct reader reader_init(char **argv, int begin, int end) {
        return (struct reader){ .argv = argv, .at = begin, .end = end, .shorts = "" };
}

/* *ret_flag is set as well where the value is all that is missing. */
static enum token read_long(struct reader *r, uint64_t allowed, const struct flag **ret_flag, const char **ret_value,
                            struct error *err) {
        const char *word = r->argv[r->at++], *name = word + 2, *eq = strchr(name, '=');
        size_t len = eq ? (size_t)(eq - name) : strlen(name);
        if (*name == '-' || *name == '=') {
                (void)error_set(err, ERR_USAGE, "bad flag syntax: %s", word);
                return TOKEN_ERROR;
        }
        const struct flag *f = flag_find(name, len, allowed);
        if (!f) {
                (void)error_set(err, ERR_USAGE, "unknown flag: --%.*s", (int)len, name);
                return TOKEN_ERROR;
        }
        *ret_flag = f;
        *ret_value = eq ? eq + 1 : f->kind == FLAG_IS_BOOL ? "true" : f->bare;
        if (!*ret_value && r->at < r->end)
                *ret_value = r->argv[r->at++];
        if (*ret_value)
                return TOKEN_FLAG;
        (void)error_set(err, ERR_USAGE, "flag needs an argument: %s", word);
        return TOKEN_ERROR;
}

static int bad_short(const char *what, const char *shorts, struct error *err) {
        struct buf letter AUTO(buf_release) = BUF_INIT(16);
        gotext_quote_byte(&letter, (unsigned char)*shorts);
        return error_set(err, ERR_USAGE, "%s: %s in -%s", what, buf_str(&letter), shorts);
}

static enum token read_short(struct reader *r, uint64_t allowed, const struct flag **ret_flag, const char **ret_value,
                             struct error *err) {
        const char *shorts = r->shorts;
        const struct flag *f = flag_find_short(*shorts, allowed);
        r->shorts = "";
        if (!f) {
                (void)bad_short("unknown shorthand flag", shorts, err);
                return TOKEN_ERROR;
        }
        *ret_flag = f;
        if (shorts[1] == '=' && shorts[2]) {
                *ret_value = shorts + 2;
        } else if (f->kind == FLAG_IS_BOOL || f->bare) {
                *ret_value = f->kind == FLAG_IS_BOOL ? "true" : f->bare;
                r->shorts = shorts + 1;
        } else if (shorts[1]) {
                *ret_value = shorts + 1;
        } else if (r->at < r->end) {
                *ret_value = r->argv[r->at++];
        } else {
                *ret_value = NULL;
                (void)bad_short("flag needs an argument", shorts, err);
                return TOKEN_ERROR;
        }
        return TOKEN_FLAG;
}

/* *ret_value: the word, or what the flag is set to. */
static enum token read_token(struct reader *r, uint64_t allowed, const struct flag **ret_flag, const char **ret_value,
                             struct error *err) {
        *ret_flag = NULL;
        if (*r->shorts)
                return read_short(r, allowed, ret_flag, ret_value, err);
        if (r->at >= r->end)
                return TOKEN_END;
        const char *word = r->argv[r->at];
        if (!r->only_words && str_eq(word, "--")) {
                r->only_words = true;
                r->at++;
                return read_token(r, allowed, ret_flag, ret_value, err);
        }
        if (r->only_words || word[0] != '-' || word[1] == '\0') {
                *ret_value = word;
                r->at++;
                return TOKEN_WORD;
        }
        if (word[1] == '-')
                return read_long(r, allowed, ret_flag, ret_value, err);
        r->shorts = word + 1;
        r->at++;
        return read_short(r, allowed, ret_flag, ret_value, err);
}

/* ---- What a flag sets ---- */

static int bad_value(const struct flag *f, const char *value, const char *why, bool quote, struct error *err) {
        struct buf text AUTO(buf_release) = BUF_INIT(sizeof(err->msg));
        buf_add_str(&text, "invalid argument ");
        gotext_quote(&text, value);
        /* The shorthand of --help is deprecated, and not spoken of. */
        if (f->shorthand && f->bit != FLAG_HELP)
                buf_addf(&text, " for \"-%c, --%s\" flag: ", f->shorthand, f->name);
        else
                buf_addf(&text, " for \"--%s\" flag: ", f->name);
        const char *hole = quote ? strchr(why, '*') : NULL;
        buf_add(&text, why, hole ? (size_t)(hole - why) : strlen(why));
        if (hole) {
                gotext_quote(&text, value);
                buf_add_str(&text, hole + 1);
        }
        return error_set(err, ERR_USAGE, "%s", buf_str(&text));
}

static int set_bool(struct options *o, const struct flag *f, const char *value, struct error *err) {
        bool on;
        if (!gotext_parse_bool(value, &on))
                return bad_value(f, value, "strconv.ParseBool: parsing *: invalid syntax", true, err);
        *(bool *)((char *)o + f->offset) = on;
        o->docker.tls_given = o->docker.tls_given || str_eq(f->name, "tls");
        o->docker.tls_verify_given = o->docker.tls_verify_given || str_eq(f->name, "tlsverify");
        return 0;
}

static int set_number(struct options *o, const struct flag *f, const char *value, struct error *err) {
        int64_t number;
        enum go_number outcome = gotext_parse_int(value, &number);
        if (outcome == GO_INVALID_SYNTAX)
                return bad_value(f, value, "strconv.ParseInt: parsing *: invalid syntax", true, err);
        if (outcome == GO_OUT_OF_RANGE)
                return bad_value(f, value, "strconv.ParseInt: parsing *: value out of range", true, err);
        /* As docker's own counts: below 0 there is no limit. */
        *(int64_t *)(void *)((char *)o + f->offset) = number < 0 ? 0 : number;
        return 0;
}

static int add_to_list(struct options *o, const struct flag *f, const char *value, struct error *err) {
        struct string_list_option *list = (void *)((char *)o + f->offset);
        if (f->bit == FLAG_FILTER && value[0] && !strchr(value, '='))
                return bad_value(f, value, "bad format of filter (expected name=value)", false, err);
        if (list->n == LIST_OPTION_MAX)
                return bad_value(f, value, "too many of them", false, err);
        list->items[list->n++] = value;
        return 0;
}

static int set(struct options *o, const struct flag *f, const char *value, struct error *err) {
        void *field = (char *)o + f->offset;
        if (f->kind == FLAG_IS_BOOL)
                return set_bool(o, f, value, err);
        if (f->kind == FLAG_IS_NUMBER)
                return set_number(o, f, value, err);
        if (f->kind == FLAG_IS_LIST)
                return add_to_list(o, f, value, err);
        if (f->kind == FLAG_IS_DURATION) {
                if (!duration_parse(slice_str(value), DURATION_MAX_S, (int64_t *)field))
                        return bad_value(f, value, "time: invalid duration *", true, err);
                return 0;
        }
        o->n_hosts += str_eq(f->name, "host");
        *(const char **)field = value;
        return 0;
}

/* ---- Which command ---- */

static uint64_t allowed_before(const struct cli *cli, const struct command *c) {
        return flags_of(cli, c) | (cli->standalone ? FLAG_DOCKER | FLAG_VERSION : 0);
}

/* True if argv[at] is the first word when what stands before it is read with these flags. */
static bool is_first_word(char **argv, int from, int at, int argc, uint64_t allowed) {
        struct reader r = reader_init(argv, from, argc);
        const struct flag *f;
        const char *value;
        while (r.at < at || *r.shorts)
                if (read_token(&r, allowed, &f, &value, NULL) != TOKEN_FLAG)
                        return false;
        return r.at == at;
}

/* -1: there is none, or a flag that is not allowed stands before it. */
static int find_first_word(char **argv, int from, int argc, uint64_t allowed) {
        struct reader r = reader_init(argv, from, argc);
        const struct flag *f;
        const char *value;
        enum token t;
        while ((t = read_token(&r, allowed, &f, &value, NULL)) == TOKEN_FLAG)
                continue;
        return t == TOKEN_WORD && !r.only_words ? r.at - 1 : -1;
}

/*
 * Where a command below the present one is named: at the first word that names one, if what stands before it can be read
 * with its flags. Where it cannot, the present one's flags tell what the first word is, and what is wrong will be said of
 * the command that it names. -1: nowhere.
 */
static int find_named(const struct cli *cli, int from, int argc, char **argv, const struct command **ret) {
        for (int at = from; at < argc && !str_eq(argv[at], "--"); at++) {
                const struct command *c = command_below(cli->command, argv[at]);
                if (!c || !is_first_word(argv, from, at, argc, allowed_before(cli, c)))
                        continue;
                *ret = c;
                return at;
        }
        int at = find_first_word(argv, from, argc, allowed_before(cli, cli->command));
        const struct command *c = at >= 0 ? command_below(cli->command, argv[at]) : NULL;
        if (!c)
                return -1;
        *ret = c;
        return at;
}

#define DEPTH 2 /* "config set" */

/* Sets cli->command; *ret_at: the places of the words that name it, in order. */
static size_t choose_command(struct cli *cli, int argc, char **argv, int ret_at[static DEPTH]) {
        const struct command *next = NULL;
        size_t n = 0;
        cli->command = command_find("");
        for (int from = 0, at; n < DEPTH && (at = find_named(cli, from, argc, argv, &next)) >= 0; from = at + 1) {
                cli->command = next;
                ret_at[n++] = at;
        }
        return n;
}

/* ---- All of it ---- */

/* Sets what stands between two words that name commands, or behind them. *ret_awaits: the flag whose value is missing at the end. */
static int read_part(struct cli *cli, struct reader *r, uint64_t allowed, bool *given, const struct flag **ret_awaits,
                     struct error *err) {
        struct options *o = &cli->options;
        const struct flag *bare = NULL; /* a duration that was given without its value right before */
        int64_t ignored;
        for (;;) {
                const struct flag *f;
                const char *value;
                enum token t = read_token(r, allowed, &f, &value, err);
                if (t == TOKEN_END)
                        return 0;
                if (t == TOKEN_ERROR) {
                        *ret_awaits = f;
                        return -1;
                }
                if (t == TOKEN_WORD) {
                        if (bare && !r->only_words && duration_parse(slice_str(value), DURATION_MAX_S, &ignored))
                                return error_set(err, ERR_USAGE, "--%s takes its value with '=': --%s=%s", bare->name, bare->name,
                                                 value);
                        o->args[o->n_args++] = value;
                        bare = NULL;
                        continue;
                }
                bare = f->bare && value == f->bare ? f : NULL;
                o->short_help = o->short_help || (f->bit == FLAG_HELP && r->argv[r->at - 1][1] != '-');
                if (given)
                        given[f - flags] = true;
                if (set(o, f, value, err) < 0)
                        return -1;
        }
}

static int read_all(struct cli *cli, int argc, char **argv, struct unfinished *u, struct error *err) {
        int named[DEPTH], from = 0;
        const struct flag *awaits = NULL;
        cli->options.args = xcalloc((size_t)argc + 1, sizeof(*cli->options.args));
        size_t n = choose_command(cli, argc, argv, named);
        for (size_t i = 0; i < n; i++) {
                struct reader r = reader_init(argv, from, named[i]);
                if (read_part(cli, &r, allowed_before(cli, cli->command), u ? u->given : NULL, &awaits, err) < 0)
                        return -1;
                from = named[i] + 1;
        }
        struct reader r = reader_init(argv, from, argc);
        int result = read_part(cli, &r, flags_of(cli, cli->command), u ? u->given : NULL, &awaits, err);
        if (!u)
                return result;
        u->awaits_value = awaits;
        u->only_words = r.only_words;
        return awaits ? 0 : result;
}

int options_parse(struct cli *cli, int argc, char **argv, struct error *err) {
        return read_all(cli, argc, argv, NULL, err);
}

int options_read_unfinished(struct cli *cli, int argc, char **argv, struct unfinished *ret) {
        *ret = (struct unfinished){ .given = xcalloc(n_flags, sizeof(bool)) };
        return read_all(cli, argc, argv, ret, NULL);
}

int options_parse_docker(struct options *o, bool version, int argc, char **argv, struct error *err) {
        struct reader r = reader_init(argv, 1, argc);
        uint64_t allowed = FLAG_DOCKER | FLAG_HELP | (version ? FLAG_VERSION : 0);
        for (;;) {
                const struct flag *f;
                const char *value;
                enum token t = read_token(&r, allowed, &f, &value, err);
                if (t == TOKEN_END)
                        return argc;
                if (t == TOKEN_WORD)
                        return r.at - 1;
                if (t == TOKEN_ERROR || set(o, f, value, err) < 0)
                        return -1;
                o->short_help = o->short_help || (f->bit == FLAG_HELP && argv[r.at - 1][1] != '-');
        }
}
