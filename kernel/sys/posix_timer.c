// timer_create(2) and what goes with it. A timer on a CPU clock is set for the earliest moment at
// which that clock can have got there, and set again when the process did not run all the while (as
// in sys/itimer.c).
#include "clock.h"
#include "clock_id.h"
#include "heap.h"
#include "syscall.h"
#include "thread.h"
#include "timespec.h"

#include <asm/siginfo.h>
#include <asm/signal.h>

enum { OVERRUN_MAX = INT32_MAX, TIMERS_MAX = 1024, FIRST_REALTIME = 32 };

struct posix_timer {
    struct list node;
    struct timer timer;
    struct process *process;
    int id, clock_id, running_clock;   // a relative time ignores that CLOCK_REALTIME is set
    int notify, signo;                 // SIGEV_*
    pid_t tid;                         // SIGEV_THREAD_ID
    uint64_t value;                    // goes with the signal
    uint64_t deadline_ns, interval_ns; // of its own clock; deadline 0: not running
    uint64_t missed;                   // expiries while the signal was pending still
    int overrun;                       // of the last signal
};

struct posix_timers {
    struct list list; // by id
    size_t count;
};

static struct posix_timer *find(int id) {
    struct posix_timers *timers = process_current()->posix_timers;
    if (timers == NULL) {
        return NULL;
    }
    LIST_FOR_EACH (timer, &timers->list, struct posix_timer, node) {
        if (timer->id == id) {
            return timer;
        }
    }
    return NULL;
}

// si_timerid and si_overrun of <asm/siginfo.h>
static uint64_t siginfo_words(const struct posix_timer *timer) {
    return (uint32_t)timer->id | (uint64_t)timer->overrun << 32;
}

// --- expiry -------------------------------------------------------------------------------------

static uint64_t now_of(const struct posix_timer *timer) {
    uint64_t now_ns = 0;
    return clock_read_for(timer->process, timer->running_clock, &now_ns) == 0 ? now_ns : 0;
}

static void send(struct posix_timer *timer, struct thread *target) {
    timer->overrun = (int)MIN(timer->missed - 1, (uint64_t)OVERRUN_MAX);
    timer->missed = 0;
    struct siginfo_k info = {.signo = timer->signo, .code = SI_TIMER};
    info.fields[0] = siginfo_words(timer);
    info.fields[1] = timer->value;
    if (target != NULL) {
        signal_send_thread(target, &info);
    } else {
        signal_send_process(timer->process, &info);
    }
}

// A signal that nobody has taken yet is not sent twice: it carries the number of those that it
// stands for.
static void notify(struct posix_timer *timer, uint64_t expiries) {
    struct thread *target = timer->notify == SIGEV_THREAD_ID ? thread_find(timer->tid) : NULL;
    if (timer->notify == SIGEV_NONE || (timer->notify == SIGEV_THREAD_ID && target == NULL)) {
        return;
    }
    timer->missed += expiries;
    struct signal_pending *pending = target != NULL ? &target->pending : &timer->process->pending;
    struct siginfo_k *waiting = signal_find_timer(pending, timer->signo, (uint32_t)timer->id);
    if (waiting != NULL) {
        uint64_t overrun = (uint64_t)timer->overrun + timer->missed;
        timer->overrun = (int)MIN(overrun, (uint64_t)OVERRUN_MAX);
        timer->missed = 0;
        waiting->fields[0] = siginfo_words(timer);
    } else if (timer->signo >= FIRST_REALTIME || (pending->set & signal_bit(timer->signo)) == 0) {
        send(timer, target);
    }
}

static void expire(struct timer *timer);

static void arm(struct posix_timer *timer, uint64_t now_ns, uint64_t least_ns) {
    uint64_t left_ns = timer->deadline_ns > now_ns ? timer->deadline_ns - now_ns : 0;
    timer_set(&timer->timer, clock_monotonic_ns() + MAX(left_ns, least_ns), expire);
}

