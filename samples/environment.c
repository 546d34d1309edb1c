// The environment can be read and changed.
//
// syscalls: write
// status: 0
// expect: path set: 1
// expect: COLOUR=green
// expect: gone: 1

#include <stdio.h>
#include <stdlib.h>

int main(void) {
    printf("path set: %d\n", getenv("PATH") != NULL);
    setenv("COLOUR", "green", 1);
    printf("COLOUR=%s\n", getenv("COLOUR"));
    unsetenv("COLOUR");
    printf("gone: %d\n", getenv("COLOUR") == NULL);
    return 0;
}
