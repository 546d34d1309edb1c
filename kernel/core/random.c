// The one source of randomness: address placement, AT_RANDOM, getrandom(2), /dev/urandom. A
// ChaCha20 key that is replaced after every use ("fast key erasure", D. J. Bernstein 2017), so
// that what was handed out cannot be computed from what a later leak shows. The seed is the device
// tree's rng-seed plus the clock.
#include "random.h"

#include "arch.h"
#include "boot.h"
#include "string.h"

enum { KEY_WORDS = 8, BLOCK_WORDS = 16, BLOCK_BYTES = 64, REST_BYTES = 32 };

static uint32_t key[KEY_WORDS];
static bool seeded;
// The half of the last block that did not become the key, for small requests; its end is not used
// yet.
static uint8_t rest[REST_BYTES];
static size_t rest_size;

static uint32_t rotate_left(uint32_t value, unsigned bits) {
    return (value << bits) | (value >> (32 - bits));
}

static void quarter_round(uint32_t *x, unsigned a, unsigned b, unsigned c, unsigned d) {
    x[a] += x[b];
    x[d] = rotate_left(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = rotate_left(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = rotate_left(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = rotate_left(x[b] ^ x[c], 7);
}

// RFC 8439 section 2.3, with a 64-bit counter and no nonce: the key never serves twice.
static void chacha_block(uint32_t out[BLOCK_WORDS], uint64_t counter) {
    uint32_t start[BLOCK_WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    for (unsigned i = 0; i < KEY_WORDS; i++) {
        start[4 + i] = key[i];
    }
    start[12] = (uint32_t)counter;
    start[13] = (uint32_t)(counter >> 32);
    for (unsigned i = 0; i < BLOCK_WORDS; i++) {
        out[i] = start[i];
    }
    for (unsigned round = 0; round < 20; round++) {
        bool diagonal = (round & 1) != 0;
        for (unsigned i = 0; i < 4; i++) {
            unsigned shift = diagonal ? 1 : 0;
            quarter_round(out, i, 4 + (i + shift) % 4, 8 + (i + 2 * shift) % 4,
                          12 + (i + 3 * shift) % 4);
        }
    }
    for (unsigned i = 0; i < BLOCK_WORDS; i++) {
        out[i] += start[i];
    }
}

static void replace_key(uint64_t counter) {
    uint32_t block[BLOCK_WORDS];
    chacha_block(block, counter);
    memcpy(key, block, sizeof(key));
    memcpy(rest, block + KEY_WORDS, sizeof(rest));
    rest_size = sizeof(rest);
}

static void mix_seed(void) {
    for (size_t i = 0; i < boot_info.rng_seed_size; i++) {
        size_t place = i % sizeof(key);
        key[place / 4] ^= (uint32_t)boot_info.rng_seed[i] << (8 * (place % 4));
        if (place == sizeof(key) - 1 && i + 1 < boot_info.rng_seed_size) {
            replace_key(i);
        }
    }
    uint64_t now = clock_ticks();
    key[0] ^= (uint32_t)now;
    key[1] ^= (uint32_t)(now >> 32);
    replace_key(0);
    seeded = true;
}

// Whole blocks under one key, which then goes.
static uint8_t *many_bytes(uint8_t *to, size_t blocks) {
    uint32_t block[BLOCK_WORDS];
    for (size_t i = 1; i <= blocks; i++, to += BLOCK_BYTES) {
        chacha_block(block, i);
        memcpy(to, block, BLOCK_BYTES);
    }
    replace_key(0);
    return to;
}

void random_bytes(void *to, size_t size_bytes) {
    if (!seeded) {
        mix_seed();
    }
    uint8_t *out = to;
    if (size_bytes >= BLOCK_BYTES) {
        out = many_bytes(out, size_bytes / BLOCK_BYTES);
        size_bytes %= BLOCK_BYTES;
    }
    while (size_bytes > 0) {
        if (rest_size == 0) {
            replace_key(0);
        }
        size_t part = MIN(size_bytes, rest_size);
        uint8_t *from = rest + sizeof(rest) - rest_size;
        memcpy(out, from, part);
        memset(from, 0, part);
        out += part, size_bytes -= part, rest_size -= part;
    }
}

uint64_t random_below(uint64_t limit) {
    uint64_t value;
    random_bytes(&value, sizeof(value));
    return limit == 0 ? 0 : value % limit;
}
