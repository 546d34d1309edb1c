// eventfd counts what was written; reading takes all of it, or one at a time with EFD_SEMAPHORE.
//
// syscalls: eventfd2 read write ppoll
// status: 0
// expect: sum 12
// expect: empty EAGAIN
// expect: semaphore 1 1 EAGAIN
// expect: writable 0
// expect: full EAGAIN
// expect: too large EINVAL
// expect: short EINVAL

#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const char *take(int fd) {
    static char text[2][32];
    static int which;
    uint64_t value;
    which = !which;
    if (read(fd, &value, sizeof value) < 0) {
        return errno == EAGAIN ? "EAGAIN" : strerror(errno);
    }
    snprintf(text[which], sizeof text[which], "%llu", (unsigned long long)value);
    return text[which];
}

static const char *put(int fd, uint64_t value, size_t size) {
    if (write(fd, &value, size) >= 0) {
        return "ok";
    }
    return errno == EAGAIN ? "EAGAIN" : errno == EINVAL ? "EINVAL" : strerror(errno);
}

int main(void) {
    int fd = eventfd(5, EFD_NONBLOCK | EFD_CLOEXEC);
    put(fd, 7, 8);
    printf("sum %s\n", take(fd));
    printf("empty %s\n", take(fd));
    int semaphore = eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE);
    printf("semaphore %s", take(semaphore));
    printf(" %s", take(semaphore));
    printf(" %s\n", take(semaphore));
    put(fd, UINT64_MAX - 1, 8);
    struct pollfd row = {fd, POLLOUT, 0};
    printf("writable %d\n", poll(&row, 1, 0));
    printf("full %s\n", put(fd, 1, 8));
    printf("too large %s\n", put(fd, UINT64_MAX, 8));
    printf("short %s\n", put(fd, 1, 4));
}
