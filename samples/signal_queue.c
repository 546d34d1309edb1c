// Signals that carry a value, wait their turn and are fetched without a handler.
//
// syscalls: rt_sigqueueinfo rt_tgsigqueueinfo rt_sigtimedwait rt_sigsuspend tkill rt_sigprocmask 
// status: 0
// expect: queued 3
// expect: 10 11 12
// expect: user 34 code -1
// expect: nothing 1
// expect: thread 35 value 77
// expect: suspend 1 handled 1
// expect: directed 2

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile int handled;

static void on_signal(int signo) {
    (void)signo;
    handled++;
}

static int wait_for(const sigset_t *set, siginfo_t *info) {
    struct timespec none = {0, 0};
    return sigtimedwait(set, info, &none);
}

int main(void) {
    sigset_t set, old;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, 40);
    sigaddset(&set, 41);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    int queued = 0;
    for (int i = 10; i <= 12; i++) {
        union sigval value = {.sival_int = i};
        queued += sigqueue(getpid(), 40, value) == 0;
    }
    printf("queued %d\n", queued);
    int values[3];
    for (int i = 0; i < 3; i++) {
        wait_for(&set, &info);
        values[i] = info.si_value.sival_int;
    }
    printf("%d %d %d\n", values[0], values[1], values[2]);
    printf("user %d code %d\n", info.si_signo - 6, info.si_code);
    printf("nothing %d\n", wait_for(&set, &info) == -1 && errno == EAGAIN);
    memset(&info, 0, sizeof info);
    info.si_signo = 41;
    info.si_code = SI_QUEUE;
    info.si_value.sival_int = 77;
    syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), 41, &info);
    int got = wait_for(&set, &info);
    printf("thread %d value %d\n", got - 6, info.si_value.sival_int);
    signal(SIGUSR1, on_signal);
    kill(getpid(), SIGUSR1);
    int result = sigsuspend(&old);
    printf("suspend %d handled %d\n", result == -1 && errno == EINTR, handled);
    sigprocmask(SIG_SETMASK, &old, NULL);
    syscall(SYS_tkill, syscall(SYS_gettid), SIGUSR1);
    printf("directed %d\n", handled);
    return 0;
}
