/* SPDX-License-Identifier: MIT */
/* /openapi.json and /docs: the tables of routes, for programs and for people. */
#include "serve/openapi.h"

#include "metadata_json.h"

#include <ctype.h>

static const char *const right_names[] = {
        [RIGHT_FREE] = "free",
        [RIGHT_READ] = "read",
        [RIGHT_CHANGE] = "change",
};

const char *openapi_right_name(enum right right) {
        return right_names[right];
}

/* ---- For programs ---- */

static void add_parameter(struct json_writer *w, struct slice name, const char *in, const char *type) {
        json_begin_object(w);
        json_key(w, "name");
        json_strn(w, name);
        json_key(w, "in");
        json_str(w, in);
        json_key(w, "required");
        json_boolean(w, str_eq(in, "path"));
        json_key(w, "schema");
        json_begin_object(w);
        json_key(w, "type");
        json_str(w, type);
        json_end_object(w);
        json_end_object(w);
}

static void add_parameters(struct json_writer *w, const struct route *r) {
        struct slice path = slice_str(r->path), query = slice_str(r->query), one, name;
        json_key(w, "parameters");
        json_begin_array(w);
        while (slice_split(&path, '/', &one))
                if (one.n > 2 && one.p[0] == '{')
                        add_parameter(w, (struct slice){ one.p + 1, one.n - 2 }, "path", "string");
        while (slice_split(&query, ',', &one)) {
                char type[16];
                (void)slice_split(&one, ':', &name);
                (void)snprintf(type, sizeof(type), "%.*s", (int)one.n, one.p);
                add_parameter(w, name, "query", type);
        }
        json_end_array(w);
}

static void add_response(struct json_writer *w, const char *code, const char *text) {
        json_key(w, code);
        json_begin_object(w);
        json_key(w, "description");
        json_str(w, text);
        json_end_object(w);
}

static void add_responses(struct json_writer *w, const struct route *r) {
        struct slice codes = slice_str(r->codes), one;
        json_key(w, "responses");
        json_begin_object(w);
        while (slice_split(&codes, ',', &one)) {
                char code[8];
                int64_t number = 0;
                (void)snprintf(code, sizeof(code), "%.*s", (int)one.n, one.p);
                (void)parse_int64(code, 100, 599, &number);
                add_response(w, code, http_status_text((int)number));
        }
        if (r->right != RIGHT_FREE)
                add_response(w, "401", "the token is missing or wrong");
        add_response(w, "403",
                     "the host or the page that asks may not; or it is switched off, or shows secrets and lacks the token");
        if (r->body)
                add_response(w, "413", "the body is larger than 1 MiB, or holds too many values");
        add_response(w, "default", "{\"detail\": ...} says what went wrong");
        json_end_object(w);
}

static void add_body(struct json_writer *w, const char *type) {
        json_key(w, "requestBody");
        json_begin_object(w);
        json_key(w, "content");
        json_begin_object(w);
        struct slice types = slice_str(type), one;
        while (slice_split(&types, ',', &one)) {
                char name[64];
                (void)snprintf(name, sizeof(name), "%.*s", (int)one.n, one.p);
                json_key(w, name);
                json_begin_object(w);
                json_end_object(w);
        }
        json_end_object(w);
        json_end_object(w);
}

/* One of these is enough; an empty one is what nobody has to show, as on loopback. */
static void add_security(struct json_writer *w, enum right right) {
        json_key(w, "security");
        json_begin_array(w);
        if (right == RIGHT_READ) {
                json_begin_object(w);
                json_end_object(w);
        }
        json_begin_object(w);
        json_key(w, "token");
        json_begin_array(w);
        json_end_array(w);
        json_end_object(w);
        json_end_array(w);
}

static void add_operation(struct json_writer *w, const struct route *r) {
        char method[8] = "";
        const char *name = http_method_name(r->method);
        for (size_t i = 0; name[i] && i + 1 < sizeof(method); i++)
                method[i] = (char)tolower((unsigned char)name[i]);
        json_key(w, method);
        json_begin_object(w);
        json_key(w, "summary");
        json_str(w, r->summary);
        add_parameters(w, r);
        if (r->body)
                add_body(w, r->body);
        add_responses(w, r);
        if (r->right != RIGHT_FREE)
                add_security(w, r->right);
        json_end_object(w);
}

/* A path stands once, with all its methods. */
static bool is_first_of_path(const struct route *r) {
        for (size_t t = 0; api_tables[t]; t++)
                for (const struct route *other = api_tables[t]; other->path; other++)
                        if (str_eq(other->path, r->path))
                                return other == r;
        return true;
}

static void add_path(struct json_writer *w, const char *path) {
        json_key(w, path);
        json_begin_object(w);
        for (size_t t = 0; api_tables[t]; t++)
                for (const struct route *r = api_tables[t]; r->path; r++)
                        if (str_eq(r->path, path))
                                add_operation(w, r);
        json_end_object(w);
}

