/* SPDX-License-Identifier: MIT */
/* How the page is served: gzipped, to everybody, with headers that let nothing in from elsewhere; and what its sources must not hold. */
#include "support/files.h"
#include "support/rest.h"

#include <dirent.h>

#define SOURCES "src/serve/web"

/* ---- Over HTTP ---- */

static void check_page_headers(const struct rest_answer *a, const char *type) {
        char line[96];

        check_status(a, 200);
        (void)snprintf(line, sizeof(line), "Content-Type: %s\r\n", type);
        check_contains(a->head, line);
        check_contains(a->head, "Content-Encoding: gzip\r\n");
        check_contains(a->head, "Vary: Accept-Encoding\r\n");
        check_contains(a->head, "Cache-Control: no-cache\r\n");
        check_contains(a->head, "ETag: \"");
        check_contains(a->head, "X-Content-Type-Options: nosniff\r\n");
        check_contains(a->head, "Referrer-Policy: no-referrer\r\n");
        check_contains(a->head,
                       "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                       "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                       "require-trusted-types-for 'script'; trusted-types 'none'\r\n");
        check_contains(a->head, "Cross-Origin-Resource-Policy: same-origin\r\n");
        check_lacks(a->head, "unsafe");
        /* Over plain HTTP from another machine browsers refuse it, with an error on the console each time. */
        check_lacks(a->head, "Cross-Origin-Opener-Policy");
}

static void everybody_gets_the_page(void **state) {
        struct scene *s = *state;

        rest_start(s);
        rest_with_token(false);
        check_page_headers(rest_get("/"), "text/html; charset=utf-8");
        check_contains(rest_get("/")->body, "<main id=\"main\"");
        rest_with_header("Authorization: Bearer wrong");
        check_status(rest_get("/"), 200);
        rest_with_header("Host: evil.example");
        check_status(rest_get("/"), 403);
        check_status(rest_send("POST", "/", NULL, ""), 405);
}

static const char *type_of(const char *path) {
        if (strstr(path, ".css"))
                return "text/css; charset=utf-8";
        if (strstr(path, ".webmanifest"))
                return "application/manifest+json";
        return strstr(path, ".svg") ? "image/svg+xml" : "text/javascript; charset=utf-8";
}

static void what_the_page_names_is_there(void **state) {
        struct scene *s = *state;
        size_t n = 0;

        rest_start(s);
        rest_with_token(false);
        AUTO_FREE char *page = xstrdup(rest_get("/")->body);
        for (const char *at = page; (at = strstr(at, "\"/assets/")); n++) {
                char path[64];

                at++;
                (void)snprintf(path, sizeof(path), "%.*s", (int)strcspn(at, "\""), at);
                check_page_headers(rest_get(path), type_of(path));
        }
        assert_true(n >= 5);
        check_status(rest_get("/assets/"), 404);
        check_status(rest_get("/assets/dom.js"), 404);
        check_status(rest_get("/assets/..%2Fmain.js"), 404);
        check_status(rest_get("/assets/main.js/"), 404);
}

static void it_is_sent_once(void **state) {
        struct scene *s = *state;
        char known[128] = "If-None-Match: W/\"x\", ";

        rest_start(s);
        const char *tag = strstr(rest_get("/assets/main.js")->head, "ETag: ");
        assert_non_null(tag);
        (void)snprintf(known + strlen(known), sizeof(known) - strlen(known), "%.*s", (int)strcspn(tag + 6, "\r"), tag + 6);
        rest_with_header(known);
        const struct rest_answer *a = rest_get("/assets/main.js");
        check_status(a, 304);
        assert_string_equal(a->body, "");
        check_contains(a->head, "ETag: \"");
        check_lacks(a->head, "Content-Encoding");
        rest_with_header("If-None-Match: \"x\"");
        check_status(rest_get("/assets/main.js"), 200);
        a = rest_send("HEAD", "/assets/main.js", NULL, NULL);
        check_status(a, 200);
        check_contains(a->head, "Content-Encoding: gzip\r\n");
        check_lacks(a->head, "Content-Length: 0\r\n");
}

