// Entry from exceptions and interrupts, and the way back to the app.
//
// Privilege cannot tell the app from the kernel, both run in S-mode: the sign of sp does, since kernel stacks
// have high addresses. An app may put nonsense into sp. Then its pc tells; in the vector page, which is both the app's
// and the kernel's, the kernel's sp is nothing but the frame. sscratch is PERCPU_VA outside of these first instructions.
#include "arch_offsets.h"
#include "machine.h"

#define KSTACK_RESERVE (REGS_SIZE + 1024)

// Everything but sp, t0 and t1, whose values lie elsewhere at entry and are needed to the last on the way out.
.macro each_register op, base
    \op     ra, REGS_RA(\base)
    \op     gp, REGS_GP(\base)
    \op     tp, REGS_TP(\base)
    \op     t2, REGS_T2(\base)
    \op     s0, REGS_S0(\base)
    \op     s1, REGS_S1(\base)
    \op     a0, REGS_A0(\base)
    \op     a1, REGS_A1(\base)
    \op     a2, REGS_A2(\base)
    \op     a3, REGS_A3(\base)
    \op     a4, REGS_A4(\base)
    \op     a5, REGS_A5(\base)
    \op     a6, REGS_A6(\base)
    \op     a7, REGS_A7(\base)
    \op     s2, REGS_S2(\base)
    \op     s3, REGS_S3(\base)
    \op     s4, REGS_S4(\base)
    \op     s5, REGS_S5(\base)
    \op     s6, REGS_S6(\base)
    \op     s7, REGS_S7(\base)
    \op     s8, REGS_S8(\base)
    \op     s9, REGS_S9(\base)
    \op     s10, REGS_S10(\base)
    \op     s11, REGS_S11(\base)
    \op     t3, REGS_T3(\base)
    \op     t4, REGS_T4(\base)
    \op     t5, REGS_T5(\base)
    \op     t6, REGS_T6(\base)
.endm

// The rest of the frame at sp, when the interrupted sp is in it and t0 and t1 are in the per-CPU page.
.macro save_registers
    each_register sd, sp
    lui     t0, PERCPU_LUI
    ld      t1, PERCPU_SCRATCH0(t0)
    sd      t1, REGS_T0(sp)
    ld      t1, PERCPU_SCRATCH1(t0)
    sd      t1, REGS_T1(sp)
    csrr    t0, sepc
    sd      t0, REGS_PC(sp)
    csrr    t0, sstatus
    sd      t0, REGS_STATUS(sp)
    sd      zero, REGS_KIND(sp)         // REGS_EXCEPTION; trap_from_app() knows a syscall
.endm

    .section .text.trap, "ax"
    .balign 4
    .globl trap_entry
trap_entry:
    csrrw   sp, sscratch, sp
    sd      t0, PERCPU_SCRATCH0(sp)
    sd      t1, PERCPU_SCRATCH1(sp)
    csrr    t0, sscratch                // sp as it was
    bgez    t0, from_app
    csrr    t1, sepc
    bgez    t1, low_pc
    srai    t1, t1, 12
    addi    t1, t1, 1
    bnez    t1, kernel_sp               // not in the vector page, the last one
    ld      t1, PERCPU_FRAME(sp)
    bne     t0, t1, from_app
kernel_sp:
    slli    t1, t0, 64 - KSTACK_BITS
    srli    t1, t1, 64 - KSTACK_BITS
    addi    t1, t1, -KSTACK_RESERVE
    bltz    t1, stack_overflow
    addi    t0, t0, -REGS_SIZE
    j       save

// The app, unless sp is in the current kernel stack: a kernel that has called through a null pointer.
low_pc:
    ld      t1, PERCPU_FRAME(sp)
    xor     t1, t1, t0
    srli    t1, t1, KSTACK_BITS
    beqz    t1, kernel_sp
from_app:
    ld      t0, PERCPU_FRAME(sp)

// t0: where the frame goes. From here on a fault, on a stack that is not there, is an ordinary trap of the kernel; those
// repeat, each a frame lower, until the stack's reserve is reached.
save:
    csrrw   t1, sscratch, sp
    mv      sp, t0
    sd      t1, REGS_SP(sp)
    save_registers
    csrr    a1, scause
    csrr    a2, stval
    lui     t0, PERCPU_LUI
    ld      t0, PERCPU_FRAME(t0)
    mv      a0, sp
    bne     sp, t0, from_kernel
    bgez    a1, 1f
    ld      t0, REGS_PC(sp)
    bltz    t0, from_kernel             // an interrupt in the vector page, on the app's sp: nothing may change
1:  call    trap_from_app

// To the app with the whole of its frame: sp is thread_regs() of the current thread.
    .globl trap_return
trap_return:
    mv      a0, sp
    call    trap_before_return          // leaves interrupts off
    li      t0, SSTATUS_SPP | SSTATUS_SPIE
    csrs    sstatus, t0
restore:
    ld      t0, REGS_PC(sp)
    csrw    sepc, t0
    each_register ld, sp
    ld      t0, REGS_T0(sp)
    ld      t1, REGS_T1(sp)
    ld      sp, REGS_SP(sp)
    sret

from_kernel:
    call    trap_from_kernel            // leaves interrupts off
    ld      t0, REGS_STATUS(sp)
    csrw    sstatus, t0                 // SPP is set, SPIE as SIE was
    j       restore

// Too little room for a frame below the interrupted sp. The report runs on the boot stack: the idle thread's, which
// nobody will need any more.
stack_overflow:
    csrrw   t1, sscratch, sp
    lla     sp, boot_stack_top - REGS_SIZE
    sd      t1, REGS_SP(sp)
    save_registers
    mv      a0, sp
    ld      a1, REGS_SP(sp)
    tail    trap_stack_overflow
