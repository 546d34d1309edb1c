// timerfd_create(2): a timer whose expiries are read as a count. It is not set again when it
// expires but when it is read, and what it has missed is counted then; so a short interval that
// nobody reads costs one interrupt.
#include <asm/errno.h>
#include <asm/poll.h>
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <linux/timerfd.h>

#include "clock.h"
#include "clock_id.h"
#include "credentials.h"
#include "file.h"
#include "heap.h"
#include "syscall.h"
#include "thread.h"
#include "timespec.h"

struct timerfd {
    struct timer timer;
    struct list node;                  // of all of them
    int clock_id, running_clock;       // a relative time ignores that CLOCK_REALTIME is set
    uint64_t deadline_ns, interval_ns; // of the running clock
    uint64_t ticks;                    // not read yet
    bool expired;                      // once since it was set or read
    bool cancel_on_set;
    uint64_t clock_offset_ns; // of CLOCK_REALTIME, as last told to the program
    struct wait_queue queue;
};

static struct list all_timers = LIST_INIT(all_timers);

// --- expiry -------------------------------------------------------------------------------------

static uint64_t now_of(const struct timerfd *timer) {
    return clock_is_realtime(timer->running_clock) ? clock_realtime_ns() : clock_monotonic_ns();
}

static void expire(struct timer *expired);

static void arm(struct timerfd *timer) {
    uint64_t now_ns = now_of(timer);
    uint64_t left_ns = timer->deadline_ns > now_ns ? timer->deadline_ns - now_ns : 0;
    timer_set(&timer->timer, clock_monotonic_ns() + left_ns, expire);
}

static void expire(struct timer *expired) {
    struct timerfd *timer = CONTAINER_OF(expired, struct timerfd, timer);
    timer->expired = true;
    timer->ticks++;
    wait_wake(&timer->queue, POLLIN | POLLRDNORM);
}

// Counts the intervals that have passed since the expiry, and sets the timer for the next one.
static void go_on(struct timerfd *timer) {
    if (!timer->expired || timer->interval_ns == 0) {
        return;
    }
    uint64_t now_ns = now_of(timer);
    uint64_t late_ns = now_ns > timer->deadline_ns ? now_ns - timer->deadline_ns : 0;
    uint64_t missed = late_ns / timer->interval_ns;
    timer->ticks += missed;
    timer->deadline_ns += (missed + 1) * timer->interval_ns;
    timer->expired = false;
    arm(timer);
}

// --- when CLOCK_REALTIME is set -----------------------------------------------------------------

static void clock_was_set(void) {
    LIST_FOR_EACH (timer, &all_timers, struct timerfd, node) {
        if (timer->cancel_on_set) {
            timer->ticks++;
            wait_wake(&timer->queue, POLLIN | POLLRDNORM);
        }
        if (timer->timer.armed && clock_is_realtime(timer->running_clock)) {
            arm(timer);
        }
    }
}
CLOCK_CHANGE_HOOK(timerfd, clock_was_set);

// Tells it once.
static bool was_cancelled(struct timerfd *timer) {
    uint64_t offset_ns = clock_realtime_offset_ns();
    bool cancelled = timer->cancel_on_set && timer->clock_offset_ns != offset_ns;
    if (cancelled) {
        timer->clock_offset_ns = offset_ns;
    }
    return cancelled;
}

// --- the file -----------------------------------------------------------------------------------

static int take(struct timerfd *timer, uint64_t *ticks) {
    if (was_cancelled(timer)) {
        timer->ticks = 0;
        timer->expired = false;
        return -ECANCELED;
    }
    go_on(timer);
    *ticks = timer->ticks;
    timer->ticks = 0;
    timer->expired = false;
    return 0;
}

static ssize_t timerfd_read(struct file *file, struct uio *to, UNUSED off_t *offset) {
    struct timerfd *timer = file->private;
    uint64_t ticks = 0;
    if (to->remaining < sizeof(ticks)) {
        return -EINVAL;
    }
    if (timer->ticks == 0 && (file->flags & O_NONBLOCK) != 0) {
        return -EAGAIN;
    }
    int error = WAIT_EVENT(&timer->queue, timer->ticks > 0, WAIT_FOREVER);
    error = error == 0 ? take(timer, &ticks) : error;
    if (error != 0) {
        return error;
    }
    return uio_write(to, &ticks, sizeof(ticks)) == sizeof(ticks) ? (ssize_t)sizeof(ticks) : -EFAULT;
}

static uint32_t timerfd_poll(struct file *file, struct poll_table *table) {
    struct timerfd *timer = file->private;
    poll_add(table, &timer->queue);
    return timer->ticks > 0 ? POLLIN | POLLRDNORM : 0;
}

static void timerfd_release(struct file *file) {
    struct timerfd *timer = file->private;
    timer_cancel(&timer->timer);
    list_remove(&timer->node);
    heap_free(timer);
}

static const struct file_ops timerfd_ops = {
    .read = timerfd_read,
    .poll = timerfd_poll,
    .release = timerfd_release,
};

