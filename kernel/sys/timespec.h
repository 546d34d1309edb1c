// The app's times and ours. Ours are nanoseconds in 64 bits, which end in 2554; a later time
// becomes TIME_MAX_NS.
#pragma once

#include "types.h"
#include "usercopy.h"

#include <linux/errno.h>
#include <linux/time.h>
#include <linux/time_types.h>

#define TIME_MAX_NS ((uint64_t)INT64_MAX)

static inline uint64_t time_from_parts(int64_t seconds, uint64_t ns) {
    return (uint64_t)seconds >= TIME_MAX_NS / NSEC_PER_SEC ? TIME_MAX_NS
                                                           : (uint64_t)seconds * NSEC_PER_SEC + ns;
}

// 0, -EFAULT, or -EINVAL for a time that is negative or has too many nanoseconds.
static inline int timespec_get(const struct __kernel_timespec __user *from, uint64_t *ns) {
    struct __kernel_timespec time;
    if (get_user(time, from) != 0) {
        return -EFAULT;
    }
    if (time.tv_sec < 0 || (uint64_t)time.tv_nsec >= NSEC_PER_SEC) {
        return -EINVAL;
    }
    *ns = time_from_parts(time.tv_sec, (uint64_t)time.tv_nsec);
    return 0;
}

static inline int timespec_put(struct __kernel_timespec __user *to, uint64_t ns) {
    struct __kernel_timespec time = {(long)(ns / NSEC_PER_SEC), (long)(ns % NSEC_PER_SEC)};
    return put_user(time, to);
}

static inline struct __kernel_old_timeval timeval_of_ns(uint64_t ns) {
    return (struct __kernel_old_timeval){(long)(ns / NSEC_PER_SEC),
                                         (long)(ns % NSEC_PER_SEC / NSEC_PER_USEC)};
}
