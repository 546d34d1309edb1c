// Time in nanoseconds, and things that happen at a time.
#pragma once

#include "list.h"
#include "types.h"

uint64_t clock_monotonic_ns(void);              // since boot
uint64_t clock_realtime_ns(void);               // since 1970
void clock_set_realtime_ns(uint64_t now_ns);
void clock_init(void);                          // reads the machine's RTC

// A timer fires once, in the timer interrupt or at the next kernel exit: its function must not sleep.
struct timer {
    struct list node;
    uint64_t deadline_ns;       // CLOCK_MONOTONIC
    void (*fire)(struct timer *timer);
    bool armed;
};

void timer_set(struct timer *timer, uint64_t deadline_ns, void (*fire)(struct timer *timer));
void timer_cancel(struct timer *timer);         // harmless when not armed
