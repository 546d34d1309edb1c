// epoll tells of errors and hangups unasked; an exclusive wait is added once and never changed.
//
// syscalls: epoll_create1 epoll_ctl epoll_pwait pipe2 ppoll pselect6
// status: 0
// expect: hangup unasked 1 10
// expect: error unasked 1 8
// expect: once 1 10 then 0
// expect: exclusive works, modify EINVAL, make exclusive EINVAL, once-only EINVAL, a set EINVAL
// expect: exclusive told 1
// expect: priority is nothing a pipe has 0
// expect: poll 2: 10 20
// expect: select 1 0, closed EBADF, beyond the table works
// expect: many 100 once 100

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include "errno_name.h"

#ifndef EPOLLEXCLUSIVE
#define EPOLLEXCLUSIVE (1u << 28)
#endif
enum { MANY = 100 };
static int set;

static int control(int operation, int fd, uint32_t events) {
    struct epoll_event event = {.events = events};
    return epoll_ctl(set, operation, fd, &event);
}

static int found(unsigned *events) {
    struct epoll_event event = {0};
    int count = epoll_wait(set, &event, 1, 0);
    *events = event.events;
    return count;
}

static void many(void) {
    struct epoll_event events[MANY];
    int fds[2];
    pipe(fds);
    set = epoll_create1(0);
    for (int i = 0; i < MANY; i++) {
        control(EPOLL_CTL_ADD, dup(fds[1]), EPOLLOUT);
    }
    int first = epoll_wait(set, events, MANY, -1);
    printf("many %d once %d\n", first, epoll_wait(set, events, MANY, -1));
}

int main(void) {
    int ends[2], other[2];
    unsigned events;
    set = epoll_create1(0);
    pipe(ends);
    pipe(other);
    control(EPOLL_CTL_ADD, ends[0], 0);
    close(ends[1]);
    int count = found(&events);
    printf("hangup unasked %d %x\n", count, events);
    control(EPOLL_CTL_DEL, ends[0], 0);
    control(EPOLL_CTL_ADD, other[1], 0);
    close(other[0]);
    count = found(&events);
    printf("error unasked %d %x\n", count, events);
    control(EPOLL_CTL_DEL, other[1], 0);
    control(EPOLL_CTL_ADD, ends[0], EPOLLONESHOT);
    count = found(&events);
    unsigned again;
    printf("once %d %x then %d\n", count, events, found(&again));
    control(EPOLL_CTL_DEL, ends[0], 0);
    int exclusive[2], inner = epoll_create1(0);
    pipe(exclusive);
    printf("exclusive %s", errno_name(control(EPOLL_CTL_ADD, exclusive[0], EPOLLIN | EPOLLEXCLUSIVE)));
    printf(", modify %s", errno_name(control(EPOLL_CTL_MOD, exclusive[0], EPOLLIN)));
    control(EPOLL_CTL_ADD, exclusive[1], EPOLLPRI);
    printf(", make exclusive %s", errno_name(control(EPOLL_CTL_MOD, exclusive[1], EPOLLIN | EPOLLEXCLUSIVE)));
    printf(", once-only %s", errno_name(control(EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLONESHOT | EPOLLEXCLUSIVE)));
    printf(", a set %s\n", errno_name(control(EPOLL_CTL_ADD, inner, EPOLLIN | EPOLLEXCLUSIVE)));
    write(exclusive[1], "x", 1);
    count = found(&events);
    printf("exclusive told %d\n", count);
    control(EPOLL_CTL_DEL, exclusive[0], 0);
    printf("priority is nothing a pipe has %d\n", found(&events));
    struct pollfd rows[] = {{.fd = ends[0], .events = POLLIN}, {.fd = -1}, {.fd = 999}};
    count = poll(rows, 3, -1);
    printf("poll %d: %x %x\n", count, rows[0].revents, rows[2].revents);
    fd_set readable, writable;
    struct timeval none = {0};
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_SET(ends[0], &readable);
    count = select(ends[0] + 1, &readable, NULL, NULL, &none);
    FD_SET(exclusive[0], &writable);
    int nothing = select(exclusive[0] + 1, NULL, &writable, NULL, &none);
    FD_SET(60, &readable);
    printf("select %d %d, closed %s", count, nothing, errno_name(select(61, &readable, NULL, NULL, &none)));
    FD_CLR(60, &readable);
    FD_SET(1000, &readable);
    printf(", beyond the table %s\n", errno_name(select(1001, &readable, NULL, NULL, &none)));
    many();
    return 0;
}
