// sched_setattr(2), sched_getattr(2): the same as the older calls, in one structure that may grow.
#include "sched.h"
#include "string.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/sched/types.h>

enum { NICE_MIN = -20, NICE_MAX = 19 };

#define UTIL_CLAMP (SCHED_FLAG_UTIL_CLAMP_MIN | SCHED_FLAG_UTIL_CLAMP_MAX)

// What lies behind the structure as we know it must be zero.
static long check_rest(const char __user *from, size_t known, size_t size) {
    for (size_t at = known; at < size; at++) {
        char byte;
        if (get_user(byte, from + at) != 0) {
            return -EFAULT;
        }
        if (byte != 0) {
            return -E2BIG;
        }
    }
    return 0;
}

static long read_attr(void __user *from, struct sched_attr *attr) {
    uint32_t size;
    if (get_user(size, (const uint32_t __user *)from) != 0) {
        return -EFAULT;
    }
    size = size != 0 ? size : SCHED_ATTR_SIZE_VER0;
    bool fits = size >= SCHED_ATTR_SIZE_VER0 && size <= PAGE_SIZE;
    *attr = (struct sched_attr){0};
    if (fits && copy_from_user(attr, from, MIN(size, sizeof(*attr))) != 0) {
        return -EFAULT;
    }
    long error = fits ? check_rest(from, sizeof(*attr), size) : -E2BIG;
    if (error == -E2BIG && put_user((uint32_t)sizeof(*attr), (uint32_t __user *)from) != 0) {
        return -EFAULT;
    }
    return error;
}

static long set(struct thread *thread, const struct sched_attr *attr) {
    bool keep_all = (attr->sched_flags & SCHED_FLAG_KEEP_PARAMS) != 0;
    struct sched_wanted wanted = {
        .policy = (int)attr->sched_policy,
        .nice = MIN(MAX(attr->sched_nice, NICE_MIN), NICE_MAX),
        .priority = (int)attr->sched_priority,
        .reset_on_fork = (attr->sched_flags & SCHED_FLAG_RESET_ON_FORK) != 0,
        .keep_nice = keep_all,
    };
    if ((attr->sched_flags & SCHED_FLAG_KEEP_POLICY) != 0) {
        wanted.policy = thread->policy;
    }
    if (keep_all) {
        wanted.priority = thread->priority;
    }
    return sched_set(thread, &wanted);
}

SYSCALL(sched_setattr)(pid_t pid, void __user *attr, unsigned int flags) {
    struct sched_attr given;
    if (attr == NULL || pid < 0 || flags != 0) {
        return -EINVAL;
    }
    long error = read_attr(attr, &given);
    if (error != 0) {
        return error;
    }
    bool known = (given.sched_flags & ~(uint64_t)SCHED_FLAG_ALL) == 0;
    if (!known || (int)given.sched_policy < 0) {
        return -EINVAL;
    }
    if ((given.sched_flags & UTIL_CLAMP) != 0) {
        return -EOPNOTSUPP; // as a kernel without utilisation clamping
    }
    struct thread *thread = sched_thread_named(pid);
    return thread != NULL ? set(thread, &given) : -ESRCH;
}

SYSCALL(sched_getattr)(pid_t pid, void __user *attr, unsigned int size, unsigned int flags) {
    if (attr == NULL || pid < 0 || flags != 0 || size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE) {
        return -EINVAL;
    }
    const struct thread *thread = sched_thread_named(pid);
    if (thread == NULL) {
        return -ESRCH;
    }
    struct sched_attr shown = {
        .size = MIN(size, (uint32_t)sizeof(shown)),
        .sched_policy = (uint32_t)thread->policy,
        .sched_flags = thread->reset_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0,
        .sched_nice = thread->priority != 0 ? 0 : thread->nice,
        .sched_priority = (uint32_t)thread->priority,
    };
    return copy_to_user(attr, &shown, shown.size);
}
