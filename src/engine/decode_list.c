/* SPDX-License-Identifier: MIT */
/* The list of containers: GET /containers/json. */
#include "engine_decode_internal.h"

/* Far above what one engine runs. A cut list would make containers look gone, so more than this is an error. */
#define CONTAINERS_MAX ((size_t)64 * 1024)

/* Links give a container more names, those of the form "/other/alias": its own is the one without a slash inside. */
static const char *own_name(struct json_value names, struct arena *a) {
        struct json_iter it = decode_iter(names, JSON_ARRAY);

        while (json_next(&it)) {
                const char *name = decode_name(it.value, a);

                if (*name && !strchr(name, '/'))
                        return name;
        }
        return "";
}

static void add_address(struct json_value v, struct arena *a, const char **addresses, size_t *n) {
        const char *address = decode_text(v, DECODE_TEXT_MAX, a);

        if (*address && *n < DECODE_ADDRESSES_MAX)
                addresses[(*n)++] = address;
}

static void read_networks(struct json_value settings, struct arena *a, struct container *c) {
        struct json_iter it = decode_iter(json_get(settings, "Networks"), JSON_OBJECT);
        size_t max = it.left < DECODE_ADDRESSES_MAX ? it.left : DECODE_ADDRESSES_MAX, n = 0, n_addresses = 0;
        const char **names = arena_array(a, max, sizeof(*names)), **addresses = arena_array(a, 2 * max, sizeof(*addresses));

        while (n < max && json_next(&it)) {
                struct json_value ipv4 = { 0 }, ipv6 = { 0 };
                const struct member members[] = {
                        MEMBER("IPAddress", &ipv4),
                        MEMBER("GlobalIPv6Address", &ipv6),
                };

                names[n++] = decode_text(it.key_value, DECODE_TEXT_MAX, a);
                decode_members(it.value, members, N_ELEMENTS(members));
                add_address(ipv4, a, addresses, &n_addresses);
                add_address(ipv6, a, addresses, &n_addresses);
        }
        c->networks = names;
        c->n_networks = n;
        c->addresses = addresses;
        c->n_addresses = n_addresses;
}

/* API 1.52 tells the health by itself; before, it stands in the status text. */
static void read_health(struct json_value health, struct arena *a, struct container *c) {
        const char *told = decode_text(json_get(health, "Status"), DECODE_TEXT_MAX, a);
        int64_t exit_code;
        bool has_exit_code;

        decode_status_text(c->status, &c->health, &c->up_s, &exit_code, &has_exit_code);
        if (*told)
                c->health = health_parse(told);
        else if (c->health == HEALTH_UNKNOWN && c->state != CONTAINER_RUNNING)
                c->health = HEALTH_NONE;
}

/* False if it has no id: then nothing can be done to it, and nothing be remembered of it. */
static bool read_container(struct json_value v, struct arena *a, struct container *ret) {
        struct json_value id = { 0 }, names = { 0 }, image = { 0 }, image_id = { 0 }, labels = { 0 }, state = { 0 };
        struct json_value status = { 0 }, created = { 0 }, host = { 0 }, network = { 0 }, health = { 0 };
        const struct member members[] = {
                MEMBER("Id", &id),           MEMBER("Names", &names),
                MEMBER("Image", &image),     MEMBER("ImageID", &image_id),
                MEMBER("Labels", &labels),   MEMBER("State", &state),
                MEMBER("Status", &status),   MEMBER("Created", &created),
                MEMBER("HostConfig", &host), MEMBER("NetworkSettings", &network),
                MEMBER("Health", &health),
        };

        decode_members(v, members, N_ELEMENTS(members));
        if (!decode_is_id(id))
                return false;
        *ret = (struct container){
                .id = json_string(id, a),
                .name = own_name(names, a),
                .image = decode_text(image, DECODE_TEXT_MAX, a),
                .image_id = decode_text(image_id, DECODE_TEXT_MAX, a),
                .network_mode = decode_text(json_get(host, "NetworkMode"), DECODE_TEXT_MAX, a),
                .state = container_state_parse(decode_text(state, DECODE_TEXT_MAX, a)),
                .status = decode_text(status, DECODE_TEXT_MAX, a),
                .created_us = decode_int(created, 0, INT64_MAX / US_PER_S, 0) * US_PER_S,
                .state_error = "",
                .probe_output = "",
        };
        decode_labels(labels, a, ret);
        read_networks(network, a, ret);
        read_health(health, a, ret);
        return true;
}

int decode_list(const char *text, size_t len, struct arena *a, struct container **ret, size_t *ret_n, struct error *err) {
        struct json_doc *doc AUTO_JSON = NULL;
        struct container *containers;
        struct json_iter it;
        size_t n = 0;

        if (decode_parse(text, len, DECODE_LIST_TOKENS_MAX, JSON_ARRAY, "the list of containers", &doc, err) < 0)
                return -1;
        if (json_count(json_root(doc)) > CONTAINERS_MAX)
                return error_set(err, ERR_TOO_LARGE, "the engine lists %zu containers: the limit is %zu",
                                 json_count(json_root(doc)), CONTAINERS_MAX);
        containers = arena_array(a, json_count(json_root(doc)), sizeof(*containers));
        it = json_iter(json_root(doc));
        while (json_next(&it))
                if (read_container(it.value, a, &containers[n]))
                        n++;
        *ret = containers;
        *ret_n = n;
        return 0;
}
