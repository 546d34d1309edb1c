// What a CPU needs to find before it has a register to spare. One page, mapped at PERCPU_VA as
// well.
#pragma once

#include "types.h"

struct thread;

// Offsets are used by the assembly (arch_offsets.h is generated from this): keep hot words first.
struct percpu {
    uint64_t frame; // struct regs of the current thread: where sp goes on entry
    struct thread *current;
    uint64_t work; // not zero: leave through trap_exit_work (bits WORK_*)
    struct thread *idle;
    uint64_t scratch[4]; // trap entry's
    uint64_t switches;
};

enum {
    WORK_RESCHEDULE = 1,
    WORK_SIGNAL = 2,
    WORK_EXIT = 4,         // another thread called exit_group, or a fatal signal came
    WORK_RESTORE_MASK = 8, // sigsuspend, ppoll ...: put the old mask back after delivery
    WORK_TIMER = 16,  // the timer interrupt came while the kernel ran: timer_run_expired() is due
    WORK_DEVICE = 32, // the same for a device: irq_run_pending() is due
};

#define WORK_OF_CPU (WORK_RESCHEDULE | WORK_TIMER | WORK_DEVICE) // the rest goes with the thread

#ifndef __ASSEMBLER__
#include "arch.h"

// Interrupts set bits of their own at any time, so a plain `|=` outside of an interrupt could lose
// one.
static inline void percpu_add_work(uint64_t work) {
    __atomic_fetch_or(&this_cpu()->work, work, __ATOMIC_RELAXED);
}
// Gives back which of the bits were set.
static inline uint64_t percpu_take_work(uint64_t work) {
    return __atomic_fetch_and(&this_cpu()->work, ~work, __ATOMIC_RELAXED) & work;
}
#endif
