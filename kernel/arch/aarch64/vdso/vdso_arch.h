// AArch64's part of kernel/vdso/clock.c.
#pragma once

#include "arch_defs.h"

#define VDSO(name) __kernel_##name

static inline long vdso_syscall2(long number, long first, long second) {
    register long x0 __asm__("x0") = first;
    register long x1 __asm__("x1") = second;
    register long x8 __asm__("x8") = number;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x8) : "memory");
    return x0;
}
