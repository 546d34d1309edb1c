// rt_sigaction(2). That a program can install a handler is what brings their delivery, and the vDSO
// with the trampoline that they return over, into its image.
#include <asm/errno.h>
#include <asm/signal.h>

#include "exec.h"
#include "signal_call.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

NEEDS_SIGNAL_DELIVERY;
NEEDS_VDSO;

// Linux's layout has a restorer where <asm/signal.h> knows SA_RESTORER.
static void from_app(struct signal_action *action, const struct sigaction *given) {
    *action = (struct signal_action){
        .handler = (uint64_t)given->sa_handler,
        .flags = given->sa_flags,
        .mask = given->sa_mask.sig[0] & ~SIGNAL_UNBLOCKABLE,
    };
#ifdef SA_RESTORER
    action->restorer = (action->flags & SA_RESTORER) != 0 ? (uint64_t)given->sa_restorer : 0;
#endif
}

static void to_app(struct sigaction *shown, const struct signal_action *action) {
    *shown = (struct sigaction){
        .sa_handler = (__sighandler_t)action->handler,
        .sa_flags = action->flags,
        .sa_mask.sig[0] = action->mask,
    };
#ifdef SA_RESTORER
    shown->sa_restorer = (__sigrestore_t)action->restorer;
#endif
}

SYSCALL(rt_sigaction)(int sig, const void __user *act, void __user *oact, size_t sigsetsize) {
    if (sigsetsize != sizeof(uint64_t) || sig < 1 || sig > SIGNAL_COUNT ||
        (act != NULL && (signal_bit(sig) & SIGNAL_UNBLOCKABLE) != 0)) {
        return -EINVAL;
    }
    struct process *process = process_current();
    struct signal_action *action = &process->actions->of[sig - 1];
    struct sigaction given, old;
    if (act != NULL && copy_from_user(&given, act, sizeof(given)) != 0) {
        return -EFAULT;
    }
    to_app(&old, action);
    if (act != NULL) {
        from_app(action, &given);
        if (signal_is_ignored(process, sig)) {
            signal_forget(process, sig);
        }
    }
    return oact == NULL ? 0 : copy_to_user(oact, &old, sizeof(old));
}
