// Scheduling as the app sees and asks for it. There is one CPU and one policy; a nice value changes
// the length of a thread's slices (core/sched.c). Real-time policies are refused, as to a user
// without CAP_SYS_NICE.
#include "credentials.h"
#include "syscall.h"
#include "thread.h"
#include "timespec.h"

#include <asm/resource.h>
#include <linux/capability.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/sched/types.h>

enum { NICE_MIN = -20, NICE_MAX = 19, REAL_TIME_PRIORITY_MAX = 99, NICE_ZERO_RESULT = 20 };

#define ROUND_ROBIN_SLICE_NS (4 * NSEC_PER_MSEC)
#define ONE_CPU 1UL

struct sched_param_k {
    int priority;
};

static struct thread *thread_named(pid_t tid) {
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

static long set_policy(struct thread *thread, int policy, const void __user *param) {
    struct sched_param_k wanted;
    if (param == NULL || policy < 0) {
        return -EINVAL;
    }
    if (copy_from_user(&wanted, param, sizeof(wanted)) != 0) {
        return -EFAULT;
    }
    if (thread == NULL) {
        return -ESRCH;
    }
    if (is_real_time(policy) && wanted.priority >= 1 && wanted.priority <= REAL_TIME_PRIORITY_MAX) {
        return -EPERM;
    }
    if (!is_plain(policy) || wanted.priority != 0) {
        return -EINVAL;
    }
    thread->policy = policy;
    return 0;
}

SYSCALL(sched_setscheduler)(pid_t pid, int policy, void __user *param) {
    return pid >= 0 ? set_policy(thread_named(pid), policy, param) : -EINVAL;
}

SYSCALL(sched_setparam)(pid_t pid, void __user *param) {
    struct thread *thread = pid >= 0 ? thread_named(pid) : NULL;
    if (pid < 0) {
        return -EINVAL;
    }
    return thread != NULL ? set_policy(thread, thread->policy, param) : -ESRCH;
}

SYSCALL(sched_getscheduler)(pid_t pid) {
    const struct thread *thread = pid >= 0 ? thread_named(pid) : NULL;
    if (pid < 0) {
        return -EINVAL;
    }
    return thread != NULL ? thread->policy : -ESRCH;
}

SYSCALL(sched_getparam)(pid_t pid, void __user *param) {
    struct sched_param_k plain = {0};
    if (pid < 0 || param == NULL) {
        return -EINVAL;
    }
    return thread_named(pid) != NULL ? copy_to_user(param, &plain, sizeof(plain)) : -ESRCH;
}

SYSCALL(sched_get_priority_max)(int policy) {
    if (is_real_time(policy)) {
        return REAL_TIME_PRIORITY_MAX;
    }
    return is_plain(policy) || policy == SCHED_DEADLINE ? 0 : -EINVAL;
}

SYSCALL(sched_get_priority_min)(int policy) {
    if (is_real_time(policy)) {
        return 1;
    }
    return is_plain(policy) || policy == SCHED_DEADLINE ? 0 : -EINVAL;
}

SYSCALL(sched_rr_get_interval)(pid_t pid, struct __kernel_timespec __user *interval) {
    if (pid < 0) {
        return -EINVAL;
    }
    return thread_named(pid) != NULL ? timespec_put(interval, ROUND_ROBIN_SLICE_NS) : -ESRCH;
}

// The size that Linux needs for its mask with up to 64 CPUs.
SYSCALL(sched_getaffinity)(pid_t pid, unsigned int len, unsigned long __user *mask) {
    if (len < sizeof(unsigned long) || len % sizeof(unsigned long) != 0) {
        return -EINVAL;
    }
    if (thread_named(pid) == NULL) {
        return -ESRCH;
    }
    return put_user(ONE_CPU, mask) != 0 ? -EFAULT : (long)sizeof(unsigned long);
}

SYSCALL(sched_setaffinity)(pid_t pid, unsigned int len, unsigned long __user *mask) {
    unsigned long wanted = 0;
    if (copy_from_user(&wanted, mask, MIN(len, sizeof(wanted))) != 0) {
        return -EFAULT;
    }
    if (thread_named(pid) == NULL) {
        return -ESRCH;
    }
    return (wanted & ONE_CPU) != 0 ? 0 : -EINVAL;
}

// --- nice values: of one thread, as in Linux ----------------------------------------------------

static bool is_chosen(const struct thread *thread, int which, int who) {
    const struct process *self = process_current();
    switch (which) {
    case PRIO_PROCESS:
        return thread == thread_named(who);
    case PRIO_PGRP:
        return thread->process->group == (who != 0 ? who : self->group);
    default:
        return thread->process->credentials.uid == (who != 0 ? (uid_t)who : self->credentials.uid);
    }
}

static long set_nice(struct thread *thread, int nice) {
    uint64_t floor = process_current()->limits[RLIMIT_NICE].current;
    bool allowed = nice >= thread->nice || (uint64_t)(NICE_ZERO_RESULT - nice) <= floor ||
                   process_capable(process_current(), CAP_SYS_NICE);
    if (!allowed) {
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
