// The smallest useful program: one line through stdio.
//
// syscalls: write exit_group
// status: 0
// expect: hello, world

#include <stdio.h>

int main(void) {
    puts("hello, world");
    return 0;
}
