// A handler on the alternate stack survives the end of the ordinary one.
//
// syscalls: sigaltstack rt_sigaction
// status: 7
// expect: set 0
// expect: signal 11 on the alternate stack 1

#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char stack[65536];

static void on_fault(int signo, siginfo_t *info, void *context) {
    (void)info;
    (void)context;
    char here;
    int inside = &here >= stack && &here < stack + sizeof stack;
    printf("signal %d on the alternate stack %d\n", signo, inside);
    fflush(stdout);
    _exit(7);
}

static int deeper(int n) {
    volatile char space[1024];
    space[0] = (char)n;
    return n < 0 ? 0 : deeper(n + 1) + space[0];
}

int main(void) {
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    printf("set %d\n", sigaltstack(&alternate, NULL));
    fflush(stdout);
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGSEGV, &action, NULL);
    return deeper(1);
}
