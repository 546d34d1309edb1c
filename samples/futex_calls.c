// The newer futex calls: one word by size and mask, several words at once, from one word to another.
//
// syscalls: futex_waitv futex_wait futex_wake futex_requeue clone
// status: 0
// expect: changed 1 size 1 mask 1 late 1
// expect: woken 1 by 1
// expect: other mask 0 then 1
// expect: requeue stale 1 moved 2 there 1
// expect: any of three 2
// expect: any: changed 1, late 1, too many 1
// expect: operations 1 2 1
// qemu-user: does not know these calls

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WAITV = 449, FUTEX_WAKE_CALL = 454, FUTEX_WAIT_CALL = 455, FUTEX_REQUEUE_CALL = 456 };
enum { SIZE_32 = 2, PRIVATE = 128, FLAGS = SIZE_32 | PRIVATE };

struct entry {
    uint64_t value, address;
    uint32_t flags, reserved;
};

static uint32_t words[4];
static volatile int waiting, results[4];

static long call(long number, long a, long b, long c, long d, long e, long f) {
    long result = syscall(number, a, b, c, d, e, f);
    return result < 0 ? -errno : result;
}

static long wait_on(uint32_t *word, uint32_t value, unsigned long mask, unsigned flags, struct timespec *until) {
    return call(FUTEX_WAIT_CALL, (long)word, value, (long)mask, flags, (long)until, CLOCK_MONOTONIC);
}

static long wake(uint32_t *word, unsigned long mask, int count) {
    return call(FUTEX_WAKE_CALL, (long)word, (long)mask, count, FLAGS, 0, 0);
}

static void *wait_with_mask(void *argument) {
    waiting++;
    results[(long)argument] = wait_on(&words[0], 0, 2, FLAGS, NULL) == 0;
    return NULL;
}

static void *wait_for_any(void *unused) {
    struct entry entries[3] = {{0, (uint64_t)&words[1], FLAGS, 0},
                               {0, (uint64_t)&words[2], FLAGS, 0},
                               {0, (uint64_t)&words[3], SIZE_32, 0}};
    waiting++;
    results[0] = (int)call(WAITV, (long)entries, 3, 0, 0, 0, 0);
    return unused;
}

static void let_wait(int wanted) {
    struct timespec nap = {0, 1000000};
    while (waiting != wanted) {
        nanosleep(&nap, NULL);
    }
    for (int i = 0; i < 5; i++) {
        nanosleep(&nap, NULL);
    }
}

int main(void) {
    struct timespec past = {0, 1};
    pthread_t threads[3];
    printf("changed %d size %d mask %d late %d\n", wait_on(&words[0], 1, 1, FLAGS, NULL) == -EAGAIN,
           wait_on(&words[0], 0, 1, 1 | PRIVATE, NULL) == -EINVAL, wait_on(&words[0], 0, 0, FLAGS, NULL) == -EINVAL,
           wait_on(&words[0], 0, 1, FLAGS, &past) == -ETIMEDOUT);
    pthread_create(&threads[0], NULL, wait_with_mask, (void *)0);
    let_wait(1);
    long wrong = wake(&words[0], 1, 1), right = wake(&words[0], 3, 1);
    pthread_join(threads[0], NULL);
    printf("woken %d by %ld\nother mask %ld then %ld\n", results[0], right, wrong, right);

    for (long i = 0; i < 3; i++) {
        pthread_create(&threads[i], NULL, wait_with_mask, (void *)i);
    }
    let_wait(4);
    struct entry pair[2] = {{7, (uint64_t)&words[0], FLAGS, 0}, {0, (uint64_t)&words[1], FLAGS, 0}};
    int stale = call(FUTEX_REQUEUE_CALL, (long)pair, 0, 1, 1, 0, 0) == -EAGAIN;
    pair[0].value = 0;
    long moved = call(FUTEX_REQUEUE_CALL, (long)pair, 0, 1, 1, 0, 0);
    printf("requeue stale %d moved %ld there %ld\n", stale, moved, wake(&words[1], 2, 9));
    wake(&words[0], 2, 9);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }

    pthread_create(&threads[0], NULL, wait_for_any, NULL);
    let_wait(5);
    call(SYS_futex, (long)&words[3], 1, 1, 0, 0, 0);
    pthread_join(threads[0], NULL);
    printf("any of three %d\n", results[0]);
    struct entry one = {1, (uint64_t)&words[1], FLAGS, 0};
    int changed = call(WAITV, (long)&one, 1, 0, 0, 0, 0) == -EAGAIN;
    one.value = 0;
    int late = call(WAITV, (long)&one, 1, 0, (long)&past, CLOCK_MONOTONIC, 0) == -ETIMEDOUT;
    printf("any: changed %d, late %d, too many %d\n", changed, late, call(WAITV, (long)&one, 129, 0, 0, 0, 0) == -EINVAL);

    // The same through futex(2): FUTEX_CMP_REQUEUE wakes one and moves one, FUTEX_WAKE_OP sets a word to 5 if it was 0.
    waiting = 0;
    for (long i = 0; i < 3; i++) {
        pthread_create(&threads[i], NULL, wait_with_mask, (void *)i);
    }
    let_wait(3);
    long both = call(SYS_futex, (long)&words[0], 4 | PRIVATE, 1, 1, (long)&words[1], 0);
    long woken = call(SYS_futex, (long)&words[0], 5 | PRIVATE, 1, 1, (long)&words[1], 5 << 12);
    printf("operations %d %ld %d\n", both == 2, woken, words[1] == 5);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    return 0;
}
