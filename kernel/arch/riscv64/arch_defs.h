// RISC-V 64's share of arch.h: the register frame, the saved context and what is one or two
// instructions long. App and kernel both run in S-mode; sscratch holds PERCPU_VA at all times but
// inside the entry code.
#pragma once

#include "layout.h"
#include "machine.h"
#include "types.h"

#include <asm/ptrace.h>

struct thread;
struct percpu;

#define ARCH_NAME "riscv64"
#define ARCH_ELF_MACHINE 243 // EM_RISCV
#define SYSCALL_INSN_SIZE 4
#define INTERRUPT_RETRY_TICKS                                                                      \
    500 // 50 us: a look at the app again after an interrupt in the exit window

_Static_assert(KSTACK_BYTES == KSTACK_SIZE, "machine.h says it again for the assembly");

// How the kernel was entered. Everything but REGS_EXCEPTION is a syscall that may be restarted.
enum regs_kind { REGS_EXCEPTION, REGS_TRAP, REGS_DIRECT, REGS_STUB };

// The app's registers, at the top of the thread's kernel stack; a trap taken in the kernel pushes
// one as well. On the direct path s0-s11, gp, tp and t0 are filled in only when someone looks: at a
// full-frame handler's entry, and before trap_exit_work().
struct regs {
    struct user_regs_struct user; // pc, x1 .. x31: the order of sigcontext, ptrace and core files
    uint64_t orig_a0;             // a0 at a syscall's entry
    uint64_t kind;                // enum regs_kind
    uint64_t status;              // sstatus, of a trap taken in the kernel
    uint64_t reserved;            // keeps the frame, and so sp, a multiple of 16
};

struct arch_fp {
    struct __riscv_d_ext_state state;
};

// What arch_switch() keeps: the registers that a C call preserves, the app's gp and tp, which the
// kernel never touches, and its FP registers.
struct arch_thread {
    uint64_t ra, sp, s[12], gp, tp;
    struct arch_fp fp;
};

static inline uint64_t regs_pc(const struct regs *regs) {
    return regs->user.pc;
}
static inline uint64_t regs_sp(const struct regs *regs) {
    return regs->user.sp;
}
static inline uint64_t regs_fp(const struct regs *regs) {
    return regs->user.s0;
}
// A register by its DWARF number (RISC-V ELF psABI): x0 to x31.
static inline uint64_t regs_dwarf(const struct regs *regs, unsigned number) {
    return number == 0 ? 0 : (&regs->user.pc)[number];
}
static inline uint64_t regs_number(const struct regs *regs) {
    return regs->user.a7;
}
static inline uint64_t regs_arg(const struct regs *regs, unsigned n) {
    return n == 0 ? regs->orig_a0 : (&regs->user.a0)[n];
}
static inline uint64_t regs_result(const struct regs *regs) {
    return regs->user.a0;
}
static inline uint64_t regs_irq_flags(const struct regs *regs) {
    return (regs->status & SSTATUS_SPIE) != 0 ? SSTATUS_SIE : 0;
}
static inline void regs_set_pc(struct regs *regs, uint64_t pc) {
    regs->user.pc = pc;
}
static inline void regs_set_sp(struct regs *regs, uint64_t sp) {
    regs->user.sp = sp;
}
static inline void regs_set_result(struct regs *regs, uint64_t result) {
    regs->user.a0 = result;
}
static inline void regs_set_arg(struct regs *regs, unsigned n, uint64_t value) {
    (&regs->user.a0)[n] = value;
    if (n == 0) {
        regs->orig_a0 = value;
    }
}
static inline void regs_set_number(struct regs *regs, uint64_t number) {
    regs->user.a7 = number;
}
static inline void regs_set_tls(struct regs *regs, UNUSED struct thread *thread, uint64_t tls) {
    regs->user.tp = tls;
}
static inline bool regs_is_syscall(const struct regs *regs) {
    return regs->kind != REGS_EXCEPTION;
}
static inline bool regs_is_direct(const struct regs *regs) {
    return regs->kind == REGS_DIRECT || regs->kind == REGS_STUB;
}
static inline void regs_clear_syscall(struct regs *regs) {
    regs->kind = REGS_EXCEPTION;
}

static inline uint64_t irq_save(void) {
    uint64_t status;
    __asm__ volatile("csrrci %0, sstatus, %1" : "=r"(status) : "i"(SSTATUS_SIE) : "memory");
    return status & SSTATUS_SIE;
}
static inline void irq_restore(uint64_t flags) {
    __asm__ volatile("csrs sstatus, %0" : : "r"(flags) : "memory");
}
static inline void irq_enable(void) {
    __asm__ volatile("csrsi sstatus, %0" : : "i"(SSTATUS_SIE) : "memory");
}
static inline void irq_disable(void) {
    __asm__ volatile("csrci sstatus, %0" : : "i"(SSTATUS_SIE) : "memory");
}
// wfi ends when an enabled interrupt is pending, whatever sstatus.SIE says.
static inline void cpu_wait_for_interrupt(void) {
    __asm__ volatile("wfi" : : : "memory");
}

static inline uint64_t clock_ticks(void) {
    uint64_t ticks;
    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks;
}

static inline struct percpu *this_cpu(void) {
    return (struct percpu *)PERCPU_VA;
}

static inline void *pa_to_va(uint64_t pa) {
    return (void *)(pa + DIRECT_MAP);
}
static inline uint64_t va_to_pa(const void *va) {
    return (uint64_t)va - DIRECT_MAP;
}
