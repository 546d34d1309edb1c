// /proc/cpuinfo, in the words of Linux's arch/arm64/kernel/cpuinfo.c: the features of hwcap.c, and
// the CPU's model as MIDR_EL1 has it (Arm ARM D19.2.122).
#include "arch.h"
#include "clock.h"
#include "proc_text.h"

static const char *const feature_names[] = {
    // by their bit in <asm/hwcap.h>
    "fp",      "asimd", "evtstrm", "aes",   "pmull",    "sha1",   "sha2", "crc32",
    "atomics", "fphp",  "asimdhp", "cpuid", "asimdrdm", "jscvt",  "fcma", "lrcpc",
    "dcpop",   "sha3",  "sm3",     "sm4",   "asimddp",  "sha512", "sve",  "asimdfhm",
    "dit",     "uscat", "ilrcpc",  "flagm", "ssbs",     "sb",     "paca", "pacg",
};

static unsigned midr_field(uint64_t midr, unsigned shift, unsigned bits) {
    return (unsigned)(midr >> shift) & ((1U << bits) - 1);
}

// Linux counts two loops for a tick of the counter.
static void bogomips(struct proc_text *text) {
    uint64_t hundredths = clock_frequency_hz() * 2 / 10000;
    proc_add(text, "BogoMIPS\t: %lu.%02lu\n", hundredths / 100, hundredths % 100);
}

void proc_cpuinfo(struct proc_text *text, UNUSED const struct proc_subject *subject) {
    uint64_t midr, hwcap = arch_hwcap();
    __asm__("mrs %0, midr_el1" : "=r"(midr));
    proc_add(text, "processor\t: 0\n");
    bogomips(text);
    proc_add(text, "Features\t:");
    for (size_t i = 0; i < ARRAY_SIZE(feature_names); i++) {
        if ((hwcap >> i & 1) != 0) {
            proc_add(text, " %s", feature_names[i]);
        }
    }
    proc_add(text, "\nCPU implementer\t: 0x%02x\nCPU architecture: 8\n", midr_field(midr, 24, 8));
    proc_add(text, "CPU variant\t: 0x%x\nCPU part\t: 0x%03x\nCPU revision\t: %u\n\n",
             midr_field(midr, 20, 4), midr_field(midr, 4, 12), midr_field(midr, 0, 4));
}
