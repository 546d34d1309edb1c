// SA_RESTART takes up an interrupted read again; without it the read ends with EINTR.
//
// syscalls: setitimer rt_sigaction read
// status: 0
// expect: plain: -1 EINTR
// expect: restart: 4 late

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static int fds[2];
static volatile int alarms;

static void on_alarm(int signo) {
    (void)signo;
    if (++alarms == 2) {
        write(fds[1], "late", 4);
    }
}

static void attempt(const char *what, int flags) {
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = flags};
    struct itimerval timer = {{0, 20000}, {0, 20000}}, off = {0};
    char buffer[8] = {0};
    alarms = 0;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    ssize_t got = read(fds[0], buffer, sizeof buffer);
    int error = errno;
    setitimer(ITIMER_REAL, &off, NULL);
    printf("%s: %zd %s\n", what, got, got < 0 ? (error == EINTR ? "EINTR" : strerror(error)) : buffer);
}

int main(void) {
    pipe(fds);
    attempt("plain", 0);
    attempt("restart", SA_RESTART);
    return 0;
}
