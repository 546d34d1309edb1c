// getitimer(2), setitimer(2). ITIMER_REAL is a plain timer. The other two count CPU time: their
// timer is set for the earliest moment at which that can have passed, and set again when the
// process did not run all the while.
#include "clock.h"
#include "heap.h"
#include "syscall.h"
#include "thread.h"
#include "timespec.h"

#include <asm/signal.h>

enum { ITIMER_KINDS = 3 };

// Deadlines and remainders are of the timer's own clock.
struct itimer_clock {
    struct timer timer;
    struct process *process;
    int which;
    uint64_t deadline_ns, interval_ns; // deadline 0: not running
};

struct itimer {
    struct itimer_clock clocks[ITIMER_KINDS];
};

static const int signals[ITIMER_KINDS] = {SIGALRM, SIGVTALRM, SIGPROF};

static uint64_t now_of(const struct itimer_clock *clock) {
    return clock->which == ITIMER_REAL ? clock_monotonic_ns() : process_cpu_ns(clock->process);
}

static void fire(struct timer *timer);

static void arm(struct itimer_clock *clock, uint64_t now_ns, uint64_t least_ns) {
    uint64_t left_ns = clock->deadline_ns > now_ns ? clock->deadline_ns - now_ns : 0;
    timer_set(&clock->timer, clock_monotonic_ns() + MAX(left_ns, least_ns), fire);
}

// Intervals that have passed unseen are not made up for: the signal would be pending already.
static void fire(struct timer *timer) {
    struct itimer_clock *clock = CONTAINER_OF(timer, struct itimer_clock, timer);
    uint64_t now_ns = now_of(clock);
    if (now_ns < clock->deadline_ns) {
        arm(clock, now_ns, 0);
        return;
    }
    signal_raise(clock->process, signals[clock->which]);
    if (clock->interval_ns == 0) {
        clock->deadline_ns = 0;
        return;
    }
    uint64_t late_ns = now_ns - clock->deadline_ns;
    clock->deadline_ns += clock->interval_ns + late_ns / clock->interval_ns * clock->interval_ns;
    arm(clock, now_ns, TIMER_PERIOD_MIN_NS);
}

static struct itimer *itimers_of(struct process *process) {
    if (process->itimers != NULL) {
        return process->itimers;
    }
    struct itimer *itimers = heap_alloc_zeroed(sizeof(*itimers));
    if (itimers != NULL) {
        for (int which = 0; which < ITIMER_KINDS; which++) {
            itimers->clocks[which].process = process;
            itimers->clocks[which].which = which;
        }
    }
    process->itimers = itimers;
    return itimers;
}

static void read_setting(const struct itimer_clock *clock, struct __kernel_old_itimerval *value) {
    uint64_t left_ns = 0;
    if (clock->deadline_ns != 0) {
        uint64_t now_ns = now_of(clock);
        // A timer that runs never reads as 0.
        left_ns = clock->deadline_ns > now_ns + NSEC_PER_USEC ? clock->deadline_ns - now_ns
                                                              : NSEC_PER_USEC;
    }
    value->it_value = timeval_of_ns(left_ns);
    value->it_interval = timeval_of_ns(clock->interval_ns);
}

static int ns_of_timeval(const struct __kernel_old_timeval *time, uint64_t *ns) {
    if (time->tv_sec < 0 || time->tv_usec < 0 || time->tv_usec >= 1000000) {
        return -EINVAL;
    }
    *ns = time_from_parts(time->tv_sec, (uint64_t)time->tv_usec * NSEC_PER_USEC);
    return 0;
}

SYSCALL(getitimer)(int which, void __user *value) {
    struct __kernel_old_itimerval setting;
    if (which < 0 || which >= ITIMER_KINDS) {
        return -EINVAL;
    }
    const struct itimer *itimers = itimers_of(process_current());
    if (itimers == NULL) {
        return -ENOMEM;
    }
    read_setting(&itimers->clocks[which], &setting);
    return copy_to_user(value, &setting, sizeof(setting));
}

static void start(struct itimer_clock *clock, uint64_t value_ns, uint64_t interval_ns) {
    timer_cancel(&clock->timer);
    clock->interval_ns = interval_ns;
    clock->deadline_ns = 0;
    if (value_ns != 0) {
        uint64_t now_ns = now_of(clock);
        clock->deadline_ns = now_ns + MIN(value_ns, TIME_MAX_NS);
        arm(clock, now_ns, 0);
    }
}

// A NULL for the new setting stops the timer: getitimer(2), NOTES.
SYSCALL(setitimer)(int which, const void __user *value, void __user *old_value) {
    struct __kernel_old_itimerval new = {0}, old;
    uint64_t value_ns, interval_ns;
    if (which < 0 || which >= ITIMER_KINDS) {
        return -EINVAL;
    }
    struct itimer *itimers = itimers_of(process_current());
    if (itimers == NULL) {
        return -ENOMEM;
    }
    if (value != NULL && copy_from_user(&new, value, sizeof(new)) != 0) {
        return -EFAULT;
    }
    if (ns_of_timeval(&new.it_value, &value_ns) != 0 ||
        ns_of_timeval(&new.it_interval, &interval_ns) != 0) {
        return -EINVAL;
    }
    struct itimer_clock *clock = &itimers->clocks[which];
    read_setting(clock, &old);
    start(clock, value_ns, interval_ns);
    return old_value != NULL ? copy_to_user(old_value, &old, sizeof(old)) : 0;
}

static void stop_itimers(struct process *process) {
    for (int which = 0; process->itimers != NULL && which < ITIMER_KINDS; which++) {
        timer_cancel(&process->itimers->clocks[which].timer);
    }
    heap_free(process->itimers);
    process->itimers = NULL;
}
PROCESS_EXIT_HOOK(itimer, stop_itimers);
