// What time it is. The machine's counter runs at a constant rate from power-on, so CLOCK_MONOTONIC
// is a multiplication, and CLOCK_REALTIME is that plus an offset, read once from the RTC. The vDSO
// does the same sums (clock.h).
#include "clock.h"
#include "arch.h"

static uint64_t multiplier, realtime_offset_ns;

SET_DECLARE(clock_change, clock_change_fn);

uint64_t clock_multiplier(void) {
    return multiplier;
}

uint64_t clock_realtime_offset_ns(void) {
    return realtime_offset_ns;
}

uint64_t clock_monotonic_ns(void) {
    return (uint64_t)((unsigned __int128)clock_ticks() * multiplier >> CLOCK_SHIFT);
}

uint64_t clock_realtime_ns(void) {
    return clock_monotonic_ns() + realtime_offset_ns;
}

void clock_set_realtime_ns(uint64_t now_ns) {
    realtime_offset_ns = now_ns - clock_monotonic_ns();
    SET_FOR_EACH (hook, clock_change, clock_change_fn) {
        (*hook)();
    }
}

// QEMU tells whole seconds. What was packed within this one is not from the future.
static uint64_t now_at_boot_ns(uint64_t packed_ns) {
    uint64_t now = arch_rtc_ns(), ahead = packed_ns - now;
    return ahead < NSEC_PER_SEC ? now + ahead : now;
}

void clock_init(uint64_t packed_ns) {
    multiplier = (NSEC_PER_SEC << CLOCK_SHIFT) / clock_frequency_hz();
    timer_init();
    clock_set_realtime_ns(now_at_boot_ns(packed_ns));
}
