// Locks with priority inheritance: the kernel hands them on, to the highest priority first, from a condition variable's
// word as well; an owner that ends with the lock leaves a mark; a circle is refused.
//
// syscalls: futex clone gettid sched_setscheduler sched_getscheduler sched_getparam sched_setparam sched_rr_get_interval sched_setattr sched_getattr
// status: 0
// expect: uncontended 1 unlocked 1 not mine 1 own 1
// expect: order 30 20 10 0
// expect: busy 1 late 1
// expect: owner died 1
// expect: requeued 2, first 1 then 2
// expect: pi waiter not woken 1
// expect: deadlock 1
// expect: mutex 40000
// expect: fifo 1 prio 7, rr 2 slice 1, bad 1 1, attr 1 9 1 0
// qemu-user: knows FUTEX_CMP_REQUEUE_PI and deadlocks only as far as its host

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WAKE = 1, LOCK_PI = 6, UNLOCK_PI = 7, TRYLOCK_PI = 8, WAIT_REQUEUE_PI = 11, CMP_REQUEUE_PI = 12, LOCK_PI2 = 13, PRIVATE = 128 };

#define WAITERS 0x80000000u
#define DIED 0x40000000u
#define TID 0x3fffffffu

static uint32_t word, other, condition;
static int order[8], count;
static volatile int waiting;

static long futex(uint32_t *at, int op, uint32_t value, const void *timeout, uint32_t *at2, uint32_t value3) {
    long result = syscall(SYS_futex, at, op | PRIVATE, value, timeout, at2, value3);
    return result < 0 ? -errno : result;
}

static pid_t tid(void) {
    return (pid_t)syscall(SYS_gettid);
}

// musl's own calls for this say ENOSYS.
static int set_policy(int policy, int priority) {
    struct sched_param parameter = {.sched_priority = priority};
    return (int)syscall(SYS_sched_setscheduler, 0, policy, &parameter);
}

static void yield_until(volatile uint32_t *at, uint32_t bits) {
    while ((*at & bits) == 0) {
        sched_yield();
    }
}

static void wait_for(int wanted) {
    struct timespec nap = {0, 1000000};
    while (waiting != wanted) {
        nanosleep(&nap, NULL);
    }
    for (int i = 0; i < 5; i++) {
        nanosleep(&nap, NULL);
    }
}

static void *lock_with_priority(void *argument) {
    int priority = (int)(long)argument;
    set_policy(priority > 0 ? SCHED_FIFO : SCHED_OTHER, priority);
    waiting++;
    futex(&word, LOCK_PI, 0, NULL, NULL, 0);
    order[count++] = priority;
    futex(&word, UNLOCK_PI, 0, NULL, NULL, 0);
    return NULL;
}

static void hand_on_by_priority(void) {
    static const int priorities[4] = {10, 0, 30, 20};
    pthread_t threads[4];
    futex(&word, LOCK_PI, 0, NULL, NULL, 0);
    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, lock_with_priority, (void *)(long)priorities[i]);
        wait_for(i + 1);
    }
    futex(&word, UNLOCK_PI, 0, NULL, NULL, 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("order %d %d %d %d\n", order[0], order[1], order[2], order[3]);
}

static void *try_and_time_out(void *unused) {
    struct timespec soon;
    clock_gettime(CLOCK_MONOTONIC, &soon);
    soon.tv_sec += 0;
    int busy = futex(&word, TRYLOCK_PI, 0, NULL, NULL, 0) == -EAGAIN;
    int late = futex(&word, LOCK_PI2, 0, &soon, NULL, 0) == -ETIMEDOUT;
    printf("busy %d late %d\n", busy, late);
    return unused;
}

static void *end_with_lock(void *unused) {
    futex(&word, LOCK_PI, 0, NULL, NULL, 0);
    waiting = 1;
    yield_until(&word, WAITERS);
    syscall(SYS_exit, 0);
    return unused;
}

static void owner_dies(void) {
    pthread_t thread;
    pthread_attr_t attributes;
    waiting = 0;
    word = 0;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_create(&thread, &attributes, end_with_lock, NULL);
    while (waiting == 0) {
        sched_yield();
    }
    long got = futex(&word, LOCK_PI, 0, NULL, NULL, 0);
    printf("owner died %d\n", got == 0 && (word & TID) == (uint32_t)tid() && (word & DIED) != 0);
    word = 0;
}

static void *wait_on_condition(void *argument) {
    waiting++;
    long got = futex(&condition, WAIT_REQUEUE_PI, 0, NULL, &other, 0);
    if (got == 0 && (other & TID) == (uint32_t)tid()) {
        order[count++] = (int)(long)argument;
        futex(&other, UNLOCK_PI, 0, NULL, NULL, 0);
    }
    return NULL;
}

