/* SPDX-License-Identifier: MIT */
/*
 * The few things every file needs: attributes, cleanup, and a ban on the C functions that cannot say no.
 *
 * MUST_USE       the result must be looked at (an ignored failure does not compile under DEV=1)
 * PRINTF(f, a)   format string is argument f, its values begin at argument a
 * AUTO(fn)       call fn(&variable) when the variable leaves scope
 * AUTO_FREE      free() a heap pointer when it leaves scope
 * TAKE(p)        hand a pointer over: evaluates to p and leaves NULL behind, so that AUTO_FREE does nothing
 * N_ELEMENTS(a)  elements of an array whose size the compiler knows
 */
#ifndef AUTOHEAL_UTIL_BASE_H
#define AUTOHEAL_UTIL_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MUST_USE      __attribute__((warn_unused_result))
#define PRINTF(f, a)  __attribute__((format(printf, f, a)))
#define AUTO(fn)      __attribute__((cleanup(fn)))
#define AUTO_FREE     AUTO(free_pointer)
#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define TAKE(p)                                                                                                                    \
        __extension__({                                                                                                            \
                __typeof__(p) took_ = (p);                                                                                         \
                (p) = NULL;                                                                                                        \
                took_;                                                                                                             \
        })

static inline void free_pointer(void *pp) {
        void *p;
        memcpy(&p, pp, sizeof(p));
        free(p);
}

static inline bool str_eq(const char *a, const char *b) {
        return a && b && strcmp(a, b) == 0;
}

/* malloc, calloc, realloc and strdup that abort when memory is out: every buffer has a ceiling, so that is a bug or a dying host. */
void *xmalloc(size_t n) MUST_USE;
void *xcalloc(size_t count, size_t size) MUST_USE;
void *xrealloc(void *p, size_t n) MUST_USE;
char *xstrdup(const char *s) MUST_USE;

/* With fortification some libcs make macros of these; a macro cannot be poisoned without a warning. */
#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf

/* Banned: no bounds, no errors, or hidden static state. */
#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atof gets gmtime localtime

#endif
