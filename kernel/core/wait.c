// Sleeping and waking. Nothing can be missed between wait_add() and wait_sleep(): the kernel is not
// preempted, and interrupt handlers run at safe points only, of which schedule() is one, and that
// looks at the thread's state last.
#include "wait.h"
#include "clock.h"
#include "percpu.h"
#include "thread.h"

#include <linux/errno.h>

struct sleep_timer {
    struct timer timer;
    struct thread *thread;
    bool expired;
};

void wait_queue_init(struct wait_queue *queue) {
    list_init(&queue->waiters);
}

void wait_prepare(struct waiter *waiter) {
    *waiter = (struct waiter){.thread = thread_current()};
    list_init(&waiter->node);
}

// In order of arrival, the exclusive waiters behind all others.
void wait_add(struct wait_queue *queue, struct waiter *waiter) {
    struct list *before = queue->waiters.prev;
    while (!waiter->exclusive && before != &queue->waiters &&
           LIST_ENTRY(before, struct waiter, node)->exclusive) {
        before = before->prev;
    }
    list_insert_after(before, &waiter->node);
}

void wait_remove(struct waiter *waiter) {
    list_remove(&waiter->node);
}

static void wake_one(struct waiter *waiter, uint32_t events) {
    waiter->woken = true;
    if (waiter->on_wake != NULL) {
        waiter->on_wake(waiter, events);
    } else {
        thread_wake(waiter->thread);
    }
}

// A woken waiter stays queued until it takes itself out, so it is skipped when it is woken already
// and exclusive: the next event is for somebody else.
size_t wait_wake_count(struct wait_queue *queue, size_t count, uint32_t events) {
    size_t woken = 0;
    LIST_FOR_EACH_SAFE (waiter, &queue->waiters, struct waiter, node) {
        if (woken == count) {
            break;
        }
        if (waiter->exclusive && waiter->woken) {
            continue;
        }
        wake_one(waiter, events);
        woken++;
    }
    return woken;
}

void wait_wake(struct wait_queue *queue, uint32_t events) {
    LIST_FOR_EACH_SAFE (waiter, &queue->waiters, struct waiter, node) {
        bool last = waiter->exclusive && !waiter->woken;
        if (!waiter->exclusive || last) {
            wake_one(waiter, events);
        }
        if (last) {
            break;
        }
    }
}

static void sleep_expired(struct timer *timer) {
    struct sleep_timer *sleep = CONTAINER_OF(timer, struct sleep_timer, timer);
    sleep->expired = true;
    thread_wake(sleep->thread);
}

static bool must_not_sleep(struct thread *thread) {
    uint64_t work = this_cpu()->work;
    return (work & WORK_EXIT) != 0 || ((work & WORK_SIGNAL) != 0 && signal_is_pending(thread));
}

static int sleep_until(uint64_t deadline_ns, bool interruptible) {
    struct thread *thread = thread_current();
    if (interruptible && must_not_sleep(thread)) {
        return -ERESTARTSYS;
    }
    struct sleep_timer sleep = {.thread = thread};
    if (deadline_ns != WAIT_FOREVER) {
        timer_set(&sleep.timer, deadline_ns, sleep_expired);
    }
    thread->interruptible = interruptible;
    thread->interrupted = false;
    thread->state = THREAD_SLEEPING;
    schedule();
    timer_cancel(&sleep.timer);
    thread->interruptible = false;
    if (thread->interrupted) {
        return -ERESTARTSYS;
    }
    return sleep.expired ? -ETIMEDOUT : 0;
}

int wait_sleep(uint64_t deadline_ns) {
    return sleep_until(deadline_ns, true);
}

int wait_sleep_uninterruptible(uint64_t deadline_ns) {
    return sleep_until(deadline_ns, false);
}
