// Time: the virtual counter counts, the virtual timer interrupts when the counter reaches its
// compare value. The line stays up as long as the condition holds, so the handler switches the
// timer off.
#include "machine.h"
#include "trap.h"

enum { TIMER_ENABLE = 1 };

static uint64_t armed_ticks = UINT64_MAX;

static void set_control(uint64_t control) {
    __asm__ volatile("msr cntv_ctl_el0, %0\n\tisb" : : "r"(control) : "memory");
}

void timer_init(void) {
    timer_disarm();
    irq_init();
}

uint64_t clock_frequency_hz(void) {
    uint64_t frequency_hz;
    __asm__("mrs %0, cntfrq_el0" : "=r"(frequency_hz));
    return frequency_hz;
}

void timer_arm(uint64_t deadline_ticks) {
    armed_ticks = deadline_ticks;
    __asm__ volatile("msr cntv_cval_el0, %0" : : "r"(deadline_ticks));
    set_control(TIMER_ENABLE);
}

void timer_disarm(void) {
    armed_ticks = UINT64_MAX;
    set_control(0);
}

void timer_quiet(void) {
    timer_disarm();
}

void timer_retry_soon(void) {
    timer_arm(MIN(armed_ticks, clock_ticks() + INTERRUPT_RETRY_TICKS));
}
