// Timers, the clock and the scheduler.
#include "clock.h"
#include "core_machine.h"
#include "percpu.h"
#include "thread.h"
#include "wait.h"

#include <errno.h>

enum { TIMERS = 200, MS = 1000000 };

static struct timer timers[TIMERS];
static size_t fired;
static uint64_t last_deadline;

static void note(struct timer *timer) {
    EXPECT(timer->deadline_ns <= host_now_ns());
    EXPECT(timer->deadline_ns >= last_deadline);
    last_deadline = timer->deadline_ns;
    fired++;
}

TEST(timers_fire_in_order_of_their_deadlines) {
    host_start();
    host_seed();
    for (size_t i = 0; i < TIMERS; i++) {
        timer_set(&timers[i], host_now_ns() + host_pick(50 * MS), note);
    }
    host_compute_ns(60 * MS);
    EXPECT_EQUAL(fired, TIMERS);
    EXPECT(host_armed_ns() == UINT64_MAX);
}

TEST(a_cancelled_timer_does_not_fire) {
    host_start();
    timer_set(&timers[0], host_now_ns() + MS, note);
    timer_set(&timers[1], host_now_ns() + 2 * MS, note);
    timer_cancel(&timers[0]);
    timer_cancel(&timers[0]);
    host_compute_ns(3 * MS);
    EXPECT_EQUAL(fired, 1);
}

static void again(struct timer *timer) {
    if (++fired < 10) {
        timer_set(timer, timer->deadline_ns + MS, again);
    }
}

TEST(a_timer_may_set_itself_again) {
    host_start();
    timer_set(&timers[0], host_now_ns(), again);
    host_compute_ns(20 * MS);
    EXPECT_EQUAL(fired, 10);
}

TEST(a_deadline_in_the_past_fires_at_once) {
    host_start();
    timer_set(&timers[0], 0, note);
    EXPECT(host_armed_ns() <= host_now_ns());
}

TEST(a_lone_thread_is_never_interrupted) {
    host_start();
    host_compute_ns(1000UL * MS);
    EXPECT(host_armed_ns() == UINT64_MAX);
    EXPECT_EQUAL(host_percpu.switches, 0);
}

TEST(realtime_follows_what_is_set) {
    host_start();
    clock_set_realtime_ns(5 * NSEC_PER_SEC);
    host_advance_ns(7 * MS);
    EXPECT_EQUAL(clock_realtime_ns(), 5 * NSEC_PER_SEC + 7 * MS);
}

// --- sharing the CPU
// ------------------------------------------------------------------------------

static bool stop;
static size_t stopped;

static void compute(UNUSED void *argument) {
    while (!stop) {
        host_compute_ns(MS / 10);
    }
    stopped++;
}

static uint64_t ran_ns(struct thread *thread) {
    return thread_cpu_ns(thread);
}

TEST(computing_threads_get_equal_shares) {
    host_start();
    struct thread *first = host_spawn(compute, NULL), *second = host_spawn(compute, NULL);
    wait_sleep(host_now_ns() + 400UL * MS);
    EXPECT(ran_ns(first) > 190UL * MS && ran_ns(second) > 190UL * MS);
    EXPECT(host_percpu.switches < 250);
}

TEST(nice_threads_get_less) {
    host_start();
    struct thread *first = host_spawn(compute, NULL), *second = host_spawn(compute, NULL);
    second->nice = 10;
    wait_sleep(host_now_ns() + 400UL * MS);
    EXPECT(ran_ns(second) * 3 < ran_ns(first) * 2);
    EXPECT(ran_ns(second) > 100UL * MS);
}

TEST(a_sleeper_wakes_soon_though_others_compute) {
    host_start();
    host_spawn(compute, NULL);
    for (int i = 0; i < 20; i++) {
        uint64_t deadline = host_now_ns() + 3 * MS;
        EXPECT_EQUAL(wait_sleep(deadline), -ETIMEDOUT);
        EXPECT(host_now_ns() >= deadline && host_now_ns() < deadline + 3 * MS);
    }
}

