/* SPDX-License-Identifier: MIT */
/* `__complete`, as docker's completion scripts ask: what stands before the word that is typed tells what may be there. */
#include "complete.h"

#include "filter.h"

#define OUT_MAX ((size_t)1024 * 1024)

static bool is_harmless(const char *value) {
        static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:=/@%+,-";
        return value[0] && value[strspn(value, allowed)] == '\0';
}

static bool is_named(const struct completion *c, const char *value) {
        const struct options *o = &c->cli->options;
        for (size_t i = 0; i < o->n_args; i++)
                if (str_eq(o->args[i], value))
                        return true;
        return false;
}

void complete_offer(struct completion *c, const char *value, const char *description) {
        if (strncmp(value, c->typed, strlen(c->typed)) != 0 || !is_harmless(value))
                return;
        if ((c->skip_named && is_named(c, value)) || strmap_get(&c->offered, value) != STRMAP_NONE)
                return;
        strmap_set(&c->offered, value, 0);
        buf_add_str(&c->out, value);
        if (description && c->descriptions)
                buf_addf(&c->out, "\t%.*s", (int)strcspn(description, "\n"), description);
        buf_add_char(&c->out, '\n');
}

/* ---- Candidates that the tables know ---- */

static void offer_commands(struct completion *c, const struct command *parent) {
        for (size_t i = 0; i < n_commands; i++)
                if (command_is_below(&commands[i], parent) && !commands[i].hidden)
                        complete_offer(c, command_word(&commands[i]), commands[i].brief);
}

/* Of what help is asked for: each word leads one command further down. */
static void offer_topics(struct completion *c) {
        const struct options *o = &c->cli->options;
        const struct command *topic = command_find("");
        for (size_t i = 0; i < o->n_args && topic; i++)
                topic = command_below(topic, o->args[i]);
        if (topic)
                offer_commands(c, topic);
}

static void offer_flags(struct completion *c, const struct unfinished *u, struct arena *a) {
        uint64_t allowed = flags_of(c->cli, c->cli->command) & ~FLAG_HELP;
        for (size_t i = 0; i < n_flags; i++) {
                const struct flag *f = &flags[i];
                if (!(f->bit & allowed) || (u->given[i] && f->kind != FLAG_IS_LIST))
                        continue;
                complete_offer(c, arena_printf(a, "--%s", f->name), f->help);
                if (f->shorthand)
                        complete_offer(c, arena_printf(a, "-%c", f->shorthand), f->help);
        }
}

static void offer_words(struct completion *c, const char *const *words, size_t n) {
        for (size_t i = 0; i < n; i++)
                complete_offer(c, words[i], NULL);
}

static void offer_event_types(struct completion *c) {
        for (size_t i = 0; i < EVENT_TYPE_MAX_; i++)
                complete_offer(c, event_type_name((enum event_type)i), NULL);
}

/* Keys first: what is behind the = depends on them. */
static void offer_filters(struct completion *c, struct arena *a) {
        const char *eq = strchr(c->typed, '=');
        if (!eq)
                c->directive |= DIRECTIVE_NO_SPACE;
        for (size_t i = 0; !eq && filter_key(i); i++)
                complete_offer(c, arena_printf(a, "%s=", filter_key(i)), NULL);
        const char *key = eq ? arena_strndup(a, c->typed, (size_t)(eq - c->typed)) : NULL;
        for (size_t i = 0; eq && filter_word(key, i); i++)
                complete_offer(c, arena_printf(a, "%s=%s", key, filter_word(key, i)), NULL);
}

static int offer(struct completion *c, enum complete kind, struct session *s) {
        static const char *const formats[] = { "json", "table" };
        static const char *const levels[] = { "debug", "info", "warn", "error", "fatal", "panic" };
        c->directive = kind == COMPLETE_FILES         ? DIRECTIVE_FILES
                       : kind == COMPLETE_DIRECTORIES ? DIRECTIVE_DIRECTORIES
                                                      : DIRECTIVE_NO_FILES;
        switch (kind) {
        case COMPLETE_NOTHING:
        case COMPLETE_FILES:
        case COMPLETE_DIRECTORIES:
                return 0;
        case COMPLETE_FORMATS:
                offer_words(c, formats, N_ELEMENTS(formats));
                return 0;
        case COMPLETE_TEXT_FORMATS:
                complete_offer(c, "json", NULL);
                return 0;
        case COMPLETE_LOG_LEVELS:
                offer_words(c, levels, N_ELEMENTS(levels));
                return 0;
        case COMPLETE_EVENT_TYPES:
                offer_event_types(c);
                return 0;
        case COMPLETE_FILTERS:
                offer_filters(c, &s->arena);
                return 0;
        case COMPLETE_COMMANDS:
                offer_topics(c);
                return 0;
        case COMPLETE_CONFIG_KEYS:
        case COMPLETE_CONFIG_PAIR:
                complete_config(c, kind, &s->arena);
                return 0;
        case COMPLETE_CONTEXTS:
                complete_contexts(c, s);
                return 0;
        case COMPLETE_CONTAINERS:
        case COMPLETE_QUARANTINED:
        case COMPLETE_REMEMBERED:
        case COMPLETE_SCOPES:
        case COMPLETE_SCOPES_ON:
        case COMPLETE_SERVICES:
                return complete_from_outside(c, kind, s);
        }
        return 0;
}

