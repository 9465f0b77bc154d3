/* SPDX-License-Identifier: MIT */
/*
 * Are we in a container, and in which? Used so that autoheal never restarts itself.
 */
#ifndef AUTOHEAL_OS_SELF_H
#define AUTOHEAL_OS_SELF_H

#include "autoheal/util/base.h"

/*
 * The 64-digit id of the container that this process runs in: $AUTOHEAL_CONTAINER_ID, else from a path
 * .../containers/<id>/ in /proc/self/mountinfo, else from /proc/self/cgroup. ret is "" when none of them tells.
 */
#define SELF_ID_SIZE 65
void self_container_id(char ret[static SELF_ID_SIZE]);
/* The pure part, for tests: finds the id in the text of mountinfo or cgroup. */
bool self_id_from_mountinfo(const char *text, char ret[static SELF_ID_SIZE]);
bool self_id_from_cgroup(const char *text, char ret[static SELF_ID_SIZE]);
/* The host name, "" if unknown. Inside a container it is the first 12 digits of its id unless somebody set another. */
void self_host_name(char *ret, size_t size);

#endif