static void who_takes_no_gzip_gets_words(void **state) {
        static const char *const without[] = {
                "Accept-Encoding:",           "Accept-Encoding: identity",        "Accept-Encoding: br, deflate",
                "Accept-Encoding: gzip;q=0",  "Accept-Encoding: *, gzip ; q=0.0", "Accept-Encoding: gzipped",
                "Accept-Encoding: *;q=0.000", "Accept-Encoding: ;;,,;q=1"
        };
        static const char *const with[] = { "Accept-Encoding: gzip", "Accept-Encoding: br;q=1, GZIP;q=0.001",
                                            "Accept-Encoding: x-gzip", "Accept-Encoding: br , *", "Accept-Encoding: *;q=0, gzip" };
        struct scene *s = *state;

        rest_start(s);
        rest_with_token(false);
        for (size_t i = 0; i < N_ELEMENTS(without); i++) {
                rest_with_header(without[i]);
                const struct rest_answer *a = rest_get("/");
                check_status(a, 200);
                check_lacks(a->head, "Content-Encoding");
                check_contains(a->head, "Vary: Accept-Encoding\r\n");
                check_contains(a->head, "Content-Security-Policy: default-src 'none'; ");
                check_contains(a->body, "/openapi.json");
                rest_with_header(without[i]);
                a = rest_get("/assets/main.js");
                check_status(a, 406);
                check_json(rest_root(a), "detail", "\"this file is kept gzipped: send 'Accept-Encoding: gzip'\"");
        }
        for (size_t i = 0; i < N_ELEMENTS(with); i++) {
                rest_with_header(with[i]);
                check_contains(rest_get("/")->head, "Content-Encoding: gzip\r\n");
        }
}

/* ---- The sources ---- */

static bool ends_with(const char *text, const char *end) {
        size_t n = strlen(text), m = strlen(end);

        return n >= m && strcmp(text + n - m, end) == 0;
}

/* What no line of the page may do: text of others never becomes markup, script or style, and nothing blocks the view. */
static void check_source(const char *name, const char *text) {
        static const char *const never[] = {
                "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",      "new Function",
                "DOMParser", "alert(",    "window.confirm",     "window.prompt",  "showModal(", "document.cookie",
                "\"style\"", " style=",   "EventSource",        "javascript:",    "@import",    "url("
        };

        if (!ends_with(name, ".webmanifest")) /* JSON has no comments */
                check_contains(text, "SPDX-License-Identifier: MIT");
        for (size_t i = 0; i < N_ELEMENTS(never); i++)
                if (strstr(text, never[i]))
                        fail_msg("%s holds %s", name, never[i]);
        size_t lines = 0;
        for (const char *at = text; (at = strchr(at, '\n')); at++)
                lines++;
        if (lines > 500)
                fail_msg("%s has %zu lines", name, lines);
}

/* A module that nothing imports is not joined, so nobody would have it. */
static void every_module_is_in_what_is_sent(void **state) {
        struct scene *s = *state;
        struct dirent *entry;
        size_t n = 0;

        rest_start(s);
        AUTO_FREE char *joined = xstrdup(rest_get("/assets/main.js")->body);
        DIR *dir = opendir(SOURCES);
        if (!dir)
                fail_msg(SOURCES " cannot be read: run the tests from the top of the source tree");
        while ((entry = readdir(dir))) {
                char function[300];

                if (entry->d_name[0] == '.')
                        continue;
                AUTO_FREE char *text = file_get(SOURCES, entry->d_name);
                check_source(entry->d_name, text);
                if (!ends_with(entry->d_name, ".js") || str_eq(entry->d_name, "early.js"))
                        continue;
                (void)snprintf(function, sizeof(function), "\nconst module_%.*s = (() => {\n", (int)strlen(entry->d_name) - 3,
                               entry->d_name);
                if (!strstr(joined, function) && strncmp(joined, function + 1, strlen(function) - 1) != 0)
                        fail_msg("%s is not in main.js", entry->d_name);
                n++;
        }
        (void)closedir(dir);
        assert_true(n > 20);
        check_lacks(joined, "\nimport ");
        check_lacks(joined, "\nexport ");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                rest_test(everybody_gets_the_page),      rest_test(what_the_page_names_is_there),    rest_test(it_is_sent_once),
                rest_test(who_takes_no_gzip_gets_words), rest_test(every_module_is_in_what_is_sent),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
