/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: whatever stands in outbox.json is a box or an error, and a box is bounded, can be merged, written and read again
 * as it was. Each message becomes a letter of every service.
 */
#include "autoheal/store/outbox.h"
#include "record/notify_internal.h"

#include <fcntl.h>

#define NOW_US (INT64_C(1761918000) * US_PER_S)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
        if (!holds)
                abort();
}

static char directory[] = "/tmp/autoheal-fuzz-XXXXXX";
static struct store *store;

static void clean_up(void) {
        AUTO_FREE char *command = NULL;

        store_close(store);
        if (asprintf(&command, "rm -rf %s", directory) > 0)
                (void)!system(command);
}

static void open_store(void) {
        if (store)
                return;
        require(mkdtemp(directory) && store_open(&store, directory, STORE_WRITE, NULL) == 0);
        require(atexit(clean_up) == 0);
}

static void put(const uint8_t *data, size_t size) {
        AUTO_FREE char *path = NULL;
        FILE *f;

        require(asprintf(&path, "%s/outbox.json", directory) > 0);
        f = fopen(path, "we");
        require(f && fwrite(data, 1, size, f) == size && fclose(f) == 0);
}

static void check_message(const struct message *m) {
        const char *const names[] = { m->id,           m->service,        m->host,      m->event, m->status,
                                      m->container_id, m->container_name, m->stable_id, m->reason };

        require(m->id && m->service && m->event && !m->under_way);
        for (size_t i = 0; i < N_ELEMENTS(names); i++)
                require(!names[i] || strlen(names[i]) <= OUTBOX_NAME_MAX);
        require((!m->text || strlen(m->text) <= OUTBOX_TEXT_MAX) &&
                (!m->health_output || strlen(m->health_output) <= OUTBOX_TEXT_MAX));
}

/* No line of a letter ends where the message says. */
static void write_letters(const struct message *m) {
        static const struct notify_kind *const kinds[] = { &notify_webhook, &notify_discord, &notify_slack,    &notify_telegram,
                                                           &notify_ntfy,    &notify_gotify,  &notify_pushover, &notify_apprise,
                                                           &notify_email,   &notify_alert };
        static const char *const to[] = { "a@b.c" }, *const none[] = { NULL };
        const struct target t = { .name = "s",
                                  .url = "https://h/x",
                                  .bot_token = "1:a",
                                  .app_token = "a",
                                  .user_key = "u",
                                  .api_token = "t",
                                  .chat_id = "7",
                                  .topic = "t",
                                  .server_url = "https://h",
                                  .from = "f@b.c",
                                  .to = { to, 1 },
                                  .headers = none };
        struct arena a AUTO(arena_release) = ARENA_INIT(16384);

        for (size_t i = 0; i < N_ELEMENTS(kinds); i++) {
                struct letter l = { .url = NULL };

                require(kinds[i]->write(&l, &t, m, &a, NULL) == 0 && l.url && l.body);
                for (size_t k = 0; l.headers && l.headers[k]; k++)
                        require(!strpbrk(l.headers[k], "\r\n"));
                require(!l.mail || strstr(l.body, "\r\n\r\n") > strstr(l.body, "Content-Transfer-Encoding: base64"));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct arena a AUTO(arena_release) = ARENA_INIT(16384);
        struct error err = ERROR_INIT;
        struct outbox box, back;

        open_store();
        put(data, size);
        if (store_read_outbox(store, &a, &box, &err) < 0) {
                require(err.code == ERR_CONFIG || err.code == ERR_TOO_LARGE);
                return 0;
        }
        require(box.n <= OUTBOX_MESSAGES_MAX && box.n_told <= OUTBOX_TOLD_MAX);
        for (size_t i = 0; i < box.n; i++) {
                check_message(&box.messages[i]);
                write_letters(&box.messages[i]);
        }
        outbox_settle(&box, (struct now){ .wall_us = NOW_US });
        require(store_write_outbox(store, &box, &err) == 0);
        require(store_read_outbox(store, &a, &back, &err) == 0);
        require(back.n == box.n && back.n_told == box.n_told);
        for (size_t i = 0; i < box.n; i++) {
                const struct message m = box.messages[i];

                require(str_eq(back.messages[i].id, m.id) && back.messages[i].due_us == m.due_us);
                outbox_take_in(&back, &m);
                check_message(&back.messages[back.n - 1]);
        }
        return 0;
}
