// Time in nanoseconds, and things that happen at a time.
#pragma once

#include "list.h"
#include "set.h"
#include "types.h"

uint64_t clock_monotonic_ns(void); // since the machine was switched on
uint64_t clock_realtime_ns(void);  // since 1970
void clock_set_realtime_ns(uint64_t now_ns);
void clock_init(uint64_t packed_ns); // reads the machine's RTC; when the image was packed

// How the counter becomes time, for the vDSO: monotonic ns = ticks * multiplier >> CLOCK_SHIFT (a
// 128-bit product), realtime = monotonic + offset.
#define CLOCK_SHIFT 32
uint64_t clock_multiplier(void);
uint64_t clock_realtime_offset_ns(void);
// Called when the multiplier or the offset has changed: at clock_init() and when the time is set.
typedef void (*clock_change_fn)(void);
#define CLOCK_CHANGE_HOOK(order, function)                                                         \
    SET_ENTRY(clock_change, order, clock_change_fn, change_##function) = function

// A timer fires once, in the timer interrupt or at the next kernel exit: its function must not
// sleep.
struct timer {
    struct list node;
    uint64_t deadline_ns; // CLOCK_MONOTONIC
    void (*fire)(struct timer *timer);
    bool armed;
};

// A periodic timer that is set for less would leave the app no time between its interrupts.
#define TIMER_PERIOD_MIN_NS (100 * NSEC_PER_USEC)

void timer_set(struct timer *timer, uint64_t deadline_ns, void (*fire)(struct timer *timer));
void timer_cancel(struct timer *timer); // harmless when not armed
// When the running thread's slice is over: WORK_RESCHEDULE then. UINT64_MAX: nobody waits for the
// CPU (core/sched.c).
void timer_set_slice_end(uint64_t deadline_ns);
