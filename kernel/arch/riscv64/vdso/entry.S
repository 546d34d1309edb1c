// What RISC-V's vDSO has in assembly. The trampoline's eight bytes are what unwinders look for where they find no unwind
// information, so it has none, and lies first: the byte in front of it belongs to no function either.
#include <asm/unistd.h>

    .section .text.sigreturn, "ax"
    .option norvc
    .globl  __vdso_rt_sigreturn
    .type   __vdso_rt_sigreturn, @function
__vdso_rt_sigreturn:
    li      a7, __NR_rt_sigreturn       // 0x08b00893
    ecall                               // 0x00000073
    .size   __vdso_rt_sigreturn, . - __vdso_rt_sigreturn

// There is one hart, so its own fence is enough.
    .text
    .globl  __vdso_flush_icache
    .type   __vdso_flush_icache, @function
__vdso_flush_icache:
    fence.i
    li      a0, 0
    ret
    .size   __vdso_flush_icache, . - __vdso_flush_icache

// What the CPU can do is the kernel's to say; <asm/unistd.h> here is older than the call.
#define NR_riscv_hwprobe 258
    .globl  __vdso_riscv_hwprobe
    .type   __vdso_riscv_hwprobe, @function
__vdso_riscv_hwprobe:
    li      a7, NR_riscv_hwprobe
    ecall
    ret
    .size   __vdso_riscv_hwprobe, . - __vdso_riscv_hwprobe
