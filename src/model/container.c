/* SPDX-License-Identifier: MIT */
/* Looking into what the engine says about one container. */
#include "autoheal/model/container.h"

const char *container_label(const struct container *c, const char *key) {
        for (size_t i = 0; i < c->n_labels; i++)
                if (str_eq(c->labels[i].key, key))
                        return c->labels[i].value;
        return NULL;
}