/* ---- What is asked for ---- */

/* For "--name=va" only what follows the = is to be completed. */
static const struct flag *take_flag_with_value(struct completion *c) {
        const char *eq = strchr(c->typed, '=');
        uint64_t allowed = flags_of(c->cli, c->cli->command);
        const struct flag *f = NULL;
        if (c->typed[0] == '-' && c->typed[1] == '-' && eq)
                f = flag_find(c->typed + 2, (size_t)(eq - c->typed) - 2, allowed);
        else if (c->typed[0] == '-' && eq == c->typed + 2)
                f = flag_find_short(c->typed[1], allowed);
        if (f)
                c->typed = eq + 1;
        return f;
}

static int offer_value(struct completion *c, const struct flag *f, struct session *s) {
        static const char *const bools[] = { "false", "true" };
        if (f->kind != FLAG_IS_BOOL)
                return offer(c, f->complete, s);
        c->directive = DIRECTIVE_NO_FILES;
        offer_words(c, bools, N_ELEMENTS(bools));
        return 0;
}

static int offer_arguments(struct completion *c, struct session *s) {
        const struct command *command = c->cli->command;
        size_t n = c->cli->options.n_args;
        c->skip_named = command->complete != COMPLETE_CONFIG_PAIR && command->complete != COMPLETE_COMMANDS;
        c->directive = DIRECTIVE_NO_FILES;
        if (command_is_group(command)) {
                if (n > 0)
                        return -1;
                offer_commands(c, command);
                return 0;
        }
        return n < command->max_args ? offer(c, command->complete, s) : 0;
}

static int answer(struct completion *c, int argc, char **argv, struct unfinished *u, struct session *s) {
        if (options_read_unfinished(c->cli, argc - 1, argv, u) < 0)
                return -1;
        c->typed = argv[argc - 1];
        if (u->awaits_value)
                return offer_value(c, u->awaits_value, s);
        if (c->typed[0] != '-' || u->only_words)
                return offer_arguments(c, s);
        if (strchr(c->typed, '=')) {
                const struct flag *f = take_flag_with_value(c);
                return f ? offer_value(c, f, s) : -1;
        }
        c->directive = DIRECTIVE_NO_FILES;
        offer_flags(c, u, &s->arena);
        return 0;
}

/* The shell does not see the last line; it is for whoever tries it by hand, in cobra's words. */
static void print_directive(unsigned directive) {
        static const struct {
                unsigned bit;
                const char *name;
        } names[] = { { DIRECTIVE_ERROR, "ShellCompDirectiveError" },
                      { DIRECTIVE_NO_SPACE, "ShellCompDirectiveNoSpace" },
                      { DIRECTIVE_NO_FILES, "ShellCompDirectiveNoFileComp" },
                      { DIRECTIVE_DIRECTORIES, "ShellCompDirectiveFilterDirs" } };
        const char *comma = "";
        (void)printf(":%u\n", directive);
        (void)fprintf(stderr, "Completion ended with directive: %s", directive ? "" : "ShellCompDirectiveDefault");
        for (size_t i = 0; i < N_ELEMENTS(names); i++) {
                if (!(directive & names[i].bit))
                        continue;
                (void)fprintf(stderr, "%s%s", comma, names[i].name);
                comma = ", ";
        }
        (void)fputc('\n', stderr);
}

int complete_run(struct cli *cli, bool descriptions, int argc, char **argv) {
        struct completion c = { .cli = cli, .descriptions = descriptions, .offered = STRMAP_INIT, .out = BUF_INIT(OUT_MAX) };
        struct session s = { .cli = cli, .arena = ARENA_INIT((size_t)64 * 1024) };
        struct unfinished u = { 0 };
        char *nothing[] = { (char[]){ "" } };
        int r = argc > 0 ? answer(&c, argc, argv, &u, &s) : answer(&c, 1, nothing, &u, &s);
        if (r < 0 || c.out.overflowed)
                c.directive = DIRECTIVE_ERROR;
        else
                (void)fputs(buf_str(&c.out), stdout);
        print_directive(c.directive);
        free(u.given);
        strmap_release(&c.offered);
        buf_release(&c.out);
        session_close(&s);
        return 0;
}
