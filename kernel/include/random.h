// Unpredictable bytes for everyone: ChaCha20 over the seed that the machine gave us
// (core/random.c).
#pragma once

#include "types.h"

void random_bytes(void *to, size_t size_bytes);
// Uniform enough for placing things: 0 .. limit - 1.
uint64_t random_below(uint64_t limit);