static void add_token_scheme(struct json_writer *w) {
        json_key(w, "components");
        json_begin_object(w);
        json_key(w, "securitySchemes");
        json_begin_object(w);
        json_key(w, "token");
        json_begin_object(w);
        json_key(w, "type");
        json_str(w, "http");
        json_key(w, "scheme");
        json_str(w, "bearer");
        json_end_object(w);
        json_end_object(w);
        json_end_object(w);
}

void openapi_write(struct json_writer *w) {
        json_begin_object(w);
        json_key(w, "openapi");
        json_str(w, "3.1.0");
        json_key(w, "info");
        json_begin_object(w);
        json_key(w, "title");
        json_str(w, "docker-autoheal");
        json_key(w, "version");
        json_str(w, AUTOHEAL_VERSION);
        json_end_object(w);
        json_key(w, "paths");
        json_begin_object(w);
        for (size_t t = 0; api_tables[t]; t++)
                for (const struct route *r = api_tables[t]; r->path; r++)
                        if (is_first_of_path(r))
                                add_path(w, r->path);
        json_end_object(w);
        add_token_scheme(w);
        json_end_object(w);
}

static void get_openapi(struct call *call) {
        struct json_writer w;
        api_json(call, &w);
        openapi_write(&w);
}

/* ---- For people ---- */

static void add_html(struct buf *out, const char *text) {
        for (; *text; text++)
                switch (*text) {
                case '<':
                        buf_add_str(out, "&lt;");
                        break;
                case '>':
                        buf_add_str(out, "&gt;");
                        break;
                case '&':
                        buf_add_str(out, "&amp;");
                        break;
                case '"':
                        buf_add_str(out, "&quot;");
                        break;
                default:
                        buf_add_char(out, *text);
                }
}

static void add_cell(struct buf *out, const char *tag, const char *text) {
        buf_addf(out, "<td>%s%s%s", tag[0] ? "<" : "", tag, tag[0] ? ">" : "");
        add_html(out, text);
        buf_addf(out, "%s%s%s</td>", tag[0] ? "</" : "", tag, tag[0] ? ">" : "");
}

static void add_row(struct buf *out, const struct route *r) {
        buf_add_str(out, "<tr>");
        add_cell(out, "", http_method_name(r->method));
        add_cell(out, "code", r->path);
        add_cell(out, "", r->summary);
        add_cell(out, "code", r->query ? r->query : "");
        add_cell(out, "", r->body ? r->body : "");
        add_cell(out, "", openapi_right_name(r->right));
        buf_add_str(out, "</tr>\n");
}

static void get_docs(struct call *call) {
        struct buf *out = &call->reply.body;
        buf_add_str(out,
                    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>docker-autoheal API</title></head>\n"
                    "<body><h1>docker-autoheal " AUTOHEAL_VERSION ": the API</h1>\n"
                    "<p>For programs: <a href=\"/openapi.json\">/openapi.json</a>. Who may: <em>free</em> is for everybody, "
                    "<em>read</em> needs the token except on loopback, <em>change</em> needs it everywhere "
                    "(<code>Authorization: Bearer TOKEN</code>). Errors are <code>{\"detail\": ...}</code>.</p>\n"
                    "<table><thead><tr><th>Method</th><th>Path</th><th>What it does</th><th>Query</th><th>Body</th>"
                    "<th>Who may</th></tr></thead><tbody>\n");
        for (size_t t = 0; api_tables[t]; t++)
                for (const struct route *r = api_tables[t]; r->path; r++)
                        add_row(out, r);
        buf_add_str(out, "</tbody></table></body></html>\n");
        call->reply.content_type = "text/html; charset=utf-8";
        openapi_page_headers(call);
}

/* Nothing is loaded, run, framed or sent anywhere. */
void openapi_page_headers(struct call *call) {
        http_reply_header(&call->reply, "Content-Security-Policy",
                          "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        http_reply_header(&call->reply, "Referrer-Policy", "no-referrer");
}

const struct route api_openapi_routes[] = {
        { .method = HTTP_GET,
          .path = "/openapi.json",
          .right = RIGHT_FREE,
          .handle = get_openapi,
          .summary = "This API, described for programs (OpenAPI 3.1)",
          .codes = "200" },
        { .method = HTTP_GET,
          .path = "/docs",
          .right = RIGHT_FREE,
          .handle = get_docs,
          .summary = "This API, described for people",
          .codes = "200" },
        { .method = HTTP_GET,
          .path = "/redoc",
          .right = RIGHT_FREE,
          .handle = get_docs,
          .summary = "The same, where clients of the earlier service look for it",
          .codes = "200" },
        { .path = NULL },
};
