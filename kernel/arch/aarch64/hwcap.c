// What the auxiliary vector says about the CPU, read from its identification registers (Arm ARM
// D19.2, field names there). What needs state that is not switched (SVE, SME, MTE, pointer
// authentication keys) stays out. CPUID too: the kernel would have to hide its own features from
// `mrs`.
#include <asm/hwcap.h>

#include "arch.h"

enum id_register { ISAR0, ISAR1, PFR0, MMFR2 };

static const struct feature {
    uint8_t id_register, shift, minimum;
    uint32_t hwcap;
} features[] = {
    {ISAR0, 4, 1, HWCAP_AES},       {ISAR0, 4, 2, HWCAP_PMULL},     {ISAR0, 8, 1, HWCAP_SHA1},
    {ISAR0, 12, 1, HWCAP_SHA2},     {ISAR0, 12, 2, HWCAP_SHA512},   {ISAR0, 16, 1, HWCAP_CRC32},
    {ISAR0, 20, 2, HWCAP_ATOMICS},  {ISAR0, 28, 1, HWCAP_ASIMDRDM}, {ISAR0, 32, 1, HWCAP_SHA3},
    {ISAR0, 36, 1, HWCAP_SM3},      {ISAR0, 40, 1, HWCAP_SM4},      {ISAR0, 44, 1, HWCAP_ASIMDDP},
    {ISAR0, 48, 1, HWCAP_ASIMDFHM}, {ISAR0, 52, 1, HWCAP_FLAGM},    {ISAR1, 0, 1, HWCAP_DCPOP},
    {ISAR1, 12, 1, HWCAP_JSCVT},    {ISAR1, 16, 1, HWCAP_FCMA},     {ISAR1, 20, 1, HWCAP_LRCPC},
    {ISAR1, 20, 2, HWCAP_ILRCPC},   {ISAR1, 36, 1, HWCAP_SB},       {PFR0, 48, 1, HWCAP_DIT},
    {MMFR2, 32, 1, HWCAP_USCAT},
};

static uint64_t read_id(enum id_register id_register) {
    uint64_t value = 0;
    switch (id_register) {
    case ISAR0:
        __asm__("mrs %0, id_aa64isar0_el1" : "=r"(value));
        break;
    case ISAR1:
        __asm__("mrs %0, id_aa64isar1_el1" : "=r"(value));
        break;
    case PFR0:
        __asm__("mrs %0, id_aa64pfr0_el1" : "=r"(value));
        break;
    case MMFR2:
        __asm__("mrs %0, id_aa64mmfr2_el1" : "=r"(value));
        break;
    }
    return value;
}

uint64_t arch_hwcap(void) {
    uint64_t hwcap = HWCAP_FP | HWCAP_ASIMD;
    for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
        const struct feature *feature = &features[i];
        if ((read_id(feature->id_register) >> feature->shift & 0xf) >= feature->minimum) {
            hwcap |= feature->hwcap;
        }
    }
    if ((read_id(PFR0) >> 16 & 0xf) == 1) {
        hwcap |= HWCAP_FPHP | HWCAP_ASIMDHP;
    }
    return hwcap;
}

uint64_t arch_hwcap2(void) {
    return 0;
}

const char *arch_platform(void) {
    return "aarch64";
}
