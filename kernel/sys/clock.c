// Reading and setting the clocks. Most reads never come here: the vDSO answers them.
#include "clock.h"
#include "clock_id.h"
#include "credentials.h"
#include "exec.h"
#include "syscall.h"
#include "thread.h"
#include "timespec.h"

#include <linux/capability.h>

NEEDS_VDSO;

SYSCALL(clock_gettime)(int clockid, struct __kernel_timespec __user *tp) {
    uint64_t now_ns;
    int error = clock_read(clockid, &now_ns);
    if (error != 0) {
        return error;
    }
    return timespec_put(tp, now_ns);
}

SYSCALL(clock_getres)(int clockid, struct __kernel_timespec __user *tp) {
    uint64_t now_ns;
    int error = clock_read(clockid, &now_ns);
    if (error != 0 || tp == NULL) {
        return error;
    }
    return timespec_put(tp, 1);
}

static long set_realtime(uint64_t now_ns) {
    if (!process_capable(process_current(), CAP_SYS_TIME)) {
        return -EPERM;
    }
    clock_set_realtime_ns(now_ns);
    return 0;
}

SYSCALL(clock_settime)(int clockid, const struct __kernel_timespec __user *tp) {
    uint64_t now_ns;
    if (clockid != CLOCK_REALTIME) {
        return -EINVAL;
    }
    int error = timespec_get(tp, &now_ns);
    return error != 0 ? error : set_realtime(now_ns);
}

SYSCALL(gettimeofday)(void __user *tv, void __user *tz) {
    struct __kernel_old_timeval now = timeval_of_ns(clock_realtime_ns());
    struct timezone zone = {0};
    if (tv != NULL && copy_to_user(tv, &now, sizeof(now)) != 0) {
        return -EFAULT;
    }
    return tz != NULL ? copy_to_user(tz, &zone, sizeof(zone)) : 0;
}

SYSCALL(settimeofday)(const void __user *tv, const void __user *tz) {
    struct __kernel_old_timeval now;
    struct timezone zone;
    if (tz != NULL && copy_from_user(&zone, tz, sizeof(zone)) != 0) {
        return -EFAULT;
    }
    if (tv == NULL) {
        return 0;
    }
    if (copy_from_user(&now, tv, sizeof(now)) != 0) {
        return -EFAULT;
    }
    if (now.tv_sec < 0 || now.tv_usec < 0 || now.tv_usec >= 1000000) {
        return -EINVAL;
    }
    return set_realtime(time_from_parts(now.tv_sec, (uint64_t)now.tv_usec * NSEC_PER_USEC));
}
