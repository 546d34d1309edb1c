// Standard output and standard error are two streams.
//
// syscalls: write
// status: 0
// expect: to stdout

#include <stdio.h>

int main(void) {
    fprintf(stdout, "to stdout\n");
    fprintf(stderr, "to stderr\n");
    return 0;
}
