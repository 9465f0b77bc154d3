/* SPDX-License-Identifier: MIT */
/* Which container this process runs in. */
#include "autoheal/os/self.h"

#include "autoheal/os/file.h"
#include "autoheal/os/log.h"
#include "autoheal/util/slice.h"
#include "autoheal/util/text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_LENGTH    (SELF_ID_SIZE - 1)
#define PROC_CEILING (4 * 1024 * 1024)

static bool is_id_digit(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static size_t id_digits(struct slice s) {
        size_t n = 0;

        while (n < s.n && is_id_digit(s.p[n]))
                n++;
        return n;
}

static void copy_id(char ret[static SELF_ID_SIZE], const char *id) {
        memcpy(ret, id, ID_LENGTH);
        ret[ID_LENGTH] = '\0';
}

/* Finds "containers/<id>/" in a path. */
static bool id_in_path(struct slice path, char ret[static SELF_ID_SIZE]) {
        for (; path.n; path.p++, path.n--) {
                struct slice rest = path;

                if (!slice_skip(&rest, "containers/") || id_digits(rest) != ID_LENGTH)
                        continue;
                if (rest.n > ID_LENGTH && rest.p[ID_LENGTH] == '/') {
                        copy_id(ret, rest.p);
                        return true;
                }
        }
        return false;
}

/*
 * The engine mounts these three from the container's own directory. Other lines do not count: on the host, and where another
 * engine runs inside, mountinfo lists directories of containers that are not us.
 */
static bool is_engine_mount(struct slice mount_point) {
        return slice_eq(mount_point, "/etc/hostname") || slice_eq(mount_point, "/etc/hosts") ||
               slice_eq(mount_point, "/etc/resolv.conf");
}

bool self_id_from_mountinfo(const char *text, char ret[static SELF_ID_SIZE]) {
        struct slice in = slice_str(text), line, field[5];

        while (slice_split(&in, '\n', &line)) {
                size_t n = 0;

                /* Number, parent, device, root, mount point: see proc(5). */
                while (n < N_ELEMENTS(field) && slice_split(&line, ' ', &field[n]))
                        n++;
                if (n == N_ELEMENTS(field) && is_engine_mount(field[4]) && id_in_path(field[3], ret))
                        return true;
        }
        return false;
}

bool self_id_from_cgroup(const char *text, char ret[static SELF_ID_SIZE]) {
        struct slice in = slice_str(text), line;
        const char *id = NULL;

        /* The last one of a line is the innermost container. */
        while (!id && slice_split(&in, '\n', &line)) {
                while (line.n) {
                        size_t n = id_digits(line), step = n ? n : 1;

                        if (n == ID_LENGTH)
                                id = line.p;
                        line.p += step;
                        line.n -= step;
                }
        }
        if (!id)
                return false;
        copy_id(ret, id);
        return true;
}

static bool id_from_file(const char *path, bool (*find)(const char *, char *), char ret[static SELF_ID_SIZE]) {
        struct buf text AUTO(buf_release) = BUF_INIT(PROC_CEILING);
        struct error err = ERROR_INIT;

        if (file_read(AT_FDCWD, path, &text, &err) < 0) {
                log_debug("own container id: %s", err.msg);
                return false;
        }
        return find(buf_str(&text), ret);
}

/*
 * Engines mount these files into every container. On a host with hundreds of containers the kernel takes milliseconds to
 * write /proc/self/mountinfo, only to say that we are in none of them; whether one file is a mount it tells at once.
 */
static bool has_mounted_files(void) {
        static const char *const files[] = { "/etc/hostname", "/etc/hosts", "/etc/resolv.conf" };

        for (size_t i = 0; i < N_ELEMENTS(files); i++) {
                struct statx st;

                if (statx(AT_FDCWD, files[i], AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) < 0)
                        continue;
                /* A kernel before 5.8 does not tell. */
                if (!(st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) || (st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
                        return true;
        }
        return false;
}

void self_container_id(char ret[static SELF_ID_SIZE]) {
        const char *given = getenv("AUTOHEAL_CONTAINER_ID");

        if (given && *given) {
                if (strlen(given) == ID_LENGTH && id_digits(slice_str(given)) == ID_LENGTH) {
                        copy_id(ret, given);
                        return;
                }
                log_debug("AUTOHEAL_CONTAINER_ID is not a container id of %d hexadecimal digits: '%s'", ID_LENGTH, given);
        }
        if (has_mounted_files() && id_from_file("/proc/self/mountinfo", self_id_from_mountinfo, ret))
                return;
        if (id_from_file("/proc/self/cgroup", self_id_from_cgroup, ret))
                return;
        ret[0] = '\0';
}

void self_host_name(char *ret, size_t size) {
        char name[256];

        if (gethostname(name, sizeof(name)) < 0)
                name[0] = '\0';
        name[sizeof(name) - 1] = '\0';
        (void)text_escape_into(ret, size, name);
}
