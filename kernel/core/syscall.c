// The trap path's dispatch; the direct path has its own in arch/<arch>/direct.S.
#include "syscall.h"
#include "arch.h"
#include "linker.h"

// rt_sigreturn and execve replace the frame, and give back what its result register is to hold.
void trap_syscall(struct regs *regs) {
    uint64_t number = regs_number(regs);
    uint64_t count = (uint64_t)(syscall_table_end - syscall_table);
    syscall_fn handler = number < count ? syscall_handler(syscall_table, number)
                                        : (syscall_fn)(uint64_t)syscall_missing;
    long result =
        handler((long)regs_arg(regs, 0), (long)regs_arg(regs, 1), (long)regs_arg(regs, 2),
                (long)regs_arg(regs, 3), (long)regs_arg(regs, 4), (long)regs_arg(regs, 5));
    regs_set_result(regs, (uint64_t)result);
}
