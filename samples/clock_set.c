// A clock that is set forward: who waits for a time of day is woken, who waits for a duration is not.
//
// syscalls: clock_settime clock_nanosleep timer_create timer_settime settimeofday
// status: 0
// expect: state 1 tick 10000 status 64
// expect: sleeper 0, timer 1, duration 0
// expect: stepped 1
// expect: told 1 state 0
// expect: frequency refused 1, other clock 1
// expect: set by day 1
// qemu-user: would set the host's clock

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

enum { HOUR = 3600 };

static volatile int expired;
static volatile int asleep;

static void on_expiry(int signo) {
    expired += signo == SIGUSR1;
}

static void *sleep_until_noon(void *argument) {
    struct timespec until = *(struct timespec *)argument;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    asleep = 1;
    return (void *)(long)clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL);
}

int main(void) {
    struct timex state = {0};
    int answer = (int)syscall(SYS_adjtimex, &state);
    printf("state %d tick %ld status %d\n", answer == TIME_ERROR, (long)state.tick, state.status);

    struct timespec now;
    timer_t absolute, relative;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    pthread_t thread;
    clock_gettime(CLOCK_REALTIME, &now);
    struct timespec noon = {now.tv_sec + HOUR, 0};
    signal(SIGUSR1, on_expiry);
    timer_create(CLOCK_REALTIME, &event, &absolute);
    timer_settime(absolute, TIMER_ABSTIME, &(struct itimerspec){{0}, noon}, NULL);
    timer_create(CLOCK_REALTIME, &event, &relative);
    timer_settime(relative, 0, &(struct itimerspec){{0}, {HOUR, 0}}, NULL);
    pthread_create(&thread, NULL, sleep_until_noon, &noon);
    while (!asleep) {
        sched_yield();
    }
    usleep(20000);
    now.tv_sec += 2 * HOUR;
    clock_settime(CLOCK_REALTIME, &now);
    void *result;
    pthread_join(thread, &result);
    while (expired == 0) {
        usleep(1000);
    }
    struct itimerspec left;
    timer_gettime(relative, &left);
    printf("sleeper %ld, timer %d, duration %d\n", (long)result, expired, left.it_value.tv_sec == 0);

    state = (struct timex){.modes = ADJ_SETOFFSET, .time = {HOUR, 0}};
    syscall(SYS_clock_adjtime, CLOCK_REALTIME, &state);
    struct timespec after;
    clock_gettime(CLOCK_REALTIME, &after);
    printf("stepped %d\n", after.tv_sec - now.tv_sec >= HOUR && after.tv_sec - now.tv_sec < HOUR + 600);
    state = (struct timex){.modes = ADJ_STATUS, .status = 0};
    answer = (int)syscall(SYS_adjtimex, &state);
    printf("told %d state %d\n", state.status == 0, answer);
    state = (struct timex){.modes = ADJ_FREQUENCY, .freq = 1000};
    int refused = syscall(SYS_adjtimex, &state) == -1 && errno == EOPNOTSUPP;
    printf("frequency refused %d, other clock %d\n", refused,
           syscall(SYS_clock_adjtime, CLOCK_MONOTONIC, &state) == -1 && errno == EOPNOTSUPP);
    struct timeval day = {2000000000, 0};
    int set = settimeofday(&day, NULL) == 0;
    printf("set by day %d\n", set && time(NULL) >= 2000000000);
    return 0;
}
