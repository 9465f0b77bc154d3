/* SPDX-License-Identifier: MIT */
/*
 * A person at an interactive bash with docker's own completion script, who presses TAB. Needs the package bash-completion. A docker
 * that does not ask plugins yet (before version 23) is replaced there by a function that does.
 */
#include "support/engine.h"
#include "support/terminal.h"

#define TAB    "\t"
#define CTRL_T "\024" /* shows the line as it is now */
#define CTRL_U "\025" /* empties it */

struct shell {
        struct terminal terminal;
        size_t n; /* how often the line was shown */
};

static bool docker_asks_plugins(struct world *w) {
        world_run(w, "docker __complete autoheal ps --fo");
        return strstr(w->last.out, "--format\t") != NULL;
}

static void shell_start(struct shell *sh, struct world *w) {
        static const char shim[] = "docker() { if [ \"$1\" = __complete ]; then \"$DOCKER_CONFIG/cli-plugins/docker-autoheal\" "
                                   "\"$@\"; else command docker \"$@\"; fi; }\n";
        static const char setup[] =
                "bind 'set bell-style none'; bind 'set completion-query-items 0'; bind 'set page-completions off'\n"
                "bind 'set show-all-if-ambiguous on'; bind 'set enable-bracketed-paste off'\n"
                "bind -x '\"\\C-t\": echo \"[$((++n))]<$READLINE_LINE>\"'\n"
                ". /usr/share/bash-completion/bash_completion && . <(docker completion bash) && echo rea''dy\n";
        const char *argv[] = { "/bin/bash", "--norc", "--noprofile", "-i", NULL };
        *sh = (struct shell){ 0 };
        world_env(w, "TERM=dumb");
        world_env(w, "PS1=$ ");
        terminal_start(&sh->terminal, w->dir, &(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)w->env },
                       TERMINAL_ALL);
        terminal_type(&sh->terminal, "stty cols 500\n");
        if (!docker_asks_plugins(w))
                terminal_type(&sh->terminal, shim);
        terminal_type(&sh->terminal, setup);
        terminal_await(&sh->terminal, "ready");
}

static void shell_end(struct shell *sh) {
        terminal_type(&sh->terminal, CTRL_U "exit\n");
        assert_int_equal(terminal_end(&sh->terminal), 0);
}

/* Types it, presses TAB, and gives what was shown meanwhile, up to the line as it is then. To be freed. */
static char *press_tab(struct shell *sh, const char *typed) {
        char before[32], after[32];
        snprintf(before, sizeof(before), "[%zu]<", sh->n);
        snprintf(after, sizeof(after), "[%zu]<", ++sh->n);
        terminal_type(&sh->terminal, CTRL_U);
        terminal_type(&sh->terminal, typed);
        terminal_type(&sh->terminal, TAB CTRL_T);
        terminal_await(&sh->terminal, after);
        /* Once something else was shown, all of that line was. */
        terminal_type(&sh->terminal, CTRL_U CTRL_T);
        snprintf(after, sizeof(after), "[%zu]<>", ++sh->n);
        terminal_await(&sh->terminal, after);
        char *all = terminal_seen(&sh->terminal);
        const char *from = sh->n > 2 ? strstr(all, before) : all;
        char *text = xstrdup(from ? from : all);
        free(all);
        return text;
}

static void check_becomes(struct shell *sh, const char *typed, const char *line) {
        char shown[256];
        AUTO_FREE char *text = press_tab(sh, typed);
        snprintf(shown, sizeof(shown), "<%s>", line);
        check_contains(text, shown);
}

/* Several fit: they are listed. */
static void check_lists(struct shell *sh, const char *typed, const char *candidate, const char *missing) {
        AUTO_FREE char *text = press_tab(sh, typed);
        check_contains(text, candidate);
        if (missing)
                check_lacks(text, missing);
}

