// rt_sigprocmask(2) and rt_sigpending(2).
#include <asm/errno.h>
#include <asm/signal.h>

#include "signal_call.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

static int changed_mask(int how, uint64_t old, uint64_t set, uint64_t *mask) {
    switch (how) {
    case SIG_BLOCK:
        *mask = old | set;
        return 0;
    case SIG_UNBLOCK:
        *mask = old & ~set;
        return 0;
    case SIG_SETMASK:
        *mask = set;
        return 0;
    default:
        return -EINVAL;
    }
}

SYSCALL(rt_sigprocmask)
(int how, const uint64_t __user *set, uint64_t __user *oset, size_t sigsetsize) {
    struct thread *thread = thread_current();
    uint64_t old = thread->blocked, given, mask;
    if (sigsetsize != sizeof(old)) {
        return -EINVAL;
    }
    if (set != NULL) {
        int error = signal_mask_get(set, sigsetsize, &given);
        error = error == 0 ? changed_mask(how, old, given, &mask) : error;
        if (error != 0) {
            return error;
        }
        signal_set_blocked(thread, mask);
    }
    return oset == NULL ? 0 : copy_to_user(oset, &old, sizeof(old));
}

// The size may be smaller than a mask, as on Linux: so much of it is written.
SYSCALL(rt_sigpending)(uint64_t __user *set, size_t sigsetsize) {
    struct thread *thread = thread_current();
    if (sigsetsize > sizeof(uint64_t)) {
        return -EINVAL;
    }
    uint64_t pending = (thread->pending.set | thread->process->pending.set) & thread->blocked;
    return copy_to_user(set, &pending, sigsetsize);
}
