/* SPDX-License-Identifier: MIT */
/* The data directory: which, may it be written, is there room, whose is it, and can its files be read. */
#include "doctor.h"

#include "autoheal/os/disk.h"
#include "autoheal/os/self.h"
#include "autoheal/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB         ((uint64_t)1024 * 1024)
#define ROOM_NEEDED (16 * MIB) /* what events.json may grow to */
#define ROOM_SCARCE (100 * MIB)
#define REPAIR      "docker autoheal run, which rebuilds it; or put the file from your backup in its place first"

/* What the next pass makes of a file that is broken, and what is lost. */
static const struct {
        const char *file, *outcome;
} rebuilt[] = {
        { "quarantine.json", "from containers.json or events.json; whom neither tells of is left alone for one restart window" },
        { "containers.json", "from the other files; failures and actions under way and lifetime totals are not known any more" },
        { "restart_counts.json", "from events.json; restarts that the history has dropped are not counted any more" },
        { "maintenance.json", "from its last good copy; without one, maintenance is on for one restart window" },
        { "pass.json", "empty: which engine the directory belongs to is asked anew" },
};

static bool has_finding(const struct doctor *d, enum check check) {
        for (size_t i = 0; i < d->n; i++)
                if (d->findings[i].check == check)
                        return true;
        return false;
}

/* ---- May it be written? ---- */

/* path, or the nearest directory above it that is there. Lives in the session. */
static const char *nearest(struct doctor *d, const char *path) {
        char *at = arena_strdup(&d->session.arena, path);
        struct stat st;
        while (stat(at, &st) < 0 && at[1] != '\0') {
                char *slash = strrchr(at, '/');
                slash[slash == at ? 1 : 0] = '\0';
        }
        return at;
}

/* Root refuses what belongs to somebody else: given away, it would be lost to the passes that root makes. */
static const char *access_remedy(struct doctor *d, const char *otherwise) {
        struct stat st;
        if (geteuid() != 0 && stat(d->session.location.path, &st) == 0 && st.st_uid == 0)
                return "it belongs to root: run as root, or use a directory of your own with --data-dir";
        return otherwise;
}

static const char *chown_all(struct doctor *d) {
        return arena_printf(&d->session.arena, "sudo chown -R %u %s", geteuid(), doctor_word(d, d->session.location.path));
}

/* Made by a run as another user, most often root. One is enough: there is one remedy. */
static bool check_readable(struct doctor *d) {
        static const char *const files[] = { "config.json",      "containers.json", "quarantine.json", "restart_counts.json",
                                             "maintenance.json", "pass.json",       "events.json",     "outbox.json" };
        for (size_t i = 0; i < N_ELEMENTS(files); i++) {
                const char *path = arena_printf(&d->session.arena, "%s/%s", d->session.location.path, files[i]);
                if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0 || (errno != EACCES && errno != EPERM))
                        continue;
                doctor_find(d, CHECK_DATA, DIAGNOSIS_PROBLEM, access_remedy(d, chown_all(d)), "'%s' may not be read by %s", path,
                            doctor_user(d, geteuid()));
                return false;
        }
        return true;
}

/* True if nothing is wrong. */
static bool check_writable(struct doctor *d, bool there) {
        const char *path = d->session.location.path, *at = nearest(d, path), *self = doctor_user(d, geteuid());
        if (faccessat(AT_FDCWD, at, W_OK | X_OK, AT_EACCESS) == 0)
                return true;
        if (errno == EROFS)
                doctor_find(d, CHECK_DATA, DIAGNOSIS_PROBLEM, "mount it writable, or choose another directory with --data-dir",
                            "'%s' is on a read-only file system", path);
        else if (there)
                doctor_find(d, CHECK_DATA, DIAGNOSIS_PROBLEM,
                            access_remedy(d, arena_printf(&d->session.arena, "chmod u+rwx %s", doctor_word(d, path))),
                            "'%s' may not be written by %s", path, self);
        else
                doctor_find(d, CHECK_DATA, DIAGNOSIS_PROBLEM, "make it for this user, or choose another directory with --data-dir",
                            "'%s' is not there, and %s may not make it: '%s' may not be written", path, self, at);
        return false;
}

