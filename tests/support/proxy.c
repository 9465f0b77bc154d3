/* SPDX-License-Identifier: MIT */
/* The suffering socket: a relay that spoils what it hands on. */
#include "support/proxy.h"

#include "support/check.h"
#include "support/files.h"
#include "support/relay.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define TRUNCATED_AT ((size_t)250)
#define DELAY_MS     300
#define NOISE_EVERY  20

/* The mode is in memory that all connections share; what follows is each one's own. */
struct line {
        _Atomic int *mode;
        int seen_mode;
        size_t passed; /* bytes since that mode began */
        unsigned seed;
};

struct proxy {
        struct line line;
        char *host;
        pid_t pid;
};

/* ---- In the relay ---- */

static enum proxy_mode mode_of(struct line *l) {
        int mode = atomic_load(l->mode);
        if (mode != l->seen_mode)
                l->passed = 0;
        l->seen_mode = mode;
        return (enum proxy_mode)mode;
}

static void garble(char *bytes, size_t n) {
        char *quote = memchr(bytes, '"', n);
        if (quote)
                *quote = 'x';
}

static void make_noise(struct line *l, char *bytes, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (rand_r(&l->seed) % NOISE_EVERY == 0)
                        bytes[i] = (char)(bytes[i] ^ (1 + rand_r(&l->seed) % 255));
}

static bool spoil(void *arg, char *bytes, size_t *n) {
        struct line *l = arg;
        switch (mode_of(l)) {
        case PROXY_PASS:
                break;
        case PROXY_CUT:
                return false;
        case PROXY_TRUNCATE:
                if (l->passed >= TRUNCATED_AT)
                        return false;
                if (*n > TRUNCATED_AT - l->passed)
                        *n = TRUNCATED_AT - l->passed;
                break;
        case PROXY_GARBLE:
                garble(bytes, *n);
                break;
        case PROXY_NOISE:
                make_noise(l, bytes, *n);
                break;
        case PROXY_DELAY:
                (void)poll(NULL, 0, DELAY_MS);
                break;
        }
        l->passed += *n;
        return true;
}

static bool goes_on(void *arg) {
        struct line *l = arg;
        enum proxy_mode mode = mode_of(l);
        return mode != PROXY_CUT && (mode != PROXY_TRUNCATE || l->passed < TRUNCATED_AT);
}

/* ---- In the test ---- */

struct proxy *proxy_start(const char *dir, const char *engine) {
        static const struct relay_fns fns = { .to_client = spoil, .goes_on = goes_on };
        struct proxy *p = xcalloc(1, sizeof(*p));
        AUTO_FREE char *path = path_join(dir, "proxy.sock");
        p->line.seed = 20260131;
        p->line.mode = mmap(NULL, sizeof(*p->line.mode), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (p->line.mode == MAP_FAILED)
                fail_msg("mmap: %s", strerror(errno));
        p->host = relay_host(path);
        p->pid = relay_start(path, engine, &fns, &p->line);
        return p;
}

void proxy_stop(struct proxy *p) {
        if (!p)
                return;
        relay_stop(p->pid);
        (void)munmap(p->line.mode, sizeof(*p->line.mode));
        free(p->host);
        free(p);
}

void proxy_set(struct proxy *p, enum proxy_mode mode) {
        atomic_store(p->line.mode, (int)mode);
}

const char *proxy_host(const struct proxy *p) {
        return p->host;
}
