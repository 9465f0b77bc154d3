/* SPDX-License-Identifier: MIT */
/* config.json is text here: replacing it, and keeping a copy of it. */
#include "store_internal.h"

#include "autoheal/os/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define CONFIG     "config.json"
#define KEEP_TRIES 100

int store_write_config(struct store *s, const char *text, size_t len, struct error *err) {
        assert(store_is_locked(s));
        if (len > STORE_CONFIG_MAX)
                return error_set(err, ERR_TOO_LARGE, "%s/" CONFIG ": would become larger than the %zu MiB that are read", s->path,
                                 STORE_CONFIG_MAX / 1024 / 1024);
        return store_put(s, CONFIG, text, len, FILE_DURABLE, err);
}

/* No copy replaces another one. */
static int choose_name(const struct store *s, struct now now, struct arena *a, const char **ret, struct error *err) {
        struct stat st;

        for (int i = 1; i <= KEEP_TRIES; i++) {
                const char *name = store_kept_name(CONFIG, "bak", now.wall_us, i, a);

                if (fstatat(s->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT) {
                        *ret = name;
                        return 0;
                }
        }
        return error_set(err, ERR_FAILED, "data directory '%s': there are too many copies of " CONFIG " of this second", s->path);
}

int store_keep_config(struct store *s, struct now now, struct arena *a, const char **ret_name, struct error *err) {
        struct buf text AUTO(buf_release) = BUF_INIT(STORE_CONFIG_MAX);
        const char *name = NULL;
        bool there;

        assert(store_is_locked(s));
        if (store_read_whole(s, CONFIG, &text, &there, err) < 0)
                return -1;
        if (there &&
            (choose_name(s, now, a, &name, err) < 0 || store_put(s, name, buf_str(&text), text.len, FILE_DURABLE, err) < 0))
                return -1;
        *ret_name = name;
        return 0;
}
