// The direct path: where a rewritten site's `jalr` ends (kernel/arch/DIRECT.md). This is the upper half of the page that
// kernel.ld puts first and boot.S maps at VECTOR_VA, the last page of the address space, whose last 2 KiB a
// `jalr rd, imm(zero)` reaches from anywhere. So do loads: the literals below are read relative to x0. Code here must
// not be linked to anything by distance, it does not run where it is linked.
//
// A syscall preserves every register but a0; the handler, a C function, preserves s0-s11. The rest goes into the
// thread's struct regs, at the top of its kernel stack, and sp points at that while the handler runs. gp, tp and FP
// registers stay where they are, the kernel does not use them. The vector tier touches no CSR: each access would end
// QEMU's translation block.
//
// An interrupt in here, before the stack is switched or after it is switched back, only leaves a note (trap.c). It saves
// into the same frame: all that it may find there is the app's sp, and that it stores again.
#include "arch_offsets.h"
#include "machine.h"

// Literals behind the slots: offsets from the slots' start, and as displacements from x0, the end of the address space.
// (The assembler takes no difference of labels as a displacement.)
#define LITERALS 144
#define TABLE_ADDRESS (-2048 + LITERALS)
#define TABLE_ENTRIES (-2048 + LITERALS + 8)
#define MISSING_ADDRESS (-2048 + LITERALS + 16)
#define RETURN_ADDRESS (-2048 + LITERALS + 24)

// Stubs in rewritten programs have this offset in them.
.if PERCPU_SCRATCH0 != 32
    .error "percpu.scratch[0] has moved: kernel/arch/DIRECT.md and hermipy/arch/riscv64.py say 32"
.endif

.macro slot reg
    .balign 16
    lui     \reg, PERCPU_LUI
    ld      \reg, PERCPU_FRAME(\reg)
    sd      sp, REGS_SP(\reg)
    mv      sp, \reg
    j       enter_vector
.endm

.macro each_caller_saved op
    \op     ra, REGS_RA(sp)
    \op     t1, REGS_T1(sp)
    \op     t2, REGS_T2(sp)
    \op     t3, REGS_T3(sp)
    \op     t4, REGS_T4(sp)
    \op     t5, REGS_T5(sp)
    \op     t6, REGS_T6(sp)
    \op     a1, REGS_A1(sp)
    \op     a2, REGS_A2(sp)
    \op     a3, REGS_A3(sp)
    \op     a4, REGS_A4(sp)
    \op     a5, REGS_A5(sp)
    \op     a6, REGS_A6(sp)
    \op     a7, REGS_A7(sp)
.endm

// What a full frame has besides: nobody has changed these since the site.
.macro save_the_rest
    sd      gp, REGS_GP(sp)
    sd      tp, REGS_TP(sp)
    sd      s0, REGS_S0(sp)
    sd      s1, REGS_S1(sp)
    sd      s2, REGS_S2(sp)
    sd      s3, REGS_S3(sp)
    sd      s4, REGS_S4(sp)
    sd      s5, REGS_S5(sp)
    sd      s6, REGS_S6(sp)
    sd      s7, REGS_S7(sp)
    sd      s8, REGS_S8(sp)
    sd      s9, REGS_S9(sp)
    sd      s10, REGS_S10(sp)
    sd      s11, REGS_S11(sp)
.endm

// Each tier has its own, so that a call that needs no full frame need not remember which it came by. Bit 0 of a table
// entry asks for a full frame; jalr ignores it.
.macro dispatch tier
    ld      t1, TABLE_ENTRIES(zero)
    bgeu    a7, t1, missing_\tier
    slli    t2, a7, 2
    ld      t1, TABLE_ADDRESS(zero)
    add     t2, t2, t1
    lw      t2, 0(t2)
    add     t1, t1, t2
    andi    t2, t1, 1
    bnez    t2, full_frame_\tier
    jalr    t1
returned_\tier:
.endm

.macro dispatch_missing tier
missing_\tier:
    ld      t1, MISSING_ADDRESS(zero)
    jalr    t1
    j       returned_\tier
.endm

    .section .vector_page, "ax"
    .balign 2048
vector_slots:
    slot    t1
    slot    t2
    slot    t3
    slot    t4
    slot    t5
    slot    t6
    slot    ra
    .balign 16
    ebreak                              // no slot 7
    .balign 16
    j       enter_stub                  // slot 8

    .org    vector_slots + LITERALS
    .quad   syscall_table
    .quad   syscall_count
    .quad   syscall_missing
    .quad   trap_return

// From a vector slot: sp is the frame, with the app's sp in it, t0 site + 4.
enter_vector:
    each_caller_saved sd
    sd      t0, REGS_PC(sp)
    sd      a0, REGS_ORIG_A0(sp)
    dispatch vector
direct_exit:
    lui     t0, PERCPU_LUI
    ld      t1, PERCPU_WORK(t0)
    bnez    t1, work_vector
    each_caller_saved ld
    ld      t0, REGS_PC(sp)
    ld      sp, REGS_SP(sp)
    jr      t0
direct_exit_finish:

    dispatch_missing vector

full_frame_vector:
    sd      t0, REGS_T0(sp)
    li      t0, REGS_KIND_DIRECT
    j       full_frame

work_vector:
    ld      t0, REGS_PC(sp)
    sd      t0, REGS_T0(sp)
    li      t0, REGS_KIND_DIRECT
    j       leave_with_work

// From a stub: interrupts are off, sp is PERCPU_VA, sscratch the app's sp, t0 site + 4, scratch[0] the app's t0.
enter_stub:
    sd      t1, PERCPU_SCRATCH1(sp)
    csrrw   t1, sscratch, sp
    ld      sp, PERCPU_FRAME(sp)
    sd      t1, REGS_SP(sp)
    sd      t0, REGS_PC(sp)
    lui     t1, PERCPU_LUI
    ld      t0, PERCPU_SCRATCH0(t1)
    sd      t0, REGS_T0(sp)
    ld      t1, PERCPU_SCRATCH1(t1)
    each_caller_saved sd
    sd      a0, REGS_ORIG_A0(sp)
    csrsi   sstatus, SSTATUS_SIE
    dispatch stub

// With interrupts off to the end, so there is no window.
    csrci   sstatus, SSTATUS_SIE
    lui     t0, PERCPU_LUI
    ld      t1, PERCPU_WORK(t0)
    bnez    t1, work_stub
    ld      t0, REGS_PC(sp)
    csrw    sepc, t0
    li      t0, SSTATUS_SPP | SSTATUS_SPIE
    csrs    sstatus, t0
    each_caller_saved ld
    ld      t0, REGS_T0(sp)
    ld      sp, REGS_SP(sp)
    sret

    dispatch_missing stub

full_frame_stub:
    li      t0, REGS_KIND_STUB
// t0: the kind of frame; t1: the handler.
full_frame:
    sd      t0, REGS_KIND(sp)
    save_the_rest
    sd      a0, REGS_A0(sp)
    jalr    t1
    sd      a0, REGS_A0(sp)
    ld      t0, RETURN_ADDRESS(zero)
    jr      t0

work_stub:
    li      t0, REGS_KIND_STUB
// t0: the kind of frame.
leave_with_work:
    sd      t0, REGS_KIND(sp)
    sd      a0, REGS_A0(sp)
    save_the_rest
    ld      t0, RETURN_ADDRESS(zero)
    jr      t0

    .globl direct_exit_start, direct_exit_end
    .set    direct_exit_start, direct_exit
    .set    direct_exit_end, direct_exit_finish
