// QEMU's `virt` machine: where its devices lie (hw/arm/virt.c, base_memmap and a15irqmap) and the
// system register fields that more than one file uses. Numbers only, so that assembly can include
// it.
#pragma once

#define RAM_BASE                                                                                   \
    0x40000000 // QEMU puts the device tree here for an ELF image that starts 1 MiB above
#define KERNEL_BASE 0x40200000

#define GIC_DISTRIBUTOR_BASE 0x08000000
#define GIC_CPU_BASE 0x08010000
#define GIC_SIZE 0x20000
#define UART_BASE 0x09000000 // PL011
#define UART_IRQ 1
#define RTC_BASE 0x09010000    // PL031
#define VIRTIO_BASE 0x0a000000 // 32 slots of 512 bytes; slot n interrupts at line 16 + n
#define VIRTIO_STRIDE 0x200
#define VIRTIO_COUNT 32
#define VIRTIO_IRQ 16

// Interrupt numbers are those of shared peripherals; the GIC counts them from 32.
#define GIC_FIRST_SHARED 32
#define GIC_TIMER 27 // the virtual timer, private to each CPU

// What the assembly needs of layout.h and percpu.h, whose numbers are C.
#define DIRECT_MAP_ROOT_INDEX 256       // bits 38..30 of DIRECT_MAP
#define PERCPU_MOVN 0x1fff              // movn of PERCPU_VA
#define KSTACK_BITS 14                  // kernel stacks are naturally aligned
#define KSTACK_BYTES (1 << KSTACK_BITS) // KSTACK_SIZE

// SPSR_EL1 and PSTATE (Arm ARM C5.2.18). M[3:0]: exception level and stack pointer.
#define PSTATE_EL1T 0x4 // the app
#define PSTATE_MODE 0x1f
#define PSTATE_MASKS 0x3c0      // D A I F
#define PSTATE_FLAGS 0xf0000000 // N Z C V
#define DAIF_IRQ 2              // the immediate of msr daifset, daifclr

// Page-table entries (Arm ARM D5.3): what boot.S and mmu.c both write.
#define PTE_VALID 0x1
#define PTE_TABLE_OR_PAGE 0x2
#define PTE_DEVICE 0x4     // AttrIndx 1 in MAIR_EL1
#define PTE_READ_ONLY 0x80 // AP[2]
#define PTE_SHAREABLE 0x300
#define PTE_ACCESSED 0x400
#define PTE_NOT_GLOBAL 0x800
#define PTE_PXN_BIT 53
#define PTE_UXN_BIT 54
