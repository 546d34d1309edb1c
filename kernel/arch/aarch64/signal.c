// The signal frame, bit for bit Linux's (arch/arm64/kernel/signal.c), for what debuggers, unwinders
// and handlers read: siginfo and ucontext, behind the general registers a list of records (FP
// state, the fault's syndrome, an end mark), and above all a frame record, through which x29 links
// the handler to what was interrupted. Most of the 4 KiB that are reserved for records is neither
// written nor read.
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
_Static_assert(sizeof(struct rt_sigframe) == 4688, "Linux's size: gdb and libgcc count on it");
_Static_assert(sizeof(siginfo_t) == sizeof(struct siginfo_k), "the request's 128 bytes");

#define RECORDS_OFFSET offsetof(struct rt_sigframe, context.uc_mcontext.__reserved)

// The part of the frame that is written, as it lies in memory; the fault's record is there when
// there was a fault.
struct frame_head {
    _Alignas(STACK_ALIGN) uint8_t fixed[RECORDS_OFFSET];
    struct fpsimd_context fp;
    struct esr_context fault;
    struct _aarch64_ctx end;
};

struct frame_record {
    uint64_t fp, lr;
};

static void save_fixed(struct rt_sigframe *frame, const struct regs *regs,
                       const struct signal_frame_request *request) {
    struct ucontext *context = &frame->context;
    memcpy(&frame->info, request->siginfo, sizeof(frame->info));
    context->uc_stack.ss_sp = (void *)request->altstack_base;
    context->uc_stack.ss_size = request->altstack_size;
    context->uc_stack.ss_flags = (int)request->altstack_flags;
    context->uc_sigmask.sig[0] = request->mask;
    context->uc_mcontext.fault_address = thread_current()->arch.fault_address;
    memcpy(context->uc_mcontext.regs, regs->user.regs, sizeof(regs->user.regs));
    context->uc_mcontext.sp = regs->user.sp;
    context->uc_mcontext.pc = regs->user.pc;
    context->uc_mcontext.pstate = regs->user.pstate & PSTATE_FLAGS; // EL0's mode bits are zero
}

// The size of what has been filled in.
static size_t save_records(struct frame_head *head) {
    struct arch_fp fp;
    arch_fp_save(&fp);
    head->fp.head = (struct _aarch64_ctx){FPSIMD_MAGIC, sizeof(head->fp)};
    head->fp.fpsr = fp.state.fpsr;
    head->fp.fpcr = fp.state.fpcr;
    memcpy(head->fp.vregs, fp.state.vregs, sizeof(head->fp.vregs));
    uint64_t syndrome = thread_current()->arch.fault_syndrome;
    if (syndrome == 0) {
        return offsetof(struct frame_head, fault) + sizeof(head->end);
    }
    head->fault.head = (struct _aarch64_ctx){ESR_MAGIC, sizeof(head->fault)};
    head->fault.esr = syndrome;
    return sizeof(*head);
}

int arch_signal_push(struct regs *regs, const struct signal_frame_request *request) {
    uint64_t record_at = (request->stack_top - sizeof(struct frame_record)) & -STACK_ALIGN;
    uint64_t sp = record_at - sizeof(struct rt_sigframe);
    struct frame_record record = {regs->user.regs[29], regs->user.regs[30]};
    struct frame_head head;
    memset(&head, 0, sizeof(head));
    save_fixed((struct rt_sigframe *)head.fixed, regs, request);
    size_t size = save_records(&head);
    if (request->stack_top < sizeof(struct rt_sigframe) + sizeof(record) + STACK_ALIGN ||
        copy_to_user((void __user *)sp, &head, size) != 0 ||
        copy_to_user((void __user *)record_at, &record, sizeof(record)) != 0) {
        return -EFAULT;
    }
    regs->user.pc = request->handler;
    regs->user.sp = sp;
    regs->user.pstate = PSTATE_EL1T;
    regs->user.regs[29] = record_at;
    regs->user.regs[30] = request->restorer != 0
                              ? request->restorer
                              : process_current()->space->vdso_base + VDSO_SIGRETURN_OFFSET;
    regs->user.regs[0] = (uint64_t)request->signo;
    if ((request->flags & SA_SIGINFO) != 0) {
        regs->user.regs[1] = sp + offsetof(struct rt_sigframe, info);
        regs->user.regs[2] = sp + offsetof(struct rt_sigframe, context);
    }
    regs_clear_syscall(regs);
    return 0;
}

// Walks the records to the FP state's; without one, or with an unknown one before it, the frame is
// bad.
static int restore_fp(uint64_t record_at, uint64_t end) {
    struct fpsimd_context fp;
    while (record_at + sizeof(fp) <= end &&
           copy_from_user(&fp.head, user_pointer(record_at), sizeof(fp.head)) == 0) {
        if (fp.head.magic == ESR_MAGIC && fp.head.size == sizeof(struct esr_context)) {
            record_at += fp.head.size;
            continue;
        }
        if (fp.head.magic != FPSIMD_MAGIC || fp.head.size != sizeof(fp) ||
            copy_from_user(&fp, user_pointer(record_at), sizeof(fp)) != 0) {
            break;
        }
        struct arch_fp state = {.state = {.fpsr = fp.fpsr, .fpcr = fp.fpcr}};
        memcpy(state.state.vregs, fp.vregs, sizeof(fp.vregs));
        arch_fp_restore(&state);
        return 0;
    }
    return -EFAULT;
}

int arch_signal_pop(struct regs *regs, uint64_t *mask, uint64_t altstack[3]) {
    _Alignas(STACK_ALIGN) uint8_t fixed[RECORDS_OFFSET];
    const struct ucontext *context = &((const struct rt_sigframe *)fixed)->context;
    const struct sigcontext *saved = &context->uc_mcontext;
    uint64_t sp = regs->user.sp;
    if (sp % STACK_ALIGN != 0 || copy_from_user(fixed, user_pointer(sp), sizeof(fixed)) != 0 ||
        (saved->pstate & (PSTATE_MODE | PSTATE_MASKS)) != 0 ||
        restore_fp(sp + RECORDS_OFFSET, sp + sizeof(struct rt_sigframe)) != 0) {
        return -EFAULT;
    }
    memcpy(regs->user.regs, saved->regs, sizeof(regs->user.regs));
    regs->user.sp = saved->sp;
    regs->user.pc = saved->pc;
    regs->user.pstate = (saved->pstate & PSTATE_FLAGS) | PSTATE_EL1T;
    regs_clear_syscall(regs);
    *mask = context->uc_sigmask.sig[0];
    altstack[0] = (uint64_t)context->uc_stack.ss_sp;
    altstack[1] = context->uc_stack.ss_size;
    altstack[2] = (uint64_t)context->uc_stack.ss_flags;
    return 0;
}
