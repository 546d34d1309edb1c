// What a thread may be set to, by any of the scheduling calls (sys/sched.c).
#pragma once

#include "types.h"

struct thread;

struct sched_wanted {
    int policy, nice, priority;
    bool reset_on_fork, keep_nice;
};
// 0, -EINVAL, -EPERM, -EBUSY (SCHED_DEADLINE: nothing is set aside for it).
MUST_USE long sched_set(struct thread *thread, const struct sched_wanted *wanted);
struct thread *sched_thread_named(pid_t tid); // 0: the running one; NULL: there is none
