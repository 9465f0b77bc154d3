/* SPDX-License-Identifier: MIT */
/* maintenance.json: whether somebody asked us to keep our hands off. Only read. */
#include "store_internal.h"

#define NAME "maintenance.json"

static int load(struct store *s, struct json_value root, struct state *st, struct error *err) {
        struct store_fields f = { .store = s, .name = NAME, .path = "", .object = root, .arena = st->arena, .err = err };

        if (store_expect(s, NAME, root, JSON_OBJECT, "the whole file", err) < 0)
                return -1;
        st->maintenance.enabled = store_field_flag(&f, "enabled");
        st->maintenance.start_us = store_field_time(&f, "start_time");
        st->maintenance.until_us = store_field_time(&f, "until");
        return f.failed ? -1 : 0;
}

const struct store_shape store_maintenance = { NAME, load, NULL };
