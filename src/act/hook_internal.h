/* SPDX-License-Identifier: MIT */
/* What the files about hooks share: how a hook is told what it is about. */
#ifndef AUTOHEAL_HOOK_INTERNAL_H
#define AUTOHEAL_HOOK_INTERNAL_H

#include "autoheal/act/hook.h"
#include "autoheal/util/arena.h"

/* Its whole environment, which ends with NULL: ours but for what is nobody else's business, and AUTOHEAL_HOOK_... Lives in a. */
const char *const *hook_environment(enum hook which, const struct hook_news *news, struct arena *a);
/* What it reads: one JSON object in one line. */
void hook_document(struct buf *out, enum hook which, const struct hook_news *news);

#endif
