// RLIMIT_CPU: SIGXCPU at the soft limit and every second from there, SIGKILL at the hard one
// (getrlimit(2)). The timer is set for the earliest moment at which the process can have used that
// much, and set again when it did not run all the while.
#include "clock.h"
#include "heap.h"
#include "limits.h"
#include "signal.h"
#include "thread.h"

#include <asm/resource.h>
#include <asm/signal.h>

struct cpu_limit {
    struct timer timer;
    struct process *process;
    uint64_t next_ns; // of the process's CPU time
};

static uint64_t seconds_to_ns(uint64_t seconds) {
    return seconds < UINT64_MAX / NSEC_PER_SEC ? seconds * NSEC_PER_SEC : UINT64_MAX;
}

static void arm(struct cpu_limit *limit);

static void fire(struct timer *timer) {
    struct cpu_limit *limit = CONTAINER_OF(timer, struct cpu_limit, timer);
    struct process *process = limit->process;
    uint64_t used_ns = process_cpu_ns(process);
    if (used_ns >= seconds_to_ns(process->limits[RLIMIT_CPU].maximum)) {
        signal_raise(process, SIGKILL);
        return;
    }
    if (used_ns >= limit->next_ns) {
        limit->next_ns += NSEC_PER_SEC;
        signal_raise(process, SIGXCPU);
    }
    arm(limit);
}

static void arm(struct cpu_limit *limit) {
    const struct process *process = limit->process;
    uint64_t used_ns = process_cpu_ns(process);
    uint64_t end_ns = MIN(limit->next_ns, seconds_to_ns(process->limits[RLIMIT_CPU].maximum));
    if (end_ns != UINT64_MAX) {
        uint64_t left_ns = end_ns > used_ns ? end_ns - used_ns : 0;
        timer_set(&limit->timer, clock_monotonic_ns() + left_ns, fire);
    }
}

// Without memory for its timer the limit is kept, but does not act.
static void limit_changed(struct process *process, unsigned resource) {
    struct cpu_limit *limit = process->cpu_limit;
    if (resource != RLIMIT_CPU) {
        return;
    }
    if (limit == NULL) {
        limit = heap_alloc_zeroed(sizeof(*limit));
    }
    if (limit == NULL) {
        return;
    }
    process->cpu_limit = limit;
    limit->process = process;
    limit->next_ns = seconds_to_ns(process->limits[RLIMIT_CPU].current);
    timer_cancel(&limit->timer);
    arm(limit);
}
LIMIT_CHANGE_HOOK(limit_changed);

static void stop_limit(struct process *process) {
    if (process->cpu_limit != NULL) {
        timer_cancel(&process->cpu_limit->timer);
    }
    heap_free(process->cpu_limit);
    process->cpu_limit = NULL;
}
PROCESS_EXIT_HOOK(cpu_limit, stop_limit);
