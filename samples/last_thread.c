// Threads that end in unusual ways: the first one before the others, one while it holds a robust lock, and a signal for
// all of them at the end.
//
// syscalls: clone futex exit set_robust_list clock_nanosleep tgkill
// status: 143
// expect: owner died 1
// expect: timed out 1
// expect: the first thread gave 77
// qemu-user: has no robust futexes

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static pthread_t first;
static pthread_mutex_t robust;

static void *die_with_lock(void *argument) {
    (void)argument;
    pthread_mutex_lock(&robust);
    return NULL;
}

static void *spin(void *argument) {
    for (;;) {
    }
    return argument;
}

static void *outlive_the_first(void *argument) {
    (void)argument;
    void *result;
    pthread_t spinning;
    pthread_join(first, &result);
    printf("the first thread gave %ld\n", (long)result);
    fflush(stdout);
    pthread_create(&spinning, NULL, spin, NULL);
    struct timespec nap = {0, 10000000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
    raise(SIGTERM);
    return NULL;
}

int main(void) {
    pthread_t other;
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attributes);
    pthread_create(&other, NULL, die_with_lock, NULL);
    pthread_join(other, NULL);
    printf("owner died %d\n", pthread_mutex_lock(&robust) == EOWNERDEAD);

    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 5000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&mutex);
    printf("timed out %d\n", pthread_cond_timedwait(&never, &mutex, &until) == ETIMEDOUT);
    pthread_mutex_unlock(&mutex);

    first = pthread_self();
    pthread_create(&other, NULL, outlive_the_first, NULL);
    pthread_exit((void *)77);
}
