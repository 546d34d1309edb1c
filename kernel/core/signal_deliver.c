// Calling the app's signal handlers: which stack, which mask, and what becomes of the call that was
// interrupted. The frame itself is arch/<arch>/signal.c. Only images whose program can install a
// handler have this object.
#include <asm/siginfo.h>
#include <linux/signal.h>

#include "arch.h"
#include "clock.h"
#include "exec.h"
#include "file.h"
#include "image.h"
#include "percpu.h"
#include "sequence.h"
#include "signal.h"
#include "signal_stack.h"
#include "thread.h"
#include "vm.h"

// --- stubs
// ----------------------------------------------------------------------------------------

// In the stub of a rewritten site the app is neither before nor behind its call, and no frame may
// show that (arch/DIRECT.md). A stub is a handful of instructions: a moment later it is over.
#define STUB_RETRY_NS (20 * NSEC_PER_USEC)

static struct timer stub_timer;
static pid_t stub_tid;

static void wake_stub_thread(UNUSED struct timer *timer) {
    struct thread *thread = thread_find(stub_tid);
    if (thread != NULL) {
        thread_add_work(thread, WORK_SIGNAL);
    }
}

static bool in_stub(const struct regs *regs) {
    const struct vm_area *area = vm_find(process_current()->space, regs_pc(regs));
    if (area == NULL || area->file == NULL) {
        return false;
    }
    const struct image_node *node = image_node_of_file(area->file);
    uint64_t offset = regs_pc(regs) - area->start + area->file_offset;
    return node != NULL && offset - node->stub_offset < node->stub_size;
}

static bool delivery_ready(const struct regs *regs) {
    if (regs_is_syscall(regs) || !in_stub(regs)) {
        return true;
    }
    if (stub_timer.armed) {
        wake_stub_thread(&stub_timer); // another thread's turn: when it runs it will be here again
    }
    stub_tid = thread_current()->tid;
    timer_set(&stub_timer, clock_monotonic_ns() + STUB_RETRY_NS, wake_stub_thread);
    return false;
}

// --- the alternate stack
// --------------------------------------------------------------------------

bool signal_on_altstack(const struct thread *thread, uint64_t sp) {
    return (thread->altstack_flags & SS_AUTODISARM) == 0 && sp > thread->altstack_base &&
           sp - thread->altstack_base <= thread->altstack_size;
}

uint32_t signal_altstack_flags(const struct thread *thread, uint64_t sp) {
    uint32_t kept = thread->altstack_flags & SS_AUTODISARM;
    if (thread->altstack_size == 0) {
        return kept | SS_DISABLE;
    }
    return kept | (signal_on_altstack(thread, sp) ? SS_ONSTACK : 0);
}

static uint64_t stack_top_for(const struct thread *thread, const struct signal_action *action,
                              uint64_t sp) {
    bool wanted = (action->flags & SA_ONSTACK) != 0 && thread->altstack_size != 0;
    return wanted && !signal_on_altstack(thread, sp) ? thread->altstack_base + thread->altstack_size
                                                     : sp;
}

// --- the call
// -------------------------------------------------------------------------------------

static uint64_t mask_to_restore(const struct thread *thread) {
    return percpu_take_work(WORK_RESTORE_MASK) != 0 ? thread->saved_blocked : thread->blocked;
}

// The frame did not fit: that is a fault of its own, and the program's end if it is SIGSEGV's
// frame.
static void no_room(struct thread *thread, int signo) {
    const struct siginfo_k info = {.signo = SIGSEGV, .code = SI_KERNEL};
    if (signo == SIGSEGV) {
        thread->process->actions->of[SIGSEGV - 1].handler = (uint64_t)SIG_DFL;
    }
    signal_force(thread, &info);
}

static void deliver(struct regs *regs, const struct siginfo_k *info) {
    struct thread *thread = thread_current();
    struct signal_action *action = &thread->process->actions->of[info->signo - 1];
    signal_settle_call(regs, action);
    app_interrupted(regs);
    uint64_t sp = regs_sp(regs);
    const struct signal_frame_request request = {
        .signo = info->signo,
        .handler = action->handler,
        .restorer = action->restorer,
        .flags = action->flags,
        .mask = mask_to_restore(thread),
        .siginfo = info,
        .stack_top = stack_top_for(thread, action, sp),
        .altstack_base = thread->altstack_base,
        .altstack_size = thread->altstack_size,
        .altstack_flags = signal_altstack_flags(thread, sp),
    };
    if ((thread->altstack_flags & SS_AUTODISARM) != 0) {
        thread->altstack_base = thread->altstack_size = thread->altstack_flags = 0;
    }
    uint64_t blocked = thread->blocked | action->mask;
    blocked |= (action->flags & SA_NODEFER) == 0 ? signal_bit(info->signo) : 0;
    if (arch_signal_push(regs, &request) != 0) {
        no_room(thread, info->signo);
        return;
    }
    if ((action->flags & SA_RESETHAND) != 0) {
        action->handler = (uint64_t)SIG_DFL;
    }
    regs_clear_syscall(regs);
    signal_set_blocked(thread, blocked);
}

const struct signal_delivery signal_delivery = {delivery_ready, deliver};
