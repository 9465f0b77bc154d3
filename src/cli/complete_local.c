/* SPDX-License-Identifier: MIT */
/* Candidates of this machine: the keys of the configuration and what they take, and docker's contexts. */
#include "complete.h"

#include "autoheal/json/reader.h"
#include "autoheal/os/file.h"

#include <dirent.h>
#include <fcntl.h>

/* ---- Configuration ---- */

static void offer_keys(struct completion *c) {
        const struct setting_info *all = NULL;
        size_t n = config_settings(&all);
        for (size_t i = 0; i < n; i++)
                if (!all[i].kept)
                        complete_offer(c, all[i].path, all[i].help);
}

/* "both, health, on-failure" */
static void offer_list(struct completion *c, const char *words, struct arena *a) {
        struct slice rest = slice_str(words), word;
        while (slice_split(&rest, ',', &word)) {
                slice_skip_blanks(&word);
                complete_offer(c, arena_strndup(a, word.p, word.n), NULL);
        }
}

/* Words to choose from are those of its range; of anything else the default is an example at least. */
static void offer_values(struct completion *c, const struct setting_info *s, struct arena *a) {
        static const char *const bools = "false,true";
        bool is_text = s->initial[0] == '"', has_words = is_text && strchr(s->range, ',');
        if (str_eq(s->type, "bool"))
                offer_list(c, bools, a);
        else if (has_words)
                offer_list(c, s->range, a);
        else if (is_text)
                complete_offer(c, arena_strndup(a, s->initial + 1, strlen(s->initial) - 2), "default");
        else
                complete_offer(c, s->initial, "default");
}

void complete_config(struct completion *c, enum complete kind, struct arena *a) {
        const struct options *o = &c->cli->options;
        if (kind == COMPLETE_CONFIG_KEYS || o->n_args == 0) {
                offer_keys(c);
                return;
        }
        const struct setting_info *s = config_find_setting(o->args[0]);
        if (s && !s->kept)
                offer_values(c, s, a);
}

/* ---- docker's contexts ---- */

#define CONTEXTS_MAX 1000
#define META_MAX     ((size_t)64 * 1024)

/* "<meta>/<sha256 of the name>/meta.json" tells the name. */
static void offer_context(struct completion *c, int meta, const char *entry, struct arena *a) {
        AUTO_CLOSE int dir = openat(meta, entry, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        struct buf text AUTO(buf_release) = BUF_INIT(META_MAX);
        AUTO_JSON struct json_doc *doc = NULL;
        if (dir < 0 || file_read(dir, "meta.json", &text, NULL) < 0 || json_parse(buf_str(&text), text.len, 1000, &doc, NULL) < 0)
                return;
        const char *name = json_string(json_get_nocase(json_root(doc), "Name"), a);
        if (name)
                complete_offer(c, name, NULL);
}

void complete_contexts(struct completion *c, struct session *s) {
        docker_config_read(&s->docker_config, &c->cli->options.docker, &s->arena);
        complete_offer(c, "default", NULL);
        DIR *dir = opendir(arena_printf(&s->arena, "%s/contexts/meta", s->docker_config.dir));
        if (!dir)
                return;
        const struct dirent *entry;
        for (size_t i = 0; i < CONTEXTS_MAX && (entry = readdir(dir)); i++)
                if (entry->d_name[0] != '.')
                        offer_context(c, dirfd(dir), entry->d_name, &s->arena);
        (void)closedir(dir);
}
