/* SPDX-License-Identifier: MIT */
/*
 * One that shares the network of a container that is gone keeps that one's id for ever: no restart helps, it has to be made anew. By
 * which command tells whoever made it. What stands in a command is harmless in a shell, whoever wrote the labels.
 */
#include "decide_internal.h"

#define LABEL_FILES   "com.docker.compose.project.config_files"
#define LABEL_DIR     "com.docker.compose.project.working_dir"
#define LABEL_VERSION "com.docker.compose.version"
#define FILES_MAX     8
#define COMMAND_MAX   200 /* bytes, so that it is whole in its sentence */

static bool is_harmless(struct slice word) {
        static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-";

        for (size_t i = 0; i < word.n; i++)
                if (!strchr(chars, word.p[i]))
                        return false;
        return word.n > 0 && word.p[0] != '-';
}

/* " -f /srv/shop/compose.yml", one for each; NULL if they cannot be named. Older versions write them as they were typed. */
static const char *file_options(const struct container *c, struct arena *a) {
        const char *dir = container_label(c, LABEL_DIR), *options = "";
        struct slice in = slice_str(container_label(c, LABEL_FILES)), file;

        for (size_t i = 0; slice_split(&in, ',', &file); i++) {
                bool whole = file.n > 0 && file.p[0] == '/';

                if (i == FILES_MAX || !is_harmless(file) || (!whole && (!dir || dir[0] != '/' || !is_harmless(slice_str(dir)))))
                        return NULL;
                options = arena_printf(a, "%s -f %s%s%.*s", options, whole ? "" : dir, whole ? "" : "/", (int)file.n, file.p);
        }
        return *options ? options : NULL;
}

/* NULL: not made by Compose, or not to be named in a command. */
static const char *compose_command(const struct subject *s) {
        struct arena *a = s->round->a;
        const char *project = container_label(s->c, CONTAINER_PROJECT_LABEL), *service = container_label(s->c, LABEL_SERVICE);
        const char *version = container_label(s->c, LABEL_VERSION), *files = file_options(s->c, a), *command;
        bool has_successor = strmap_get(&s->round->by_stable_id, s->m->parent) != STRMAP_NONE;

        if (!project || !service || !files || !is_harmless(slice_str(project)) || !is_harmless(slice_str(service)))
                return NULL;
        command = arena_printf(a, "%s -p %s%s up -d --force-recreate%s %s",
                               version && strncmp(version, "1.", 2) == 0 ? "docker-compose" : "docker compose", project, files,
                               has_successor ? " --no-deps" : "", service);
        return strlen(command) <= COMMAND_MAX ? command : NULL;
}

const char *explain_orphan_remedy(const struct subject *s) {
        const char *command = compose_command(s);

        if (!command)
                command = arena_printf(s->round->a, "docker autoheal recreate %s", decide_command_name(s, s->c->name));
        return decide_say(s->round->a, "%s: no restart helps; make it anew with: %s", s->is.detail, command);
}
