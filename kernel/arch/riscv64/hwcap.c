// What the auxiliary vector says about the CPU: one bit per single-letter extension, as Linux's
// <asm/hwcap.h> has it. What needs state that is not switched (V) stays out; newer extensions are
// told by riscv_hwprobe(2) only.
#include <asm/hwcap.h>

#include "arch.h"

uint64_t arch_hwcap(void) {
    return COMPAT_HWCAP_ISA_I | COMPAT_HWCAP_ISA_M | COMPAT_HWCAP_ISA_A | COMPAT_HWCAP_ISA_F |
           COMPAT_HWCAP_ISA_D | COMPAT_HWCAP_ISA_C;
}

uint64_t arch_hwcap2(void) {
    return 0;
}

const char *arch_platform(void) {
    return NULL;
}
