// Reset to kernel_main(). QEMU starts every hart at 0x80000000 in M-mode (-bios none): a0 is the hart, a1 the device
// tree; its ELF loader has zeroed .bss. M-mode gives everything away at once, all memory, all exceptions and the timer,
// and is never entered again: it is the only way to have an `ecall` from S-mode, where the app runs, arrive in S-mode.
//
// The code runs at its physical address until the tables below are in use; it is position independent.
#include "arch_offsets.h"
#include "machine.h"

#define DIRECT_MAP_ROOT_INDEX 256       // bits 38..30 of DIRECT_MAP
#define TABLE_BIT 0x01                  // V
#define RW_BITS 0xc7                    // D A W R V
#define RX_BITS 0x4b                    // A X R V
#define RWX_BITS 0xcf                   // D A X W R V
#define GIB_PPN_SHIFT 28                // 1 GiB in a table entry: 1 << (30 - 12 + 10)
#define EARLY_GIBS 8                    // device registers, the image and the device tree lie below this

    .section .text.boot, "ax"
    .globl _start
_start:
    bnez    a0, park                    // the other harts wait for SMP

    lla     t0, machine_trap
    csrw    mtvec, t0
    li      t0, -1                      // PMP entry 0: S-mode may use all of memory
    csrw    pmpaddr0, t0
    li      t0, 0x1f                    // NAPOT, R W X
    csrw    pmpcfg0, t0
    li      t0, 0xb3ff                  // every exception that exists, bit 9: ecall from S-mode
    csrw    medeleg, t0
    li      t0, 0x222                   // software, timer and external interrupts of S-mode
    csrw    mideleg, t0
    li      t0, 7                       // cycle, time, instret
    csrw    mcounteren, t0
    li      t0, 1
    slli    t0, t0, 63                  // menvcfg.STCE: stimecmp is S-mode's own timer
    csrw    0x30a, t0
    csrw    mie, zero
    li      t0, 0x6800                  // mstatus: FS dirty (no first-use traps), MPP supervisor
    csrw    mstatus, t0
    csrw    satp, zero
    lla     t0, supervisor
    csrw    mepc, t0
    mret

park:
    wfi
    j       park

// Nothing should come here: a CPU without Sstc, say. QEMU ends with status 125.
    .balign 4
machine_trap:
    li      t0, TEST_BASE
    li      t1, (125 << 16) | TEST_FAIL
    sw      t1, 0(t0)
    j       park

// S-mode, still at physical addresses. s1 keeps the device tree's address.
supervisor:
    mv      s1, a1
    // The direct map as 1 GiB pages; only the image's may hold code, until mmu_init() knows better.
    lla     t0, boot_root
    li      t1, RW_BITS
    li      t2, 1
    slli    t2, t2, GIB_PPN_SHIFT
    li      t3, DIRECT_MAP_ROOT_INDEX * 8
    add     t3, t3, t0
    li      t4, EARLY_GIBS
1:  sd      t1, 0(t3)
    add     t1, t1, t2
    addi    t3, t3, 8
    addi    t4, t4, -1
    bnez    t4, 1b
    li      t1, RWX_BITS
    li      t2, KERNEL_BASE >> 2        // PPN of the image's GiB in a table entry
    add     t1, t1, t2
    sd      t1, (KERNEL_BASE >> 30) * 8(t0)             // where this code runs right now
    li      t3, (DIRECT_MAP_ROOT_INDEX + (KERNEL_BASE >> 30)) * 8
    add     t3, t3, t0
    sd      t1, 0(t3)

    // The per-CPU page and the vector page: the last two pages of the address space.
    lla     t1, top_level1
    lla     t2, top_level0
    lla     t3, percpu_page
    lla     t4, vector_page
    srli    a0, t1, 2
    ori     a0, a0, TABLE_BIT
    li      a1, 511 * 8
    add     a2, t0, a1
    sd      a0, 0(a2)
    srli    a0, t2, 2
    ori     a0, a0, TABLE_BIT
    add     a2, t1, a1
    sd      a0, 0(a2)
    add     a2, t2, a1
    srli    a0, t3, 2
    ori     a0, a0, RW_BITS
    sd      a0, -8(a2)
    srli    a0, t4, 2
    ori     a0, a0, RX_BITS
    sd      a0, 0(a2)

    li      t1, SATP_SV39
    slli    t1, t1, 60
    srli    t0, t0, 12
    or      t0, t0, t1
    sfence.vma
    csrw    satp, t0
    ld      t0, high_address
    jr      t0

    .balign 8
high_address:
    .quad   high

// At the addresses the kernel is linked for.
high:
    lla     sp, boot_stack_top - REGS_SIZE
    lui     t0, PERCPU_LUI
    csrw    sscratch, t0
    sd      sp, PERCPU_FRAME(t0)
    lla     t1, trap_entry
    csrw    stvec, t1
    mv      a0, s1
    li      ra, 0
    tail    kernel_main

    .bss
    .balign 4096
    .globl boot_root, top_level1, top_level0, percpu_page
boot_root:
    .skip   4096
top_level1:
    .skip   4096
top_level0:
    .skip   4096
percpu_page:
    .skip   4096

// The idle thread's stack, later. Naturally aligned like every kernel stack: trap_entry looks at the low bits of sp.
// kernel.ld puts it first, so that an overflow runs into rodata, not over the tables that trap_entry lives by.
    .section .bss.boot_stack, "aw", @nobits
    .balign KSTACK_BYTES
    .globl boot_stack, boot_stack_top
boot_stack:
    .skip   KSTACK_BYTES
boot_stack_top:
