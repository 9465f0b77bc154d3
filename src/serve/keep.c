/* SPDX-License-Identifier: MIT */
/* Answers that are made once for all who ask, until something that they show has changed. */
#include "serve/keep.h"

#include "autoheal/os/clock.h"

#define BODY_MAX ((size_t)64 * 1024 * 1024)
#define KEEP_MS  1000 /* what follows from the time alone is that old at most */

struct answer {
        struct buf body;
        char etag[24];
        bool fresh;
        int64_t made_ms;
};

struct answers {
        struct answer items[KEPT_MAX_];
};

struct answers *answers_new(void) {
        struct answers *k = xcalloc(1, sizeof(*k));
        for (size_t i = 0; i < KEPT_MAX_; i++)
                k->items[i].body = (struct buf)BUF_INIT(BODY_MAX);
        return k;
}

void answers_free(struct answers *k) {
        if (!k)
                return;
        for (size_t i = 0; i < KEPT_MAX_; i++)
                buf_release(&k->items[i].body);
        free(k);
}

/* Gives back what nobody may ask for again; what is asked for is made anew. */
void api_changed(struct api *api) {
        if (!api->answers)
                return;
        for (size_t i = 0; i < KEPT_MAX_; i++) {
                api->answers->items[i].fresh = false;
                buf_release(&api->answers->items[i].body);
        }
}

/* FNV-1a, 64 bits: the same content has the same tag, whenever it was made. */
static void make_etag(struct answer *answer) {
        uint64_t h = UINT64_C(14695981039346656037);
        for (size_t i = 0; i < answer->body.len; i++)
                h = (h ^ (unsigned char)answer->body.data[i]) * UINT64_C(1099511628211);
        (void)snprintf(answer->etag, sizeof(answer->etag), "\"%016llx\"", (unsigned long long)h);
}

/* "W/"x"" counts as "x": a proxy may have weakened it. */
bool client_has(const struct http_request *rq, const char *etag) {
        struct slice list = http_header(rq, "If-None-Match"), one;
        while (list.p && slice_split(&list, ',', &one)) {
                one = slice_trim(one);
                (void)slice_skip(&one, "W/");
                if (slice_eq(one, etag) || slice_eq(one, "*"))
                        return true;
        }
        return false;
}

void api_answer_kept(struct call *call, enum kept which, void (*make)(struct api *api, struct json_writer *w)) {
        struct answers *k = call->api->answers;
        struct answer *answer = &k->items[which];
        struct json_writer w;
        int64_t now_ms = clock_read().mono_ms;
        if (!answer->fresh || now_ms - answer->made_ms >= KEEP_MS) {
                buf_clear(&answer->body);
                json_writer_init(&w, &answer->body, JSON_COMPACT);
                make(call->api, &w);
                make_etag(answer);
                answer->made_ms = now_ms;
                answer->fresh = !answer->body.overflowed;
        }
        if (!answer->fresh) {
                api_changed(call->api);
                api_error(call, 500, "the answer is larger than an answer may be");
                return;
        }
        http_reply_header(&call->reply, "ETag", answer->etag);
        http_reply_header(&call->reply, "Cache-Control", "no-cache");
        if (client_has(call->rq, answer->etag)) {
                call->reply.status = 304;
                return;
        }
        call->reply.content_type = "application/json";
        buf_add(&call->reply.body, answer->body.data, answer->body.len);
}
