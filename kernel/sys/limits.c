// Resource limits. Whoever owns a resource looks into process->limits itself.
#include "limits.h"
#include "credentials.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

#include <asm/resource.h>
#include <linux/capability.h>
#include <linux/errno.h>

SET_DECLARE(limit_change, limit_change_fn);

static long check_new(const struct rlimit_k *old, const struct rlimit_k *new, unsigned resource) {
    if (new->current > new->maximum) {
        return -EINVAL;
    }
    if (resource == RLIMIT_NOFILE && new->maximum > OPEN_FILES_MAX) {
        return -EPERM;
    }
    if (new->maximum > old->maximum && !process_capable(process_current(), CAP_SYS_RESOURCE)) {
        return -EPERM;
    }
    return 0;
}

static long get_and_set(struct process *process, unsigned resource, const void __user *new_limit,
                        void __user *old_limit) {
    if (resource >= RLIMIT_COUNT) {
        return -EINVAL;
    }
    struct rlimit_k *limit = &process->limits[resource], old = *limit, new;
    if (new_limit != NULL) {
        if (copy_from_user(&new, new_limit, sizeof(new)) != 0) {
            return -EFAULT;
        }
        long error = check_new(limit, &new, resource);
        if (error != 0) {
            return error;
        }
        *limit = new;
        SET_FOR_EACH (hook, limit_change, limit_change_fn) {
            (*hook)(process, resource);
        }
    }
    return old_limit != NULL ? copy_to_user(old_limit, &old, sizeof(old)) : 0;
}

SYSCALL(prlimit64)
(pid_t pid, unsigned int resource, const void __user *new_rlim, void __user *old_rlim) {
    struct process *process = pid == 0 ? process_current() : process_find(pid);
    return process != NULL ? get_and_set(process, resource, new_rlim, old_rlim) : -ESRCH;
}

SYSCALL(getrlimit)(unsigned int resource, void __user *rlim) {
    return rlim != NULL ? get_and_set(process_current(), resource, NULL, rlim) : -EFAULT;
}

SYSCALL(setrlimit)(unsigned int resource, const void __user *rlim) {
    return rlim != NULL ? get_and_set(process_current(), resource, rlim, NULL) : -EFAULT;
}
