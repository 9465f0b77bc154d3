/* SPDX-License-Identifier: MIT */
/* What an inspect tells of a container, as the wish for another one like it that shares the network of another container. */
#include "engine_decode_internal.h"

#include "autoheal/json/writer.h"

#define BODY_MAX ((size_t)4 * 1024 * 1024)

struct wish {
        struct json_value config, host, mounts;
        const char *lost, *network; /* "container:<id>", before and now */
        struct arena *a;
};

static bool is_bound(const struct wish *w, const char *destination) {
        struct json_iter binds = decode_iter(json_get(w->host, "Binds"), JSON_ARRAY);
        struct json_iter mounts = decode_iter(json_get(w->host, "Mounts"), JSON_ARRAY);

        while (json_next(&binds)) {
                struct slice in = slice_str(json_string(binds.value, w->a)), source, target;

                if (slice_split(&in, ':', &source) && slice_split(&in, ':', &target) && slice_eq(target, destination))
                        return true;
        }
        while (json_next(&mounts))
                if (json_string_eq(json_get(mounts.value, "Target"), destination))
                        return true;
        return false;
}

/* Volumes that have no name of their own are not asked for by anybody: without this there would be new ones, which are empty. */
static void write_binds(struct json_writer *out, const struct wish *w) {
        struct json_iter binds = decode_iter(json_get(w->host, "Binds"), JSON_ARRAY), mounts = decode_iter(w->mounts, JSON_ARRAY);

        json_begin_array(out);
        while (json_next(&binds))
                json_raw_value(out, json_raw(binds.value));
        while (json_next(&mounts)) {
                const char *name = json_string(json_get(mounts.value, "Name"), w->a);
                const char *destination = json_string(json_get(mounts.value, "Destination"), w->a);
                bool writable;

                if (!json_string_eq(json_get(mounts.value, "Type"), "volume") || !name || !destination || is_bound(w, destination))
                        continue;
                if (!json_bool(json_get(mounts.value, "RW"), &writable))
                        writable = true;
                json_str(out, arena_printf(w->a, "%s:%s%s", name, destination, writable ? "" : ":ro"));
        }
        json_end_array(out);
}

static struct slice text_of(struct buf *b) {
        return (struct slice){ b->data, b->len };
}

static void write_host(struct json_writer *out, const struct wish *w) {
        struct buf network AUTO(buf_release) = BUF_INIT(1024), binds AUTO(buf_release) = BUF_INIT(BODY_MAX);
        struct json_member members[4];
        struct json_writer writer;
        size_t n = 0;

        json_writer_init(&writer, &network, JSON_COMPACT);
        json_str(&writer, w->network);
        json_writer_init(&writer, &binds, JSON_COMPACT);
        write_binds(&writer, w);
        members[n++] = (struct json_member){ "NetworkMode", text_of(&network) };
        members[n++] = (struct json_member){ "Binds", text_of(&binds) };
        /* It may share more of that container. */
        if (json_string_eq(json_get(w->host, "PidMode"), w->lost))
                members[n++] = (struct json_member){ "PidMode", text_of(&network) };
        if (json_string_eq(json_get(w->host, "IpcMode"), w->lost))
                members[n++] = (struct json_member){ "IpcMode", text_of(&network) };
        json_merge_object(out, w->host, members, n);
}

int decode_recreation(const char *text, size_t len, const char *parent_id, struct arena *a, const char **ret_body,
                      struct error *err) {
        struct buf host AUTO(buf_release) = BUF_INIT(BODY_MAX), body AUTO(buf_release) = BUF_INIT(BODY_MAX);
        struct json_doc *doc AUTO_JSON = NULL;
        struct json_writer writer;
        struct wish w = { .network = arena_printf(a, "container:%s", parent_id), .a = a };

        if (decode_parse(text, len, DECODE_OBJECT_TOKENS_MAX, JSON_OBJECT, "a container", &doc, err) < 0)
                return -1;
        w.config = json_get(json_root(doc), "Config");
        w.host = json_get(json_root(doc), "HostConfig");
        w.mounts = json_get(json_root(doc), "Mounts");
        w.lost = json_string(json_get(w.host, "NetworkMode"), a);
        if (json_type(w.config) != JSON_OBJECT || json_type(w.host) != JSON_OBJECT || !w.lost ||
            strncmp(w.lost, "container:", strlen("container:")) != 0)
                return error_set(err, ERR_FAILED, "it does not share the network of a container");
        json_writer_init(&writer, &host, JSON_COMPACT);
        write_host(&writer, &w);

        /* What comes with a network is the other one's, and refused here. */
        const struct json_member members[] = {
                { "Hostname", { NULL, 0 } },     { "Domainname", { NULL, 0 } },    { "MacAddress", { NULL, 0 } },
                { "ExposedPorts", { NULL, 0 } }, { "HostConfig", text_of(&host) },
        };

        json_writer_init(&writer, &body, JSON_COMPACT);
        json_merge_object(&writer, w.config, members, N_ELEMENTS(members));
        if (host.overflowed || body.overflowed)
                return error_set(err, ERR_TOO_LARGE, "its configuration is too large");
        *ret_body = arena_strndup(a, body.data, body.len);
        return 0;
}
