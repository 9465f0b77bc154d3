/* SPDX-License-Identifier: MIT */
/* Clocks, chance, and blows at system calls. */
#include "support/torture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void set_number(struct scene *s, const char *name, int64_t value) {
        char pair[128];
        snprintf(pair, sizeof(pair), "%s=%" PRId64, name, value);
        scene_env(s, pair);
}

static void set_text(struct scene *s, const char *name, const char *value) {
        char pair[4200];
        snprintf(pair, sizeof(pair), "%s=%s", name, value);
        scene_env(s, pair);
}

void torture_begin(struct torture *t, struct scene *s, uint64_t seed) {
        const char *shim = getenv("FAULT_SHIM"), *other_seed = getenv("TORTURE_SEED");
        if (!shim)
                fail_msg("FAULT_SHIM does not name the shim");
        *t = (struct torture){ .scene = s, .random = other_seed ? strtoull(other_seed, NULL, 10) : seed };
        AUTO_FREE char *report = path_join(s->dir, "shim.report");
        scene_no_waits(s);
        scene_env(s, "AUTOHEAL_RESTART_EXIT_GRACE_SECONDS=0");
        scene_env(s, "AUTOHEAL_RESTART_STOP_TIMEOUT_SECONDS=1");
        scene_env(s, "AUTOHEAL_RESTART_RELEASE_SECONDS=10");
        scene_env(s, "AUTOHEAL_BRAKE_ENABLED=false");
        scene_env(s, "AUTOHEAL_UI_MAX_LOG_ENTRIES=10000");
        set_text(s, "LD_PRELOAD", shim);
        set_text(s, "TORTURE_DIR", s->data);
        set_text(s, "TORTURE_REPORT", report);
}

/* xorshift64*: small, and the same everywhere. */
uint64_t torture_random(struct torture *t, uint64_t n) {
        t->random ^= t->random >> 12;
        t->random ^= t->random << 25;
        t->random ^= t->random >> 27;
        return (t->random * UINT64_C(2685821657736338717) >> 11) % n;
}

bool torture_chance(struct torture *t, unsigned percent) {
        return torture_random(t, 100) < percent;
}

void torture_wait(struct torture *t, int64_t seconds) {
        char line[64];
        t->clock_s += seconds;
        set_number(t->scene, "TORTURE_CLOCK", t->clock_s);
        snprintf(line, sizeof(line), "clock %" PRId64 "\n", t->clock_s);
        scene_world(t->scene, line);
}

int64_t torture_now_us(const struct torture *t) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        return ((int64_t)now.tv_sec + t->clock_s) * US_PER_S + now.tv_nsec / 1000;
}

static void aim(struct scene *s, struct blow blow) {
        scene_env(s, "TORTURE_STICKY");
        scene_env(s, "TORTURE_FAULT");
        scene_env(s, "TORTURE_CALL");
        if (!blow.fault)
                return;
        set_text(s, "TORTURE_FAULT", blow.fault);
        set_number(s, "TORTURE_CALL", blow.call);
        if (blow.sticky)
                scene_env(s, "TORTURE_STICKY=1");
}

const struct output *torture_run(struct torture *t, const char *arguments, struct blow blow) {
        AUTO_FREE char *report = path_join(t->scene->dir, "shim.report");
        (void)unlink(report);
        aim(t->scene, blow);
        return scene_run(t->scene, "%s", arguments);
}

char *torture_report(struct torture *t) {
        return file_get(t->scene->dir, "shim.report");
}

bool torture_kill(struct torture *t, const char *arguments, uint64_t limit_us, int *ret_exit) {
        uint64_t after_us = torture_random(t, limit_us);
        aim(t->scene, (struct blow){ .fault = NULL });
        pid_t pid = scene_start(t->scene, arguments);
        int fd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (fd < 0)
                fail_msg("pidfd_open: %s", strerror(errno));
        struct timespec wait = { (time_t)(after_us / 1000000), (long)(after_us % 1000000) * 1000 };
        (void)ppoll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, &wait, NULL);
        close(fd);
        *ret_exit = run_end(pid, SIGKILL);
        return *ret_exit == 128 + SIGKILL;
}
