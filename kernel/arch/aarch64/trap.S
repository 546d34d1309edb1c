// Entry from exceptions, and the way back. Which stack pointer was in use tells the app (EL1t, first group of vectors)
// from the kernel (EL1h, second group), and the hardware switches to SP_EL1, which is the thread's struct regs while the
// app runs. So an entry from the app needs no look at anything, whatever the app has put into its registers.
#include "arch_offsets.h"
#include "machine.h"

#define KSTACK_ROOM (KSTACK_BYTES - 2 * REGS_SIZE - 1024)      // the app's frame, one more, and its handler's

// x0-x29, two at a time; REGS_X is 0.
.macro each_pair op
    \op     x0, x1, [sp, #REGS_X + 0 * 8]
    \op     x2, x3, [sp, #REGS_X + 2 * 8]
    \op     x4, x5, [sp, #REGS_X + 4 * 8]
    \op     x6, x7, [sp, #REGS_X + 6 * 8]
    \op     x8, x9, [sp, #REGS_X + 8 * 8]
    \op     x10, x11, [sp, #REGS_X + 10 * 8]
    \op     x12, x13, [sp, #REGS_X + 12 * 8]
    \op     x14, x15, [sp, #REGS_X + 14 * 8]
    \op     x16, x17, [sp, #REGS_X + 16 * 8]
    \op     x18, x19, [sp, #REGS_X + 18 * 8]
    \op     x20, x21, [sp, #REGS_X + 20 * 8]
    \op     x22, x23, [sp, #REGS_X + 22 * 8]
    \op     x24, x25, [sp, #REGS_X + 24 * 8]
    \op     x26, x27, [sp, #REGS_X + 26 * 8]
    \op     x28, x29, [sp, #REGS_X + 28 * 8]
.endm

// All but x30, which holds the vector's number by now, and the interrupted sp, which each caller finds elsewhere.
// x0, x2 and x3 become arguments of trap_from_*().
.macro save_frame
    each_pair stp
    mrs     x2, esr_el1
    mrs     x3, far_el1
    mrs     x22, elr_el1
    mrs     x23, spsr_el1
    stp     x22, x23, [sp, #REGS_PC]
    str     xzr, [sp, #REGS_KIND]       // REGS_EXCEPTION; trap_from_app() knows a syscall
    mov     x0, sp
    mov     x29, xzr                    // backtraces end here
.endm

.macro restore_frame
    ldp     x22, x23, [sp, #REGS_PC]
    msr     elr_el1, x22
    msr     spsr_el1, x23
    ldr     x30, [sp, #REGS_X30]
    each_pair ldp
.endm

.macro from_app vector
    .balign 0x80
    str     x30, [sp, #REGS_X30]
    mov     x30, #\vector
    b       app_entry
.endm

// Whether there is room for a frame must be known before anything is stored, and without a free register: x0 goes to
// tpidrro_el0, which is zero for the app (as Linux's kernel exit does it).
.macro from_kernel vector
    .balign 0x80
    msr     tpidrro_el0, x0
    mrs     x0, tpidr_el1
    ldr     x0, [x0, #PERCPU_FRAME]
    sub     x0, sp, x0                  // 0 at the stack's top, down to -KSTACK_ROOM
    add     x0, x0, #KSTACK_ROOM & 0xfff
    add     x0, x0, #KSTACK_ROOM & ~0xfff
    lsr     x0, x0, #KSTACK_BITS
    cbnz    x0, stack_overflow
    mrs     x0, tpidrro_el0
    msr     tpidrro_el0, xzr
    sub     sp, sp, #REGS_SIZE
    str     x30, [sp, #REGS_X30]
    mov     x30, #\vector
    b       kernel_entry
.endm

    .section .text.vectors, "ax"
    .balign 0x800
    .globl exception_vectors
exception_vectors:
    from_app 0                          // the order of enum vector
    from_app 1
    from_app 2
    from_app 3
    from_kernel 0
    from_kernel 1
    from_kernel 2
    from_kernel 3
    // The two groups for lower exception levels, where nothing ever runs.

    .section .text.trap, "ax"
app_entry:
    save_frame
    mov     w1, w30
    mrs     x22, sp_el0
    mrs     x23, tpidr_el0
    str     x22, [sp, #REGS_SP]
    str     x23, [sp, #REGS_TLS]
    bl      trap_from_app

// To the app with the whole of its frame: sp is thread_regs() of the current thread.
    .globl trap_return
trap_return:
    mov     x0, sp
    bl      trap_before_return          // leaves interrupts off
    ldr     x22, [sp, #REGS_SP]
    msr     sp_el0, x22
    restore_frame
    eret

kernel_entry:
    save_frame
    mov     w1, w30
    add     x22, sp, #REGS_SIZE
    str     x22, [sp, #REGS_SP]
    bl      trap_from_kernel            // leaves interrupts off
    restore_frame
    add     sp, sp, #REGS_SIZE
    eret

// Too little room for a frame below the interrupted sp. The report runs on the boot stack: the idle thread's, which
// nobody will need any more, nor the app's TLS.
stack_overflow:
    msr     tpidr_el0, x30
    mov     x0, sp
    ldr     x30, =boot_stack_top - REGS_SIZE
    mov     sp, x30
    str     x0, [sp, #REGS_SP]
    mrs     x0, tpidr_el1
    str     x30, [x0, #PERCPU_FRAME]
    mrs     x0, tpidrro_el0
    mrs     x30, tpidr_el0
    str     x30, [sp, #REGS_X30]
    save_frame
    ldr     x1, [sp, #REGS_SP]
    b       trap_stack_overflow
    .ltorg
