/* SPDX-License-Identifier: MIT */
/* Which proxy, if any: Go's rules, because docker's client follows them, and libcurl's differ in ports, names and order. */
#include "net/net_internal.h"

#include <arpa/inet.h>
#include <ctype.h>

#define HOST_MAX 256
#define PORT_MAX 8

/* Both families in the form of IPv6, so that one comparison does for both. */
struct address {
        unsigned char bytes[16];
        unsigned family_bits; /* 32 or 128; 0: not an address */
};

struct destination {
        char host[HOST_MAX]; /* small letters, no brackets */
        char port[PORT_MAX];
        struct address address;
        bool https;
};

/* ---- what is asked for ---- */

static void lower(char *s) {
        for (; *s; s++)
                *s = (char)tolower((unsigned char)*s);
}

static struct address parse_address(const char *s) {
        static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
        struct address a = { .family_bits = 0 };

        if (inet_pton(AF_INET, s, a.bytes + sizeof(mapped)) == 1) {
                memcpy(a.bytes, mapped, sizeof(mapped));
                a.family_bits = 32;
        } else if (inet_pton(AF_INET6, s, a.bytes) == 1) {
                a.family_bits = 128;
        }
        return a;
}

/* The first `bits` bits are those of the prefix, counted in its own family. */
static bool has_prefix(const struct address *a, const struct address *prefix, unsigned bits) {
        unsigned all = 128 - prefix->family_bits + bits, whole = all / 8, rest = all % 8;

        if (memcmp(a->bytes, prefix->bytes, whole) != 0)
                return false;
        return rest == 0 || ((a->bytes[whole] ^ prefix->bytes[whole]) >> (8 - rest)) == 0;
}

static bool is_loopback(const struct address *a) {
        static const char *const loopback[] = { "127.0.0.0", "::1" };
        static const unsigned bits[] = { 8, 128 };

        for (size_t i = 0; i < N_ELEMENTS(loopback); i++) {
                struct address l = parse_address(loopback[i]);

                if (a->family_bits && has_prefix(a, &l, bits[i]))
                        return true;
        }
        return false;
}

static bool take_part(CURLU *u, CURLUPart part, char *ret, size_t size) {
        char *text = NULL;
        bool fits;

        if (curl_url_get(u, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
                return false;
        fits = strlen(text) < size;
        if (fits)
                memcpy(ret, text, strlen(text) + 1);
        curl_free(text);
        return fits;
}

static bool parse_url(const char *url, struct destination *ret) {
        CURLU *u = curl_url();
        char scheme[HOST_MAX];
        size_t n;
        bool fine = u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
                    take_part(u, CURLUPART_SCHEME, scheme, sizeof(scheme)) &&
                    take_part(u, CURLUPART_HOST, ret->host, sizeof(ret->host)) &&
                    take_part(u, CURLUPART_PORT, ret->port, sizeof(ret->port));

        curl_url_cleanup(u);
        if (!fine)
                return false;
        ret->https = str_eq(scheme, "https");
        lower(ret->host);
        n = strlen(ret->host);
        if (ret->host[0] == '[' && ret->host[n - 1] == ']') {
                memmove(ret->host, ret->host + 1, n - 2);
                ret->host[n - 2] = '\0';
        }
        ret->address = parse_address(ret->host);
        return true;
}

/* ---- $NO_PROXY ---- */

/* "name", "name:port", "1.2.3.4", "1.2.3.4:port", "::1", "[::1]:port": cut in place; the port is "" if there is none. */
static void split_port(char *entry, char **ret_host, const char **ret_port) {
        char *colon = strrchr(entry, ':'), *bracket = strrchr(entry, ']');
        size_t n;

        *ret_host = entry;
        *ret_port = "";
        if (colon && (bracket ? colon == bracket + 1 : strchr(entry, ':') == colon)) {
                *colon = '\0';
                *ret_port = colon + 1;
        }
        n = strlen(entry);
        if (n >= 2 && entry[0] == '[' && entry[n - 1] == ']') {
                entry[n - 1] = '\0';
                *ret_host = entry + 1;
        }
}

/* False if it is no range. */
static bool match_range(char *entry, const struct address *a, bool *ret) {
        char *slash = strchr(entry, '/');
        struct address prefix;
        int64_t bits;

        if (!slash)
                return false;
        *slash = '\0';
        prefix = parse_address(entry);
        *slash = '/';
        if (!prefix.family_bits || !parse_int64(slash + 1, 0, prefix.family_bits, &bits))
                return false;
        *ret = a->family_bits && has_prefix(a, &prefix, (unsigned)bits);
        return true;
}

/* A name stands for its subdomains too, one that begins with a dot only for those. */
static bool match_name(const char *name, const char *host) {
        size_t n_name, n_host = strlen(host);

        if (name[0] == '*' && name[1] == '.')
                name++;
        n_name = strlen(name);
        if (n_name == 0)
                return false;
        if (name[0] != '.' && str_eq(host, name))
                return true;
        if (n_host <= n_name || !str_eq(host + n_host - n_name, name))
                return false;
        return name[0] == '.' || host[n_host - n_name - 1] == '.';
}

static bool match_entry(struct slice text, const struct destination *d) {
        char entry[HOST_MAX], *host;
        const char *port;
        struct address address;
        bool fits;

        while (text.n > 0 && isspace((unsigned char)text.p[0])) {
                text.p++;
                text.n--;
        }
        while (text.n > 0 && isspace((unsigned char)text.p[text.n - 1]))
                text.n--;
        if (text.n == 0 || text.n >= sizeof(entry))
                return false;
        memcpy(entry, text.p, text.n);
        entry[text.n] = '\0';
        lower(entry);
        if (str_eq(entry, "*"))
                return true;
        if (match_range(entry, &d->address, &fits))
                return fits;
        split_port(entry, &host, &port);
        if (*port && !str_eq(port, d->port))
                return false;
        address = parse_address(host);
        if (address.family_bits)
                return d->address.family_bits && has_prefix(&d->address, &address, address.family_bits);
        return match_name(host, d->host);
}

/* ---- which proxy ---- */

static const char *either(const char *(*get_env)(const char *name), const char *capitals, const char *small) {
        const char *value = get_env(capitals);

        if (!value || !*value)
                value = get_env(small);
        return value && *value ? value : NULL;
}

const char *proxy_for(const char *url, const char *(*get_env)(const char *name)) {
        struct destination d;
        struct slice exceptions = slice_str(either(get_env, "NO_PROXY", "no_proxy")), entry;

        if (!parse_url(url, &d) || str_eq(d.host, "localhost") || is_loopback(&d.address))
                return NULL;
        while (slice_split(&exceptions, ',', &entry)) {
                if (match_entry(entry, &d))
                        return NULL;
        }
        return d.https ? either(get_env, "HTTPS_PROXY", "https_proxy") : either(get_env, "HTTP_PROXY", "http_proxy");
}