static void expire(struct timer *expired) {
    struct posix_timer *timer = CONTAINER_OF(expired, struct posix_timer, timer);
    uint64_t now_ns = now_of(timer), expiries = 1;
    if (now_ns < timer->deadline_ns) {
        arm(timer, now_ns, 0);
        return;
    }
    if (timer->interval_ns == 0) {
        timer->deadline_ns = 0;
    } else {
        expiries += (now_ns - timer->deadline_ns) / timer->interval_ns;
        timer->deadline_ns += expiries * timer->interval_ns;
        arm(timer, now_ns, TIMER_PERIOD_MIN_NS);
    }
    notify(timer, expiries);
}

// --- making and removing ------------------------------------------------------------------------

static struct posix_timers *timers_of(struct process *process) {
    if (process->posix_timers == NULL) {
        process->posix_timers = heap_alloc_zeroed(sizeof(struct posix_timers));
        if (process->posix_timers != NULL) {
            list_init(&process->posix_timers->list);
        }
    }
    return process->posix_timers;
}

// The lowest number that is free, at its place in the list.
static void insert(struct posix_timers *timers, struct posix_timer *timer) {
    struct list *before = &timers->list;
    timer->id = 0;
    LIST_FOR_EACH (other, &timers->list, struct posix_timer, node) {
        if (other->id != timer->id) {
            break;
        }
        timer->id++;
        before = &other->node;
    }
    list_insert_after(before, &timer->node);
    timers->count++;
}

static void discard(struct posix_timer *timer) {
    timer_cancel(&timer->timer);
    list_remove(&timer->node);
    timer->process->posix_timers->count--;
    heap_free(timer);
}

static int check_event(const sigevent_t *event) {
    int notify_kind = event->sigev_notify;
    if (notify_kind == SIGEV_NONE) {
        return 0;
    }
    bool has_signal = event->sigev_signo >= 1 && event->sigev_signo <= SIGNAL_COUNT;
    if (notify_kind == SIGEV_THREAD_ID) {
        const struct thread *thread = thread_find(event->_sigev_un._tid);
        bool is_own = thread != NULL && thread->process == process_current();
        return is_own && has_signal ? 0 : -EINVAL;
    }
    bool for_process = notify_kind == SIGEV_SIGNAL || notify_kind == SIGEV_THREAD;
    return for_process && has_signal ? 0 : -EINVAL;
}

static struct posix_timer *timer_new(int clock_id, const sigevent_t *event) {
    struct posix_timers *timers = timers_of(process_current());
    if (timers == NULL || timers->count >= TIMERS_MAX) {
        return NULL;
    }
    struct posix_timer *timer = heap_alloc_zeroed(sizeof(*timer));
    if (timer != NULL) {
        timer->process = process_current();
        timer->clock_id =
            clock_id == CLOCK_THREAD_CPUTIME_ID ? clock_of_thread(thread_current()) : clock_id;
        timer->notify = event->sigev_notify;
        timer->signo = event->sigev_signo;
        timer->tid = event->_sigev_un._tid;
        timer->value = (uint64_t)event->sigev_value.sival_ptr;
        insert(timers, timer);
    }
    return timer;
}

// Without an event: SIGALRM, with the timer's number.
SYSCALL(timer_create)(int clockid, void __user *event, int __user *timer_id) {
    sigevent_t wanted = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    uint64_t now_ns;
    int error = clock_read(clockid, &now_ns);
    if (error != 0) {
        return error;
    }
    if (!clock_has_timers(clockid)) {
        return -EOPNOTSUPP;
    }
    if (event != NULL && copy_from_user(&wanted, event, sizeof(wanted)) != 0) {
        return -EFAULT;
    }
    error = check_event(&wanted);
    if (error != 0) {
        return error;
    }
    struct posix_timer *timer = timer_new(clockid, &wanted);
    if (timer == NULL) {
        return -EAGAIN;
    }
    if (event == NULL) {
        timer->value = (uint64_t)timer->id;
    }
    if (put_user(timer->id, timer_id) != 0) {
        discard(timer);
        return -EFAULT;
    }
    return 0;
}

