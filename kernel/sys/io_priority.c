// ioprio_set(2), ioprio_get(2): kept and reported. Disks here have no queue that would be sorted.
#include "credentials.h"
#include "syscall.h"
#include "thread.h"

#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/ioprio.h>

static bool is_chosen(const struct thread *thread, int which, int who) {
    const struct process *self = process_current();
    switch (which) {
    case IOPRIO_WHO_PROCESS:
        return thread == (who != 0 ? thread_find(who) : thread_current());
    case IOPRIO_WHO_PGRP:
        return thread->process->group == (who != 0 ? who : self->group);
    default:
        return thread->process->credentials.uid == (who != 0 ? (uid_t)who : self->credentials.uid);
    }
}

static bool is_known(int which) {
    return which >= IOPRIO_WHO_PROCESS && which <= IOPRIO_WHO_USER;
}

static long check(int priority) {
    switch (priority >> IOPRIO_CLASS_SHIFT) {
    case IOPRIO_CLASS_RT: {
        const struct process *self = process_current();
        bool may = process_capable(self, CAP_SYS_ADMIN) || process_capable(self, CAP_SYS_NICE);
        return may ? 0 : -EPERM;
    }
    case IOPRIO_CLASS_BE:
    case IOPRIO_CLASS_IDLE:
        return 0;
    case IOPRIO_CLASS_NONE:
        return priority == 0 ? 0 : -EINVAL;
    default:
        return -EINVAL;
    }
}

SYSCALL(ioprio_set)(int which, int who, int ioprio) {
    long result = check(ioprio);
    if (!is_known(which) || result != 0) {
        return result != 0 ? result : -EINVAL;
    }
    result = -ESRCH;
    FOR_EACH_PROCESS(process) {
        FOR_EACH_THREAD (thread, process) {
            if (is_chosen(thread, which, who)) {
                thread->io_priority = (uint16_t)ioprio;
                result = 0;
            }
        }
    }
    return result;
}

// The best: a lower number is a higher priority, and no class the lowest.
static int better(int left, int right) {
    if (left == 0 || right == 0) {
        return MAX(left, right);
    }
    return MIN(left, right);
}

SYSCALL(ioprio_get)(int which, int who) {
    long best = -ESRCH;
    if (!is_known(which)) {
        return -EINVAL;
    }
    FOR_EACH_PROCESS(process) {
        FOR_EACH_THREAD (thread, process) {
            if (is_chosen(thread, which, who)) {
                best = best < 0 ? thread->io_priority : better((int)best, thread->io_priority);
            }
        }
    }
    return best;
}
