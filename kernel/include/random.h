// Unpredictable bytes for everyone: ChaCha20 over the seed that the machine gave us
// (core/random.c).
#pragma once

#include "types.h"

struct uio;

void random_bytes(void *to, size_t size_bytes);
// How many bytes got there; -EFAULT when none did (core/random_uio.c).
ssize_t random_to_uio(struct uio *to, size_t wanted);
// Uniform enough for placing things: 0 .. limit - 1.
uint64_t random_below(uint64_t limit);
