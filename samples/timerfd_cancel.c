// A timerfd with TFD_TIMER_CANCEL_ON_SET says ECANCELED once when CLOCK_REALTIME has been set, and
// one without follows the new time.
//
// syscalls: timerfd_create timerfd_settime clock_settime
// qemu-user: would set the host's clock
// status: 0
// expect: cancelled 1 ECANCELED, then EAGAIN
// expect: set again ECANCELED, and again works
// expect: forward makes it expire 1
// expect: a relative one stays 0

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "errno_name.h"

static void advance(long seconds) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec += seconds;
    clock_settime(CLOCK_REALTIME, &now);
}

static const char *set(int fd, int flags) {
    struct itimerspec at = {0};
    if (flags & TFD_TIMER_ABSTIME) {
        clock_gettime(CLOCK_REALTIME, &at.it_value);
    }
    at.it_value.tv_sec += 1000;
    return errno_name(timerfd_settime(fd, flags, &at, NULL));
}

static int readable(int fd) {
    struct pollfd row = {.fd = fd, .events = POLLIN};
    return poll(&row, 1, 0);
}

int main(void) {
    if (getpid() != 1) { // not in an image: this would be the clock of a machine that others use
        puts("only as process 1");
        return 1;
    }
    uint64_t ticks;
    int cancelled = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    int following = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    int relative = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    set(cancelled, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
    advance(1);
    int seen = readable(cancelled);
    printf("cancelled %d %s", seen, errno_name(read(cancelled, &ticks, sizeof ticks)));
    printf(", then %s\n", errno_name(read(cancelled, &ticks, sizeof ticks)));
    advance(1);
    printf("set again %s", set(cancelled, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET));
    printf(", and again %s\n", set(cancelled, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET));
    set(following, TFD_TIMER_ABSTIME);
    set(relative, 0);
    advance(2000);
    read(following, &ticks, sizeof ticks);
    struct pollfd row = {.fd = following, .events = POLLIN};
    ticks = 0;
    set(following, TFD_TIMER_ABSTIME);
    advance(2000);
    poll(&row, 1, -1);
    read(following, &ticks, sizeof ticks);
    printf("forward makes it expire %d\n", (int)ticks);
    printf("a relative one stays %d\n", readable(relative));
    return 0;
}