// --- the calls ----------------------------------------------------------------------------------

static bool is_alarm(int clock_id) {
    return clock_id == CLOCK_REALTIME_ALARM || clock_id == CLOCK_BOOTTIME_ALARM;
}

static bool may_use(int clock_id) {
    return !is_alarm(clock_id) || process_capable(process_current(), CAP_WAKE_ALARM);
}

static struct file *timerfd_new(int clock_id, uint32_t file_flags) {
    struct timerfd *timer = heap_alloc_zeroed(sizeof(*timer));
    struct file *file = timer == NULL ? NULL : file_new(&timerfd_ops, file_flags, timer);
    if (file == NULL) {
        heap_free(timer);
        return NULL;
    }
    timer->clock_id = timer->running_clock = clock_id;
    timer->clock_offset_ns = clock_realtime_offset_ns();
    wait_queue_init(&timer->queue);
    list_push_back(&all_timers, &timer->node);
    file->anonymous_mode = S_IRUSR | S_IWUSR;
    return file;
}

SYSCALL(timerfd_create)(int clockid, int flags) {
    bool known = clockid == CLOCK_REALTIME || clockid == CLOCK_MONOTONIC ||
                 clockid == CLOCK_BOOTTIME || is_alarm(clockid);
    if ((flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) != 0 || !known) {
        return -EINVAL;
    }
    if (!may_use(clockid)) {
        return -EPERM;
    }
    struct file *file = timerfd_new(clockid, O_RDWR | ((uint32_t)flags & TFD_NONBLOCK));
    return file == NULL ? -ENOMEM : fd_install(file, 0, (flags & TFD_CLOEXEC) != 0);
}

// One reference in *file; 0, -EBADF or -EINVAL.
static int timer_of_fd(int fd, struct file **file) {
    *file = fd_get(fd);
    if (*file == NULL) {
        return -EBADF;
    }
    if ((*file)->ops != &timerfd_ops) {
        file_release(*file);
        return -EINVAL;
    }
    return 0;
}

struct setting {
    uint64_t value_ns, interval_ns;
};

static struct setting setting_of(struct timerfd *timer) {
    go_on(timer);
    struct setting setting = {.interval_ns = timer->interval_ns};
    if (timer->timer.armed) {
        uint64_t now_ns = now_of(timer);
        setting.value_ns = timer->deadline_ns > now_ns ? timer->deadline_ns - now_ns : 0;
    }
    return setting;
}

static int put_setting(struct __kernel_itimerspec __user *to, const struct setting *setting) {
    int error = timespec_put(&to->it_interval, setting->interval_ns);
    return error == 0 ? timespec_put(&to->it_value, setting->value_ns) : error;
}

static int start(struct timerfd *timer, const struct setting *setting, int flags) {
    bool absolute = (flags & TFD_TIMER_ABSTIME) != 0;
    bool realtime = clock_is_realtime(timer->clock_id);
    timer_cancel(&timer->timer);
    timer->running_clock = realtime && !absolute ? CLOCK_MONOTONIC : timer->clock_id;
    timer->cancel_on_set = realtime && absolute && (flags & TFD_TIMER_CANCEL_ON_SET) != 0;
    timer->expired = false;
    timer->ticks = 0;
    timer->interval_ns = setting->interval_ns;
    timer->deadline_ns = setting->value_ns;
    if (setting->value_ns == 0) {
        return 0;
    }
    if (!absolute) {
        uint64_t now_ns = now_of(timer);
        timer->deadline_ns = now_ns + MIN(setting->value_ns, TIME_MAX_NS - now_ns);
    }
    arm(timer);
    return was_cancelled(timer) ? -ECANCELED : 0;
}

SYSCALL(timerfd_settime)
(int fd, int flags, const struct __kernel_itimerspec __user *new_value,
 struct __kernel_itimerspec __user *old_value) {
    struct setting setting, old;
    struct file *file;
    int error = timespec_get(&new_value->it_value, &setting.value_ns);
    error = error == 0 ? timespec_get(&new_value->it_interval, &setting.interval_ns) : error;
    if (error == 0 && (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) != 0) {
        error = -EINVAL;
    }
    error = error == 0 ? timer_of_fd(fd, &file) : error;
    if (error != 0) {
        return error;
    }
    struct timerfd *timer = file->private;
    if (may_use(timer->clock_id)) {
        old = setting_of(timer);
        error = start(timer, &setting, flags);
    } else {
        error = -EPERM;
    }
    file_release(file);
    // A bad address is noticed last, as on Linux: the timer runs.
    bool wanted = old_value != NULL && error == 0;
    return wanted && put_setting(old_value, &old) != 0 ? -EFAULT : error;
}

SYSCALL(timerfd_gettime)(int fd, struct __kernel_itimerspec __user *value) {
    struct file *file;
    int error = timer_of_fd(fd, &file);
    if (error != 0) {
        return error;
    }
    const struct setting setting = setting_of(file->private);
    file_release(file);
    return put_setting(value, &setting);
}
