/* SPDX-License-Identifier: MIT */
/* SHA-256 of a text that is whole in memory, block by block. */
#include "autoheal/util/sha256.h"

#define BLOCK_SIZE   64
#define N_ROUNDS     64
#define LENGTH_BYTES 8 /* of the message's length in bits, which ends the last block */

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[N_ROUNDS] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
        0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
        0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
        0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
        0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
        0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotated(uint32_t x, unsigned n) {
        return x >> n | x << (32 - n);
}

static void add_block(uint32_t state[8], const unsigned char block[BLOCK_SIZE]) {
        uint32_t w[N_ROUNDS], s[8];

        for (size_t i = 0; i < 16; i++)
                w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
                       block[4 * i + 3];
        for (size_t i = 16; i < N_ROUNDS; i++) {
                uint32_t a = w[i - 15], b = w[i - 2];

                w[i] = w[i - 16] + (rotated(a, 7) ^ rotated(a, 18) ^ a >> 3) + w[i - 7] +
                       (rotated(b, 17) ^ rotated(b, 19) ^ b >> 10);
        }
        memcpy(s, state, sizeof(s));
        for (size_t i = 0; i < N_ROUNDS; i++) {
                uint32_t a = s[0], e = s[4];
                uint32_t choice = (e & s[5]) ^ (~e & s[6]), majority = (a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]);
                uint32_t t1 = s[7] + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + choice + round_constants[i] + w[i];
                uint32_t t2 = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + majority;

                memmove(s + 1, s, 7 * sizeof(*s));
                s[4] += t1;
                s[0] = t1 + t2;
        }
        for (size_t i = 0; i < 8; i++)
                state[i] += s[i];
}

/* What is left of the message, a one bit, zeros, and its length: one block or two. */
static void add_end(uint32_t state[8], const unsigned char *rest, size_t n, uint64_t message_bits) {
        unsigned char last[2 * BLOCK_SIZE] = { 0 };
        size_t size = n + 1 + LENGTH_BYTES <= BLOCK_SIZE ? BLOCK_SIZE : 2 * BLOCK_SIZE;

        if (n)
                memcpy(last, rest, n);
        last[n] = 0x80;
        for (size_t i = 0; i < LENGTH_BYTES; i++)
                last[size - 1 - i] = (unsigned char)(message_bits >> (8 * i));
        for (size_t at = 0; at < size; at += BLOCK_SIZE)
                add_block(state, last + at);
}

void sha256_hex(char ret[SHA256_HEX_SIZE], const void *data, size_t len) {
        static const char digits[] = "0123456789abcdef";
        /* The first 32 bits of the fractional parts of the square roots of the first 8 primes. */
        uint32_t state[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
        const unsigned char *p = data;
        size_t at = 0;

        for (; len - at >= BLOCK_SIZE; at += BLOCK_SIZE)
                add_block(state, p + at);
        add_end(state, len ? p + at : NULL, len - at, (uint64_t)len * 8);
        for (size_t i = 0; i < SHA256_HEX_SIZE - 1; i++)
                ret[i] = digits[state[i / 8] >> (28 - 4 * (i % 8)) & 0xf];
        ret[SHA256_HEX_SIZE - 1] = '\0';
}
