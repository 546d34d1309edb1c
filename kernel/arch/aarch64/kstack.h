// The word at a kernel stack's far end: overwritten, the stack has been too small. trap.S sees an
// overflow only when a trap comes at the right moment; this one is found at the next way out of the
// kernel.
#pragma once

#include "report.h"

#define STACK_GUARD_WORD 0x6b63617473646e65UL

static inline void stack_guard(void *kstack) {
    *(uint64_t *)kstack = STACK_GUARD_WORD;
}
static inline void stack_check(const void *kstack) {
    ASSERT(*(const uint64_t *)kstack == STACK_GUARD_WORD);
}
