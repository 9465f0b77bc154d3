/* SPDX-License-Identifier: MIT */
/*
 * outbox.json: the messages that wait for their notification services, as a struct outbox. Like every file of the directory it is
 * read afresh, changed and written under the state lock; keys that others put into it stay.
 */
#ifndef AUTOHEAL_STORE_OUTBOX_H
#define AUTOHEAL_STORE_OUTBOX_H

#include "autoheal/model/outbox.h"
#include "autoheal/store/store.h"

/*
 * Empty if there is none; its content lives in a. ERR_CONFIG "<path>: line L, column C: ..." if it is not what it should be; then
 * it may be set aside.
 */
MUST_USE int store_read_outbox(struct store *s, struct arena *a, struct outbox *ret, struct error *err);
bool store_has_outbox(const struct store *s);
/* It was replaced by somebody else since this handle read or wrote it. */
bool store_outbox_changed(const struct store *s);
/* Whole and durable; under the state lock. */
MUST_USE int store_write_outbox(struct store *s, const struct outbox *o, struct error *err);
/* Keeps a broken one as "outbox.json.corrupt-<UTC time>" (*ret_name lives in a), so that the next one begins empty. Under the state lock. */
MUST_USE int store_set_outbox_aside(struct store *s, struct now now, struct arena *a, const char **ret_name, struct error *err);

/*
 * The state lock without waiting for it, for who can come again later: false if somebody else has it, or it cannot be had. Ended
 * as ever, by store_unlock_state().
 */
bool store_try_lock_state(struct store *s);

#endif
