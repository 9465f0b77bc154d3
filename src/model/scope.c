/* SPDX-License-Identifier: MIT */
/* Which containers are under maintenance, as a person writes it. */
#include "autoheal/model/state.h"

int scope_parse(const char *text, struct maintenance_scope *ret, struct error *err) {
        struct slice rest = slice_str(text);
        enum scope_kind kind = SCOPE_CONTAINER;

        if (slice_skip(&rest, "project:"))
                kind = SCOPE_PROJECT;
        else if (slice_skip(&rest, "label:"))
                kind = SCOPE_LABEL;
        else
                return 0;
        if (rest.n == 0 || rest.p[0] == '=')
                return error_set(err, ERR_INVALID, "scope '%s' names no %s", text, scope_kind_name(kind));
        *ret = (struct maintenance_scope){ .kind = kind, .value = rest.p };
        return 1;
}
