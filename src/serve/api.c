/* SPDX-License-Identifier: MIT */
/* What the API needs before anything is listened to, and what is left of it afterwards. */
#include "serve/api.h"
#include "serve/keep.h"
#include "serve/stream.h"
#include "serve/token.h"

#define WRONG_TOKENS_WAITING 16

_Static_assert(sizeof(((struct api *)0)->token) == TOKEN_SIZE, "the API holds any token");

static const char *get_env(const char *name) {
        return getenv(name);
}

int api_open(struct api *api, struct error *err) {
        char *source = NULL;
        api->answers = answers_new();
        api->streams = streams_new(api->setup->net);
        api->guard = token_guard_new(api->setup->net, WRONG_TOKENS_WAITING);
        if (api->setup->no_auth)
                return 0;
        if (token_find(api->token, &source, api->setup->token, api->setup->data_dir, get_env, err) < 0)
                return -1;
        token_guard_set_source(api->guard, source);
        return 0;
}

void api_close(struct api *api) {
        streams_free(api->streams);
        answers_free(api->answers);
        token_guard_free(api->guard);
        api->streams = NULL;
        api->answers = NULL;
        api->guard = NULL;
}

const char *api_token_source(const struct api *api) {
        return token_guard_source(api->guard);
}
