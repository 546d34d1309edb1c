// The goldfish RTC: nanoseconds since 1970. Reading the low word latches the high one (QEMU docs,
// goldfish_rtc).
#include "arch.h"
#include "machine.h"

enum { RTC_LOW = 0, RTC_HIGH = 4 };

static uint64_t rtc_word(uint64_t offset) {
    return *(volatile uint32_t *)pa_to_va(RTC_BASE + offset);
}

uint64_t arch_rtc_ns(void) {
    uint64_t low = rtc_word(RTC_LOW);
    return rtc_word(RTC_HIGH) << 32 | low;
}
