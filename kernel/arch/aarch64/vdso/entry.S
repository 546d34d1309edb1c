// What AArch64's vDSO has in assembly. The trampoline's eight bytes are what unwinders look for where they find no unwind
// information, so it has none, and lies first: the byte in front of it belongs to no function either.
#include <asm/unistd.h>

    .section .text.sigreturn, "ax"
    .globl  __kernel_rt_sigreturn
    .type   __kernel_rt_sigreturn, @function
__kernel_rt_sigreturn:
    mov     x8, #__NR_rt_sigreturn      // 0xd2801168
    svc     #0                          // 0xd4000001
    .size   __kernel_rt_sigreturn, . - __kernel_rt_sigreturn
