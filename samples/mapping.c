// mmap, mprotect, mremap and munmap keep contents and permissions.
//
// syscalls: mmap munmap mprotect mremap madvise
// qemu-user: ignores MAP_FIXED_NOREPLACE
// status: 0
// expect: zero 0
// expect: protect 0
// expect: still second page
// expect: unmap 0
// expect: moved second page
// expect: no replace 1
// expect: madvise 0 now 0
// expect: bad length 1
// expect: unaligned 1

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int main(void) {
    char *p = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("zero %d\n", p[5000]);
    strcpy(p + 4096, "second page");
    printf("protect %d\n", mprotect(p + 4096, 4096, PROT_READ));
    printf("still %s\n", p + 4096);
    printf("unmap %d\n", munmap(p, 4096));
    char *q = mremap(p + 4096, 4096, 65536, MREMAP_MAYMOVE);
    printf("moved %s\n", q);
    char *fixed = mmap(q, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    printf("no replace %d\n", fixed == MAP_FAILED && errno == EEXIST);
    char *r = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    r[0] = 'x';
    printf("madvise %d", madvise(r, 8192, MADV_DONTNEED));
    printf(" now %d\n", r[0]);
    printf("bad length %d\n", mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL);
    printf("unaligned %d\n", munmap(r + 1, 4096) == -1 && errno == EINVAL);
    return 0;
}
