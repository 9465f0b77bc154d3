/* SPDX-License-Identifier: MIT */
/* SHA-256 against the vectors of FIPS 180-2 and of NIST's CAVP, and at every border of a block. */
#include "autoheal/util/sha256.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void published_vectors(void **state) {
        static const struct {
                const char *text, *hex;
        } vectors[] = {
                { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
                { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
                { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
                { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrst"
                  "u",
                  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
                /* One byte, and four that are no text: CAVP, SHA256ShortMsg. */
                { "\xd3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1" },
                { "\x74\xba\x25\x21", "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e" },
        };
        char hex[SHA256_HEX_SIZE];

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(vectors); i++) {
                sha256_hex(hex, vectors[i].text, strlen(vectors[i].text));
                assert_string_equal(hex, vectors[i].hex);
        }
}

static void a_million_letters(void **state) {
        const size_t n = 1000000;
        char *text AUTO_FREE = xmalloc(n), hex[SHA256_HEX_SIZE];

        (void)state;
        memset(text, 'a', n);
        sha256_hex(hex, text, n);
        assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* The length fits into the last block up to 55 bytes, and into a block of its own from 56 on. */
static void borders_of_a_block(void **state) {
        static const struct {
                size_t n;
                const char *hex;
        } cases[] = {
                { 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318" },
                { 56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a" },
                { 63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34" },
                { 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb" },
                { 65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0" },
                { 119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb" },
                { 120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c" },
                { 128, "6836cf13bac400e9105071cd6af47084dfacad4e5e302c94bfed24e013afb73e" },
        };
        char text[128], hex[SHA256_HEX_SIZE];

        (void)state;
        memset(text, 'a', sizeof(text));
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                sha256_hex(hex, text, cases[i].n);
                assert_string_equal(hex, cases[i].hex);
        }
}

static void nothing_at_all(void **state) {
        char hex[SHA256_HEX_SIZE];

        (void)state;
        sha256_hex(hex, NULL, 0);
        assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(published_vectors),
                cmocka_unit_test(a_million_letters),
                cmocka_unit_test(borders_of_a_block),
                cmocka_unit_test(nothing_at_all),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
