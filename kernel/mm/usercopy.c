// The way to the app's memory: a range check, then the architecture's copy, whose faults are the
// app's.

#include "usercopy.h"

#include <linux/errno.h>

#include "arch.h"
#include "layout.h"

static bool range_ok(uint64_t start, size_t size_bytes) {
    return size_bytes <= USER_END && start <= USER_END - size_bytes;
}

bool user_range_ok(const void __user *start, size_t size_bytes) {
    return range_ok((uint64_t)start, size_bytes);
}

// How much of the range lies in the app's half: a copy goes up to there before it fails.
static size_t reachable(uint64_t start, size_t size_bytes) {
    return start >= USER_END ? 0 : MIN(size_bytes, USER_END - start);
}

size_t copy_from_user_partial(void *to, const void __user *from, size_t size_bytes) {
    size_t size = reachable((uint64_t)from, size_bytes);
    return size - arch_copy_from_user(to, (uint64_t)from, size);
}

size_t copy_to_user_partial(void __user *to, const void *from, size_t size_bytes) {
    size_t size = reachable((uint64_t)to, size_bytes);
    return size - arch_copy_to_user((uint64_t)to, from, size);
}

int copy_from_user(void *to, const void __user *from, size_t size_bytes) {
    if (!range_ok((uint64_t)from, size_bytes)) {
        return -EFAULT;
    }
    return arch_copy_from_user(to, (uint64_t)from, size_bytes) == 0 ? 0 : -EFAULT;
}

int copy_to_user(void __user *to, const void *from, size_t size_bytes) {
    if (!range_ok((uint64_t)to, size_bytes)) {
        return -EFAULT;
    }
    return arch_copy_to_user((uint64_t)to, from, size_bytes) == 0 ? 0 : -EFAULT;
}

int clear_user(void __user *to, size_t size_bytes) {
    if (!range_ok((uint64_t)to, size_bytes)) {
        return -EFAULT;
    }
    return arch_clear_user((uint64_t)to, size_bytes) == 0 ? 0 : -EFAULT;
}

ssize_t string_from_user(char *to, const char __user *from, size_t size_bytes) {
    size_t max = reachable((uint64_t)from, size_bytes);
    if (max == 0) {
        return -EFAULT;
    }
    ssize_t length = arch_strncpy_from_user(to, (uint64_t)from, max);
    if (length < 0 || (size_t)length < max) {
        return length;
    }
    return max < size_bytes ? -EFAULT : -ENAMETOOLONG;
}
