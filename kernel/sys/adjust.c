// adjtimex(2), clock_adjtime(2): reading, steps, and what is only kept. The counter's rate is
// given, so nothing slews: a program that steers the clock by frequency, tick or offset is refused,
// and the clock calls itself unsynchronised until it is told otherwise.
#include "clock.h"
#include "credentials.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/time.h>
#include <linux/timex.h>

// Linux's limits and first values (include/linux/timex.h).
enum {
    ERROR_MAX_US = 16000000,
    TIME_CONSTANT = 2,
    PRECISION_US = 1,
    TOLERANCE = 32768000,
    TICK_US = 10000,
};

#define KEPT (ADJ_MAXERROR | ADJ_ESTERROR | ADJ_STATUS | ADJ_TIMECONST | ADJ_MICRO | ADJ_NANO)
#define STATUS_OF_CLOCK                                                                            \
    (STA_PPSSIGNAL | STA_PPSJITTER | STA_PPSWANDER | STA_PPSERROR | STA_CLOCKERR | STA_NANO |      \
     STA_MODE | STA_CLK)

static struct {
    long long max_error, estimated_error, constant;
    int status;
} kept = {ERROR_MAX_US, ERROR_MAX_US, TIME_CONSTANT, STA_UNSYNC};

static int step(const struct __kernel_timex *asked) {
    int64_t part = asked->time.tv_usec;
    int64_t limit = (asked->modes & ADJ_NANO) != 0 ? NSEC_PER_SEC : NSEC_PER_SEC / NSEC_PER_USEC;
    if (part < 0 || part >= limit) {
        return -EINVAL;
    }
    int64_t ns = (asked->modes & ADJ_NANO) != 0 ? part : part * (int64_t)NSEC_PER_USEC;
    int64_t seconds, now_ns = (int64_t)clock_realtime_ns();
    if (__builtin_mul_overflow(asked->time.tv_sec, (int64_t)NSEC_PER_SEC, &seconds) ||
        __builtin_add_overflow(seconds, ns + now_ns, &now_ns) || now_ns < 0) {
        return -EINVAL;
    }
    clock_set_realtime_ns((uint64_t)now_ns);
    return 0;
}

static void keep(const struct __kernel_timex *asked) {
    if ((asked->modes & ADJ_STATUS) != 0) {
        kept.status = (kept.status & STATUS_OF_CLOCK) | (asked->status & ~STATUS_OF_CLOCK);
    }
    if ((asked->modes & ADJ_MAXERROR) != 0) {
        kept.max_error = asked->maxerror;
    }
    if ((asked->modes & ADJ_ESTERROR) != 0) {
        kept.estimated_error = asked->esterror;
    }
    if ((asked->modes & ADJ_TIMECONST) != 0) {
        kept.constant = asked->constant;
    }
    if ((asked->modes & ADJ_NANO) != 0) {
        kept.status |= STA_NANO;
    }
    if ((asked->modes & ADJ_MICRO) != 0) {
        kept.status &= ~STA_NANO;
    }
}

static int change(const struct __kernel_timex *asked) {
    if (asked->modes == 0 || asked->modes == ADJ_OFFSET_SS_READ) {
        return 0;
    }
    if (!process_capable(process_current(), CAP_SYS_TIME)) {
        return -EPERM;
    }
    if ((asked->modes & ~(unsigned)(KEPT | ADJ_SETOFFSET)) != 0) {
        return -EOPNOTSUPP;
    }
    int error = (asked->modes & ADJ_SETOFFSET) != 0 ? step(asked) : 0;
    if (error == 0) {
        keep(asked);
    }
    return error;
}

// The state of the clock: TIME_OK or TIME_ERROR.
static long adjust(void __user *txc) {
    struct __kernel_timex asked;
    if (copy_from_user(&asked, txc, sizeof(asked)) != 0) {
        return -EFAULT;
    }
    int error = change(&asked);
    if (error != 0) {
        return error;
    }
    uint64_t now_ns = clock_realtime_ns(), part = now_ns % NSEC_PER_SEC;
    struct __kernel_timex shown = {
        .modes = asked.modes,
        .maxerror = kept.max_error,
        .esterror = kept.estimated_error,
        .status = kept.status,
        .constant = kept.constant,
        .precision = PRECISION_US,
        .tolerance = TOLERANCE,
        .time = {(long long)(now_ns / NSEC_PER_SEC),
                 (long long)((kept.status & STA_NANO) != 0 ? part : part / NSEC_PER_USEC)},
        .tick = TICK_US,
    };
    bool unsure = (kept.status & (STA_UNSYNC | STA_CLOCKERR)) != 0;
    if (copy_to_user(txc, &shown, sizeof(shown)) != 0) {
        return -EFAULT;
    }
    return unsure ? TIME_ERROR : TIME_OK;
}

SYSCALL(adjtimex)(void __user *txc) {
    return adjust(txc);
}

SYSCALL(clock_adjtime)(int clockid, void __user *txc) {
    if (clockid == CLOCK_REALTIME) {
        return adjust(txc);
    }
    return clockid >= 0 && clockid <= CLOCK_TAI ? -EOPNOTSUPP : -EINVAL;
}
