/* SPDX-License-Identifier: MIT */
/* Fuzz target: a form's content type (the first line) and body: what is taken apart lies within the body, in order, and has names. */
#include "serve/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
        if (!holds)
                abort();
}

static void is_within(struct slice part, struct slice whole) {
        require(part.p >= whole.p && part.n <= whole.n && part.p + part.n <= whole.p + whole.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct slice body = { (const char *)data, size }, type;
        struct multipart m;
        struct error err = ERROR_INIT;
        const char *behind = NULL;

        if (!slice_split(&body, '\n', &type))
                return 0;
        if (multipart_parse(&m, type, body, &err) < 0) {
                require(err.code == ERR_INVALID && err.msg[0]);
                return 0;
        }
        require(multipart_is(type) && m.n <= MULTIPART_PARTS_MAX);
        for (size_t i = 0; i < m.n; i++) {
                const struct multipart_part *p = &m.parts[i];

                require(p->name.p != NULL);
                is_within(p->name, body);
                is_within(p->body, body);
                if (p->filename.p)
                        is_within(p->filename, body);
                require(p->name.p < p->body.p && (!behind || p->name.p > behind));
                behind = p->body.p + p->body.n;
        }
        return 0;
}