TEST(the_idle_machine_waits_for_the_next_deadline) {
    host_start();
    EXPECT_EQUAL(wait_sleep(host_now_ns() + 500UL * MS), -ETIMEDOUT);
    EXPECT(host_idle_waits() <= 2);
}

static struct wait_queue queue;
static bool happened;

static void make_it_happen(UNUSED void *argument) {
    happened = true;
    wait_wake(&queue, 0);
}

TEST(an_event_ends_a_wait) {
    host_start();
    wait_queue_init(&queue);
    host_spawn(make_it_happen, NULL);
    EXPECT_EQUAL(WAIT_EVENT(&queue, happened, WAIT_FOREVER), 0);
    EXPECT_EQUAL(WAIT_EVENT(&queue, happened, 0), 0);
}

TEST(a_wait_without_an_event_times_out) {
    host_start();
    wait_queue_init(&queue);
    EXPECT_EQUAL(WAIT_EVENT(&queue, happened, host_now_ns() + MS), -ETIMEDOUT);
    EXPECT(list_empty(&queue.waiters));
}

static void signal_sleeper(void *thread) {
    thread_add_work(thread, WORK_SIGNAL);
}

TEST(a_signal_interrupts_a_sleep) {
    host_start();
    host_spawn(signal_sleeper, thread_current());
    EXPECT_EQUAL(wait_sleep(WAIT_FOREVER), -ERESTARTSYS);
    EXPECT((this_cpu()->work & WORK_SIGNAL) != 0);
}

TEST(a_signal_does_not_interrupt_an_uninterruptible_sleep) {
    host_start();
    host_spawn(signal_sleeper, thread_current());
    EXPECT_EQUAL(wait_sleep_uninterruptible(host_now_ns() + MS), -ETIMEDOUT);
}

static void nothing(UNUSED void *argument) {
}

TEST(ten_thousand_threads_leave_nothing_behind) {
    host_start();
    size_t before = host_blocks();
    for (int i = 0; i < 10000; i++) {
        host_spawn(nothing, NULL);
        schedule();
    }
    EXPECT(host_blocks() <= before + 4);
    EXPECT_EQUAL(process_current()->thread_count, 1);
}

TEST(many_threads_at_once_give_their_memory_back) {
    host_start();
    size_t before = host_blocks();
    for (int i = 0; i < 1000; i++) {
        host_spawn(nothing, NULL);
    }
    wait_sleep(host_now_ns() + MS);
    EXPECT(host_blocks() <= before + 12);
}

static struct wait_queue exclusive_queue;
static size_t served;

static void wait_exclusively(UNUSED void *argument) {
    struct waiter self;
    wait_prepare(&self);
    self.exclusive = true;
    wait_add(&exclusive_queue, &self);
    EXPECT_EQUAL(wait_sleep(WAIT_FOREVER), 0);
    wait_remove(&self);
    served++;
}

TEST(exclusive_waiters_are_woken_one_at_a_time) {
    host_start();
    wait_queue_init(&exclusive_queue);
    for (int i = 0; i < 3; i++) {
        host_spawn(wait_exclusively, NULL);
    }
    schedule();
    for (size_t i = 1; i <= 3; i++) {
        wait_wake(&exclusive_queue, 0);
        schedule();
        EXPECT_EQUAL(served, i);
    }
}

TEST(two_events_wake_two_exclusive_waiters) {
    host_start();
    wait_queue_init(&exclusive_queue);
    for (int i = 0; i < 3; i++) {
        host_spawn(wait_exclusively, NULL);
    }
    schedule();
    wait_wake(&exclusive_queue, 0);
    wait_wake(&exclusive_queue, 0);
    schedule();
    EXPECT_EQUAL(served, 2);
}
