// rt_sigreturn(2) and sigaltstack(2): the two that read and write a stack_t.
#include <asm/errno.h>
#include <asm/siginfo.h>
#include <linux/signal.h>

#include "../core/signal_stack.h"
#include "arch.h"
#include "signal_call.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

static int set_altstack(struct thread *thread, uint64_t base, uint64_t size, uint32_t flags) {
    uint32_t mode = flags & ~SS_AUTODISARM;
    if (signal_on_altstack(thread, regs_sp(thread_regs(thread)))) {
        return -EPERM;
    }
    if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE) {
        return -EINVAL;
    }
    if (mode == SS_DISABLE) {
        base = size = 0;
    } else if (size < MINSIGSTKSZ) {
        return -ENOMEM;
    }
    thread->altstack_base = base;
    thread->altstack_size = size;
    thread->altstack_flags = flags & SS_AUTODISARM;
    return 0;
}

SYSCALL(sigaltstack)(const void __user *uss, void __user *uoss) {
    struct thread *thread = thread_current();
    stack_t given;
    stack_t old = {
        .ss_sp = (void *)thread->altstack_base,
        .ss_flags = (int)signal_altstack_flags(thread, regs_sp(thread_regs(thread))),
        .ss_size = thread->altstack_size,
    };
    if (uss != NULL && copy_from_user(&given, uss, sizeof(given)) != 0) {
        return -EFAULT;
    }
    int error = uss == NULL ? 0
                            : set_altstack(thread, (uint64_t)given.ss_sp, given.ss_size,
                                           (uint32_t)given.ss_flags);
    return error == 0 && uoss != NULL ? copy_to_user(uoss, &old, sizeof(old)) : error;
}

// A frame that cannot be read ends in SIGSEGV, as on Linux. The result register is the interrupted
// code's.
SYSCALL(rt_sigreturn)(void) {
    struct thread *thread = thread_current();
    struct regs *regs = thread_regs(thread);
    uint64_t mask, altstack[3];
    if (arch_signal_pop(regs, &mask, altstack) != 0) {
        const struct siginfo_k info = {.signo = SIGSEGV, .code = SI_KERNEL};
        signal_force(thread, &info);
        return (long)regs_result(regs);
    }
    regs_clear_syscall(regs);
    signal_set_blocked(thread, mask);
    (void)set_altstack(thread, altstack[0], altstack[1], (uint32_t)altstack[2]);
    return (long)regs_result(regs);
}
