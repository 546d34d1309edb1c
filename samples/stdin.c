// Standard input ends, and what it held comes back in upper case.
//
// syscalls: read
// stdin: first\nsecond\n
// status: 0
// expect: FIRST
// expect: SECOND
// expect: 2 lines

#include <ctype.h>
#include <stdio.h>

int main(void) {
    int c, lines = 0;
    while ((c = getchar()) != EOF) {
        putchar(toupper(c));
        lines += c == '\n';
    }
    printf("%d lines\n", lines);
    return 0;
}
