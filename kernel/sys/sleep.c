// nanosleep(2), clock_nanosleep(2). A sleep that a signal interrupts goes on afterwards until the
// same deadline, unless a handler ran: then it is EINTR, and the rest goes to the caller.
#include "clock.h"
#include "clock_id.h"
#include "syscall.h"
#include "thread.h"
#include "timespec.h"
#include "wait.h"

enum { RESTART_CLOCK, RESTART_UNTIL, RESTART_REMAIN };

// Those who sleep until a time of day: they look again when the clock is set.
static struct wait_queue until_realtime = WAIT_QUEUE_INIT(until_realtime);

static void realtime_changed(void) {
    wait_wake(&until_realtime, 0);
}
CLOCK_CHANGE_HOOK(6, realtime_changed);

static int sleep_on_clock(int clock_id, uint64_t deadline_ns) {
    struct waiter self;
    wait_prepare(&self);
    if (clock_is_realtime(clock_id)) {
        wait_add(&until_realtime, &self);
    }
    int result = wait_sleep(deadline_ns);
    wait_remove(&self);
    return result;
}

// Until `clock_id` says until_ns. A CPU clock runs slower than real time, so one sleep may not be
// enough.
static int sleep_until(int clock_id, uint64_t until_ns) {
    for (;;) {
        uint64_t now_ns = 0, deadline_ns = 0;
        int error = clock_read(clock_id, &now_ns);
        if (error != 0 || now_ns >= until_ns) {
            return error;
        }
        error = clock_deadline(clock_id, until_ns, &deadline_ns);
        error = error == 0 ? sleep_on_clock(clock_id, deadline_ns) : error;
        if (error != 0 && error != -ETIMEDOUT) {
            return error;
        }
    }
}

static long sleep_restart(struct thread *thread);

static long sleep_relative(int clock_id, uint64_t until_ns,
                           struct __kernel_timespec __user *remain) {
    int result = sleep_until(clock_id, until_ns);
    if (result != -ERESTARTSYS) {
        return result;
    }
    uint64_t now_ns = 0;
    if (clock_read(clock_id, &now_ns) == 0 && now_ns >= until_ns) {
        return 0;
    }
    if (remain != NULL && timespec_put(remain, until_ns - now_ns) != 0) {
        return -EFAULT;
    }
    struct thread *thread = thread_current();
    thread->restart = sleep_restart;
    thread->restart_data[RESTART_CLOCK] = (uint64_t)clock_id;
    thread->restart_data[RESTART_UNTIL] = until_ns;
    thread->restart_data[RESTART_REMAIN] = (uint64_t)remain;
    return -ERESTART_RESTARTBLOCK;
}

static long sleep_restart(struct thread *thread) {
    return sleep_relative((int)thread->restart_data[RESTART_CLOCK],
                          thread->restart_data[RESTART_UNTIL],
                          (struct __kernel_timespec __user *)thread->restart_data[RESTART_REMAIN]);
}

static uint64_t add_times(uint64_t now_ns, uint64_t duration_ns) {
    return MIN(duration_ns, TIME_MAX_NS - MIN(now_ns, TIME_MAX_NS)) + now_ns;
}

SYSCALL(nanosleep)
(const struct __kernel_timespec __user *request, struct __kernel_timespec __user *remain) {
    uint64_t duration_ns;
    int error = timespec_get(request, &duration_ns);
    if (error != 0) {
        return error;
    }
    return sleep_relative(CLOCK_MONOTONIC, add_times(clock_monotonic_ns(), duration_ns), remain);
}

// Flags but TIMER_ABSTIME are ignored. A relative sleep on CLOCK_REALTIME is not disturbed when
// that clock is set (clock_nanosleep(2)).
SYSCALL(clock_nanosleep)
(int clockid, int flags, const struct __kernel_timespec __user *request,
 struct __kernel_timespec __user *remain) {
    uint64_t ns, now_ns;
    int error = clock_read(clockid, &now_ns);
    if (error == 0 && (clockid == CLOCK_THREAD_CPUTIME_ID || !clock_has_timers(clockid))) {
        return -EOPNOTSUPP;
    }
    error = error == 0 ? timespec_get(request, &ns) : error;
    if (error != 0) {
        return error;
    }
    if (flags & TIMER_ABSTIME) {
        int result = sleep_until(clockid, ns);
        return result == -ERESTARTSYS ? -ERESTARTNOHAND : result;
    }
    if (clock_is_realtime(clockid)) {
        clockid = CLOCK_MONOTONIC;
        now_ns = clock_monotonic_ns();
    }
    return sleep_relative(clockid, add_times(now_ns, ns), remain);
}
