// AArch64's share of arch.h: the register frame, the saved context and what is one or two
// instructions long. App and kernel both run at EL1: the app on SP_EL0 (EL1t), the kernel on SP_EL1
// (EL1h), which is the current thread's struct regs while the app runs. tpidr_el1 holds the per-CPU
// page's address.
#pragma once

#include "layout.h"
#include "machine.h"
#include "types.h"

#include <asm/ptrace.h>

struct thread;
struct percpu;

#define ARCH_NAME "aarch64"
#define ARCH_ELF_MACHINE 183 // EM_AARCH64
#define SYSCALL_INSN_SIZE 4
#define INTERRUPT_RETRY_TICKS                                                                      \
    3125 // 50 us: a look at the app again after an interrupt in the exit window

_Static_assert(KSTACK_BYTES == KSTACK_SIZE, "machine.h says it again for the assembly");
_Static_assert(~(uint64_t)PERCPU_MOVN == PERCPU_VA, "machine.h says it again for the assembly");

// How the kernel was entered. Everything but REGS_EXCEPTION is a syscall that may be restarted.
enum regs_kind { REGS_EXCEPTION, REGS_TRAP, REGS_DIRECT };

// The app's registers, at the top of the thread's kernel stack; an exception in the kernel pushes
// one as well. On the direct path x19-x29, pstate and tls are filled in only when someone looks: at
// a full-frame handler's entry, and before trap_exit_work().
struct regs {
    struct user_pt_regs
        user;          // x0-x30, sp, pc, pstate: the order of sigcontext, ptrace and core files
    uint64_t orig_x0;  // x0 at a syscall's entry
    uint64_t kind;     // enum regs_kind
    uint64_t tls;      // tpidr_el0, which stays in the CPU: a new thread starts with this one
    uint64_t reserved; // keeps the frame, and so sp, a multiple of 16
};

struct arch_fp {
    struct user_fpsimd_state state;
};

// What arch_switch() keeps: the registers that a C call preserves, the app's sp and TLS, which the
// kernel leaves where they are, as it does with x9-x15 and x18 (direct.S), and its FP registers.
// The fault is what the next signal frame reports (sigcontext's fault_address).
struct arch_thread {
    uint64_t x19_to_x30[12], sp, sp_el0, tls, x9_to_x15_x18[8];
    uint64_t fault_address, fault_syndrome;
    struct arch_fp fp;
};

static inline uint64_t regs_pc(const struct regs *regs) {
    return regs->user.pc;
}
static inline uint64_t regs_sp(const struct regs *regs) {
    return regs->user.sp;
}
static inline uint64_t regs_fp(const struct regs *regs) {
    return regs->user.regs[29];
}
// Linux looks at w8 only.
// A register by its DWARF number (AArch64 DWARF ABI): x0 to x30, 31 is sp.
static inline uint64_t regs_dwarf(const struct regs *regs, unsigned number) {
    return number < 31 ? regs->user.regs[number] : regs->user.sp;
}
static inline uint64_t regs_number(const struct regs *regs) {
    return (uint32_t)regs->user.regs[8];
}
static inline uint64_t regs_arg(const struct regs *regs, unsigned n) {
    return n == 0 ? regs->orig_x0 : regs->user.regs[n];
}
static inline uint64_t regs_result(const struct regs *regs) {
    return regs->user.regs[0];
}
// DAIF has the bits where SPSR has them.
static inline uint64_t regs_irq_flags(const struct regs *regs) {
    return regs->user.pstate & PSTATE_MASKS;
}
static inline void regs_set_pc(struct regs *regs, uint64_t pc) {
    regs->user.pc = pc;
}
static inline void regs_set_sp(struct regs *regs, uint64_t sp) {
    regs->user.sp = sp;
}
static inline void regs_set_result(struct regs *regs, uint64_t result) {
    regs->user.regs[0] = result;
}
static inline void regs_set_arg(struct regs *regs, unsigned n, uint64_t value) {
    regs->user.regs[n] = value;
    if (n == 0) {
        regs->orig_x0 = value;
    }
}
static inline void regs_set_number(struct regs *regs, uint64_t number) {
    regs->user.regs[8] = number;
}
static inline void regs_set_tls(struct regs *regs, UNUSED struct thread *thread, uint64_t tls) {
    regs->tls = tls;
}
static inline bool regs_is_syscall(const struct regs *regs) {
    return regs->kind != REGS_EXCEPTION;
}
static inline bool regs_is_direct(const struct regs *regs) {
    return regs->kind == REGS_DIRECT;
}
static inline void regs_clear_syscall(struct regs *regs) {
    regs->kind = REGS_EXCEPTION;
}

static inline void irq_enable(void) {
    __asm__ volatile("msr daifclr, %0" : : "i"(DAIF_IRQ) : "memory");
}
static inline void irq_disable(void) {
    __asm__ volatile("msr daifset, %0" : : "i"(DAIF_IRQ) : "memory");
}
static inline uint64_t irq_save(void) {
    uint64_t flags;
    __asm__ volatile("mrs %0, daif" : "=r"(flags));
    irq_disable();
    return flags;
}
static inline void irq_restore(uint64_t flags) {
    __asm__ volatile("msr daif, %0" : : "r"(flags) : "memory");
}
// wfi ends when an interrupt is pending, whatever PSTATE.I says.
static inline void cpu_wait_for_interrupt(void) {
    __asm__ volatile("dsb sy\n\twfi" : : : "memory");
}

// The counter may be read ahead of earlier instructions without the barrier (Arm ARM D11.1.2).
static inline uint64_t clock_ticks(void) {
    uint64_t ticks;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
    return ticks;
}

// Not volatile: the same CPU all the time, so the compiler may keep the answer.
static inline struct percpu *this_cpu(void) {
    struct percpu *percpu;
    __asm__("mrs %0, tpidr_el1" : "=r"(percpu));
    return percpu;
}

static inline void *pa_to_va(uint64_t pa) {
    return (void *)(pa + DIRECT_MAP);
}
static inline uint64_t va_to_pa(const void *va) {
    return (uint64_t)va - DIRECT_MAP;
}
