// A fault without a handler ends the program with 128 + SIGSEGV.
//
// syscalls: write
// status: 139
// expect: before

#include <stdio.h>

int main(void) {
    puts("before");
    fflush(stdout);
    *(volatile int *)8 = 1;
    puts("after");
    return 0;
}
