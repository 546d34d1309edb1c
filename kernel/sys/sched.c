// Scheduling as the app sees and asks for it (sched(7)); core/sched.c does it. There is one CPU.
// Deadlines are not kept, so SCHED_DEADLINE is refused. Real-time threads are not throttled.
#include "sched.h"
#include "credentials.h"
#include "syscall.h"
#include "thread.h"
#include "timespec.h"

#include <asm/resource.h>
#include <linux/capability.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/sched/types.h>

enum { POLICY_EXT = 7 }; // SCHED_EXT of Linux 6.12, which older headers lack
enum { NICE_MIN = -20, NICE_MAX = 19, REAL_TIME_PRIORITY_MAX = 99, NICE_ZERO_RESULT = 20 };

#define ONE_CPU 1UL

struct sched_param_k {
    int priority;
};

struct thread *sched_thread_named(pid_t tid) {
    return tid == 0 ? thread_current() : thread_find(tid);
}

SYSCALL(sched_yield)(void) {
    schedule();
    return 0;
}

static bool is_real_time(int policy) {
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool is_plain(int policy) {
    return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE;
}

static int check_wanted(const struct sched_wanted *wanted) {
    if (is_real_time(wanted->policy)) {
        return wanted->priority >= 1 && wanted->priority <= REAL_TIME_PRIORITY_MAX ? 0 : -EINVAL;
    }
    if (wanted->policy == SCHED_DEADLINE) {
        return process_capable(process_current(), CAP_SYS_NICE) ? -EBUSY : -EPERM;
    }
    return is_plain(wanted->policy) && wanted->priority == 0 ? 0 : -EINVAL;
}

static bool may_have_nice(const struct thread *thread, int nice) {
    uint64_t floor = process_current()->limits[RLIMIT_NICE].current;
    return nice >= thread->nice || (uint64_t)(NICE_ZERO_RESULT - nice) <= floor;
}

// sched(7), "Privileges and resource limits": without CAP_SYS_NICE.
static bool may_have(const struct thread *thread, const struct sched_wanted *wanted) {
    uint64_t ceiling = process_current()->limits[RLIMIT_RTPRIO].current;
    bool real_time = is_real_time(wanted->policy);
    if (real_time && ceiling == 0 && wanted->policy != thread->policy) {
        return false;
    }
    if (real_time && wanted->priority > thread->priority && (uint64_t)wanted->priority > ceiling) {
        return false;
    }
    if (thread->reset_on_fork && !wanted->reset_on_fork) {
        return false;
    }
    return real_time || wanted->keep_nice || may_have_nice(thread, wanted->nice);
}

long sched_set(struct thread *thread, const struct sched_wanted *wanted) {
    int error = check_wanted(wanted);
    if (error != 0) {
        return error;
    }
    if (!process_capable(process_current(), CAP_SYS_NICE) && !may_have(thread, wanted)) {
        return -EPERM;
    }
    thread->policy = wanted->policy;
    thread->priority = wanted->priority;
    thread->reset_on_fork = wanted->reset_on_fork;
    if (!is_real_time(wanted->policy) && !wanted->keep_nice) {
        thread->nice = wanted->nice;
    }
    thread_priority_changed(thread);
    return 0;
}

static long set_policy(pid_t tid, struct sched_wanted wanted, const void __user *param) {
    struct sched_param_k given;
    if (tid < 0 || param == NULL) {
        return -EINVAL;
    }
    if (copy_from_user(&given, param, sizeof(given)) != 0) {
        return -EFAULT;
    }
    struct thread *thread = sched_thread_named(tid);
    if (thread == NULL) {
        return -ESRCH;
    }
    if (wanted.policy < 0) { // sched_setparam(2): as it is
        wanted.policy = thread->policy;
        wanted.reset_on_fork = thread->reset_on_fork;
    }
    wanted.priority = given.priority;
    wanted.keep_nice = true;
    return sched_set(thread, &wanted);
}

SYSCALL(sched_setscheduler)(pid_t pid, int policy, void __user *param) {
    const struct sched_wanted wanted = {.policy = policy & ~SCHED_RESET_ON_FORK,
                                        .reset_on_fork = (policy & SCHED_RESET_ON_FORK) != 0};
    return policy >= 0 ? set_policy(pid, wanted, param) : -EINVAL;
}

SYSCALL(sched_setparam)(pid_t pid, void __user *param) {
    return set_policy(pid, (struct sched_wanted){.policy = -1}, param);
}

SYSCALL(sched_getscheduler)(pid_t pid) {
    const struct thread *thread = pid >= 0 ? sched_thread_named(pid) : NULL;
    if (pid < 0) {
        return -EINVAL;
    }
    if (thread == NULL) {
        return -ESRCH;
    }
    return thread->policy | (thread->reset_on_fork ? SCHED_RESET_ON_FORK : 0);
}

SYSCALL(sched_getparam)(pid_t pid, void __user *param) {
    if (pid < 0 || param == NULL) {
        return -EINVAL;
    }
    const struct thread *thread = sched_thread_named(pid);
    struct sched_param_k shown = {.priority = thread != NULL ? thread->priority : 0};
    return thread != NULL ? copy_to_user(param, &shown, sizeof(shown)) : -ESRCH;
}

// Whether or not a thread can have it here.
static bool is_known(int policy) {
    return is_plain(policy) || policy == SCHED_DEADLINE || policy == POLICY_EXT;
}

SYSCALL(sched_get_priority_max)(int policy) {
    if (is_real_time(policy)) {
        return REAL_TIME_PRIORITY_MAX;
    }
    return is_known(policy) ? 0 : -EINVAL;
}

SYSCALL(sched_get_priority_min)(int policy) {
    if (is_real_time(policy)) {
        return 1;
    }
    return is_known(policy) ? 0 : -EINVAL;
}

SYSCALL(sched_rr_get_interval)(pid_t pid, struct __kernel_timespec __user *interval) {
    const struct thread *thread = pid >= 0 ? sched_thread_named(pid) : NULL;
    if (pid < 0) {
        return -EINVAL;
    }
    if (thread == NULL) {
        return -ESRCH;
    }
    return timespec_put(interval, thread->policy == SCHED_FIFO ? 0 : thread_slice_ns(thread));
}

// The size that Linux needs for its mask with up to 64 CPUs.
SYSCALL(sched_getaffinity)(pid_t pid, unsigned int len, unsigned long __user *mask) {
    if (len < sizeof(unsigned long) || len % sizeof(unsigned long) != 0) {
        return -EINVAL;
    }
    if (sched_thread_named(pid) == NULL) {
        return -ESRCH;
    }
    return put_user(ONE_CPU, mask) != 0 ? -EFAULT : (long)sizeof(unsigned long);
}

SYSCALL(sched_setaffinity)(pid_t pid, unsigned int len, unsigned long __user *mask) {
    unsigned long wanted = 0;
    if (copy_from_user(&wanted, mask, MIN(len, sizeof(wanted))) != 0) {
        return -EFAULT;
    }
    if (sched_thread_named(pid) == NULL) {
        return -ESRCH;
    }
    return (wanted & ONE_CPU) != 0 ? 0 : -EINVAL;
}

// --- nice values: of one thread, as in Linux ----------------------------------------------------

static bool is_chosen(const struct thread *thread, int which, int who) {
    const struct process *self = process_current();
    switch (which) {
    case PRIO_PROCESS:
        return thread == sched_thread_named(who);
    case PRIO_PGRP:
        return thread->process->group == (who != 0 ? who : self->group);
    default:
        return thread->process->credentials.uid == (who != 0 ? (uid_t)who : self->credentials.uid);
    }
}

static long set_nice(struct thread *thread, int nice) {
    if (!may_have_nice(thread, nice) && !process_capable(process_current(), CAP_SYS_NICE)) {
        return -EACCES;
    }
    thread->nice = nice;
    return 0;
}

SYSCALL(setpriority)(int which, int who, int niceval) {
    long result = -ESRCH;
    if (which < PRIO_PROCESS || which > PRIO_USER) {
        return -EINVAL;
    }
    int nice = MIN(MAX(niceval, NICE_MIN), NICE_MAX);
    FOR_EACH_THREAD (thread, process_current()) {
        if (is_chosen(thread, which, who)) {
            result = set_nice(thread, nice);
        }
    }
    return result;
}

// The system call gives 20 - nice, so that an error is not mistaken for a value.
SYSCALL(getpriority)(int which, int who) {
    long best = -ESRCH;
    if (which < PRIO_PROCESS || which > PRIO_USER) {
        return -EINVAL;
    }
    FOR_EACH_THREAD (thread, process_current()) {
        if (is_chosen(thread, which, who)) {
            best = MAX(best, NICE_ZERO_RESULT - thread->nice);
        }
    }
    return best;
}
