/* SPDX-License-Identifier: MIT */
/* The page: the files of src/serve/web, which the binary holds gzipped. They say nothing of anybody's containers, so all may have them. */
#include "serve/keep.h"
#include "serve/openapi.h"
#include "serve/routes.h"

#include "metadata_json.h"

struct web_file {
        const char *name, *type, *etag;
        const unsigned char *gzipped;
        size_t n;
};

#include "web_files.h"

#define INDEX "index.html"

/* ---- May it be sent as it is stored? ---- */

/* Of "gzip;q=0.5": whether it is wanted at all. */
static bool is_wanted(struct slice parameters) {
        struct slice one;
        while (slice_split(&parameters, ';', &one)) {
                one = slice_trim(one);
                if (!slice_skip_nocase(&one, "q="))
                        continue;
                for (size_t i = 0; i < one.n; i++)
                        if (one.p[i] >= '1' && one.p[i] <= '9')
                                return true;
                return false;
        }
        return true;
}

/* What names no coding can read none for sure: curl without --compressed would show it on the terminal. */
static bool takes_gzip(const struct http_request *rq) {
        struct slice list = http_header(rq, "Accept-Encoding"), one, coding;
        bool any = false;
        while (list.p && slice_split(&list, ',', &one)) {
                one = slice_trim(one);
                if (!slice_split(&one, ';', &coding))
                        continue;
                coding = slice_trim(coding);
                if (slice_eq_nocase(coding, "gzip") || slice_eq_nocase(coding, "x-gzip"))
                        return is_wanted(one);
                if (slice_eq(coding, "*"))
                        any = is_wanted(one);
        }
        return any;
}

/* ---- Answers ---- */

/* Nothing comes from elsewhere or goes there, nothing in the text becomes script or style, and no other page may frame this one. */
static void page_headers(struct call *call) {
        http_reply_header(&call->reply, "Content-Security-Policy",
                          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                          "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                          "require-trusted-types-for 'script'; trusted-types 'none'");
        http_reply_header(&call->reply, "Cross-Origin-Resource-Policy", "same-origin");
}

static const struct web_file *find(const char *name) {
        for (size_t i = 0; i < N_ELEMENTS(web_files); i++)
                if (str_eq(web_files[i].name, name))
                        return &web_files[i];
        return NULL;
}

static void send_file(struct call *call, const struct web_file *file) {
        page_headers(call);
        http_reply_header(&call->reply, "Vary", "Accept-Encoding");
        http_reply_header(&call->reply, "Cache-Control", "no-cache");
        http_reply_header(&call->reply, "ETag", file->etag);
        if (client_has(call->rq, file->etag)) {
                call->reply.status = 304;
                return;
        }
        http_reply_header(&call->reply, "Content-Encoding", "gzip");
        call->reply.content_type = file->type;
        call->reply.fixed = file->gzipped;
        call->reply.fixed_len = file->n;
}

/* For a person with curl, and for probes that ask for / and are content with 200. */
static void send_words(struct call *call) {
        static const char words[] =
                "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>docker-autoheal</title></head>\n"
                "<body><h1>docker-autoheal " AUTOHEAL_VERSION "</h1>\n"
                "<p>It runs. Here is a page for browsers, and for whoever else sends 'Accept-Encoding: gzip'. What can be asked "
                "stands in <a href=\"/docs\">/docs</a>, for programs in <a href=\"/openapi.json\">/openapi.json</a>; begin with "
                "<a href=\"/api/status\">/api/status</a>.</p></body></html>\n";
        call->reply.content_type = "text/html; charset=utf-8";
        call->reply.fixed = words;
        call->reply.fixed_len = sizeof(words) - 1;
        http_reply_header(&call->reply, "Vary", "Accept-Encoding");
        openapi_page_headers(call);
}

static void get_page(struct call *call) {
        if (takes_gzip(call->rq))
                send_file(call, find(INDEX));
        else
                send_words(call);
}

static void get_file(struct call *call) {
        const struct web_file *file = find(call->params[0]);
        if (!file) {
                api_error(call, 404, "Not Found");
        } else if (takes_gzip(call->rq)) {
                send_file(call, file);
        } else {
                api_error(call, 406, "this file is kept gzipped: send 'Accept-Encoding: gzip'");
                http_reply_header(&call->reply, "Vary", "Accept-Encoding");
        }
}

const struct route web_routes[] = {
        { .method = HTTP_GET,
          .path = "/",
          .right = RIGHT_FREE,
          .handle = get_page,
          .summary = "The page, for browsers",
          .codes = "200,304" },
        { .method = HTTP_GET,
          .path = "/assets/{file}",
          .right = RIGHT_FREE,
          .handle = get_file,
          .summary = "The files that the page is made of",
          .codes = "200,304,404,406" },
        { .path = NULL },
};