SYSCALL(timer_delete)(int timer_id) {
    struct posix_timer *timer = find(timer_id);
    if (timer == NULL) {
        return -EINVAL;
    }
    discard(timer);
    return 0;
}

// --- setting and reading ------------------------------------------------------------------------

static int put_setting(const struct posix_timer *timer, struct __kernel_itimerspec __user *to) {
    uint64_t left_ns = 0;
    if (timer->deadline_ns != 0) {
        uint64_t now_ns = now_of(timer);
        left_ns = timer->deadline_ns > now_ns ? timer->deadline_ns - now_ns : 1; // never reads as 0
    }
    int error = timespec_put(&to->it_interval, timer->interval_ns);
    return error == 0 ? timespec_put(&to->it_value, left_ns) : error;
}

SYSCALL(timer_gettime)(int timer_id, struct __kernel_itimerspec __user *setting) {
    const struct posix_timer *timer = find(timer_id);
    return timer != NULL ? put_setting(timer, setting) : -EINVAL;
}

SYSCALL(timer_getoverrun)(int timer_id) {
    const struct posix_timer *timer = find(timer_id);
    return timer != NULL ? timer->overrun : -EINVAL;
}

static void start(struct posix_timer *timer, uint64_t value_ns, uint64_t interval_ns,
                  bool absolute) {
    timer_cancel(&timer->timer);
    bool unaffected = !absolute && clock_is_realtime(timer->clock_id);
    timer->running_clock = unaffected ? CLOCK_MONOTONIC : timer->clock_id;
    timer->deadline_ns = 0;
    timer->interval_ns = interval_ns;
    timer->missed = 0;
    timer->overrun = 0;
    if (value_ns != 0) {
        uint64_t now_ns = now_of(timer);
        timer->deadline_ns = absolute ? value_ns : now_ns + value_ns;
        arm(timer, now_ns, 0);
    }
}

SYSCALL(timer_settime)
(int timer_id, int flags, const struct __kernel_itimerspec __user *new_setting,
 struct __kernel_itimerspec __user *old_setting) {
    struct posix_timer *timer = find(timer_id);
    uint64_t value_ns, interval_ns;
    if (new_setting == NULL || timer == NULL) {
        return -EINVAL;
    }
    int error = timespec_get(&new_setting->it_value, &value_ns);
    error = error == 0 ? timespec_get(&new_setting->it_interval, &interval_ns) : error;
    if (error != 0) {
        return error;
    }
    if (old_setting != NULL && put_setting(timer, old_setting) != 0) {
        return -EFAULT;
    }
    start(timer, value_ns, interval_ns, (flags & TIMER_ABSTIME) != 0);
    return 0;
}

static void realtime_changed(void) {
    FOR_EACH_PROCESS(process) {
        struct posix_timers *timers = process->posix_timers;
        if (timers == NULL) {
            continue;
        }
        LIST_FOR_EACH (timer, &timers->list, struct posix_timer, node) {
            if (timer->deadline_ns != 0 && clock_is_realtime(timer->running_clock)) {
                arm(timer, now_of(timer), 0);
            }
        }
    }
}
CLOCK_CHANGE_HOOK(6, realtime_changed);

static void discard_all(struct process *process) {
    struct posix_timers *timers = process->posix_timers;
    if (timers == NULL) {
        return;
    }
    LIST_FOR_EACH_SAFE (timer, &timers->list, struct posix_timer, node) {
        discard(timer);
    }
    process->posix_timers = NULL;
    heap_free(timers);
}
PROCESS_EXIT_HOOK(posix_timer, discard_all);
