/* SPDX-License-Identifier: MIT */
/* How much room a file system has left, and what kind it is. */
#include "autoheal/os/disk.h"

#include <errno.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

/* linux/magic.h lacks some of them. A FUSE file system may be local; whether its flock() holds is up to its program. */
static const struct {
        uint32_t magic;
        const char *name;
} network_kinds[] = {
        { 0x6969, "NFS" },        { 0xff534d42, "CIFS" },   { 0xfe534d42, "SMB2" },   { 0x517b, "SMB" },     { 0x65735546, "FUSE" },
        { 0x01021997, "9P" },     { 0x00c36400, "Ceph" },   { 0x5346414f, "AFS" },    { 0x6b414653, "AFS" }, { 0x73757245, "Coda" },
        { 0x0bd00bd0, "Lustre" }, { 0x786f4256, "vboxsf" }, { 0xbacbacbc, "vmhgfs" },
};

static const char *network_kind(uint32_t magic) {
        for (size_t i = 0; i < N_ELEMENTS(network_kinds); i++)
                if (network_kinds[i].magic == magic)
                        return network_kinds[i].name;
        return NULL;
}

/* path becomes its own parent; false at the root. */
static bool go_up(char *path) {
        char *slash = strrchr(path, '/');

        if (!slash || path[1] == '\0')
                return false;
        slash[slash == path ? 1 : 0] = '\0';
        return true;
}

int disk_look(const char *path, struct disk *ret, struct error *err) {
        AUTO_FREE char *at = xstrdup(path);
        struct statvfs room;
        struct statfs kind;

        while (statvfs(at, &room) < 0 || statfs(at, &kind) < 0) {
                int why = errno;

                if ((why != ENOENT && why != ENOTDIR) || !go_up(at))
                        return error_set_errno(err, why, "looking at the file system of '%s'", at);
        }
        /* Some blocks are kept for root. */
        ret->free_bytes = (uint64_t)(geteuid() == 0 ? room.f_bfree : room.f_bavail) * room.f_frsize;
        ret->free_files = room.f_files == 0 ? UINT64_MAX : geteuid() == 0 ? room.f_ffree : room.f_favail;
        ret->read_only = (room.f_flag & ST_RDONLY) != 0;
        ret->network = network_kind((uint32_t)kind.f_type);
        return 0;
}
