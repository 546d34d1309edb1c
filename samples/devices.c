// The character devices that every program expects.
//
// syscalls: openat read write
// status: 0
// expect: null 0 8
// expect: zero 64 0
// expect: full 1
// expect: random 1
// expect: null is 20000 103

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
    char buffer[64];
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
    int full = open("/dev/full", O_RDWR), random = open("/dev/urandom", O_RDONLY);
    printf("null %zd %zd\n", read(null, buffer, 8), write(null, buffer, 8));
    memset(buffer, 1, sizeof buffer);
    printf("zero %zd", read(zero, buffer, 64));
    printf(" %d\n", buffer[63]);
    printf("full %d\n", write(full, "x", 1) == -1 && errno == ENOSPC);
    unsigned char first[32], second[32];
    read(random, first, 32);
    read(random, second, 32);
    printf("random %d\n", memcmp(first, second, 32) != 0);
    struct stat status;
    fstat(null, &status);
    printf("null is %o %lx\n", (unsigned)status.st_mode & S_IFMT, (long)status.st_rdev);
    return 0;
}
