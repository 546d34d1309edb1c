// POSIX timers: periods, what is left, expiries that nobody took, and a clock that counts CPU time.
//
// syscalls: timer_create timer_settime timer_gettime timer_getoverrun timer_delete
// status: 0
// expect: expired 1 value 77 code 1
// expect: interval 2000000 left 1
// expect: stopped 0 0
// expect: overrun 1
// expect: asleep 0
// expect: computed 9
// expect: absolute 1
// expect: deleted 0 again 1
// expect: bad clock 1 bad event 1

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static volatile int expired, value, timer_code;

static void on_expiry(int signo, siginfo_t *info, void *context) {
    (void)signo, (void)context;
    expired++;
    value = info->si_value.sival_int;
    timer_code = info->si_code == SI_TIMER;
}

static void set(timer_t timer, int flags, long value_ns, long interval_ns) {
    struct itimerspec setting = {{0, interval_ns}, {0, value_ns}};
    timer_settime(timer, flags, &setting, NULL);
}

int main(void) {
    struct sigaction action = {.sa_sigaction = on_expiry, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    event.sigev_value.sival_int = 77;
    timer_t periodic, cpu;
    timer_create(CLOCK_MONOTONIC, &event, &periodic);
    set(periodic, 0, 2000000, 2000000);
    while (expired < 5) {
        pause();
    }
    printf("expired %d value %d code %d\n", expired >= 5, value, timer_code);
    struct itimerspec left;
    timer_gettime(periodic, &left);
    printf("interval %ld left %d\n", left.it_interval.tv_nsec, left.it_value.tv_nsec > 0);
    set(periodic, 0, 0, 0);
    timer_gettime(periodic, &left);
    printf("stopped %ld %ld\n", (long)left.it_value.tv_sec, left.it_value.tv_nsec);

    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    set(periodic, 0, 1000000, 1000000);
    usleep(30000);
    sigprocmask(SIG_UNBLOCK, &blocked, NULL);
    printf("overrun %d\n", timer_getoverrun(periodic) >= 5);
    set(periodic, 0, 0, 0);

    event.sigev_value.sival_int = 9;
    timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &cpu);
    expired = 0;
    set(cpu, 0, 20000000, 0);
    struct timespec nap = {0, 50000000};
    nanosleep(&nap, NULL);
    printf("asleep %d\n", expired);
    while (expired == 0) {
    }
    printf("computed %d\n", value);

    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    expired = 0;
    struct itimerspec past = {{0, 0}, {now.tv_sec, now.tv_nsec}};
    timer_settime(periodic, TIMER_ABSTIME, &past, NULL);
    usleep(5000);
    printf("absolute %d\n", expired);

    int first = timer_delete(periodic);
    printf("deleted %d again %d\n", first, timer_delete(periodic) != 0);
    int bad_clock = timer_create(4711, &event, &cpu) == -1 && errno == EINVAL;
    event.sigev_signo = 99;
    printf("bad clock %d bad event %d\n", bad_clock, timer_create(CLOCK_REALTIME, &event, &cpu) == -1 && errno == EINVAL);
}
