/* SPDX-License-Identifier: MIT */
/* serve for a long time: what containers that came and went, turns and requests needed is given back, descriptors as well. */
#include "autoheal/util/buf.h"
#include "support/service.h"

#include <dirent.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define GUESTS     1000
#define TURNS      1000
#define REQUESTS   2000
#define GROWTH_MAX (INT64_C(2) * 1024) /* KiB; what is remembered of those that are gone for a week included */
#define ANSWER_MAX ((size_t)8 * 1024 * 1024)

/* KiB that are its own and nobody else's. */
static int64_t private_dirty(pid_t pid) {
        char path[64], line[256];
        long long kib = -1;
        snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
        FILE *f = fopen(path, "re");
        assert_non_null(f);
        while (fgets(line, sizeof(line), f))
                if (strncmp(line, "Private_Dirty:", strlen("Private_Dirty:")) == 0)
                        kib = strtoll(line + strlen("Private_Dirty:"), NULL, 10);
        (void)fclose(f);
        assert_true(kib > 0);
        return kib;
}

/* ---- A client that keeps its connection ---- */

static int dial(struct scene *s) {
        struct sockaddr_un addr = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/api.sock", s->dir);
        assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
        return fd;
}

/* True once the whole answer is there. */
static bool is_whole(const struct buf *answer) {
        const char *head_end = strstr(buf_str(answer), "\r\n\r\n");
        const char *length = strcasestr(buf_str(answer), "\r\nContent-Length:");
        if (!head_end || !length)
                return false;
        return answer->len >= (size_t)(head_end + 4 - buf_str(answer)) + strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
}

static void ask(int fd, const char *method, const char *path) {
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX), request AUTO(buf_release) = BUF_INIT(4096);
        buf_addf(&request, "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", method, path);
        assert_int_equal(send(fd, request.data, request.len, MSG_NOSIGNAL), request.len);
        while (!is_whole(&answer)) {
                char data[65536];
                ssize_t n = recv(fd, data, sizeof(data), 0);
                assert_true(n > 0);
                buf_add(&answer, data, (size_t)n);
                assert_false(answer.overflowed);
        }
        assert_int_equal(strncmp(buf_str(&answer), "HTTP/1.1 200", strlen("HTTP/1.1 200")), 0);
}

static size_t count_descriptors(pid_t pid) {
        char path[64];
        size_t n = 0;
        snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
        DIR *dir = opendir(path);
        assert_non_null(dir);
        while (readdir(dir))
                n++;
        (void)closedir(dir);
        return n;
}

/* While one connection of ours is open and answered: those that hung up before it are gone then. */
static size_t descriptors(struct scene *s, pid_t pid) {
        int fd = dial(s);
        ask(fd, "GET", "/health");
        size_t n = count_descriptors(pid);
        close(fd);
        return n;
}

static void ask_often(struct scene *s, size_t n, const char *method, const char *const *paths, size_t n_paths) {
        int fd = dial(s);
        for (size_t i = 0; i < n; i++)
                ask(fd, method, paths[i % n_paths]);
        close(fd);
}

static void make_turns(struct scene *s, size_t n) {
        ask_often(s, n, "POST", &(const char *){ "/api/pass" }, 1);
}

/* ---- A long life ---- */

static void guests_come_and_go(struct scene *s) {
        struct buf script AUTO(buf_release) = BUF_INIT(1024 * 1024);
        for (int i = 0; i < GUESTS; i++)
                buf_addf(&script, "container guest-%d health=healthy label=autoheal=true\n", i);
        scene_world(s, buf_str(&script));
        make_turns(s, 1);
        service_await(s, "/api/status", "\"monitored_containers\":1100");
        /* The largest answers, while there is most to say. */
        ask_often(s, 20, "GET", (const char *const[]){ "/api/containers", "/api/events?limit=0", "/metrics" }, 3);
        scene_world(s, "remove guest-*\n");
        make_turns(s, 1);
        service_await(s, "/api/status", "\"monitored_containers\":100");
}

struct before {
        struct scene *scene;
        pid_t pid;
        int64_t kib;
        size_t descriptors;
};

static bool has_given_back(void *arg) {
        const struct before *b = arg;
        return descriptors(b->scene, b->pid) == b->descriptors && private_dirty(b->pid) <= b->kib + GROWTH_MAX;
}

static void check_given_back(const struct before *b, const char *after) {
        if (!eventually(has_given_back, (void *)(uintptr_t)b, 20000))
                fail_msg("after %s: %lld KiB and %zu descriptors, where it had %lld and %zu", after,
                         (long long)private_dirty(b->pid), descriptors(b->scene, b->pid), (long long)b->kib, b->descriptors);
}

static void test_gives_back_what_it_needed(void **state) {
        struct scene *s = *state;
        const char *const paths[] = { "/api/status", "/api/containers?include_stopped=true",
                                      "/api/events", "/metrics",
                                      "/health",     "/api/config",
                                      "/api/plan",   "/openapi.json" };
        scene_world(s, "population 100 healthy label=autoheal=true\n");
        pid_t pid = service_start(s, "");
        service_await(s, "/api/status", "\"monitored_containers\":100");
        make_turns(s, 20);
        ask_often(s, N_ELEMENTS(paths), "GET", paths, N_ELEMENTS(paths));
        make_turns(s, 1);
        struct before before = { .scene = s, .pid = pid, .kib = private_dirty(pid), .descriptors = descriptors(s, pid) };
        guests_come_and_go(s);
        check_given_back(&before, "a thousand containers came and went");
        make_turns(s, TURNS);
        check_given_back(&before, "a thousand turns");
        ask_often(s, REQUESTS, "GET", paths, N_ELEMENTS(paths));
        make_turns(s, 1);
        check_given_back(&before, "two thousand requests");
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_gives_back_what_it_needed),
        };
        return cmocka_run_group_tests_name("serve for a long time", tests, NULL, NULL);
}
