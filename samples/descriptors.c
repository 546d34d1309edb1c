// dup, dup3, fcntl and close-on-exec flags; the lowest free number is taken.
//
// syscalls: dup dup3 fcntl
// status: 0
// expect: next 1
// expect: dup3 20
// expect: cloexec 1 0
// expect: from 30: 30
// expect: lowest again 1
// expect: flags 1
// expect: nonblock 1
// expect: bad 1
// expect: same 1

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    int fd = open("/dev/null", O_RDWR);
    int copy = dup(fd);
    printf("next %d\n", copy == fd + 1);
    printf("dup3 %d\n", dup3(fd, 20, O_CLOEXEC));
    printf("cloexec %d %d\n", fcntl(20, F_GETFD), fcntl(copy, F_GETFD));
    printf("from 30: %d\n", fcntl(fd, F_DUPFD, 30));
    close(fd);
    printf("lowest again %d\n", dup(copy) == fd);
    printf("flags %d\n", (fcntl(copy, F_GETFL) & O_ACCMODE) == O_RDWR);
    fcntl(copy, F_SETFL, O_NONBLOCK);
    printf("nonblock %d\n", (fcntl(copy, F_GETFL) & O_NONBLOCK) != 0);
    printf("bad %d\n", dup(1000) == -1 && errno == EBADF);
    printf("same %d\n", dup3(copy, copy, 0) == -1 && errno == EINVAL);
    return 0;
}
