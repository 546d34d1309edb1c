// Locked memory is resident memory, and mincore sees it.
//
// syscalls: mlock munlock mlock2 mlockall munlockall mincore
// qemu-user: has no mlock2
// status: 0
// expect: not yet 0 0
// expect: lock 0 resident 1 1
// expect: unlock 0
// expect: on fault 0
// expect: all 0 0
// expect: unmapped 1 1
// expect: bad flag 1

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

int main(void) {
    unsigned char seen[2];
    char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mincore(p, 8192, seen);
    printf("not yet %d %d\n", seen[0] & 1, seen[1] & 1);
    int locked = mlock(p, 8192);
    mincore(p, 8192, seen);
    printf("lock %d resident %d %d\n", locked, seen[0] & 1, seen[1] & 1);
    printf("unlock %d\n", munlock(p, 8192));
    printf("on fault %ld\n", syscall(SYS_mlock2, p, 4096, MLOCK_ONFAULT));
    printf("all %d %d\n", mlockall(MCL_CURRENT), munlockall());
    munmap(p, 8192);
    printf("unmapped %d %d\n", mlock(p, 4096) == -1 && errno == ENOMEM, mincore(p, 4096, seen) == -1 && errno == ENOMEM);
    printf("bad flag %d\n", syscall(SYS_mlock2, p, 4096, 99) == -1 && errno == EINVAL);
    return 0;
}
