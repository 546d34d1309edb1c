// Handlers, masks, pending signals and what they carry.
//
// syscalls: rt_sigaction rt_sigprocmask rt_sigpending kill getpid
// status: 0
// expect: handled 1 code 0 own pid 1
// expect: blocked 1 pending 1
// expect: once 2
// expect: ignored 2

#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile int count, last_code, last_pid;

static void on_signal(int signo, siginfo_t *info, void *context) {
    (void)signo;
    (void)context;
    count++;
    last_code = info->si_code;
    last_pid = info->si_pid;
}

int main(void) {
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    kill(getpid(), SIGUSR1);
    printf("handled %d code %d own pid %d\n", count, last_code, last_pid == getpid());
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR1);
    sigpending(&pending);
    printf("blocked %d pending %d\n", count, sigismember(&pending, SIGUSR1));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    printf("once %d\n", count);
    signal(SIGUSR1, SIG_IGN);
    kill(getpid(), SIGUSR1);
    printf("ignored %d\n", count);
    return 0;
}
