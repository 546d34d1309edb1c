// brk and mmap grow the heap; what is freed is used again.
//
// syscalls: brk mmap munmap mremap
// status: 0
// expect: kept 7

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    char *blocks[200];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 200; i++) {
            size_t size = (size_t)(i * 977 % 5000) + 1;
            blocks[i] = malloc(size);
            memset(blocks[i], i, size);
        }
        for (int i = 0; i < 200; i++) {
            if ((unsigned char)blocks[i][0] != (unsigned char)i) {
                return 1;
            }
            free(blocks[i]);
        }
    }
    char *big = malloc(8 << 20);
    memset(big, 7, 8 << 20);
    big = realloc(big, 24 << 20);
    printf("kept %d\n", big[(8 << 20) - 1]);
    free(big);
    return 0;
}
