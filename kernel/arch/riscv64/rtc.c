// The goldfish RTC: nanoseconds since 1970. Reading the low word latches the high one (hw/rtc/goldfish_rtc.c).
#include "arch.h"
#include "machine.h"

enum { RTC_TIME_LOW = 0x0, RTC_TIME_HIGH = 0x4 };

static uint32_t rtc_read(uint64_t offset) {
    return *(volatile uint32_t *)pa_to_va(RTC_BASE + offset);
}

uint64_t arch_rtc_ns(void) {
    uint64_t low = rtc_read(RTC_TIME_LOW);
    return (uint64_t)rtc_read(RTC_TIME_HIGH) << 32 | low;
}
