// The direct path: where a rewritten site's stub ends (kernel/arch/DIRECT.md). This is the beginning of the page that
// boot.S maps at VECTOR_VA. Code here must not be linked to anything by distance, it does not run where it is linked:
// hence the literals.
//
// A syscall preserves every register but x0; the handler, a C function, preserves x19-x29, and the kernel's C code never
// uses x9-x15 and x18 (Makefile: -ffixed; assembly that it calls keeps to that). The rest goes into the thread's struct
// regs, where SP_EL1 points while the app runs. SP_EL0, tpidr_el0 and the FP registers stay in the CPU.
//
// Interrupts stay on. One that comes here, before the stack is switched or after it is switched back, only leaves a
// note (trap.c); it may use the frame, which then holds nothing that is still needed.
#include "arch_offsets.h"
#include "machine.h"

// What a C function of the kernel may change, without x0 and without x16 and x17, which are dead at the site.
.macro each_caller_saved op, single
    \op     x1, x2, [sp, #REGS_X + 1 * 8]
    \op     x3, x4, [sp, #REGS_X + 3 * 8]
    \op     x5, x6, [sp, #REGS_X + 5 * 8]
    \op     x7, x8, [sp, #REGS_X + 7 * 8]
    \single x30, [sp, #REGS_X30]
.endm

// What a full frame has besides: nobody has changed these since the site. NZCV is dead there. Uses x17.
.macro save_the_rest
    stp     x9, x10, [sp, #REGS_X + 9 * 8]
    stp     x11, x12, [sp, #REGS_X + 11 * 8]
    stp     x13, x14, [sp, #REGS_X + 13 * 8]
    stp     x15, xzr, [sp, #REGS_X + 15 * 8]
    stp     xzr, x18, [sp, #REGS_X + 17 * 8]
    stp     x19, x20, [sp, #REGS_X + 19 * 8]
    stp     x21, x22, [sp, #REGS_X + 21 * 8]
    stp     x23, x24, [sp, #REGS_X + 23 * 8]
    stp     x25, x26, [sp, #REGS_X + 25 * 8]
    stp     x27, x28, [sp, #REGS_X + 27 * 8]
    str     x29, [sp, #REGS_X + 29 * 8]
    mov     x17, #PSTATE_EL1T
    str     x17, [sp, #REGS_PSTATE]
    mrs     x17, tpidr_el0
    str     x17, [sp, #REGS_TLS]
    mov     x17, #REGS_KIND_DIRECT
    str     x17, [sp, #REGS_KIND]
    mov     x29, xzr                    // backtraces end here
.endm

    .section .vector_page, "ax"
    .globl vector_page
vector_page:
    mov     x16, sp
    msr     SPSel, #1
direct_entered:
    stp     x16, x17, [sp, #REGS_SP]    // sp and pc
    each_caller_saved stp, str
    str     x0, [sp, #REGS_ORIG_X0]
    movz    w16, #:abs_g0:syscall_count
    cmp     w8, w16                     // Linux looks at w8 only
    b.hs    missing
    ldr     x17, =syscall_table
    ldrsw   x16, [x17, w8, uxtw #2]
    add     x16, x16, x17
    tbnz    x16, #0, full_frame         // SYSCALL_FULL_FRAME
    blr     x16

returned:
    mrs     x16, tpidr_el1
    ldr     x16, [x16, #PERCPU_WORK]
direct_exit:
    cbnz    x16, leave_with_work
    ldr     x17, [sp, #REGS_PC]
    each_caller_saved ldp, ldr
    msr     SPSel, #0
direct_left:
    br      x17
direct_exit_finish:

missing:
    ldr     x16, =syscall_missing
    blr     x16
    b       returned

full_frame:
    save_the_rest
    str     x0, [sp, #REGS_X]
    sub     x16, x16, #1
    blr     x16
    str     x0, [sp, #REGS_X]
    b       leave

leave_with_work:
    str     x0, [sp, #REGS_X]
    save_the_rest
leave:
    ldr     x16, =trap_return
    br      x16
    .ltorg

    .globl direct_entry_end, direct_exit_start, direct_exit_sp, direct_exit_end
    .set    direct_entry_end, direct_entered
    .set    direct_exit_start, direct_exit
    .set    direct_exit_sp, direct_left
    .set    direct_exit_end, direct_exit_finish
