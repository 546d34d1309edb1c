// RISC-V's part of kernel/vdso/clock.c.
#pragma once

#include "arch_defs.h"

#define VDSO(name) __vdso_##name

static inline long vdso_syscall2(long number, long first, long second) {
    register long a0 __asm__("a0") = first;
    register long a1 __asm__("a1") = second;
    register long a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a7) : "memory");
    return a0;
}
