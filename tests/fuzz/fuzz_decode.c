/* SPDX-License-Identifier: MIT */
/* Feeds the decoders of the engine's answers. The first byte chooses one, so that each kind of answer has its own seeds. */
#include "autoheal/engine/decode.h"

/* The id that the seeds for an inspect carry. */
#define ID16 "0123456789abcdef"
#define ID   ID16 ID16 ID16 ID16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the header promises of text: it is there, it is bounded. */
static void check_text(const char *s, size_t max) {
        if (!s || strlen(s) > max)
                abort();
}

static void check_container(const struct container *c) {
        const char *const texts[] = { c->name, c->image, c->image_id, c->network_mode, c->status, c->state_error };

        if (strlen(c->id) != 64 || c->n_labels > 4096)
                abort();
        for (size_t i = 0; i < N_ELEMENTS(texts); i++)
                check_text(texts[i], 65536);
        check_text(c->probe_output, 4096);
        for (size_t i = 0; i < c->n_labels; i++) {
                check_text(c->labels[i].key, 65536);
                check_text(c->labels[i].value, 65536);
        }
        for (size_t i = 0; i < c->n_addresses; i++)
                check_text(c->addresses[i], 65536);
}

static void fuzz_list(const char *text, size_t len, struct arena *a) {
        struct container *containers;
        size_t n;

        if (decode_list(text, len, a, &containers, &n, NULL) < 0)
                return;
        for (size_t i = 0; i < n; i++)
                check_container(&containers[i]);
}

static void fuzz_inspect(const char *text, size_t len, struct arena *a) {
        struct container c = {
                .id = ID,
                .name = "",
                .image = "",
                .image_id = "",
                .network_mode = "",
                .status = "",
                .state_error = "",
                .probe_output = "",
        };
        int r = decode_inspect(text, len, a, &c, NULL);

        if (c.inspected != (r == 0))
                abort();
        check_container(&c);
}

static void fuzz_info(const char *text, size_t len, struct arena *a) {
        struct engine_info info;

        if (decode_info(text, len, a, &info, NULL) < 0)
                return;
        check_text(info.id, 65536);
        check_text(info.server_version, 65536);
}

static void fuzz_events(const char *text, size_t len, struct arena *a) {
        struct engine_events events;

        if (decode_events(text, len, a, &events, NULL) < 0)
                return;
        for (size_t i = 0; i < events.n; i++) {
                const struct engine_event *e = &events.events[i];

                check_text(e->action, 65536);
                check_text(e->id, 64);
                check_text(e->name, 65536);
                if (e->at_us <= 0 || (i > 0 && e->at_us < e[-1].at_us))
                        abort();
        }
}

static void fuzz_exec(const char *text, size_t len, struct arena *a) {
        struct engine_execs execs;
        struct engine_exec exec;
        const char *id;
        bool lives;

        if (decode_created(text, len, a, &id, NULL) == 0 && (!*id || strspn(id, "0123456789abcdefABCDEF") != strlen(id)))
                abort();
        if (decode_exec(text, len, a, &exec, NULL) == 0 && (exec.exit_code < -1 || exec.pid < 0 || !exec.argv))
                abort();
        if (decode_execs(text, len, a, &execs, NULL) == 0 && execs.n > ENGINE_EXECS_MAX)
                abort();
        (void)!decode_session(text, len, 42, &lives, NULL);
}

static void fuzz_words(const char *text, size_t len, struct arena *a) {
        const char *s = arena_strndup(a, text, len);
        int64_t up_s, exit_code;
        bool has_exit_code;
        enum health health;
        int number = decode_signal(s);

        decode_status_text(s, &health, &up_s, &exit_code, &has_exit_code);
        if (number < 0 || number > 64 || up_s < -1 || (unsigned)health >= HEALTH_MAX_)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        const char *text = (const char *)data + 1;
        const char *message;

        if (size == 0)
                return 0;
        switch (data[0]) {
        case 'l':
                fuzz_list(text, size - 1, &a);
                break;
        case 'i':
                fuzz_inspect(text, size - 1, &a);
                break;
        case 'n':
                fuzz_info(text, size - 1, &a);
                break;
        case 'e':
                fuzz_events(text, size - 1, &a);
                break;
        case 'x':
                fuzz_exec(text, size - 1, &a);
                break;
        case 's':
                fuzz_words(text, size - 1, &a);
                break;
        case 'm':
                message = decode_error_message(text, size - 1, &a);
                if (message)
                        check_text(message, 65536);
                break;
        default:
                return -1; /* keep it out of the corpus */
        }
        return 0;
}
