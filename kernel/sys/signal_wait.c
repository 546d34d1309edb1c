// rt_sigsuspend(2) and rt_sigtimedwait(2).
#include <asm/errno.h>

#include "clock.h"
#include "percpu.h"
#include "signal_call.h"
#include "syscall.h"
#include "thread.h"
#include "timespec.h"
#include "usercopy.h"
#include "wait.h"

// The mask stays until a handler has returned; without one, the site runs again and sleeps on.
SYSCALL(rt_sigsuspend)(const uint64_t __user *mask, size_t sigsetsize) {
    int error = mask == NULL ? -EFAULT : signal_mask_begin(mask, sigsetsize);
    if (error != 0) {
        return error;
    }
    while (wait_sleep(WAIT_FOREVER) == 0) {
    }
    return -ERESTARTNOHAND;
}

// While it sleeps the awaited signals are not blocked, so that they wake it, and not ignored
// either.
static int sleep_for(struct thread *thread, uint64_t set, uint64_t deadline_ns) {
    uint64_t blocked = thread->blocked;
    thread->waited = set;
    signal_set_blocked(thread, blocked & ~set);
    int result = wait_sleep(deadline_ns);
    thread->waited = 0;
    signal_set_blocked(thread, blocked);
    return result;
}

static int wait_for(uint64_t set, uint64_t deadline_ns, struct siginfo_k *info) {
    struct thread *thread = thread_current();
    int result = 0, signo;
    while ((signo = signal_take(thread, set, info)) == 0) {
        if (result != 0) {
            return result == -ETIMEDOUT ? -EAGAIN : -EINTR;
        }
        if (deadline_ns <= clock_monotonic_ns()) {
            return -EAGAIN;
        }
        result = sleep_for(thread, set, deadline_ns);
    }
    return signo;
}

SYSCALL(rt_sigtimedwait)
(const uint64_t __user *set, void __user *info, const struct __kernel_timespec __user *timeout,
 size_t sigsetsize) {
    uint64_t wanted, timeout_ns, deadline_ns = WAIT_FOREVER;
    int error = signal_mask_get(set, sigsetsize, &wanted);
    if (error == 0 && timeout != NULL) {
        error = timespec_get(timeout, &timeout_ns);
        deadline_ns = error == 0 ? clock_monotonic_ns() + timeout_ns : 0;
    }
    if (error != 0) {
        return error;
    }
    struct siginfo_k found;
    int signo = wait_for(wanted & ~SIGNAL_UNBLOCKABLE, deadline_ns, &found);
    if (signo > 0 && info != NULL && copy_to_user(info, &found, sizeof(found)) != 0) {
        return -EFAULT;
    }
    return signo;
}
