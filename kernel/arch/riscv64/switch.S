// The switch between kernel threads: what a C call preserves, and the app's registers that live in the CPU all the time
// the kernel runs, gp, tp and the FP registers. struct arch_thread is at the start of struct thread.
#include "arch_offsets.h"
#include "machine.h"

.macro each_saved op, base
    \op     ra, THREAD_RA(\base)
    \op     s0, THREAD_S + 0(\base)
    \op     s1, THREAD_S + 8(\base)
    \op     s2, THREAD_S + 16(\base)
    \op     s3, THREAD_S + 24(\base)
    \op     s4, THREAD_S + 32(\base)
    \op     s5, THREAD_S + 40(\base)
    \op     s6, THREAD_S + 48(\base)
    \op     s7, THREAD_S + 56(\base)
    \op     s8, THREAD_S + 64(\base)
    \op     s9, THREAD_S + 72(\base)
    \op     s10, THREAD_S + 80(\base)
    \op     s11, THREAD_S + 88(\base)
    \op     gp, THREAD_GP(\base)
    \op     tp, THREAD_TP(\base)
.endm

.macro each_fp op, base
    .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \op     f\n, 8 * \n(\base)
    .endr
.endm

// void arch_switch(struct thread *from, struct thread *to)
    .section .text.arch_switch, "ax"
    .globl arch_switch
arch_switch:
    each_saved sd, a0
    sd      sp, THREAD_SP(a0)
    addi    a2, a0, THREAD_FP
    each_fp fsd, a2
    frcsr   t0
    sw      t0, FP_FCSR(a2)
    addi    a2, a1, THREAD_FP
    each_fp fld, a2
    lw      t0, FP_FCSR(a2)
    fscsr   t0
    ld      t0, THREAD_KSTACK(a1)
    li      t1, KSTACK_BYTES - REGS_SIZE
    add     t0, t0, t1
    lui     t1, PERCPU_LUI
    sd      t0, PERCPU_FRAME(t1)
    each_saved ld, a1
    ld      sp, THREAD_SP(a1)
    ret

// The first return address of a new thread: s0 is its function, s1 the argument; sp is thread_regs().
    .section .text.arch_start_kernel, "ax"
    .globl arch_start_kernel
arch_start_kernel:
    csrsi   sstatus, 2
    mv      a0, s1
    jalr    s0
    ebreak                              // a kernel thread never returns

    .section .text.arch_fp_save, "ax"
    .globl arch_fp_save
arch_fp_save:
    each_fp fsd, a0
    frcsr   t0
    sw      t0, FP_FCSR(a0)
    ret

    .section .text.arch_fp_restore, "ax"
    .globl arch_fp_restore
arch_fp_restore:
    each_fp fld, a0
    lw      t0, FP_FCSR(a0)
    fscsr   t0
    ret
