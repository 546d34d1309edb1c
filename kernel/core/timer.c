// What is to happen at a time: a list sorted by deadline, and the end of the running thread's
// slice. The machine's timer is armed for the first of these and stays quiet when there is none: a
// lone computing thread is never disturbed.
#include "arch.h"
#include "clock.h"
#include "percpu.h"

static struct list timers = LIST_INIT(timers);
static uint64_t slice_end_ns = UINT64_MAX;
static uint64_t armed_ns = UINT64_MAX; // what the machine's timer stands at

// Rounded up, so that the deadline has been reached when the interrupt comes.
static uint64_t ticks_of_ns(uint64_t ns) {
    uint64_t hz = clock_frequency_hz();
    return ns / NSEC_PER_SEC * hz + (ns % NSEC_PER_SEC * hz + NSEC_PER_SEC - 1) / NSEC_PER_SEC;
}

static uint64_t next_deadline(void) {
    struct timer *first = LIST_FIRST(&timers, struct timer, node);
    return MIN(first != NULL ? first->deadline_ns : UINT64_MAX, slice_end_ns);
}

static void arm(void) {
    armed_ns = next_deadline();
    if (armed_ns == UINT64_MAX) {
        timer_disarm();
    } else {
        timer_arm(ticks_of_ns(armed_ns));
    }
}

// An interrupt that comes too early does no harm: it arms the timer again. So only an earlier
// deadline costs anything.
static void arm_if_earlier(void) {
    if (next_deadline() < armed_ns) {
        arm();
    }
}

void timer_set(struct timer *timer, uint64_t deadline_ns, void (*fire)(struct timer *timer)) {
    timer_cancel(timer);
    timer->deadline_ns = deadline_ns;
    timer->fire = fire;
    timer->armed = true;
    struct list *before = timers.prev; // most new deadlines are late ones
    while (before != &timers && LIST_ENTRY(before, struct timer, node)->deadline_ns > deadline_ns) {
        before = before->prev;
    }
    list_insert_after(before, &timer->node);
    arm_if_earlier();
}

void timer_cancel(struct timer *timer) {
    if (timer->armed) {
        timer->armed = false;
        list_remove(&timer->node);
    }
}

void timer_set_slice_end(uint64_t deadline_ns) {
    slice_end_ns = deadline_ns;
    arm_if_earlier();
}

void timer_run_expired(void) {
    uint64_t now_ns = clock_monotonic_ns();
    struct timer *first;
    while ((first = LIST_FIRST(&timers, struct timer, node)) != NULL &&
           first->deadline_ns <= now_ns) {
        timer_cancel(first);
        first->fire(first);
    }
    if (slice_end_ns <= now_ns) {
        slice_end_ns = UINT64_MAX;
        percpu_add_work(WORK_RESCHEDULE);
    }
    arm();
}
