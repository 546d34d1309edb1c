// Clocks go forward, agree with each other and know today's date.
//
// syscalls: clock_gettime clock_getres gettimeofday times
// status: 0
// expect: agree 1
// expect: after 2020 1, same 1
// expect: resolution 1
// expect: root from the past 1
// expect: unknown 1
// expect: cpu time 1

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int main(void) {
    struct timespec a, b, raw, real;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < 1000; i++) {
        clock_gettime(CLOCK_MONOTONIC, &b);
        if (b.tv_sec < a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec < a.tv_nsec)) {
            printf("backwards\n");
        }
        a = b;
    }
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &raw);
    printf("agree %d\n", raw.tv_sec - a.tv_sec <= 1);
    clock_gettime(CLOCK_REALTIME, &real);
    struct timeval day;
    gettimeofday(&day, NULL);
    printf("after 2020 %d, same %d\n", real.tv_sec > 1577836800, day.tv_sec - real.tv_sec <= 1);
    printf("resolution %d\n", clock_getres(CLOCK_MONOTONIC, &raw) == 0 && raw.tv_nsec >= 1);
    struct stat root;
    stat("/", &root);
    printf("root from the past %d\n",
           root.st_mtim.tv_sec < real.tv_sec ||
               (root.st_mtim.tv_sec == real.tv_sec && root.st_mtim.tv_nsec <= real.tv_nsec));
    printf("unknown %d\n", clock_gettime(99, &raw) == -1 && errno == EINVAL);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &raw);
    printf("cpu time %d\n", raw.tv_sec > 0 || raw.tv_nsec > 0);
    return 0;
}
