/* SPDX-License-Identifier: MIT */
/* Diagnostics on standard error, one write per line, and their way into the log. */
#include "autoheal/os/log.h"

#include "autoheal/util/text.h"
#include "log_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#define LINE_MAX_SIZE (16 * 1024)
#define MODULE        "autoheal"

/* Global because settings of the process, like standard error itself: passing them through every call would only hide that. */
static bool debug_enabled;
static struct log_file *attached;
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

void log_attach(struct log_file *f) {
        attached = f;
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

static void print(const char *prefix, const char *text) {
        struct buf line AUTO(buf_release) = BUF_INIT(LINE_MAX_SIZE);

        buf_add_str(&line, prefix);
        text_escape(&line, slice_str(text));
        line.max++; /* a line that was cut ends like any other */
        buf_add_char(&line, '\n');
        write_line(buf_str(&line), line.len);
}

/* To standard error go those that the log does not echo. Debug lines that were asked for on the command line are never lost. */
static bool is_for_stderr(enum log_level level) {
        bool echoed = attached && log_file_echoes(attached);

        if (level == LEVEL_DEBUG)
                return debug_enabled && !(echoed && log_file_wants(attached, level));
        return !echoed;
}

PRINTF(3, 0)
static void say(enum log_level level, const char *prefix, const char *fmt, va_list ap) {
        bool to_stderr = is_for_stderr(level), to_log = attached && log_file_wants(attached, level);
        char text[LINE_MAX_SIZE];
        int saved_errno = errno;

        if (!to_stderr && !to_log)
                return;
        if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
                text[0] = '\0';
        if (to_stderr)
                print(prefix, text);
        if (to_log)
                log_file_write(attached, level, MODULE, text);
        errno = saved_errno;
}

void log_debug(const char *fmt, ...) {
        va_list ap;

        va_start(ap, fmt);
        say(LEVEL_DEBUG, "DEBUG: ", fmt, ap);
        va_end(ap);
}

void log_warn(const char *fmt, ...) {
        va_list ap;

        if (warnings_hidden)
                return;
        va_start(ap, fmt);
        say(LEVEL_WARNING, "WARNING: ", fmt, ap);
        va_end(ap);
}

void log_error(const char *fmt, ...) {
        va_list ap;

        va_start(ap, fmt);
        say(LEVEL_ERROR, "", fmt, ap);
        va_end(ap);
}

void log_note(enum log_level level, const char *module, const char *fmt, ...) {
        char text[LINE_MAX_SIZE];
        va_list ap;

        if (!attached || !log_file_wants(attached, level))
                return;
        va_start(ap, fmt);
        if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
                text[0] = '\0';
        va_end(ap);
        log_file_write(attached, level, module, text);
}
