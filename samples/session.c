// Process groups, sessions, names of the machine, capabilities, thread bookkeeping.
//
// syscalls: getpgid getsid setsid set_tid_address get_robust_list getitimer sethostname setdomainname capget uname close_range clock_settime restart_syscall
// qemu-user: would change the host's name and clock
// status: 0
// expect: group 1 session 1
// expect: tid 1
// expect: robust 1
// expect: timer 0 0
// expect: host hermit domain field
// expect: capabilities 0
// expect: leader refused 1
// expect: closed 1
// expect: nothing to restart 1
// expect: clock set 0 near 1

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

int main(void) {
    printf("group %d session %d\n", getpgid(0) == getpgid(getpid()), getsid(0) == getsid(getpid()));
    int cell;
    printf("tid %d\n", syscall(SYS_set_tid_address, &cell) == getpid());
    void *head;
    size_t size;
    printf("robust %d\n", syscall(SYS_get_robust_list, 0, &head, &size) == 0 && size == 24);
    struct itimerval timer;
    getitimer(ITIMER_REAL, &timer);
    printf("timer %ld %ld\n", (long)timer.it_value.tv_sec, (long)timer.it_value.tv_usec);
    struct utsname name;
    sethostname("hermit", 6);
    setdomainname("field", 5);
    uname(&name);
    printf("host %s domain %s\n", name.nodename, name.domainname);
    struct {
        unsigned version;
        int pid;
    } header = {0x20080522, 0};         // capget(2), version 3
    unsigned data[6];
    printf("capabilities %ld\n", syscall(SYS_capget, &header, data));
    setsid();
    printf("leader refused %d\n", setsid() == -1 && errno == EPERM);
    int fd = dup(1);
    printf("closed %d\n", syscall(SYS_close_range, fd, fd, 0) == 0 && close(fd) == -1 && errno == EBADF);
    printf("nothing to restart %d\n", syscall(SYS_restart_syscall) == -1 && errno == EINTR);
    struct timespec now, after;
    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec += 1000;
    printf("clock set %d", clock_settime(CLOCK_REALTIME, &now));
    clock_gettime(CLOCK_REALTIME, &after);
    printf(" near %d\n", after.tv_sec - now.tv_sec <= 5);
    return 0;
}