/* Made by a run as another user, most often as root with this user's HOME. */
static void check_locks(struct doctor *d) {
        static const char *const locks[] = { "pass.lock", "state.lock" };
        struct arena *a = &d->session.arena;
        for (size_t i = 0; i < N_ELEMENTS(locks); i++) {
                const char *path = arena_printf(a, "%s/%s", d->session.location.path, locks[i]);
                if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) < 0 && errno == EACCES)
                        doctor_find(d, CHECK_DATA, DIAGNOSIS_PROBLEM, access_remedy(d, chown_all(d)),
                                    "'%s' may not be opened by %s: somebody else made it", path, doctor_user(d, geteuid()));
        }
}

static void check_room(struct doctor *d) {
        const char *path = d->session.location.path;
        struct disk disk;
        struct error err = ERROR_INIT;
        if (disk_look(path, &disk, &err) < 0) {
                doctor_find(d, CHECK_DATA, DIAGNOSIS_UNKNOWN, NULL, "%s", err.msg);
                return;
        }
        const char *at = doctor_word(d, nearest(d, path)), *remedy = arena_printf(&d->session.arena, "df -h %s; df -i %s", at, at);
        if (disk.free_bytes < ROOM_NEEDED || disk.free_files == 0)
                doctor_find(d, CHECK_DATA, DIAGNOSIS_PROBLEM, remedy,
                            "the file system of '%s' is full (%llu MiB left%s): what cannot be written down is not done", path,
                            (unsigned long long)(disk.free_bytes / MIB), disk.free_files == 0 ? ", no inodes" : "");
        else if (disk.free_bytes < ROOM_SCARCE)
                doctor_find(d, CHECK_DATA, DIAGNOSIS_WARNING, remedy, "the file system of '%s' is nearly full: %llu MiB left", path,
                            (unsigned long long)(disk.free_bytes / MIB));
        if (disk.network)
                doctor_find(d, CHECK_DATA, DIAGNOSIS_WARNING, "choose a directory on a local disk with --data-dir",
                            "'%s' is on a network file system (%s), where locks may not keep two passes apart", path, disk.network);
}

/* ---- Is it the right one? ---- */

static void check_content(struct doctor *d) {
        const struct store_location *l = &d->session.location;
        struct stat root, data;
        char id[SELF_ID_SIZE];
        self_container_id(id);
        if (store_look(l->path) == STORE_FOREIGN)
                doctor_find(d, CHECK_DATA, DIAGNOSIS_WARNING, "choose a directory of its own with --data-dir",
                            "'%s' (%s) holds only files that are not autoheal's: is it the right one?", l->path, l->source);
        if (id[0] == '\0')
                return;
        if (str_eq(l->source, "default") && store_look("/data") == STORE_FOREIGN)
                doctor_find(d, CHECK_DATA, DIAGNOSIS_WARNING, "AUTOHEAL_DATA_DIR=/data, if it is meant all the same",
                            "'/data' is not used, because it holds only files that are not autoheal's");
        if (stat("/", &root) == 0 && stat(nearest(d, l->path), &data) == 0 && root.st_dev == data.st_dev)
                doctor_find(d, CHECK_DATA, DIAGNOSIS_WARNING,
                            arena_printf(&d->session.arena, "-v %s, as an option of docker run for this container",
                                         doctor_word(d, arena_printf(&d->session.arena, "autoheal:%s", l->path))),
                            "'%s' lies inside the container: what is remembered goes with it", l->path);
}

static const char *how_rebuilt(const char *file) {
        for (size_t i = 0; file && i < N_ELEMENTS(rebuilt); i++)
                if (str_eq(file, rebuilt[i].file))
                        return rebuilt[i].outcome;
        return NULL;
}

