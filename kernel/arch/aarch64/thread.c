// How a thread begins: its first kernel context, and the app's first registers.
#include "thread.h"
#include "kstack.h"
#include "percpu.h"
#include "string.h"

void arch_start_user(void);
void arch_start_kernel(void);

enum { X19, X20, X30 = 11 }; // in arch_thread.x19_to_x30

static void start_at(struct thread *thread, void (*entry)(void)) {
    stack_guard(thread->kstack);
    thread->arch.x19_to_x30[X30] = (uint64_t)entry;
    thread->arch.sp = (uint64_t)thread_regs(thread);
}

void arch_prepare_user(struct thread *thread) {
    start_at(thread, arch_start_user);
}

void arch_prepare_kernel(struct thread *thread, void (*fn)(void *), void *argument) {
    start_at(thread, arch_start_kernel);
    thread->arch.x19_to_x30[X19] = (uint64_t)fn;
    thread->arch.x19_to_x30[X20] = (uint64_t)argument;
}

// The parent is the running thread, so its registers are in the CPU.
void arch_fp_copy(struct thread *to, struct thread *from) {
    if (from == thread_current()) {
        arch_fp_save(&to->arch.fp);
    } else {
        to->arch.fp = from->arch.fp;
    }
}

// A thread that has not run yet has a clear FP state already; execve(2) clears the running one's.
void arch_regs_init(struct regs *regs, uint64_t pc, uint64_t sp) {
    memset(regs, 0, sizeof(*regs));
    regs->user.pc = pc;
    regs->user.sp = sp;
    regs->user.pstate = PSTATE_EL1T;
    if (this_cpu()->frame == (uint64_t)regs) {
        static struct arch_fp clear; // in .bss, not in the image
        arch_fp_restore(&clear);
        __asm__ volatile("msr tpidr_el0, xzr");
    }
}
