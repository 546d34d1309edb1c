// Reset to kernel_main(). QEMU enters at EL1 with the MMU off, x0 = 0 for an ELF image, and the device tree at the start
// of RAM; its ELF loader has zeroed .bss.
//
// The code runs at its physical address until the tables below are in use; it is position independent.
#include "arch_offsets.h"
#include "machine.h"

#define ROOT_OFFSET(gib) ((DIRECT_MAP_ROOT_INDEX + (gib)) * 8)
#define RAM_GIB (RAM_BASE >> 30)
#define EARLY_GIBS 8                    // device registers, the image and the device tree lie below this

#define BLOCK (PTE_VALID | PTE_SHAREABLE | PTE_ACCESSED | 1 << PTE_UXN_BIT)
#define DATA_BLOCK (BLOCK | 1 << PTE_PXN_BIT)
#define CODE_PAGE (BLOCK | PTE_READ_ONLY | PTE_TABLE_OR_PAGE)
#define DATA_PAGE (DATA_BLOCK | PTE_TABLE_OR_PAGE)
#define TABLE (PTE_VALID | PTE_TABLE_OR_PAGE)

// MAIR_EL1: attribute 0 is normal write-back memory, 1 is Device-nGnRE.
#define MAIR 0x04ff
// TCR_EL1: T0SZ = T1SZ = 25 (39 bits), 4 KiB granules, walks cacheable and inner shareable, 40-bit physical addresses,
// TBI0: the top byte of an app's pointer is ignored, as Linux has it (Documentation/arm64/tagged-pointers.rst).
#define TCR (25 | 1 << 8 | 1 << 10 | 3 << 12 | 25 << 16 | 1 << 24 | 1 << 26 | 3 << 28 | 2 << 30 | 2 << 32 | 1 << 37)
// SCTLR_EL1: the bits that are RES1 in Armv8.0, and M, C, SA (sp must be aligned), I.
#define SCTLR (0x30d00800 | 1 << 0 | 1 << 2 | 1 << 3 | 1 << 12)
#define CPACR_FPEN (3 << 20)            // no trap on FP registers

    .section .text.boot, "ax"
    .globl _start
_start:
    msr     daifset, #0xf
    msr     SPSel, #1
    mov     x9, #RAM_BASE
    cmp     x0, #0
    csel    x20, x9, x0, eq             // the device tree

    // The direct map as 1 GiB blocks; only the image's may hold code, until mmu_init() knows better. The same table
    // serves as TTBR0: its entry 1 is where this code runs right now.
    adrp    x1, boot_root
    ldr     x2, =DATA_BLOCK | PTE_DEVICE
    str     x2, [x1, #ROOT_OFFSET(0)]
    ldr     x2, =DATA_BLOCK
    mov     x3, #0x40000000
    add     x4, x1, #ROOT_OFFSET(0)
    mov     x5, #1
1:  madd    x6, x3, x5, x2
    str     x6, [x4, x5, lsl #3]
    add     x5, x5, #1
    cmp     x5, #EARLY_GIBS
    b.lo    1b
    ldr     x2, =BLOCK + (RAM_GIB << 30)
    str     x2, [x1, #RAM_GIB * 8]
    str     x2, [x1, #ROOT_OFFSET(RAM_GIB)]

    // The per-CPU page and the vector page: the last two pages of the address space.
    adrp    x2, top_level1
    adrp    x3, top_level0
    adrp    x4, percpu_page
    adrp    x5, vector_page
    ldr     x6, =CODE_PAGE
    orr     x5, x5, x6
    ldr     x6, =DATA_PAGE
    orr     x4, x4, x6
    orr     x6, x3, #TABLE
    orr     x7, x2, #TABLE
    str     x7, [x1, #511 * 8]
    str     x6, [x2, #511 * 8]
    str     x4, [x3, #510 * 8]
    str     x5, [x3, #511 * 8]

    ldr     x2, =MAIR
    msr     mair_el1, x2
    ldr     x2, =TCR
    msr     tcr_el1, x2
    msr     ttbr0_el1, x1
    msr     ttbr1_el1, x1
    mov     x2, #CPACR_FPEN
    msr     cpacr_el1, x2
    tlbi    vmalle1
    dsb     nsh
    isb
    ldr     x2, =SCTLR
    msr     sctlr_el1, x2
    isb
    ldr     x2, =high
    br      x2

// At the addresses the kernel is linked for.
high:
    ldr     x2, =boot_stack_top - REGS_SIZE
    mov     sp, x2
    movn    x3, #PERCPU_MOVN
    msr     tpidr_el1, x3
    str     x2, [x3, #PERCPU_FRAME]
    ldr     x2, =exception_vectors
    msr     vbar_el1, x2
    isb
    mov     x0, x20
    mov     x29, xzr
    mov     x30, xzr
    b       kernel_main
    .ltorg

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

// The idle thread's stack, later. Naturally aligned like every kernel stack: trap.S looks at the low bits of sp.
    .section .bss.boot_stack, "aw", @nobits
    .balign KSTACK_BYTES
    .globl boot_stack, boot_stack_top
boot_stack:
    .skip   KSTACK_BYTES
boot_stack_top:
