// epoll_create1(2), epoll_ctl(2), epoll_pwait(2), epoll_pwait2(2).
#include <asm/errno.h>
#include <linux/time_types.h>

#include "clock.h"
#include "epoll_set.h"
#include "file.h"
#include "heap.h"
#include "poll_wait.h"
#include "signal_call.h"
#include "syscall.h"
#include "usercopy.h"
#include "wait.h"

enum { BATCH = 16 }; // so many events need no memory from the heap

#define EVENTS_MAX (INT32_MAX / (int)sizeof(struct epoll_event))
#define EXCLUSIVE_ALLOWED                                                                          \
    (EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

NEEDS_CONSOLE_INPUT; // who waits for stdin is told

SYSCALL(epoll_create1)(int flags) {
    if ((flags & ~EPOLL_CLOEXEC) != 0) {
        return -EINVAL;
    }
    struct file *file = epoll_file_new();
    return file == NULL ? -ENOMEM : fd_install(file, 0, (flags & EPOLL_CLOEXEC) != 0);
}

static int check_add(struct epoll *epoll, const struct file *file,
                     const struct epoll_event *event) {
    bool exclusive = (event->events & EPOLLEXCLUSIVE) != 0;
    if (exclusive && ((event->events & ~EXCLUSIVE_ALLOWED) != 0 || epoll_of(file) != NULL)) {
        return -EINVAL;
    }
    return epoll_would_loop(epoll, file) ? -ELOOP : 0;
}

static int control(struct epoll *epoll, int op, struct file *file, int fd,
                   const struct epoll_event *event) {
    int error;
    switch (op) {
    case EPOLL_CTL_ADD:
        error = check_add(epoll, file, event);
        return error == 0 ? epoll_add(epoll, file, fd, event) : error;
    case EPOLL_CTL_MOD:
        return (event->events & EPOLLEXCLUSIVE) != 0 ? -EINVAL
                                                     : epoll_modify(epoll, file, fd, event);
    case EPOLL_CTL_DEL:
        return epoll_remove(epoll, file, fd);
    default:
        return -EINVAL;
    }
}

SYSCALL(epoll_ctl)(int epfd, int op, int fd, struct epoll_event __user *event) {
    struct epoll_event given = {0};
    if (op != EPOLL_CTL_DEL && copy_from_user(&given, event, sizeof(given)) != 0) {
        return -EFAULT;
    }
    struct file *set = fd_get(epfd), *file = fd_get(fd);
    int result = -EBADF;
    if (set != NULL && file != NULL) {
        struct epoll *epoll = epoll_of(set);
        result = epoll == NULL || set == file ? -EINVAL : 0;
        result = file->ops->poll == NULL ? -EPERM : result;
        result = result == 0 ? control(epoll, op, file, fd, &given) : result;
    }
    if (set != NULL) {
        file_release(set);
    }
    if (file != NULL) {
        file_release(file);
    }
    return result;
}

static int collect_to_app(struct epoll *epoll, struct epoll_event __user *events, int count) {
    struct epoll_event few[BATCH];
    count = MIN(count, epoll_ready_count(epoll));
    struct epoll_event *more = count > BATCH ? heap_alloc((size_t)count * sizeof(*more)) : NULL;
    struct epoll_event *found = more != NULL ? more : few;
    int ready = epoll_collect(epoll, found, more != NULL ? count : MIN(count, BATCH));
    int error = copy_to_user(events, found, (size_t)ready * sizeof(*found));
    heap_free(more);
    return error == 0 ? ready : -EFAULT;
}

// The list may hold what is not ready any more: then the wait goes on.
static int wait_for_events(struct epoll *epoll, struct epoll_event __user *events, int count,
                           uint64_t deadline_ns) {
    for (;;) {
        int ready = collect_to_app(epoll, events, count);
        if (ready != 0 || deadline_ns == 0) {
            return ready;
        }
        int error = epoll_sleep(epoll, deadline_ns);
        if (error != 0) {
            return error == -ETIMEDOUT ? 0 : -EINTR;
        }
    }
}

static int wait_on(int epfd, struct epoll_event __user *events, int maxevents,
                   uint64_t deadline_ns) {
    if (maxevents <= 0 || maxevents > EVENTS_MAX) {
        return -EINVAL;
    }
    if (!user_range_ok(events, (size_t)maxevents * sizeof(struct epoll_event))) {
        return -EFAULT;
    }
    struct file *file = fd_get(epfd);
    if (file == NULL) {
        return -EBADF;
    }
    struct epoll *epoll = epoll_of(file);
    int result = epoll == NULL ? -EINVAL : wait_for_events(epoll, events, maxevents, deadline_ns);
    file_release(file);
    return result;
}

static long wait_with_mask(int epfd, struct epoll_event __user *events, int maxevents,
                           uint64_t deadline_ns, const uint64_t __user *sigmask,
                           size_t sigsetsize) {
    int error = signal_mask_begin(sigmask, sigsetsize);
    if (error != 0) {
        return error;
    }
    int result = wait_on(epfd, events, maxevents, deadline_ns);
    signal_mask_end(result == -EINTR);
    return result;
}

SYSCALL(epoll_pwait)
(int epfd, struct epoll_event __user *events, int maxevents, int timeout,
 const uint64_t __user *sigmask, size_t sigsetsize) {
    uint64_t deadline_ns = WAIT_FOREVER;
    if (timeout >= 0) {
        uint64_t timeout_ns = (uint64_t)timeout * NSEC_PER_MSEC;
        deadline_ns = timeout == 0 ? 0 : clock_monotonic_ns() + timeout_ns;
    }
    return wait_with_mask(epfd, events, maxevents, deadline_ns, sigmask, sigsetsize);
}

SYSCALL(epoll_pwait2)
(int epfd, struct epoll_event __user *events, int maxevents,
 const struct __kernel_timespec __user *timeout, const uint64_t __user *sigmask,
 size_t sigsetsize) {
    uint64_t deadline_ns;
    int error = poll_deadline(timeout, &deadline_ns);
    return error != 0 ? error
                      : wait_with_mask(epfd, events, maxevents, deadline_ns, sigmask, sigsetsize);
}
