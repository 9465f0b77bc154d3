/* SPDX-License-Identifier: MIT */
/* Takes a URL apart as Go's url.Parse() does, with its errors: that is what docker makes of an address. */
#include "endpoint_internal.h"

#include "autoheal/util/slice.h"

#define DIGITS "0123456789"
#define ALPHA  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define ALNUM  ALPHA DIGITS

/* What may stand in a host and in a user name as it is, beside bytes of other alphabets in a host. */
#define HOST_CHARS ALNUM "-_.~!$&'()*+,;=:[]<>\"%"
#define USER_CHARS ALNUM "-._:~!$&'()*+,;=%@"

enum part { PART_USER, PART_HOST, PART_PATH };

static bool is_one_of(char c, const char *set) {
        return c && strchr(set, c);
}

static int hex_value(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* NULL and *ret decoded, or what is wrong. */
static const char *unescape(struct slice s, enum part part, const char **ret, struct arena *a) {
        char *out = arena_alloc(a, s.n + 1), *at = out;

        for (size_t i = 0; i < s.n; i++) {
                int high = i + 2 < s.n ? hex_value(s.p[i + 1]) : -1, low = high >= 0 ? hex_value(s.p[i + 2]) : -1;
                size_t left = s.n - i;

                if (s.p[i] != '%') {
                        if (part == PART_HOST && (unsigned char)s.p[i] < 0x80 && !is_one_of(s.p[i], HOST_CHARS))
                                return arena_printf(a, "invalid character %s in host name",
                                                    go_quote(arena_strndup(a, s.p + i, 1), a));
                        *at++ = s.p[i];
                        continue;
                }
                /* In a host only the percent sign itself and bytes of other alphabets may be escaped. */
                if (low < 0 || (part == PART_HOST && high < 8 && 16 * high + low != '%'))
                        return arena_printf(a, "invalid URL escape %s",
                                            go_quote(arena_strndup(a, s.p + i, left < 3 ? left : 3), a));
                *at++ = (char)(16 * high + low);
                i += 2;
        }
        /* A C string ends at a NUL, and what would be cut off may be what was meant. */
        if (memchr(out, '\0', (size_t)(at - out)))
                return "invalid URL escape \"%00\"";
        *ret = out;
        return NULL;
}

static struct slice until(struct slice *in, const char *stops) {
        struct slice head = *in;

        for (head.n = 0; head.n < in->n && !is_one_of(in->p[head.n], stops); head.n++)
                ;
        in->p += head.n;
        in->n -= head.n;
        return head;
}

static const char *last_of(struct slice s, char c) {
        return memrchr(s.p, c, s.n);
}

static bool all_of(struct slice s, const char *set) {
        for (size_t i = 0; i < s.n; i++)
                if (!is_one_of(s.p[i], set))
                        return false;
        return true;
}

/* ":port", ":" or nothing. */
static bool is_optional_port(struct slice s) {
        return s.n == 0 || (slice_skip(&s, ":") && all_of(s, DIGITS));
}

static const char *parse_user(struct url *ret, struct slice user, struct arena *a) {
        struct slice name = user;

        ret->has_user = true;
        if (!all_of(user, USER_CHARS))
                return "net/url: invalid userinfo";
        name = until(&user, ":");
        ret->has_password = user.n > 0;
        return unescape(name, PART_USER, &ret->user, a);
}

static const char *parse_host(struct url *ret, struct slice host, struct arena *a) {
        bool bracket = host.n && *host.p == '[';
        const char *shut = bracket ? last_of(host, ']') : NULL, *colon = last_of(host, ':');
        const char *begin = bracket ? shut ? shut + 1 : NULL : colon;
        struct slice port = { "", 0 };

        if (bracket && !shut)
                return "missing ']' in host";
        if (begin)
                port = (struct slice){ begin, (size_t)(host.p + host.n - begin) };
        if (!is_optional_port(port))
                return arena_printf(a, "invalid port %s after host", go_quote(arena_strndup(a, port.p, port.n), a));
        host.n -= port.n;
        ret->has_port = slice_skip(&port, ":");
        ret->port = arena_strndup(a, port.p, port.n);
        if (bracket) {
                ret->in_brackets = true;
                host = (struct slice){ host.p + 1, host.n - 2 };
        }
        return unescape(host, PART_HOST, &ret->hostname, a);
}

static const char *parse_authority(struct url *ret, struct slice authority, struct arena *a) {
        const char *at = last_of(authority, '@'), *wrong;
        struct slice user = { authority.p, 0 };

        if (at) {
                user.n = (size_t)(at - authority.p);
                authority.p += user.n + 1;
                authority.n -= user.n + 1;
        }
        wrong = parse_host(ret, authority, a);
        return wrong || !at ? wrong : parse_user(ret, user, a);
}

/* NULL and *ret in small letters ("" for none), or what is wrong. Consumes the scheme and its colon. */
static const char *parse_scheme(struct slice *in, const char **ret, struct arena *a) {
        char *scheme;
        size_t n = 0;

        while (n < in->n && is_one_of(in->p[n], n ? ALNUM "+-." : ALPHA))
                n++;
        if (n == in->n || in->p[n] != ':')
                return NULL;
        if (n == 0)
                return "missing protocol scheme";
        scheme = arena_strndup(a, in->p, n);
        for (char *c = scheme; *c; c++)
                if (*c >= 'A' && *c <= 'Z')
                        *c = (char)(*c - 'A' + 'a');
        *ret = scheme;
        in->p += n + 1;
        in->n -= n + 1;
        return NULL;
}

bool url_has_control(const char *s) {
        for (; *s; s++)
                if ((unsigned char)*s < ' ' || *s == 0x7f)
                        return true;
        return false;
}

/* rest ends before the fragment. NULL, or what is wrong. */
static const char *parse(struct url *ret, struct slice rest, struct arena *a) {
        const char *wrong;
        struct slice path, segment;

        wrong = parse_scheme(&rest, &ret->scheme, a);
        if (wrong)
                return wrong;
        path = until(&rest, "?");
        if (slice_skip(&rest, "?"))
                ret->query = arena_strndup(a, rest.p, rest.n);
        if (!path.n || *path.p != '/') {
                if (*ret->scheme)
                        return NULL;
                rest = path;
                segment = until(&rest, "/");
                if (memchr(segment.p, ':', segment.n))
                        return "first path segment in URL cannot contain colon";
        } else if ((*ret->scheme || path.n < 3 || path.p[2] != '/') && slice_skip(&path, "//")) {
                wrong = parse_authority(ret, until(&path, "/"), a);
        }
        ret->raw_path = arena_strndup(a, path.p, path.n);
        return wrong ? wrong : unescape(path, PART_PATH, &ret->path, a);
}

const char *url_shown(const char *text, struct arena *a) {
        const char *begin = strstr(text, "//"), *at, *colon;
        struct slice rest = slice_str(begin ? begin + 2 : text), authority = until(&rest, "/?");

        at = last_of(authority, '@');
        /* A password may hold what ends an authority, and whoever writes an address wrongly may write it anywhere. */
        if (!at)
                at = strrchr(authority.p, '@');
        colon = at ? memchr(authority.p, ':', (size_t)(at - authority.p)) : NULL;
        return colon ? arena_printf(a, "%.*s:xxxxx%s", (int)(colon - text), text, at) : text;
}

int url_parse(struct url *ret, const char *text, struct arena *a, struct error *err) {
        struct url url = {
                .scheme = "", .user = "", .hostname = "", .port = "", .path = "", .raw_path = "", .query = "", .fragment = ""
        };
        struct slice rest = slice_str(text), whole = until(&rest, "#");
        /* Go lets them pass in a fragment, which of a socket's address is a part of the path. */
        const char *wrong = url_has_control(text) ? "net/url: invalid control character in URL" : parse(&url, whole, a);

        if (!wrong && slice_skip(&rest, "#")) {
                whole = slice_str(text);
                wrong = unescape(rest, PART_PATH, &url.fragment, a);
        }
        if (wrong)
                return error_set(err, ERR_INVALID, "parse %s: %s", go_quote(url_shown(arena_strndup(a, whole.p, whole.n), a), a),
                                 wrong);
        *ret = url;
        return 0;
}
