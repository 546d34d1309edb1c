// A SIGSEGV handler learns the address and can go on elsewhere.
//
// syscalls: rt_sigaction rt_sigreturn
// status: 0
// expect: null: signal 11 code 1 address 1
// expect: read only: signal 11 code 2 address 1
// expect: readable: no fault
// expect: unmapped: signal 11 code 1 address 1

#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static sigjmp_buf back;
static volatile siginfo_t seen;

static void on_fault(int signo, siginfo_t *info, void *context) {
    (void)signo;
    (void)context;
    memcpy((void *)&seen, info, sizeof seen);
    siglongjmp(back, 1);
}

static void touch(const char *what, volatile char *address, int write) {
    if (sigsetjmp(back, 1) == 0) {
        if (write) {
            *address = 1;
        } else {
            (void)*address;
        }
        printf("%s: no fault\n", what);
        return;
    }
    printf("%s: signal %d code %d address %d\n", what, seen.si_signo, seen.si_code, seen.si_addr == address);
}

int main(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    touch("null", (char *)16, 0);
    touch("read only", page, 1);
    touch("readable", page, 0);
    munmap(page, 4096);
    touch("unmapped", page, 0);
    return 0;
}
