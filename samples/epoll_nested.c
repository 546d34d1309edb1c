// epoll: a set inside a set, no loops, and a file that leaves its set when it is closed for good.
//
// syscalls: epoll_create1 epoll_ctl epoll_pwait eventfd2 close dup
// status: 0
// expect: itself EINVAL, a loop ELOOP, a directory EPERM
// expect: nested 0 1, data 8
// expect: still open as a copy 1
// expect: closed 0
// expect: no events EINVAL

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct epoll_event found[4];

static int add(int set, int fd, uint64_t data) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = data};
    return epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
}

static const char *failure(int result) {
    if (result >= 0) {
        return "works";
    }
    return errno == EINVAL ? "EINVAL" : errno == ELOOP ? "ELOOP" : errno == EPERM ? "EPERM" : strerror(errno);
}

int main(void) {
    int inner = epoll_create1(0), outer = epoll_create1(0);
    int fd = eventfd(0, 0), directory = open("/", O_RDONLY);
    uint64_t one = 1;
    add(inner, fd, 7);
    add(outer, inner, 8);
    printf("itself %s", failure(add(inner, inner, 0)));
    printf(", a loop %s", failure(add(inner, outer, 0)));
    printf(", a directory %s\n", failure(add(inner, directory, 0)));
    printf("nested %d", epoll_wait(outer, found, 4, 0));
    write(fd, &one, sizeof one);
    printf(" %d", epoll_wait(outer, found, 4, 0));
    printf(", data %d\n", (int)found[0].data.u64);
    int copy = dup(fd);
    close(fd);
    printf("still open as a copy %d\n", epoll_wait(inner, found, 4, 0));
    close(copy);
    printf("closed %d\n", epoll_wait(inner, found, 4, 0));
    printf("no events %s\n", failure(epoll_wait(inner, found, 0, 0)));
}
