/* SPDX-License-Identifier: MIT */
/* Documents for tests that compare two of them. */
#ifndef TEST_CONFIG_EDIT_FIXTURE_H
#define TEST_CONFIG_EDIT_FIXTURE_H

#include "autoheal/config/edit.h"
#include "fixture.h"

/* To be freed; fails the test if the text is no JSON. text must outlive it. */
static inline struct json_doc *parsed(const char *text) {
        struct json_doc *doc = NULL;
        struct error err = ERROR_INIT;

        if (json_parse(text, strlen(text), CONFIG_TOKENS_MAX, &doc, &err) < 0)
                fail_msg("'%s': %s", text, err.msg);
        return doc;
}

#endif