static void test_words_of_our_own(void **state) {
        struct shell sh;
        shell_start(&sh, *state);
        check_becomes(&sh, "docker autoheal unq", "docker autoheal unquarantine ");
        check_becomes(&sh, "docker autoheal maintenance sta", "docker autoheal maintenance status ");
        check_lists(&sh, "docker autoheal ", "(List containers with verdict, restarts and next action)", "autoheal*");
        check_becomes(&sh, "docker autoheal ps --wa", "docker autoheal ps --watch ");
        check_lists(&sh, "docker autoheal ps --", "--filter", "--wait");
        check_becomes(&sh, "docker autoheal ps --format j", "docker autoheal ps --format json ");
        check_becomes(&sh, "docker autoheal ps --format=j", "docker autoheal ps --format=json ");
        check_becomes(&sh, "docker autoheal ps --filter ver", "docker autoheal ps --filter verdict=");
        check_becomes(&sh, "docker autoheal ps --filter verdict=fa", "docker autoheal ps --filter verdict=failing ");
        check_becomes(&sh, "docker autoheal events --type auto_u", "docker autoheal events --type auto_unquarantine ");
        shell_end(&sh);
}

static void test_configuration(void **state) {
        struct shell sh;
        shell_start(&sh, *state);
        check_becomes(&sh, "docker autoheal config set restart.mo", "docker autoheal config set restart.mode ");
        check_becomes(&sh, "docker autoheal config set restart.mode on", "docker autoheal config set restart.mode on-failure ");
        check_lists(&sh, "docker autoheal config set restart.mode ", "health", "autoheal.json");
        check_becomes(&sh, "docker autoheal config set brake.enabled f", "docker autoheal config set brake.enabled false ");
        check_lists(&sh, "docker autoheal config get restart.b", "restart.backoff.initial_seconds", "restart.mode");
        shell_end(&sh);
}

static void test_containers(void **state) {
        struct world *w = *state;
        struct shell sh;
        world_do(w, "docker run -d --name front --label com.docker.compose.project=shop " MONITORED "autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name back --label tier=db " MONITORED "autoheal-demo " OBEDIENT);
        world_do(w, "docker autoheal quarantine back");
        shell_start(&sh, w);
        check_becomes(&sh, "docker autoheal explain fr", "docker autoheal explain front ");
        check_lists(&sh, "docker autoheal quarantine ", "back", NULL);
        check_becomes(&sh, "docker autoheal monitor front ", "docker autoheal monitor front back ");
        /* Only what is quarantined. */
        check_becomes(&sh, "docker autoheal unquarantine ", "docker autoheal unquarantine back ");
        check_becomes(&sh, "docker autoheal maintenance on project:s", "docker autoheal maintenance on project:shop ");
        check_becomes(&sh, "docker autoheal maintenance on label:ti", "docker autoheal maintenance on label:tier");
        check_becomes(&sh, "docker autoheal maintenance on label:tier=", "docker autoheal maintenance on label:tier=");
        /* And what was completed is what runs. */
        terminal_type(&sh.terminal, CTRL_U "docker autoheal unquarantine " TAB "\n");
        terminal_await(&sh.terminal, "\nback\r\n");
        shell_end(&sh);
        assert_int_equal(world_count_events(w, "unquarantine", "back"), 1);
}

static void test_files(void **state) {
        struct world *w = *state;
        struct shell sh;
        char typed[512], line[600];
        file_put(w->dir, "exported.json", "{}");
        shell_start(&sh, w);
        snprintf(typed, sizeof(typed), "docker autoheal config import %s/expo", w->dir);
        snprintf(line, sizeof(line), "%srted.json ", typed);
        check_becomes(&sh, typed, line);
        snprintf(typed, sizeof(typed), "docker autoheal ps --data-dir %s/sha", w->dir);
        snprintf(line, sizeof(line), "%sre/", typed);
        check_becomes(&sh, typed, line);
        shell_end(&sh);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_words_of_our_own),
                world_test(test_configuration),
                world_test(test_containers),
                world_test(test_files),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
