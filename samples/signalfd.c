// signalfd: blocked signals come as records, in order of their numbers; the mask can change, and
// several threads may read.
//
// syscalls: signalfd4 read ppoll epoll_create1 epoll_ctl epoll_pwait
// status: 0
// expect: idle 0 EAGAIN
// expect: polled 1 epoll 1
// expect: 2 records: 10 code 0 mine 1, 12 code 0 mine 1
// expect: drained 0 EAGAIN
// expect: queued 40 code -1 value 7, then 8
// expect: not in the mask EAGAIN
// expect: changed 1: 15
// expect: timer 14 code -2 overrun 0 value 99
// expect: thread 10 code -6
// expect: SIGKILL is left out EAGAIN
// expect: short EINVAL, flags EINVAL, no file EBADF, no signalfd EINVAL
// expect: both readers done: 40 + 41
// expect: ignored is not queued, blocked and ignored is: 17

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "errno_name.h"

static int fd;

static sigset_t set_of(int first, int second) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, first);
    if (second != 0) {
        sigaddset(&set, second);
    }
    return set;
}

static const char *nothing(void) {
    struct signalfd_siginfo record;
    return errno_name(read(fd, &record, sizeof record));
}

static int readable(void) {
    struct pollfd row = {.fd = fd, .events = POLLIN};
    return poll(&row, 1, 0);
}

static void *reader(void *context) {
    struct signalfd_siginfo record;
    return read(*(int *)context, &record, sizeof record) == sizeof record ? (void *)(long)record.ssi_signo : NULL;
}

static void errors(void) {
    char small[64];
    sigset_t set = set_of(SIGUSR1, 0);
    printf("short %s", errno_name(read(fd, small, sizeof small)));
    printf(", flags %s", errno_name(signalfd(-1, &set, 1)));
    printf(", no file %s", errno_name(signalfd(99, &set, 0)));
    printf(", no signalfd %s\n", errno_name(signalfd(1, &set, 0)));
}

static void timer(void) {
    struct signalfd_siginfo record;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM, .sigev_value.sival_int = 99};
    struct itimerspec soon = {.it_value = {0, 1000000}};
    sigset_t set = set_of(SIGALRM, 0);
    timer_t id;
    int waiting = signalfd(-1, &set, 0);
    timer_create(CLOCK_MONOTONIC, &event, &id);
    timer_settime(id, 0, &soon, NULL);
    read(waiting, &record, sizeof record);
    printf("timer %u code %d overrun %u value %d\n", record.ssi_signo, record.ssi_code, record.ssi_overrun, record.ssi_int);
    close(waiting);
}

static void two_readers(void) {
    sigset_t set = set_of(40, 41);
    int waiting = signalfd(-1, &set, 0);
    pthread_t threads[2];
    void *got[2];
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, reader, &waiting);
    }
    union sigval value = {.sival_int = 1};
    sigqueue(getpid(), 40, value);
    sigqueue(getpid(), 41, value);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], &got[i]);
    }
    long sum = (long)got[0] + (long)got[1];
    printf("both readers done: %s\n", sum == 81 ? "40 + 41" : "something else");
    close(waiting);
}

int main(void) {
    sigset_t all, users = set_of(SIGUSR1, SIGUSR2), other = set_of(SIGTERM, 40);
    struct signalfd_siginfo records[4];
    struct epoll_event event = {.events = EPOLLIN};
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    fd = signalfd(-1, &users, SFD_NONBLOCK | SFD_CLOEXEC);
    int epoll = epoll_create1(0);
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    printf("idle %d %s\n", readable(), nothing());
    kill(getpid(), SIGUSR2);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR1);
    printf("polled %d epoll %d\n", readable(), epoll_wait(epoll, &event, 1, 1000));
    long count = read(fd, records, sizeof records) / (long)sizeof records[0];
    printf("%ld records: %u code %d mine %d, %u code %d mine %d\n", count, records[0].ssi_signo, records[0].ssi_code,
           records[0].ssi_pid == (unsigned)getpid() && records[0].ssi_uid == getuid(), records[1].ssi_signo,
           records[1].ssi_code, records[1].ssi_pid == (unsigned)getpid());
    printf("drained %d %s\n", readable(), nothing());
    union sigval value = {.sival_int = 7};
    sigqueue(getpid(), 40, value);
    value.sival_int = 8;
    sigqueue(getpid(), 40, value);
    kill(getpid(), SIGTERM);
    sigset_t rt = set_of(40, 0);
    signalfd(fd, &rt, 0);
    read(fd, records, sizeof records);
    printf("queued %u code %d value %d, then %d\n", records[0].ssi_signo, records[0].ssi_code, records[0].ssi_int, records[1].ssi_int);
    printf("not in the mask %s\n", nothing());
    int same = signalfd(fd, &other, 0) == fd;
    read(fd, records, sizeof records[0]);
    printf("changed %d: %u\n", same, records[0].ssi_signo);
    timer();
    signalfd(fd, &users, 0);
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1);
    read(fd, records, sizeof records[0]);
    printf("thread %u code %d\n", records[0].ssi_signo, records[0].ssi_code);
    sigset_t kills = set_of(SIGKILL, SIGSTOP);
    signalfd(fd, &kills, 0);
    printf("SIGKILL is left out %s\n", nothing());
    errors();
    two_readers();
    sigset_t child = set_of(SIGCHLD, 0);
    signalfd(fd, &child, 0);
    signal(SIGCHLD, SIG_IGN);
    kill(getpid(), SIGCHLD);
    read(fd, records, sizeof records[0]);
    printf("ignored is not queued, blocked and ignored is: %u\n", records[0].ssi_signo);
    return 0;
}
