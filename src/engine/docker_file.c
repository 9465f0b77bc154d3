/* SPDX-License-Identifier: MIT */
/* Reading the docker CLI's files, and saying what is wrong with them as Go does. */
#include "endpoint_internal.h"

#include "autoheal/os/file.h"

#include <errno.h>
#include <fcntl.h>

const char *go_quote(const char *s, struct arena *a) {
        char *quoted = arena_alloc(a, 2 * strlen(s) + 3), *at = quoted;

        *at++ = '"';
        for (; *s; s++) {
                if (*s == '"' || *s == '\\')
                        *at++ = '\\';
                *at++ = *s;
        }
        *at++ = '"';
        return quoted;
}

const char *path_in(const char *dir, const char *name, struct arena *a) {
        size_t n = strlen(dir);

        return arena_printf(a, "%s%s%s", dir, n == 0 || dir[n - 1] == '/' ? "" : "/", name);
}

const char *docker_errno_text(int sys_errno, struct arena *a) {
        char buffer[128], *text = arena_strdup(a, strerror_r(sys_errno, buffer, sizeof(buffer)));

        if (*text >= 'A' && *text <= 'Z')
                *text = (char)(*text - 'A' + 'a');
        return text;
}

static int fail(const char *what, const char *path, int sys_errno, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(256);

        (void)error_set(err, sys_errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s %s: %s", what, path,
                        docker_errno_text(sys_errno, &a));
        if (err)
                err->sys_errno = sys_errno;
        return -1;
}

int docker_file_read(const char *path, struct buf *ret, struct error *err) {
        /* Not blocking, so that a pipe in its place cannot hang us. */
        AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        char chunk[8192];
        ssize_t n;

        if (fd < 0)
                return fail("open", path, errno, err);
        while ((n = read(fd, chunk, sizeof(chunk))) != 0 && !ret->overflowed) {
                if (n > 0)
                        buf_add(ret, chunk, (size_t)n);
                else if (errno != EINTR)
                        return fail("read", path, errno, err);
        }
        if (ret->overflowed)
                return error_set(err, ERR_TOO_LARGE, "%s: larger than %zu bytes", path, ret->max);
        return 0;
}
