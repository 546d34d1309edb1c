// The futex calls that replace futex(2): futex_wait(2), futex_wake(2), futex_requeue(2) of Linux
// 6.7, and futex_waitv(2), which waits for any of several words. Sizes other than 32 bits are
// refused, as Linux still does.
#include "clock.h"
#include "futex.h"
#include "heap.h"
#include "syscall.h"
#include "thread.h"
#include "timespec.h"
#include "wait.h"

#include <linux/futex.h>

// <linux/futex.h> of 6.7; older headers have FUTEX_32 only.
enum { FUTEX2_SIZE = 3, FUTEX2_SIZE_32 = 2, FUTEX2_IS_PRIVATE = FUTEX_PRIVATE_FLAG };

static bool flags_are_valid(unsigned flags) {
    return (flags & ~(unsigned)(FUTEX2_SIZE | FUTEX2_IS_PRIVATE)) == 0 &&
           (flags & FUTEX2_SIZE) == FUTEX2_SIZE_32;
}

static int deadline_of(const struct __kernel_timespec __user *timeout, int clock_id,
                       uint64_t *deadline_ns) {
    *deadline_ns = WAIT_FOREVER;
    if (timeout == NULL) {
        return 0;
    }
    if (clock_id != CLOCK_MONOTONIC && clock_id != CLOCK_REALTIME) {
        return -EINVAL;
    }
    return futex_deadline(timeout, clock_id == CLOCK_REALTIME, deadline_ns);
}

SYSCALL(futex_wake)(void __user *uaddr, unsigned long mask, int nr, unsigned int flags) {
    struct futex_key key;
    if (!flags_are_valid(flags) || mask > UINT32_MAX || mask == 0) {
        return -EINVAL;
    }
    int error = futex_key_make((uint64_t)uaddr, (flags & FUTEX2_IS_PRIVATE) != 0, &key);
    if (error != 0 || nr == 0) {
        return error;
    }
    return futex_wake_key(&key, nr > 0 ? (uint32_t)nr : 1, (uint32_t)mask);
}

SYSCALL(futex_wait)
(void __user *uaddr, unsigned long val, unsigned long mask, unsigned int flags,
 struct __kernel_timespec __user *timeout, int clockid) {
    struct futex_wait wait = {.address = (uint64_t)uaddr,
                              .value = (uint32_t)val,
                              .bitset = (uint32_t)mask,
                              .is_private = (flags & FUTEX2_IS_PRIVATE) != 0};
    if (!flags_are_valid(flags) || val > UINT32_MAX || mask > UINT32_MAX) {
        return -EINVAL;
    }
    int error = deadline_of(timeout, clockid, &wait.deadline_ns);
    return error != 0 ? error : futex_wait(&wait);
}

// --- several words ------------------------------------------------------------------------------

static int read_words(struct futex_waitv *words, const void __user *from, size_t count) {
    if (copy_from_user(words, from, count * sizeof(*words)) != 0) {
        return -EFAULT;
    }
    for (size_t i = 0; i < count; i++) {
        bool valid = flags_are_valid(words[i].flags) && words[i].__reserved == 0;
        if (!valid || words[i].val > UINT32_MAX) {
            return -EINVAL;
        }
    }
    return 0;
}

SYSCALL(futex_requeue)(void __user *waiters, unsigned int flags, int nr_wake, int nr_requeue) {
    struct futex_waitv words[2];
    if (flags != 0 || waiters == NULL) {
        return -EINVAL;
    }
    int error = read_words(words, waiters, ARRAY_SIZE(words));
    if (error != 0) {
        return error;
    }
    const struct futex_requeue request = {words[0].uaddr,
                                          words[1].uaddr,
                                          (words[0].flags & FUTEX2_IS_PRIVATE) != 0,
                                          (words[1].flags & FUTEX2_IS_PRIVATE) != 0,
                                          (uint32_t)nr_wake,
                                          (uint32_t)nr_requeue};
    uint32_t expected = (uint32_t)words[0].val;
    return futex_requeue(&request, &expected);
}

struct wait_set {
    size_t count, queued;
    struct futex_waitv words[FUTEX_WAITV_MAX];
    struct futex_waiter waiters[FUTEX_WAITV_MAX];
};

// Every word must be as expected, or none is waited for.
static int join_queues(struct wait_set *set) {
    for (; set->queued < set->count; set->queued++) {
        const struct futex_waitv *word = &set->words[set->queued];
        struct futex_waiter *waiter = &set->waiters[set->queued];
        uint32_t found;
        bool is_private = (word->flags & FUTEX2_IS_PRIVATE) != 0;
        *waiter =
            (struct futex_waiter){.bitset = FUTEX_BITSET_MATCH_ANY, .thread = thread_current()};
        int error = futex_key_make(word->uaddr, is_private, &waiter->key);
        if (error != 0 || futex_read(word->uaddr, &found) != 0) {
            return error != 0 ? error : -EFAULT;
        }
        if (found != (uint32_t)word->val) {
            return -EAGAIN;
        }
        list_push_back(futex_bucket(&waiter->key), &waiter->node);
    }
    return 0;
}

// The number of a word that was woken, or -1.
static long leave_queues(struct wait_set *set) {
    long woken = -1;
    for (size_t i = 0; i < set->queued; i++) {
        list_remove(&set->waiters[i].node);
        woken = set->waiters[i].woken ? (long)i : woken;
    }
    return woken;
}

static bool any_woken(const struct wait_set *set) {
    for (size_t i = 0; i < set->queued; i++) {
        if (set->waiters[i].woken) {
            return true;
        }
    }
    return false;
}

static long wait_for_any(struct wait_set *set, const void __user *words, uint64_t deadline_ns) {
    int result = read_words(set->words, words, set->count);
    result = result == 0 ? join_queues(set) : result;
    while (result == 0 && !any_woken(set)) {
        result = wait_sleep(deadline_ns);
    }
    long woken = leave_queues(set);
    return woken >= 0 ? woken : result;
}

SYSCALL(futex_waitv)
(void __user *waiters, unsigned int nr_futexes, unsigned int flags,
 struct __kernel_timespec __user *timeout, int clockid) {
    uint64_t deadline_ns;
    if (flags != 0 || nr_futexes == 0 || nr_futexes > FUTEX_WAITV_MAX || waiters == NULL) {
        return -EINVAL;
    }
    int error = deadline_of(timeout, clockid, &deadline_ns);
    struct wait_set *set = error == 0 ? heap_alloc(sizeof(*set)) : NULL;
    if (set == NULL) {
        return error != 0 ? error : -ENOMEM;
    }
    set->count = nr_futexes;
    set->queued = 0;
    long result = wait_for_any(set, waiters, deadline_ns);
    heap_free(set);
    return result;
}
