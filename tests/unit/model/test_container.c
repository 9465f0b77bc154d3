/* SPDX-License-Identifier: MIT */
/* Labels are found by their exact key. */
#include "autoheal/model/container.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void label_is_found_by_its_exact_key(void **unused) {
        static const struct label labels[] = { { "autoheal", "true" }, { "autoheal.mode", "" } };
        struct container c = { .labels = labels, .n_labels = N_ELEMENTS(labels) };

        (void)unused;
        assert_string_equal(container_label(&c, "autoheal"), "true");
        assert_string_equal(container_label(&c, "autoheal.mode"), "");
        assert_null(container_label(&c, "autoheal.m"));
        assert_null(container_label(&c, "Autoheal"));
}

static void container_without_labels_has_none(void **unused) {
        struct container c = { .labels = NULL };

        (void)unused;
        assert_null(container_label(&c, "autoheal"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(label_is_found_by_its_exact_key),
                cmocka_unit_test(container_without_labels_has_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
