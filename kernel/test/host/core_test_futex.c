// futex(2) through its entry, with threads that sleep for real; and random runs.
#include "clock.h"
#include "core_machine.h"
#include "syscall.h"
#include "thread.h"
#include "wait.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/time_types.h>

enum { MS = 1000000, WAITERS = 12 };

long sys_futex(long, long, long, long, long, long);

static long woken_with[WAITERS];
static size_t returned;

static long futex(size_t word, int op, uint32_t value, long timeout, size_t word2,
                  uint32_t value3) {
    return sys_futex((long)host_word_address(word), op, value, timeout,
                     (long)host_word_address(word2), value3);
}

struct wait_order {
    size_t word;
    int op;
    uint32_t bitset;
};

static void wait_as_told(void *argument) {
    const struct wait_order *order = argument;
    woken_with[returned] = futex(order->word, order->op, 0, 0, 0, order->bitset);
    returned++;
}

static void spawn_waiters(size_t count, struct wait_order *order) {
    for (size_t i = 0; i < count; i++) {
        host_spawn(wait_as_told, order);
    }
    schedule();
}

TEST(a_changed_word_is_not_waited_for) {
    host_start();
    host_words[0] = 1;
    EXPECT_EQUAL(futex(0, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0), -EAGAIN);
    EXPECT_EQUAL(futex(0, FUTEX_WAIT_BITSET_PRIVATE, 1, 0, 0, 0), -EINVAL);
}

TEST(bad_addresses_are_refused) {
    host_start();
    EXPECT_EQUAL(sys_futex((long)host_word_address(0) + 1, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0),
                 -EINVAL);
    EXPECT_EQUAL(sys_futex(8, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0), -EFAULT);
    EXPECT_EQUAL(sys_futex(8, FUTEX_WAKE, 1, 0, 0, 0), -EFAULT);
    EXPECT_EQUAL(futex(0, FUTEX_LOCK_PI, 0, 0, 0, 0), -ENOSYS);
}

TEST(wake_wakes_as_many_as_asked_and_in_order) {
    host_start();
    struct wait_order order = {.op = FUTEX_WAIT_PRIVATE};
    spawn_waiters(5, &order);
    EXPECT_EQUAL(futex(0, FUTEX_WAKE_PRIVATE, 2, 0, 0, 0), 2);
    schedule();
    EXPECT_EQUAL(returned, 2);
    EXPECT_EQUAL(futex(1, FUTEX_WAKE_PRIVATE, 100, 0, 0, 0), 0);
    EXPECT_EQUAL(futex(0, FUTEX_WAKE_PRIVATE, 100, 0, 0, 0), 3);
    schedule();
    EXPECT_EQUAL(returned, 5);
}

TEST(private_and_shared_calls_meet_on_private_memory_only_if_both_are_of_this_space) {
    host_start();
    struct wait_order order = {.op = FUTEX_WAIT};
    spawn_waiters(1, &order);
    EXPECT_EQUAL(futex(0, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0), 1);
    struct wait_order shared = {.word = HOST_WORDS, .op = FUTEX_WAIT};
    spawn_waiters(1, &shared);
    EXPECT_EQUAL(futex(HOST_WORDS, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0), 0);
    EXPECT_EQUAL(futex(HOST_WORDS, FUTEX_WAKE, 1, 0, 0, 0), 1);
}

TEST(bitsets_choose_whom_to_wake) {
    host_start();
    struct wait_order left = {.op = FUTEX_WAIT_BITSET_PRIVATE, .bitset = 1};
    struct wait_order right = {.op = FUTEX_WAIT_BITSET_PRIVATE, .bitset = 2};
    spawn_waiters(2, &left);
    spawn_waiters(3, &right);
    EXPECT_EQUAL(futex(0, FUTEX_WAKE_BITSET_PRIVATE, 9, 0, 0, 4), 0);
    EXPECT_EQUAL(futex(0, FUTEX_WAKE_BITSET_PRIVATE, 9, 0, 0, 2), 3);
    EXPECT_EQUAL(futex(0, FUTEX_WAKE_BITSET_PRIVATE, 9, 0, 0, 3), 2);
}

TEST(requeued_waiters_wait_for_the_other_word) {
    host_start();
    struct wait_order order = {.op = FUTEX_WAIT_PRIVATE};
    spawn_waiters(6, &order);
    EXPECT_EQUAL(futex(0, FUTEX_CMP_REQUEUE_PRIVATE, 1, 3, 1, 7), -EAGAIN);
    EXPECT_EQUAL(futex(0, FUTEX_CMP_REQUEUE_PRIVATE, 1, 3, 1, 0), 4);
    EXPECT_EQUAL(futex(0, FUTEX_WAKE_PRIVATE, 100, 0, 0, 0), 2);
    EXPECT_EQUAL(futex(1, FUTEX_WAKE_PRIVATE, 100, 0, 0, 0), 3);
    schedule();
    EXPECT_EQUAL(returned, 6);
    EXPECT_EQUAL(futex(0, FUTEX_REQUEUE_PRIVATE, (uint32_t)-1, 3, 1, 0), -EINVAL);
}

