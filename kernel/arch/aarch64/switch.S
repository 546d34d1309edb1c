// The switch between kernel threads: what a C call preserves, and the app's registers that live in the CPU all the time
// the kernel runs: x9-x15, x18, sp, TLS and the FP registers. struct arch_thread is at the start of struct thread.
#include "arch_offsets.h"
#include "machine.h"

.macro each_saved op, base
    \op     x19, x20, [\base, #THREAD_X19 + 0 * 8]
    \op     x21, x22, [\base, #THREAD_X19 + 2 * 8]
    \op     x23, x24, [\base, #THREAD_X19 + 4 * 8]
    \op     x25, x26, [\base, #THREAD_X19 + 6 * 8]
    \op     x27, x28, [\base, #THREAD_X19 + 8 * 8]
    \op     x29, x30, [\base, #THREAD_X19 + 10 * 8]
    \op     x9, x10, [\base, #THREAD_X9 + 0 * 8]
    \op     x11, x12, [\base, #THREAD_X9 + 2 * 8]
    \op     x13, x14, [\base, #THREAD_X9 + 4 * 8]
    \op     x15, x18, [\base, #THREAD_X9 + 6 * 8]
.endm

.macro each_fp op, base
    \op     q0, q1, [\base, #0 * 16]
    \op     q2, q3, [\base, #2 * 16]
    \op     q4, q5, [\base, #4 * 16]
    \op     q6, q7, [\base, #6 * 16]
    \op     q8, q9, [\base, #8 * 16]
    \op     q10, q11, [\base, #10 * 16]
    \op     q12, q13, [\base, #12 * 16]
    \op     q14, q15, [\base, #14 * 16]
    \op     q16, q17, [\base, #16 * 16]
    \op     q18, q19, [\base, #18 * 16]
    \op     q20, q21, [\base, #20 * 16]
    \op     q22, q23, [\base, #22 * 16]
    \op     q24, q25, [\base, #24 * 16]
    \op     q26, q27, [\base, #26 * 16]
    \op     q28, q29, [\base, #28 * 16]
    \op     q30, q31, [\base, #30 * 16]
.endm

.macro fp_save base
    each_fp stp, \base
    mrs     x16, fpsr
    mrs     x17, fpcr
    str     w16, [\base, #FP_FPSR]
    str     w17, [\base, #FP_FPCR]
.endm

.macro fp_restore base
    each_fp ldp, \base
    ldr     w16, [\base, #FP_FPSR]
    ldr     w17, [\base, #FP_FPCR]
    msr     fpsr, x16
    msr     fpcr, x17
.endm

// void arch_switch(struct thread *from, struct thread *to)
    .section .text.arch_switch, "ax"
    .globl arch_switch
arch_switch:
    each_saved stp, x0
    mov     x2, sp
    mrs     x3, sp_el0
    mrs     x4, tpidr_el0
    stp     x2, x3, [x0, #THREAD_SP]
    str     x4, [x0, #THREAD_TLS]
    add     x2, x0, #THREAD_FP
    fp_save x2
    add     x2, x1, #THREAD_FP
    fp_restore x2
    ldr     x2, [x1, #THREAD_KSTACK]
    mov     x3, #KSTACK_BYTES - REGS_SIZE
    add     x2, x2, x3
    ldp     x5, x3, [x1, #THREAD_SP]
    ldr     x4, [x1, #THREAD_TLS]
    mrs     x6, tpidr_el1
    mrs     x7, daif
    msr     daifset, #DAIF_IRQ          // trap.S compares sp with the frame
    str     x2, [x6, #PERCPU_FRAME]
    mov     sp, x5
    msr     daif, x7
    msr     sp_el0, x3
    msr     tpidr_el0, x4
    each_saved ldp, x1
    ret

// The first return addresses of a new thread; sp is thread_regs(). To the app: what arch_switch() has put into the CPU
// is nobody's, but the FP registers.
    .section .text.arch_start_user, "ax"
    .globl arch_start_user
arch_start_user:
    ldr     x0, [sp, #REGS_TLS]
    msr     tpidr_el0, x0
    b       trap_return

// In the kernel: x19 is the thread's function, x20 the argument.
    .section .text.arch_start_kernel, "ax"
    .globl arch_start_kernel
arch_start_kernel:
    msr     daifclr, #DAIF_IRQ
    mov     x0, x20
    blr     x19
    brk     #0                          // a kernel thread never returns

    .section .text.arch_fp_save, "ax"
    .globl arch_fp_save
arch_fp_save:
    fp_save x0
    ret

    .section .text.arch_fp_restore, "ax"
    .globl arch_fp_restore
arch_fp_restore:
    fp_restore x0
    ret
