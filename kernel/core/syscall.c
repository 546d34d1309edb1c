// The trap path's dispatch; the direct path has its own in arch/<arch>/direct.S.
#include "syscall.h"
#include "arch.h"

// rt_sigreturn and execve replace the frame, and give back what its result register is to hold.
void trap_syscall(struct regs *regs) {
    syscall_fn handler = syscall_handler(syscall_table, regs_number(regs));
    long result =
        handler((long)regs_arg(regs, 0), (long)regs_arg(regs, 1), (long)regs_arg(regs, 2),
                (long)regs_arg(regs, 3), (long)regs_arg(regs, 4), (long)regs_arg(regs, 5));
    regs_set_result(regs, (uint64_t)result);
}
