// Sleeping takes at least as long as asked, and a signal cuts it short.
//
// syscalls: nanosleep clock_nanosleep clock_gettime setitimer
// status: 0
// expect: sleep 0 enough 1
// expect: cut 1 left 1
// expect: bad 1
// expect: absolute 0

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>

static void nothing(int signo) {
    (void)signo;
}

static long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(void) {
    long start = now_ms();
    struct timespec wait = {0, 30000000}, left = {0};
    printf("sleep %d", nanosleep(&wait, NULL));
    printf(" enough %d\n", now_ms() - start >= 30);
    struct sigaction action = {.sa_handler = nothing};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval timer = {{0, 0}, {0, 20000}};
    setitimer(ITIMER_REAL, &timer, NULL);
    wait.tv_sec = 100;
    printf("cut %d", nanosleep(&wait, &left) == -1 && errno == EINTR);
    printf(" left %d\n", left.tv_sec >= 90 && left.tv_sec <= 100);
    struct timespec bad = {0, 1000000000};
    printf("bad %d\n", nanosleep(&bad, NULL) == -1 && errno == EINVAL);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 10000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    printf("absolute %d\n", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
    return 0;
}
