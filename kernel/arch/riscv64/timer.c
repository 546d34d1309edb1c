// Time: the `time` CSR counts, Sstc's stimecmp interrupts when it is reached. Nothing of it needs
// M-mode.
#include "machine.h"
#include "trap.h"

static uint64_t armed_ticks = UINT64_MAX;

static void set_compare(uint64_t ticks) {
    armed_ticks = ticks;
    __asm__ volatile("csrw %0, %1" : : "i"(CSR_STIMECMP), "r"(ticks) : "memory");
}

void timer_init(void) {
    set_compare(UINT64_MAX);
    __asm__ volatile("csrs sie, %0" : : "r"(SIE_TIMER));
}

uint64_t clock_frequency_hz(void) {
    return TIMEBASE_HZ;
}

void timer_arm(uint64_t deadline_ticks) {
    set_compare(deadline_ticks);
}

void timer_disarm(void) {
    set_compare(UINT64_MAX);
}

void timer_quiet(void) {
    timer_disarm();
}

void timer_retry_soon(void) {
    set_compare(MIN(armed_ticks, clock_ticks() + INTERRUPT_RETRY_TICKS));
}
