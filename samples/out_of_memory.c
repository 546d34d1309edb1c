// Memory that cannot be had: ENOMEM where a call can say so, and SIGKILL where the program touches more than there is,
// also when it has the kernel touch it.
//
// syscalls: mmap munmap read
// status: 137
// expect: absurd 1
// expect: too many areas 1, again 1
// expect: reading
// qemu-user: has the host's memory

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, MANY = 70000 };

static char *map(size_t size, int protection) {
    return mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

int main(void) {
    size_t huge = 64UL << 30;
    printf("absurd %d\n", map(1UL << 40, PROT_READ) == MAP_FAILED && errno == ENOMEM);
    char *room = map(2L * MANY * PAGE, PROT_NONE);
    int refused = 0;
    for (long i = 0; i < MANY && !refused; i++) {
        refused = mprotect(room + 2 * i * PAGE, PAGE, PROT_READ) == -1 && errno == ENOMEM;
    }
    munmap(room, 2L * MANY * PAGE);
    printf("too many areas %d, again %d\n", refused, map(PAGE, PROT_READ) != MAP_FAILED);
    printf("reading\n");
    fflush(stdout);
    char *target = map(huge, PROT_READ | PROT_WRITE);
    int zero = open("/dev/zero", O_RDONLY);
    for (size_t at = 0; at < huge; at += 1 << 20) {
        if (read(zero, target + at, 1 << 20) < 0) {
            printf("read failed\n");
            fflush(stdout);
        }
    }
    return 0;
}
