/* SPDX-License-Identifier: MIT */
/* From an ssh:// URL to the command whose input and output are a connection to the engine over there. */
#include "endpoint_internal.h"

#include "autoheal/util/text.h"

#define SSH_BASE_URL "http://docker.example.com" /* what docker's own client sends as Host through a command */

static int check(const struct url *url, struct arena *a, struct error *err) {
        const char *wrong = NULL;

        if (url->has_password)
                wrong = "plain-text password is not supported";
        else if (!*url->hostname)
                wrong = "hostname is empty";
        else if (*url->query)
                wrong = arena_printf(a, "query parameters are not allowed: %s", go_quote(url->query, a));
        else if (*url->fragment)
                wrong = arena_printf(a, "fragments are not allowed: %s", go_quote(url->fragment, a));
        else if (url_has_control(url->user) || url_has_control(url->hostname) || url_has_control(url->path))
                wrong = "control characters are not allowed";
        if (!wrong)
                return 0;
        return error_set(err, ERR_INVALID, "ssh host connection is not valid: invalid SSH URL: %s", wrong);
}

int ssh_endpoint(struct endpoint *ret, const char *address, const struct url *url, struct arena *a, struct error *err) {
        const char **argv = arena_array(a, 12, sizeof(*argv));
        const char *remote = "docker system dial-stdio";
        size_t n = 0;

        if (check(url, a, err) < 0)
                return -1;
        if (strspn(url->path, "/") != strlen(url->path))
                remote = arena_printf(a, "docker %s system dial-stdio",
                                      text_shell_word(arena_printf(a, "--host=unix://%s", url->path), a));
        argv[n++] = "ssh";
        if (*url->user) {
                argv[n++] = "-l";
                argv[n++] = url->user;
        }
        if (*url->port) {
                argv[n++] = "-p";
                argv[n++] = url->port;
        }
        argv[n++] = "-o ConnectTimeout=30";
        argv[n++] = "-T";
        /* Whatever the host is called, it is no option of ssh. */
        argv[n++] = "--";
        argv[n++] = url->hostname;
        argv[n++] = remote;
        ret->command = argv;
        ret->text = address;
        ret->base_url = SSH_BASE_URL;
        ret->host = "";
        return 0;
}
