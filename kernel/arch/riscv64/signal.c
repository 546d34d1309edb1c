// The signal frame, bit for bit Linux's (arch/riscv/kernel/signal.c, struct rt_sigframe), for what
// debuggers, unwinders and handlers read: siginfo, then ucontext with the registers and the FP
// state. The return goes over the vDSO's trampoline; RISC-V has no SA_RESTORER.
#include "arch.h"
#include "percpu.h"
#include "string.h"
#include "thread.h"
#include "usercopy.h"
#include "vm.h"

#include <asm/errno.h>
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>

#include <asm/ucontext.h>

#define VDSO_SIGRETURN_OFFSET 0x800 // vdso/vdso.lds
#define STACK_ALIGN 16UL

struct rt_sigframe {
    siginfo_t info;
    struct ucontext context;
};
_Static_assert(sizeof(struct rt_sigframe) == 1088, "Linux's size: gdb and libgcc count on it");
_Static_assert(sizeof(siginfo_t) == sizeof(struct siginfo_k), "the request's 128 bytes");

static void save_context(struct ucontext *context, const struct regs *regs,
                         const struct signal_frame_request *request) {
    context->uc_stack.ss_sp = (void *)request->altstack_base;
    context->uc_stack.ss_size = request->altstack_size;
    context->uc_stack.ss_flags = (int)request->altstack_flags;
    context->uc_sigmask.sig[0] = request->mask;
    context->uc_mcontext.sc_regs = regs->user;
    struct arch_fp fp;
    arch_fp_save(&fp);
    context->uc_mcontext.sc_fpregs.d = fp.state;
}

int arch_signal_push(struct regs *regs, const struct signal_frame_request *request) {
    uint64_t sp = (request->stack_top - sizeof(struct rt_sigframe)) & -STACK_ALIGN;
    struct rt_sigframe frame;
    memset(&frame, 0, sizeof(frame));
    memcpy(&frame.info, request->siginfo, sizeof(frame.info));
    save_context(&frame.context, regs, request);
    if (copy_to_user((void __user *)sp, &frame, sizeof(frame)) != 0) {
        return -EFAULT;
    }
    regs->user.pc = request->handler;
    regs->user.sp = sp;
    regs->user.ra = process_current()->space->vdso_base + VDSO_SIGRETURN_OFFSET;
    regs->user.a0 = (uint64_t)request->signo;
    regs->user.a1 = sp + offsetof(struct rt_sigframe, info);
    regs->user.a2 = sp + offsetof(struct rt_sigframe, context);
    regs_clear_syscall(regs);
    return 0;
}

// Bits of the FP area that no extension uses yet are zero in every frame of ours; Linux refuses
// others as well.
static bool fp_state_valid(const union __riscv_fp_state *fp) {
    for (size_t i = 0; i < ARRAY_SIZE(fp->q.reserved); i++) {
        if (fp->q.reserved[i] != 0) {
            return false;
        }
    }
    return true;
}

int arch_signal_pop(struct regs *regs, uint64_t *mask, uint64_t altstack[3]) {
    struct rt_sigframe frame;
    const struct sigcontext *saved = &frame.context.uc_mcontext;
    if (copy_from_user(&frame, (const void __user *)regs->user.sp, sizeof(frame)) != 0 ||
        !fp_state_valid(&saved->sc_fpregs)) {
        return -EFAULT;
    }
    regs->user = saved->sc_regs;
    regs_clear_syscall(regs);
    struct arch_fp fp = {.state = saved->sc_fpregs.d};
    arch_fp_restore(&fp);
    *mask = frame.context.uc_sigmask.sig[0];
    altstack[0] = (uint64_t)frame.context.uc_stack.ss_sp;
    altstack[1] = frame.context.uc_stack.ss_size;
    altstack[2] = (uint64_t)frame.context.uc_stack.ss_flags;
    return 0;
}
