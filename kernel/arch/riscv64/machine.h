// QEMU's `virt` machine: where its devices lie (hw/riscv/virt.c, virt_memmap) and the few registers
// that the architecture's own files touch. Numbers only, so that assembly can include it.
#pragma once

#define RAM_BASE 0x80000000
#define KERNEL_BASE 0x80000000 // with -bios none the hart starts at the base of RAM, in M-mode

#define TEST_BASE 0x100000 // sifive_test: a word ends QEMU
#define TEST_PASS 0x5555   // exit status 0
#define TEST_FAIL 0x3333   // (status << 16) | this
#define RTC_BASE 0x101000  // goldfish: nanoseconds since 1970, low word first
#define PLIC_BASE 0xc000000
#define PLIC_SIZE 0x600000
#define UART_BASE 0x10000000 // ns16550
#define UART_IRQ 10
#define VIRTIO_BASE 0x10001000 // eight slots of 4 KiB; slot n interrupts at line 1 + n
#define VIRTIO_STRIDE 0x1000
#define VIRTIO_COUNT 8
#define VIRTIO_IRQ 1

#define TIMEBASE_HZ 10000000 // /cpus/timebase-frequency: 100 ns per tick

// What the assembly needs of layout.h and percpu.h, whose numbers are C.
#define PERCPU_LUI 0xffffe              // lui of PERCPU_VA
#define KSTACK_BITS 14                  // kernel stacks are naturally aligned
#define KSTACK_BYTES (1 << KSTACK_BITS) // KSTACK_SIZE

// Supervisor CSR fields (privileged specification 1.12, chapter 4).
#define SSTATUS_SIE 0x2
#define SSTATUS_SPIE 0x20
#define SSTATUS_SPP 0x100
#define SSTATUS_FS_DIRTY 0x6000
#define SIE_TIMER 0x20
#define SIE_EXTERNAL 0x200
#define CSR_STIMECMP 0x14d  // Sstc; the assembler of clang 14 has no name for it
#define SATP_SV39 8         // in bits 63..60
#define SCAUSE_INTERRUPT 63 // the bit that tells interrupts from exceptions
