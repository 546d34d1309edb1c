// timerfd: expiries are counted and read, by each clock, once and again; setting CLOCK_REALTIME can
// cancel.
//
// syscalls: timerfd_create timerfd_settime timerfd_gettime read ppoll epoll_create1 epoll_ctl epoll_pwait
// status: 0
// expect: clocks works works works EINVAL, flags EINVAL
// expect: unset 0.0 EAGAIN poll 0
// expect: once 1, then EAGAIN, left 0
// expect: past 1
// expect: interval at least 2: 1, left in it 1, interval 3000000
// expect: by epoll 1 read 1
// expect: old 1 interval 5, disarmed 0.0 EAGAIN
// expect: set again forgets what has come EAGAIN
// expect: realtime 1
// expect: short EINVAL, bad time EINVAL, flags EINVAL, no file EBADF, no timer EINVAL, no address EFAULT

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "errno_name.h"

enum { MS = 1000000 };
static int fd;

static uint64_t count(void) {
    uint64_t ticks = 0;
    return read(fd, &ticks, sizeof ticks) == sizeof ticks ? ticks : 0;
}

static const char *nothing(void) {
    uint64_t ticks;
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    const char *result = errno_name(read(fd, &ticks, sizeof ticks));
    fcntl(fd, F_SETFL, flags);
    return result;
}

static int readable(int timeout) {
    struct pollfd row = {.fd = fd, .events = POLLIN};
    return poll(&row, 1, timeout);
}

static int set(int flags, long s, long ns, long every_ns) {
    struct itimerspec time = {{0, every_ns}, {s, ns}};
    return timerfd_settime(fd, flags, &time, NULL);
}

static struct itimerspec left(void) {
    struct itimerspec time;
    timerfd_gettime(fd, &time);
    return time;
}

static void errors(void) {
    char small[4];
    struct itimerspec time = {0};
    printf("short %s", errno_name(read(fd, small, sizeof small)));
    printf(", bad time %s", errno_name(set(0, 0, 1000 * MS, 0)));
    printf(", flags %s", errno_name(set(4, 0, 0, 0)));
    printf(", no file %s", errno_name(timerfd_settime(99, 0, &time, NULL)));
    printf(", no timer %s", errno_name(timerfd_settime(1, 0, &time, NULL)));
    printf(", no address %s\n", errno_name(syscall(SYS_timerfd_settime, fd, 0, NULL, NULL)));
}

static void intervals(void) {
    set(0, 0, 1 * MS, 3 * MS);
    usleep(10000);
    uint64_t ticks = count();
    struct itimerspec time = left();
    long ns = time.it_value.tv_nsec;
    printf("interval at least 2: %d, left in it %d, interval %ld\n", ticks >= 2, ns > 0 && ns <= 3 * MS, time.it_interval.tv_nsec);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    set(0, 0, 2 * MS, 0);
    int epoll = epoll_create1(0);
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    int found = epoll_wait(epoll, &event, 1, -1);
    printf("by epoll %d read %d\n", found, (int)count());
    close(epoll);
}

int main(void) {
    printf("clocks");
    int clocks[] = {CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID};
    for (int i = 0; i < 4; i++) {
        int made = timerfd_create(clocks[i], TFD_CLOEXEC);
        printf(" %s", errno_name(made));
        fd = made >= 0 ? made : fd;
    }
    printf(", flags %s\n", errno_name(timerfd_create(CLOCK_MONOTONIC, 1)));
    struct itimerspec time = left();
    printf("unset %ld.%ld %s poll %d\n", (long)time.it_value.tv_sec, time.it_value.tv_nsec, nothing(), readable(0));
    set(0, 0, 2 * MS, 0);
    int first = (int)count();
    printf("once %d, then %s, left %ld\n", first, nothing(), left().it_value.tv_nsec);
    set(TFD_TIMER_ABSTIME, 0, 1, 0);
    printf("past %d\n", (int)count());
    intervals();
    struct itimerspec hour = {{5, 0}, {3600, 0}}, none = {0}, old;
    timerfd_settime(fd, 0, &hour, NULL);
    timerfd_settime(fd, 0, &none, &old);
    time = left();
    printf("old %d interval %ld, disarmed %ld.%ld %s\n", old.it_value.tv_sec >= 3500, (long)old.it_interval.tv_sec, (long)time.it_value.tv_sec, time.it_value.tv_nsec, nothing());
    set(0, 0, 1, 0);
    readable(-1);
    set(0, 3600, 0, 0);
    printf("set again forgets what has come %s\n", nothing());
    fd = timerfd_create(CLOCK_REALTIME, 0);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    set(TFD_TIMER_ABSTIME, now.tv_sec, now.tv_nsec, 0);
    printf("realtime %d\n", (int)count());
    errors();
    return 0;
}
