// Limits that act: queued signals, CPU time, and what a process without privileges may ask of the scheduler.
//
// syscalls: prlimit64 getrlimit setrlimit rt_sigqueueinfo getrusage setpriority
// status: 137
// expect: queued 3 refused 1, a plain one 1
// expect: switches 1 faults 1
// expect: nice refused 1
// expect: too many threads 1
// expect: cpu limit 1
// qemu-user: leaves RLIMIT_CPU, RLIMIT_SIGPENDING and RLIMIT_NPROC to the host

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile int exceeded;

static void on_limit(int signo) {
    exceeded += signo == SIGXCPU;
}

static void set_limit(int resource, rlim_t soft, rlim_t hard) {
    struct rlimit limit = {soft, hard};
    syscall(SYS_setrlimit, resource, &limit);
}

static void *nothing(void *unused) {
    return unused;
}

int main(void) {
    struct rlimit limit;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, 40);
    sigprocmask(SIG_BLOCK, &set, NULL);
    syscall(SYS_getrlimit, RLIMIT_SIGPENDING, &limit);
    set_limit(RLIMIT_SIGPENDING, 3, limit.rlim_max);
    int queued = 0, refused = 0;
    for (int i = 0; i < 5; i++) {
        int result = sigqueue(getpid(), 40, (union sigval){.sival_int = i});
        queued += result == 0;
        refused = result == -1 && errno == EAGAIN;
    }
    printf("queued %d refused %d, a plain one %d\n", queued, refused, kill(getpid(), 40) == 0);

    struct rusage usage;
    volatile char *page = malloc(1 << 20);
    for (int i = 0; i < 1 << 20; i += 4096) {
        page[i] = 1;
    }
    do {
        usleep(1000);
        getrusage(RUSAGE_SELF, &usage);
    } while (usage.ru_nvcsw == 0);
    printf("switches %d faults %d\n", usage.ru_nvcsw > 0, usage.ru_minflt > 100);
    free((void *)page);

    set_limit(RLIMIT_NICE, 0, 0);
    if (setuid(1000) != 0) {
        return 1;
    }
    printf("nice refused %d\n", setpriority(PRIO_PROCESS, 0, -5) == -1 && errno == EACCES);
    pthread_t thread;
    set_limit(RLIMIT_NPROC, 1, 1);
    printf("too many threads %d\n", pthread_create(&thread, NULL, nothing, NULL) == EAGAIN);

    signal(SIGXCPU, on_limit);
    set_limit(RLIMIT_CPU, 1, 2);
    while (exceeded == 0) {
    }
    printf("cpu limit %d\n", exceeded);
    fflush(stdout);
    for (;;) {
    }
}
