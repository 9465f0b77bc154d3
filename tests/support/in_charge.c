/* SPDX-License-Identifier: MIT */
/* Who makes the passes of a scene. */
#include "support/in_charge.h"

#include "autoheal/os/clock.h"
#include "autoheal/util/timefmt.h"

#include <fcntl.h>
#include <sys/file.h>

void in_charge_hold(struct scene *s, const char *text, int *ret_fd) {
        AUTO_FREE char *path = path_join(s->data, "pass.lock");
        data_put(s, "pass.lock", text);
        *ret_fd = open(path, O_RDWR | O_CLOEXEC);
        assert_true(*ret_fd >= 0);
        assert_int_equal(flock(*ret_fd, LOCK_EX | LOCK_NB), 0);
}

static void format_ago(int64_t seconds, char ret[static TIME_ISO_SIZE]) {
        time_format_iso(clock_read().wall_us - seconds * US_PER_S, ret);
}

void in_charge_serve(struct scene *s, int64_t seconds_ago, const char *more, int *ret_fd) {
        char when[TIME_ISO_SIZE], text[4096];
        format_ago(seconds_ago, when);
        (void)snprintf(text, sizeof(text), "4711 host %s serve\n%s", when, more);
        in_charge_hold(s, text, ret_fd);
}

void in_charge_last_pass(struct scene *s, int64_t seconds_ago) {
        char when[TIME_ISO_SIZE], text[256];
        format_ago(seconds_ago, when);
        (void)snprintf(text, sizeof(text), "{\"last_pass\":{\"time\":\"%s\"}}", when);
        data_put(s, "pass.json", text);
}