static void requeue(void) {
    pthread_t threads[2];
    waiting = count = 0;
    for (long i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, wait_on_condition, (void *)(i + 1));
        wait_for((int)i + 1);
    }
    int refused = futex(&condition, WAKE, 1, NULL, NULL, 0) == -EINVAL;
    futex(&other, LOCK_PI, 0, NULL, NULL, 0);
    long moved = futex(&condition, CMP_REQUEUE_PI, 1, (void *)5, &other, 0);
    futex(&other, UNLOCK_PI, 0, NULL, NULL, 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("requeued %ld, first %d then %d\n", moved, order[0], order[1]);
    printf("pi waiter not woken %d\n", refused);
}

static void *lock_other_then_first(void *unused) {
    futex(&other, LOCK_PI, 0, NULL, NULL, 0);
    waiting = 1;
    futex(&word, LOCK_PI, 0, NULL, NULL, 0);
    futex(&word, UNLOCK_PI, 0, NULL, NULL, 0);
    futex(&other, UNLOCK_PI, 0, NULL, NULL, 0);
    return unused;
}

static void circle(void) {
    pthread_t thread;
    word = other = 0;
    waiting = 0;
    futex(&word, LOCK_PI, 0, NULL, NULL, 0);
    pthread_create(&thread, NULL, lock_other_then_first, NULL);
    yield_until(&word, WAITERS);
    wait_for(1);
    printf("deadlock %d\n", futex(&other, LOCK_PI, 0, NULL, NULL, 0) == -EDEADLK);
    futex(&word, UNLOCK_PI, 0, NULL, NULL, 0);
    pthread_join(thread, NULL);
}

static pthread_mutex_t mutex;
static int total;

static void *add(void *unused) {
    for (int i = 0; i < 10000; i++) {
        pthread_mutex_lock(&mutex);
        total++;
        if (i % 1000 == 0) {
            sched_yield();
        }
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

static void library_mutex(void) {
    pthread_mutexattr_t attributes;
    pthread_t threads[4];
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&mutex, &attributes);
    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, add, NULL);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("mutex %d\n", total);
}

static void policies(void) {
    struct sched_param parameter = {0};
    struct timespec slice;
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attr = {.size = sizeof attr, .policy = SCHED_FIFO, .priority = 9};
    int fifo = set_policy(SCHED_FIFO, 7) == 0 && syscall(SYS_sched_getscheduler, 0) == SCHED_FIFO;
    syscall(SYS_sched_getparam, 0, &parameter);
    printf("fifo %d prio %d, ", fifo, parameter.sched_priority);
    parameter.sched_priority = 3;
    set_policy(SCHED_RR, 5);
    syscall(SYS_sched_setparam, 0, &parameter);
    syscall(SYS_sched_rr_get_interval, 0, &slice);
    printf("rr %ld slice %d, bad %d %d, ", syscall(SYS_sched_getscheduler, 0), slice.tv_nsec > 0,
           set_policy(SCHED_FIFO, 0) == -1 && errno == EINVAL, set_policy(SCHED_OTHER, 1) == -1 && errno == EINVAL);
    long set = syscall(SYS_sched_setattr, 0, &attr, 0);
    memset(&attr, 0xff, sizeof attr);
    long got = syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0);
    printf("attr %d %u ", set == 0 && got == 0, attr.priority);
    set_policy(SCHED_OTHER, 0);
    syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0);
    printf("%d %u\n", attr.policy == SCHED_OTHER, attr.priority);
}

int main(void) {
    long locked = futex(&word, LOCK_PI, 0, NULL, NULL, 0);
    int mine = locked == 0 && word == (uint32_t)tid();
    int own = futex(&word, LOCK_PI, 0, NULL, NULL, 0) == -EDEADLK;
    int unlocked = futex(&word, UNLOCK_PI, 0, NULL, NULL, 0) == 0 && word == 0;
    printf("uncontended %d unlocked %d not mine %d own %d\n", mine, unlocked,
           futex(&word, UNLOCK_PI, 0, NULL, NULL, 0) == -EPERM, own);
    hand_on_by_priority();
    pthread_t thread;
    futex(&word, LOCK_PI, 0, NULL, NULL, 0);
    pthread_create(&thread, NULL, try_and_time_out, NULL);
    pthread_join(thread, NULL);
    futex(&word, UNLOCK_PI, 0, NULL, NULL, 0);
    owner_dies();
    requeue();
    circle();
    library_mutex();
    policies();
    return 0;
}
