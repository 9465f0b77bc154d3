/* SPDX-License-Identifier: MIT */
/*
 * multipart/form-data (RFC 7578) as browsers and `curl -F` send it: a whole body in, its parts out. Nothing is copied and
 * nothing decoded but where the parts begin and end; the slices are valid as long as the body.
 */
#ifndef AUTOHEAL_SERVE_MULTIPART_H
#define AUTOHEAL_SERVE_MULTIPART_H

#include "autoheal/util/error.h"
#include "autoheal/util/slice.h"

#define MULTIPART_PARTS_MAX  16             /* more are refused */
#define MULTIPART_HEADER_MAX ((size_t)8192) /* of one part */

struct multipart_part {
        struct slice name;     /* of the field, as it stands between the quotes */
        struct slice filename; /* the same; p == NULL: none was sent */
        struct slice body;
};

struct multipart {
        struct multipart_part parts[MULTIPART_PARTS_MAX];
        size_t n;
};

/* True for "multipart/form-data" with whatever parameters. */
bool multipart_is(struct slice content_type);
/* ERR_INVALID with what is wrong: no boundary, no end, a part without a name, an encoding. */
MUST_USE int multipart_parse(struct multipart *ret, struct slice content_type, struct slice body, struct error *err);
/* The part of that field; NULL: there is none. *ret_n: how many there are. */
const struct multipart_part *multipart_find(const struct multipart *m, const char *name, size_t *ret_n);

#endif
