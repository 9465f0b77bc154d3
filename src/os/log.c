/* SPDX-License-Identifier: MIT */
/* Diagnostics on standard error, one write per line. */
#include "autoheal/os/log.h"

#include "autoheal/util/text.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#define LINE_MAX_SIZE (16 * 1024)

/* Global because settings of the process, like standard error itself: passing them through every call would only hide that. */
static bool debug_enabled;
static bool warnings_hidden;

void log_set_debug(bool on) {
        debug_enabled = on;
}

void log_set_warnings(bool on) {
        warnings_hidden = !on;
}

bool log_debug_enabled(void) {
        return debug_enabled;
}

static void write_line(const char *line, size_t len) {
        while (len) {
                ssize_t n = write(STDERR_FILENO, line, len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return; /* nobody is left to be told */
                line += n;
                len -= (size_t)n;
        }
}

PRINTF(2, 0)
static void print(const char *prefix, const char *fmt, va_list ap) {
        struct buf line AUTO(buf_release) = BUF_INIT(LINE_MAX_SIZE);
        char raw[LINE_MAX_SIZE];
        int saved_errno = errno;

        if (vsnprintf(raw, sizeof(raw), fmt, ap) < 0)
                raw[0] = '\0';
        buf_add_str(&line, prefix);
        text_escape(&line, slice_str(raw));
        line.max++; /* a line that was cut ends like any other */
        buf_add_char(&line, '\n');
        write_line(buf_str(&line), line.len);
        errno = saved_errno;
}

void log_debug(const char *fmt, ...) {
        va_list ap;

        if (!debug_enabled)
                return;
        va_start(ap, fmt);
        print("DEBUG: ", fmt, ap);
        va_end(ap);
}

void log_warn(const char *fmt, ...) {
        va_list ap;

        if (warnings_hidden)
                return;
        va_start(ap, fmt);
        print("WARNING: ", fmt, ap);
        va_end(ap);
}

void log_error(const char *fmt, ...) {
        va_list ap;

        va_start(ap, fmt);
        print("", fmt, ap);
        va_end(ap);
}
