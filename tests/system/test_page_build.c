/* SPDX-License-Identifier: MIT */
/* How the page gets into the binary: what would spoil it ends the build. */
#include "support/check.h"
#include "support/files.h"
#include "support/run.h"

#include <sys/stat.h>
#include <unistd.h>

#define SOURCES "src/serve/web"

static int make_dir(void **state) {
        *state = temp_dir_make();
        return 0;
}

static int remove_dir(void **state) {
        temp_dir_remove(*state);
        return 0;
}

#define dir_test(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

static void run_shell(const char *command, const char *dir, struct output *ret) {
        AUTO_FREE char *path = path_join(dir, "bin:/usr/bin:/bin"), *env_path = NULL, *tmp = NULL;

        assert_true(asprintf(&env_path, "PATH=%s", path) > 0);
        assert_true(asprintf(&tmp, "TMPDIR=%s", dir) > 0);
        run_program(&(struct run_ask){ .argv = (const char *const[]){ "/bin/sh", "-c", command, "sh", dir, NULL },
                                       .env = (const char *const[]){ env_path, tmp, NULL } },
                    ret);
}

/* ---- tools/web_files.sh ---- */

static void the_same_sources_give_the_same_bytes(void **state) {
        struct output first, again;

        run_shell("tools/web_files.sh " SOURCES, *state, &first);
        run_shell("LC_ALL=C.UTF-8 tools/web_files.sh " SOURCES "/", *state, &again);
        assert_int_equal(first.exit_code, 0);
        assert_int_equal(again.exit_code, 0);
        check_contains(first.out, "{ \"main.js\", \"text/javascript; charset=utf-8\", \"\\\"");
        assert_string_equal(first.out, again.out);
        output_release(&first);
        output_release(&again);
}

static void a_tool_that_fails_ends_it(void **state) {
        static const char *const tools[] = { "awk", "cut", "gzip", "mktemp", "od", "sed", "sha256sum", "tr" };
        const char *dir = *state;
        AUTO_FREE char *bin = path_join(dir, "bin");

        dir_put(bin, 0755);
        for (size_t i = 0; i < N_ELEMENTS(tools); i++) {
                AUTO_FREE char *tool = path_join(bin, tools[i]);
                struct output o;

                file_put(bin, tools[i], "#!/bin/sh\nexit 1\n");
                assert_int_equal(chmod(tool, 0755), 0);
                run_shell("tools/web_files.sh " SOURCES, dir, &o);
                if (o.exit_code == 0)
                        fail_msg("%s fails, and the build goes on", tools[i]);
                output_release(&o);
                assert_int_equal(unlink(tool), 0);
        }
}

/* ---- tools/web_join.awk ---- */

static void join(const char *dir, const char *main_js, const char *other_js, struct output *ret) {
        file_put(dir, "main.js", main_js);
        file_put(dir, "other.js", other_js);
        run_shell("awk -v dir=\"$1\" -f tools/web_join.awk main.js", dir, ret);
}

static void modules_become_one(void **state) {
        struct output o;

        join(*state,
             "// A comment.\nimport { a,\n    b as c } from \"./other.js\";\nimport * as all from \"./other.js\";\n\nc(a,\n  "
             "all.D);\n",
             "export const a = 1;\nexport async function b() {\n    return a; // here\n}\nexport class D {\n}\n", &o);
        assert_int_equal(o.exit_code, 0);
        assert_string_equal(o.err, "");
        assert_string_equal(o.out, "const module_other = (() => {\n"
                                   "const a = 1;\nasync function b() {return a; // here\n}\nclass D {}\n"
                                   "return { a, b, D };\n})();\n"
                                   "const module_main = (() => {\n"
                                   "const { a, b: c } = module_other;\nconst all = module_other;\nc(a,all.D);\n"
                                   "return {  };\n})();\n");
        output_release(&o);
}

static void what_it_does_not_understand_ends_it(void **state) {
        static const struct {
                const char *main_js, *other_js, *says;
        } cases[] = {
                { "import { a } from \"./missing.js\";\n", "", "cannot be read: " },
                { "import a from \"./other.js\";\n", "", "not understood: import a from" },
                { "import \"./other.js\";\n", "", "not understood: import \"./other.js\"" },
                { "import{ a } from \"./other.js\";\n", "export const a = 1;\n", "not understood: import{ a }" },
                { "import { a } from \"./other.js\"\n", "export const a = 1;\n", "not understood: import { a }" },
                { "import { a } from \"./other.js\";\n", "export default 1;\n", "not understood: export default" },
                { "import { a } from \"./other.js\";\n", "const a = 1;\nexport{ a };\n", "not understood: export{ a }" },
                { "import { a } from \"./other.js\";\n", "export const { a } = { a: 1 };\n", "not understood: export const {" },
                { "import { a } from \"./other.js\";\n", "const a = 1;\n", "other.js does not export 'a'" },
                { "import { a, b as a1 } from \"./other.js\";\n", "export const a = 1, b = 2;\n", "other.js does not export 'b'" },
                { "import { a } from \"./other.js\";\n", "import { b } from \"./main.js\";\nexport const a = 1;\n",
                  "in a circle: main.js" },
                { "const text = `one\ntwo`;\n", "", "a text over several lines in main.js" },
        };

        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                struct output o;

                join(*state, cases[i].main_js, cases[i].other_js, &o);
                check_contains(o.err, cases[i].says);
                assert_int_equal(o.exit_code, 1);
                output_release(&o);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                dir_test(the_same_sources_give_the_same_bytes),
                dir_test(a_tool_that_fails_ends_it),
                dir_test(modules_become_one),
                dir_test(what_it_does_not_understand_ends_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
