// Arguments arrive as given, empty ones and spaces included.
//
// syscalls: write
// args: one "two words" "" last
// status: 5
// expect: 1 [one]
// expect: 2 [two words]
// expect: 3 []
// expect: 4 [last]

#include <stdio.h>

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        printf("%d [%s]\n", i, argv[i]);
    }
    return argc;
}
