/* SPDX-License-Identifier: MIT */
/* Local time, as TZ has it at that moment. */
#include "autoheal/os/zone.h"

#include "support/files.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void offset_is(const char *tz, int64_t utc_s, int64_t offset_s) {
        assert_int_equal(setenv("TZ", tz, 1), 0);
        assert_int_equal(zone_offset_s(NULL, utc_s), offset_s);
}

static void offsets_follow_the_zone_and_its_summer(void **state) {
        (void)state;
        offset_is("UTC", 1767268800, 0);
        offset_is("CET-1CEST,M3.5.0,M10.5.0/3", 1767268800, 3600);
        offset_is("CET-1CEST,M3.5.0,M10.5.0/3", 1774745999, 3600); /* 2026-03-29T00:59:59Z */
        offset_is("CET-1CEST,M3.5.0,M10.5.0/3", 1774746000, 7200);
        offset_is("<+0545>-5:45", 1767268800, 5 * 3600 + 45 * 60);
        offset_is("HST10", 0, -36000);
        offset_is("HST10", -86400, -36000);
}

static void unknown_is(const char *tz, const char *name) {
        const char *is;

        assert_int_equal(tz ? setenv("TZ", tz, 1) : unsetenv("TZ"), 0);
        is = zone_unknown();
        if (name)
                assert_string_equal(is, name);
        else
                assert_null(is);
}

static void a_zone_that_is_taken_for_utc_is_told(void **state) {
        (void)state;
        unknown_is(NULL, NULL);
        unknown_is("", NULL);
        unknown_is("UTC", NULL);
        unknown_is("CET-1CEST,M3.5.0,M10.5.0/3", NULL);
        unknown_is("<-03>3", NULL);
        unknown_is("Mars/Olympus", "Mars/Olympus");
        unknown_is(":Mars/Olympus", "Mars/Olympus");
        unknown_is("/nowhere/at/all", "/nowhere/at/all");
        unknown_is("Berlin", "Berlin");
        unknown_is("<", "<");
        unknown_is("!", "!");
}

static void a_file_is_found_where_tzdir_says(void **state) {
        char *dir = temp_dir_make();

        (void)state;
        file_put(dir, "Berlin", "TZif2");
        assert_int_equal(setenv("TZDIR", dir, 1), 0);
        unknown_is("Berlin", NULL);
        unknown_is(":Berlin", NULL);
        assert_int_equal(setenv("TZDIR", "", 1), 0);
        unknown_is("Berlin", "Berlin");
        temp_dir_remove(dir);
}

/* What is there need not be a zone: half a name is a directory, and libc takes that for UTC as well. */
static void a_file_that_holds_no_zone_is_none(void **state) {
        char *dir = temp_dir_make();
        AUTO_FREE char *path = path_join(dir, "text");

        (void)state;
        file_put(dir, "text", "root:x:0:0\n");
        file_put(dir, "empty", "");
        assert_int_equal(setenv("TZDIR", dir, 1), 0);
        unknown_is("text", "text");
        unknown_is("empty", "empty");
        unknown_is(".", ".");
        unknown_is(path, path);
        unknown_is("../../../etc/passwd", "../../../etc/passwd");
        unknown_is("/dev/null", "/dev/null");
        unknown_is("/dev/zero", "/dev/zero");
        assert_int_equal(unsetenv("TZDIR"), 0);
        temp_dir_remove(dir);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(offsets_follow_the_zone_and_its_summer),
                cmocka_unit_test(a_zone_that_is_taken_for_utc_is_told),
                cmocka_unit_test(a_file_is_found_where_tzdir_says),
                cmocka_unit_test(a_file_that_holds_no_zone_is_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