static void load_state(struct doctor *d) {
        struct session *s = &d->session;
        struct error err = ERROR_INIT;
        struct stored_event *events;
        size_t n;
        d->state_good = store_load(s->store, &d->state, &s->arena, &err) == 0;
        const char *outcome = how_rebuilt(store_broken_file(s->store));
        if (outcome)
                doctor_find(d, CHECK_DATA, DIAGNOSIS_PROBLEM, REPAIR,
                            "%.*s. Commands that only read refuse until the next pass has set it aside and rebuilt it %s",
                            error_length(&err), err.msg, outcome);
        else if (!d->state_good)
                doctor_find_error(d, CHECK_DATA, &err);
        if (store_read_events(s->store, &s->arena, &events, &n, &err) < 0)
                doctor_find(d, CHECK_DATA, DIAGNOSIS_WARNING, "docker autoheal run, which sets it aside and begins a new one",
                            "the history is broken, which keeps nothing from being healed: %.*s", error_length(&err), err.msg);
}

void doctor_data(struct doctor *d) {
        struct session *s = &d->session;
        struct error err = ERROR_INIT;
        struct stat st;
        if (!s->endpoint.context) {
                doctor_find(d, CHECK_DATA, DIAGNOSIS_UNKNOWN, NULL,
                            "not looked at, because it is not known which context is meant");
                return;
        }
        if (session_locate(s, &err) < 0 || session_become(s, &err) < 0) {
                s->location.path[0] = '\0';
                doctor_find_error(d, CHECK_DATA, &err);
                return;
        }
        bool there = stat(s->location.path, &st) == 0;
        d->store_usable = store_open(&s->store, s->location.path, STORE_READ, &err) == 0;
        if (!d->store_usable) {
                doctor_find_error(d, CHECK_DATA, &err);
                return;
        }
        d->store_usable = check_readable(d);
        if (d->store_usable && check_writable(d, there))
                check_locks(d);
        check_content(d);
        check_room(d);
        if (d->store_usable)
                load_state(d);
}

/* As a pass refuses it. */
void doctor_ownership(struct doctor *d) {
        const struct session *s = &d->session;
        const char *path = s->location.path,
                   *remedy = "choose another directory with --data-dir, or the other engine with -H or -c";
        const struct state *known = &d->state;
        struct stat st;
        bool asked = d->connected && d->state_good;
        if (asked && known->engine_id[0] && d->engine_id[0] && !str_eq(known->engine_id, d->engine_id))
                doctor_find(d, CHECK_DATA, DIAGNOSIS_PROBLEM, remedy,
                            "'%s' belongs to engine %s at %s, and the one at %s is %s: every command refuses", path,
                            known->engine_id, known->engine_endpoint, s->endpoint.text, d->engine_id);
        else if (asked && known->engine_endpoint[0] && !d->engine_id[0] && !str_eq(known->engine_endpoint, s->endpoint.text))
                doctor_find(d, CHECK_DATA, DIAGNOSIS_PROBLEM,
                            "set INFO=1 on the socket proxy, or choose another directory with --data-dir",
                            "'%s' belongs to the engine at %s, and the one at %s does not tell whether it is the same", path,
                            known->engine_endpoint, s->endpoint.text);
        else if (!d->connected && d->state_good && known->engine_endpoint[0] && !str_eq(known->engine_endpoint, s->endpoint.text))
                doctor_find(d, CHECK_DATA, DIAGNOSIS_WARNING, remedy,
                            "'%s' belongs to the engine at %s, so what it says of passes and containers is of that one", path,
                            known->engine_endpoint);
        if (!has_finding(d, CHECK_DATA))
                doctor_find(d, CHECK_DATA, DIAGNOSIS_OK, NULL, "%s (%s)%s", path, s->location.source,
                            stat(path, &st) == 0 ? "" : " is not there yet: the first pass makes it");
}
