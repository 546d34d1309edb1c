// A mask for one call: rt_sigsuspend, ppoll and pselect6 let a blocked signal in, and the old mask is back afterwards.
//
// syscalls: rt_sigsuspend ppoll pselect6 epoll_pwait rt_sigaction rt_sigreturn
// status: 0
// expect: sigsuspend EINTR, handled 1, blocked again 1
// expect: ppoll EINTR, handled 1, blocked again 1
// expect: pselect EINTR, handled 1, blocked again 1
// expect: epoll_pwait EINTR, handled 1, blocked again 1
// expect: in the handler: blocked 1, with SA_NODEFER 0
// expect: reset to default 1
// expect: ignored signals do not interrupt: 0

#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

static volatile int handled, blocked_inside;

static int is_blocked(void) {
    sigset_t now;
    sigprocmask(SIG_BLOCK, NULL, &now);
    return sigismember(&now, SIGUSR1);
}

static void on_signal(int signo) {
    (void)signo;
    handled++;
    blocked_inside = is_blocked();
}

static void show(const char *what, int result) {
    printf("%s %s, handled %d, blocked again %d\n", what, result < 0 && errno == EINTR ? "EINTR" : "?",
           handled, is_blocked());
    handled = 0;
    raise(SIGUSR1);
}

static void install(int flags) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    sigaction(SIGUSR1, &action, NULL);
}

int main(void) {
    sigset_t none, one;
    struct timespec second = {1, 0};
    install(0);
    sigemptyset(&none);
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    sigprocmask(SIG_BLOCK, &one, NULL);
    raise(SIGUSR1);
    show("sigsuspend", sigsuspend(&none));
    show("ppoll", ppoll(NULL, 0, &second, &none));
    show("pselect", pselect(0, NULL, NULL, NULL, &second, &none));
    struct epoll_event event;
    show("epoll_pwait", epoll_pwait(epoll_create1(0), &event, 1, 1000, &none));
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    printf("in the handler: blocked %d", blocked_inside);
    install(SA_NODEFER);
    raise(SIGUSR1);
    printf(", with SA_NODEFER %d\n", blocked_inside);

    install(SA_RESETHAND);
    raise(SIGUSR1);
    struct sigaction now;
    sigaction(SIGUSR1, NULL, &now);
    printf("reset to default %d\n", now.sa_handler == SIG_DFL);

    signal(SIGALRM, SIG_IGN);
    struct itimerval soon = {{0, 0}, {0, 10000}};
    struct timespec moment = {0, 40000000};
    setitimer(ITIMER_REAL, &soon, NULL);
    printf("ignored signals do not interrupt: %d\n", nanosleep(&moment, NULL));
}
