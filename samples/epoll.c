// epoll watches by level, by edge and once; an eventfd counts.
//
// syscalls: epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 eventfd2
// qemu-user: has no epoll_pwait2
// status: 0
// expect: idle 0
// expect: level 1 1 7
// expect: still 1
// expect: edge first 1 then 0
// expect: again after write 1
// expect: once 1 then 0
// expect: rearmed 1
// expect: regular file refused 1
// expect: twice refused 1
// expect: unknown refused 1
// expect: counted 12 then empty 1
// expect: semaphore 1 1
// expect: pwait2 0

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int set, fds[2];

static int ready(struct epoll_event *event) {
    return epoll_wait(set, event, 1, 0);
}

static int change(int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u64 = 7};
    return epoll_ctl(set, operation, fds[0], &event);
}

int main(void) {
    struct epoll_event event = {0};
    set = epoll_create1(EPOLL_CLOEXEC);
    pipe(fds);
    change(EPOLL_CTL_ADD, EPOLLIN);
    printf("idle %d\n", ready(&event));
    write(fds[1], "ab", 2);
    int count = ready(&event);
    printf("level %d %d %d\n", count, (int)event.events, (int)event.data.u64);
    printf("still %d\n", ready(&event));
    change(EPOLL_CTL_MOD, EPOLLIN | EPOLLET);
    count = ready(&event);
    printf("edge first %d then %d\n", count, ready(&event));
    write(fds[1], "c", 1);
    printf("again after write %d\n", ready(&event));
    change(EPOLL_CTL_MOD, EPOLLIN | EPOLLONESHOT);
    count = ready(&event);
    printf("once %d then %d\n", count, ready(&event));
    change(EPOLL_CTL_MOD, EPOLLIN);
    printf("rearmed %d\n", ready(&event));
    int file = open("/tmp/epoll", O_RDWR | O_CREAT, 0600);
    printf("regular file refused %d\n", epoll_ctl(set, EPOLL_CTL_ADD, file, &event) == -1 && errno == EPERM);
    printf("twice refused %d\n", change(EPOLL_CTL_ADD, EPOLLIN) == -1 && errno == EEXIST);
    change(EPOLL_CTL_DEL, 0);
    printf("unknown refused %d\n", change(EPOLL_CTL_MOD, EPOLLIN) == -1 && errno == ENOENT);
    unlink("/tmp/epoll");
    uint64_t value = 5;
    int counter = eventfd(7, EFD_NONBLOCK);
    write(counter, &value, sizeof value);
    read(counter, &value, sizeof value);
    printf("counted %d then empty %d\n", (int)value, read(counter, &value, sizeof value) == -1 && errno == EAGAIN);
    int semaphore = eventfd(2, EFD_SEMAPHORE);
    uint64_t first = 0, second = 0;
    read(semaphore, &first, sizeof first);
    read(semaphore, &second, sizeof second);
    printf("semaphore %d %d\n", (int)first, (int)second);
    struct timespec soon = {0, 1000000};
    printf("pwait2 %ld\n", syscall(441, set, &event, 1, &soon, NULL, 8));
    return 0;
}
