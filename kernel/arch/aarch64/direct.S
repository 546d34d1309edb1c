// The direct path: where a rewritten site's stub ends (kernel/arch/DIRECT.md). This is the beginning of the page that
// boot.S maps at VECTOR_VA. Code here must not be linked to anything by distance, it does not run where it is linked:
// hence the literals.
//
// A syscall preserves every register but x0; the handler, a C function, preserves x19-x29. The rest goes into the
// thread's struct regs, where SP_EL1 points while the app runs. SP_EL0, tpidr_el0 and the FP registers stay in the CPU.
//
// Interrupts stay on. One that comes here, before the stack is switched or after it is switched back, only leaves a
// note (trap.c); it may use the frame, which then holds nothing that is still needed.
#include "arch_offsets.h"
#include "machine.h"

// What a C function may change, without x0 and without x16 and x17, which are dead at the site.
.macro each_caller_saved op, single
    \op     x1, x2, [sp, #REGS_X + 1 * 8]
    \op     x3, x4, [sp, #REGS_X + 3 * 8]
    \op     x5, x6, [sp, #REGS_X + 5 * 8]
    \op     x7, x8, [sp, #REGS_X + 7 * 8]
    \op     x9, x10, [sp, #REGS_X + 9 * 8]
    \op     x11, x12, [sp, #REGS_X + 11 * 8]
    \op     x13, x14, [sp, #REGS_X + 13 * 8]
    \single x15, [sp, #REGS_X + 15 * 8]
    \single x18, [sp, #REGS_X + 18 * 8]
    \single x30, [sp, #REGS_X30]
.endm

// What a full frame has besides: nobody has changed these since the site. NZCV is dead there.
.macro save_the_rest
    stp     x16, x17, [sp, #REGS_X + 16 * 8]
    str     x19, [sp, #REGS_X + 19 * 8]
    stp     x20, x21, [sp, #REGS_X + 20 * 8]
    stp     x22, x23, [sp, #REGS_X + 22 * 8]
    stp     x24, x25, [sp, #REGS_X + 24 * 8]
    stp     x26, x27, [sp, #REGS_X + 26 * 8]
    stp     x28, x29, [sp, #REGS_X + 28 * 8]
    mov     x16, #PSTATE_EL1T
    str     x16, [sp, #REGS_PSTATE]
    mrs     x16, tpidr_el0
    str     x16, [sp, #REGS_TLS]
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
    mov     w16, #REGS_KIND_DIRECT
    stp     x0, x16, [sp, #REGS_ORIG_X0]
    mov     w9, w8                      // Linux looks at w8 only
    movz    x10, #:abs_g0:syscall_count
    cmp     x9, x10
    b.hs    missing
    ldr     x10, =syscall_table
    ldr     x10, [x10, x9, lsl #3]
    tbnz    x10, #0, full_frame         // SYSCALL_FULL_FRAME
    blr     x10

returned:
    mrs     x9, tpidr_el1
    ldr     x9, [x9, #PERCPU_WORK]
direct_exit:
    cbnz    x9, leave_with_work
    ldr     x17, [sp, #REGS_PC]
    each_caller_saved ldp, ldr
    msr     SPSel, #0
direct_left:
    br      x17
direct_exit_finish:

missing:
    ldr     x10, =syscall_missing
    blr     x10
    b       returned

full_frame:
    save_the_rest
    str     x0, [sp, #REGS_X]
    sub     x10, x10, #1
    blr     x10
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
