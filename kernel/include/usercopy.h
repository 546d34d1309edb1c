// The only way to the app's memory. Every function checks that the whole range lies in the app's
// half, faults pages in on demand, and gives -EFAULT instead of a crash. None of them sleeps.
#pragma once

#include "types.h"

MUST_USE int copy_from_user(void *to, const void __user *from, size_t size_bytes);
MUST_USE int copy_to_user(void __user *to, const void *from, size_t size_bytes);
MUST_USE int clear_user(void __user *to, size_t size_bytes);
// How many bytes went over before the fault: for read(2) and write(2), which report partial
// success.
size_t copy_from_user_partial(void *to, const void __user *from, size_t size_bytes);
size_t copy_to_user_partial(void __user *to, const void *from, size_t size_bytes);
// The string's length without its NUL; -EFAULT; -ENAMETOOLONG when it does not fit in size_bytes.
MUST_USE ssize_t string_from_user(char *to, const char __user *from, size_t size_bytes);
bool user_range_ok(const void __user *start, size_t size_bytes);

static inline const void __user *user_pointer(uint64_t address) {
    return (const void __user *)address;
}

// A value of a plain type, through a temporary. 0 or -EFAULT.
#define get_user(value, pointer) copy_from_user(&(value), (pointer), sizeof(value))
#define put_user(value, pointer)                                                                   \
    ({                                                                                             \
        __typeof__(value) put_user_value = (value);                                                \
        copy_to_user((pointer), &put_user_value, sizeof(put_user_value));                          \
    })
