// Structure offsets for the assembly. Never linked: the Makefile reads the `->NAME value` lines out
// of the compiler's output and writes arch_offsets.h.
#include "percpu.h"
#include "thread.h"

#define VALUE(name, value) __asm__ volatile(".ascii \"->" #name " %0\"" : : "i"(value))
#define OFFSET(name, type, member) VALUE(name, offsetof(type, member))
#define REG(name, member) OFFSET(name, struct regs, user.member)

void regs_offsets(void);
void regs_offsets(void) {
    REG(REGS_PC, pc);
    REG(REGS_RA, ra);
    REG(REGS_SP, sp);
    REG(REGS_GP, gp);
    REG(REGS_TP, tp);
    REG(REGS_T0, t0);
    REG(REGS_T1, t1);
    REG(REGS_T2, t2);
    REG(REGS_S0, s0);
    REG(REGS_S1, s1);
    REG(REGS_A0, a0);
    REG(REGS_A1, a1);
    REG(REGS_A2, a2);
    REG(REGS_A3, a3);
    REG(REGS_A4, a4);
    REG(REGS_A5, a5);
    REG(REGS_A6, a6);
    REG(REGS_A7, a7);
    REG(REGS_S2, s2);
    REG(REGS_S3, s3);
    REG(REGS_S4, s4);
    REG(REGS_S5, s5);
    REG(REGS_S6, s6);
    REG(REGS_S7, s7);
    REG(REGS_S8, s8);
    REG(REGS_S9, s9);
    REG(REGS_S10, s10);
    REG(REGS_S11, s11);
    REG(REGS_T3, t3);
    REG(REGS_T4, t4);
    REG(REGS_T5, t5);
    REG(REGS_T6, t6);
    OFFSET(REGS_ORIG_A0, struct regs, orig_a0);
    OFFSET(REGS_KIND, struct regs, kind);
    OFFSET(REGS_STATUS, struct regs, status);
    VALUE(REGS_SIZE, sizeof(struct regs));
    VALUE(REGS_KIND_EXCEPTION, REGS_EXCEPTION);
    VALUE(REGS_KIND_DIRECT, REGS_DIRECT);
    VALUE(REGS_KIND_STUB, REGS_STUB);
}

void thread_offsets(void);
void thread_offsets(void) {
    OFFSET(PERCPU_FRAME, struct percpu, frame);
    OFFSET(PERCPU_WORK, struct percpu, work);
    OFFSET(PERCPU_SCRATCH0, struct percpu, scratch[0]);
    OFFSET(PERCPU_SCRATCH1, struct percpu, scratch[1]);
    OFFSET(THREAD_RA, struct thread, arch.ra);
    OFFSET(THREAD_SP, struct thread, arch.sp);
    OFFSET(THREAD_S, struct thread, arch.s);
    OFFSET(THREAD_GP, struct thread, arch.gp);
    OFFSET(THREAD_TP, struct thread, arch.tp);
    OFFSET(THREAD_FP, struct thread, arch.fp);
    OFFSET(THREAD_KSTACK, struct thread, kstack);
    OFFSET(FP_FCSR, struct arch_fp, state.fcsr);
}
