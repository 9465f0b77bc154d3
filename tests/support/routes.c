/* SPDX-License-Identifier: MIT */
/* What /openapi.json says, as an array. */
#include "support/routes.h"

#include "autoheal/util/slice.h"
#include "support/rest.h"

static void put_names(const char *shape, char *ret, size_t size) {
        struct slice rest = slice_str(shape), one;
        size_t n = 0;

        ret[0] = '\0';
        (void)slice_skip(&rest, "/");
        do {
                if (!slice_split(&rest, '/', &one))
                        one = slice_str("");
                if (slice_eq(one, "{id}"))
                        one = slice_str("web");
                else if (slice_eq(one, "{name}"))
                        one = slice_str("ops");
                else if (slice_eq(one, "{file}"))
                        one = slice_str("main.js");
                n += (size_t)snprintf(ret + n, size - n, "/%.*s", (int)one.n, one.p);
                assert_true(n < size);
        } while (rest.n > 0);
}

/* An empty alternative is what nobody has to show. */
static bool needs_token(struct json_value security) {
        struct json_iter it = json_iter(security);
        bool needs = json_present(security);

        while (json_next(&it))
                needs = needs && json_present(json_get(it.value, "token"));
        return needs;
}

static void read_route(struct api_route *r, const char *shape, const char *method, struct json_value operation) {
        char upper[8] = "";

        *r = (struct api_route){ .has_body = json_present(json_get(operation, "requestBody")),
                                 .is_free = !json_present(json_get(json_get(operation, "responses"), "401")),
                                 .changes = needs_token(json_get(operation, "security")) };
        for (size_t i = 0; method[i] && i + 1 < sizeof(upper); i++)
                upper[i] = (char)(method[i] - 'a' + 'A');
        (void)snprintf(r->method, sizeof(r->method), "%s", upper);
        (void)snprintf(r->shape, sizeof(r->shape), "%s", shape);
        (void)snprintf(r->name, sizeof(r->name), "%s %s", upper, shape);
        put_names(shape, r->path, sizeof(r->path));
}

void routes_read(struct api_routes *ret) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        const struct rest_answer *answer = rest_get("/openapi.json");
        struct json_iter path = json_iter(json_get(rest_root(answer), "paths"));

        check_status(answer, 200);
        ret->n = 0;
        while (json_next(&path)) {
                struct json_iter method = json_iter(path.value);

                while (json_next(&method)) {
                        assert_true(ret->n < ROUTES_MAX);
                        read_route(&ret->items[ret->n++], json_key_string(&path, &a), json_key_string(&method, &a), method.value);
                }
        }
        assert_true(ret->n > 30);
}

struct json_value routes_responses(struct json_value document, const char *name) {
        const char *shape = strchr(name, ' ') + 1;
        char method[8] = "";

        for (size_t i = 0; name[i] != ' ' && i + 1 < sizeof(method); i++)
                method[i] = (char)(name[i] - 'A' + 'a');
        return json_get(json_get(json_get(json_get(document, "paths"), shape), method), "responses");
}

/* A name in braces stands for any. */
static bool fits(const char *shape, const char *path) {
        struct slice a = slice_str(shape), b = slice_str(path), x, y;

        while (slice_split(&a, '/', &x)) {
                if (!slice_split(&b, '/', &y))
                        return false;
                if ((x.n != y.n || memcmp(x.p, y.p, x.n) != 0) && (x.n == 0 || x.p[0] != '{'))
                        return false;
        }
        return b.n == 0;
}

void routes_allow(const struct api_routes *routes, const char *path, char ret[static 64]) {
        static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS" };
        size_t n = 0;

        for (size_t m = 0; m < N_ELEMENTS(methods); m++) {
                bool known = str_eq(methods[m], "OPTIONS");

                for (size_t i = 0; i < routes->n; i++)
                        known = known || (fits(routes->items[i].shape, path) &&
                                          str_eq(routes->items[i].method, str_eq(methods[m], "HEAD") ? "GET" : methods[m]));
                if (known)
                        n += (size_t)snprintf(ret + n, 64 - n, "%s%s", n ? ", " : "", methods[m]);
        }
}
