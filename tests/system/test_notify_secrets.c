/* SPDX-License-Identifier: MIT */
/* Secrets that are longer than any message: no part of them gets out either. */
#include "autoheal/util/buf.h"
#include "support/catcher.h"
#include "support/service.h"

#define PART "s3cr3t-p4rt-"
#define SICK "container web health=unhealthy label=autoheal=true started=-600\n"

static struct catcher *catcher;

static int setup(void **state) {
        int r = scene_setup(state);

        catcher = catcher_start(((struct scene *)*state)->dir);
        return r;
}

static int teardown(void **state) {
        catcher_stop(catcher);
        return scene_teardown(state);
}
#define secrets_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static void add_long(struct buf *out, size_t n) {
        for (size_t i = 0; i < n; i++)
                buf_add_str(out, PART);
}

/* One webhook at a long address with a header that cannot be sent. */
static void a_part_of_an_address_is_none_of_the_log_s_business(void **state) {
        struct scene *s = *state;
        struct buf config AUTO(buf_release) = BUF_INIT(65536), type AUTO(buf_release) = BUF_INIT(65536);

        add_long(&type, 500);
        file_put(s->dir, "type", buf_str(&type));
        buf_addf(&config,
                 "{\"notifications\":{\"enabled\":true,\"services\":[{\"name\":\"w\",\"type\":\"webhook\",\"url\":\"http://"
                 "127.0.0.1:%d/",
                 catcher_port(catcher));
        add_long(&config, 100);
        buf_addf(&config, "\",\"headers\":{\"Content-Type\":{\"file\":\"%s/type\"}}}]}}", s->dir);
        data_put(s, "config.json", buf_str(&config));
        scene_world(s, SICK);
        const struct output *o = scene_run(s, "run -v");
        check_exit(o, 0);
        check_contains(o->err, "telling 'w' failed: it cannot be asked: its address or a header is malformed");
        check_lacks(o->err, PART);
        assert_int_equal(catcher_count(catcher, ""), 0);
        AUTO_FREE char *log = data_get(s, "logs/autoheal.log");
        check_lacks(log, PART);
        o = scene_run(s, "notify test w");
        check_exit(o, 1);
        check_lacks(o->err, PART);
        check_lacks(o->out, PART);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                secrets_test(a_part_of_an_address_is_none_of_the_log_s_business),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
