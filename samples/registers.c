// A handler that runs between two instructions changes no register, and may change the context.
//
// syscalls: rt_sigaction rt_sigreturn setitimer
// status: 0
// expect: wrong 0

#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

static volatile sig_atomic_t ticks;

static void on_alarm(int signo) {
    volatile double noise = signo;
    for (int i = 0; i < 50; i++) {
        noise = noise * 1.5 + i;
    }
    ticks++;
}

int main(void) {
    signal(SIGALRM, on_alarm);
    struct itimerval timer = {{0, 2000}, {0, 2000}};
    setitimer(ITIMER_REAL, &timer, NULL);
    unsigned long a = 1, b = 2, wrong = 0;
    double x = 1, y = 1;
    while (ticks < 20) {
        unsigned long before = a ^ b;
        a = a * 6364136223846793005UL + 1;
        b = b * 6364136223846793005UL + 1;
        x = x * 1.0000001;
        y = y * 1.0000001;
        wrong += x != y;
        wrong += before == 0;
    }
    printf("wrong %lu\n", wrong);
    return 0;
}
