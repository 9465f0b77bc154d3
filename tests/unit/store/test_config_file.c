/* SPDX-License-Identifier: MIT */
/* config.json: replaced whole as it was told, whoever owns it, and copied under a name that no copy had before. */
#include "store_fixture.h"

#define BIG_MAX (5u * 1024 * 1024)

static struct store *locked(const struct fixture *f) {
        struct store *s = open_store(f, STORE_WRITE);

        assert_ok(store_lock_state(s, &why));
        return s;
}

static void write_text(const struct fixture *f, const char *text) {
        struct store *s = locked(f);

        assert_ok(store_write_config(s, text, strlen(text), &why));
        store_close(s);
}

static void a_new_one_is_for_its_owner_alone(void **state) {
        struct fixture *f = *state;

        write_text(f, "{\"a\":1}");
        assert_string_equal(get(f, "config.json"), "{\"a\":1}");
        assert_int_equal(look(f, "config.json").st_mode & 0777, 0600);
        assert_int_equal(count_files(f->dir), 2); /* and state.lock */
}

static void a_replaced_one_keeps_its_owner_and_mode(void **state) {
        struct fixture *f = *state;
        char path[256];

        put(f, "config.json", "{}");
        file_path(f, "config.json", path);
        assert_int_equal(chmod(path, 0640), 0);
        if (geteuid() == 0)
                assert_int_equal(chown(path, 0, 65534), 0);
        struct stat before = look(f, "config.json");

        write_text(f, "{\"a\":2}");
        struct stat after = look(f, "config.json");

        assert_string_equal(get(f, "config.json"), "{\"a\":2}");
        assert_int_not_equal(before.st_ino, after.st_ino);
        assert_int_equal(after.st_mode, before.st_mode);
        assert_int_equal(after.st_uid, before.st_uid);
        assert_int_equal(after.st_gid, before.st_gid);
}

static void behind_a_link_the_target_is_replaced(void **state) {
        struct fixture *f = *state;
        char path[256];

        put(f, "real.json", "{}");
        file_path(f, "config.json", path);
        assert_int_equal(symlink("real.json", path), 0);
        write_text(f, "{\"a\":3}");
        assert_true(S_ISLNK(look(f, "config.json").st_mode));
        assert_string_equal(get(f, "real.json"), "{\"a\":3}");
}

static void what_could_not_be_read_again_is_not_written(void **state) {
        struct fixture *f = *state;
        struct error err = ERROR_INIT;
        struct store *s = locked(f);
        char *big = xcalloc(1, BIG_MAX);

        put(f, "config.json", "{}");
        assert_int_equal(store_write_config(s, big, BIG_MAX, &err), -1);
        assert_int_equal(err.code, ERR_TOO_LARGE);
        assert_string_equal(get(f, "config.json"), "{}");
        free(big);
        store_close(s);
}

static void each_copy_has_a_name_of_its_own(void **state) {
        struct fixture *f = *state;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct now now = { .wall_us = NOW_US };
        struct store *s = locked(f);
        const char *first = NULL, *second = NULL;

        put(f, "config.json", "{\"broken\":");
        assert_ok(store_keep_config(s, now, &a, &first, &why));
        assert_ok(store_write_config(s, "{}", 2, &why));
        assert_ok(store_keep_config(s, now, &a, &second, &why));
        store_close(s);
        assert_string_equal(first, "config.json.bak-20251031T134000Z");
        assert_string_equal(second, "config.json.bak-20251031T134000Z-2");
        assert_string_equal(get(f, first), "{\"broken\":");
        assert_string_equal(get(f, second), "{}");
        assert_int_equal(look(f, first).st_mode & 0777, 0600);
}

static void without_a_file_there_is_no_copy(void **state) {
        struct fixture *f = *state;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct store *s = locked(f);
        const char *name = "untouched";

        assert_ok(store_keep_config(s, (struct now){ .wall_us = NOW_US }, &a, &name, &why));
        assert_null(name);
        assert_int_equal(count_files(f->dir), 1);
        store_close(s);
}

/* As an ordinary user, whose directory this is not. */
static int write_as_stranger(struct fixture *f) {
        struct error err = ERROR_INIT;
        struct store *s = NULL;

        return store_open(&s, f->dir, STORE_WRITE, &err) < 0 && err.code == ERR_CONFIG ? 0 : 1;
}

static void a_directory_of_somebody_else_is_not_written(void **state) {
        struct fixture *f = *state;

        if (geteuid() == 0)
                assert_int_equal(as_ordinary_user(write_as_stranger, f), 0);
        else
                assert_int_equal(chmod(f->dir, 0555) + write_as_stranger(f) + chmod(f->dir, 0755), 0);
}

static void news_are_whatever_decides_how_it_is_read(void **state) {
        struct fixture *f = *state;
        struct store *s = open_store(f, STORE_WRITE);
        char path[256];

        assert_int_equal(store_config_news(s), STORE_CHANGED);
        assert_int_equal(store_config_news(s), STORE_SAME);
        put(f, "config.json", "{}");
        assert_int_equal(store_config_news(s), STORE_CHANGED);
        assert_int_equal(store_config_news(s), STORE_SAME);
        /* It was refused for that. */
        file_path(f, "config.json", path);
        assert_int_equal(chmod(path, 0600), 0);
        assert_int_equal(store_config_news(s), STORE_CHANGED);
        assert_int_equal(store_config_news(s), STORE_SAME);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(store_config_news(s), STORE_GONE);
        assert_int_equal(store_config_news(s), STORE_SAME);
        store_close(s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                fixture_test(a_new_one_is_for_its_owner_alone),
                fixture_test(a_replaced_one_keeps_its_owner_and_mode),
                fixture_test(behind_a_link_the_target_is_replaced),
                fixture_test(what_could_not_be_read_again_is_not_written),
                fixture_test(each_copy_has_a_name_of_its_own),
                fixture_test(without_a_file_there_is_no_copy),
                fixture_test(a_directory_of_somebody_else_is_not_written),
                fixture_test(news_are_whatever_decides_how_it_is_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
