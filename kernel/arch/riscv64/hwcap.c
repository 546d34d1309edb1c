// What the auxiliary vector says about the CPU. The vector extension stays out: its registers are not switched.
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