// FUTEX_OP() of <linux/futex.h>, which shifts signed numbers too far.
static uint32_t operation(uint32_t op, uint32_t argument, uint32_t compare, uint32_t with) {
    return op << 28 | compare << 24 | (argument & 0xfff) << 12 | (with & 0xfff);
}

TEST(wake_op_changes_the_second_word_and_looks_at_what_it_was) {
    host_start();
    struct wait_order first = {.op = FUTEX_WAIT_PRIVATE};
    spawn_waiters(2, &first);
    host_words[1] = 5;
    EXPECT_EQUAL(
        futex(0, FUTEX_WAKE_OP_PRIVATE, 1, 1, 1, operation(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 6)),
        1);
    EXPECT_EQUAL(host_words[1], 8);
    host_words[1] = 0;
    struct wait_order second = {.word = 1, .op = FUTEX_WAIT_PRIVATE};
    spawn_waiters(2, &second);
    EXPECT_EQUAL(
        futex(0, FUTEX_WAKE_OP_PRIVATE, 1, 2, 1, operation(FUTEX_OP_OR, 4, FUTEX_OP_CMP_EQ, 0)), 3);
    EXPECT_EQUAL(host_words[1], 4);
    uint32_t shifted =
        operation(FUTEX_OP_SET | FUTEX_OP_OPARG_SHIFT, 9, FUTEX_OP_CMP_LT, UINT32_MAX);
    EXPECT_EQUAL(futex(0, FUTEX_WAKE_OP_PRIVATE, 1, 1, 1, shifted), 0);
    EXPECT_EQUAL(host_words[1], 512);
}

TEST(a_wait_in_a_signal_is_restarted_without_a_handler) {
    host_start();
    host_spare_sigpending(true);
    thread_add_work(thread_current(), WORK_SIGNAL);
    EXPECT_EQUAL(futex(0, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0), -ERESTARTSYS);
}

// --- random runs: a model counts who waits where
// -----------------------------------------------------

enum { RANDOM_WORDS = 3, RANDOM_THREADS = 20, RANDOM_STEPS = 3000 };

static size_t waiting_at[RANDOM_WORDS];
static size_t asleep;
static bool finish;

static void wait_at_random(UNUSED void *argument) {
    while (!finish) {
        size_t word = host_pick(RANDOM_WORDS);
        waiting_at[word]++;
        asleep++;
        EXPECT_EQUAL(futex(word, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0), 0);
        asleep--;
    }
}

static void random_wake(void) {
    size_t word = host_pick(RANDOM_WORDS), count = 1 + host_pick(4);
    size_t wanted = MIN(count, waiting_at[word]);
    EXPECT_EQUAL(futex(word, FUTEX_WAKE_PRIVATE, (uint32_t)count, 0, 0, 0), wanted);
    waiting_at[word] -= wanted;
}

static void random_requeue(void) {
    size_t from = host_pick(RANDOM_WORDS),
           to = (from + 1 + host_pick(RANDOM_WORDS - 1)) % RANDOM_WORDS;
    size_t wake = host_pick(3), move = host_pick(5);
    size_t woken = MIN(wake, waiting_at[from]), moved = MIN(move, waiting_at[from] - woken);
    EXPECT_EQUAL(futex(from, FUTEX_REQUEUE_PRIVATE, (uint32_t)wake, (long)move, to, 0),
                 woken + moved);
    waiting_at[from] -= woken + moved;
    waiting_at[to] += moved;
}

TEST(random_wakes_and_requeues_agree_with_the_model) {
    host_start();
    host_seed();
    for (size_t i = 0; i < RANDOM_THREADS; i++) {
        host_spawn(wait_at_random, NULL);
    }
    for (size_t step = 0; step < RANDOM_STEPS; step++) {
        schedule();
        size_t waiting = waiting_at[0] + waiting_at[1] + waiting_at[2];
        EXPECT_EQUAL(waiting, RANDOM_THREADS);
        EXPECT_EQUAL(asleep, waiting);
        if (host_pick(2) == 0) {
            random_wake();
        } else {
            random_requeue();
        }
    }
    finish = true;
    for (size_t word = 0; word < RANDOM_WORDS; word++) {
        futex(word, FUTEX_WAKE_PRIVATE, INT32_MAX, 0, 0, 0);
    }
    schedule();
    EXPECT_EQUAL(asleep, 0);
}
