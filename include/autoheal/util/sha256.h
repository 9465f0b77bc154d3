/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 (FIPS 180-4), because the docker CLI names a context's directory by it. It names, and protects nothing: no secret
 * and no signature goes through here.
 */
#ifndef AUTOHEAL_UTIL_SHA256_H
#define AUTOHEAL_UTIL_SHA256_H

#include "autoheal/util/base.h"

#define SHA256_HEX_SIZE 65 /* 64 digits and a NUL */

/* 64 hex digits in small letters. */
void sha256_hex(char ret[SHA256_HEX_SIZE], const void *data, size_t len);

#endif
