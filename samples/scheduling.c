// Policies, priorities, affinity: one CPU, and everything says so.
//
// syscalls: sched_getscheduler sched_getparam sched_getaffinity sched_setaffinity sched_yield sched_get_priority_max sched_get_priority_min getcpu gettid getpriority setpriority
// status: 0
// expect: policy 0 priority 0
// expect: fifo 1 99 other 0 0
// expect: yield 0
// expect: affinity 1
// expect: empty mask refused 1
// expect: cpu 0
// expect: main thread 1
// expect: nice 5
// expect: unknown policy 1

#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    struct sched_param parameter = {77};
    int policy = (int)syscall(SYS_sched_getscheduler, 0);
    syscall(SYS_sched_getparam, 0, &parameter);
    printf("policy %d priority %d\n", policy, parameter.sched_priority);
    printf("fifo %d %d other %d %d\n", sched_get_priority_min(SCHED_FIFO), sched_get_priority_max(SCHED_FIFO),
           sched_get_priority_min(SCHED_OTHER), sched_get_priority_max(SCHED_OTHER));
    printf("yield %d\n", sched_yield());
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    int result = sched_setaffinity(0, sizeof set, &set);
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    printf("affinity %d\n", result == 0 && CPU_COUNT(&set) == 1 && CPU_ISSET(0, &set));
    CPU_ZERO(&set);
    printf("empty mask refused %d\n", sched_setaffinity(0, sizeof set, &set) == -1 && errno == EINVAL);
    unsigned cpu = 99;
    syscall(SYS_getcpu, &cpu, NULL, NULL);
    printf("cpu %u\n", cpu);
    printf("main thread %d\n", syscall(SYS_gettid) == getpid());
    setpriority(PRIO_PROCESS, 0, 5);
    printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
    printf("unknown policy %d\n", sched_get_priority_max(99) == -1 && errno == EINVAL);
    return 0;
}
