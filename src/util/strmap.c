/* SPDX-License-Identifier: MIT */
/* A map from strings to indexes: open addressing with linear probing. */
#include "autoheal/util/strmap.h"

#define FIRST_CAP 16 /* a power of two, as every capacity */

struct strmap_slot {
        const char *key; /* NULL: free */
        size_t value;
};

static uint64_t rotate(uint64_t x, int bits) {
        return (x << bits) | (x >> (64 - bits));
}

static void sip_round(uint64_t v[static 4]) {
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 (Aumasson, Bernstein: SipHash, 2012) with the key (k0, k1). */
static uint64_t sip_hash(const char *s, uint64_t k0, uint64_t k1) {
        uint64_t v[4] = {
                k0 ^ UINT64_C(0x736f6d6570736575),
                k1 ^ UINT64_C(0x646f72616e646f6d),
                k0 ^ UINT64_C(0x6c7967656e657261),
                k1 ^ UINT64_C(0x7465646279746573),
        };
        size_t len = strlen(s), left = len;
        uint64_t word;

        for (; left >= sizeof(word); s += sizeof(word), left -= sizeof(word)) {
                memcpy(&word, s, sizeof(word));
                v[3] ^= word;
                sip_round(v);
                v[0] ^= word;
        }
        word = 0;
        memcpy(&word, s, left);
        word ^= (uint64_t)len << 56;
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
        v[2] ^= 0xff;
        for (int i = 0; i < 3; i++)
                sip_round(v);
        return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/*
 * The seed is where the slots and a constant of the program lie: this file may not ask for random bytes, and address space
 * randomisation keeps both from whoever chooses the keys. A table that grows gets another seed with its new slots.
 */
static uint64_t hash(const struct strmap_slot *slots, const char *key) {
        static const char anchor = 0;

        return sip_hash(key, (uint64_t)(uintptr_t)slots, (uint64_t)(uintptr_t)&anchor);
}

/* The slot of key, or the free one where it belongs. There is always a free one. */
static struct strmap_slot *find(struct strmap_slot *slots, size_t cap, const char *key) {
        size_t i = (size_t)hash(slots, key) & (cap - 1);

        while (slots[i].key && strcmp(slots[i].key, key) != 0)
                i = (i + 1) & (cap - 1);
        return &slots[i];
}

static void grow(struct strmap *m) {
        size_t cap = m->cap ? m->cap * 2 : FIRST_CAP;
        struct strmap_slot *slots = xcalloc(cap, sizeof(*slots));

        for (size_t i = 0; i < m->cap; i++)
                if (m->slots[i].key)
                        *find(slots, cap, m->slots[i].key) = m->slots[i];
        free(m->slots);
        m->slots = slots;
        m->cap = cap;
}

void strmap_set(struct strmap *m, const char *key, size_t value) {
        struct strmap_slot *slot;

        /* Above 70 percent the runs of probing become long. */
        if (m->len >= m->cap - m->cap * 3 / 10)
                grow(m);
        slot = find(m->slots, m->cap, key);
        if (!slot->key) {
                slot->key = key;
                m->len++;
        }
        slot->value = value;
}

size_t strmap_get(const struct strmap *m, const char *key) {
        const struct strmap_slot *slot;

        if (!m->cap)
                return STRMAP_NONE;
        slot = find(m->slots, m->cap, key);
        return slot->key ? slot->value : STRMAP_NONE;
}

void strmap_release(struct strmap *m) {
        free(m->slots);
        *m = (struct strmap)STRMAP_INIT;
}
