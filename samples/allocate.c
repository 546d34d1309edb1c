// Space for files: what is allocated ahead, holes, and what a file refuses.
//
// syscalls: fallocate
// status: 0
// expect: ahead: size 10000
// expect: kept: size 10000 blocks more 1
// expect: hole: 1 abc---jkl 0 10000
// expect: all of a page: data at 4096
// expect: beyond the end: size 10000
// expect: EINVAL EINVAL EINVAL
// expect: EOPNOTSUPP EOPNOTSUPP EOPNOTSUPP EOPNOTSUPP
// expect: EBADF EBADF EBADF ESPIPE
// expect: EFBIG

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// musl's headers lack these two of <linux/falloc.h>.
enum { COLLAPSE_RANGE = 0x08, INSERT_RANGE = 0x20 };

static struct stat status_of(int fd) {
    struct stat status;
    fstat(fd, &status);
    return status;
}

static const char *name(int result) {
    switch (result == 0 ? 0 : errno) {
    case 0: return "0";
    case EINVAL: return "EINVAL";
    case EOPNOTSUPP: return "EOPNOTSUPP";
    case EBADF: return "EBADF";
    case ESPIPE: return "ESPIPE";
    case EFBIG: return "EFBIG";
    default: return strerror(errno);
    }
}

static void holes(int fd) {
    char data[10] = {0}, zeros[10] = {0};
    pwrite(fd, "abcdefjkl", 9, 100);
    int result = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 103, 3);
    pread(fd, data, 9, 100);
    for (int i = 3; i < 6; i++) {
        data[i] = data[i] == 0 ? '-' : '?';
    }
    printf("hole: %d %s %d %ld\n", result == 0, data, memcmp(zeros, data + 9, 1), (long)status_of(fd).st_size);
    pwrite(fd, "x", 1, 5000);
    fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096);
    printf("all of a page: data at %ld\n", (long)lseek(fd, 0, SEEK_DATA));
    fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 9000, 90000);
    printf("beyond the end: size %ld\n", (long)status_of(fd).st_size);
}

static void refused(int fd) {
    int reader = open("/proc/self/exe", O_RDONLY), ends[2];
    pipe(ends);
    printf("%s ", name(fallocate(fd, 0, -1, 10)));
    printf("%s ", name(fallocate(fd, 0, 0, 0)));
    printf("%s\n", name(fallocate(fd, 0, 0, -1)));
    printf("%s ", name(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10)));
    printf("%s ", name(fallocate(fd, COLLAPSE_RANGE, 0, 4096)));
    printf("%s ", name(fallocate(fd, INSERT_RANGE, 0, 4096)));
    printf("%s\n", name(fallocate(fd, 0x400, 0, 4096)));
    printf("%s ", name(fallocate(-1, 0, 0, 10)));
    printf("%s ", name(fallocate(reader, 0, 0, 10)));
    printf("%s ", name(fallocate(ends[0], 0, 0, 10)));
    printf("%s\n", name(fallocate(ends[1], 0, 0, 10)));
    printf("%s\n", name(fallocate(fd, 0, LONG_MAX - 5, 10)));
}

int main(void) {
    int fd = memfd_create("space", 0);
    fallocate(fd, 0, 0, 10000);
    printf("ahead: size %ld\n", (long)status_of(fd).st_size);
    long blocks = (long)status_of(fd).st_blocks;
    fallocate(fd, FALLOC_FL_KEEP_SIZE, 20000, 8192);
    printf("kept: size %ld blocks more %d\n", (long)status_of(fd).st_size, status_of(fd).st_blocks > blocks);
    holes(fd);
    refused(fd);
    return 0;
}
