/* SPDX-License-Identifier: MIT */
/* What the engine says of programs that run in a container beside its own: execs, and the list of processes. */
#include "autoheal/util/slice.h"
#include "engine_decode_internal.h"

#define ID_MAX 64

static bool is_id(const char *id) {
        size_t n = strspn(id, "0123456789abcdefABCDEF");

        return n > 0 && n <= ID_MAX && !id[n];
}

int decode_created(const char *text, size_t len, struct arena *a, const char **ret_id, struct error *err) {
        struct json_value id = { 0 };
        const struct member members[] = { MEMBER("Id", &id) };
        struct json_doc *doc AUTO_JSON = NULL;
        const char *word;

        if (decode_parse(text, len, DECODE_OBJECT_TOKENS_MAX, JSON_OBJECT, "what was made", &doc, err) < 0)
                return -1;
        decode_members(json_root(doc), members, N_ELEMENTS(members));
        word = decode_text(id, DECODE_TEXT_MAX, a);
        if (!is_id(word))
                return error_set(err, ERR_PROTOCOL, "reading what the engine has made: it has no id");
        *ret_id = word;
        return 0;
}

/* Its words stand apart from the first one. */
static const char *const *words_of(struct json_value process, struct arena *a) {
        struct json_value first = { 0 }, others = { 0 };
        const struct member members[] = { MEMBER("entrypoint", &first), MEMBER("arguments", &others) };
        const char **argv;
        size_t n = 0;

        decode_members(process, members, N_ELEMENTS(members));
        struct json_iter it = decode_iter(others, JSON_ARRAY);
        argv = arena_array(a, it.left + 2, sizeof(*argv));
        if (json_type(first) == JSON_STRING)
                argv[n++] = decode_text(first, DECODE_TEXT_MAX, a);
        while (n > 0 && json_next(&it))
                argv[n++] = decode_text(it.value, DECODE_TEXT_MAX, a);
        return argv;
}

int decode_exec(const char *text, size_t len, struct arena *a, struct engine_exec *ret, struct error *err) {
        struct json_value running = { 0 }, exit_code = { 0 }, pid = { 0 }, process = { 0 };
        const struct member members[] = { MEMBER("Running", &running), MEMBER("ExitCode", &exit_code), MEMBER("Pid", &pid),
                                          MEMBER("ProcessConfig", &process) };
        struct json_doc *doc AUTO_JSON = NULL;
        struct engine_exec exec = { .running = false };

        if (decode_parse(text, len, DECODE_OBJECT_TOKENS_MAX, JSON_OBJECT, "an exec", &doc, err) < 0)
                return -1;
        decode_members(json_root(doc), members, N_ELEMENTS(members));
        if (!json_bool(running, &exec.running))
                return error_set(err, ERR_PROTOCOL, "reading an exec from the engine: it does not say whether it runs");
        exec.exit_code = decode_int(exit_code, -1, INT64_MAX, -1);
        exec.pid = decode_int(pid, 0, INT64_MAX, 0);
        exec.argv = words_of(process, a);
        *ret = exec;
        return 0;
}

int decode_execs(const char *text, size_t len, struct arena *a, struct engine_execs *ret, struct error *err) {
        struct json_value ids = { 0 };
        const struct member members[] = { MEMBER("ExecIDs", &ids) };
        struct json_doc *doc AUTO_JSON = NULL;
        struct engine_execs execs = { .n = 0 };
        struct json_iter it;

        if (decode_parse(text, len, DECODE_OBJECT_TOKENS_MAX, JSON_OBJECT, "a container", &doc, err) < 0)
                return -1;
        decode_members(json_root(doc), members, N_ELEMENTS(members));
        execs.ids = arena_array(a, ENGINE_EXECS_MAX, sizeof(*execs.ids));
        for (it = decode_iter(ids, JSON_ARRAY); execs.n < ENGINE_EXECS_MAX && json_next(&it);) {
                const char *id = decode_text(it.value, DECODE_TEXT_MAX, a);

                if (is_id(id))
                        execs.ids[execs.n++] = id;
        }
        *ret = execs;
        return 0;
}

/* Its column is the second: it was asked for so. */
static bool is_of_session(struct json_value process, int64_t pid) {
        struct json_iter it = decode_iter(process, JSON_ARRAY);
        struct arena a AUTO(arena_release) = ARENA_INIT(256);
        int64_t sid;

        if (!json_next(&it) || !json_next(&it))
                return false;
        return parse_int64(decode_text(it.value, 32, &a), 1, INT64_MAX, &sid) && sid == pid;
}

int decode_session(const char *text, size_t len, int64_t pid, bool *ret_lives, struct error *err) {
        struct json_value processes = { 0 };
        const struct member members[] = { MEMBER("Processes", &processes) };
        struct json_doc *doc AUTO_JSON = NULL;
        struct json_iter it;
        bool lives = false;

        if (decode_parse(text, len, DECODE_OBJECT_TOKENS_MAX, JSON_OBJECT, "processes", &doc, err) < 0)
                return -1;
        decode_members(json_root(doc), members, N_ELEMENTS(members));
        it = decode_iter(processes, JSON_ARRAY);
        while (!lives && json_next(&it))
                lives = is_of_session(it.value, pid);
        *ret_lives = lives;
        return 0;
}
