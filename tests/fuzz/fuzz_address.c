/* SPDX-License-Identifier: MIT */
/* Fuzz target: addresses (typed, and stored in a context) and DOCKER_CUSTOM_HEADERS. What comes out can be sent as it is. */
#include "engine/endpoint_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *variable;

static const char *get_env(const char *name) {
        return str_eq(name, "DOCKER_CUSTOM_HEADERS") ? variable : NULL;
}

static void require(bool holds) {
        if (!holds)
                abort();
}

static bool has_control(const char *s) {
        for (; *s; s++)
                if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
                        return true;
        return false;
}

/* Nothing in the URL may end it, or begin another part of it. */
static void check_url(const char *url) {
        require(strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0);
        require(!strpbrk(url, " \"<>\\^`{|}?#\t"));
        require(url[strlen(url) - 1] != '/');
        for (const char *p = url; *p; p++)
                require(*p > ' ' && *p < 0x7f);
}

static void check_endpoint(const struct endpoint *ep) {
        require(ep->text && ep->host && !has_control(ep->text) && !has_control(ep->host));
        check_url(ep->base_url);
        require(!(ep->unix_socket && ep->command) && !(ep->tls && (ep->unix_socket || ep->command)));
        require(!ep->unix_socket || (*ep->unix_socket && strlen(ep->unix_socket) < 108));
        for (size_t i = 0; ep->command && ep->command[i]; i++)
                require(!has_control(ep->command[i]));
}

static void try_address(const char *address, bool tls) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct endpoint typed = { .tls = tls }, stored = { .tls = tls };
        struct error err = ERROR_INIT;
        const char *whole;

        if (address_complete(address, tls, &whole, &a, &err) == 0 && address_set(&typed, whole, &a, &err) == 0)
                check_endpoint(&typed);
        if (address_set(&stored, address, &a, &err) == 0)
                check_endpoint(&stored);
}

static void try_headers(const char *value) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        const struct docker_config cfg = { .dir = "" };
        struct endpoint ep = { .headers = NULL };

        variable = value;
        if (headers_set(&ep, &cfg, get_env, &a, NULL) < 0)
                return;
        for (size_t i = 0; ep.headers && ep.headers[i]; i++)
                require(strstr(ep.headers[i], ": ") && !has_control(ep.headers[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char *text = xmalloc(size + 1);

        memcpy(text, data, size);
        text[size] = '\0';
        try_address(text, size % 2);
        try_headers(text);
        free(text);
        return 0;
}
