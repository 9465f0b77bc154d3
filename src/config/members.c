/* SPDX-License-Identifier: MIT */
/* An object's members by name, for comparing large objects. */
#include "config/edit_internal.h"

void members_list(struct members *ret, struct json_value object, struct arena *a) {
        struct json_iter it = json_iter(object);
        size_t room = it.object ? json_count(object) : 0;

        *ret = (struct members){ .index = STRMAP_INIT };
        ret->values = arena_array(a, room, sizeof(*ret->values));
        ret->keys = arena_array(a, room, sizeof(*ret->keys));
        while (it.object && json_next(&it)) {
                const char *key = json_key_string(&it, a);
                size_t at = strmap_get(&ret->index, key);

                if (at == STRMAP_NONE) {
                        at = ret->n++;
                        strmap_set(&ret->index, key, at);
                        ret->keys[at] = key;
                }
                ret->values[at] = it.value;
        }
}

void members_release(struct members *m) {
        strmap_release(&m->index);
}

struct json_value members_get(const struct members *m, const char *key) {
        static const struct json_value missing;
        size_t at = strmap_get(&m->index, key);

        return at == STRMAP_NONE ? missing : m->values[at];
}
