// Structure offsets for the assembly. Never linked: the Makefile reads the `->NAME value` lines out
// of the compiler's output and writes arch_offsets.h.
#include "percpu.h"
#include "thread.h"

#define VALUE(name, value) __asm__ volatile(".ascii \"->" #name " %0\"" : : "i"(value))
#define OFFSET(name, type, member) VALUE(name, offsetof(type, member))

void regs_offsets(void);
void regs_offsets(void) {
    OFFSET(REGS_X, struct regs, user.regs);
    OFFSET(REGS_X30, struct regs, user.regs[30]);
    OFFSET(REGS_SP, struct regs, user.sp);
    OFFSET(REGS_PC, struct regs, user.pc);
    OFFSET(REGS_PSTATE, struct regs, user.pstate);
    OFFSET(REGS_ORIG_X0, struct regs, orig_x0);
    OFFSET(REGS_KIND, struct regs, kind);
    OFFSET(REGS_TLS, struct regs, tls);
    VALUE(REGS_SIZE, sizeof(struct regs));
    VALUE(REGS_KIND_DIRECT, REGS_DIRECT);
}

void thread_offsets(void);
void thread_offsets(void) {
    OFFSET(PERCPU_FRAME, struct percpu, frame);
    OFFSET(PERCPU_WORK, struct percpu, work);
    OFFSET(THREAD_X19, struct thread, arch.x19_to_x30);
    OFFSET(THREAD_X9, struct thread, arch.x9_to_x15_x18);
    OFFSET(THREAD_SP, struct thread, arch.sp);
    OFFSET(THREAD_SP_EL0, struct thread, arch.sp_el0);
    OFFSET(THREAD_TLS, struct thread, arch.tls);
    OFFSET(THREAD_FP, struct thread, arch.fp);
    OFFSET(THREAD_KSTACK, struct thread, kstack);
    OFFSET(FP_FPSR, struct arch_fp, state.fpsr);
    OFFSET(FP_FPCR, struct arch_fp, state.fpcr);
}
