// The host's share of arch.h: RAM is a block of the test's memory, the MMU is a table walk in
// software (machine.c).
#pragma once

#include "layout.h"
#include "types.h"

struct thread;
struct percpu;

#define ARCH_NAME "host"
#define ARCH_ELF_MACHINE 0
#define SYSCALL_INSN_SIZE 4

struct regs {
    uint64_t pc, sp;
};
struct arch_fp {
    uint64_t unused;
};
struct arch_thread {
    struct arch_fp fp;
    void *context; // core_machine.c: where the thread goes on
};

#define HOST_RAM_PA 0x80000000UL

extern char *host_ram;
extern struct percpu host_percpu;

static inline struct percpu *this_cpu(void) {
    return &host_percpu;
}
static inline void *pa_to_va(uint64_t pa) {
    return host_ram + (pa - HOST_RAM_PA);
}
static inline uint64_t va_to_pa(const void *va) {
    return (uint64_t)((const char *)va - host_ram) + HOST_RAM_PA;
}

// core_machine.c: a clock that moves only when a test or the idle loop moves it.
extern uint64_t host_ticks;
void host_wait_for_interrupt(void);

static inline uint64_t clock_ticks(void) {
    return host_ticks;
}
static inline void cpu_wait_for_interrupt(void) {
    host_wait_for_interrupt();
}
static inline void irq_enable(void) {
}
static inline void irq_disable(void) {
}
